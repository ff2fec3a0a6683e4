import { createScanner, parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser';
import type { CellEdit, CellPlace } from './join';

/** A cell of Python. */
export interface NotebookCell {
  /** Its place among all the cells of the notebook, from 0. */
  readonly index: number;
  readonly source: string;
}

/** Why a notebook can't be read, and where in its text. */
export interface NotebookProblem {
  readonly message: string;
  readonly offset: number;
}

export interface Notebook {
  /** The code cells, in their order; none if the notebook is in another language. */
  readonly cells: readonly NotebookCell[];
  readonly problem?: NotebookProblem;
}

/** Reads the text of an .ipynb file of format 3 or 4. Never throws: what is no notebook has a problem and no cells. */
export function readNotebook(json: string): Notebook {
  let root: unknown;
  try {
    root = JSON.parse(withoutMark(json));
  } catch (error) {
    return { cells: [], problem: syntaxProblem(json, error) };
  }
  const cells = cellsOf(root);
  if (!cells) return problem('This is not a notebook: it has no list of cells.', 0);
  if (!isPython(languageOf(root))) return { cells: [] };
  return {
    cells: cells.flatMap((cell, index): NotebookCell[] => {
      const source = property(cell, 'cell_type') === 'code' ? sourceOf(cell) : undefined;
      return source === undefined || !isPython(cellLanguageOf(cell)) ? [] : [{ index, source }];
    }),
  };
}

function problem(message: string, offset: number): Notebook {
  return { cells: [], problem: { message, offset } };
}

/** JSON.parse says what is wrong in words that differ from one Node to the next. */
function syntaxProblem(json: string, thrown: unknown): NotebookProblem {
  const errors: ParseError[] = [];
  const text = withoutMark(json);
  try {
    parseTree(text, errors, { allowTrailingComma: false, disallowComments: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { message: 'This is not a notebook: it is nested too deeply.', offset: 0 };
  }
  const [first] = errors;
  const words = first
    ? printParseErrorCode(first.error)
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .toLowerCase()
    : (thrown as Error).message;
  return { message: `This is not valid JSON: ${words}.`, offset: (first?.offset ?? 0) + json.length - text.length };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** All the cells, of format 3 those of every worksheet. */
function cellsOf(root: unknown): unknown[] | undefined {
  const cells = property(root, 'cells');
  if (Array.isArray(cells)) return cells as unknown[];
  const worksheets = property(root, 'worksheets');
  if (!Array.isArray(worksheets)) return undefined;
  return worksheets.flatMap((worksheet) => {
    const ofWorksheet = property(worksheet, 'cells');
    return Array.isArray(ofWorksheet) ? (ofWorksheet as unknown[]) : [];
  });
}

function languageOf(root: unknown): unknown {
  const metadata = property(root, 'metadata');
  return (
    property(property(metadata, 'kernelspec'), 'language') ?? property(property(metadata, 'language_info'), 'name')
  );
}

/** Of format 3 the cell's own language; of format 4 the one that VS Code gives to a cell that differs from the rest. */
function cellLanguageOf(cell: unknown): unknown {
  return property(property(property(cell, 'metadata'), 'vscode'), 'languageId') ?? property(cell, 'language');
}

/** A notebook that doesn't say is in Python, as nearly all are. */
function isPython(language: unknown): boolean {
  return typeof language !== 'string' || language === '' || /^i?python\d*$/i.test(language);
}

function sourceOf(cell: unknown): string | undefined {
  const source = property(cell, 'source') ?? property(cell, 'input');
  if (typeof source === 'string') return source;
  if (!Array.isArray(source) || !source.every((line) => typeof line === 'string')) return undefined;
  return source.join('');
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

// ---------------------------------------------------------------- where sources stand in the JSON text

interface Literal {
  /** With its quotes. */
  readonly start: number;
  readonly end: number;
}

/** The source of a cell in the JSON text: one string, or an array of them. */
interface SourceNode {
  readonly start: number;
  readonly end: number;
  readonly isArray: boolean;
  readonly strings: readonly Literal[];
}

/** Of jsonc-parser's SyntaxKind, an enumeration that only the compiler knows. */
const token = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, comma: 5, string: 10, end: 17 } as const;

/**
 * Finds the sources of all cells in the text of a notebook that is valid JSON. Only the tokens are looked at: outputs
 * may be of any size and depth.
 */
function findSources(json: string): (SourceNode | undefined)[] {
  const scanner = createScanner(json, true);
  const next = (): number => scanner.scan();
  const current = (): number => scanner.getToken();

  /** Leaves the scanner at the last token of the value that begins at the current one. */
  const skipValue = (): void => {
    let depth = 0;
    for (let kind = current(); ; kind = next()) {
      if (kind === token.openBrace || kind === token.openBracket) depth++;
      else if (kind === token.closeBrace || kind === token.closeBracket) depth--;
      if (depth <= 0 || kind === token.end) return;
    }
  };

  /** Visits the properties or elements of what begins at the current token; anything else is skipped. */
  const visit = (opening: number, each: (name: string) => void): void => {
    const named = opening === token.openBrace;
    if (current() !== opening) {
      skipValue();
      return;
    }
    for (let kind = next(); ; kind = next()) {
      if (kind === token.closeBrace || kind === token.closeBracket || kind === token.end) return;
      if (kind === token.comma) continue;
      const name = named ? scanner.getTokenValue() : '';
      if (named) {
        // The colon, then the value.
        next();
        next();
      }
      each(name);
    }
  };

  const literal = (): Literal => ({
    start: scanner.getTokenOffset(),
    end: scanner.getTokenOffset() + scanner.getTokenLength(),
  });

  const readSource = (): SourceNode | undefined => {
    if (current() === token.string) {
      const whole = literal();
      return { ...whole, isArray: false, strings: [whole] };
    }
    const strings: Literal[] = [];
    const start = scanner.getTokenOffset();
    visit(token.openBracket, () => {
      if (current() === token.string) strings.push(literal());
      else skipValue();
    });
    return { start, end: scanner.getTokenOffset() + scanner.getTokenLength(), isArray: true, strings };
  };

  const readCells = (): (SourceNode | undefined)[] => {
    const cells: (SourceNode | undefined)[] = [];
    visit(token.openBracket, () => {
      let source: SourceNode | undefined;
      let input: SourceNode | undefined;
      visit(token.openBrace, (name) => {
        if (name === 'source') source = readSource();
        else if (name === 'input') input = readSource();
        else skipValue();
      });
      cells.push(source ?? input);
    });
    return cells;
  };

  let cells: (SourceNode | undefined)[] | undefined;
  let worksheets: (SourceNode | undefined)[] = [];
  scanner.setPosition(json.length - withoutMark(json).length);
  next();
  // Where a name stands twice, the last one counts, as for JSON.parse.
  visit(token.openBrace, (name) => {
    if (name === 'cells') cells = readCells();
    else if (name === 'worksheets') {
      worksheets = [];
      visit(token.openBracket, () => {
        let ofWorksheet: (SourceNode | undefined)[] = [];
        visit(token.openBrace, (inWorksheet) => {
          if (inWorksheet === 'cells') ofWorksheet = readCells();
          else skipValue();
        });
        worksheets.push(...ofWorksheet);
      });
    } else skipValue();
  });
  return cells ?? worksheets;
}

/** A piece of a JSON string: what stands in the file, and what it means. */
interface Piece {
  readonly raw: string;
  readonly isNewline: boolean;
  /** The string of the array that it stood in, and whether it was the first or the last there; none if it is new. */
  readonly from?: { readonly string: number; readonly first: boolean; readonly last: boolean };
}

/** Where each UTF-16 unit of a JSON string's value is written, and behind the last one where it ends. */
function unitStarts(json: string, { start, end }: Literal): number[] {
  const starts: number[] = [];
  let i = start + 1;
  while (i < end - 1) {
    starts.push(i);
    if (json.charAt(i) !== '\\') i++;
    else i += json.charAt(i + 1) === 'u' ? 6 : 2;
  }
  starts.push(end - 1);
  return starts;
}

function piecesOf(json: string, { strings }: SourceNode): Piece[] {
  return strings.flatMap((literal, string) => {
    const starts = unitStarts(json, literal);
    const last = starts.length - 2;
    return starts.slice(0, -1).map((start, i): Piece => {
      const raw = json.slice(start, starts[i + 1]);
      const isNewline = raw === '\\n' || raw === '\\u000a' || raw === '\\u000A';
      return { raw, isNewline, from: { string, first: i === 0, last: i === last } };
    });
  });
}

/** A change of the text of a notebook that changes the source of one cell. */
export interface SourceChange {
  readonly cell: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The changes of the JSON text that carry out edits of cells' sources, in the order of the text. Strings and separators
 * that no edit touches are the same byte for byte, and what is new is written as the rest of the file is.
 * @param editsByCell by a cell's index among all cells
 */
export function changesOf(json: string, editsByCell: ReadonlyMap<number, readonly CellEdit[]>): SourceChange[] {
  const sources = findSources(json);
  // A file in ASCII that has escapes for other characters was written by a program that escapes them all.
  let ascii: boolean | undefined;
  const escape = (character: string): string => {
    const escaped = JSON.stringify(character).slice(1, -1);
    if (/^[\0-\x7f]*$/.test(escaped)) return escaped;
    ascii ??= /^[\0-\x7f]*$/.test(withoutMark(json)) && /\\u(?!00[01])[\da-f]{4}/i.test(json);
    if (!ascii) return escaped;
    return [...Array(escaped.length).keys()]
      .map((i) => `\\u${escaped.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join('');
  };
  const changes: SourceChange[] = [];
  for (const [cell, edits] of editsByCell) {
    const node = sources[cell];
    if (!node || edits.length === 0) continue;
    const pieces = edited(piecesOf(json, node), edits, escape);
    const text = node.isArray
      ? printArray(json, node, pieces, usualSeparator(json, sources))
      : `"${pieces.map(({ raw }) => raw).join('')}"`;
    changes.push({ cell, start: node.start, end: node.end, text });
  }
  return changes.sort((a, b) => a.start - b.start);
}

/** The text of a notebook with edits of its cells' sources carried out; see {@link changesOf}. */
export function applyEdits(json: string, editsByCell: ReadonlyMap<number, readonly CellEdit[]>): string {
  let text = '';
  let end = 0;
  for (const change of changesOf(json, editsByCell)) {
    text += json.slice(end, change.start) + change.text;
    end = change.end;
  }
  return text + json.slice(end);
}

function edited(pieces: readonly Piece[], edits: readonly CellEdit[], escape: (character: string) => string): Piece[] {
  const result: Piece[] = [];
  let end = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result.push(...pieces.slice(end, edit.start));
    for (const character of edit.text) result.push({ raw: escape(character), isNewline: character === '\n' });
    end = Math.max(end, edit.end);
  }
  result.push(...pieces.slice(end));
  return result;
}

/** Whether one string of the array ends and another begins between two pieces that follow each other. */
function endsString(before: Piece, behind: Piece): boolean {
  const sameString = before.from !== undefined && before.from.string === behind.from?.string;
  if (before.isNewline) return !sameString;
  // Where the file itself has divided a line.
  return before.from?.last === true && behind.from?.first === true && before.from.string + 1 === behind.from.string;
}

/** What stands between the strings of a source elsewhere in the file, if any source there has several. */
function usualSeparator(json: string, sources: readonly (SourceNode | undefined)[]): string | undefined {
  for (const source of sources) {
    const [first, second] = source?.strings ?? [];
    if (first && second) return json.slice(first.end, second.start);
  }
  return undefined;
}

function printArray(
  json: string,
  { start, strings }: SourceNode,
  pieces: readonly Piece[],
  elsewhere: string | undefined,
): string {
  if (pieces.length === 0) return '[]';
  const [first] = strings;
  const last = strings.at(-1);
  const opening = first ? json.slice(start + 1, first.start) : '';
  const separators = strings.slice(1).map((literal, i) => json.slice(strings[i]?.end, literal.start));
  const usual = separators[0] ?? elsewhere ?? `,${opening || (json.includes('","') ? '' : ' ')}`;
  let text = `[${opening}"`;
  pieces.forEach((piece, i) => {
    const before = pieces[i - 1];
    if (before && endsString(before, piece)) text += `"${separators[before.from?.string ?? -1] ?? usual}"`;
    text += piece.raw;
  });
  const closing = last ? json.slice(last.end, json.indexOf(']', last.end)) : '';
  return `${text}"${closing}]`;
}

/** Where places of cells' sources stand in the text of their notebook. */
export interface SourcePlaces {
  /** @param place by a cell's index among all cells */
  readonly offsetOf: (place: CellPlace) => number | undefined;
}

/** For reports that speak of the file and not of its cells. */
export function sourcePlaces(json: string): SourcePlaces {
  const sources = findSources(json);
  const unitsOf = new Map<number, number[]>();
  return {
    offsetOf: ({ cell, offset }) => {
      const node = sources[cell];
      if (!node) return undefined;
      const units =
        unitsOf.get(cell) ??
        node.strings.flatMap((literal, i) => {
          const starts = unitStarts(json, literal);
          // The end of a string is the place of the next one's first unit.
          return i === node.strings.length - 1 ? starts : starts.slice(0, -1);
        });
      unitsOf.set(cell, units);
      return units[Math.min(offset, units.length - 1)] ?? node.start;
    },
  };
}
