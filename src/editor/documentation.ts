import * as vscode from 'vscode';

/** Pages of rules are shown under this scheme, which a diagnostic's link can name and a remote window can open. */
const scheme = 'lossfloor-rule';

/** The page of a rule, as a link. */
export function documentationOf(rule: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${rule}.md` });
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
