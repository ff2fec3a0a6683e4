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
  /** Whether a number of the language is made of it. */
  isDetached = false;
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
