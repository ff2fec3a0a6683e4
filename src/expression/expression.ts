/**
 * The one language of the project: an expression over named scalars, an immutable graph with shared nodes.
 *
 * Nodes are plain frozen data without methods, so that a graph crosses a process boundary by structured clone with
 * its sharing intact. Two nodes are the same computation if they are the same object; build a value once and use it
 * twice, and every evaluator computes it once.
 *
 * Nothing here simplifies: `0 * x` stays a multiplication, because in a number format it is NaN for infinite x, and
 * showing that is what the project is for.
 */

/** Operations that a number format rounds once each. */
export type ArithmeticOperator =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'negate'
  | 'power'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'expm1'
  | 'sqrt'
  | 'absolute'
  | 'sign'
  | 'round'
  | 'floor'
  | 'minimum'
  | 'maximum'
  | 'clip'
  | 'tanh'
  | 'select'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'and'
  | 'or'
  | 'not'
  | 'stopGradient';

/**
 * Framework primitives: computed inside one kernel in its compute type (float32 for the half and 8-bit formats, else
 * the format itself) and rounded to the format once, on store. `numeric/kernels.ts` has each kernel's formula.
 */
export type PrimitiveOperator =
  'sigmoid' | 'logSigmoid' | 'softplus' | 'logAddExp' | 'logSumExp' | 'softmax' | 'logSoftmax';

/** Special functions, each computed by one kernel in the compute type and rounded once, like the primitives. */
export type SpecialOperator =
  | 'sinh'
  | 'cosh'
  | 'asin'
  | 'acos'
  | 'atan2'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'erfcx'
  | 'normalCdf'
  | 'logNormalCdf'
  | 'logGamma'
  | 'digamma';

/**
 * Operations on whole tensors, and others that have no value among scalars. Code is lifted into them and patterns are
 * made of them; no evaluator prints them, so what is measured of a pattern is written without.
 *
 * `sum`, `mean`, `product`, `greatest`, `least`, `norm` (Euclidean), `variance` and `deviation` reduce their operand
 * along some axis, or accumulate along it. `index` is what argmax, argsort and top-k give: positions. `pick(x, i)`
 * takes elements of x at such positions. `unit` is a vector divided by its guarded norm, `cosine` the guarded cosine
 * of two vectors. `wave` is a sine or cosine. `uniform(low, high)` draws at random. `given` stands for numbers that
 * are made of literals alone (a range, a schedule), and `nonNegative` for data that can't be negative (a count).
 */
export type TensorOperator =
  | 'sum'
  | 'mean'
  | 'product'
  | 'greatest'
  | 'least'
  | 'norm'
  | 'variance'
  | 'deviation'
  | 'matmul'
  | 'inverse'
  | 'determinant'
  | 'index'
  | 'pick'
  | 'oneHot'
  | 'unit'
  | 'cosine'
  | 'wave'
  | 'uniform'
  | 'given'
  | 'nonNegative'
  | 'nanToNum'
  | 'multiplyNoNan'
  | 'divideNoNan'
  | 'xlogy'
  | 'entropy';

export type Operator = ArithmeticOperator | PrimitiveOperator | SpecialOperator | TensorOperator;

/**
 * A number as written. A format stores it rounded; exact evaluation takes the shortest decimal that denotes the
 * float64 (`1e-7` means ten to the minus seven), which is what its author meant.
 */
export interface Constant {
  readonly kind: 'constant';
  readonly value: number;
}

export interface Variable {
  readonly kind: 'variable';
  readonly name: string;
}

/**
 * An operator applied to operands. `select(condition, whenTrue, whenFalse)`; `clip(x, low, high)`; `softmax` and
 * `logSoftmax` give the component of their first operand among all operands.
 */
export interface Operation {
  readonly kind: 'operation';
  readonly operator: Operator;
  readonly operands: readonly Expression[];
}

/**
 * A value whose derivative is not that of its formula: a framework's own backward kernel, or a straight-through
 * estimator. `partials[i]` is the derivative with respect to `inputs[i]`.
 */
export interface WithGradient {
  readonly kind: 'withGradient';
  readonly value: Expression;
  readonly inputs: readonly Expression[];
  readonly partials: readonly Expression[];
}

export type Expression = Constant | Variable | Operation | WithGradient;

/** What builders accept: a bare number stands for a constant. */
export type Operand = Expression | number;

/** Operand counts; `undefined` where any number from one upward is allowed. */
export const arity: Readonly<Record<Operator, number | undefined>> = {
  add: 2,
  subtract: 2,
  multiply: 2,
  divide: 2,
  negate: 1,
  power: 2,
  exp: 1,
  log: 1,
  log1p: 1,
  expm1: 1,
  sqrt: 1,
  absolute: 1,
  sign: 1,
  round: 1,
  floor: 1,
  minimum: 2,
  maximum: 2,
  clip: 3,
  tanh: 1,
  select: 3,
  less: 2,
  lessEqual: 2,
  equal: 2,
  and: 2,
  or: 2,
  not: 1,
  stopGradient: 1,
  sigmoid: 1,
  logSigmoid: 1,
  softplus: 1,
  logAddExp: 2,
  logSumExp: undefined,
  softmax: undefined,
  logSoftmax: undefined,
  sinh: 1,
  cosh: 1,
  asin: 1,
  acos: 1,
  atan2: 2,
  asinh: 1,
  acosh: 1,
  atanh: 1,
  erf: 1,
  erfc: 1,
  erfcx: 1,
  normalCdf: 1,
  logNormalCdf: 1,
  logGamma: 1,
  digamma: 1,
  sum: 1,
  mean: 1,
  product: 1,
  greatest: 1,
  least: 1,
  norm: 1,
  variance: 1,
  deviation: 1,
  matmul: 2,
  inverse: 1,
  determinant: 1,
  index: 1,
  pick: 2,
  oneHot: 1,
  unit: 1,
  cosine: 2,
  wave: 1,
  uniform: 2,
  given: undefined,
  nonNegative: 1,
  nanToNum: 1,
  multiplyNoNan: 2,
  divideNoNan: 2,
  xlogy: 2,
  entropy: 1,
};

const tensorOperators: ReadonlySet<string> = new Set<TensorOperator>([
  'sum',
  'mean',
  'product',
  'greatest',
  'least',
  'norm',
  'variance',
  'deviation',
  'matmul',
  'inverse',
  'determinant',
  'index',
  'pick',
  'oneHot',
  'unit',
  'cosine',
  'wave',
  'uniform',
  'given',
  'nonNegative',
  'nanToNum',
  'multiplyNoNan',
  'divideNoNan',
  'xlogy',
  'entropy',
]);

/** Whether an operator is one that no evaluator prints. */
export function isTensorOperator(operator: Operator): operator is TensorOperator {
  return tensorOperators.has(operator);
}

export function constant(value: number): Constant {
  return Object.freeze({ kind: 'constant', value });
}

export function variable(name: string): Variable {
  return Object.freeze({ kind: 'variable', name });
}

export function expressionOf(operand: Operand): Expression {
  return typeof operand === 'number' ? constant(operand) : operand;
}

/** @throws RangeError if the operator takes another number of operands. */
export function operation(operator: Operator, ...operands: readonly Operand[]): Operation {
  const wanted = arity[operator];
  if (operands.length === 0 || (wanted !== undefined && wanted !== operands.length)) {
    throw new RangeError(
      `${operator} takes ${String(wanted ?? 'at least 1')} operands, not ${String(operands.length)}`,
    );
  }
  return Object.freeze({ kind: 'operation', operator, operands: Object.freeze(operands.map(expressionOf)) });
}

/**
 * `value` for evaluation, `partials` (one for each input) for differentiation.
 * @throws RangeError if there isn't one partial for each input.
 */
export function withGradient(
  value: Expression,
  inputs: readonly Expression[],
  partials: readonly Operand[],
): WithGradient {
  if (inputs.length !== partials.length) {
    throw new RangeError(`${String(inputs.length)} inputs but ${String(partials.length)} partial derivatives`);
  }
  return Object.freeze({
    kind: 'withGradient',
    value,
    inputs: Object.freeze([...inputs]),
    partials: Object.freeze(partials.map(expressionOf)),
  });
}

type Unary = (x: Operand) => Operation;
type Binary = (a: Operand, b: Operand) => Operation;
const unary =
  (operator: Operator): Unary =>
  (x) =>
    operation(operator, x);
const binary =
  (operator: Operator): Binary =>
  (a, b) =>
    operation(operator, a, b);

export const add = binary('add');
export const subtract = binary('subtract');
export const multiply = binary('multiply');
export const divide = binary('divide');
export const negate = unary('negate');
export const power = binary('power');
export const exp = unary('exp');
export const log = unary('log');
export const log1p = unary('log1p');
export const expm1 = unary('expm1');
export const sqrt = unary('sqrt');
export const absolute = unary('absolute');
export const sign = unary('sign');
export const round = unary('round');
export const floor = unary('floor');
export const minimum = binary('minimum');
export const maximum = binary('maximum');
export const tanh = unary('tanh');
export const less = binary('less');
export const lessEqual = binary('lessEqual');
export const equal = binary('equal');
export const and = binary('and');
export const or = binary('or');
export const not = unary('not');
export const stopGradient = unary('stopGradient');
export const sigmoid = unary('sigmoid');
export const logSigmoid = unary('logSigmoid');
export const softplus = unary('softplus');
export const logAddExp = binary('logAddExp');
export const sinh = unary('sinh');
export const cosh = unary('cosh');
export const asin = unary('asin');
export const acos = unary('acos');
export const atan2 = binary('atan2');
export const asinh = unary('asinh');
export const acosh = unary('acosh');
export const atanh = unary('atanh');
export const erf = unary('erf');
export const erfc = unary('erfc');
export const erfcx = unary('erfcx');
export const normalCdf = unary('normalCdf');
export const logNormalCdf = unary('logNormalCdf');
export const logGamma = unary('logGamma');
export const greater: Binary = (a, b) => less(b, a);
export const greaterEqual: Binary = (a, b) => lessEqual(b, a);
export const clip = (x: Operand, low: Operand, high: Operand): Operation => operation('clip', x, low, high);
export const select = (condition: Operand, whenTrue: Operand, whenFalse: Operand): Operation =>
  operation('select', condition, whenTrue, whenFalse);
export const logSumExp = (...logits: Operand[]): Operation => operation('logSumExp', ...logits);
/** The softmax component of `logit` among `logit` and the `others`. */
export const softmax = (logit: Operand, ...others: Operand[]): Operation => operation('softmax', logit, ...others);
/** The logarithm of the softmax component of `logit` among `logit` and the `others`. */
export const logSoftmax = (logit: Operand, ...others: Operand[]): Operation =>
  operation('logSoftmax', logit, ...others);
/** The sum from left to right, in that order of rounding. */
export const sum = (first: Operand, ...rest: Operand[]): Expression =>
  rest.reduce<Expression>((total, term) => add(total, term), expressionOf(first));
