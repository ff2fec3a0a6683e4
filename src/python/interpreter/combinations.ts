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
  const origins = new Map<Expression | undefined, ReadonlySet<Expression | undefined>>();
  for (const result of results) {
    const inside = values.filter((value) => value && result && isWithin(value, result));
    // x * a is computed from x, too.
    const nearest = inside.filter(
      (value) => !inside.some((other) => other !== value && value && other && isWithin(value, other)),
    );
    origins.set(result, new Set(nearest));
  }
  if (!values.every((value) => [...origins.values()].some((from) => from.has(value)))) return undefined;
  const goesWith = (value: Expression | undefined, result: Expression | undefined): boolean => {
    const from = origins.get(result);
    return from === undefined || from.size === 0 || from.has(value);
  };
  return swapped ? (a, b) => goesWith(b, a) : goesWith;
}

/** How many nodes are looked at for what a value was computed from. */
const mostNodes = 400;

function isWithin(part: Expression, whole: Expression): boolean {
  const seen = new Set<Expression>();
  const open = [whole];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node === part) return true;
    if (seen.has(node)) continue;
    if (seen.size === mostNodes) return false;
    seen.add(node);
    open.push(...children(node));
  }
  return false;
}
