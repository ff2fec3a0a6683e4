import { isPartOfName, namesWith } from '../python';

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
 * The words of a text that rules ask for. Each is looked for once, however many rules ask: `log` is in `logging` and
 * `login`, and `exp` in `except`, so that of short words it is also seen whether any stands where a framework has it
 * in a name, which takes much less time than to parse the text in vain.
 */
export class Words {
  readonly #text: string;
  readonly #known = new Map<string, boolean>();
  /** Where a framework is named, some rule will have its words, and nothing is gained by looking closely. */
  readonly #closely: boolean;

  constructor(text: string) {
    this.#text = text;
    this.#closely = !importsFramework.test(text);
  }

  readonly has = (word: string): boolean => {
    let known = this.#known.get(word);
    if (known === undefined) {
      known = this.#text.includes(word) && (!this.#closely || (patternOf(word)?.test(this.#text) ?? true));
      this.#known.set(word, known);
    }
    return known;
  };
}
