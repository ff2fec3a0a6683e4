import * as vscode from 'vscode';
import type { Source } from '../engine';
import type { SourceUnit } from '../protocol/finder';
import { cellScheme, languageOf } from './languages';

/** What is read together, in the editor: a document, or all code cells of a notebook. */
export interface EditorSource extends Source {
  readonly uri: vscode.Uri;
  /** In the order in which they are read. */
  documents(): readonly vscode.TextDocument[];
}

/** What the document is a part of, or undefined if nothing is to be found in documents of its kind. */
export function sourceOf(document: vscode.TextDocument): EditorSource | undefined {
  if (document.uri.scheme !== cellScheme) return languageOf(document) ? new DocumentSource(document) : undefined;
  const notebook = notebookOf(document);
  return notebook && new NotebookSource(notebook);
}

export function notebookOf(document: vscode.TextDocument): vscode.NotebookDocument | undefined {
  if (document.uri.scheme !== cellScheme) return undefined;
  // A cell's URI is that of its notebook, but for the fragment and the scheme.
  return vscode.workspace.notebookDocuments.find(
    (notebook) =>
      notebook.uri.path === document.uri.path && notebook.getCells().some((cell) => cell.document === document),
  );
}

function lengthOf(document: vscode.TextDocument): number {
  return document.offsetAt(new vscode.Position(document.lineCount, 0));
}

abstract class Documents implements EditorSource {
  abstract readonly uri: vscode.Uri;
  abstract documents(): readonly vscode.TextDocument[];
  abstract unit(): SourceUnit;

  get key(): string {
    return this.uri.toString();
  }

  version(): string {
    return this.documents()
      .map(({ uri, version }) => `${uri.fragment}@${String(version)}`)
      .join(' ');
  }

  lengths(): Record<string, number> {
    return Object.fromEntries(this.documents().map((document) => [document.uri.toString(), lengthOf(document)]));
  }

  protected texts(): SourceUnit['texts'] {
    return this.documents().map((document) => ({ id: document.uri.toString(), text: document.getText() }));
  }
}

class DocumentSource extends Documents {
  readonly uri: vscode.Uri;

  constructor(private readonly document: vscode.TextDocument) {
    super();
    this.uri = document.uri;
  }

  documents(): readonly vscode.TextDocument[] {
    return [this.document];
  }

  unit(): SourceUnit {
    return { language: languageOf(this.document) ?? 'python', notebook: false, texts: this.texts() };
  }
}

export class NotebookSource extends Documents {
  readonly uri: vscode.Uri;

  constructor(private readonly notebook: vscode.NotebookDocument) {
    super();
    this.uri = notebook.uri;
  }

  /** The cells of Python: in which order they are run is not known, so it is that in which they are written. */
  documents(): readonly vscode.TextDocument[] {
    return this.notebook
      .getCells()
      .filter(({ kind, document }) => kind === vscode.NotebookCellKind.Code && languageOf(document) === 'python')
      .map(({ document }) => document);
  }

  unit(): SourceUnit {
    return { language: 'python', notebook: true, texts: this.texts() };
  }
}
