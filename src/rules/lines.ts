/** The lines of a text, as editors count them: \r\n, \n and \r each end one. The first is 0. */
export class Lines {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(index + end.length);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** What ends lines here. */
  get separator(): string {
    return /\r\n|\n|\r/.exec(this.#text)?.[0] ?? '\n';
  }

  /** The line of an offset. */
  at(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  startOf(line: number): number {
    return this.#starts[line] ?? this.#text.length;
  }

  /** Before what ends the line. */
  endOf(line: number): number {
    const next = this.#starts[line + 1];
    if (next === undefined) return this.#text.length;
    return this.#text.slice(next - 2, next) === '\r\n' && next - 2 >= this.startOf(line) ? next - 2 : next - 1;
  }
}
