import type { Finding, Fix } from '../rules';
import type { Place, Source } from './source';

/** A finding in its file. */
export interface Located {
  /** As it was named, or below the folder that was named. */
  readonly file: string;
  readonly source: Source;
  readonly finding: Finding;
  readonly place: Place;
}

/** A fix in words and, for programs, in edits by lines and columns. */
export interface FixSummary extends Omit<Fix, 'edits'> {
  readonly edits: readonly {
    readonly cell?: number;
    readonly line: number;
    readonly column: number;
    readonly endLine: number;
    readonly endColumn: number;
    readonly text: string;
  }[];
}

export function fixSummary({ edits, ...fix }: Fix, source: Source): FixSummary {
  return {
    ...fix,
    edits: edits.map(({ start, end, text }) => {
      const place = source.placeOf({ start, end });
      return {
        ...(place.cell === undefined ? {} : { cell: place.cell }),
        line: place.start.line,
        column: place.start.column,
        endLine: place.end.line,
        endColumn: place.end.column,
        text,
      };
    }),
  };
}
