import * as vscode from 'vscode';
import type { Finding } from '../rules';
import { rangeOf, type FindingsTracker } from './findings';
import { documentationOf } from './documentation';

const severities: Readonly<Record<Finding['severity'], vscode.DiagnosticSeverity>> = {
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

function diagnosticOf(document: vscode.TextDocument, finding: Finding): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(
    rangeOf(document, finding.range),
    finding.message,
    severities[finding.severity],
  );
  diagnostic.source = 'lossfloor';
  diagnostic.code = { value: finding.rule, target: documentationOf(finding.rule) };
  diagnostic.relatedInformation = finding.related.map(
    ({ message, ...range }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(document.uri, rangeOf(document, range)), message),
  );
  return diagnostic;
}
