import {
  add,
  apply,
  bind,
  complement,
  divide,
  equal,
  inOrder,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  matchPattern,
  negate,
  negated,
  sameComputation,
  select,
  sigmoid,
  softmax,
  subtract,
  tanh,
  variable,
  type Bindings,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import type { FormatName } from '../../numeric';
import { intervalOf } from '../interval';
import { operand, t, x, type Form, type Hit, type Rewriting, type Rule } from '../rule';
import { companions } from './evidence';
import {
  bareOf,
  guardedIn,
  guardedLogarithm,
  hasProbability,
  isBare,
  limitsIn,
  logarithmWhere,
  ofSameProbability,
  valueAt,
  weighedIn,
  written,
} from './guarded';
import type { Guarded } from './guarded';
import {
  clampOnTheWrongSide,
  clampWithoutEffect,
  epsilonBeforeSubtraction,
  logOfClampedProbability,
  logOfProbabilityPlusEpsilon,
  ofGap,
  adviceOfOthers,
} from './guardedLogarithms';
import { everywhere, reshaped, sigmoidOf, sigmoidOfTanh, softmaxOf } from './shapes';
import { carriesGradient, isInsideTraining, isLossOfKeras, isOutsideTraining, namesAround } from './zeros';

// log(1 - softmax(x)): the sum over the other classes, lost in the subtraction.

/** In no format do logits that lie no farther apart give 1. */
const liesFarApart = ({ bindings }: Hit): boolean => {
  const logits = bindings.get('x');
  const { low, high } = logits ? intervalOf(logits) : { low: 0, high: Infinity };
  return high - low >= 5;
};

const ofOthers = (name: string, pattern: Pattern, unstable: Expression): Form => ({
  pattern,
  name,
  culprit: 'softmax',
  operand: 'the logits',
  bounded: false,
  unstable: () => unstable,
  stable: () => logSoftmax(0, x),
  headline: { of: 'value', side: 'above' },
  speech: ofGap,
  guard: liesFarApart,
  sparesSampling: true,
  advice: adviceOfOthers,
});

const logOfOneMinusSoftmax: Rule = {
  id: 'log-of-one-minus-softmax',
  title: 'log of 1 - softmax',
  entries: ['NS04'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['oftmax', 'exp'],
  ],
  forms: [
    ofOthers(
      'log(1 - softmax(x))',
      apply('log', reshaped(complement(reshaped(softmaxOf(operand))))),
      log(subtract(1, softmax(x, 0))),
    ),
    ofOthers(
      'log1p(-softmax(x))',
      apply('log1p', reshaped(negated(reshaped(softmaxOf(operand))))),
      log1p(negate(softmax(x, 0))),
    ),
  ],
};

// Focal losses by hand: the power of the complement weighs a logarithm that is -inf.

/** What is raised to a power in the products that a value is a factor of, also as a square written out. */
function powersBeside(hit: Hit): readonly Expression[] {
  return companions(hit, hit.matched).flatMap((factor) => {
    if (factor.kind !== 'operation') return [];
    const [base, power] = factor.operands as [Expression, Expression];
    if (factor.operator === 'power') return power.kind === 'constant' && power.value <= 0 ? [] : [base];
    return factor.operator === 'multiply' && sameComputation(base, power) ? [base] : [];
  });
}

/** Whether the logarithm is weighed by a power of a value that the probability is part of. */
function isFocal(hit: Hit, probability: Expression): boolean {
  const isOfIt = (node: Expression): boolean =>
    inOrder([node]).some((each) => each === probability || isSameOperation(each, probability));
  return powersBeside(hit).some(isOfIt);
}

function isSameOperation(a: Expression, b: Expression): boolean {
  return a.kind === 'operation' && b.kind === 'operation' && a.operator === b.operator && sameComputation(a, b);
}

/** Whether log(p) is weighed by a power of 1 - p, or log(1 - p) by one of p. */
function isFocalOfComplement(hit: Hit, guarded: Guarded): boolean {
  return powersBeside(hit).some((base) => {
    const other = guardedIn(base);
    return other !== undefined && other.complement !== guarded.complement && ofSameProbability(other, guarded);
  });
}

const logSigmoids: Readonly<Record<'of x' | 'of -x', Rewriting>> = {
  'of x': {
    pytorch: '{torch.nn.functional.logsigmoid}($x)',
    tensorflow: '{tensorflow.math.log_sigmoid}($x)',
    keras: '{keras.ops.log_sigmoid}($x)',
    'keras-backend': '-{keras.backend.softplus}($-x)',
    jax: '{jax.nn.log_sigmoid}($x)',
    numpy: '{scipy.special.log_expit}($x)',
  },
  'of -x': {
    pytorch: '{torch.nn.functional.logsigmoid}($-x)',
    tensorflow: '{tensorflow.math.log_sigmoid}($-x)',
    keras: '{keras.ops.log_sigmoid}($-x)',
    'keras-backend': '-{keras.backend.softplus}($x)',
    jax: '{jax.nn.log_sigmoid}($-x)',
    numpy: '{scipy.special.log_expit}($-x)',
  },
};

const focalForm = (name: string, isComplement: boolean, unstable: Expression): Form => ({
  pattern: logarithmWhere((guarded) => guarded.complement === isComplement && isBare(guarded)),
  name,
  culprit: 'sigmoid',
  operand: 'the argument of the sigmoid',
  headline: { of: 'value', side: isComplement ? 'above' : 'below' },
  unstable: () => unstable,
  stable: () => logSigmoid(isComplement ? negate(x) : x),
  write: logSigmoids[isComplement ? 'of -x' : 'of x'],
  sparesSampling: true,
  at: (hit) => {
    const guarded = guardedLogarithm(hit.matched);
    if (!guarded || guarded.source === 'softmax' || guarded.mixed || !isFocal(hit, guarded.probability))
      return undefined;
    return guarded.source === 'sigmoid' ? hit.form : focalOfGiven(hit, guarded);
  },
});

/** A probability that the code is only given: by whom it was limited is not known, and as a rule it was. */
function focalOfGiven(hit: Hit, guarded: Guarded): Form | undefined {
  const { low, high } = intervalOf(guarded.probability);
  if (!hit.site.framework.differentiates || (guarded.complement ? high < 1 : low > 0)) return undefined;
  if (!isFocalOfComplement(hit, guarded)) return undefined;
  // What is computed from a sigmoid is known better than what is only given.
  if (hasProbability(guarded.probability)) return undefined;
  if (!carriesGradient(guarded.probability, hit)) return undefined;
  const { stable: _, write: __, culprit: ___, at: ____, ...general } = hit.form;
  return {
    ...general,
    name: guarded.complement ? 'log(1 - x) in a focal loss' : 'log(x) in a focal loss',
    severity: isLossOfKeras(hit) ? 'information' : 'hint',
    operand: 'the probability',
    unstable: () => log(guarded.complement ? subtract(1, x) : x),
    advice: `take the logits instead and compute the logarithm with log_sigmoid, or limit the probability to ${limitsIn(hit.formats[0] ?? 'float32')}`,
  };
}

/** p where the target is 1 and 1 - p where it is 0, by a condition or as a mixture; `x` is what the sigmoid is of. */
const probabilityOfTarget = (p: Pattern): Pattern => {
  const inPair = (a: Expression, b: Expression, bindings: Bindings): Bindings | undefined => {
    const [first, second] = [guardedIn(a), guardedIn(b)];
    if (!first || !second || !isBare(first) || !isBare(second)) return undefined;
    if (first.complement === second.complement || !ofSameProbability(first, second)) return undefined;
    return p.match(first.probability, bindings);
  };
  const roots: ReadonlySet<Operator> = new Set<Operator>(['select', 'add']);
  return {
    roots,
    match(node: Expression, bindings: Bindings) {
      if (node.kind !== 'operation') return undefined;
      const [a, b, c] = node.operands as [Expression, Expression, Expression];
      if (node.operator === 'select') return inPair(b, c, bindings);
      if (node.operator !== 'add') return undefined;
      // p * t + (1 - p) * (1 - t), and the same with other weights: the targets are such a pair, too.
      for (const first of weighedIn(a))
        for (const second of weighedIn(b)) {
          const found = inPair(first, second, bindings);
          if (found) return found;
        }
      return undefined;
    },
  };
};

/** A sigmoid by its tanh, as it is measured. */
export const sigmoidByTanh = divide(add(tanh(divide(x, 2)), 1), 2);

const ofTarget = (p: Expression): Expression => select(equal(t, 1), p, subtract(1, p));

/** The logarithm of p where the target is 1 and of 1 - p where it is 0. */
export const logOfProbabilityOfTarget: Form = {
  pattern: apply('log', reshaped(probabilityOfTarget(sigmoidOf(operand)))),
  name: 'log(p_t) of p = sigmoid(x)',
  culprit: 'sigmoid',
  repeated: true,
  operand: 'the argument of the sigmoid',
  headline: { of: 'value', side: 'above', target: 0 },
  unstable: () => log(ofTarget(sigmoid(x))),
  stable: () => select(equal(t, 1), logSigmoid(x), logSigmoid(negate(x))),
  advice:
    'compute the cross-entropy from the logits, with the function that takes logits, and p_t as exp(-cross_entropy)',
  sparesSampling: true,
};

/** The same of a sigmoid by its tanh. */
export const logOfTanhOfTarget: Form = {
  ...logOfProbabilityOfTarget,
  pattern: apply('log', reshaped(probabilityOfTarget(sigmoidOfTanh(operand)))),
  name: 'log(p_t) of p = (tanh(x / 2) + 1) / 2',
  culprit: 'tanh',
  operand: 'the argument of the sigmoid',
  unstable: () => log(ofTarget(sigmoidByTanh)),
};

const focalOfTarget: Form = {
  ...logOfProbabilityOfTarget,
  at: (hit) => {
    const probability = hit.matched.kind === 'operation' ? hit.matched.operands[0] : undefined;
    if (!probability || !isFocal(hit, probability)) return undefined;
    return { ...hit.form, name: `${hit.form.name} with target 0` };
  },
};

const focalLossOfProbability: Rule = {
  id: 'focal-loss-of-probability',
  title: 'focal loss of a sigmoid',
  entries: ['NS69'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['pow', '**', 'square', '*'],
  ],
  forms: [
    focalOfTarget,
    focalForm('(1 - p)**2 * log(p) of p = sigmoid(x)', false, log(sigmoid(x))),
    focalForm('p**2 * log(1 - p) of p = sigmoid(x)', true, log(subtract(1, sigmoid(x)))),
  ],
};

// The logit of a probability, which was there before the probability was.

/** A logit computed from a probability: log(p / (1 - p)), and the other ways to write it. */
interface Inverse {
  readonly probability: Guarded;
  /** Whether it is that of 1 - p. */
  readonly negated: boolean;
  readonly bare: boolean;
  readonly around: (p: Expression) => Expression;
}

function inverseIn(node: Expression): Inverse | undefined {
  if (node.kind !== 'operation') return undefined;
  const [a, b] = node.operands as [Expression, Expression | undefined];
  if (node.operator === 'subtract' && b) {
    const [first, second] = [guardedLogarithm(a), guardedLogarithm(b)];
    return inPair(first, second, (p) => subtract(first?.logarithm(p) ?? p, second?.logarithm(p) ?? p));
  }
  if (node.operator !== 'log' || a.kind !== 'operation') return undefined;
  const [over, under] = a.operands as [Expression, Expression | undefined];
  if (a.operator === 'divide' && under) {
    const read = [guardedIn(over), guardedIn(under)];
    const [first, second] = read.every((each) => each) ? read : (withComplement(over, under) ?? []);
    return inPair(first, second, (p) => log(divide(first?.around(p) ?? p, second?.around(p) ?? p)));
  }
  const reciprocal = matchPattern(apply('subtract', apply('divide', 1, operand), 1), a)?.get('x');
  const probability = reciprocal && guardedIn(reciprocal);
  if (!probability || probability.complement) return undefined;
  return {
    probability,
    negated: true,
    bare: isBare(probability),
    around: (p) => log(subtract(divide(1, probability.around(p)), 1)),
  };
}

/** A value and 1 minus that value, whatever it is, in either order. */
function withComplement(a: Expression, b: Expression): [Guarded, Guarded] | undefined {
  const isComplement = (whole: Expression, of: Expression): boolean =>
    matchPattern(complement(bind('x', (node) => sameComputation(node, of))), whole) !== undefined;
  if (isComplement(b, a)) return [bareOf(a, false), bareOf(a, true)];
  return isComplement(a, b) ? [bareOf(b, true), bareOf(b, false)] : undefined;
}

function inPair(
  first: Guarded | undefined,
  second: Guarded | undefined,
  around: Inverse['around'],
): Inverse | undefined {
  if (!first || !second || first.complement === second.complement || !ofSameProbability(first, second))
    return undefined;
  return { probability: first, negated: first.complement, bare: isBare(first) && isBare(second), around };
}

/** Any logarithm of a quotient and difference of logarithms that is a logit of one probability. */
const inversePattern: Pattern = {
  roots: new Set<Operator>(['log', 'subtract']),
  match(node: Expression, bindings: Bindings) {
    const inverse = inverseIn(node);
    return inverse && new Map(bindings).set('x', inverse.probability.logit ?? inverse.probability.probability);
  },
};

const logits = (template: string): Rewriting =>
  everywhere(template, 'pytorch', 'tensorflow', 'keras', 'keras-backend', 'jax', 'numpy');

/** A value that is computed and trained through, and not moved off 0 and 1 by its author. */
function isPrediction(value: Expression, hit: Hit): boolean {
  if (value.kind !== 'operation' || value.operator === 'add') return false;
  return carriesGradient(value, hit) && isInsideTraining(hit);
}

/** The logit of a value whose limit rounds to the end: logit(clamp(p, 1e-8, 1 - 1e-8)). */
function limitedLogit(hit: Hit, { around }: Inverse, side: 'above' | 'below'): Form {
  const { at: _, stable: __, write: ___, ...general } = hit.form;
  return {
    ...general,
    name: written(around(x)),
    operand: 'the probability',
    unstable: () => around(x),
    headline: { of: 'value', side },
    advice: 'limit the probability by an eps that the format can tell from 0 beside 1, such as 1e-6',
  };
}

function logitAt(hit: Hit): Form | undefined {
  const inverse = inverseIn(hit.matched);
  if (!inverse) return undefined;
  const { probability, bare, around } = inverse;
  const { source } = probability;
  const format: FormatName = hit.site.format ?? hit.formats[0] ?? 'float32';
  const fails = (p: number): boolean => !Number.isFinite(valueAt(around, p, format));
  const side = fails(1) ? 'above' : fails(0) ? 'below' : undefined;
  const { at: _, stable: __, write: ___, ...general } = hit.form;
  if (source === 'other') {
    if (!bare)
      return side && probability.limits.some(({ isMeant }) => isMeant) ? limitedLogit(hit, inverse, side) : undefined;
    // What a probability of unknown origin can become is not known, and a prior or data is neither 0 nor 1.
    if (!hit.site.framework.differentiates) return undefined;
    // One that is only given may be any, where gradients are taken.
    const isComputed = isPrediction(probability.probability, hit);
    const isGiven =
      probability.probability.kind === 'variable' &&
      carriesGradient(probability.probability, hit) &&
      !namesAround(hit).some((name) => /^_?inv(erse)?$|_inverse$/.test(name));
    return {
      ...general,
      name: written(around(x)),
      severity: isComputed || (isGiven && !isOutsideTraining(hit)) ? 'information' : 'hint',
      operand: 'the probability',
      unstable: () => around(x),
      headline: { of: 'value', side: 'above' },
      advice: 'keep the logit that p was computed from, or limit p to 1e-6 and 1 - 1e-6',
    };
  }
  // Where guards on both sides hold, the logarithms themselves are spoken of.
  if (!side || (source === 'softmax' && !liesFarApart(hit))) return undefined;
  const unstable = around(source === 'sigmoid' ? sigmoid(x) : softmax(x, 0));
  const stable = inverse.negated ? negate(x) : x;
  return {
    ...general,
    name: written(around(variable(source === 'sigmoid' ? 'sigmoid(x)' : 'softmax(x)'))),
    culprit: source,
    operand: source === 'sigmoid' ? 'the argument of the sigmoid' : 'the logits',
    unstable: () => unstable,
    headline: { of: 'value', side },
    ...(source === 'softmax' ? { speech: ofGap, bounded: false, advice: adviceOfOthers } : { stable: () => stable }),
    ...(source === 'sigmoid' && bare
      ? { write: logits(inverse.negated ? '$-x' : '$x') }
      : { advice: 'use the logit that the probability was computed from' }),
  };
}

const logitOfProbability: Rule = {
  id: 'logit-of-probability',
  title: 'logit of a probability',
  entries: ['NS33'],
  severity: 'warning',
  triggers: [['log', 'Log']],
  forms: [
    {
      pattern: inversePattern,
      name: 'log(sigmoid(x) / (1 - sigmoid(x)))',
      operand: 'the argument of the sigmoid',
      unstable: () => log(divide(sigmoid(x), subtract(1, sigmoid(x)))),
      stable: () => x,
      headline: { of: 'value', side: 'above' },
      sparesSampling: true,
      repeated: true,
      at: logitAt,
      absorbs: [
        'log-of-sigmoid',
        'log-of-softmax',
        'log-of-one-minus-softmax',
        'log-of-probability-plus-epsilon',
        'log-of-clamped-probability',
      ],
    },
  ],
};

/** The more specific ones first: focal losses before the logarithms that they are made of. */
export const probabilities: readonly Rule[] = [
  logitOfProbability,
  focalLossOfProbability,
  logOfOneMinusSoftmax,
  epsilonBeforeSubtraction,
  clampWithoutEffect,
  clampOnTheWrongSide,
  logOfProbabilityPlusEpsilon,
  logOfClampedProbability,
];
