import * as vscode from 'vscode';
import type { PlacedFinding } from '../protocol/finder';
import type { Severity } from '../rules';
import { documentationOf } from './documentation';
import { openDocument, rangeOf, type FindingsTracker } from './findings';

const severities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Findings as diagnostics, each linked to the page of its rule. */
export function registerDiagnostics(tracker: FindingsTracker): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('lossfloor');
  return vscode.Disposable.from(
    collection,
    tracker.onDidChange((document) => {
      const findings = tracker.current(document) ?? [];
      collection.set(
        document.uri,
        findings.map((finding) => diagnosticOf(document, finding)),
      );
    }),
    tracker.onDidClose((document) => collection.delete(document.uri)),
  );
}

export function diagnosticOf(document: vscode.TextDocument, finding: PlacedFinding): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(
    rangeOf(document, finding.range),
    finding.message,
    severities[finding.severity],
  );
  diagnostic.source = 'lossfloor';
  diagnostic.code = { value: finding.rule, target: documentationOf(finding.rule) };
  diagnostic.relatedInformation = finding.related.flatMap(({ message, id, ...range }) => {
    // In a notebook it may be in another cell.
    const where = id === finding.id ? document : openDocument(id);
    if (!where) return [];
    return new vscode.DiagnosticRelatedInformation(new vscode.Location(where.uri, rangeOf(where, range)), message);
  });
  return diagnostic;
}
