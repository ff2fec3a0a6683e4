import { SamplesError } from './errors';

/** What the header of a .npy file says. */
export interface NpyHeader {
  /** As NumPy writes it, such as `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Literal = string | boolean | number | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** Brackets deeper than this are no header. */
const deepest = 32;

/**
 * Reads the header's text, a Python dictionary of literals. It is parsed, never evaluated.
 * @throws SamplesError for anything else, and for arrays of records
 */
export function parseHeader(text: string): NpyHeader {
  const value = new LiteralParser(text).whole();
  const fields = value instanceof Map ? (value as ReadonlyMap<string, Literal>) : undefined;
  const descr = fields?.get('descr');
  const fortranOrder = fields?.get('fortran_order');
  const shape = fields?.get('shape');
  if (Array.isArray(descr)) {
    throw new SamplesError(
      'It is an array of records (a structured dtype). Save one field of it: np.save("logits.npy", x["field"]).',
    );
  }
  if (typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !isShape(shape)) throw notHeader();
  return { descr, fortranOrder, shape };
}

function isShape(value: Literal | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number' && Number.isSafeInteger(each));
}

function notHeader(): SamplesError {
  return new SamplesError('Its header is not that of a .npy file. Save the array again with np.save.');
}

/** Of Python's literals those that NumPy writes: dictionaries, lists, tuples, strings, whole numbers, True, False, None. */
class LiteralParser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): Literal {
    const value = this.value();
    this.skip();
    if (this.at < this.text.length) throw notHeader();
    return value;
  }

  private value(): Literal {
    this.skip();
    if (++this.depth > deepest) throw notHeader();
    const value = this.parsed();
    this.depth--;
    return value;
  }

  private parsed(): Literal {
    const word = this.match(/True|False|None/y);
    if (word !== undefined) return word === 'None' ? null : word === 'True';
    // Python 2 wrote long numbers with an L.
    const number = this.match(/\d{1,19}(?=L?)/y);
    if (number !== undefined) {
      this.match(/L/y);
      return Number(number);
    }
    const quoted = this.match(/[ub]?(?:'[^'\\\n]*'|"[^"\\\n]*")/y);
    if (quoted !== undefined) return quoted.replace(/^[ub]/, '').slice(1, -1);
    if (this.next('{')) return this.dictionary();
    if (this.next('(')) return this.items(')');
    if (this.next('[')) return this.items(']');
    throw notHeader();
  }

  private dictionary(): ReadonlyMap<string, Literal> {
    const fields = new Map<string, Literal>();
    while (!this.next('}')) {
      const key = this.value();
      if (typeof key !== 'string' || fields.has(key) || !this.next(':')) throw notHeader();
      fields.set(key, this.value());
      if (this.next(',')) continue;
      if (this.next('}')) break;
      throw notHeader();
    }
    return fields;
  }

  private items(end: string): readonly Literal[] {
    const items: Literal[] = [];
    while (!this.next(end)) {
      items.push(this.value());
      if (this.next(',')) continue;
      if (this.next(end)) break;
      throw notHeader();
    }
    return items;
  }

  private skip(): void {
    this.match(/\s+/y);
  }

  private next(character: string): boolean {
    this.skip();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private match(expected: RegExp): string | undefined {
    expected.lastIndex = this.at;
    const found = expected.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
