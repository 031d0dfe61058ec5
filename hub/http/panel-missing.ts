/** What stands in for the panel where none was built. `{nonce}` is the nonce of its style. */
export const PANEL_MISSING = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>Bluewire</title>
<style nonce="{nonce}">
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 40rem; margin: 12vh auto 0; padding: 0 1.25rem }
  code { font: .9rem/1.5 ui-monospace, monospace }
</style>
</head>
<body>
<main>
<h1>The hub is running, without its panel</h1>
<p>The panel has not been built here. Run <code>npm run build</code> and start the hub again; <code>npm start</code> and
<code>npm run hub</code> build it by themselves.</p>
<p>The API works as always; it is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</main>
</body>
</html>
`;
