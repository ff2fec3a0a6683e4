import * as vscode from 'vscode';
import { findingsIn, type Finding } from '../rules';

/** Pause after a keystroke before the document is read again, in milliseconds. */
const settle = 200;

/** Longer files are not read: the extension host must not stand still for a generated one. */
const maxLength = 2_000_000;

export const pythonSelector: vscode.DocumentSelector = [
  { language: 'python', scheme: 'file' },
  { language: 'python', scheme: 'untitled' },
  { language: 'python', scheme: 'vscode-notebook-cell' },
];

/** What was found in a version of a document. */
export interface DocumentFindings {
  readonly version: number;
  readonly findings: readonly Finding[];
}

/** Reads Python documents when they open and change; the lenses, diagnostics and hovers all show what it holds. */
export class FindingsTracker implements vscode.Disposable {
  private readonly known = new Map<string, DocumentFindings>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly closed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[] = [this.changed, this.closed];

  /** The findings of a document are there, or have changed. */
  readonly onDidChange = this.changed.event;
  /** The document is gone and its findings with it. */
  readonly onDidClose = this.closed.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.read(document)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.readSoon(document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        const uri = document.uri.toString();
        clearTimeout(this.timers.get(uri));
        this.timers.delete(uri);
        if (this.known.delete(uri)) this.closed.fire(document);
      }),
    );
  }

  /**
   * Reads what is open already; apart from the constructor so that listeners can be there first. Not at once: the
   * first findings of a session are measured, which activation need not wait for.
   */
  start(): void {
    for (const document of vscode.workspace.textDocuments) this.readSoon(document, 0);
  }

  /** The findings of the document as it is now; undefined while they are not known. */
  current(document: vscode.TextDocument): readonly Finding[] | undefined {
    const known = this.known.get(document.uri.toString());
    return known?.version === document.version ? known.findings : undefined;
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private readSoon(document: vscode.TextDocument, pause = settle): void {
    if (!isPython(document)) return;
    const uri = document.uri.toString();
    clearTimeout(this.timers.get(uri));
    this.timers.set(
      uri,
      setTimeout(() => this.read(document), pause),
    );
  }

  private read(document: vscode.TextDocument): void {
    if (!isPython(document) || document.isClosed) return;
    const uri = document.uri.toString();
    this.timers.delete(uri);
    const text = document.getText();
    if (text.length > maxLength) {
      this.log.info(`${uri} is not read: it has ${String(text.length)} characters, more than ${String(maxLength)}`);
      return;
    }
    const started = performance.now();
    const findings = findingsIn(text);
    const took = performance.now() - started;
    this.log.debug(`${uri}: ${String(findings.length)} findings in ${took.toFixed(1)} ms`);
    this.known.set(uri, { version: document.version, findings });
    this.changed.fire(document);
  }
}

function isPython(document: vscode.TextDocument): boolean {
  return vscode.languages.match(pythonSelector, document) > 0;
}

/** Offsets of a finding as a range of its document. */
export function rangeOf(
  document: vscode.TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
