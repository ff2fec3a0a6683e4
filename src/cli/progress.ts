/** Milliseconds before anything is shown, and between two numbers. */
const interval = 200;

/** How far a scan is, on a terminal alone. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #shown = performance.now();
  #isShown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** @param count that were scanned so far */
  files(count: number): void {
    if (!this.#stream.isTTY || performance.now() - this.#shown < interval) return;
    this.#shown = performance.now();
    this.#isShown = true;
    this.#stream.write(`\r${String(count)} files scanned`);
  }

  /** Leaves nothing on the terminal. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\u001B[K');
    this.#isShown = false;
  }
}
