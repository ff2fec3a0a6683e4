import {
  apply,
  either,
  exp,
  literalOf,
  matchPattern,
  multiply,
  negated,
  number,
  suchThat,
  type Expression,
  type Pattern,
} from '../../expression';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { namesOf } from './exponents';
import { sourceOf } from './zeros';

/** Exponentials of what a network gives for a logarithm. Nothing keeps it in bounds, and as a rule nothing has to. */

const logVarianceName = /log_?_?(var|variance|std|stddev|sigma|scale|sd|prec|precision)|logs(td|igma)|lvar\b/i;

/** By its name, or where nothing else is known of a value by a name in the code that it comes from. */
const isCalled = (pattern: RegExp, value: Expression, hit: Hit): boolean =>
  namesOf(value, hit).some((name) => pattern.test(name)) ||
  (value.kind === 'variable' && pattern.test(sourceOf(hit, value) ?? ''));

/** What a number is multiplied by before the exponential. */
const scaled: Pattern = either(
  apply(
    'multiply',
    operand,
    number('factor', (value) => value !== 0),
  ),
  apply(
    'divide',
    operand,
    number('divisor', (value) => value !== 0),
  ),
  negated(operand),
  operand,
);

/** The number that x is multiplied by in an exponent. */
function factorOf(hit: Hit): number {
  const exponent = (hit.matched as Extract<Expression, { kind: 'operation' }>).operands[0] as Expression;
  const { factor, divisor } = hit.numbers;
  if (factor !== undefined) return factor;
  if (divisor !== undefined) return 1 / divisor;
  return matchPattern(negated(operand), exponent) ? -1 : 1;
}

const logVarianceForm: Form = {
  pattern: apply('exp', scaled),
  culprit: 'exp',
  name: 'exp(x)',
  bounded: 'x',
  unstable: () => exp(x),
  headline: { of: 'value', side: 'above' },
  advice: 'limit the logarithm, clamp(logvar, -20, 20), or let the network give the deviation through a softplus',
};

export const expOfLogVariance: Rule = {
  id: 'exp-of-log-variance',
  title: 'exp of a log variance',
  entries: ['NS59'],
  severity: 'hint',
  triggers: [exponentials(), ['log', 'Log', 'lvar']],
  forms: [
    {
      ...logVarianceForm,
      at: (hit) => {
        // Not a guard: what a call gives by another name says nothing of what it is called inside.
        if (!isCalled(logVarianceName, hit.bindings.get('x') as Expression, hit)) return undefined;
        const factor = factorOf(hit);
        if (factor === 1) return logVarianceForm;
        return {
          ...logVarianceForm,
          name: factor === -1 ? 'exp(-x)' : `exp(${String(Number(factor.toPrecision(4)))} * x)`,
          unstable: () => exp(multiply(factor, x)),
          headline: { of: 'value', side: factor > 0 ? 'above' : 'below' },
        };
      },
    },
  ],
};

function exponentials(): readonly string[] {
  return ['exp'];
}

const logProbabilityName =
  /log_?(p|pi|pis|mu|prob|probs|prob_\w+|probability|likelihood|ratio|ratios|rho|rhos|q|pa|pac|prior|post)(_?\w*)?(\b|_)|\blp\b|_lp\b|neglogp/i;

/** A difference of two values, one of which at least is called a log-probability, or a log-ratio by name. */
const difference: Pattern = suchThat(operand, (_, node) => node.kind === 'operation' && node.operator === 'subtract');

function isLogProbability(value: Expression, hit: Hit): boolean {
  if (value.kind === 'operation') {
    if (['logSoftmax', 'logSigmoid'].includes(value.operator)) return true;
    if (['stopGradient', 'sum', 'pick', 'negate', 'mean'].includes(value.operator)) {
      return isLogProbability(value.operands[0] as Expression, hit);
    }
  }
  return isCalled(logProbabilityName, value, hit);
}

export const expOfLogRatio: Rule = {
  id: 'exp-of-log-ratio',
  title: 'exp of a difference of log-probabilities',
  entries: ['NS60'],
  severity: 'hint',
  triggers: [exponentials(), ['log', 'Log', 'lp']],
  forms: [
    {
      pattern: apply('exp', difference),
      culprit: 'exp',
      operand: 'the difference',
      name: 'exp(x)',
      unstable: () => exp(x),
      headline: { of: 'value', side: 'above' },
      guard: (hit) => {
        const { operands } = hit.bindings.get('x') as Extract<Expression, { kind: 'operation' }>;
        return operands.every((each) => literalOf(each) === undefined && isLogProbability(each, hit));
      },
      advice: 'limit the difference before the exponential, exp(clamp(logp - old_logp, -20, 20))',
    },
  ],
};

export const ratios: readonly Rule[] = [expOfLogVariance, expOfLogRatio];
