import {
  add,
  anything,
  apply,
  complement,
  divide,
  either,
  erf,
  erfc,
  exp,
  factorsOf,
  log,
  log1p,
  logGamma,
  logNormalCdf,
  matchPattern,
  multipleOf,
  multiply,
  negate,
  negated,
  normalCdf,
  sqrt,
  subtract,
  bind,
  type Expression,
  type Pattern,
} from '../../expression';
import { operand, x, type Form, type Rewriting, type Rule } from '../rule';
import { onePlus } from './exponents';
import { half, reshaped } from './shapes';

/** Tails of the normal distribution and the gamma function, whose logarithms have functions of their own. */

/** The distribution function as written out: its x is the argument of erf. */
const cdfByHand: Pattern = reshaped(half(onePlus(apply('erf', operand))));
const cdf: Pattern = reshaped(apply('normalCdf', operand));

const handCdf = (value: Expression): Expression => multiply(0.5, add(1, erf(value)));
const rootTwo = sqrt(2);

const logNdtr: Rewriting = {
  pytorch: '{torch.special.log_ndtr}($x)',
  jax: '{jax.scipy.special.log_ndtr}($x)',
  numpy: '{scipy.special.log_ndtr}($x)',
};
const logNdtrOfNegative: Rewriting = {
  pytorch: '{torch.special.log_ndtr}($-x)',
  jax: '{jax.scipy.special.log_ndtr}($-x)',
  numpy: '{scipy.special.log_ndtr}($-x)',
};

export const logOfNormalCdf: Rule = {
  id: 'log-of-normal-cdf',
  title: 'log of the normal cdf',
  entries: ['NS38'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['ndtr', 'cdf', 'erf'],
  ],
  forms: [
    {
      pattern: apply('log', cdf),
      culprit: 'normalCdf',
      operand: 'the standardised value',
      name: 'log(cdf(x))',
      unstable: () => log(normalCdf(x)),
      stable: () => logNormalCdf(x),
      headline: { of: 'value', side: 'below' },
      write: logNdtr,
      advice: "use the distribution's log_cdf",
    },
    {
      pattern: apply('log', cdfByHand),
      culprit: 'erf',
      operand: 'the argument of erf',
      name: 'log(0.5 * (1 + erf(x)))',
      unstable: () => log(handCdf(x)),
      stable: () => logNormalCdf(multiply(rootTwo, x)),
      headline: { of: 'value', side: 'below' },
      advice: 'use log_ndtr, which is this logarithm: log_ndtr(sqrt(2) * x)',
    },
  ],
};

export const logOfSurvival: Rule = {
  id: 'log-of-survival',
  title: 'log(1 - cdf(x))',
  entries: ['NS39'],
  severity: 'warning',
  triggers: [['ndtr', 'cdf', 'erf']],
  forms: [
    {
      pattern: apply('log', reshaped(complement(cdf))),
      culprit: 'normalCdf',
      operand: 'the standardised value',
      name: 'log(1 - cdf(x))',
      unstable: () => log(subtract(1, normalCdf(x))),
      stable: () => logNormalCdf(negate(x)),
      headline: { of: 'value', side: 'above' },
      write: logNdtrOfNegative,
      advice: "use the distribution's log_survival_function",
    },
    {
      pattern: apply('log1p', negated(cdf)),
      culprit: 'normalCdf',
      operand: 'the standardised value',
      name: 'log1p(-cdf(x))',
      unstable: () => log1p(negate(normalCdf(x))),
      stable: () => logNormalCdf(negate(x)),
      headline: { of: 'value', side: 'above' },
      write: logNdtrOfNegative,
      advice: "use the distribution's log_survival_function",
    },
    {
      pattern: apply('log', either(complement(cdfByHand), reshaped(half(complement(apply('erf', operand)))))),
      culprit: 'erf',
      operand: 'the argument of erf',
      name: 'log(0.5 * (1 - erf(x)))',
      unstable: () => log(multiply(0.5, subtract(1, erf(x)))),
      stable: () => logNormalCdf(multiply(negate(rootTwo), x)),
      headline: { of: 'value', side: 'above' },
      advice: 'use log_ndtr, which is this logarithm: log_ndtr(-sqrt(2) * x)',
    },
    // A hazard rate, the mean of what exceeds a limit.
    {
      pattern: apply('divide', anything, complement(cdf)),
      culprit: 'normalCdf',
      operand: 'the standardised value',
      name: 'a / (1 - cdf(x))',
      unstable: () => divide(1, subtract(1, normalCdf(x))),
      stable: () => exp(negate(logNormalCdf(negate(x)))),
      headline: { of: 'value', side: 'above' },
      advice: 'take the difference of the logarithms, exp(log_pdf(x) - log_ndtr(-x))',
    },
  ],
};

export const logOfErfc: Rule = {
  id: 'log-of-erfc',
  title: 'log(erfc(x))',
  entries: ['NS40'],
  severity: 'warning',
  triggers: [['log', 'Log'], ['erfc']],
  forms: [
    {
      pattern: apply('log', reshaped(apply('erfc', operand))),
      culprit: 'erfc',
      operand: 'the argument of erfc',
      name: 'log(erfc(x))',
      unstable: () => log(erfc(x)),
      stable: () => add(logNormalCdf(multiply(negate(rootTwo), x)), log(2)),
      headline: { of: 'value', side: 'above' },
      write: {
        pytorch: '{torch.special.log_ndtr}(-{math.sqrt}(2) * $x) + {math.log}(2)',
        jax: '{jax.scipy.special.log_ndtr}(-{math.sqrt}(2) * $x) + {math.log}(2)',
        numpy: '{scipy.special.log_ndtr}(-{math.sqrt}(2) * $x) + {math.log}(2)',
      },
      advice: 'for x > 0 write it as log(erfcx(x)) - x * x, erfcx being the scaled function',
    },
    {
      pattern: apply('log', reshaped(multipleOf(apply('erfc', operand)))),
      culprit: 'erfc',
      operand: 'the argument of erfc',
      name: 'log(c * erfc(x))',
      unstable: () => log(erfc(x)),
      stable: () => add(logNormalCdf(multiply(negate(rootTwo), x)), log(2)),
      headline: { of: 'value', side: 'above' },
      advice: 'for x > 0 write log(erfc(x)) as log(erfcx(x)) - x * x, erfcx being the scaled function',
    },
  ],
};

/** The gamma function, by that name or as exp(lgamma(x)). */
const gamma = (inner: Pattern): Pattern => apply('exp', apply('logGamma', inner));
const someGamma = gamma(bind('of'));

const gammaIn = (node: Expression): Expression | undefined => matchPattern(someGamma, node)?.get('of');

const isExponential = (node: Expression): boolean =>
  node.kind === 'operation' && (node.operator === 'exp' || node.operator === 'power');

interface GammaFactors {
  readonly arguments: readonly Expression[];
  /** Whether some stand above the line and some below. */
  readonly isRatio: boolean;
  /** Whether there are powers or exponentials beside it. */
  readonly hasPowers: boolean;
}

function gammasOf(node: Expression): GammaFactors {
  const factors = factorsOf(node).map(({ factor, inverse }) => ({ factor, inverse, of: gammaIn(factor) }));
  const gammas = factors.filter(({ of }) => of);
  return {
    arguments: gammas.flatMap(({ of }) => of ?? []),
    isRatio: gammas.some(({ inverse }) => inverse) && gammas.some(({ inverse }) => !inverse),
    hasPowers: factors.some(({ factor, of }) => !of && isExponential(factor)),
  };
}

/** A product with gamma functions in it, as soon as it is one: what is multiplied to it later is another product. */
const gammaProduct = (wanted: (factors: GammaFactors) => boolean): Pattern => ({
  roots: new Set(['multiply', 'divide']),
  match(node, bindings) {
    if (node.kind !== 'operation') return undefined;
    const factors = gammasOf(node);
    if (!wanted(factors) || node.operands.some((each) => wanted(gammasOf(each)))) return undefined;
    const [first] = factors.arguments;
    return first && new Map(bindings).set('x', first);
  },
});

const gammaRatio = {
  absorbs: ['gamma-overflow'],
  culprit: 'logGamma',
  operand: 'the argument of the gamma function',
  headline: { of: 'value', side: 'above' },
  advice: 'add and subtract the logarithms, lgamma(a) - lgamma(b), and take one exponential at the end, if any',
} satisfies Partial<Form>;

export const gammaOverflow: Rule = {
  id: 'gamma-overflow',
  title: 'gamma(a) / gamma(b)',
  entries: ['NS41'],
  severity: 'warning',
  triggers: [['gamma', 'factorial']],
  forms: [
    {
      ...gammaRatio,
      pattern: gammaProduct(({ isRatio }) => isRatio),
      name: 'gamma(x) divided by another',
      unstable: () => divide(exp(logGamma(x)), exp(logGamma(x))),
      stable: () => exp(subtract(logGamma(x), logGamma(x))),
    },
    {
      ...gammaRatio,
      pattern: gammaProduct(({ arguments: all, hasPowers, isRatio }) => !isRatio && all.length > 0 && hasPowers),
      name: 'gamma(x) times a power',
      unstable: () => exp(logGamma(x)),
      // Volumes of balls, densities of small integers.
      guard: ({ differentiates }) => (differentiates ? true : 'hint'),
    },
    {
      pattern: apply('log', gamma(operand)),
      absorbs: ['gamma-overflow'],
      culprit: 'logGamma',
      operand: 'the argument of the gamma function',
      name: 'log(gamma(x))',
      unstable: () => log(exp(logGamma(x))),
      stable: () => logGamma(x),
      headline: { of: 'value', side: 'above' },
      write: {
        pytorch: '{torch.lgamma}($x)',
        tensorflow: '{tensorflow.math.lgamma}($x)',
        jax: '{jax.scipy.special.gammaln}($x)',
        numpy: '{scipy.special.gammaln}($x)',
      },
      advice: 'use the logarithm of the gamma function, lgamma',
    },
    {
      ...gammaRatio,
      pattern: gamma(operand),
      severity: 'hint',
      yields: true,
      name: 'exp(lgamma(x))',
      unstable: () => exp(logGamma(x)),
    },
  ],
};

export const distributions: readonly Rule[] = [logOfNormalCdf, logOfSurvival, logOfErfc, gammaOverflow];
