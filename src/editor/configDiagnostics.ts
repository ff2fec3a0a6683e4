import * as vscode from 'vscode';
import { parseLossConfig } from '../config';

const selector: vscode.DocumentSelector = { pattern: '**/*.loss.json' };

/**
 * Errors of `*.loss.json` that a schema can't state: unknown ids, constants out of range, reversed sweeps. Syntax and
 * schema errors come from VS Code's own JSON support, with the schema that the manifest contributes.
 */
export function registerConfigDiagnostics(): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('lossfloor-config');
  const check = (document: vscode.TextDocument): void => {
    if (vscode.languages.match(selector, document) === 0) return;
    const { problems } = parseLossConfig(document.getText(), '');
    collection.set(
      document.uri,
      problems
        .filter(({ kind }) => kind === 'meaning')
        .map(({ message, offset, length }) => {
          const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
          const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
          diagnostic.source = 'lossfloor';
          return diagnostic;
        }),
    );
  };
  for (const document of vscode.workspace.textDocuments) check(document);
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document)),
    vscode.workspace.onDidCloseTextDocument((document) => collection.delete(document.uri)),
  );
}
