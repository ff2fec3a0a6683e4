import * as vscode from 'vscode';

/** Pages of rules are shown under this scheme, which a diagnostic's link can name and a remote window can open. */
const scheme = 'lossfloor-rule';

const pages = new Map<string, vscode.Uri>();

/** The page of a rule, as a link. */
export function documentationOf(rule: string): vscode.Uri {
  const known = pages.get(rule);
  if (known) return known;
  const page = vscode.Uri.from({ scheme, path: `/${rule}.md` });
  pages.set(rule, page);
  return page;
}

/** Serves the pages that ship with the extension. */
export function registerDocumentation(extensionUri: vscode.Uri): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    async provideTextDocumentContent(uri) {
      const name = uri.path.slice(1);
      if (!/^[a-z0-9-]+\.md$/.test(name)) throw vscode.FileSystemError.FileNotFound(uri);
      const file = vscode.Uri.joinPath(extensionUri, 'docs', 'rules', name);
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
    },
  });
}

/** Opens the page of a rule: drawn, where VS Code's own extension for Markdown is there. */
export async function showRule(rule: string): Promise<void> {
  const page = documentationOf(rule);
  try {
    await vscode.commands.executeCommand('markdown.showPreview', page);
  } catch {
    await vscode.window.showTextDocument(page);
  }
}
