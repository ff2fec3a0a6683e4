import { Lines as CountedFromZero } from '../rules/lines';

/** Counted from 1, columns in UTF-16 units as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Places in a text as people speak of them. */
export class Lines {
  readonly #lines: CountedFromZero;

  constructor(text: string) {
    this.#lines = new CountedFromZero(text);
  }

  position(offset: number): Position {
    const line = this.#lines.at(offset);
    return { line: line + 1, column: offset - this.#lines.startOf(line) + 1 };
  }
}
