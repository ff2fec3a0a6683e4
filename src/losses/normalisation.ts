import {
  add,
  constant,
  divide,
  logSigmoid,
  logSoftmax,
  multiply,
  negate,
  power,
  select,
  equal,
  sqrt,
  stopGradient,
  subtract,
  type Expression,
} from '../expression';
import { defineLoss, t, z, type LossEntry } from './entry';

/** The mean from first to last. */
function meanOf(values: readonly Expression[]): Expression {
  return divide(
    values.reduce((sum, value) => add(sum, value)),
    values.length,
  );
}

/**
 * `tf.nn.moments`: the mean and the variance, in which no gradient goes through the mean (nn_impl.py). In exact
 * arithmetic it makes no difference, since the deviations from the mean add up to 0; it saves the backward pass a sum
 * that comes to 0 but for its rounding. float16 is cast to float32 before, because squares overflow in it.
 */
export function moments(values: readonly Expression[]): { readonly mean: Expression; readonly variance: Expression } {
  const mean = meanOf(values);
  const center = stopGradient(mean);
  const squares = values.map((value) => {
    const difference = subtract(value, center);
    return multiply(difference, difference);
  });
  return { mean, variance: meanOf(squares) };
}

/** `tf.contrib.layers.instance_norm` of one channel, without center and scale: (x - mean) / sqrt(variance + epsilon). */
export function instanceNorm(values: readonly Expression[], epsilon = 1e-6): Expression[] {
  const { mean, variance } = moments(values);
  const inverse = divide(1, sqrt(add(variance, epsilon)));
  // tf.nn.batch_normalization: x * inv + (offset - mean * inv), without offset.
  const offset = subtract(constant(0), multiply(mean, inverse));
  return values.map((value) => add(multiply(value, inverse), offset));
}

/** Keras' `output / sum(output)`: to probabilities that add up to 1. A second time it changes the last bits alone. */
export function renormalize(outputs: readonly Expression[]): Expression[] {
  const sum = outputs.reduce((total, output) => add(total, output));
  return outputs.map((output) => divide(output, sum));
}

const epsilonConstant = {
  name: 'epsilon',
  label: 'epsilon',
  default: 1e-6,
  exclusiveMinimum: 0,
  maximum: 1,
  describe: 'Added to the variance, so that nothing is divided by 0.',
} as const;

/** Losses of outputs that are normalised over one sample. */
export const normalisationLosses: readonly LossEntry[] = [
  defineLoss({
    id: 'tf/softmax-cross-entropy-of-instance-norm',
    label: 'Softmax cross-entropy of instance-normalised logits',
    family: 'normalisation',
    framework: 'TensorFlow',
    versions: 'tf.contrib.layers.instance_norm of TensorFlow 1, tf.nn.moments of 1 and 2',
    source: 'tensorflow/python/ops/nn_impl.py',
    formula:
      'm = (z + 0)/2; v = ((z − stop_gradient(m))² + (0 − stop_gradient(m))²)/2; x = ([z, 0] − m)/sqrt(v + ε); ' +
      '−log_softmax(x)[label]',
    constants: [epsilonConstant],
    notes:
      'Of two logits only the order is left, x = ±1: the loss is 0.1269 or 2.1269, and the gradient dies out as ε / |z|³. ' +
      'stop_gradient in the variance changes no gradient: the deviations from the mean add up to 0.',
    formats: ['float32', 'float64'],
    binaryTargets: true,
    form: ({ epsilon }) => {
      const [first, second] = instanceNorm([z, constant(0)], epsilon) as [Expression, Expression];
      // The difference of the two: z / sqrt(z² / 4 + ε).
      const difference = divide(z, sqrt(add(divide(power(z, 2), 4), epsilon)));
      return {
        loss: negate(select(equal(t, 1), logSoftmax(first, second), logSoftmax(second, first))),
        ideal: subtract(
          multiply(negate(t), logSigmoid(difference)),
          multiply(subtract(1, t), logSigmoid(negate(difference))),
        ),
      };
    },
  }),
];
