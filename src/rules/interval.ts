import { sameComputation, termsOf, type Expression, type Operation } from '../expression';
import type { Condition } from '../python';

/** Between which numbers a value lies, ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const everything: Interval = { low: -Infinity, high: Infinity };
const known = new WeakMap<Expression, Interval>();

/** What is known of an expression beside what it is computed from. */
interface Fact {
  readonly of: Expression;
  readonly within: Interval;
}

/** The facts that hold while an interval is computed, and what has been computed under them. */
let assumed: { readonly facts: readonly Fact[]; readonly known: Map<Expression, Interval> } | undefined;

/**
 * Between which numbers an expression is known to lie by what it is computed from, in exact arithmetic: interval
 * arithmetic, and what is known of maxima subtracted and of unit vectors. Variables may be any number.
 * @param conditions what has been compared on the way to the place where the value is computed
 */
export function intervalOf(expression: Expression, conditions: readonly Condition[] = []): Interval {
  if (conditions.length > 0) {
    const facts = conditions.flatMap(({ comparison, holds }) => factsOf(comparison, holds));
    if (facts.length > 0) {
      const outer = assumed;
      assumed = { facts: [...(outer?.facts ?? []), ...facts], known: new Map() };
      try {
        return intervalOf(expression);
      } finally {
        assumed = outer;
      }
    }
  }
  const memory = assumed?.known ?? known;
  const before = memory.get(expression);
  if (before) return before;
  // Against circles there are none; deep graphs are cut off by the interpreter.
  let range = compute(expression);
  for (const { of, within } of assumed?.facts ?? []) {
    if (sameComputation(of, expression)) range = meet(range, within);
  }
  const valid = range.low <= range.high ? range : everything;
  memory.set(expression, valid);
  return valid;
}

/** What a comparison says of its sides, where it holds or where it doesn't. */
function factsOf(comparison: Expression, holds: boolean): Fact[] {
  if (comparison.kind !== 'operation') return [];
  const [a, b] = comparison.operands as [Expression, Expression];
  switch (comparison.operator) {
    case 'less':
    case 'lessEqual': {
      const [lesser, greater] = holds ? [a, b] : [b, a];
      return [
        { of: lesser, within: between(-Infinity, intervalOf(greater).high) },
        { of: greater, within: between(intervalOf(lesser).low, Infinity) },
      ];
    }
    case 'and':
      return holds ? [...factsOf(a, true), ...factsOf(b, true)] : [];
    case 'or':
      return holds ? [] : [...factsOf(a, false), ...factsOf(b, false)];
    case 'not':
      return factsOf(a, !holds);
    default:
      return [];
  }
}

function meet(a: Interval, b: Interval): Interval {
  return between(Math.max(a.low, b.low), Math.min(a.high, b.high));
}

const between = (low: number, high: number): Interval => ({ low, high });
const nonNegative = between(0, Infinity);
const nonPositive = between(-Infinity, 0);
const unitInterval = between(0, 1);
const signedUnit = between(-1, 1);

/** A product or quotient of ends, where 0 * infinity counts as 0: an interval's end isn't reached. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

function hull(values: readonly number[]): Interval {
  return between(Math.min(...values), Math.max(...values));
}

function product(a: Interval, b: Interval): Interval {
  return hull([times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)]);
}

/** An increasing function of the range's ends. */
function increasing(range: Interval, f: (x: number) => number): Interval {
  return between(f(range.low), f(range.high));
}

function compute(expression: Expression): Interval {
  switch (expression.kind) {
    case 'constant':
      return between(expression.value, expression.value);
    case 'variable':
      return everything;
    case 'withGradient':
      return intervalOf(expression.value);
    case 'operation':
      return ofOperation(expression);
  }
}

function ofOperation(node: Operation): Interval {
  const [a, b, c] = node.operands as [Expression, Expression, Expression];
  switch (node.operator) {
    case 'add': {
      const [x, y] = [intervalOf(a), intervalOf(b)];
      return subtractsGreatest(node) ?? squaredDistance(node) ?? between(x.low + y.low, x.high + y.high);
    }
    case 'subtract': {
      // x - stop_gradient(x)
      if (unstopped(b) !== b && sameComputation(a, unstopped(b))) return between(0, 0);
      const [x, y] = [intervalOf(a), intervalOf(b)];
      return subtractsGreatest(node) ?? squaredDistance(node) ?? between(x.low - y.high, x.high - y.low);
    }
    case 'negate': {
      const { low, high } = intervalOf(a);
      return between(-high, -low);
    }
    case 'multiply':
      if (sameComputation(a, b)) return squareOf(intervalOf(a));
      // -x * x
      if (a.kind === 'operation' && a.operator === 'negate' && sameComputation(a.operands[0] as Expression, b)) {
        const { low, high } = squareOf(intervalOf(b));
        return between(-high, -low);
      }
      return product(intervalOf(a), intervalOf(b));
    case 'divide': {
      const divisor = intervalOf(b);
      if (divisor.low < 0 && divisor.high > 0) return everything;
      // A divisor that comes close to 0 gives any number of its sign.
      const inverse =
        divisor.low >= 0 ? between(1 / divisor.high, 1 / divisor.low) : between(1 / divisor.high, 1 / divisor.low);
      const sign = divisor.low >= 0 ? 1 : -1;
      const bounds =
        sign > 0
          ? between(inverse.low, divisor.low === 0 ? Infinity : inverse.high)
          : between(divisor.high === 0 ? -Infinity : inverse.low, inverse.high);
      if (isUnit(node)) return intervalOf(a).low >= 0 ? unitInterval : signedUnit;
      if (a.kind === 'operation' && isShareOf(a, b)) return unitInterval;
      return product(intervalOf(a), bounds);
    }
    case 'power': {
      const base = intervalOf(a);
      if (b.kind !== 'constant') return base.low >= 0 ? nonNegative : everything;
      if (b.value === 2) return squareOf(base);
      if (b.value > 0 && b.value % 2 === 0) return nonNegative;
      if (base.low >= 0)
        return b.value > 0
          ? increasing(base, (x) => x ** b.value)
          : between(base.high ** b.value, base.low === 0 ? Infinity : base.low ** b.value);
      return everything;
    }
    case 'exp':
      return increasing(intervalOf(a), Math.exp);
    case 'expm1':
      return increasing(intervalOf(a), Math.expm1);
    case 'log':
      return intervalOf(a).high <= 0
        ? everything
        : increasing(between(Math.max(0, intervalOf(a).low), intervalOf(a).high), Math.log);
    case 'log1p':
      return intervalOf(a).high <= -1
        ? everything
        : increasing(between(Math.max(-1, intervalOf(a).low), intervalOf(a).high), Math.log1p);
    case 'sqrt':
      return intervalOf(a).high < 0
        ? everything
        : increasing(between(Math.max(0, intervalOf(a).low), Math.max(0, intervalOf(a).high)), Math.sqrt);
    case 'absolute': {
      const { low, high } = intervalOf(a);
      return low >= 0 ? between(low, high) : high <= 0 ? between(-high, -low) : between(0, Math.max(-low, high));
    }
    case 'clip':
      return increasing(intervalOf(a), (x) => Math.min(Math.max(x, intervalOf(b).low), intervalOf(c).high));
    case 'maximum':
      return between(Math.max(intervalOf(a).low, intervalOf(b).low), Math.max(intervalOf(a).high, intervalOf(b).high));
    case 'minimum':
      return between(Math.min(intervalOf(a).low, intervalOf(b).low), Math.min(intervalOf(a).high, intervalOf(b).high));
    case 'select': {
      const [whenTrue, whenFalse] = [
        intervalOf(b, [{ comparison: a, holds: true }]),
        intervalOf(c, [{ comparison: a, holds: false }]),
      ];
      return between(Math.min(whenTrue.low, whenFalse.low), Math.max(whenTrue.high, whenFalse.high));
    }
    case 'tanh':
      return increasing(intervalOf(a), Math.tanh);
    case 'sign':
    case 'unit':
    case 'cosine':
    case 'wave':
    case 'erf':
      return signedUnit;
    case 'sigmoid':
      return increasing(intervalOf(a), (x) => 1 / (1 + Math.exp(-x)));
    case 'softmax':
    case 'less':
    case 'lessEqual':
    case 'equal':
    case 'and':
    case 'or':
    case 'not':
    case 'oneHot':
    case 'normalCdf':
      return unitInterval;
    case 'erfc':
      return between(0, 2);
    case 'logSigmoid':
    case 'logSoftmax':
    case 'logNormalCdf':
      return nonPositive;
    case 'softplus':
    case 'norm':
    case 'variance':
    case 'deviation':
    case 'nonNegative':
    case 'index':
    case 'erfcx':
      return nonNegative;
    case 'cosh':
      return between(1, Infinity);
    case 'acos':
      return between(0, Math.PI);
    case 'asin':
      return between(-Math.PI / 2, Math.PI / 2);
    case 'acosh':
      return nonNegative;
    case 'uniform':
      return between(intervalOf(a).low, intervalOf(b).high);
    case 'stopGradient':
    case 'nanToNum':
    case 'mean':
    case 'greatest':
    case 'least':
      return intervalOf(a);
    case 'pick':
      return intervalOf(a, [{ comparison: b, holds: true }]);
    case 'round':
      return between(Math.floor(intervalOf(a).low), Math.ceil(intervalOf(a).high));
    case 'floor':
      return increasing(intervalOf(a), Math.floor);
    case 'logSumExp':
      return between(intervalOf(a).low, Infinity);
    case 'logAddExp':
      return between(Math.max(intervalOf(a).low, intervalOf(b).low), Infinity);
    case 'product': {
      const { low, high } = intervalOf(a);
      return low >= 0 ? between(0, high <= 1 ? high : Infinity) : everything;
    }
    case 'sum': {
      const { low, high } = intervalOf(a);
      if (a.kind === 'operation' && a.operator === 'softmax') return unitInterval;
      if (isScalarProductOfUnits(a)) return signedUnit;
      if (attainsOne(a)) return between(1, Infinity);
      return between(low >= 0 ? low : -Infinity, high <= 0 ? high : Infinity);
    }
    case 'matmul': {
      if (isUnit(a) && isUnit(b)) return signedUnit;
      const [x, y] = [intervalOf(a), intervalOf(b)];
      return (x.low >= 0 && y.low >= 0) || (x.high <= 0 && y.high <= 0) ? nonNegative : everything;
    }
    default:
      return everything;
  }
}

function squareOf({ low, high }: Interval): Interval {
  const ends = [times(low, low), times(high, high)];
  return between(low <= 0 && high >= 0 ? 0 : Math.min(...ends), Math.max(...ends));
}

/** `x - max(x)`: at most 0, whatever else is subtracted that can't be negative. */
function subtractsGreatest(node: Operation): Interval | undefined {
  if (greatestSubtracted(node)) return nonPositive;
  return subtractedBy(node, noneBelow) ? nonNegative : undefined;
}

/** |a|^2 + |b|^2 - 2 ab: squares that are added up, less twice a product. */
function squaredDistance(node: Operation): Interval | undefined {
  const terms = termsOf(node);
  const products = terms.filter(({ sign }) => sign === -1);
  const [product] = products;
  if (products.length !== 1 || !product || !isTwiceProduct(product.term)) return undefined;
  return terms.every((each) => each === product || isSquareSum(each.term)) ? nonNegative : undefined;
}

function isTwiceProduct(node: Expression): boolean {
  if (node.kind !== 'operation') return false;
  const [a, b] = node.operands as [Expression, Expression];
  const isProduct = (each: Expression): boolean => each.kind === 'operation' && each.operator === 'matmul';
  return (
    node.operator === 'multiply' &&
    ((a.kind === 'constant' && a.value === 2 && isProduct(b)) ||
      (b.kind === 'constant' && b.value === 2 && isProduct(a)))
  );
}

/** A sum of squares, or a multiple of one. */
function isSquareSum(node: Expression): boolean {
  if (node.kind !== 'operation') return false;
  const [a, b] = node.operands as [Expression, Expression];
  if (node.operator === 'sum') return a.kind === 'operation' && intervalOf(a).low >= 0;
  return node.operator === 'multiply' && (isSquareSum(a) || isSquareSum(b)) && intervalOf(node).low >= 0;
}

/**
 * What is subtracted of a value that is at least as large.
 * @returns the subtrahend, or undefined if there is none
 */
const greatestSubtracted = (node: Operation): Expression | undefined => subtractedBy(node, noneAbove);

/**
 * @param bounded the values that a subtrahend bounds
 * @returns the subtrahend that bounds what it is subtracted from
 */
function subtractedBy(
  node: Operation,
  bounded: (subtrahend: Expression) => readonly Expression[],
): Expression | undefined {
  const terms = termsOf(node);
  for (const { term: subtrahend, sign } of terms) {
    if (sign === 1 || unstopped(subtrahend).kind !== 'operation') continue;
    const rest = terms.filter(({ term }) => term !== subtrahend);
    // max(s) is subtracted from s, which may itself be a sum.
    const isBounded = bounded(subtrahend).some((whole) => {
      const own = termsOf(whole);
      return (
        rest.length === own.length &&
        own.every((each) =>
          rest.some(
            (other) => other.sign === each.sign && sameComputation(unstopped(other.term), unstopped(each.term)),
          ),
        )
      );
    });
    if (isBounded) return unstopped(subtrahend);
  }
  return undefined;
}

/** Values that a value is at least as large as: of a maximum those that it is taken of. */
function noneAbove(node: Expression): readonly Expression[] {
  const bare = unstopped(node);
  if (bare.kind !== 'operation') return [];
  switch (bare.operator) {
    case 'greatest':
    case 'logSumExp':
    case 'logAddExp':
    case 'maximum':
    case 'absolute':
      return bare.operands.flatMap((operand) => [operand, ...noneAbove(operand)]);
    default:
      return [];
  }
}

/** Values that a value is at most as large as: of a minimum those that it is taken of. */
function noneBelow(node: Expression): readonly Expression[] {
  const bare = unstopped(node);
  if (bare.kind !== 'operation' || (bare.operator !== 'least' && bare.operator !== 'minimum')) return [];
  return bare.operands.flatMap((operand) => [operand, ...noneBelow(operand)]);
}

/** `exp(x - max(x))`: one of them is exp(0). */
function attainsOne(node: Expression): boolean {
  if (node.kind !== 'operation' || node.operator !== 'exp') return false;
  const exponent = node.operands[0] as Expression;
  if (exponent.kind !== 'operation') return false;
  const greatest = greatestSubtracted(exponent);
  return greatest?.kind === 'operation' && greatest.operator === 'greatest';
}

function unstopped(node: Expression): Expression {
  return node.kind === 'operation' && node.operator === 'stopGradient'
    ? unstopped(node.operands[0] as Expression)
    : node;
}

/** Whether the value is one of those that the divisor is the sum of, none of them negative. */
function isShareOf(value: Operation, divisor: Expression): boolean {
  if (intervalOf(value).low < 0) return false;
  return termsOf(divisor).every(({ term, sign }) => sign === 1 && intervalOf(term).low >= 0)
    ? termsOf(divisor).some(
        ({ term }) =>
          sameComputation(term, value) ||
          (term.kind === 'operation' &&
            term.operator === 'sum' &&
            sameComputation(term.operands[0] as Expression, value)),
      )
    : false;
}

/** A vector whose norm is at most 1: normalised by a function of that name, or divided by its own norm. */
function isUnit(node: Expression): boolean {
  const bare = unstopped(node);
  if (bare.kind !== 'operation') return false;
  const [vector, divisor] = bare.operands as [Expression, Expression];
  return bare.operator === 'unit' || (bare.operator === 'divide' && isNormOf(divisor, vector));
}

/** Whether it is the norm of the vector, or more: something may have been added to guard it against 0. */
function isNormOf(node: Expression, vector: Expression): boolean {
  const bare = unstopped(node);
  if (bare.kind !== 'operation') return false;
  const [a, b] = bare.operands as [Expression, Expression];
  switch (bare.operator) {
    case 'norm':
      return sameComputation(unstopped(a), unstopped(vector));
    case 'sqrt':
      return isSquareSumOf(a, vector);
    case 'power':
      return b.kind === 'constant' && b.value === 0.5 && isSquareSumOf(a, vector);
    case 'add':
      return (isNormOf(a, vector) && intervalOf(b).low >= 0) || (isNormOf(b, vector) && intervalOf(a).low >= 0);
    case 'maximum':
      return isNormOf(a, vector) || isNormOf(b, vector);
    case 'clip':
      return isNormOf(a, vector) && intervalOf(bare.operands[2] as Expression).high === Infinity;
    default:
      return false;
  }
}

function isSquareSumOf(node: Expression, vector: Expression): boolean {
  const bare = unstopped(node);
  if (bare.kind !== 'operation') return false;
  const [a, b] = bare.operands as [Expression, Expression];
  if (bare.operator === 'add' || bare.operator === 'maximum') {
    return (isSquareSumOf(a, vector) && intervalOf(b).low >= 0) || (isSquareSumOf(b, vector) && intervalOf(a).low >= 0);
  }
  if (bare.operator !== 'sum' || a.kind !== 'operation') return false;
  const [base, other] = a.operands as [Expression, Expression];
  const isSquare =
    (a.operator === 'multiply' && sameComputation(base, other)) ||
    (a.operator === 'power' && other.kind === 'constant' && other.value === 2);
  return isSquare && sameComputation(unstopped(base), unstopped(vector));
}

function isScalarProductOfUnits(node: Expression): boolean {
  if (node.kind !== 'operation' || node.operator !== 'multiply') return false;
  return node.operands.every((operand) => isUnit(operand));
}
