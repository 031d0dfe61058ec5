const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 40rem; margin: 12vh auto 0; padding: 0 1.25rem }
  h1 { font-size: 1.5rem } code, pre { font: .9rem/1.5 ui-monospace, monospace }
  pre { padding: .9rem 1rem; border: 1px solid #8886; border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere }
  button { font: inherit; padding: .5rem 1.1rem; border: 0; border-radius: .5rem; background: #0a6cff; color: #fff; cursor: pointer }`;

function layOut(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

/** The page behind an unused set-up link. */
export function describeSetup(): string {
  return layOut(
    'Set up this hub',
    `<p>This link shows the hub’s admin token, once. Have a safe place for it ready.</p>
<form method="post"><button>Show the admin token</button></form>`,
  );
}

/** The page that a set-up link is used up for. */
export function describeToken(token: string, url: string): string {
  return layOut(
    'The admin token',
    `<p>Keep it now: the link that brought you here no longer works.</p>
<pre>${escapeHtml(token)}</pre>
<p>Try it:</p>
<pre>curl -sS ${escapeHtml(url)}/api/workspaces -H 'authorization: Bearer ${escapeHtml(token)}'</pre>`,
  );
}

/** What a set-up link shows that is used up, too old, or mistyped. */
export function describeGone(): string {
  return layOut(
    'This link no longer works',
    '<p>It was used already, has expired, or was never made. <code>npm start</code> prints a new one each time.</p>',
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
