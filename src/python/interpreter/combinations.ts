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
  values: readonly (Expression | undefined)[],
  results: readonly (Expression | undefined)[],
  swapped = false,
): ((a: Expression | undefined, b: Expression | undefined) => boolean) | undefined {
  const known = new Set<Expression>();
  for (const value of values) {
    // Of what is left out nothing is computed.
    if (!value) return undefined;
    known.add(value);
  }
  const inside = results.map((result) => (result ? partsOf(result, known) : nothing));
  const met = new Set<Expression>();
  for (const parts of inside) for (const part of parts) met.add(part);
  if (met.size < known.size) return undefined;
  const origins = new Map<Expression | undefined, ReadonlySet<Expression>>();
  results.forEach((result, i) => origins.set(result, nearestOf(inside[i] ?? nothing)));
  if (![...known].every((value) => [...origins.values()].some((from) => from.has(value)))) return undefined;
  const goesWith = (value: Expression | undefined, result: Expression | undefined): boolean => {
    const from = origins.get(result);
    return from === undefined || from.size === 0 || (value !== undefined && from.has(value));
  };
  return swapped ? (a, b) => goesWith(b, a) : goesWith;
}

const nothing: ReadonlySet<Expression> = new Set();

/** Without those that others were computed from: x * a is computed from x, too. */
function nearestOf(parts: ReadonlySet<Expression>): ReadonlySet<Expression> {
  if (parts.size < 2) return parts;
  return new Set(
    [...parts].filter(
      (part) => ![...parts].some((other) => other !== part && partsOf(other, new Set([part])).size > 0),
    ),
  );
}

/** How many nodes are looked at for what a value was computed from. */
const mostNodes = 400;

/** Those of the values that another one is computed from, or is itself. */
function partsOf(whole: Expression, values: ReadonlySet<Expression>): ReadonlySet<Expression> {
  if (whole.kind === 'constant' || whole.kind === 'variable') return values.has(whole) ? new Set([whole]) : nothing;
  const found = new Set<Expression>();
  const seen = new Set<Expression>();
  const open = [whole as Expression];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    if (values.has(node)) {
      found.add(node);
      if (found.size === values.size) break;
    }
    if (seen.size === mostNodes) break;
    seen.add(node);
    for (const child of children(node)) open.push(child);
  }
  return found;
}
