import * as vscode from 'vscode';
import type { FileFinding, PlacedFinding } from '../protocol/finder';
import { cellScheme } from './languages';
import { rangeOf, type FindingsTracker } from './findings';
import { notebookOf, sourceOf } from './sources';

/** What was found in a file. */
export interface FoundFile {
  readonly uri: vscode.Uri;
  readonly findings: readonly FileFinding[];
}

/**
 * What was found in the files of the workspace, since they were last scanned. Open documents are followed: what is found
 * in them as they are now takes the place of what was found in their files.
 */
export class FoundFiles implements vscode.Disposable {
  private readonly files = new Map<string, FoundFile>();
  /** Whether the workspace has been scanned: before, nothing is listed. */
  private active = false;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.changed];

  /** Files have been added, or theirs has changed. */
  readonly onDidChange = this.changed.event;

  constructor(tracker: FindingsTracker) {
    this.disposables.push(
      tracker.onDidChange((document) => {
        if (this.active) this.follow(document, tracker);
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const uri of files) this.forget(uri);
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) this.move(oldUri, newUri);
      }),
    );
  }

  /** By their paths. */
  all(): FoundFile[] {
    return [...this.files.values()].sort((a, b) => (a.uri.path < b.uri.path ? -1 : 1));
  }

  get count(): number {
    return [...this.files.values()].reduce((sum, { findings }) => sum + findings.length, 0);
  }

  /** A scan begins. */
  begin(): void {
    this.active = true;
  }

  set(uri: vscode.Uri, findings: readonly FileFinding[]): void {
    if (findings.length > 0) this.files.set(uri.toString(), { uri, findings });
    else if (!this.files.delete(uri.toString())) return;
    this.changed.fire();
  }

  /** Files that a scan has not come across are gone. */
  keepOnly(uris: ReadonlySet<string>): void {
    let gone = false;
    for (const key of [...this.files.keys()]) if (!uris.has(key)) gone = this.files.delete(key) || gone;
    if (gone) this.changed.fire();
  }

  clear(): void {
    this.active = false;
    this.files.clear();
    this.changed.fire();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private follow(document: vscode.TextDocument, tracker: FindingsTracker): void {
    const source = sourceOf(document);
    if (!source || !vscode.workspace.getWorkspaceFolder(source.uri)) return;
    this.set(
      source.uri,
      source.documents().flatMap((each) => (tracker.current(each) ?? []).map((finding) => fileFinding(each, finding))),
    );
  }

  private forget(uri: vscode.Uri): void {
    let gone = false;
    for (const key of [...this.files.keys()]) {
      if (key === uri.toString() || key.startsWith(`${uri.toString()}/`)) gone = this.files.delete(key) || gone;
    }
    if (gone) this.changed.fire();
  }

  private move(from: vscode.Uri, to: vscode.Uri): void {
    for (const [key, file] of [...this.files]) {
      if (key !== from.toString() && !key.startsWith(`${from.toString()}/`)) continue;
      const uri = to.with({ path: to.path + file.uri.path.slice(from.path.length) });
      this.files.delete(key);
      this.files.set(uri.toString(), { uri, findings: file.findings });
    }
    this.changed.fire();
  }
}

/** The finding of an open document as one of its file. */
export function fileFinding(document: vscode.TextDocument, finding: PlacedFinding): FileFinding {
  const { rule, severity, title, message, lens } = finding;
  const { start, end } = rangeOf(document, finding.range);
  const cell =
    document.uri.scheme === cellScheme
      ? notebookOf(document)
          ?.getCells()
          .findIndex((each) => each.document === document)
      : undefined;
  return {
    ...{ rule, severity, title, message, lens },
    ...(cell === undefined ? {} : { cell }),
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}
