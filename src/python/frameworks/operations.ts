import {
  absolute,
  acos,
  acosh,
  add,
  anything,
  apply,
  asin,
  asinh,
  atan2,
  atanh,
  clip,
  complement,
  constant,
  cosh,
  divide,
  either,
  equal,
  erf,
  erfc,
  erfcx,
  exp,
  expm1,
  floor,
  isComparison,
  less,
  lessEqual,
  log,
  log1p,
  logAddExp,
  logGamma,
  logNormalCdf,
  logSigmoid,
  logSoftmax,
  logSumExp,
  matchPattern,
  maximum,
  minimum,
  multiply,
  negate,
  normalCdf,
  not,
  operation,
  power,
  round,
  select,
  sigmoid,
  sign,
  sinh,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  subtract,
  tanh,
  variable,
  type Expression,
  type TensorOperator,
} from '../../expression';
import { choose } from '../values';
import { opaque, all, argumentOf, binary, unary, type Applied, type Meaning, type Parameter } from './framework';

/** The operations that frameworks share, with the parameter names that one of them has. */
export interface Names {
  /** Of a function of one tensor. */
  readonly x: string;
  /** Of a function of two. */
  readonly pair: readonly [string, string];
}

/** A softmax is one component of it, among the logits that it was computed from. */
const ofLogits = (build: (logit: Expression, others: Expression) => Expression, parameter: string): Applied => ({
  does: 'compute',
  parameters: [parameter, 'axis'],
  build: ([x], others) => x && build(x, others()),
});

/** Calls one of the functions that it is given, with the arguments after them. */
export const callsOneOf = (...functions: readonly Parameter[]): Applied => ({
  does: 'choose',
  choose: (call) => {
    const given = functions.flatMap((parameter) => argumentOf(call, parameter) ?? []);
    const of = choose(given);
    const last = Math.max(...functions.map(([position]) => position ?? 0));
    return of && of.kind !== 'none' ? { does: 'skip', of, arguments: last + 1 } : undefined;
  },
});

/** A tensor's value along some axis, whatever that is. */
export function reduction(build: (x: Expression) => Expression, parameter: string): Applied {
  return { does: 'compute', parameters: [parameter], loose: true, build: ([x]) => x && build(x) };
}

const tensor =
  (operator: TensorOperator) =>
  (x: Expression): Expression =>
    operation(operator, x);

function logitOf(p: Expression, eps: Expression | undefined): Expression {
  const limited = eps ? clip(p, eps, subtract(1, eps)) : p;
  return log(divide(limited, subtract(1, limited)));
}

/** log of the sum of exponentials over an axis: of this value and of others, nothing of which is known. */
const reducedLogSumExp = (x: Expression): Expression => logSumExp(x);

const filled = new WeakSet<Expression>();

function filledWith(value: number): Expression {
  const tensor = constant(value);
  filled.add(tensor);
  return tensor;
}

/** Whether it is a number that fills a tensor, as `ones_like` makes it, and not one that is written in the call. */
export function isFilled(expression: Expression): boolean {
  return filled.has(expression);
}

// The compiler infers the keys, one for each operation.

export function operations({ x, pair }: Names) {
  const of = (build: (x: Expression) => Expression): Applied => unary(build, x);
  const over = (operator: TensorOperator): Applied => reduction(tensor(operator), x);
  const both = (build: (a: Expression, b: Expression) => Expression): Applied => binary(build, pair);
  return {
    absolute: of(absolute),
    acos: of(acos),
    acosh: of(acosh),
    add: both(add),
    and: both((a, b) => operation('and', a, b)),
    asin: of(asin),
    asinh: of(asinh),
    atan2: both(atan2),
    atanh: of(atanh),
    ceil: of((a) => negate(floor(negate(a)))),
    cosh: of(cosh),
    cosine: both((a, b) => operation('cosine', a, b)),
    determinant: of(tensor('determinant')),
    deviation: over('deviation'),
    divide: both(divide),
    divideNoNan: both((a, b) => operation('divideNoNan', a, b)),
    entropy: of(tensor('entropy')),
    equal: both(equal),
    erf: of(erf),
    erfc: of(erfc),
    erfcx: of(erfcx),
    exp: of(exp),
    expm1: of(expm1),
    floor: of(floor),
    greater: both((a, b) => less(b, a)),
    greaterEqual: both((a, b) => lessEqual(b, a)),
    greatest: over('greatest'),
    /** How far apart points are, of two sets or of one. */
    distance: {
      does: 'compute',
      parameters: pair,
      loose: true,
      build: ([a, b], others) => a && operation('norm', subtract(a, b ?? others())),
    } satisfies Applied,
    hypot: both((a, b) => operation('norm', add(multiply(a, a), multiply(b, b)))),
    index: { ...(over('index') as Extract<Applied, { does: 'compute' }>), samples: true } satisfies Applied,
    inverse: of(tensor('inverse')),
    least: over('least'),
    less: both(less),
    lessEqual: both(lessEqual),
    log: of(log),
    log1p: of(log1p),
    log2: of((a) => multiply(log(a), Math.LOG2E)),
    log10: of((a) => multiply(log(a), Math.LOG10E)),
    /** With limits to the probability, if they are given. */
    logit: { does: 'compute', parameters: [x, 'eps'], build: ([p, eps]) => p && logitOf(p, eps) } satisfies Applied,
    logAddExp: both(logAddExp),
    logGamma: of(logGamma),
    logNormalCdf: of(logNormalCdf),
    logSigmoid: of(logSigmoid),
    logSoftmax: ofLogits((logit, others) => logSoftmax(logit, others), x),
    logSumExp: reduction(reducedLogSumExp, x),
    matmul: both((a, b) => operation('matmul', a, b)),
    maximum: both(maximum),
    mean: over('mean'),
    minimum: both(minimum),
    multiply: both(multiply),
    multiplyNoNan: both((a, b) => operation('multiplyNoNan', a, b)),
    nanToNum: over('nanToNum'),
    negate: of(negate),
    norm: over('norm'),
    not: of(not),
    notEqual: both((a, b) => not(equal(a, b))),
    normalCdf: of(normalCdf),
    one: of(() => filledWith(1)),
    or: both((a, b) => operation('or', a, b)),
    oneHot: of(tensor('oneHot')),
    power: both(power),
    product: over('product'),
    reciprocal: of((a) => divide(1, a)),
    relu: of((a) => maximum(a, 0)),
    round: of(round),
    rsqrt: of((a) => divide(1, sqrt(a))),
    select: selection(['condition', ...pair]),
    sigmoid: of(sigmoid),
    sign: of(sign),
    sinh: of(sinh),
    softmax: ofLogits((logit, others) => softmax(logit, others), x),
    softplus: of(softplus),
    sqrt: of(sqrt),
    square: of((a) => multiply(a, a)),
    stopGradient: of(stopGradient),
    subtract: both(subtract),
    sum: over('sum'),
    tanh: of(tanh),
    unit: of(tensor('unit')),
    variance: over('variance'),
    wave: of(tensor('wave')),
    xlogy: both((a, b) => operation('xlogy', a, b)),
    zero: of(() => filledWith(0)),
  } as const;
}

/** `where(condition, a, b)`; with the condition alone it gives positions. */
export function selection(parameters: readonly [condition: string, whenTrue: string, whenFalse: string]): Applied {
  return {
    does: 'compute',
    parameters,
    build: ([condition, a, b]) => {
      if (!condition) return undefined;
      return a && b ? select(condition, a, b) : operation('index', condition);
    },
  };
}

/** A linear layer: products with weights of which nothing is known, so that what it gives may be any number. */
export const linear: Applied = {
  does: 'compute',
  parameters: ['input'],
  loose: true,
  build: ([x], others) => x && operation('matmul', x, others()),
};

/** Elements of a tensor; at positions that were computed, that is remembered. */
export function picking(position: Parameter): Applied {
  return {
    does: 'choose',
    choose: (call) => {
      const index = argumentOf(call, position);
      if (index?.kind !== 'quantity' || !isPosition(index.expression)) return { does: 'keep' };
      const at = index.expression;
      return { does: 'compute', parameters: ['input'], loose: true, build: ([x]) => x && operation('pick', x, at) };
    },
  };
}

/** The elements for which a comparison of them holds: `masked_select(x, x > 0)`. */
export function selecting(mask: Parameter): Applied {
  return {
    does: 'choose',
    choose: (call) => {
      const given = argumentOf(call, mask);
      const [of] = call.positional;
      const values = of?.kind === 'quantity' ? of.expression : undefined;
      if (given?.kind !== 'quantity' || !values || !isComparison(given.expression, values)) return { does: 'keep' };
      const at = given.expression;
      return { does: 'compute', parameters: ['input'], loose: true, build: ([x]) => x && operation('pick', x, at) };
    },
  };
}

/** `mask.bool()`: of zeros and ones the same again, in products. */
export const truths: Applied = {
  does: 'choose',
  choose: (call) => {
    const [of] = call.positional;
    const isMask =
      of?.kind === 'quantity' &&
      (isComparison(of.expression) || matchPattern(either(chosen, complement(chosen)), of.expression) !== undefined);
    return isMask ? { does: 'keep' } : opaque;
  },
};

const chosen = apply('oneHot', anything);

function isPosition(expression: Expression): boolean {
  return expression.kind === 'operation' && expression.operator === 'index';
}

/**
 * Limits on both sides or one: what is left out, or None, doesn't limit.
 * @param last which limit holds where they cross
 */
export function clamp(parameters: readonly [string, string, string], last: 'low' | 'high' = 'high'): Applied {
  return {
    does: 'compute',
    parameters,
    build: ([x, low, high]) => {
      if (!x) return undefined;
      // clip_by_value(p, 1e-10, p)
      if (low && high) return last === 'low' && high === x ? maximum(x, low) : clip(x, low, high);
      if (low) return maximum(x, low);
      return high && minimum(x, high);
    },
  };
}

/** The distribution function of a normal distribution, and the like, by its location and scale: of `(x - loc) / scale`. */
export function ofNormal(
  build: (standardised: Expression, others: () => Expression) => Expression,
  parameters: readonly [x: string, location: string, scale: string],
): Applied {
  return {
    does: 'compute',
    parameters,
    build: ([x, location, scale], others) => x && build(standardised(x, location, scale), others),
  };
}

function standardised(x: Expression, location?: Expression, scale?: Expression): Expression {
  const centred = location && !(location.kind === 'constant' && location.value === 0) ? subtract(x, location) : x;
  return scale && !(scale.kind === 'constant' && scale.value === 1) ? divide(centred, scale) : centred;
}

/**
 * The logarithm of a normal density. What is subtracted for the scale is the logarithm of something unknown here: it is
 * no code of the user's, of which rules would have something to say.
 */
export const logDensity = (standard: Expression, others: () => Expression): Expression =>
  subtract(divide(negate(multiply(standard, standard)), 2), log(others()));

export const density = (standard: Expression, others: () => Expression): Expression =>
  exp(logDensity(standard, others));

/** A normal distribution as an object, by its location and scale as far as these are numbers or tensors. */
export const normalDistribution: Meaning = {
  does: 'make',
  make: (constructor) => {
    const [location, scale] = [constructor.get(0, 'loc'), constructor.get(1, 'scale')].map((value) =>
      value?.kind === 'quantity' ? value.expression : undefined,
    );
    const isKnown = location !== undefined && scale !== undefined;
    const of = (build: (x: Expression, others: () => Expression) => Expression): Applied => ({
      does: 'compute',
      parameters: ['value'],
      build: ([x], others) => x && build(isKnown ? standardised(x, location, scale) : others(), others),
    });
    return {
      does: 'methods',
      methods: {
        cdf: of(normalCdf),
        log_cdf: of(logNormalCdf),
        survival_function: of((x) => subtract(1, normalCdf(x))),
        icdf: unary((x) => x, 'value'),
        log_prob: of(logDensity),
        prob: of(density),
      },
    };
  },
};

/** The same, whatever other arguments there are. */
export function looseOf(applied: Applied): Applied {
  return applied.does === 'compute' ? { ...applied, loose: true } : applied;
}

/** Sums over the elements that have the same index, as messages to a node of a graph are added up. */
export const segmentSum = (parameters: readonly [values: string, index: string]): Applied => ({
  does: 'compute',
  parameters,
  loose: true,
  build: ([x, index], others) => x && operation('sum', operation('pick', x, index ?? others())),
});

/** `zeros.scatter(1, index, 1.0)`: a one-hot of the index; `ones.scatter(1, index, 0)`: all others. */
export const scattering: Applied = {
  does: 'compute',
  parameters: ['input', 'dim', 'index', 'src'],
  loose: true,
  build: ([x, , index, value]) => {
    if (!index || x?.kind !== 'constant' || value?.kind !== 'constant' || x.value + value.value !== 1) return undefined;
    if (value.value === 1) return operation('oneHot', index);
    return x.value === 1 ? subtract(1, operation('oneHot', index)) : undefined;
  },
};

/** Products of two tensors over shared axes, as `einsum('nc,mc->nm', a, b)` writes them; of more it is unknown. */
export const einsum: Applied = {
  does: 'choose',
  choose: (call) => {
    const [, first, ...others] = call.positional;
    const operands = first?.kind === 'list' && others.length === 0 ? first.items : first ? [first, ...others] : [];
    const [a, b] = operands;
    if (operands.length !== 2 || a?.kind !== 'quantity' || b?.kind !== 'quantity') return undefined;
    const product = operation('matmul', a.expression, b.expression);
    return { does: 'compute', parameters: [], loose: true, build: () => product };
  },
};

/** Numbers made of literals: a range, a schedule. */
export const given: Applied = { does: 'give', value: { kind: 'quantity', expression: operation('given', 0) } };

/** Random numbers between two limits, 0 and 1 unless the call says otherwise. */
export function uniform(low: Parameter, high: Parameter): Applied {
  return {
    does: 'choose',
    choose: (call) => {
      // A limit that isn't a literal is some number that its author thought of.
      const limit = (parameter: Parameter, otherwise: number): Expression => {
        const value = argumentOf(call, parameter);
        if (!value || value.kind === 'none') return constant(otherwise);
        return value.kind === 'quantity' ? value.expression : variable('limit');
      };
      const drawn = operation('uniform', limit(low, 0), limit(high, 1));
      return { does: 'give', value: { kind: 'quantity', expression: drawn } };
    },
  };
}

/** Values and their positions. */
export function withPositions(values: Applied, positions: Applied): Applied {
  return {
    does: 'several',
    parts: [
      { name: 'values', applied: values },
      { name: 'indices', applied: positions },
    ],
  };
}

/** Names of operations by what most frameworks call them, under the names that they share. */

export function commonNames(shared: ReturnType<typeof operations>) {
  return {
    ...all(['abs', 'absolute'], shared.absolute),
    ...all(['acos', 'arccos'], shared.acos),
    ...all(['acosh', 'arccosh'], shared.acosh),
    add: shared.add,
    ...all(['asin', 'arcsin'], shared.asin),
    ...all(['asinh', 'arcsinh'], shared.asinh),
    ...all(['atan2', 'arctan2'], shared.atan2),
    ...all(['atanh', 'arctanh'], shared.atanh),
    ceil: shared.ceil,
    ...all(['cos', 'sin'], shared.wave),
    cosh: shared.cosh,
    ...all(['divide', 'true_divide', 'truediv'], shared.divide),
    equal: shared.equal,
    exp: shared.exp,
    expm1: shared.expm1,
    floor: shared.floor,
    greater: shared.greater,
    greater_equal: shared.greaterEqual,
    less: shared.less,
    less_equal: shared.lessEqual,
    log: shared.log,
    log1p: shared.log1p,
    log2: shared.log2,
    log10: shared.log10,
    logaddexp: shared.logAddExp,
    logical_and: shared.and,
    logical_not: shared.not,
    logical_or: shared.or,
    matmul: shared.matmul,
    maximum: shared.maximum,
    minimum: shared.minimum,
    multiply: shared.multiply,
    negative: shared.negate,
    not_equal: shared.notEqual,
    ...all(['power', 'pow'], shared.power),
    reciprocal: shared.reciprocal,
    ...all(['round', 'rint'], shared.round),
    sign: shared.sign,
    sinh: shared.sinh,
    sqrt: shared.sqrt,
    square: shared.square,
    subtract: shared.subtract,
    tanh: shared.tanh,
  } as const;
}
