import {
  add,
  clip,
  differentiate,
  either,
  exp,
  log,
  logSigmoid,
  logSoftmax,
  maximum,
  minimum,
  multiply,
  negate,
  sameComputation,
  sigmoid,
  softmax,
  subtract,
  variable,
  type Expression,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import { lensOf, measure, messageOf, printThreshold } from '../describe';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { ofVariable, x, type Form, type Hit, type Rule, type Saying, type Speech } from '../rule';
import { multiplicandsOf, nameOf, productsWith } from './evidence';
import { isOutputOfModel } from './models';
import { naturalIn, toAnyBase, type Base } from './shapes';
import { isInsideTraining } from './zeros';
import {
  guardedIn,
  guardedLogarithm,
  isBare,
  logarithmWhere,
  ofSameProbability,
  rounded,
  valueAt,
  written,
  type Guarded,
  type GuardedLogarithm,
  type Source,
} from './guarded';

/**
 * Logarithms of probabilities that an epsilon or a limit is to keep off 0 or 1: where that doesn't hold in the format,
 * and what it costs where it does. What is measured is the expression that stands there, with its own numbers.
 */

/** How far a logit lies from the others. */
export const ofGap: Speech = {
  amount: (printed) => printed.replace('-', ''),
  threshold: (amount, side) =>
    side === 'below' ? `from a logit ${amount} below the greatest` : `from a logit ${amount} above all others`,
};

/** Thresholds of all that is added up. */
const ofEach: Speech = {
  ...ofVariable,
  threshold: (from, side) => (side === 'above' ? `where all x are >= ${from}` : `where all x are <= ${from}`),
};

const ofEachGap: Speech = {
  ...ofGap,
  threshold: (amount, side) =>
    side === 'below'
      ? `where all logits that it takes lie ${amount} below the greatest`
      : `where one logit that it takes lies ${amount} above all others`,
};

/** How thresholds of the probability's logits are spoken of. */
export const speechOf = ({ source, mixed }: Guarded): Speech => speechOfAll(source, mixed?.isSum === true);

/** @param isSum whether several are added up, all of which have to be so far out */
export function speechOfAll(source: Source, isSum: boolean): Speech {
  if (source === 'softmax') return isSum ? ofEachGap : ofGap;
  return isSum ? ofEach : ofVariable;
}

/** What the guard does at the end of the probability's range where it is needed. */
type Effect =
  /** The logarithm is -inf or NaN there as if it weren't guarded: */
  | 'epsilon lost in the 1'
  | 'epsilon subtracted'
  | 'epsilon is 0'
  | 'limit rounds to the end'
  | 'limit on the other side'
  /** It is finite, and doesn't change any more: */
  | 'epsilon holds'
  | 'limit holds';

interface Place {
  readonly hit: Hit;
  readonly guarded: BasedLogarithm;
  /** The format that the guard has to hold in. */
  readonly format: FormatName;
  readonly unstable: Expression;
}

/** The logit's probability as it is measured: of a softmax one of two components, the other logit 0. */
const measured: Readonly<Record<Source, Expression>> = { sigmoid: sigmoid(x), softmax: softmax(x, 0), other: x };
const names: Readonly<Record<Source, string>> = { sigmoid: 'sigmoid(x)', softmax: 'softmax(x)', other: 'x' };
const operands: Readonly<Record<Source, string>> = {
  sigmoid: 'the argument of the sigmoid',
  softmax: 'the logits',
  other: 'the probability',
};

/** `softmax(x)`, `sum(w * softmax(x))` */
export function nameOfProbability({ source, mixed, isOfLogarithm }: Guarded): string {
  const name = isOfLogarithm ? 'exp(log_softmax(x))' : names[source];
  return mixed?.written(name) ?? name;
}

/** Densities that are weighed by a gate: what is weighed least is 0 long before the sum is. */
const densityName = /lik|prob|pdf|dens|gauss|normal|mix|component|score|expert|emission|exp\(|(^|_)(p|pi|phi|gate)s?$/i;

/** Whether probabilities are weighed by what doesn't select any of them. */
export const isMixtureOfDensities = (hit: Hit, { mixed }: Guarded): boolean =>
  mixed?.isSum === true &&
  mixed.weights.some((weight) => {
    if (weight.kind === 'constant') return false;
    if (isSelection(weight)) return false;
    const origin = hit.analysis.originOf(weight);
    const names = [origin ? hit.analysis.text.slice(origin.start, origin.end) : '', ...(origin?.names ?? [])];
    return weight.kind !== 'variable' || names.some((name) => densityName.test(name));
  });

/** A one-hot, a comparison, and what a gradient is kept off. */
function isSelection(weight: Expression): boolean {
  if (weight.kind !== 'operation') return false;
  if (['stopGradient', 'pick', 'subtract', 'not'].includes(weight.operator)) {
    const last = weight.operands[weight.operator === 'subtract' ? 1 : 0] as Expression;
    return last.kind === 'variable' || isSelection(last);
  }
  return ['oneHot', 'less', 'lessEqual', 'equal', 'and', 'or'].includes(weight.operator);
}

/** The probability as it is measured. */
export const measuredOf = ({ source, isOfLogarithm }: Guarded): Expression =>
  isOfLogarithm ? exp(logSoftmax(x, 0)) : measured[source];

function stableOf({ source, complement }: Guarded): Expression | undefined {
  if (source === 'sigmoid') return logSigmoid(complement ? negate(x) : x);
  if (source === 'softmax') return complement ? logSoftmax(0, x) : logSoftmax(x, 0);
  return undefined;
}

/**
 * The format that the probability is rounded to. Under autocast a sigmoid is computed in the half format that layers
 * give, while softmax and logarithms are computed in float32.
 */
function formatInUse({ site, formats }: Hit, source: Source): FormatName {
  const inUse = site.format ?? (source === 'sigmoid' ? site.autocast : undefined);
  return inUse ?? formats[0] ?? 'float32';
}

function effectOf(guarded: GuardedLogarithm, format: FormatName): Effect | undefined {
  if (isBare(guarded)) return undefined;
  const { limits, epsilons, one, complement } = guarded;
  const isLimited = limits.some((limit) => limit.keepsOffZero && limit.isMeant);
  if (Number.isFinite(valueAt(guarded.logarithm, complement ? 1 : 0, format))) {
    return isLimited ? 'limit holds' : 'epsilon holds';
  }
  if (isLimited) return 'limit rounds to the end';
  if (epsilons.some((epsilon) => epsilon > 0 && rounded(epsilon, format) === 0)) return 'epsilon is 0';
  if (limits.some(({ isMeant }) => isMeant)) return 'limit on the other side';
  if (limits.length === 0 && complement && epsilons.some((epsilon) => epsilon < 0)) return 'epsilon subtracted';
  return limits.length === 0 && (one !== undefined || epsilons.some((epsilon) => epsilon > 0))
    ? 'epsilon lost in the 1'
    : undefined;
}

const outputName = /pred|prob|^p$|^p_|real|fake|disc|score|y_?hat|^out|recon/i;

/** A prediction of which only the name is known, where a model of the file ends in a sigmoid, is taken for one. */
function asOutputOfModel(guarded: BasedLogarithm, hit: Hit): BasedLogarithm {
  const { source, probability } = guarded;
  if (source !== 'other' || probability.kind !== 'variable' || !hit.site.framework.differentiates) return guarded;
  const isNamed = outputName.test(nameOf(hit, probability) ?? '');
  const isOutput = isNamed && isInsideTraining(hit) && isOutputOfModel(probability, hit);
  return isOutput ? { ...guarded, source: 'sigmoid' } : guarded;
}

/** Whether it is only taken for what a model gives: what the sigmoid is taken of stands elsewhere. */
const isOfModel = ({ source, probability }: Guarded): boolean =>
  source === 'sigmoid' && probability.kind === 'variable';

const operandOfModel = (hit: Hit): string =>
  `the argument of the sigmoid that gives \`${nameOf(hit, hit.bindings.get('x')) ?? 'it'}\`, as a model of this file does`;

/** Whether the probability can come to that end, as far as is known. */
function reachesEnd({ probability, source, logit, complement }: Guarded): boolean {
  if (source === 'other') {
    const { low, high } = intervalOf(probability);
    return complement ? high >= 1 : low <= 0;
  }
  if (source === 'sigmoid' || !logit) return true;
  // In no format do logits that lie no farther apart give 0 or 1.
  const { low, high } = intervalOf(logit);
  return high - low >= 5;
}

/** A logarithm of a guarded probability, also to another base than e. */
interface BasedLogarithm extends GuardedLogarithm {
  readonly base?: Base;
}

function logarithmIn(node: Expression): BasedLogarithm | undefined {
  const [natural, base] = naturalIn(node) ?? [];
  if (!natural || !base) return guardedLogarithm(node);
  const found = guardedLogarithm(natural);
  return found && { ...found, base, logarithm: (p) => multiply(found.logarithm(p), base.factor) };
}

function nameOfLogarithm(guarded: BasedLogarithm): string {
  const natural = guarded.base ? guarded.around : guarded.logarithm;
  const name = written(natural(variable(nameOfProbability(guarded))));
  return guarded.base ? `${guarded.base.name}(${name})` : name;
}

/** What is said where a guard has one of the effects. */
interface Consequence {
  /** The value where it fails, else the gradient. */
  readonly of: 'value' | 'gradient';
  /** @returns false where nothing is to be said */
  readonly severity: (place: Place) => Severity | false;
  /** A sentence that says why. */
  readonly because: (place: Place) => string;
  /** All that is said, where that isn't measured as a failure. */
  readonly says?: (place: Place) => Saying;
}

type Consequences = Readonly<Partial<Record<Effect, Consequence>>>;

/** The form of a rule for the logarithm of p or, with `complement`, for that of 1 - p. */
function guardForm(
  name: string,
  complement: boolean,
  eps: number,
  example: Expression,
  consequences: Consequences,
): Form {
  const [usual] = Object.values(consequences);
  const natural = logarithmWhere((guarded) => guarded.complement === complement && !isBare(guarded));
  return {
    pattern: either(natural, toAnyBase(natural)),
    name,
    headline: { of: usual?.of ?? 'value', side: complement ? 'above' : 'below' },
    operand: operands.sigmoid,
    unstable: () => example,
    stable: () => logSigmoid(complement ? negate(x) : x),
    typical: { eps },
    careful: true,
    sparesSampling: true,
    at(hit) {
      const found = logarithmIn(hit.matched);
      const guarded = found && asOutputOfModel(found, hit);
      if (!guarded || !reachesEnd(guarded) || isMixtureOfDensities(hit, guarded)) return undefined;
      const format = formatInUse(hit, guarded.source);
      const effect = effectOf(guarded, format);
      const consequence = effect && consequences[effect];
      // Where nothing is differentiated a gradient that stops is nothing to speak of.
      if (!consequence || (consequence.of === 'gradient' && !hit.site.framework.differentiates)) return undefined;
      const place: Place = { hit, guarded, format, unstable: guarded.logarithm(measuredOf(guarded)) };
      const severity = consequence.severity(place);
      return severity === false ? undefined : formAt(place, consequence, severity);
    },
  };
}

function formAt(place: Place, { of, because, says }: Consequence, severity: Severity): Form {
  const { hit, guarded, format, unstable } = place;
  const { source, complement } = guarded;
  const stable = stableOf(guarded);
  const headline = { of, side: complement ? 'above' : 'below' } as const;
  const { at: _, stable: __, typical: ___, ...general } = hit.form;
  return {
    ...general,
    name: `${nameOfLogarithm(guarded)}${guarded.ofTarget ? ' (p_t with target 0)' : ''}`,
    severity,
    ...(source === 'other' ? {} : { culprit: source }),
    ...(isOfModel(guarded) ? { operand: operandOfModel(hit) } : {}),
    headline,
    bounded: source === 'softmax' ? false : 'x',
    unstable: () => unstable,
    ...(stable ? { stable: () => stable } : {}),
    speech: speechOf(guarded),
    advice: adviceFor(hit, guarded),
    says(found) {
      if (says) return says({ ...place, hit: found });
      const { form, rule, bindings, differentiates, formats } = found;
      const failures = measure(unstable, [format, ...formats.filter((each) => each !== format)]);
      const message = messageOf(form, headline, failures, {
        operand: isOfModel(guarded) ? undefined : nameOf(hit, bindings.get('x')),
        unstable,
        differentiates,
      });
      return { message: `${message} ${because(place)}`, lens: lensOf(rule, form, failures) };
    },
  };
}

const ofLogits: Readonly<Record<'sigmoid' | 'softmax', Readonly<Partial<Record<string, string>>>>> = {
  sigmoid: {
    pytorch: 'torch.nn.functional.logsigmoid',
    tensorflow: 'tensorflow.math.log_sigmoid',
    keras: 'keras.ops.log_sigmoid',
    jax: 'jax.nn.log_sigmoid',
    numpy: 'scipy.special.log_expit',
  },
  softmax: {
    pytorch: 'torch.nn.functional.log_softmax',
    tensorflow: 'tensorflow.nn.log_softmax',
    keras: 'keras.ops.log_softmax',
    jax: 'jax.nn.log_softmax',
    numpy: 'scipy.special.log_softmax',
  },
};

export const adviceOfOthers = 'take logsumexp of the logits of all other classes, and subtract logsumexp of all logits';

function adviceFor({ analysis, site }: Hit, { source, complement, mixed }: Guarded): string {
  if (source === 'other') {
    return complement
      ? 'limit p itself by a number that the format can tell from 1, or add the epsilon last: 1 - p + 1e-7'
      : 'limit p by a number that the format can tell from 0';
  }
  if (source === 'softmax' && complement) return adviceOfOthers;
  const path = ofLogits[source][site.framework.name];
  const name = path === undefined ? `log_${source}` : analysis.spell(path);
  const argument = source === 'sigmoid' && complement ? ' of the negative logit' : '';
  return mixed
    ? `compute the logarithms from the logits, by ${name}${argument}, which needs no guard, and add them up with logsumexp`
    : `compute the logarithm from the logits, by ${name}${argument}, which needs no guard`;
}

/**
 * An entropy, p * log(p + eps), and nothing else: where the logarithm stops, its factor is 0 as well. The logarithm that
 * a policy's loss takes, too, is none.
 */
function isInEntropy({ hit, guarded }: Place): boolean {
  const isOwn = (factor: Expression): boolean => {
    const other = guardedIn(factor);
    if (other?.complement !== guarded.complement) return false;
    // Times a number of classes it is the same distribution.
    const isOfSameLogits = guarded.mixed && other.logit && guarded.logit && sameComputation(other.logit, guarded.logit);
    return isOfSameLogits === true || ofSameProbability(other, guarded);
  };
  const products = productsWith(hit, hit.matched)
    .filter((product) => product !== hit.matched)
    .map((product) => multiplicandsOf(product).filter((factor) => factor !== hit.matched));
  // Where p may be one of several, products of different ones are none of the code's.
  const isProbability = (factor: Expression): boolean => (guardedIn(factor)?.source ?? 'other') !== 'other';
  return products.some((factors) => factors.some(isOwn)) && products.every((factors) => factors.some(isProbability));
}

/** From where on the gradient is less than half the true one, in words; undefined where it is 0 before that. */
function halvedFrom({ guarded, unstable, format }: Place): string | undefined {
  const side = guarded.complement ? 'above' : 'below';
  const [inUse] = measure(unstable, [format]);
  const zero = inUse?.failures.find((failure) => failure.of === 'gradient' && failure.side === side);
  const slope = compileModelAtPoint([differentiate(unstable, x.name)], [x.name], formatByName('float64'));
  const sign = guarded.complement ? 1 : -1;
  const at = (distance: number): number => Math.abs(slope(sign * distance)[0] ?? 0);
  // Near 0 the true gradient is not near 1.
  let [low, high] = [3, zero ? Math.abs(zero.from) : 128];
  const half = 0.5 * (guarded.base?.factor ?? 1);
  if (at(low) < half || at(high) >= half) return undefined;
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (at(middle) < half) high = middle;
    else low = middle;
  }
  const speech = speechOf(guarded);
  return speech.threshold(speech.amount(printThreshold({ from: sign * high, side })), side);
}

/** The operand from which on a limit passes no gradient, in the format. */
function deadFrom({ guarded, unstable, format }: Place): number {
  const slope = compileModelAtPoint([differentiate(unstable, x.name)], [x.name], formatByName(format));
  const sign = guarded.complement ? 1 : -1;
  let [low, high] = [0, 256];
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (slope(sign * formatByName(format).round(middle))[0] === 0) high = middle;
    else low = middle;
  }
  return sign * high;
}

/** What the logarithm stops at. */
function floorOf({ guarded, format }: Place): number {
  return valueAt(guarded.logarithm, guarded.complement ? 1 : 0, format);
}

const printed = (value: number): string => String(Number(value.toPrecision(5)));

/** Larger guards are meant to be felt: those of CenterNet and RetinaNet, label smoothing. */
const largestUnintended = 1e-4;
const largestGuard = 1e-2;

/** A guard that holds costs the gradient of what training needs most; nothing of the kind is said of a value. */
function costOf(place: Place): Severity | false {
  const { guarded } = place;
  const guard = Math.exp(floorOf(place) / (guarded.base?.factor ?? 1));
  // Of a value of unknown origin nobody knows how small it becomes.
  if (guarded.source === 'other' || guard > largestGuard) return false;
  return guard > largestUnintended * 1.0001 || isInEntropy(place) ? 'hint' : 'information';
}

const floorSaid = (place: Place): string => {
  const halved = halvedFrom(place);
  const slower = halved === undefined ? '' : `, and its gradient is less than half the true one ${halved}`;
  return `It can't go below ${printed(floorOf(place))}${slower}.`;
};

const epsilonHolds: Consequence = { of: 'gradient', severity: costOf, because: floorSaid };

const epsilonIsZero: Consequence = {
  of: 'value',
  severity: ({ guarded }) => (guarded.source === 'other' ? false : 'warning'),
  because: ({ guarded, format }) =>
    `In ${format} ${guarded.epsilons.map((epsilon) => String(Math.abs(epsilon))).join(' and ')} is 0.`,
};

const limitHolds: Consequence = {
  of: 'gradient',
  severity: ({ guarded }) => (guarded.source === 'other' ? false : 'hint'),
  because: (place) => `It stops at ${printed(floorOf(place))}.`,
  says(place) {
    const { hit, guarded, format } = place;
    const side = guarded.complement ? 'above' : 'below';
    const speech = speechOf(guarded);
    const from = speech.threshold(speech.amount(printThreshold({ from: deadFrom(place), side })), side);
    const name = isOfModel(guarded) ? undefined : nameOf(hit, hit.bindings.get('x'));
    const meaning = name === undefined ? (hit.form.operand ?? operands[guarded.source]) : `\`${name}\``;
    return {
      message: `The limit stops ${hit.form.name} at ${printed(floorOf(place))} ${from} in ${format}, and its gradient is exactly 0 there: what is most wrong is not corrected. Here x is ${meaning}.`,
      lens: `${hit.rule.title}: gradient 0 ${from.replace('<=', '≤').replace('>=', '≥')} in ${format}`,
    };
  },
};

const onlyInPart = ({ guarded }: Place): Severity => (guarded.source === 'other' ? 'information' : 'warning');

export const logOfProbabilityPlusEpsilon: Rule = {
  id: 'log-of-probability-plus-epsilon',
  title: 'log of a probability plus epsilon',
  entries: ['NS16'],
  severity: 'information',
  triggers: [
    ['log', 'Log'],
    ['igmoid', 'oftmax', 'expit', 'logistic', 'exp'],
  ],
  forms: [
    guardForm('log(1 - sigmoid(x) + 1e-8)', true, 1e-8, log(add(subtract(1, sigmoid(x)), 1e-8)), {
      'epsilon holds': epsilonHolds,
      'epsilon is 0': epsilonIsZero,
    }),
    guardForm('log(sigmoid(x) + 1e-8)', false, 1e-8, log(add(sigmoid(x), 1e-8)), {
      'epsilon holds': epsilonHolds,
      'epsilon is 0': epsilonIsZero,
    }),
  ],
};

export const epsilonBeforeSubtraction: Rule = {
  id: 'epsilon-before-subtraction',
  title: 'epsilon added before the subtraction',
  entries: ['NS17'],
  severity: 'warning',
  triggers: [['log', 'Log']],
  forms: [
    guardForm('log(1e-10 + 1 - sigmoid(x))', true, 1e-10, log(subtract(add(1e-10, 1), sigmoid(x))), {
      'epsilon lost in the 1': {
        of: 'value',
        severity: onlyInPart,
        because: ({ guarded: { one, epsilons }, format }) =>
          one === undefined || one === 1
            ? `In ${format} ${epsilons.length > 0 ? epsilons.map(String).join(' and ') : 'the epsilon'} is lost before p is subtracted.`
            : `In ${format} ${String(one)} is ${String(rounded(one, format))}: the epsilon is lost before p is subtracted.`,
      },
    }),
    guardForm('log(1 - (sigmoid(x) + 1e-10))', true, 1e-10, log(subtract(1, add(sigmoid(x), 1e-10))), {
      'epsilon subtracted': {
        of: 'value',
        severity: onlyInPart,
        because: ({ guarded, format }) =>
          `${guarded.epsilons.map((epsilon) => String(Math.abs(epsilon))).join(' and ')} is subtracted together with p, which doesn't keep the difference from 0: where p is 1 the logarithm is ${String(valueAt(guarded.logarithm, 1, format)).replace('Infinity', 'inf')}.`,
      },
    }),
  ],
};

const roundsToEnd: Consequence = {
  of: 'value',
  severity: () => 'warning',
  because: ({ guarded, format }) => {
    const limit = guarded.limits.find(({ keepsOffZero, isMeant }) => keepsOffZero && isMeant)?.value ?? NaN;
    return `In ${format} the limit ${String(limit)} is ${String(rounded(limit, format))}.`;
  },
};

export const clampWithoutEffect: Rule = {
  id: 'clamp-without-effect',
  title: 'clamp without effect',
  entries: ['NS18'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['cl', 'max', 'min'],
  ],
  forms: [
    guardForm(
      'log(1 - clamp(sigmoid(x), 1e-8, 1 - 1e-8))',
      true,
      1e-8,
      log(subtract(1, clip(sigmoid(x), 1e-8, 1 - 1e-8))),
      {
        'limit rounds to the end': roundsToEnd,
      },
    ),
    guardForm('log(clamp(sigmoid(x), 1e-8, 1 - 1e-8))', false, 1e-8, log(clip(sigmoid(x), 1e-8, 1 - 1e-8)), {
      'limit rounds to the end': roundsToEnd,
    }),
  ],
};

export const logOfClampedProbability: Rule = {
  id: 'log-of-clamped-probability',
  title: 'log of a clamped probability',
  entries: ['NS19'],
  severity: 'hint',
  triggers: [
    ['log', 'Log'],
    ['cl', 'max', 'min'],
    ['igmoid', 'oftmax', 'expit', 'logistic', 'exp'],
  ],
  forms: [
    guardForm(
      'log(1 - clamp(sigmoid(x), 1e-7, 1 - 1e-7))',
      true,
      1e-7,
      log(subtract(1, clip(sigmoid(x), 1e-7, 1 - 1e-7))),
      {
        'limit holds': limitHolds,
      },
    ),
    guardForm('log(clamp(sigmoid(x), 1e-7, 1 - 1e-7))', false, 1e-7, log(clip(sigmoid(x), 1e-7, 1 - 1e-7)), {
      'limit holds': limitHolds,
    }),
  ],
};

export const clampOnTheWrongSide: Rule = {
  id: 'clamp-on-the-wrong-side',
  title: 'clamp on the wrong side',
  entries: ['NS20'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['cl', 'max', 'min'],
  ],
  forms: [
    guardForm('log(1 - max(sigmoid(x), 1e-8))', true, 1e-8, log(subtract(1, maximum(sigmoid(x), 1e-8))), {
      'limit on the other side': {
        of: 'value',
        severity: onlyInPart,
        because: () => 'The limit keeps p off 0, and this logarithm needs it off 1.',
      },
    }),
    guardForm('log(min(sigmoid(x), 1 - 1e-8))', false, 1e-8, log(minimum(sigmoid(x), 1 - 1e-8)), {
      'limit on the other side': {
        of: 'value',
        severity: ({ guarded }) => (guarded.source === 'other' ? false : 'warning'),
        because: () => 'The limit keeps p off 1, and this logarithm needs it off 0.',
      },
    }),
  ],
};
