import { blankMagics } from './magics';

/** A change of a text; places are offsets, the end exclusive. */
export interface CellEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface CellPlace {
  /** Which of the joined cells, from 0. */
  readonly cell: number;
  /** In that cell's source. */
  readonly offset: number;
}

export interface CellRange {
  readonly cell: number;
  readonly start: number;
  readonly end: number;
}

/** The code cells of a notebook as one Python text, so that names of earlier cells count in later ones. */
export interface JoinedCells {
  readonly text: string;
  readonly locate: (offset: number) => CellPlace;
  /** A range of the text in the cell that it begins in, cut off at that cell's end. */
  readonly rangeIn: (range: { readonly start: number; readonly end: number }) => CellRange;
  readonly offsetAt: (place: CellPlace) => number;
  /**
   * Edits of the text as edits of each cell's source. Undefined if one of them reaches over the end of a cell, or into
   * what is not Python there.
   */
  readonly editsByCell: (edits: readonly CellEdit[]) => ReadonlyMap<number, readonly CellEdit[]> | undefined;
}

/** Joins the sources of code cells in their order, magics blanked; every offset of a source has its place in the text. */
export function joinCells(sources: readonly string[]): JoinedCells {
  const blanked = sources.map(blankMagics);
  const starts: number[] = [];
  let length = 0;
  for (const source of blanked) {
    starts.push(length);
    length += source.length + 1;
  }
  const text = blanked.join('\n');

  const locate = (offset: number): CellPlace => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    const within = offset - (starts[low] ?? 0);
    return { cell: low, offset: Math.max(0, Math.min(within, sources[low]?.length ?? 0)) };
  };

  const rangeIn = ({ start, end }: { readonly start: number; readonly end: number }): CellRange => {
    const place = locate(start);
    const last = (starts[place.cell] ?? 0) + (sources[place.cell]?.length ?? 0);
    return { cell: place.cell, start: place.offset, end: place.offset + Math.max(0, Math.min(end, last) - start) };
  };

  const offsetAt = ({ cell, offset }: CellPlace): number => (starts[cell] ?? 0) + offset;

  /** Whether there is nothing of the notebook's Python in a cell that has a source. */
  const isForeign = (cell: number): boolean =>
    (sources[cell] ?? '').trim() !== '' && (blanked[cell] ?? '').trim() === '';

  /** An insertion at the head of a cell, which may be where a magic has to stay. */
  const insertedAtHead = (cell: number, inserted: string): CellRange & CellEdit => {
    const source = sources[cell] ?? '';
    const before = cell - 1;
    if (before >= 0 && inserted.endsWith('\n') && !isForeign(before)) {
      // A whole line that follows a line of the cell before belongs to that cell: an import to the other imports.
      const end = sources[before]?.length ?? 0;
      const gap = end === 0 || (sources[before] ?? '').endsWith('\n') ? '' : '\n';
      return { cell: before, start: end, end, text: gap + inserted.replace(/\r?\n$/, '') };
    }
    const magic = /^\s*%%[^\r\n]*(?:\r\n|\n|\r|$)/.exec(source)?.[0].length ?? 0;
    return { cell, start: magic, end: magic, text: inserted };
  };

  const editsByCell = (edits: readonly CellEdit[]): ReadonlyMap<number, readonly CellEdit[]> | undefined => {
    const byCell = new Map<number, CellEdit[]>();
    for (const { start, end, text: inserted } of edits) {
      const first = locate(start);
      const last = locate(end);
      if (first.cell !== last.cell || sources.length === 0) return undefined;
      let edit: CellRange & CellEdit = { cell: first.cell, start: first.offset, end: last.offset, text: inserted };
      if (start === end && first.offset === 0) edit = insertedAtHead(first.cell, inserted);
      const changed = (sources[edit.cell] ?? '').slice(edit.start, edit.end);
      if (isForeign(edit.cell) || changed !== (blanked[edit.cell] ?? '').slice(edit.start, edit.end)) return undefined;
      const known = byCell.get(edit.cell);
      if (known) known.push(edit);
      else byCell.set(edit.cell, [edit]);
    }
    for (const [cell, ofCell] of byCell) {
      byCell.set(
        cell,
        ofCell
          .map(({ start, end, text: inserted }) => ({ start, end, text: inserted }))
          .sort((a, b) => a.start - b.start || a.end - b.end),
      );
    }
    return byCell;
  };

  return { text, locate, rangeIn, offsetAt, editsByCell };
}
