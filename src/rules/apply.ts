import type { Edit, Finding } from './finding';

/** Fixes can make way for others; more rounds than this would be fixes that undo each other. */
export const maxFixRounds = 20;

/** What came of applying every fix that there is. */
export interface AppliedFixes {
  readonly text: string;
  /** From the text that was given to `text`: in the order of the text, none overlapping another, as few as needed. */
  readonly edits: readonly Edit[];
  readonly applied: number;
}

/**
 * Applies the fixes of all findings. Those that overlap are applied one after the other, each to what `find` says of
 * the text that the ones before have left.
 */
export function applyFixes(text: string, find: (text: string) => readonly Pick<Finding, 'fix'>[]): AppliedFixes {
  const changing = new ChangingText(text);
  let applied = 0;
  for (let round = 0; round < maxFixRounds; round++) {
    const fixes = compatibleFixes(find(changing.text).flatMap(({ fix }) => fix ?? []));
    if (fixes.length === 0) break;
    changing.apply(fixes.flatMap(({ edits }) => edits));
    applied += fixes.length;
  }
  return { text: changing.text, edits: changing.edits(), applied };
}

/** Those of the fixes that can be applied together: the earlier one, where two are in each other's way. */
export function compatibleFixes<Fix extends { readonly edits: readonly Edit[] }>(fixes: readonly Fix[]): Fix[] {
  const chosen: Fix[] = [];
  const taken: Edit[] = [];
  for (const fix of fixes) {
    if (fix.edits.some((edit) => taken.some((other) => collide(edit, other)))) continue;
    chosen.push(fix);
    taken.push(...fix.edits);
  }
  return chosen;
}

/** The text after the edits, which are of it and don't overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const changing = new ChangingText(text);
  changing.apply(edits);
  return changing.text;
}

/** Two insertions at one place collide too: which of them comes first is not theirs to say. */
function collide(a: Edit, b: Edit): boolean {
  return (a.start < b.end && b.start < a.end) || a.start === b.start;
}

/** Kept text is named by its place in the original. */
type Piece = { readonly start: number; readonly end: number } | { readonly text: string };

/** A text that is changed again and again and still knows what the changes come to. */
export class ChangingText {
  #pieces: readonly Piece[];

  constructor(private readonly original: string) {
    this.#pieces = [{ start: 0, end: original.length }];
  }

  /** Another one that has come as far; what is changed in one of them leaves the other as it is. */
  copy(): ChangingText {
    const copy = new ChangingText(this.original);
    copy.#pieces = this.#pieces;
    return copy;
  }

  get text(): string {
    return this.#pieces.map((piece) => this.#textOf(piece)).join('');
  }

  /** Edits of the text as it is now. */
  apply(edits: readonly Edit[]): void {
    const pieces: Piece[] = [];
    let at = 0;
    for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
      pieces.push(...this.#between(at, start), { text });
      at = end;
    }
    pieces.push(...this.#between(at, Infinity));
    this.#pieces = pieces;
  }

  edits(): Edit[] {
    const edits: Edit[] = [];
    let [at, added] = [0, ''];
    const close = (next: number): void => {
      if (next > at || added !== '') edits.push(this.#least({ start: at, end: next, text: added }));
      added = '';
    };
    for (const piece of this.#pieces) {
      if ('text' in piece) {
        added += piece.text;
      } else if (piece.end > piece.start) {
        close(piece.start);
        at = piece.end;
      }
    }
    close(this.original.length);
    return edits.filter(({ start, end, text }) => end > start || text !== '');
  }

  /** The same edit without what it writes again as it was. */
  #least({ start, end, text }: Edit): Edit {
    const before = this.original.slice(start, end);
    let [head, tail] = [0, 0];
    const most = Math.min(before.length, text.length);
    while (head < most && before[head] === text[head]) head++;
    while (tail < most - head && before.at(-1 - tail) === text.at(-1 - tail)) tail++;
    return { start: start + head, end: end - tail, text: text.slice(head, text.length - tail) };
  }

  /** The pieces, cut where needed, from one place of the text as it is now to another. */
  #between(start: number, end: number): Piece[] {
    const cut: Piece[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      const length = this.#textOf(piece).length;
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, length)];
      if (from < to) {
        cut.push(
          'text' in piece ? { text: piece.text.slice(from, to) } : { start: piece.start + from, end: piece.start + to },
        );
      }
      at += length;
    }
    return cut;
  }

  #textOf(piece: Piece): string {
    return 'text' in piece ? piece.text : this.original.slice(piece.start, piece.end);
  }
}
