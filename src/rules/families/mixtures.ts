import {
  divide,
  inOrder,
  log,
  sameComputation,
  sigmoid,
  subtract,
  variable,
  type Expression,
  type Operator,
} from '../../expression';
import type { Severity } from '../finding';
import { x, type Form, type Hit, type Rule } from '../rule';
import { guardedIn, guardedLogarithm, isBare, logarithmWhere, written, type Guarded } from './guarded';
import { isMixtureOfDensities, measuredOf, nameOfProbability, speechOf } from './guardedLogarithms';
import { isOutsideTraining } from './zeros';

/**
 * Logarithms of probabilities that are added up with weights which aren't known: what a mask, the action that was
 * taken or a transition matrix selects. Where the logits of all that it selects lie beyond the threshold of one, the
 * sum is 0 or 1 as well, which is what is measured.
 */

/** Nothing is trained where NumPy computes, nor through what is only shown. */
const severityOf = (hit: Hit): Severity =>
  isOutsideTraining(hit) || !hit.site.framework.differentiates ? 'hint' : 'information';

const general = {
  operand: 'the argument of the sigmoid',
  sparesSampling: true,
  guard: severityOf,
} satisfies Partial<Form>;

/** The form as it is measured and spoken of for what the logarithm is taken of here. */
function formOf(hit: Hit, guarded: Guarded, logarithm: (p: Expression) => Expression): Form | undefined {
  const { source, mixed } = guarded;
  if (source === 'other') return undefined;
  const isSoftmax = source === 'softmax';
  return {
    ...hit.form,
    culprit: source,
    operand: isSoftmax ? 'the logits' : mixed?.isSum ? 'the argument of each sigmoid' : 'the argument of the sigmoid',
    name: written(logarithm(variable(nameOfProbability(guarded)))),
    unstable: () => logarithm(measuredOf(guarded)),
    speech: speechOf(guarded),
    bounded: isSoftmax ? false : 'x',
  };
}

const mixtureForm = (isComplement: boolean): Form => ({
  ...general,
  pattern: logarithmWhere(
    (guarded) => guarded.mixed !== undefined && guarded.complement === isComplement && isBare(guarded),
  ),
  name: isComplement ? 'log(1 - mean(sigmoid(x)))' : 'log(mean(sigmoid(x)))',
  headline: { of: 'value', side: isComplement ? 'above' : 'below' },
  unstable: () => log(isComplement ? subtract(1, sigmoid(x)) : sigmoid(x)),
  at(hit) {
    const guarded = guardedLogarithm(hit.matched);
    if (!guarded || isMixtureOfDensities(hit, guarded)) return undefined;
    return formOf(hit, guarded, guarded.logarithm);
  },
  advice:
    'take the logarithms of the probabilities from the logits, and add up what they are weighed by as logarithms, with logsumexp',
});

/** What something else is divided by in a logarithm, where it is a probability that logits give, or 1 minus that. */
function probabilityBelow(logarithm: Expression): Guarded | undefined {
  const [quotient] = logarithm.kind === 'operation' && logarithm.operator === 'log' ? logarithm.operands : [];
  if (quotient?.kind !== 'operation' || quotient.operator !== 'divide') return undefined;
  const [over, under] = quotient.operands as [Expression, Expression];
  const guarded = guardedIn(under);
  if (!guarded || guarded.source === 'other' || !isBare(guarded)) return undefined;
  // The odds, and what is divided by its own sum.
  return inOrder([over]).some((part) => sameComputation(part, guarded.logit ?? under)) ? undefined : guarded;
}

/** A divergence by hand: the logarithm of something over the probability, inf where that is 0. */
const quotientForm = (isComplement: boolean): Form => ({
  ...general,
  pattern: {
    roots: new Set<Operator>(['log']),
    match(expression, bindings) {
      const guarded = probabilityBelow(expression);
      if (guarded?.complement !== isComplement) return undefined;
      return new Map(bindings).set('x', guarded.logit ?? guarded.probability);
    },
  },
  name: isComplement ? 'log(a / (1 - sigmoid(x)))' : 'log(a / sigmoid(x))',
  headline: { of: 'value', side: isComplement ? 'above' : 'below' },
  unstable: () => log(divide(1, isComplement ? subtract(1, sigmoid(x)) : sigmoid(x))),
  at(hit) {
    const guarded = probabilityBelow(hit.matched);
    if (!guarded) return undefined;
    const form = formOf(hit, guarded, (p) => log(divide(variable('a'), guarded.around(p))));
    return form && { ...form, unstable: () => log(divide(1, guarded.around(measuredOf(guarded)))) };
  },
  advice: 'subtract the logarithm of the probability, computed from the logits, from that of what is divided by it',
});

export const logOfMixture: Rule = {
  id: 'log-of-mixture',
  title: 'log of weighed probabilities',
  entries: ['NS01', 'NS02', 'NS03'],
  severity: 'information',
  triggers: [
    ['log', 'Log'],
    ['igmoid', 'oftmax', 'expit', 'logistic', 'exp'],
  ],
  forms: [mixtureForm(false), mixtureForm(true)],
};

export const logOfReciprocal: Rule = {
  id: 'log-of-reciprocal-probability',
  title: 'log of a number over a probability',
  entries: ['NS01', 'NS02', 'NS03'],
  severity: 'information',
  triggers: logOfMixture.triggers,
  forms: [quotientForm(false), quotientForm(true)],
};
