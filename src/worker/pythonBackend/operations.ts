/** What the frameworks call the operators of expressions. */
import {
  absolute,
  add,
  and,
  divide,
  equal,
  erf,
  exp,
  less,
  log,
  log1p,
  logAddExp,
  maximum,
  multiply,
  negate,
  select,
  subtract,
  type Expression,
  type Operator,
  type TensorOperator,
} from '../../expression';

export type FrameworkName = 'torch' | 'tensorflow' | 'keras' | 'jax' | 'numpy';

/** What people call them. */
export const frameworkTitles: Readonly<Record<FrameworkName, string>> = {
  torch: 'PyTorch',
  tensorflow: 'TensorFlow',
  keras: 'Keras',
  jax: 'JAX',
  numpy: 'NumPy',
};

type ScalarOperator = Exclude<Operator, TensorOperator>;

/** Operators whose results are truth values, in every framework a type of its own. */
export const conditions: ReadonlySet<Operator> = new Set(['less', 'lessEqual', 'equal', 'and', 'or', 'not']);

/**
 * How to print an operator: Python source with `$1`, `$2`, `$3` for the operands and `$*` for all of them; or, where the
 * framework has no function for it, the operations it is written out in; or, where it can't be had, undefined.
 */
export type Rule = string | ((...operands: Expression[]) => Expression) | undefined;
export type Rules = Readonly<Record<ScalarOperator, Rule>>;

/** Overloaded alike by the tensors of all frameworks. */
const overloaded = {
  add: '$1 + $2',
  subtract: '$1 - $2',
  multiply: '$1 * $2',
  divide: '$1 / $2',
  negate: '-$1',
  less: '$1 < $2',
  lessEqual: '$1 <= $2',
  equal: '$1 == $2',
  and: '$1 & $2',
  or: '$1 | $2',
  not: '~$1',
  // Nothing is differentiated where expressions are evaluated: gradients are expressions already.
  stopGradient: '$1',
} satisfies Partial<Rules>;

/*
 * Written out where there is no function, mostly by the formulas of `numeric/kernels.ts`, but with every operation rounded
 * to the format: there is no kernel that computes in a wider one.
 */

const writtenSigmoid = (x: Expression): Expression => divide(1, add(1, exp(negate(x))));

const log1pExpMinus = (x: Expression): Expression => log1p(exp(negate(absolute(x))));

/** By a function that there is, and that overflows nowhere. */
const softplusByLogAddExp = (x: Expression): Expression => logAddExp(x, 0);

const logSigmoidByLogAddExp = (x: Expression): Expression => negate(logAddExp(negate(x), 0));

function writtenLogAddExp(a: Expression, b: Expression): Expression {
  const sameInfinity = and(equal(a, b), equal(absolute(a), Infinity));
  return select(sameInfinity, a, add(maximum(a, b), log1pExpMinus(subtract(a, b))));
}

function greatestOf(logits: readonly Expression[]): Expression {
  return logits.reduce((greatest, logit) => maximum(greatest, logit));
}

function shiftedSum(logits: readonly Expression[], shift: Expression): Expression {
  return logits.map((logit): Expression => exp(subtract(logit, shift))).reduce((sum, term) => add(sum, term));
}

function writtenLogSumExp(...logits: Expression[]): Expression {
  const greatest = greatestOf(logits);
  const shift = select(less(absolute(greatest), Infinity), greatest, 0);
  return add(log(shiftedSum(logits, shift)), shift);
}

function writtenSoftmax(...logits: Expression[]): Expression {
  const greatest = greatestOf(logits);
  return divide(exp(subtract(logits[0] as Expression, greatest)), shiftedSum(logits, greatest));
}

function writtenLogSoftmax(...logits: Expression[]): Expression {
  const greatest = greatestOf(logits);
  return subtract(subtract(logits[0] as Expression, greatest), log(shiftedSum(logits, greatest)));
}

/** As torch.special.ndtr is made. */
const writtenNormalCdf = (x: Expression): Expression => multiply(0.5, add(1, erf(divide(x, Math.SQRT2))));

const torch: Rules = {
  ...overloaded,
  power: 'torch.pow($1, $2)',
  exp: 'torch.exp($1)',
  log: 'torch.log($1)',
  log1p: 'torch.log1p($1)',
  expm1: 'torch.expm1($1)',
  sqrt: 'torch.sqrt($1)',
  absolute: 'torch.abs($1)',
  sign: 'torch.sign($1)',
  round: 'torch.round($1)',
  floor: 'torch.floor($1)',
  minimum: 'torch.minimum($1, $2)',
  maximum: 'torch.maximum($1, $2)',
  clip: 'torch.clamp($1, $2, $3)',
  tanh: 'torch.tanh($1)',
  select: 'torch.where($1, $2, $3)',
  sigmoid: 'torch.sigmoid($1)',
  logSigmoid: 'F.logsigmoid($1)',
  softplus: 'F.softplus($1)',
  logAddExp: 'torch.logaddexp($1, $2)',
  logSumExp: 'torch.logsumexp(stack($*), dim=-1)',
  softmax: 'F.softmax(stack($*), dim=-1)[..., 0]',
  logSoftmax: 'F.log_softmax(stack($*), dim=-1)[..., 0]',
  sinh: 'torch.sinh($1)',
  cosh: 'torch.cosh($1)',
  asin: 'torch.asin($1)',
  acos: 'torch.acos($1)',
  atan2: 'torch.atan2($1, $2)',
  asinh: 'torch.asinh($1)',
  acosh: 'torch.acosh($1)',
  atanh: 'torch.atanh($1)',
  erf: 'torch.erf($1)',
  erfc: 'torch.erfc($1)',
  erfcx: 'torch.special.erfcx($1)',
  normalCdf: 'torch.special.ndtr($1)',
  logNormalCdf: 'torch.special.log_ndtr($1)',
  logGamma: 'torch.lgamma($1)',
  digamma: 'torch.digamma($1)',
};

const tensorflow: Rules = {
  ...overloaded,
  power: 'tf.pow($1, $2)',
  exp: 'tf.exp($1)',
  log: 'tf.math.log($1)',
  log1p: 'tf.math.log1p($1)',
  expm1: 'tf.math.expm1($1)',
  sqrt: 'tf.sqrt($1)',
  absolute: 'tf.abs($1)',
  sign: 'tf.sign($1)',
  round: 'tf.round($1)',
  floor: 'tf.floor($1)',
  minimum: 'tf.minimum($1, $2)',
  maximum: 'tf.maximum($1, $2)',
  clip: 'tf.clip_by_value($1, $2, $3)',
  tanh: 'tf.tanh($1)',
  select: 'tf.where($1, $2, $3)',
  sigmoid: 'tf.sigmoid($1)',
  logSigmoid: 'tf.math.log_sigmoid($1)',
  softplus: 'tf.nn.softplus($1)',
  logAddExp: writtenLogAddExp,
  logSumExp: 'tf.reduce_logsumexp(stack($*), axis=-1)',
  softmax: 'tf.nn.softmax(stack($*), axis=-1)[..., 0]',
  logSoftmax: 'tf.nn.log_softmax(stack($*), axis=-1)[..., 0]',
  sinh: 'tf.sinh($1)',
  cosh: 'tf.cosh($1)',
  asin: 'tf.asin($1)',
  acos: 'tf.acos($1)',
  atan2: 'tf.atan2($1, $2)',
  asinh: 'tf.asinh($1)',
  acosh: 'tf.acosh($1)',
  atanh: 'tf.atanh($1)',
  erf: 'tf.math.erf($1)',
  erfc: 'tf.math.erfc($1)',
  erfcx: undefined,
  normalCdf: writtenNormalCdf,
  logNormalCdf: undefined,
  logGamma: 'tf.math.lgamma($1)',
  digamma: 'tf.math.digamma($1)',
};

const jax: Rules = {
  ...overloaded,
  power: 'jnp.power($1, $2)',
  exp: 'jnp.exp($1)',
  log: 'jnp.log($1)',
  log1p: 'jnp.log1p($1)',
  expm1: 'jnp.expm1($1)',
  sqrt: 'jnp.sqrt($1)',
  absolute: 'jnp.abs($1)',
  sign: 'jnp.sign($1)',
  round: 'jnp.round($1)',
  floor: 'jnp.floor($1)',
  minimum: 'jnp.minimum($1, $2)',
  maximum: 'jnp.maximum($1, $2)',
  clip: 'jnp.clip($1, $2, $3)',
  tanh: 'jnp.tanh($1)',
  select: 'jnp.where($1, $2, $3)',
  sigmoid: 'jax.nn.sigmoid($1)',
  logSigmoid: 'jax.nn.log_sigmoid($1)',
  softplus: 'jax.nn.softplus($1)',
  logAddExp: 'jnp.logaddexp($1, $2)',
  logSumExp: 'jax.nn.logsumexp(stack($*), axis=-1)',
  softmax: 'jax.nn.softmax(stack($*), axis=-1)[..., 0]',
  logSoftmax: 'jax.nn.log_softmax(stack($*), axis=-1)[..., 0]',
  sinh: 'jnp.sinh($1)',
  cosh: 'jnp.cosh($1)',
  asin: 'jnp.arcsin($1)',
  acos: 'jnp.arccos($1)',
  atan2: 'jnp.arctan2($1, $2)',
  asinh: 'jnp.arcsinh($1)',
  acosh: 'jnp.arccosh($1)',
  atanh: 'jnp.arctanh($1)',
  erf: 'jax.scipy.special.erf($1)',
  erfc: 'jax.scipy.special.erfc($1)',
  erfcx: 'jax.scipy.special.erfcx($1)',
  normalCdf: 'jax.scipy.special.ndtr($1)',
  logNormalCdf: 'jax.scipy.special.log_ndtr($1)',
  logGamma: 'jax.scipy.special.gammaln($1)',
  digamma: 'jax.scipy.special.digamma($1)',
};

const keras: Rules = {
  add: 'ops.add($1, $2)',
  subtract: 'ops.subtract($1, $2)',
  multiply: 'ops.multiply($1, $2)',
  divide: 'ops.divide($1, $2)',
  negate: 'ops.negative($1)',
  power: 'ops.power($1, $2)',
  exp: 'ops.exp($1)',
  log: 'ops.log($1)',
  log1p: 'ops.log1p($1)',
  expm1: 'ops.expm1($1)',
  sqrt: 'ops.sqrt($1)',
  absolute: 'ops.absolute($1)',
  sign: 'ops.sign($1)',
  round: 'ops.round($1)',
  floor: 'ops.floor($1)',
  minimum: 'ops.minimum($1, $2)',
  maximum: 'ops.maximum($1, $2)',
  clip: 'ops.clip($1, $2, $3)',
  tanh: 'ops.tanh($1)',
  select: 'ops.where($1, $2, $3)',
  less: 'ops.less($1, $2)',
  lessEqual: 'ops.less_equal($1, $2)',
  equal: 'ops.equal($1, $2)',
  and: 'ops.logical_and($1, $2)',
  or: 'ops.logical_or($1, $2)',
  not: 'ops.logical_not($1)',
  stopGradient: '$1',
  sigmoid: 'ops.sigmoid($1)',
  logSigmoid: 'ops.log_sigmoid($1)',
  softplus: 'ops.softplus($1)',
  logAddExp: 'ops.logaddexp($1, $2)',
  logSumExp: 'ops.logsumexp(stack($*), axis=-1)',
  softmax: 'ops.softmax(stack($*), axis=-1)[..., 0]',
  logSoftmax: 'ops.log_softmax(stack($*), axis=-1)[..., 0]',
  sinh: 'ops.sinh($1)',
  cosh: 'ops.cosh($1)',
  asin: 'ops.arcsin($1)',
  acos: 'ops.arccos($1)',
  atan2: 'ops.arctan2($1, $2)',
  asinh: 'ops.arcsinh($1)',
  acosh: 'ops.arccosh($1)',
  atanh: 'ops.arctanh($1)',
  erf: 'ops.erf($1)',
  erfc: undefined,
  erfcx: undefined,
  normalCdf: writtenNormalCdf,
  logNormalCdf: undefined,
  logGamma: undefined,
  digamma: undefined,
};

/** SciPy's functions take float16 and answer in float32. */
const ofScipy = (name: string): string => `special.${name}($1).astype($1.dtype)`;

const numpy: Rules = {
  ...overloaded,
  power: '$1 ** $2',
  exp: 'np.exp($1)',
  log: 'np.log($1)',
  log1p: 'np.log1p($1)',
  expm1: 'np.expm1($1)',
  sqrt: 'np.sqrt($1)',
  absolute: 'np.abs($1)',
  sign: 'np.sign($1)',
  round: 'np.round($1)',
  floor: 'np.floor($1)',
  minimum: 'np.minimum($1, $2)',
  maximum: 'np.maximum($1, $2)',
  clip: 'np.clip($1, $2, $3)',
  tanh: 'np.tanh($1)',
  select: 'np.where($1, $2, $3)',
  sigmoid: writtenSigmoid,
  logSigmoid: logSigmoidByLogAddExp,
  softplus: softplusByLogAddExp,
  logAddExp: 'np.logaddexp($1, $2)',
  logSumExp: writtenLogSumExp,
  softmax: writtenSoftmax,
  logSoftmax: writtenLogSoftmax,
  sinh: 'np.sinh($1)',
  cosh: 'np.cosh($1)',
  asin: 'np.arcsin($1)',
  acos: 'np.arccos($1)',
  atan2: 'np.arctan2($1, $2)',
  asinh: 'np.arcsinh($1)',
  acosh: 'np.arccosh($1)',
  atanh: 'np.arctanh($1)',
  erf: ofScipy('erf'),
  erfc: ofScipy('erfc'),
  erfcx: ofScipy('erfcx'),
  normalCdf: ofScipy('ndtr'),
  logNormalCdf: ofScipy('log_ndtr'),
  logGamma: ofScipy('gammaln'),
  digamma: ofScipy('digamma'),
};

export const rulesOf: Readonly<Record<FrameworkName, Rules>> = { torch, tensorflow, keras, jax, numpy };

/** Whether a rule needs SciPy beside the framework. */
export function needsScipy(rule: string): boolean {
  return rule.startsWith('special.');
}
