import {
  add,
  apply,
  bind,
  cosh,
  divide,
  either,
  exp,
  factorsOf,
  multiply,
  negate,
  negated,
  sameComputation,
  termsOf,
  sigmoid,
  sinh,
  softmax,
  subtract,
  tanh,
  type Expression,
  type Operation,
  type Pattern,
} from '../../expression';
import { intervalOf } from '../interval';
import { operand, x, type Form, type Hit, type Rewriting, type Rule } from '../rule';
import {
  alongAxis,
  canOverflow,
  isBelowZero,
  exponential,
  exponentialTriggers,
  exponentOf,
  gatheredIn,
  isChosenFrom,
  isLogProbability,
  isWithoutAutograd,
  onePlus,
  severityOfSimilarity,
  softmaxReducers,
} from './exponents';
import { reshaped } from './shapes';
import { carriesGradient, isInsideTraining } from './zeros';

const isTaken = (hit: Hit): boolean => !isChosenFrom(hit);
const boundX = (hit: Hit): Expression => hit.bindings.get('x') as Expression;

const sigmoidOfArgument: Rewriting = {
  pytorch: '{torch.sigmoid}($x)',
  tensorflow: '{tensorflow.sigmoid}($x)',
  keras: '{keras.ops.sigmoid}($x)',
  'keras-backend': '{keras.backend.sigmoid}($x)',
  jax: '{jax.nn.sigmoid}($x)',
  numpy: '{scipy.special.expit}($x)',
  tfjs: '{tensorflowjs.sigmoid}($x)',
};

const negatedArgument = (rewriting: Rewriting): Rewriting =>
  Object.fromEntries(
    Object.entries(rewriting).map(([framework, template]) => [framework, template.replace('$x', '$-x')]),
  );

/** A quotient whose divisor, an epsilon aside, contains an exponential that the dividend contains too: inf / inf. */
const sharedExponential: Pattern = {
  roots: new Set(['divide']),
  match(node, bindings) {
    const shared = sharedIn(node);
    const [first] = shared;
    return first && new Map(bindings).set('x', first);
  },
};

function sharedIn(node: Expression): readonly Expression[] {
  if (node.kind !== 'operation' || node.operator !== 'divide') return [];
  const [dividend, divisor] = node.operands as [Expression, Expression];
  const below = gatheredIn(divisor);
  if (!below.adds) return [];
  // A dividend that is limited does not keep a divisor that isn't from overflowing.
  const above = gatheredIn(dividend).exponents.flatMap((exponent) => [exponent, ...withoutLimit(exponent)]);
  return below.exponents.filter((exponent) => above.some((other) => sameComputation(exponent, other)));
}

function withoutLimit(node: Expression): readonly Expression[] {
  const isLimit = node.kind === 'operation' && ['clip', 'minimum', 'maximum'].includes(node.operator);
  return isLimit ? node.operands.slice(0, 1) : [];
}

/** Whether it is written with a minus sign. */
function isNegated(exponent: Expression): boolean {
  return factorsOf(exponent).filter(({ factor }) => factor.kind === 'constant' && factor.value < 0).length % 2 === 1;
}

/** Whether it isn't exponentials alone that are added up. */
function isWeighed(node: Expression): boolean {
  const [dividend] = (node as Operation).operands as [Expression];
  return factorsOf(dividend).some(
    ({ factor }) => factor.kind !== 'constant' && exponentOf(withoutEpsilon(factor)) === undefined,
  );
}

function withoutEpsilon(node: Expression): Expression {
  const [first, ...others] = termsOf(node).filter(({ term }) => term.kind !== 'constant');
  return first && others.length === 0 ? first.term : node;
}

/** exp(x) / sum(exp(x)), the whole of it. */
const plainSoftmax: Pattern = apply('divide', exponential(operand), reshaped(apply('sum', exponential(operand))));

const softmaxForm: Form = {
  pattern: plainSoftmax,
  culprit: 'exp',
  operand: 'the exponent',
  name: 'exp(x) / sum(exp(x))',
  // Measured among two exponents, the other one 0.
  unstable: () => divide(exp(x), add(exp(x), 1)),
  stable: () => softmax(x, 0),
  headline: { of: 'value', side: 'above' },
  speech: {
    amount: (printed) => printed,
    threshold: (from, side) => (side === 'above' ? `where an exponent is >= ${from}` : `where all are <= ${from}`),
  },
  // Of log-probabilities it is 0 / 0 at worst, where none of them is above the smallest number's logarithm.
  guard: (hit) =>
    canOverflow(boundX(hit), hit) &&
    (isLogProbability(boundX(hit), hit) ? 'hint' : severityOfSimilarity([boundX(hit)], hit)),
  yields: true,
  repeated: true,
  advice: 'use softmax, or subtract the greatest exponent before the exponential',
};

/** Whether a number above 0 limits it from above, and nothing from below. */
function isLimitedAbove(exponent: Expression): boolean {
  if (exponent.kind !== 'operation' || !['clip', 'minimum'].includes(exponent.operator)) return false;
  const { low, high } = intervalOf(exponent);
  return low === -Infinity && high > 0 && high < Infinity;
}

/** A limit that keeps the exponentials from overflowing lets all of them underflow: 0 / 0. */
const { stable: _, ...softmaxAlone } = softmaxForm;
const limitedForm: Form = {
  ...softmaxAlone,
  name: 'exp(x) / sum(exp(x)) of x <= c',
  severity: 'information',
  // Measured among two equal exponents.
  unstable: () => divide(exp(x), add(exp(x), exp(x))),
  headline: { of: 'value', side: 'below' },
  guard: (hit) => isLimitedAbove(boundX(hit)),
  advice: 'use softmax, or subtract the greatest exponent instead of limiting them',
};

export const softmaxByHand: Rule = {
  id: 'softmax-by-hand',
  title: 'softmax by hand',
  entries: ['NS26'],
  severity: 'warning',
  triggers: [exponentialTriggers],
  forms: [
    { ...softmaxForm, at: alongAxis(softmaxForm, softmaxReducers) },
    limitedForm,
    {
      ...softmaxForm,
      pattern: sharedExponential,
      bounded: false,
      name: 'exp(x) divided by a sum with exp(x) in it',
      guard: (hit) => {
        const overflowing = sharedIn(hit.matched).filter(
          (exponent) => canOverflow(exponent, hit) && !isLogProbability(exponent, hit),
        );
        if (overflowing.length === 0 || !isTaken(hit)) return false;
        const severity = severityOfSimilarity(overflowing, hit);
        if (severity !== true || !isWeighed(hit.matched)) return severity;
        // What weighs the exponentials may keep them small: weights of AdaBoost, of a mixture. Those with a minus sign are
        // weights themselves, of a kernel, in a mean.
        return overflowing.every(isNegated) ? 'hint' : 'information';
      },
      advice: 'subtract the greatest exponent from all of them before the exponential, as softmax does',
    },
  ],
};

export const sigmoidOfExp: Rule = {
  id: 'exp-over-one-plus-exp',
  title: 'exp(x) / (1 + exp(x))',
  entries: ['NS27'],
  severity: 'warning',
  triggers: [exponentialTriggers],
  forms: [
    {
      pattern: apply('divide', exponential(negated(operand)), onePlus(exponential(negated(operand)))),
      culprit: 'exp',
      name: 'exp(-x) / (1 + exp(-x))',
      unstable: () => divide(exp(negate(x)), add(1, exp(negate(x)))),
      stable: () => sigmoid(negate(x)),
      headline: { of: 'value', side: 'below' },
      guard: (hit) => isTaken(hit) && !isBelowZero(negate(boundX(hit)), hit),
      write: negatedArgument(sigmoidOfArgument),
      yields: true,
      advice: 'write it as 1 / (1 + exp(x))',
    },
    {
      pattern: apply('divide', exponential(operand), onePlus(exponential(operand))),
      culprit: 'exp',
      operand: 'the argument of the exponential',
      name: 'exp(x) / (1 + exp(x))',
      unstable: () => divide(exp(x), add(1, exp(x))),
      stable: () => sigmoid(x),
      headline: { of: 'value', side: 'above' },
      guard: (hit) => isTaken(hit) && !isBelowZero(boundX(hit), hit),
      write: sigmoidOfArgument,
      yields: true,
      advice: 'write it as 1 / (1 + exp(-x))',
    },
  ],
};

/** Only gradients fail: what is rounded to 0 forward is inf / inf backward. */
const ofGradients = {
  culprit: 'exp',
  ofGradients: true,
  yields: true,
} satisfies Partial<Form>;

const gradientGuard =
  (sign: 1 | -1): NonNullable<Form['guard']> =>
  (hit) => {
    const exponent = sign === 1 ? boundX(hit) : negate(boundX(hit));
    if (isBelowZero(exponent, hit)) return false;
    const isScheduled = !carriesGradient(exponent, hit);
    return isScheduled || isWithoutAutograd(hit) || isChosenFrom(hit) ? 'hint' : true;
  };

const reciprocal = (divisor: Pattern): Pattern => either(apply('divide', 1, divisor), apply('power', divisor, -1));

/** Something else than 1 above the line: a swish, a scaled sigmoid. */
const fraction = (divisor: Pattern): Pattern =>
  apply(
    'divide',
    bind('numerator', (node) => gatheredIn(node).exponents.length === 0),
    divisor,
  );

/**
 * Whether that is x again, so that it is a swish, or a number over what a gradient flows through; else x may be of a
 * schedule that is not trained through.
 */
function isTrained(hit: Hit): boolean {
  const [numerator, of] = [hit.bindings.get('numerator'), boundX(hit)];
  if (numerator === of) return true;
  if (numerator?.kind !== 'constant' || !carriesGradient(of, hit)) return false;
  const isComputed = factorsOf(of).some(({ factor }) => factor.kind === 'operation');
  return isComputed || isInsideTraining(hit);
}

const sigmoidForms = (
  spell: (divisor: string) => string,
  pattern: (divisor: Pattern) => Pattern,
  more: Partial<Form>,
  rewriting: Rewriting,
): readonly Form[] => [
  {
    ...ofGradients,
    pattern: pattern(onePlus(exponential(negated(operand)))),
    name: spell('(1 + exp(-x))'),
    unstable: () => divide(1, add(1, exp(negate(x)))),
    stable: () => sigmoid(x),
    headline: { of: 'gradient', side: 'below' },
    guard: gradientGuard(-1),
    write: rewriting,
    ...more,
  },
  {
    ...ofGradients,
    pattern: pattern(onePlus(exponential(operand))),
    operand: 'the argument of the exponential',
    name: spell('(1 + exp(x))'),
    unstable: () => divide(1, add(1, exp(x))),
    stable: () => sigmoid(negate(x)),
    headline: { of: 'gradient', side: 'above' },
    guard: gradientGuard(1),
    write: negatedArgument(rewriting),
    ...more,
  },
];

export const sigmoidByHand: Rule = {
  id: 'sigmoid-by-hand',
  title: '1 / (1 + exp(-x))',
  entries: ['NS28'],
  severity: 'warning',
  triggers: [exponentialTriggers],
  forms: [
    ...sigmoidForms((divisor) => `1 / ${divisor}`, reciprocal, {}, sigmoidOfArgument),
    ...sigmoidForms(
      (divisor) => `a / ${divisor}`,
      fraction,
      { advice: 'multiply by the sigmoid of the framework instead of dividing' },
      {},
    ).map((form) => ({ ...form, guard: (hit: Hit) => (isTrained(hit) ? (form.guard?.(hit) ?? true) : 'hint') })),
  ],
};

const tanhOf = (argument: string): Rewriting => ({
  pytorch: `{torch.tanh}(${argument})`,
  tensorflow: `{tensorflow.tanh}(${argument})`,
  keras: `{keras.ops.tanh}(${argument})`,
  'keras-backend': `{keras.backend.tanh}(${argument})`,
  jax: `{jax.numpy.tanh}(${argument})`,
  numpy: `{numpy.tanh}(${argument})`,
  tfjs: `{tensorflowjs.tanh}(${argument})`,
  javascript: `{javascript.Math.tanh}(${argument})`,
});

/** exp(y) - 1, by that name too. */
const minusOne = (inner: Pattern): Pattern => either(apply('subtract', exponential(inner), 1), apply('expm1', inner));
const plusOne = (inner: Pattern): Pattern => onePlus(exponential(inner));
const twice = (inner: Pattern): Pattern => either(apply('multiply', 2, inner), apply('add', inner, inner));

const tanhForm = (
  name: string,
  pattern: Pattern,
  unstable: (value: Expression) => Expression,
  more: Pick<Form, 'stable' | 'write'> & { readonly side?: 'above' | 'below' },
): Form => ({
  pattern,
  culprit: 'exp',
  operand: 'the argument of the exponential',
  name,
  unstable: () => unstable(x),
  headline: { of: 'value', side: more.side ?? 'above' },
  guard: (hit) => isTaken(hit) && !isBelowZero(more.side === 'below' ? negate(boundX(hit)) : boundX(hit), hit),
  ...(more.stable ? { stable: more.stable } : {}),
  ...(more.write ? { write: more.write } : {}),
  advice: 'use tanh',
});

const oddOver = (above: (a: Pattern, b: Pattern) => Pattern, below: (a: Pattern, b: Pattern) => Pattern): Pattern =>
  apply(
    'divide',
    above(exponential(operand), exponential(negated(operand))),
    below(exponential(operand), exponential(negated(operand))),
  );

const half = { stable: (): Expression => tanh(multiply(0.5, x)), write: tanhOf('0.5 * $x') };
const whole = { stable: (): Expression => tanh(x), write: tanhOf('$x') };

export const tanhByHand: Rule = {
  id: 'tanh-by-hand',
  title: 'tanh by hand',
  entries: ['NS29'],
  severity: 'warning',
  triggers: [[...exponentialTriggers, 'sinh']],
  forms: [
    tanhForm(
      '(exp(2x) - 1) / (exp(2x) + 1)',
      apply('divide', minusOne(twice(operand)), plusOne(twice(operand))),
      (value) => divide(subtract(exp(multiply(2, value)), 1), add(exp(multiply(2, value)), 1)),
      whole,
    ),
    tanhForm(
      '(1 - exp(-2x)) / (1 + exp(-2x))',
      apply(
        'divide',
        apply('subtract', 1, exponential(negativeTwice(operand))),
        onePlus(exponential(negativeTwice(operand))),
      ),
      (value) => divide(subtract(1, exp(multiply(-2, value))), add(1, exp(multiply(-2, value)))),
      { ...whole, side: 'below' },
    ),
    tanhForm(
      '(exp(x) - exp(-x)) / (exp(x) + exp(-x))',
      oddOver(
        (a, b) => apply('subtract', a, b),
        (a, b) => apply('add', a, b),
      ),
      (value) => divide(subtract(exp(value), exp(negate(value))), add(exp(value), exp(negate(value)))),
      whole,
    ),
    tanhForm(
      'sinh(x) / cosh(x)',
      apply('divide', apply('sinh', operand), apply('cosh', operand)),
      (value) => divide(sinh(value), cosh(value)),
      whole,
    ),
    tanhForm(
      '(exp(x) - 1) / (exp(x) + 1)',
      apply('divide', minusOne(operand), plusOne(operand)),
      (value) => divide(subtract(exp(value), 1), add(exp(value), 1)),
      half,
    ),
    tanhForm(
      '(1 - exp(-x)) / (1 + exp(-x))',
      apply('divide', apply('subtract', 1, exponential(negated(operand))), onePlus(exponential(negated(operand)))),
      (value) => divide(subtract(1, exp(negate(value))), add(1, exp(negate(value)))),
      { ...half, side: 'below' },
    ),
  ],
};

function negativeTwice(inner: Pattern): Pattern {
  return either(negated(twice(inner)), apply('multiply', -2, inner), apply('multiply', 2, negated(inner)));
}

export const exponentialQuotients: readonly Rule[] = [tanhByHand, sigmoidOfExp, sigmoidByHand, softmaxByHand];
