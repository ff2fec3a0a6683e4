import {
  absolute,
  add,
  and,
  clip,
  constant,
  divide,
  floor,
  lessEqual,
  less,
  maximum,
  minimum,
  multiply,
  round,
  select,
  subtract,
  withGradient,
  type Expression,
  type Operand,
} from '../expression';
import { probability, tfSigmoidCrossEntropy } from './bce';
import { defineLoss, t, z, type LossConstant, type LossEntry } from './entry';
import { binaryCrossEntropy } from './ideal';

/** Something that takes the place of rounding to 0 or 1. */
export type Rounding = (x: Expression) => Expression;

/** A straight line from 0 to 1, as wide as `width`, with its middle at `threshold`. */
export function hardSigmoid(x: Expression, threshold: number, width: number): Expression {
  const shifted = threshold === 0 ? x : subtract(x, threshold);
  return maximum(0, minimum(1, divide(add(shifted, width / 2), width)));
}

/** `0.5 (1 + g x / (1 + g |x|))`, clipped to [0, 1], with its middle at `threshold`; its steepest slope is g / 2. */
export function softsign(x: Expression, threshold: number, steepness: number): Expression {
  const shifted = threshold === 0 ? x : subtract(x, threshold);
  const ratio = divide(multiply(steepness, shifted), add(1, multiply(steepness, absolute(shifted))));
  return maximum(0, minimum(1, multiply(0.5, add(1, ratio))));
}

/** 1 - precision over a batch, `1 - tp / (tp + fp + epsilon)`, outputs and targets made 0 or 1 by `binary`. */
export function precisionLoss(
  samples: readonly { readonly output: Expression; readonly target: Expression }[],
  binary: Rounding,
  epsilon: number,
): Expression {
  const total = (terms: readonly Expression[]): Expression => terms.reduce((sum, term) => add(sum, term));
  const counts = samples.map(({ output, target }) => {
    const predicted = binary(clip(output, 0, 1));
    const actual = binary(clip(target, 0, 1));
    return { truePositive: multiply(actual, predicted), falsePositive: multiply(subtract(1, actual), predicted) };
  });
  const tp = total(counts.map(({ truePositive }) => truePositive));
  const fp = total(counts.map(({ falsePositive }) => falsePositive));
  return subtract(1, divide(tp, add(add(tp, fp), epsilon)));
}

/**
 * `tf.quantization.fake_quant_with_min_max_vars`: rounds x to one of 2^bits levels between `min` and `max`, both moved
 * so that 0 is a level. Its backward pass is the straight-through estimator: 1 between the ends, borders included, and 0
 * beyond (fake_quant_ops_functor.h).
 */
export function fakeQuantize(x: Expression, min: number, max: number, bits: number): Expression {
  const steps = 2 ** bits - 1;
  const scale = divide(subtract(max, min), steps);
  const nearest = (value: Operand): Expression => floor(add(value, 0.5));
  const zeroPoint = clip(nearest(subtract(0, divide(min, scale))), 0, steps);
  const lowest = multiply(subtract(0, zeroPoint), scale);
  const highest = multiply(subtract(steps, zeroPoint), scale);
  const clamped = maximum(minimum(x, highest), lowest);
  const level = nearest(divide(subtract(clamped, lowest), scale));
  const inside = and(lessEqual(lowest, x), lessEqual(x, highest));
  return withGradient(add(multiply(level, scale), lowest), [x], [select(inside, 1, 0)]);
}

const epsilonConstant = {
  name: 'epsilon',
  label: 'epsilon',
  default: 1e-7,
  minimum: 0,
  maximum: 1,
  describe: 'Added to the number of predicted positives, so that nothing is divided by 0.',
} as const satisfies LossConstant;

const thresholdConstant = {
  name: 'threshold',
  label: 'threshold',
  default: 0,
  minimum: 0,
  maximum: 1,
  describe: 'Where the step is. As published it is at 0; rounding has it at 0.5.',
} as const satisfies LossConstant;

/** The sample, and one true and one false positive beside it, so that it matters for either target. */
const batch = [
  { output: probability, target: t },
  { output: constant(1), target: constant(1) },
  { output: constant(1), target: constant(0) },
];

/** The same, counted: 1 - (t n + 1) / (n + 2), where n is 1 for a positive prediction and else 0. */
const countedPrecisionLoss: Expression = subtract(1, select(less(0, z), divide(add(t, 1), 3), divide(1, 2)));

const wantsGradient = {
  id: 'tf/sigmoid-cross-entropy-with-logits',
  why: 'Train with a loss whose gradient is alive wherever the output is wrong, and watch precision as a metric.',
};

const source = 'stackoverflow.com, "Keras custom loss function with binary (round) with tensorflow backend"';

/** Losses with a rounding in them, and what is put in the place of its derivative, which is 0 or does not exist. */
export const surrogateLosses: readonly LossEntry[] = [
  defineLoss({
    id: 'keras/precision-loss-round',
    label: 'Precision loss, rounded',
    family: 'surrogate',
    framework: 'Keras',
    versions: 'a custom loss on the TensorFlow backend',
    source,
    formula: 'q = round(p), y = round(t); 1 − Σ y·q / (Σ y·q + Σ (1 − y)·q + ε)',
    constants: [epsilonConstant],
    notes:
      'Measured for one sample in a batch with one true and one false positive besides. round has no derivative other than ' +
      '0, and TensorFlow none at all: there is nothing to train with.',
    preferred: wantsGradient,
    binaryTargets: true,
    form: ({ epsilon }) => ({
      loss: precisionLoss(batch, round, epsilon),
      ideal: countedPrecisionLoss,
    }),
  }),
  defineLoss({
    id: 'keras/precision-loss-hard-sigmoid',
    label: 'Precision loss, rounding by a clipped line',
    family: 'surrogate',
    framework: 'Keras',
    versions: 'a custom loss on the TensorFlow backend',
    source,
    formula: 's(x) = max(0, min(1, (x − θ + w/2) / w)); q = s(p), y = s(t); 1 − Σ y·q / (Σ y·q + Σ (1 − y)·q + ε)',
    constants: [
      thresholdConstant,
      {
        name: 'width',
        label: 'width',
        default: 0.125,
        exclusiveMinimum: 0,
        maximum: 2,
        describe: 'How wide the slope is.',
      },
      epsilonConstant,
    ],
    notes:
      'Measured for one sample in a batch with one true and one false positive besides. As published the slope is around 0: ' +
      'every probability above 0.0625 counts as positive, and target 0 as half a positive. Beyond the slope the gradient ' +
      'is exactly 0.',
    preferred: wantsGradient,
    binaryTargets: true,
    form: ({ threshold, width, epsilon }) => ({
      loss: precisionLoss(batch, (x) => hardSigmoid(x, threshold, width), epsilon),
      ideal: countedPrecisionLoss,
    }),
  }),
  defineLoss({
    id: 'keras/precision-loss-softsign',
    label: 'Precision loss, rounding by softsign',
    family: 'surrogate',
    framework: 'Keras',
    versions: 'a custom loss on the TensorFlow backend',
    source,
    formula:
      's(x) = max(0, min(1, (1 + g·(x − θ) / (1 + g·|x − θ|)) / 2)); q = s(p), y = s(t); ' +
      '1 − Σ y·q / (Σ y·q + Σ (1 − y)·q + ε)',
    constants: [
      thresholdConstant,
      {
        name: 'steepness',
        label: 'steepness',
        default: 100,
        exclusiveMinimum: 0,
        maximum: 1e6,
        describe: 'Called max_gradient where it was published; the steepest slope is half of it.',
      },
      epsilonConstant,
    ],
    notes:
      'Measured for one sample in a batch with one true and one false positive besides. Its gradient is not cut off as that ' +
      'of the clipped line is, but as published it, too, is around 0: every probability counts as 0.5 or more, and target ' +
      '0 as half a positive.',
    preferred: wantsGradient,
    binaryTargets: true,
    form: ({ threshold, steepness, epsilon }) => ({
      loss: precisionLoss(batch, (x) => softsign(x, threshold, steepness), epsilon),
      ideal: countedPrecisionLoss,
    }),
  }),
  defineLoss({
    id: 'tf/sigmoid-cross-entropy-of-fake-quant',
    label: 'Sigmoid cross-entropy of a fake-quantised logit',
    family: 'surrogate',
    framework: 'TensorFlow',
    versions: 'TensorFlow 1 and 2, quantisation-aware training',
    source: 'tensorflow/core/kernels/fake_quant_ops_functor.h',
    formula: 'q = fake_quant(z, −L, L, bits); max(q, 0) − q·t + log1p(exp(−|q|))',
    constants: [
      {
        name: 'limit',
        label: 'limit',
        default: 6,
        exclusiveMinimum: 0,
        maximum: 1e6,
        describe: 'The logit is limited to [-limit, limit].',
      },
      {
        name: 'bits',
        label: 'bits',
        default: 8,
        minimum: 2,
        maximum: 16,
        integer: true,
        describe: 'Bits of a level.',
      },
    ],
    notes:
      'A staircase. The straight-through estimator passes the gradient on within the range as if nothing were rounded, and ' +
      'stops it beyond: with the limit 6 the loss ends at 0.0025 on the right side, and the gradient is dead from 6.02 on ' +
      'the wrong one. The range is moved to −6.0235 to 5.9765, so that 0 is a level.',
    formats: ['float32'],
    form: ({ limit, bits }) => ({
      loss: tfSigmoidCrossEntropy(fakeQuantize(z, -limit, limit, bits)),
      ideal: binaryCrossEntropy,
    }),
  }),
];
