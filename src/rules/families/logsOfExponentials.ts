import {
  add,
  apply,
  bind,
  divide,
  either,
  exp,
  expm1,
  factorsOf,
  lessEqual,
  log,
  log1p,
  logSoftmax,
  logSumExp,
  matchPattern,
  negate,
  negated,
  select,
  softplus,
  sameComputation,
  subtract,
  termsOf,
  through,
  hasVariables,
  type Expression,
  type Operation,
  type Operator,
  type Pattern,
  literalOf,
} from '../../expression';
import { Question } from '../../python';
import { boundsOf, lensOf, measure, messageOf, printThreshold } from '../describe';
import { operand, x, type Form, type Hit, type Rewriting, type Rule, type Saying, type Speech } from '../rule';
import {
  alongAxis,
  areSimilarities,
  canOverflow,
  decays,
  isBelowZero,
  exponential,
  exponentialTriggers,
  exponentOf,
  gatheredIn,
  isChosenFrom,
  isLogDensity,
  isLimitedTimesLabel,
  isLogProbability,
  isMinusDistance,
  logSumExpReducers,
  onePlus,
  severityOfSimilarity,
} from './exponents';

const softplusOfArgument: Rewriting = {
  pytorch: '{torch.nn.functional.softplus}($x)',
  tensorflow: '{tensorflow.math.softplus}($x)',
  keras: '{keras.ops.softplus}($x)',
  'keras-backend': '{keras.backend.softplus}($x)',
  jax: '{jax.nn.softplus}($x)',
  numpy: '{numpy.logaddexp}(0, $x)',
  tfjs: '{tensorflowjs.softplus}($x)',
};

const softplusOfNegative: Rewriting = Object.fromEntries(
  Object.entries(softplusOfArgument).map(([framework, template]) => [framework, template.replace('$x', '$-x')]),
);

/**
 * Of two branches the one that overflows isn't chosen: harmless unless a gradient goes through both, which is for the
 * rule about where() to say.
 */
const isTaken = (hit: Hit): boolean => !isChosenFrom(hit);

const boundX = (hit: Hit): Expression => hit.bindings.get('x') as Expression;

/** log(1 + exp(x)) or log1p(exp(x)), of x and of -x. */
const softplusForms = (
  name: (exponent: string) => string,
  pattern: (exponential: Pattern) => Pattern,
  of: (exponential: Expression) => Expression,
): readonly Form[] => {
  const shared = {
    culprit: 'exp',
    // In code without a softplus, such as that of the language's own numbers.
    advice: 'write it as max(x, 0) + log1p(exp(-|x|))',
  } satisfies Partial<Form>;
  return [
    {
      ...shared,
      pattern: pattern(exponential(negated(operand))),
      name: name('-x'),
      unstable: () => of(exp(negate(x))),
      stable: () => softplus(negate(x)),
      headline: { of: 'value', side: 'below' },
      guard: (hit) => isTaken(hit) && !isBelowZero(negate(boundX(hit)), hit) && !isLimitedTimesLabel(boundX(hit), hit),
      write: softplusOfNegative,
    },
    {
      ...shared,
      pattern: pattern(exponential(operand)),
      operand: 'the argument of the exponential',
      name: name('x'),
      unstable: () => of(exp(x)),
      stable: () => softplus(x),
      headline: { of: 'value', side: 'above' },
      guard: (hit) => isTaken(hit) && !isBelowZero(boundX(hit), hit) && !isLimitedTimesLabel(boundX(hit), hit),
      write: softplusOfArgument,
    },
  ];
};

export const logOfOnePlusExp: Rule = {
  id: 'log-of-one-plus-exp',
  title: 'log(1 + exp(x))',
  entries: ['NS21', 'NS22'],
  severity: 'warning',
  triggers: [['log', 'Log'], exponentialTriggers],
  forms: [
    ...softplusForms(
      (exponent) => `log(1 + exp(${exponent}))`,
      (inner) => apply('log', onePlus(inner)),
      (inner) => log(add(1, inner)),
    ),
    ...softplusForms(
      (exponent) => `log1p(exp(${exponent}))`,
      (inner) => apply('log1p', inner),
      (inner) => log1p(inner),
    ),
  ],
};

/** Thresholds of a sum of exponentials are of its greatest exponent, which decides alone: the others can only add. */
const ofExponents: Speech = {
  amount: (printed) => printed,
  threshold: (from, side) => (side === 'above' ? `where an exponent is >= ${from}` : `where all are <= ${from}`),
};

/** One exponential stands for the sum: the reduction of a single element. */
const sumOfOne = {
  culprit: 'exp',
  unstable: () => log(exp(x)),
  stable: () => logSumExp(x),
  headline: { of: 'value', side: 'above' },
  speech: ofExponents,
  operand: 'an exponent',
} satisfies Partial<Form>;

const reduced = (operator: Operator): Pattern =>
  through(['pick', 'stopGradient'], apply(operator, exponential(operand)));

const ofOneExponent = (hit: Hit): ReturnType<NonNullable<Form['guard']>> =>
  isTaken(hit) && canOverflow(boundX(hit), hit) && severityOfSimilarity([boundX(hit)], hit);

const sumForm: Form = {
  ...sumOfOne,
  pattern: apply('log', reduced('sum')),
  name: 'log(sum(exp(x)))',
  guard: ofOneExponent,
  advice: 'use logsumexp over the same axis: it subtracts the greatest exponent first',
};

/** Of log-probabilities that are added up, as along a chain of states: all of them may underflow. */
const ofChain: Form = {
  ...sumForm,
  name: 'log(sum(exp(x))) of sums of log-probabilities',
  headline: { of: 'value', side: 'below' },
  guard: (hit) => {
    const terms = termsOf(boundX(hit));
    return terms.every(({ term, sign }) => sign === 1 && isLogSoftmax(term)) && 'information';
  },
};

const isLogSoftmax = (node: Expression): boolean =>
  node.kind === 'operation' &&
  (node.operator === 'logSoftmax' || (node.operator === 'pick' && isLogSoftmax(node.operands[0] as Expression)));

/** Exponentials that are added up in any other way: weighed, beside an epsilon, several sums of them. */
const ofGathered = (root: 'log' | 'log1p'): Pattern => ({
  roots: new Set([root]),
  match(node, bindings) {
    if (node.kind !== 'operation' || node.operator !== root) return undefined;
    const { exponents, adds } = gatheredIn(node.operands[0] as Expression);
    const [first] = exponents;
    return first && (adds || root === 'log1p') ? new Map(bindings).set('x', first) : undefined;
  },
});

const exponentsOfArgument = ({ matched }: Hit): readonly Expression[] =>
  gatheredIn((matched as Operation).operands[0] as Expression).exponents;

const ofSomeExponent = (hit: Hit): ReturnType<NonNullable<Form['guard']>> => {
  const exponents = exponentsOfArgument(hit).filter((exponent) => canOverflow(exponent, hit));
  return exponents.length > 0 && isTaken(hit) && severityOfSimilarity(exponents, hit);
};

/** The same where something else is added too, so that exponentials that vanish do no harm. */
const besideOthers = (hit: Hit): ReturnType<NonNullable<Form['guard']>> =>
  exponentsOfArgument(hit).every((exponent) => isLogProbability(exponent, hit)) ? false : ofSomeExponent(hit);

const gatheredForm = (root: 'log' | 'log1p'): Form => ({
  ...sumOfOne,
  pattern: ofGathered(root),
  bounded: false,
  name: `${root} of a sum of exponentials`,
  guard: besideOthers,
  advice: 'subtract the greatest exponent from all of them first and add it to the logarithm, as logsumexp does',
});

/** A sum of normal densities that are weighed: log(sum(w * exp(-(y - m)^2 / ...))). Of unweighed ones one may be 1. */
const mixture: Pattern = {
  roots: new Set(['log']),
  match(node, bindings) {
    const sum = matchPattern(apply('log', apply('sum', bind('densities'))), node)?.get('densities');
    if (!sum) return undefined;
    const factors = factorsOf(sum);
    const exponent = factors
      .map(({ factor, inverse }) => (inverse ? undefined : exponentOf(factor)))
      .find((each) => each);
    const isWeighed = factors.some(({ factor }) => exponentOf(factor) === undefined && hasVariables(factor));
    if (!exponent || !(isWeighed || isLogDensity(exponent))) return undefined;
    return isMinusDistance(exponent) || isLogDensity(exponent) ? new Map(bindings).set('x', exponent) : undefined;
  },
};

/** Normal densities that are added one by one: log(pi * p1 + (1 - pi) * p2). */
const addedDensities: Pattern = {
  roots: new Set(['log']),
  match(node, bindings) {
    const sum = matchPattern(apply('log', bind('sum')), node)?.get('sum');
    const all = sum ? termsOf(sum) : [];
    // What a loop begins with is none of them.
    const terms = all.filter(({ term }) => literalOf(term) !== 0);
    const exponents = terms.map(({ term, sign }) => {
      const inTerm = factorsOf(term).flatMap(({ factor, inverse }) => (inverse ? [] : (exponentOf(factor) ?? [])));
      const [exponent, ...others] = sign === 1 ? inTerm : [];
      return exponent && others.length === 0 && (isMinusDistance(exponent) || isLogDensity(exponent))
        ? exponent
        : undefined;
    });
    const [first] = exponents;
    return first && all.length > 1 && exponents.every((each) => each) ? new Map(bindings).set('x', first) : undefined;
  },
};

const mixtureForm: Form = {
  ...sumOfOne,
  pattern: either(mixture, addedDensities),
  bounded: false,
  frameworks: ['pytorch', 'tensorflow', 'keras', 'keras-backend', 'jax', 'tfjs'],
  name: 'log of a sum of densities',
  headline: { of: 'value', side: 'below' },
  speech: { ...ofExponents, amount: (printed) => printed },
  advice: 'add the logarithms of the weights and of the densities, and use logsumexp over the components',
};

/** A normal density: log(exp(-(y - m)^2 / ...) / ...). */
const density: Pattern = {
  roots: new Set(['log']),
  match(node, bindings) {
    const value = matchPattern(apply('log', bind('density')), node)?.get('density');
    const exponents = value
      ? factorsOf(value).flatMap((each) => (each.inverse ? [] : (exponentOf(each.factor) ?? [])))
      : [];
    const [exponent, ...others] = exponents;
    return exponent && others.length === 0 && (isMinusDistance(exponent) || isLogDensity(exponent))
      ? new Map(bindings).set('x', exponent)
      : undefined;
  },
};

const densityForm: Form = {
  ...mixtureForm,
  pattern: density,
  name: 'log of a density',
  operand: 'the exponent',
  speech: {
    amount: (printed) => printed,
    threshold: (from, side) => `where the exponent is ${side === 'above' ? '>=' : '<='} ${from}`,
  },
  advice:
    'take the log_prob of the distribution, or write the logarithm out: the exponent minus the logarithm of what the exponential is divided by',
};

export const logOfSumOfExp: Rule = {
  id: 'log-of-sum-of-exp',
  title: 'log(sum(exp(x)))',
  entries: ['NS23'],
  severity: 'warning',
  // Densities of distributions that are objects are exponentials, too.
  triggers: [
    ['log', 'Log'],
    [...exponentialTriggers, '.prob(', 'pdf('],
  ],
  forms: [
    { ...sumForm, at: alongAxis(sumForm, logSumExpReducers) },
    ofChain,
    gatheredForm('log'),
    gatheredForm('log1p'),
    mixtureForm,
    densityForm,
  ],
};

export const logOfAddedExp: Rule = {
  id: 'log-of-added-exp',
  title: 'log(exp(a) + exp(b))',
  entries: ['NS24'],
  severity: 'warning',
  triggers: [['log', 'Log'], exponentialTriggers],
  forms: [
    {
      ...sumOfOne,
      pattern: apply('log', apply('add', exponential(operand), exponential(bind('b')))),
      bounded: false,
      name: 'log(exp(a) + exp(b))',
      guard: ofSomeExponent,
      write: {
        pytorch: '{torch.logaddexp}($x, $b)',
        tensorflow: '{tensorflow.reduce_logsumexp}({tensorflow.stack}([$x, $b], 0), 0)',
        keras: '{keras.ops.logaddexp}($x, $b)',
        jax: '{jax.numpy.logaddexp}($x, $b)',
        numpy: '{numpy.logaddexp}($x, $b)',
        tfjs: '{tensorflowjs.logSumExp}({tensorflowjs.stack}([$x, $b]), 0)',
      },
      advice: 'write it as max(a, b) + log1p(exp(-|a - b|))',
    },
  ],
};

const meanForm: Form = {
  ...sumOfOne,
  pattern: apply('log', reduced('mean')),
  name: 'log(mean(exp(x)))',
  guard: ofOneExponent,
  advice: 'take the logsumexp over the same axis and subtract log(n), n being how many there are',
};

export const logOfMeanOfExp: Rule = {
  id: 'log-of-mean-of-exp',
  title: 'log(mean(exp(x)))',
  entries: ['NS25'],
  severity: 'warning',
  triggers: [['log', 'Log'], exponentialTriggers],
  forms: [
    {
      ...meanForm,
      at: alongAxis(meanForm, { jax: { path: 'jax.nn.logmeanexp', axis: 'axis=', keeps: 'keepdims=True' } }),
    },
    { ...meanForm, pattern: apply('log', apply('divide', reduced('sum'))), name: 'log(sum(exp(x)) / n)' },
  ],
};

/** log(1 - exp(-x)) as in M. Maechler, Accurately computing log(1 - exp(-|a|)), 2012. */
const stableLogOfOneMinusExp = (value: Expression): Expression =>
  select(lessEqual(value, Math.LN2), log(negate(expm1(negate(value)))), log1p(negate(exp(negate(value)))));

const oneMinus = (inner: Pattern): Pattern => apply('subtract', 1, inner);

/** Numbers of a schedule: how much noise there is after a time that doesn't begin at 0. */
const isOfSchedule = new Question((text) => /log_mean_coeff|alphas?_bar|log_alpha|beta_[01]|noise_schedule/.test(text));

const complementGuard = (hit: Hit): ReturnType<NonNullable<Form['guard']>> => {
  if (isChosenFrom(hit)) return false;
  return hit.analysis.ask(isOfSchedule) ? 'hint' : true;
};

/** Speaks of the value alone: beyond 0, where the gradient fails too, the logarithm has no value anyway. */
const sayCancelled =
  (unstable: Expression): NonNullable<Form['says']> =>
  (hit) => {
    const { form, rule, formats } = hit;
    if (!form.headline) return { message: `${form.name}.`, lens: form.name };
    const failures = measure(unstable, formats);
    const bounds = boundsOf(hit);
    const fails = messageOf(form, form.headline, failures, {
      operand: undefined,
      unstable,
      differentiates: false,
      bounds,
    });
    return {
      message: `${fails} The difference rounds to 0 next to x = 0, and has few digits a little farther from it.`,
      lens: lensOf({ ...rule, title: form.name }, form, failures, bounds),
    };
  };

const complementForms = (
  spell: (exponential: string) => string,
  pattern: (exponential: Pattern) => Pattern,
  of: (exponential: Expression) => Expression,
  more: Partial<Form> = {},
): readonly Form[] => {
  const shared = {
    culprit: 'exp',
    guard: complementGuard,
    advice: 'choose by size: where(x < log(2), log(-expm1(-x)), log1p(-exp(-x)))',
    ...more,
  } satisfies Partial<Form>;
  return [
    {
      ...shared,
      pattern: pattern(exponential(negated(operand))),
      name: spell('exp(-x)'),
      unstable: () => of(exp(negate(x))),
      stable: () => stableLogOfOneMinusExp(x),
      headline: { of: 'value', side: 'below' },
      says: sayCancelled(of(exp(negate(x)))),
      write: { jax: '{jax.nn.log1mexp}($x)' },
    },
    {
      ...shared,
      pattern: pattern(exponential(operand)),
      operand: 'the argument of the exponential',
      name: spell('exp(x)'),
      unstable: () => of(exp(x)),
      stable: () => stableLogOfOneMinusExp(negate(x)),
      headline: { of: 'value', side: 'above' },
      says: sayCancelled(of(exp(x))),
      write: { jax: '{jax.nn.log1mexp}($-x)' },
    },
  ];
};

export const logOfOneMinusExp: Rule = {
  id: 'log-of-one-minus-exp',
  title: 'log(1 - exp(-x))',
  entries: ['NS30'],
  severity: 'warning',
  triggers: [['log', 'Log'], exponentialTriggers],
  forms: [
    ...complementForms(
      (inner) => `log(1 - ${inner})`,
      (inner) => apply('log', oneMinus(inner)),
      (inner) => log(subtract(1, inner)),
    ),
    // Good for all but the smallest x, and one of the two halves of the stable form.
    ...complementForms(
      (inner) => `log1p(-${inner})`,
      (inner) => apply('log1p', negated(inner)),
      (inner) => log1p(negate(inner)),
      { severity: 'hint', guard: (hit) => !isChosenFrom(hit) },
    ),
  ],
};

/** The exponents above and below the line of a quotient of exponentials that a contrastive loss is the logarithm of. */
function contrastOf(
  value: Expression,
): { readonly above: readonly Expression[]; readonly below: readonly Expression[] } | undefined {
  const factors = factorsOf(value).map(({ factor, inverse }) => ({ inverse, ...gatheredIn(factor) }));
  const above = factors.filter(({ inverse }) => !inverse).flatMap(({ exponents }) => exponents);
  const below = factors.filter(({ inverse, adds }) => inverse && adds).flatMap(({ exponents }) => exponents);
  return above.length > 0 && below.length > 0 ? { above, below } : undefined;
}

/** What the logarithm is taken of, without an epsilon and without what picks from it or averages it. */
function withoutGuard(value: Expression): Expression {
  if (value.kind !== 'operation') return value;
  const [a, b] = value.operands as [Expression, Expression];
  switch (value.operator) {
    case 'pick':
    case 'stopGradient':
    case 'sum':
    case 'mean':
      return withoutGuard(a);
    case 'add':
    case 'maximum':
      return b.kind === 'constant' ? withoutGuard(a) : a.kind === 'constant' ? withoutGuard(b) : value;
    default:
      return value;
  }
}

const contrastIn = (node: Expression): ReturnType<typeof contrastOf> =>
  node.kind === 'operation' ? contrastOf(withoutGuard(node.operands[0] as Expression)) : undefined;

const contrast: Pattern = {
  roots: new Set(['log']),
  match(node, bindings) {
    const [first] = contrastIn(node)?.above ?? [];
    return first && new Map(bindings).set('x', first);
  },
};

const quotientOf = (value: Expression): Expression => log(divide(exp(value), add(exp(value), 1)));

/** Speaks of temperatures too: a cosine is at most 1, so that what it is divided by decides. */
const sayContrast = (hit: Hit): Saying => {
  const thresholds = measure(quotientOf(x), hit.formats).flatMap(({ format, failures }) => {
    const failure = failures.find(({ of, side }) => of === 'value' && side === 'above');
    return failure ? [{ format, from: failure.from, printed: printThreshold(failure) }] : [];
  });
  const [first, ...others] = thresholds;
  type Threshold = (typeof thresholds)[number];
  if (!first) return { message: 'Exponentials are divided by their sum.', lens: 'log of a quotient of exponentials' };
  const temperature = (from: number): string => String(Number((1 / from).toPrecision(3)));
  const inOthers = (text: (each: Threshold) => string): string =>
    others.length === 0 ? '' : ` (${others.map((each) => `${each.format} ${text(each)}`).join(', ')})`;
  const { above = [], below = [] } = contrastIn(hit.matched) ?? {};
  const ofTemperatures = areSimilarities([...above, ...below], hit)
    ? ` Scalar products of vectors that are not normalised get there; cosines do with a temperature below ${temperature(first.from)}${inOthers(({ from }) => temperature(from))}.`
    : '';
  return {
    message: `The log of a quotient of exponentials is NaN where an exponent is >= ${first.printed} in ${first.format}${inOthers(({ printed }) => printed)}.${ofTemperatures}`,
    lens: `log of a quotient of exponentials: NaN from an exponent of ${first.printed} in ${first.format}`,
  };
};

export const contrastByHand: Rule = {
  id: 'contrast-by-hand',
  title: 'log of a quotient of exponentials',
  entries: ['NS70'],
  severity: 'warning',
  triggers: [['log', 'Log'], exponentialTriggers],
  forms: [
    {
      pattern: contrast,
      culprit: 'exp',
      bounded: false,
      name: 'log(exp(s / t) / sum(exp(s / t)))',
      unstable: () => quotientOf(x),
      stable: () => logSoftmax(x, 0),
      headline: { of: 'value', side: 'above' },
      says: sayContrast,
      guard: (hit) => {
        const { above = [], below = [] } = contrastIn(hit.matched) ?? {};
        const all = [...above, ...below];
        const [first] = above;
        const isSoftmax = all.every((exponent) => first && sameComputation(exponent, first));
        if (isSoftmax && !areSimilarities(all, hit)) return false;
        // The greatest is subtracted: that is what the stable form does.
        if (all.every((exponent) => decays(exponent, hit))) return false;
        // Weights that are normalised so, times something else: a mixture.
        if (below.length > 0 && below.every((exponent) => decays(exponent, hit))) return 'hint';
        if (all.every((exponent) => !canOverflow(exponent, hit))) return 'hint';
        return severityOfSimilarity(all, hit);
      },
      advice:
        'take the exponents as logits of a cross-entropy, or subtract the logsumexp of the denominator from the exponent of the numerator',
    },
  ],
};

export const logsOfExponentials: readonly Rule[] = [
  logOfOnePlusExp,
  logOfAddedExp,
  logOfMeanOfExp,
  logOfSumOfExp,
  logOfOneMinusExp,
];
