import { children, type Expression } from '../../expression';
import { mostAlternatives } from '../values';

export type Choices = readonly (Expression | undefined)[];

/** @returns undefined if there are too many */
export function combinationsOf(ofOperands: readonly Choices[]): (Expression | undefined)[][] | undefined {
  let combinations: (Expression | undefined)[][] = [[]];
  const expressions: Choices[] = [];
  for (const choices of ofOperands) {
    // As a rule there is one.
    if (choices.length === 1) for (const combination of combinations) combination.push(choices[0]);
    else {
      combinations = combinations.flatMap((start) => choices.map((choice) => [...start, choice]));
      const before = expressions.filter((each) => each.length > 1);
      for (const each of before) combinations = consistent(combinations, [each, expressions.indexOf(each)], choices);
    }
    expressions.push(choices);
    if (combinations.length > 2 * mostAlternatives) return undefined;
  }
  return combinations;
}

export function withOneUnknown(choices: Choices): Choices {
  const first = choices.find((choice) => choice?.kind === 'variable');
  return choices.filter((choice) => choice?.kind !== 'variable' || choice === first);
}

/**
 * Leaves out of the combinations those that no run can bring about: where branches have left one of several values, what
 * was computed from it on the same branch goes with it. `x = a * x` on a branch, then `x - max(x)`.
 * @param first the alternatives of an operand, and its place among the operands
 * @param last the alternatives of the last operand
 */
function consistent(
  combinations: (Expression | undefined)[][],
  [first, place]: readonly [readonly (Expression | undefined)[], number],
  last: readonly (Expression | undefined)[],
): (Expression | undefined)[][] {
  const isDerived = derivation(first, last) ?? derivation(last, first, true);
  if (!isDerived) return combinations;
  const possible = combinations.filter((combination) => isDerived(combination[place], combination.at(-1)));
  return possible.length > 0 ? possible : combinations;
}

/** Which of the results goes with which of the values, if each of the values has results that were computed from it. */
function derivation(
  values: Choices,
  results: Choices,
  swapped = false,
): ((a: Expression | undefined, b: Expression | undefined) => boolean) | undefined {
  // Of what is left out nothing is computed.
  if (values.includes(undefined)) return undefined;
  const known = [...new Set(values as readonly Expression[])];
  if (known.length > mostBits) return undefined;
  const whole = 2 ** known.length - 1;
  const inside = results.map((result) => (result ? partsOf(result, known) : 0));
  if (inside.reduce((all, parts) => all | parts, 0) !== whole) return undefined;
  const origins = inside.map((parts) => nearestOf(parts, known));
  if (origins.reduce((all, parts) => all | parts, 0) !== whole) return undefined;
  const goesWith = (value: Expression | undefined, result: Expression | undefined): boolean => {
    const from = origins[results.indexOf(result)] ?? 0;
    return from === 0 || (value !== undefined && (from & (1 << known.indexOf(value))) !== 0);
  };
  return swapped ? (a, b) => goesWith(b, a) : goesWith;
}

/** Sets of values are integers, in which the bits of those that are in the set are 1, by their places. */
const mostBits = 30;

/** Without those that others were computed from: x * a is computed from x, too. */
function nearestOf(parts: number, values: readonly Expression[]): number {
  if ((parts & (parts - 1)) === 0) return parts;
  let nearest = parts;
  for (let i = 0; i < values.length; i++) {
    if ((parts & (1 << i)) === 0) continue;
    const below = partsOf(values[i] as Expression, values) & ~(1 << i);
    nearest &= ~below;
  }
  return nearest;
}

/** How many nodes are looked at for what a value was computed from. */
const mostNodes = 400;

/** Those of the values that another one is computed from, or is itself. */
function partsOf(whole: Expression, values: readonly Expression[]): number {
  const own = values.indexOf(whole);
  let found = own < 0 ? 0 : 1 << own;
  if (whole.kind === 'constant' || whole.kind === 'variable') return found;
  const seen = new Set<Expression>([whole]);
  const open = [whole];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const child of children(node)) {
      if (seen.has(child)) continue;
      if (seen.size === mostNodes) return found;
      seen.add(child);
      const at = values.indexOf(child);
      if (at >= 0) found |= 1 << at;
      if (child.kind === 'operation' || child.kind === 'withGradient') open.push(child);
    }
  }
  return found;
}
