import { joinCells } from '../notebooks';
import type { PlacedEdit, SourceText } from '../protocol/finder';
import type { Edit } from '../rules';

/** A place in one of the texts. */
export interface Place {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** Texts that are read as one. */
export interface JoinedTexts {
  readonly text: string;
  /** Where a range of the joined text is; what goes beyond the text that it starts in is cut off. */
  placeOf(range: { readonly start: number; readonly end: number }): Place;
  /** The same edits, of the texts; undefined where they can't be made in one text each. */
  editsOf(edits: readonly Edit[]): PlacedEdit[] | undefined;
}

/** Joins the cells of a notebook, or takes the one text of a document as it is. */
export function joinTexts(texts: readonly SourceText[], notebook: boolean): JoinedTexts {
  const [only] = texts;
  if (!notebook && only) {
    const { id, text } = only;
    return {
      text,
      placeOf: ({ start, end }) => ({ id, start, end }),
      editsOf: (edits) => edits.map((edit) => ({ id, ...edit })),
    };
  }
  const cells = joinCells(texts.map(({ text }) => text));
  const idOf = (cell: number): string => texts[cell]?.id ?? '';
  return {
    text: cells.text,
    placeOf(range) {
      const { cell, start, end } = cells.rangeIn(range);
      return { id: idOf(cell), start, end };
    },
    editsOf(edits) {
      const byCell = cells.editsByCell(edits);
      return byCell && [...byCell].flatMap(([cell, own]) => own.map((edit) => ({ id: idOf(cell), ...edit })));
    },
  };
}
