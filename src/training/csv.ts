import type { Patterns } from './network';
import { patternsOf, TrainingError } from './tasks';

/** Reading more would keep others waiting for longer than a moment. */
const mostCells = 500_000;

interface Cell {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Inputs and targets from a CSV file: one pattern a line, separated by commas, semicolons or tabs. With a header, columns
 * whose names begin with `in` are inputs and those with `out` or `target` targets; others are left out. Without one, or
 * where `targets` is given, the last `targets` columns are the targets and the others the inputs.
 *
 * @throws TrainingError naming line and column of what can't be read
 */
export function patternsOfCsv(text: string, name: string, targets: number | null = null): Patterns {
  const rows = rowsOf(text.replace(/^\uFEFF/, ''));
  const [first] = rows;
  if (!first) throw new TrainingError(`${name} is empty; it needs a line for each pattern`);
  const hasHeader = first.some(({ text: cell }) => numberOf(cell) === undefined);
  const data = hasHeader ? rows.slice(1) : rows;
  if (data.length === 0) throw new TrainingError(`${name} has a header and no patterns`);
  if (data.length * first.length > mostCells) {
    throw new TrainingError(`${name} has more than ${String(mostCells)} numbers; take fewer patterns or columns`);
  }
  const columns = targets === null ? namedColumns(first, hasHeader, name) : lastColumns(first, targets, name);
  return patternsOf(
    data.map((row) => {
      if (row.length !== first.length) {
        throw new TrainingError(
          `${place(name, row[0])}: ${count(row.length, 'column')}, and the first line has ${String(first.length)}`,
        );
      }
      const at = (index: number): number => valueOf(row[index] as Cell, name);
      return [columns.inputs.map(at), columns.targets.map((index) => targetOf(row[index] as Cell, name))];
    }),
  );
}

interface Columns {
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

function namedColumns(header: readonly Cell[], hasHeader: boolean, name: string): Columns {
  if (!hasHeader) {
    throw new TrainingError(
      `${name} has no header that names its columns: name them in1, in2, …, out1, out2, …, or say how many of the last ` +
        'columns are targets',
    );
  }
  const matching = (pattern: RegExp): number[] =>
    header.flatMap(({ text }, i) => (pattern.test(text.trim().replace(/^"|"$/g, '')) ? [i] : []));
  const columns = { inputs: matching(/^in/i), targets: matching(/^(out|target)/i) };
  if (columns.inputs.length === 0) throw new TrainingError(`${place(name, header[0])}: no column is named in…`);
  if (columns.targets.length === 0) {
    throw new TrainingError(`${place(name, header[0])}: no column is named out… or target…`);
  }
  return columns;
}

function lastColumns(first: readonly Cell[], targets: number, name: string): Columns {
  const width = first.length;
  if (!Number.isInteger(targets) || targets < 1 || targets >= width) {
    throw new TrainingError(
      `${name} has ${count(width, 'column')}: the number of target columns must be between 1 and ${String(width - 1)}, ` +
        `not ${String(targets)}`,
    );
  }
  const indices = first.map((_, i) => i);
  return { inputs: indices.slice(0, width - targets), targets: indices.slice(width - targets) };
}

/** Lines that have anything in them, cut at the separator that the first of them has. */
function rowsOf(text: string): Cell[][] {
  const lines = text.split(/\r\n|\n|\r/).map((line, i) => ({ line, number: i + 1 }));
  const full = lines.filter(({ line }) => line.trim() !== '');
  const separator = ['\t', ';', ','].find((each) => full[0]?.line.includes(each)) ?? ',';
  return full.map(({ line, number }) => {
    let column = 1;
    return line.split(separator).map((cell) => {
      const found = { text: cell, line: number, column };
      column += cell.length + 1;
      return found;
    });
  });
}

function numberOf(text: string): number | undefined {
  const plain = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : undefined;
}

function valueOf(cell: Cell, name: string): number {
  const value = numberOf(cell.text);
  if (value !== undefined && Number.isFinite(value)) return value;
  const what = cell.text.trim() === '' ? 'nothing' : `"${cell.text.trim().slice(0, 40)}"`;
  throw new TrainingError(`${place(name, cell)}: a number was expected, not ${what}`);
}

function targetOf(cell: Cell, name: string): number {
  const value = valueOf(cell, name);
  if (value >= 0 && value <= 1) return value;
  throw new TrainingError(`${place(name, cell)}: a target lies between 0 and 1, not ${String(value)}`);
}

function place(name: string, cell: Cell | undefined): string {
  return `${name}:${String(cell?.line ?? 1)}:${String(cell?.column ?? 1)}`;
}

function count(n: number, noun: string): string {
  return `${String(n)} ${noun}${n === 1 ? '' : 's'}`;
}
