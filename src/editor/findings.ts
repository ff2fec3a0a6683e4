import * as vscode from 'vscode';
import { FinderFailed, FinderSuperseded, type FinderClient, type EditResult } from '../engine';
import type { PlacedEdit, PlacedFinding } from '../protocol/finder';
import { languageOf } from './languages';
import type { FinderSettingsSource } from './settings';
import { NotebookSource, sourceOf, type EditorSource } from './sources';
import { mayContainFindings } from './trigger';

/** Pause after a keystroke before the document is read again, in milliseconds. */
const settle = 150;

/** Longer texts are not read: to take a copy alone keeps the extension host busy. */
const maxLength = 10_000_000;

/** Longer texts are not looked through for what could be found there before the thread is asked. */
const maxLengthToCheck = 500_000;

/** How long anything waits for the findings of a document, in milliseconds. */
const patience = 30_000;

interface KnownFindings {
  readonly version: number;
  readonly findings: readonly PlacedFinding[];
}

const none: readonly PlacedFinding[] = [];

/**
 * Has documents read when they open and change; the lenses, diagnostics, hovers and code actions all show what it
 * holds. The reading itself is done by the finder's thread.
 */
export class FindingsTracker implements vscode.Disposable {
  private readonly known = new Map<string, KnownFindings>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly closed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[] = [this.changed, this.closed];

  /** The findings of a document are there, or have changed. */
  readonly onDidChange = this.changed.event;
  /** The document is gone and its findings with it. */
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly finder: FinderClient,
    private readonly settings: FinderSettingsSource,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.readSoon(sourceOf(document), 0)),
      vscode.workspace.onDidChangeTextDocument((event) => this.follow(event)),
      vscode.workspace.onDidCloseTextDocument((document) => {
        const uri = document.uri.toString();
        this.stop(uri);
        this.finder.forget(uri);
        if (this.known.delete(uri)) this.closed.fire(document);
      }),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges, cellChanges }) => {
        // Text changes of cells come as changes of their documents; these are cells that came, went or moved.
        if (contentChanges.length > 0 || cellChanges.some(({ document }) => document)) this.readAnew(notebook);
      }),
      vscode.workspace.onDidOpenNotebookDocument((notebook) => this.readAnew(notebook)),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => {
        this.stop(notebook.uri.toString());
        this.finder.forget(notebook.uri.toString());
      }),
      // Others may import it.
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (languageOf(document) === 'python') this.readAll();
      }),
      settings.onDidChange(() => this.readAll()),
    );
  }

  /** Reads what is open already; apart from the constructor so that listeners can be there first. */
  start(): void {
    this.readAll();
  }

  /** The findings of the document as it is now; undefined while they are not known. */
  current(document: vscode.TextDocument): readonly PlacedFinding[] | undefined {
    const known = this.known.get(document.uri.toString());
    return known?.version === document.version ? known.findings : undefined;
  }

  /** The same once they are known: of what is read at all, and unless the token is cancelled meanwhile. */
  async settled(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<readonly PlacedFinding[]> {
    const known = this.current(document);
    if (known || !languageOf(document)) return known ?? none;
    const waiting: vscode.Disposable[] = [];
    const found = await new Promise<readonly PlacedFinding[]>((resolve) => {
      const timer = setTimeout(() => resolve(none), patience);
      const look = (): void => {
        const findings = document.isClosed ? none : this.current(document);
        if (findings) resolve(findings);
      };
      waiting.push(this.changed.event(look), this.closed.event(look), new vscode.Disposable(() => clearTimeout(timer)));
      if (token) waiting.push(token.onCancellationRequested(() => resolve(none)));
    });
    for (const disposable of waiting) disposable.dispose();
    return found;
  }

  /** Edits that apply every fix in the document, or in the notebook that it is a cell of. */
  async fixAll(document: vscode.TextDocument): Promise<readonly PlacedEdit[]> {
    const source = sourceOf(document);
    if (!source || this.isTooLong(source) || !this.mayContain(source)) return [];
    return editsOf(source, await this.finder.fixAll(source, await this.settings.of(source.uri)));
  }

  /** Edits that silence a finding. */
  async suppress(
    document: vscode.TextDocument,
    finding: PlacedFinding,
    scope: 'line' | 'file',
  ): Promise<readonly PlacedEdit[]> {
    const source = sourceOf(document);
    if (!source) return [];
    return editsOf(source, await this.finder.suppress(source, await this.settings.of(source.uri), finding, scope));
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const source = sourceOf(document);
    if (!source) return;
    if (contentChanges.length > 0) {
      const id = document.uri.toString();
      // They come so that each can be applied to what the one before has left.
      this.finder.change(
        source.key,
        contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
          id,
          start: rangeOffset,
          end: rangeOffset + rangeLength,
          text,
        })),
      );
    } else if (this.current(document)) {
      return;
    } else {
      // Another version without a change that could be told: other line endings.
      this.finder.replace(source.key);
    }
    this.readSoon(source);
  }

  private readAll(): void {
    const sources = new Map<string, EditorSource>();
    for (const document of vscode.workspace.textDocuments) {
      const source = sourceOf(document);
      if (source) sources.set(source.key, source);
    }
    for (const source of sources.values()) this.readSoon(source, 0);
  }

  private readAnew(notebook: vscode.NotebookDocument): void {
    const source = new NotebookSource(notebook);
    this.finder.replace(source.key);
    if (source.documents().length > 0) this.readSoon(source, 0);
  }

  private stop(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
  }

  private readSoon(source: EditorSource | undefined, pause = settle): void {
    if (!source) return;
    this.stop(source.key);
    this.timers.set(
      source.key,
      setTimeout(() => void this.read(source), pause),
    );
  }

  private async read(source: EditorSource): Promise<void> {
    const { key } = source;
    this.timers.delete(key);
    const documents = source.documents().filter(({ isClosed }) => !isClosed);
    if (documents.length === 0) return;
    if (this.isTooLong(source)) {
      this.log.info(`${key} is not read: it has more than ${String(maxLength)} characters`);
      this.publish(source, none);
      return;
    }
    if (!this.mayContain(source)) {
      this.publish(source, none);
      return;
    }
    const started = performance.now();
    try {
      const settings = await this.settings.of(source.uri);
      const { version, findings } = await this.finder.read(source, settings);
      const took = performance.now() - started;
      this.log.debug(`${key}: ${String(findings.length)} findings in ${took.toFixed(1)} ms`);
      // A newer version will be read in a moment.
      if (version === source.version()) this.publish(source, findings);
    } catch (error) {
      if (error instanceof FinderSuperseded) return;
      // The finder has said why it failed.
      if (!(error instanceof FinderFailed)) this.log.error(`${key}: ${(error as Error).message}`);
      this.publish(source, none);
    }
  }

  private publish(source: EditorSource, findings: readonly PlacedFinding[]): void {
    for (const document of source.documents()) {
      if (document.isClosed) continue;
      const uri = document.uri.toString();
      const own = source.documents().length > 1 ? findings.filter(({ id }) => id === uri) : findings;
      this.known.set(uri, { version: document.version, findings: own });
      this.changed.fire(document);
    }
  }

  private isTooLong(source: EditorSource): boolean {
    return lengthOf(source) > maxLength;
  }

  /** Whether there is a point in asking the thread: as long as there is none, it is not started for nothing. */
  private mayContain(source: EditorSource): boolean {
    if (source.documents().length === 0) return false;
    if (lengthOf(source) > maxLengthToCheck) return true;
    const { language, texts } = source.unit();
    return mayContainFindings(texts.map(({ text }) => text).join('\n'), language);
  }
}

/** Edits of a text that has changed meanwhile would destroy it. */
function editsOf(source: EditorSource, { version, edits }: EditResult): readonly PlacedEdit[] {
  return version === source.version() ? edits : [];
}

function lengthOf(source: EditorSource): number {
  return Object.values(source.lengths()).reduce((a, b) => a + b, 0);
}

/** Offsets of a finding as a range of its document. */
export function rangeOf(
  document: vscode.TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

/** A document that is open, by its URI. */
export function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
}
