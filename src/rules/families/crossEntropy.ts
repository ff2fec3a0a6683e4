import { factorsOf, log, subtract, termsOf, type Expression, type Operation } from '../../expression';
import type { FormatName } from '../../numeric';
import { Question, type PythonAnalysis } from '../../python';
import { intervalOf } from '../interval';
import { x, type Form, type Hit, type Rule } from '../rule';
import { companions } from './evidence';
import {
  guardedIn,
  guardedLogarithm,
  isBare,
  limitsIn,
  logarithmWhere,
  ofSameProbability,
  type GuardedLogarithm,
} from './guarded';
import { hasModelEndingInSoftmax } from './models';
import { carriesGradient, isOutsideTraining, sourceOf } from './zeros';

/**
 * Cross-entropies by hand of probabilities that the code is given: a parameter, what a model of another file returns.
 * That log(p) and log(1 - p) stand in one sum says that p is a probability, and that both of its ends are meant to be
 * approached.
 */

/** A logarithm of a bare probability, and the sign of its term. */
interface Term {
  readonly logarithm: GuardedLogarithm;
  readonly sign: 1 | -1;
}

const sumsKnown = new WeakMap<PythonAnalysis, ReadonlyMap<Expression, readonly Term[]>>();

/** More terms than these are no loss. */
const mostTerms = 16;

/** The other logarithms in the sums that a logarithm is a term of, through means, sums and weights. */
function summedWith({ analysis }: Hit, logarithm: Expression): readonly Term[] {
  let sums = sumsKnown.get(analysis);
  if (!sums) {
    const all = new Map<Expression, Term[]>();
    for (const { alternatives, loss } of analysis.sites) {
      if (loss !== undefined) continue;
      for (const [value] of alternatives) {
        if (value?.kind !== 'operation' || (value.operator !== 'add' && value.operator !== 'subtract')) continue;
        const terms = logarithmsIn(value);
        if (terms.length < 2 || terms.length > mostTerms) continue;
        for (const [node] of terms) all.set(node, [...(all.get(node) ?? []), ...terms.map(([, term]) => term)]);
      }
    }
    sums = all;
    sumsKnown.set(analysis, sums);
  }
  return sums.get(logarithm) ?? [];
}

const reducing: ReadonlySet<string> = new Set(['sum', 'mean', 'negate', 'pick']);

function logarithmsIn(value: Expression, sign: 1 | -1 = 1, depth = 0): readonly (readonly [Expression, Term])[] {
  return termsOf(value).flatMap((each) => {
    let { term } = each;
    let total = each.sign * sign;
    for (let step = 0; term.kind === 'operation' && reducing.has(term.operator) && step < 6; step++) {
      if (term.operator === 'negate') total = -total;
      term = term.operands[0] as Expression;
    }
    const isNested = term.kind === 'operation' && (term.operator === 'add' || term.operator === 'subtract');
    if (isNested) return depth < 3 ? logarithmsIn(term, total === 1 ? 1 : -1, depth + 1) : [];
    return factorsOf(term).flatMap(({ factor, inverse }) => {
      const logarithm = inverse ? undefined : guardedLogarithm(factor);
      if (!logarithm || !isBare(logarithm)) return [];
      return [[factor, { logarithm, sign: total === 1 ? 1 : -1 }] as const];
    });
  });
}

/** Names of shares that are settings, and of what is no prediction. */
const settingName =
  /(^|[._])(alpha\w*|beta\w*|gamma|lam(bda)?|rho\w*|pi|prior\w*|theta|keep_prob|drop\w*|eps\w*|noise|u|unif\w*|t|time|rate|smooth\w*|q_?0|p_?0)(\(\))?(\[.*)?$/i;
/** What a discriminator gives, by its name. */
const verdictName = /(^|[._])\w*(real|fake|disc?|discriminator|critic|judge|d_?\d?)(_|\b|\()|(^|[._])D\w*(\(|$)/i;

/** A probability that is computed elsewhere, and not limited here. */
function isGiven(given: Expression, hit: Hit): boolean {
  const probability = isShare(given) ? (given.operands[0] as Expression) : given;
  if (probability.kind !== 'variable' || settingName.test(sourceOf(hit, probability) ?? '')) return false;
  const { low, high } = intervalOf(probability, hit.site.conditions);
  return low <= 0 && high >= 1 && carriesGradient(probability, hit) && !isLimitedElsewhere(probability, hit);
}

/** Whether the file limits something of that name: as a rule it is what the function is called with. */
function isLimitedElsewhere(probability: Expression, hit: Hit): boolean {
  const [, name] = /^(\w+)$/.exec(sourceOf(hit, probability) ?? '') ?? [];
  if (name === undefined) return false;
  return hit.analysis.ask(limits, name);
}

const limits = new Question((text, name: string) =>
  new RegExp(`(?<![\\w.])${name}\\s*=(?!=)[^\\n]*(clamp|clip|eps|1e-|maximum|smooth)`, 'i').test(text),
);

function isPair(own: GuardedLogarithm, ownSign: 1 | -1, other: Term, hit: Hit): boolean {
  if (own.complement === other.logarithm.complement || ownSign !== other.sign) return false;
  if (ofSameProbability(own, other.logarithm)) return true;
  // What a discriminator says of what is real and of what is not.
  return [own, other.logarithm].every(({ probability }) => verdictName.test(sourceOf(hit, probability) ?? ''));
}

/** Whether it is log(y_pred) times y_true: a categorical cross-entropy of what Keras gives a loss, limited by nobody. */
function isCategorical(own: GuardedLogarithm, hit: Hit): boolean {
  const nameOf = (node: Expression): string => sourceOf(hit, node) ?? '';
  const given = isShare(own.probability) ? (own.probability.operands[0] as Expression) : own.probability;
  // Where the model is known that gives it, its activation is what is spoken of.
  const isKnown = hit.site.alternatives.some(([value]) => value && guardedLogarithm(value)?.source !== 'other');
  const isPrediction =
    !isKnown && !own.complement && hit.site.framework.name !== 'pytorch' && /^y_?pred/i.test(nameOf(given));
  return isPrediction && companions(hit, hit.matched).some((factor) => /^y_?true/i.test(nameOf(factor)));
}

/**
 * Whether it is the logarithm of the element that the target picks, `-log(gather(p, 1, target))`, in a loss that is called
 * a likelihood or a cross-entropy, of what a model of the file ends in.
 */
function isPickedOfModel(own: GuardedLogarithm, hit: Hit): boolean {
  const { analysis, site } = hit;
  const { within } = site;
  if (own.complement || within?.kind !== 'function' || !/nll|likelihood|cross_?entropy/i.test(within.name))
    return false;
  const isPicked = /\bgather\w*\(/.test(analysis.text.slice(site.range.start, site.range.end));
  return isPicked && own.probability.kind === 'variable' && analysis.ask(hasModelEndingInSoftmax);
}

/** A value divided by its sum. */
function isShare(value: Expression): value is Operation {
  if (value.kind !== 'operation' || value.operator !== 'divide') return false;
  const [share, whole] = value.operands as [Expression, Expression];
  return whole.kind === 'operation' && whole.operator === 'sum' && whole.operands[0] === share;
}

/** An entropy, p * log(p), of which another rule speaks. */
function isInEntropy(own: GuardedLogarithm, hit: Hit): boolean {
  return companions(hit, hit.matched).some((factor) => {
    const weight = guardedIn(factor);
    return weight?.complement === own.complement && ofSameProbability(weight, own);
  });
}

function atPlace(hit: Hit): Form | undefined {
  const own = guardedLogarithm(hit.matched);
  if (own?.source !== 'other' || !hit.site.framework.differentiates) return undefined;
  if (!isGiven(own.probability, hit) || isInEntropy(own, hit)) return undefined;
  const terms = summedWith(hit, hit.matched);
  const self = terms.find(({ logarithm }) => logarithm === own);
  const isOfBoth = self && terms.some((other) => isPair(own, self.sign, other, hit));
  if (!isOfBoth && !isCategorical(own, hit) && !isPickedOfModel(own, hit)) return undefined;
  return {
    ...hit.form,
    severity: isOutsideTraining(hit) ? 'hint' : 'information',
    advice: adviceIn(hit.formats[0] ?? 'float32'),
  };
}

const adviceIn = (format: FormatName): string =>
  `take the logits instead, with the cross-entropy that takes logits, or limit the probability to ${limitsIn(format)}`;

const form = (complement: boolean): Form => ({
  pattern: logarithmWhere((guarded) => guarded.complement === complement && isBare(guarded)),
  name: complement ? 'log(1 - x) in a cross-entropy' : 'log(x) in a cross-entropy',
  operand: 'the probability',
  headline: { of: 'value', side: complement ? 'above' : 'below' },
  unstable: () => log(complement ? subtract(1, x) : x),
  sparesSampling: true,
  bounded: false,
  at: atPlace,
  advice: adviceIn('float32'),
});

export const crossEntropyOfGiven: Rule = {
  id: 'cross-entropy-of-probability',
  title: 'cross-entropy of a probability',
  entries: ['NS01', 'NS02'],
  severity: 'information',
  triggers: [['log', 'Log']],
  forms: [form(false), form(true)],
};
