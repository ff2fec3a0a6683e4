import { inOrder, isTensorOperator, type Expression, type Operation } from '../../src/expression';
import { formats, neighbour, type NumberFormat } from '../../src/numeric/format';
import { maximum, minimum, pow, roundToEven } from '../../src/numeric/kernels';

/*
 * What an expression gives where the transcendental functions are off by one ULP, as they are between SLEEF, libdevice,
 * Eigen and libm. A form that amplifies the last bit of an intermediate (1 - p near saturation, p / (1 - p)) can't be
 * held to a fixed number of ULPs, but to lie within that range it can.
 */

type Move = (index: number) => -1 | 0 | 1;

export interface Range {
  readonly low: number;
  readonly high: number;
  /** How many transcendental results are computed on the way. */
  readonly transcendentals: number;
}

/** The least and greatest value of `root` with its transcendental results moved: all, each alone, and at random. */
export function perturbedRange(root: Expression, values: ReadonlyMap<string, number>, format: NumberFormat): Range {
  const { value, transcendentals } = evaluate(root, values, format, () => 0);
  let [low, high] = [value, value];
  const include = (move: Move): void => {
    const moved = evaluate(root, values, format, move).value;
    low = Math.min(low, moved);
    high = Math.max(high, moved);
  };
  include(() => 1);
  include(() => -1);
  for (let i = 0; i < transcendentals; i++) {
    include((index) => (index === i ? 1 : 0));
    include((index) => (index === i ? -1 : 0));
  }
  const random = randomNumbers(transcendentals);
  for (let i = 0; i < 64; i++) {
    const moves = Array.from({ length: transcendentals }, () => (Math.floor(random() * 3) - 1) as -1 | 0 | 1);
    include((index) => moves[index] as -1 | 0 | 1);
  }
  return { low, high, transcendentals };
}

/** The value as the model evaluator gives it, but for the moved results. */
export function evaluate(
  root: Expression,
  values: ReadonlyMap<string, number>,
  format: NumberFormat,
  move: Move,
): { value: number; transcendentals: number } {
  const compute = formats[format.computeFormat];
  let transcendentals = 0;
  const near: Near = (result, isExact) => {
    const rounded = compute.round(result);
    if (isExact || rounded === 0 || !Number.isFinite(rounded)) return rounded;
    const steps = move(transcendentals++);
    return steps === 0 ? rounded : neighbour(compute, rounded, BigInt(steps));
  };
  const results = new Map<Expression, number>();
  for (const node of inOrder([root])) results.set(node, format.round(valueOf(node, results, values, compute, near)));
  return { value: results.get(root) as number, transcendentals };
}

/** Rounds a transcendental result and moves it, unless every library gives this one exactly. */
type Near = (result: number, isExact: boolean) => number;

function valueOf(
  node: Expression,
  results: ReadonlyMap<Expression, number>,
  values: ReadonlyMap<string, number>,
  compute: NumberFormat,
  near: Near,
): number {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'variable':
      return values.get(node.name) as number;
    case 'withGradient':
      return results.get(node.value) as number;
    case 'operation':
      return operationValue(
        node,
        node.operands.map((operand) => results.get(operand) as number),
        (x) => compute.round(x),
        near,
      );
  }
}

function operationValue(node: Operation, operands: readonly number[], r: (x: number) => number, near: Near): number {
  const [a, b, c] = operands as [number, number, number];
  const expOf = (x: number): number => near(Math.exp(x), x === 0);
  const logOf = (x: number): number => near(Math.log(x), x === 1);
  const log1pOf = (x: number): number => near(Math.log1p(x), false);
  const { operator } = node;
  if (isTensorOperator(operator)) throw new RangeError(`${operator} has no value`);
  switch (operator) {
    case 'add':
      return r(a + b);
    case 'subtract':
      return r(a - b);
    case 'multiply':
      return r(a * b);
    case 'divide':
      return r(a / b);
    case 'negate':
      return -a;
    case 'power':
      return near(pow(a, b), a === 1 || b === 0 || b === 1);
    case 'exp':
      return expOf(a);
    case 'log':
      return logOf(a);
    case 'log1p':
      return log1pOf(a);
    case 'expm1':
      return near(Math.expm1(a), false);
    case 'tanh':
      return near(Math.tanh(a), false);
    case 'sqrt':
      return r(Math.sqrt(a));
    case 'absolute':
      return Math.abs(a);
    case 'sign':
      return Math.sign(a);
    case 'round':
      return roundToEven(a);
    case 'floor':
      return Math.floor(a);
    case 'minimum':
      return minimum(a, b);
    case 'maximum':
      return maximum(a, b);
    case 'clip':
      return minimum(maximum(a, b), c);
    case 'select':
      return a !== 0 ? b : c;
    case 'less':
      return a < b ? 1 : 0;
    case 'lessEqual':
      return a <= b ? 1 : 0;
    case 'equal':
      return a === b ? 1 : 0;
    case 'and':
      return a !== 0 && b !== 0 ? 1 : 0;
    case 'or':
      return a !== 0 || b !== 0 ? 1 : 0;
    case 'not':
      return a !== 0 ? 0 : 1;
    case 'stopGradient':
      return a;
    case 'sigmoid':
      return r(1 / r(1 + expOf(-a)));
    case 'logSigmoid':
      return r(minimum(0, a) - log1pOf(expOf(-Math.abs(a))));
    case 'softplus':
      return a > 20 ? a : log1pOf(expOf(a));
    case 'logAddExp':
      if (a === b && !Number.isFinite(a)) return a;
      return r(maximum(a, b) + log1pOf(expOf(-Math.abs(r(a - b)))));
    case 'logSumExp': {
      const greatest = operands.reduce(maximum);
      const shift = Number.isFinite(greatest) ? greatest : 0;
      return r(logOf(sumOfExp(operands, shift, r, expOf)) + shift);
    }
    case 'softmax': {
      const greatest = operands.reduce(maximum);
      return r(expOf(r(a - greatest)) / sumOfExp(operands, greatest, r, expOf));
    }
    case 'logSoftmax': {
      const greatest = operands.reduce(maximum);
      return r(r(a - greatest) - logOf(sumOfExp(operands, greatest, r, expOf)));
    }
    // In no published loss so far.
    case 'sinh':
    case 'cosh':
    case 'asin':
    case 'acos':
    case 'atan2':
    case 'asinh':
    case 'acosh':
    case 'atanh':
    case 'erf':
    case 'erfc':
    case 'erfcx':
    case 'normalCdf':
    case 'logNormalCdf':
    case 'logGamma':
    case 'digamma':
      throw new RangeError(`${operator} is not perturbed`);
  }
}

function sumOfExp(
  logits: readonly number[],
  shift: number,
  r: (x: number) => number,
  expOf: (x: number) => number,
): number {
  return logits.reduce((sum, logit) => r(sum + expOf(r(logit - shift))), 0);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
