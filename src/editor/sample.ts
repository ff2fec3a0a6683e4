import * as vscode from 'vscode';
import type { Finding } from '../rules';

/** Opens a copy of the sample with unstable code, which belongs to no file: nothing can go wrong with it. */
export async function openSample(
  extensionUri: vscode.Uri,
  settled: (document: vscode.TextDocument) => Promise<readonly Finding[]>,
): Promise<void> {
  const source = vscode.Uri.joinPath(extensionUri, 'samples', 'unstable.py');
  const content = new TextDecoder().decode(await vscode.workspace.fs.readFile(source));
  const document = await vscode.workspace.openTextDocument({ language: 'python', content });
  // What explains it, a walkthrough, stays in view.
  const viewColumn = vscode.window.activeTextEditor ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
  const editor = await vscode.window.showTextDocument(document, { preview: false, viewColumn });
  const [first] = await settled(document);
  if (!first) return;
  const at = document.positionAt(first.range.start);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
}
