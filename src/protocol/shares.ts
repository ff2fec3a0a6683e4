/**
 * The items of a list that several threads take one after the other, each item by one of them, so that none waits for
 * another. How many were taken stands in memory that they share.
 */
export class Shares<T> {
  readonly #taken: Int32Array;

  /** @param memory of the shares that the same items were given out from before, in another thread */
  constructor(
    readonly items: readonly T[],
    readonly memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
  ) {
    this.#taken = new Int32Array(memory);
  }

  /** How many items were taken so far. */
  get taken(): number {
    return Math.min(Atomics.load(this.#taken, 0), this.items.length);
  }

  /** The next item that nobody has taken, and its place in the list; undefined if there is none left. */
  take(): { readonly item: T; readonly index: number } | undefined {
    const index = Atomics.add(this.#taken, 0, 1);
    const item = this.items[index];
    return item === undefined ? undefined : { item, index };
  }
}

/** What a thread is given that takes its share. */
export interface SharedWork<T, Given> {
  readonly items: readonly T[];
  readonly memory: SharedArrayBuffer;
  readonly given: Given;
}

/** What came of an item. */
export interface ShareDone<Result> {
  readonly index: number;
  readonly result: Result;
}
