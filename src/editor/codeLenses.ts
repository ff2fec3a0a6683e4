import * as vscode from 'vscode';
import type { PlacedFinding } from '../protocol/finder';
import { commands, type FindingReference } from './commands';
import { rangeOf, type FindingsTracker } from './findings';
import { fixTitle } from './fixTitle';
import { improvementOf, shortImprovementOf } from './improvement';
import { cellScheme, selector } from './languages';

/** Lenses above each statement with a finding: what goes wrong from where on, and what mends it by how much. */
export function registerCodeLenses(tracker: FindingsTracker): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    // Waiting keeps the lenses that are there from vanishing at each keystroke.
    async provideCodeLenses(document, token) {
      if (!isEnabled(document)) return [];
      const findings = await tracker.settled(document, token);
      return findings.flatMap((finding) => lensesOf(document, finding));
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(selector, provider),
    tracker.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('lossfloor.codeLens')) changed.fire();
    }),
  );
}

function lensesOf(document: vscode.TextDocument, finding: PlacedFinding): vscode.CodeLens[] {
  const range = rangeOf(document, finding.statement);
  const reference: FindingReference = { uri: finding.id, rule: finding.rule, offset: finding.range.start };
  const lenses = [
    new vscode.CodeLens(
      range,
      finding.expression
        ? {
            title: finding.lens,
            tooltip: vscode.l10n.t('Show where this loss stops, in a dashboard'),
            command: commands.showFinding,
            arguments: [reference],
          }
        : {
            title: finding.lens,
            tooltip: vscode.l10n.t('Show the page of this rule'),
            command: commands.showRule,
            arguments: [finding.rule],
          },
    ),
  ];
  if (finding.fix) {
    lenses.push(
      new vscode.CodeLens(range, {
        title: fixTitle(finding.fix, shortImprovementOf(finding.fix)),
        tooltip: vscode.l10n.t('The same value in exact arithmetic; worst error {0}', improvementOf(finding.fix)),
        command: commands.applyFix,
        arguments: [reference],
      }),
    );
  }
  return lenses;
}

/** VS Code's own notebooks find lenses in cells odd; diagnostics and code actions are there all the same. */
function isEnabled(document: vscode.TextDocument): boolean {
  const configuration = vscode.workspace.getConfiguration('lossfloor.codeLens', document);
  if (!configuration.get<boolean>('enabled', true)) return false;
  return document.uri.scheme !== cellScheme || configuration.get<boolean>('notebooks', false);
}
