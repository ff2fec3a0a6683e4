import { isPartOfName, namesWith } from '../python';
import { rules } from './rules';

/** Longer words stand in little else than the names that are meant. */
const shortWord = /^[A-Za-z]{1,5}$/;

const importsFramework = /^[ \t]*(?:from|import)[ \t]+(?:torch|tensorflow|keras|jax|numpy)\b/m;

const patterns = new Map<string, RegExp | undefined>();

/** How a word has to stand in a text to be a trigger; undefined if anywhere. */
function patternOf(word: string): RegExp | undefined {
  if (!patterns.has(word)) {
    const names = shortWord.test(word) ? namesWith(word) : [];
    patterns.set(word, names.length > 0 ? isPartOfName([word, ...names]) : undefined);
  }
  return patterns.get(word);
}

/**
 * Finds all of many words in one pass over a text, wherever they stand, also in each other: an automaton whose state is
 * the longest beginning of a word that what is read so far ends with (A. Aho and M. Corasick, 1975).
 */
export class Vocabulary {
  /** By character, the column of the table; 0 for what is in no word. */
  readonly #columns = new Uint8Array(128);
  /** The columns of a state are so many bits of a place in the table. */
  readonly #bits: number;
  readonly #next: Uint16Array;
  /** The words that end in a state. */
  readonly #ends: readonly (readonly string[])[];
  /** 1 for states in which any does. */
  readonly #ending: Uint8Array;

  /** @param words of ASCII, not more than 65,000 characters of them */
  constructor(words: ReadonlySet<string>) {
    const letters = [...new Set([...words].join(''))];
    letters.forEach((letter, i) => (this.#columns[letter.charCodeAt(0)] = i + 1));
    this.#bits = Math.ceil(Math.log2(letters.length + 1));
    const columns = 1 << this.#bits;
    const ends: string[][] = [[]];
    const next = new Uint16Array([...words].reduce((sum, { length }) => sum + length, 1) << this.#bits);
    for (const word of words) {
      let state = 0;
      for (let i = 0; i < word.length; i++) {
        const at = (state << this.#bits) | (this.#columns[word.charCodeAt(i)] as number);
        if (next[at] === 0) next[at] = ends.push([]) - 1;
        state = next[at] as number;
      }
      ends[state]?.push(word);
    }
    // Breadth first: where no word goes on, the longest beginning that the word's own end is may do so.
    const shorter = new Uint16Array(ends.length);
    const order = [0];
    for (const state of order) {
      const other = shorter[state] as number;
      if (state !== 0) ends[state]?.push(...(ends[other] as string[]));
      for (let column = 1; column < columns; column++) {
        const at = (state << this.#bits) | column;
        const beside = state === 0 ? 0 : (next[(other << this.#bits) | column] as number);
        const child = next[at] as number;
        if (child === 0) next[at] = beside;
        else {
          shorter[child] = beside;
          order.push(child);
        }
      }
    }
    this.#next = next;
    this.#ends = ends;
    this.#ending = Uint8Array.from(ends, (here) => Math.min(here.length, 1));
  }

  /** Those of the words that stand in the text. */
  in(text: string): Set<string> {
    const found = new Set<string>();
    const [columns, bits, next] = [this.#columns, this.#bits, this.#next];
    // Each state's words are noted once.
    const ending = this.#ending.slice();
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      state = code < 128 ? (next[(state << bits) | (columns[code] as number)] as number) : 0;
      if (ending[state] === 1) {
        ending[state] = 0;
        for (const word of this.#ends[state] ?? []) found.add(word);
      }
    }
    return found;
  }
}

let ofRules: Vocabulary | undefined;

/**
 * The words of a text that rules ask for: `log` is in `logging` and `login`, and `exp` in `except`, so that of short
 * words it is also seen whether any stands where a framework has it in a name, which takes much less time than to parse
 * the text in vain.
 */
export class Words {
  readonly #text: string;
  readonly #inText: ReadonlySet<string>;
  readonly #known = new Map<string, boolean>();
  /** Where a framework is named, some rule will have its words, and nothing is gained by looking closely. */
  readonly #closely: boolean;

  constructor(text: string) {
    this.#text = text;
    ofRules ??= new Vocabulary(new Set(rules.flatMap(({ triggers }) => triggers.flat())));
    this.#inText = ofRules.in(text);
    this.#closely = !importsFramework.test(text);
  }

  /** @param word one of the rules' */
  readonly has = (word: string): boolean => {
    if (!this.#inText.has(word)) return false;
    if (!this.#closely) return true;
    let known = this.#known.get(word);
    if (known === undefined) {
      known = patternOf(word)?.test(this.#text) ?? true;
      this.#known.set(word, known);
    }
    return known;
  };
}
