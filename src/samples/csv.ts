import { SamplesError } from './errors';
import { grouped, sampleLimits } from './limits';
import { isNamed, pickColumns } from './names';
import type { Pace } from './source';

/** The columns of a table that are logits and targets. */
export interface TableColumns {
  readonly logits: Float64Array;
  readonly targets: Float64Array | null;
  /** Columns that are neither. */
  readonly others: readonly string[];
}

/** A line of more characters is none of a table of numbers. */
const longestLine = 1_000_000;

/** Lines between two looks at the clock. */
const turn = 4096;

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const special = /^([+-]?)(nan|inf|infinity)$/i;

/**
 * Reads a table: separated by commas, semicolons, tabs or spaces, with a line of names or without.
 * @throws SamplesError with line and column
 */
export async function readCsv(chunks: AsyncIterable<Uint8Array>, pace: Pace): Promise<TableColumns> {
  const table = new TableReader();
  for await (const lines of linesOf(chunks)) {
    for (let i = 0; i < lines.length; i++) {
      table.add(lines[i] as string);
      if (i % turn === 0) await pace.breathe();
    }
  }
  return table.end(pace);
}

/** The lines of a text as they come, some at a time. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new SamplesError('It is no text in UTF-8. Save the table as CSV in UTF-8, or the array with np.save.');
    }
  };
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decode(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw tooLong();
    yield lines;
  }
  yield [rest + decode()];
}

function tooLong(): SamplesError {
  return new SamplesError(
    `It has more than ${grouped(longestLine)} characters without a line break. A CSV file has a line for each sample.`,
  );
}

interface Layout {
  readonly separator: string;
  readonly names: readonly string[];
  readonly width: number;
  readonly logits: number;
  readonly targets: number | null;
  readonly others: readonly string[];
}

class TableReader {
  private line = 0;
  private layout: Layout | undefined;
  private readonly logits = new Growing();
  private readonly targets = new Growing();

  add(text: string): void {
    this.line++;
    if (text.length > longestLine) throw tooLong();
    const content = text.trimEnd();
    if (content === '' || (this.line > 1 && content.startsWith('#'))) return;
    if (content.includes('\0')) {
      throw new SamplesError('It is no text: it has zero bytes. Choose a .npy, .npz or CSV file.');
    }
    if (this.layout) this.row(content, this.layout);
    else this.first(content);
  }

  async end(pace: Pace): Promise<TableColumns> {
    if (!this.layout || this.logits.length === 0) {
      throw new SamplesError('It has no numbers. A CSV file of logits has a line for each sample.');
    }
    return {
      logits: await this.logits.joined(pace),
      targets: this.layout.targets === null ? null : await this.targets.joined(pace),
      others: this.layout.others,
    };
  }

  /** The line that says how the table is laid out: names, or the first numbers. */
  private first(text: string): void {
    const isComment = text.startsWith('#');
    const content = text.replace(/^#\s*/, '');
    const { separator, names } = split(content);
    const isHeader = names.some((cell) => numberOf(cell) === undefined);
    // Without a name that is known a comment is just a comment.
    if (isComment && !isNamed(names)) return;
    if (isHeader || isComment) {
      const broken = names.findIndex((cell) => /^[+-]?[.\d]/.test(cell) && numberOf(cell) === undefined);
      // A name that begins like a number is a number that went wrong.
      if (broken >= 0) this.cell(names, broken, []);
      if (new Set(names).size < names.length) {
        throw new SamplesError('Line 1 names two columns alike. Give each column a name of its own.');
      }
      const picked = pickColumns(names, 'column');
      this.layout = {
        separator,
        names,
        width: names.length,
        logits: names.indexOf(picked.logits),
        targets: picked.targets === null ? null : names.indexOf(picked.targets),
        others: picked.others,
      };
      return;
    }
    if (names.length > 2) {
      throw new SamplesError(
        `It has ${String(names.length)} columns without names. Take one column, logits, or two, logits and targets; or name them in the first line.`,
      );
    }
    const targets = names.length === 2 ? 1 : null;
    this.layout = { separator, names: ['logits', 'targets'], width: names.length, logits: 0, targets, others: [] };
    this.row(text, this.layout);
  }

  private row(text: string, { separator, names, width, logits, targets }: Layout): void {
    const cells = cellsOf(text, separator);
    if (cells.length !== width) {
      throw new SamplesError(
        `Line ${grouped(this.line)} has ${cellCount(cells.length)}, and the lines before have ${cellCount(width)}. Every line needs as many.`,
      );
    }
    if (this.logits.length === sampleLimits.samples) {
      const lines = String(sampleLimits.samples);
      throw new SamplesError(
        `It has more than ${grouped(sampleLimits.samples)} samples. Take a part of it: head -n ${lines} logits.csv > part.csv`,
      );
    }
    this.logits.push(this.cell(cells, logits, names));
    if (targets !== null) this.targets.push(this.cell(cells, targets, names));
  }

  private cell(cells: readonly string[], column: number, names: readonly string[]): number {
    const text = cells[column] ?? '';
    const value = numberOf(text);
    if (value !== undefined) return value;
    const name = names[column];
    const named = name === undefined ? '' : ` (${JSON.stringify(name.slice(0, 60))})`;
    const place = `Line ${grouped(this.line)}, column ${String(column + 1)}${named}`;
    if (text === '') throw new SamplesError(`${place} is empty. Every line needs a number there; NaN is one.`);
    const comma = /^[+-]?\d+,\d+$/.test(text) ? ' Write it with a decimal point.' : '';
    throw new SamplesError(`${place}: ${JSON.stringify(text.slice(0, 60))} is not a number.${comma}`);
  }
}

function cellCount(count: number): string {
  return count === 1 ? '1 cell' : `${String(count)} cells`;
}

/** The first line, taken apart by the separator that it has. */
function split(line: string): Pick<Layout, 'separator' | 'names'> {
  const separator = ['\t', ';', ',', ' '].find((each) => line.includes(each)) ?? ',';
  const names = cellsOf(line, separator);
  // The name of a single column may have spaces.
  const isOneName = separator === ' ' && !isNamed(names) && names.every((cell) => numberOf(cell) === undefined);
  return isOneName ? { separator: ',', names: [line] } : { separator, names };
}

function cellsOf(line: string, separator: string): string[] {
  if (separator === ' ') return line.trim().split(/ +/);
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  return [...cells, cell.trim()];
}

/** The number that a cell has, the special ones too; undefined for anything else. */
function numberOf(text: string): number | undefined {
  if (number.test(text)) return Number(text);
  const [, sign, word] = special.exec(text) ?? [];
  if (word === undefined) return undefined;
  if (word.toLowerCase() === 'nan') return NaN;
  return sign === '-' ? -Infinity : Infinity;
}

/** Numbers of which nobody knows beforehand how many there are. */
class Growing {
  private static readonly block = 2 ** 18;
  private readonly blocks: Float64Array[] = [];
  length = 0;

  push(value: number): void {
    const at = this.length % Growing.block;
    if (at === 0) this.blocks.push(new Float64Array(Growing.block));
    (this.blocks.at(-1) as Float64Array)[at] = value;
    this.length++;
  }

  async joined(pace: Pace): Promise<Float64Array> {
    const all = new Float64Array(this.length);
    for (const [i, block] of this.blocks.entries()) {
      const start = i * Growing.block;
      all.set(block.subarray(0, this.length - start), start);
      await pace.breathe();
    }
    return all;
  }
}
