import type { Expression } from '../../expression';
import type { FormatName } from '../../numeric';
import type { Framework } from '../frameworks';
import type { Statement } from '../syntax';
import type { Origin } from './interpretation';

/**
 * What is known of an expression beside what it computes. All of it in one place, as it is asked for with every operation
 * that is gone through: of a map for each of these the time went into hashing.
 */
export class Facts {
  /** The Python code that computes it. */
  origin: Origin | undefined = undefined;
  /** The statement of the module for whose sake it was computed. */
  root: Statement | undefined = undefined;
  /** Whose operation computes it, or whose tensor it is. */
  framework: Framework | undefined = undefined;
  /** Whether that is one of several that it may be. */
  isGuessed = false;
  /** The number format that it is computed in, where the code says so. */
  format: FormatName | undefined = undefined;
  /** Of a parameter the number above 0 that it is by default. */
  usual: Expression | undefined = undefined;
  /** How many operations lie above each other. */
  depth: number | undefined = undefined;
  /** How many nodes it has, written out as a tree. */
  size: number | undefined = undefined;
  /** What stands for it in others, if it is too large for a part of them. */
  top: Expression | undefined = undefined;
  /** The variable that stands for it in such. */
  standIn: Expression | undefined = undefined;
  /** Whether it is one of too many values that a call may give, or computed from such. */
  isLost = false;
  /** Whether something is computed from it. */
  isUsed = false;
  /** Whether samples are drawn by it, or the largest taken of it. */
  isSampled = false;
  /** Whether it was computed where nothing is differentiated, or of such values alone. */
  isWithoutGradient = false;
  /** Whether a number of the language is made of it. */
  isDetached = false;
}

/** The facts of all expressions that an interpretation has come across. */
export class FactBook {
  readonly #facts = new Map<Expression, Facts>();

  [Symbol.iterator](): IterableIterator<[Expression, Facts]> {
    return this.#facts.entries();
  }

  /** What is known of an expression so far. */
  get(expression: Expression): Facts | undefined {
    return this.#facts.get(expression);
  }

  /** What is known of an expression, to be added to. */
  of(expression: Expression): Facts {
    let facts = this.#facts.get(expression);
    if (!facts) this.#facts.set(expression, (facts = new Facts()));
    return facts;
  }

  originOf(expression: Expression): Origin | undefined {
    return this.#facts.get(expression)?.origin;
  }

  frameworkOf(expression: Expression): Framework | undefined {
    return this.#facts.get(expression)?.framework;
  }

  formatOf(expression: Expression): FormatName | undefined {
    return this.#facts.get(expression)?.format;
  }

  /** Nodes of an expression that is written out as a tree, what stands at several places counted several times. */
  sizeOf(expression: Expression): number {
    if (expression.kind !== 'operation') return 1;
    const facts = this.of(expression);
    if (facts.size === undefined) {
      let size = 1;
      for (const operand of expression.operands) size += this.sizeOf(operand);
      facts.size = size;
    }
    return facts.size;
  }

  /** What is known of an expression is so of its copy, but what each is used for. */
  describe(copy: Expression, expression: Expression): void {
    const known = this.#facts.get(expression);
    if (!known) return;
    const facts = this.of(copy);
    facts.origin = known.origin ?? facts.origin;
    facts.framework = known.framework ?? facts.framework;
    facts.format = known.format ?? facts.format;
    facts.depth = known.depth ?? facts.depth;
    facts.root = known.root ?? facts.root;
    facts.isGuessed ||= known.isGuessed;
    facts.isLost ||= known.isLost;
  }
}

/** Formats that values are computed in, the one last that the others are promoted to. */
const widths: readonly FormatName[] = ['float16', 'bfloat16', 'float32', 'float64'];

/** The format that operands are promoted to, of those that are known. */
export function widest(operands: readonly (Facts | undefined)[]): FormatName | undefined {
  let found: FormatName | undefined;
  for (const operand of operands) {
    const format = operand?.format;
    if (format !== undefined && (found === undefined || widths.indexOf(format) > widths.indexOf(found))) found = format;
  }
  return found !== undefined && widths.includes(found) ? found : undefined;
}
