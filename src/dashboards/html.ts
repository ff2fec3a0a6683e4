import { randomBytes } from 'node:crypto';

/** What of a webview the page needs; `vscode.Webview` fits. */
export interface PageHost {
  readonly cspSource: string;
  asWebviewUri(path: string): string;
}

export type PageName = 'floor' | 'zer' | 'training';

/**
 * The page of a dashboard. It holds no data and no inline script or style: the script makes everything, from messages,
 * so the strictest content security policy does: what the script imports is let in by its nonce.
 */
export function pageHtml(name: PageName, title: string, host: PageHost): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `style-src ${host.cspSource}`,
    `script-src 'nonce-${nonce}'`,
    `img-src ${host.cspSource} data:`,
    `font-src ${host.cspSource}`,
  ].join('; ');
  const escape = (text: string): string =>
    text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="${escape(host.asWebviewUri(`dist/webview/${name}.css`))}">
</head>
<body data-state="loading">
<main id="app"></main>
<script type="module" nonce="${nonce}" src="${escape(host.asWebviewUri(`dist/webview/${name}.js`))}"></script>
</body>
</html>
`;
}
