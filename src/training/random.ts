/** The four words of a generator's state. */
export type RandomState = readonly [number, number, number, number];

/**
 * xoshiro128** 1.1 (Blackman and Vigna, 2018), its state filled by splitmix32 from a seed: the same numbers on every
 * machine, and a state that can be kept.
 */
export class Random {
  readonly #words: Uint32Array;

  constructor(state: RandomState) {
    this.#words = Uint32Array.from(state);
  }

  /** @param seed any whole number; its lower 32 bits count. */
  static ofSeed(seed: number): Random {
    let x = seed >>> 0;
    const next = (): number => {
      x = (x + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
    return new Random([next(), next(), next(), next()]);
  }

  get state(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.#words;
    return [a, b, c, d];
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const s = this.#words;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const [third, fourth] = [c ^ a, d ^ b];
    s.set([a ^ fourth, b ^ third, third ^ (b << 9), rotated(fourth, 11)]);
    return result;
  }

  /** Between -1 and 1, both excluded. */
  symmetric(): number {
    return (2 * (this.word() + 0.5)) / 2 ** 32 - 1;
  }

  /** A whole number below `count`, which is at most 2^32; the bias is below 2^-32 times `count`. */
  below(count: number): number {
    return Math.floor((this.word() / 2 ** 32) * count);
  }
}

function rotated(x: number, by: number): number {
  return ((x << by) | (x >>> (32 - by))) >>> 0;
}
