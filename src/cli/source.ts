import { applyEdits as applyToCells, changesOf, joinCells, readNotebook, sourcePlaces } from '../notebooks';
import { applyEdits, type Edit, type Language } from '../rules';
import type { Kind } from './files';
import { Lines, type Position } from './lines';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A range by lines and columns; of a notebook those of the cell. */
export interface Place {
  /** Of a notebook: which of all its cells, from 1. */
  readonly cell?: number;
  readonly start: Position;
  readonly end: Position;
}

/** A file's text, and the code in it that is looked at. */
export interface Source {
  /** The whole text of the file. */
  readonly text: string;
  /** What findings' offsets are of. */
  readonly code: string;
  readonly language: Language;
  /** A range of the code as people speak of it. */
  readonly placeOf: (range: Range) => Place;
  /** A range of the code in the text of the file. */
  readonly rangeInFile: (range: Range) => Range;
  /** Edits of the code as edits of the file's text; undefined if they can't be made there. */
  readonly editsInFile: (edits: readonly Edit[]) => readonly Edit[] | undefined;
  /** The source after edits of its code; undefined if they can't be made. */
  readonly edited: (edits: readonly Edit[]) => Source | undefined;
}

/** A file that is not what its name says; the offset is of its text. */
export class UnreadableSource extends Error {
  constructor(
    message: string,
    readonly position: Position,
  ) {
    super(message);
  }
}

/** @throws UnreadableSource */
export function openSource(text: string, kind: Kind): Source {
  return kind === 'notebook' ? notebookSource(text) : textSource(text, kind);
}

function textSource(text: string, language: Language): Source {
  let lines: Lines | undefined;
  const ownLines = (): Lines => (lines ??= new Lines(text));
  const adapted = (edits: readonly Edit[]): Edit[] => edits.map((edit) => withLineEnds(edit, text));
  return {
    text,
    code: text,
    language,
    placeOf: ({ start, end }) => ({ start: ownLines().position(start), end: ownLines().position(end) }),
    rangeInFile: (range) => range,
    editsInFile: adapted,
    edited: (edits) => textSource(applyEdits(text, adapted(edits)), language),
  };
}

/** Lines that are inserted end as the others do. */
function withLineEnds<E extends Edit>(edit: E, text: string): E {
  const [separator] = /\r\n|\n/.exec(text) ?? [];
  return separator === '\r\n' ? { ...edit, text: edit.text.replace(/\r?\n/g, separator) } : edit;
}

function notebookSource(json: string): Source {
  const { cells, problem } = readNotebook(json);
  if (problem) throw new UnreadableSource(problem.message, new Lines(json).position(problem.offset));
  const joined = joinCells(cells.map(({ source }) => source));
  const lines = new Map<number, Lines>();
  const linesOf = (cell: number): Lines => {
    const known = lines.get(cell) ?? new Lines(cells[cell]?.source ?? '');
    lines.set(cell, known);
    return known;
  };
  let places: ReturnType<typeof sourcePlaces> | undefined;
  /** By the cells' places among all cells. */
  const byIndex = (edits: readonly Edit[]): ReadonlyMap<number, readonly Edit[]> | undefined => {
    const byCell = joined.editsByCell(edits);
    return (
      byCell &&
      new Map(
        [...byCell].map(([cell, ofCell]) => [
          cells[cell]?.index ?? cell,
          ofCell.map((edit) => withLineEnds(edit, cells[cell]?.source ?? '')),
        ]),
      )
    );
  };
  return {
    text: json,
    code: joined.text,
    language: 'python',
    placeOf: (range) => {
      const { cell, start, end } = joined.rangeIn(range);
      const own = linesOf(cell);
      return { cell: (cells[cell]?.index ?? 0) + 1, start: own.position(start), end: own.position(end) };
    },
    rangeInFile: (range) => {
      places ??= sourcePlaces(json);
      const { cell, start, end } = joined.rangeIn(range);
      const index = cells[cell]?.index ?? cell;
      const first = places.offsetOf({ cell: index, offset: start }) ?? 0;
      return { start: first, end: places.offsetOf({ cell: index, offset: end }) ?? first };
    },
    editsInFile: (edits) => {
      const edited = byIndex(edits);
      return edited && changesOf(json, edited);
    },
    edited: (edits) => {
      const edited = byIndex(edits);
      return edited && notebookSource(applyToCells(json, edited));
    },
  };
}
