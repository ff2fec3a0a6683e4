import type { Finding, Fix } from '../rules';
import { Lines } from './lines';
import type { Place, Source } from './source';

/** A finding in its file, and what reports say of it. All of it is data: a thread sends it to another. */
export interface Located extends Pick<Finding, 'rule' | 'severity' | 'message'> {
  /** As it was named, or below the folder that was named. */
  readonly file: string;
  readonly place: Place;
  readonly region: Region;
  /** The code that is found, with single spaces. */
  readonly code: string;
  readonly related: readonly { readonly region: Region; readonly message: string }[];
  readonly fix?: FixSummary;
  /** What the fix changes in the text of the file; nothing if it can't be made there. */
  readonly replacements: readonly { readonly region: Region; readonly text: string }[];
}

/** A range of the file's own text, whatever kind of file it is. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
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

/** What places findings of a file in it. */
export function locator(file: string, source: Source): (finding: Finding) => Located {
  let lines: Lines | undefined;
  const regionOf = ({ start, end }: { readonly start: number; readonly end: number }): Region => {
    lines ??= new Lines(source.text);
    const [first, last] = [lines.position(start), lines.position(end)];
    return { startLine: first.line, startColumn: first.column, endLine: last.line, endColumn: last.column };
  };
  return ({ rule, severity, message, range, related, fix }) => ({
    file,
    rule,
    severity,
    message,
    place: source.placeOf(range),
    region: regionOf(source.rangeInFile(range)),
    code: source.code.slice(range.start, range.end).replace(/\s+/g, ' '),
    related: related.map((each) => ({ region: regionOf(source.rangeInFile(each)), message: each.message })),
    ...(fix ? { fix: fixSummary(fix, source) } : {}),
    replacements: ((fix && source.editsInFile(fix.edits)) ?? []).map((edit) => ({
      region: regionOf(edit),
      text: edit.text,
    })),
  });
}

function fixSummary({ edits, ...fix }: Fix, source: Source): FixSummary {
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
