import * as vscode from 'vscode';
import { commands, type FindingReference } from './commands';
import { pythonSelector, rangeOf, type FindingsTracker } from './findings';

/** A lens above each statement with a finding: what goes wrong from where on; a click opens its dashboard. */
export function registerCodeLenses(tracker: FindingsTracker): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      // VS Code's own notebooks find lenses in cells odd; diagnostics are shown there all the same.
      if (document.uri.scheme === 'vscode-notebook-cell' || !isEnabled(document)) return [];
      return (tracker.current(document) ?? []).map(
        (finding) =>
          new vscode.CodeLens(rangeOf(document, finding.statement), {
            title: finding.lens,
            tooltip: vscode.l10n.t('Show where this loss stops, in a dashboard'),
            command: commands.showFinding,
            arguments: [
              {
                uri: document.uri.toString(),
                rule: finding.rule,
                offset: finding.range.start,
              } satisfies FindingReference,
            ],
          }),
      );
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(pythonSelector, provider),
    tracker.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('lossfloor.codeLens')) changed.fire();
    }),
  );
}

function isEnabled(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration('lossfloor', document).get('codeLens.enabled', true);
}
