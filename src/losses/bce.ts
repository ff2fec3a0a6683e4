import {
  absolute,
  add,
  clip,
  divide,
  exp,
  greaterEqual,
  less,
  log,
  log1p,
  logSigmoid,
  maximum,
  multiply,
  negate,
  select,
  sigmoid,
  subtract,
  withGradient,
  equal,
  type Expression,
} from '../expression';
import { defineLoss, t, z, type LossConstant, type LossEntry } from './entry';
import { binaryCrossEntropy as ideal } from './ideal';

/** Keras' fuzz factor, which `set_epsilon` changes. */
export const kerasEpsilon = {
  name: 'epsilon',
  label: 'epsilon',
  default: 1e-7,
  minimum: 0,
  maximum: 0.5,
  describe: 'The fuzz factor: probabilities are clipped to [epsilon, 1 - epsilon].',
} as const satisfies LossConstant;

/** The output of the sigmoid layer before the loss. */
export const probability: Expression = sigmoid(z);

/** `clip(p, epsilon, 1 - epsilon)`; the upper limit is computed in the format. */
export function clipProbability(output: Expression, epsilon: number): Expression {
  return clip(output, epsilon, subtract(1, epsilon));
}

/** `tf.nn.sigmoid_cross_entropy_with_logits`. */
export function tfSigmoidCrossEntropy(logits: Expression): Expression {
  const positive = greaterEqual(logits, 0);
  const relu = select(positive, logits, 0);
  const negativeMagnitude = select(positive, negate(logits), logits);
  return add(subtract(relu, multiply(logits, t)), log1p(exp(negativeMagnitude)));
}

/** `-(t log q + (1 - t) log(1 - q))`, each logarithm of its argument plus `epsilon` where there is one. */
export function crossEntropyOf(output: Expression, epsilon?: number): Expression {
  const guarded = (x: Expression): Expression => (epsilon === undefined ? x : add(x, epsilon));
  const ones = multiply(t, log(guarded(output)));
  const zeros = multiply(subtract(1, t), log(guarded(subtract(1, output))));
  return negate(add(ones, zeros));
}

/** EPSILON of Loss.cpp and Loss.cu, a float32 number for every type: 0 in float16. */
const torchBceEpsilon = Math.fround(1e-12);

/** `torch.nn.functional.binary_cross_entropy` of `output`; the kernel has its own, guarded derivative. */
export function torchBce(output: Expression, logOfRest = log1pOfNegative): Expression {
  const value = subtract(
    multiply(subtract(t, 1), maximum(logOfRest(output), -100)),
    multiply(t, maximum(log(output), -100)),
  );
  const guard = maximum(multiply(subtract(1, output), output), torchBceEpsilon);
  return withGradient(value, [output], [divide(subtract(output, t), guard)]);
}

/** log(1 - p), as the kernel had it before PyTorch 2.0. */
const logOfComplement = (output: Expression): Expression => log(subtract(1, output));
/** log1p(-p), as the kernel has it since. */
const log1pOfNegative = (output: Expression): Expression => log1p(negate(output));

/** `binary_cross_entropy_with_logits` differentiates to sigmoid(z) - t, whatever its forward formula. */
function torchWithLogits(value: Expression): Expression {
  return withGradient(value, [z], [subtract(sigmoid(z), t)]);
}

function torchLogitsBefore23(): Expression {
  const shift = maximum(negate(z), 0);
  const exponentials = add(exp(negate(shift)), exp(subtract(negate(z), shift)));
  return torchWithLogits(add(add(multiply(subtract(1, t), z), shift), log(exponentials)));
}

/** `F.binary_cross_entropy_with_logits` to PyTorch 2.2. */
export const torchBceWithLogits1: Expression = torchLogitsBefore23();
/** `F.binary_cross_entropy_with_logits` since PyTorch 2.3. */
export const torchBceWithLogits23: Expression = torchWithLogits(subtract(multiply(subtract(1, t), z), logSigmoid(z)));

/**
 * `jnp.logaddexp(x, 0)`, by JAX's own formula and derivative. It is no kernel but operations of the format:
 * max(x, 0) + log1p(exp(-|x|)), with the derivative exp(x - result).
 */
export function jaxSoftplus(x: Expression): Expression {
  const value = add(maximum(x, 0), log1p(exp(negate(absolute(x)))));
  return withGradient(value, [x], [exp(subtract(x, value))]);
}

/** `jax.nn.log_sigmoid`. */
export function jaxLogSigmoid(x: Expression): Expression {
  return negate(jaxSoftplus(negate(x)));
}

/** `optax.sigmoid_binary_cross_entropy`. */
export const optaxBce: Expression = subtract(
  multiply(negate(t), jaxLogSigmoid(z)),
  multiply(subtract(1, t), jaxLogSigmoid(negate(z))),
);

/** `xlogy(x, y)`: x log(y), but 0 where x is 0. */
function xlogy(x: Expression, y: Expression): Expression {
  return select(equal(x, 0), 0, multiply(x, log(y)));
}

/** The predictions of `sklearn.metrics.log_loss` for the classes 0 and 1: clipped, then divided by their sum. */
function sklearnRows(epsilon: number): [zeros: Expression, ones: Expression] {
  const ones = clipProbability(probability, epsilon);
  const zeros = subtract(1, ones);
  const sum = add(zeros, ones);
  return [divide(zeros, sum), divide(ones, sum)];
}

/** The logit, its sign such that more is better for the target: what one-line formulas for one class are written in. */
const margin: Expression = select(equal(t, 1), z, negate(z));

const wantsLogits = {
  id: 'tf/sigmoid-cross-entropy-with-logits',
  why: 'From logits, the loss follows the exact value until exp(-|z|) underflows, at 103.97 in float32.',
};
const wantsTorchLogits = {
  id: 'torch/bce-with-logits@2.3',
  why: 'From logits, the gradient stays right on the wrong side and no clamp caps the loss.',
};
const wantsBothTails = {
  id: 'optax/sigmoid-binary-cross-entropy',
  why: 'A log_sigmoid for each target keeps both tails; in PyTorch -t * F.logsigmoid(z) - (1 - t) * F.logsigmoid(-z).',
};

/** Binary cross-entropy as the frameworks compute it. */
export const bceLosses: readonly LossEntry[] = [
  defineLoss({
    id: 'keras/binary-crossentropy@1',
    label: 'Keras 1–2.2 BCE (clip, invert)',
    family: 'bce',
    framework: 'Keras',
    versions: 'Keras 0.3 to 2.2.5, TensorFlow backend',
    source: 'keras/backend/tensorflow_backend.py',
    formula: 'c = clip(p, ε, 1 − ε); x = log(c / (1 − c)); max(x, 0) − x·t + log1p(exp(−|x|))',
    constants: [kerasEpsilon],
    notes:
      'The probability is clipped and turned back into a logit. In float32 the loss stops at 1.19e-7 for target 1 and ' +
      '1e-7 for target 0, the floor of 1.096e-7 that their mean shows. In 16-bit formats 1 − ε rounds to 1, and the ' +
      'logit is infinite: NaN for target 1.',
    preferred: wantsLogits,
    form: ({ epsilon }) => {
      const clipped = clipProbability(probability, epsilon);
      return { loss: tfSigmoidCrossEntropy(log(divide(clipped, subtract(1, clipped)))), ideal };
    },
  }),
  defineLoss({
    id: 'keras/binary-crossentropy-unclipped',
    label: 'Keras BCE without the clip (invert)',
    family: 'bce',
    framework: 'Keras',
    versions: 'a custom loss on the TensorFlow backend',
    source: 'the body of Keras 2.2 binary_crossentropy with its clip left out',
    formula: 'x = log(p / (1 − p)); max(x, 0) − x·t + log1p(exp(−|x|))',
    notes:
      'Without the clip the probability 1 gives an infinite logit, and infinity minus infinity is NaN for target 1: in ' +
      'float32 from a logit of 16.6355.',
    preferred: wantsLogits,
    form: () => ({ loss: tfSigmoidCrossEntropy(log(divide(probability, subtract(1, probability)))), ideal }),
  }),
  defineLoss({
    id: 'tf-keras/binary-crossentropy@2',
    label: 'tf.keras 2 BCE (clip, log(p + ε))',
    family: 'bce',
    framework: 'tf.keras',
    versions: 'tf.keras 2.x with from_logits=False where the output is not a Sigmoid operation, as in eager code',
    source: 'keras/backend.py',
    formula: 'c = clip(p, ε, 1 − ε); −(t·log(c + ε) + (1 − t)·log(1 − c + ε))',
    constants: [kerasEpsilon],
    notes:
      'ε acts twice, so that the probability is limited to [2ε, 1]: the loss becomes exactly −0 on the right side, and ' +
      'is capped at 15.4249 for target 1 and 15.3332 for target 0.',
    preferred: wantsLogits,
    form: ({ epsilon }) => ({ loss: crossEntropyOf(clipProbability(probability, epsilon), epsilon), ideal }),
  }),
  defineLoss({
    id: 'keras/binary-crossentropy@3',
    label: 'Keras 3 BCE (clip)',
    family: 'bce',
    framework: 'Keras',
    versions: 'Keras 3 on TensorFlow, JAX and NumPy; Keras to 2.3 on Theano and CNTK',
    source: 'keras/src/backend/tensorflow/nn.py',
    formula: 'c = clip(p, ε, 1 − ε); −(t·log(c) + (1 − t)·log(1 − c))',
    constants: [kerasEpsilon],
    notes:
      'The Loss classes cast to floatx, float32 unless changed; the functions do not. In 16-bit formats 1 − ε rounds to ' +
      '1, and 0·log(0) is NaN. The NumPy backend comes here with from_logits=True as well.',
    preferred: wantsLogits,
    form: ({ epsilon }) => ({ loss: crossEntropyOf(clipProbability(probability, epsilon)), ideal }),
  }),
  defineLoss({
    id: 'keras/binary-crossentropy-torch@3',
    label: 'Keras 3 BCE on PyTorch (clip, BCELoss)',
    family: 'bce',
    framework: 'Keras',
    versions: 'Keras 3 on PyTorch 2.0 and later',
    source: 'keras/src/backend/torch/nn.py',
    formula: 'c = clip(p, ε, 1 − ε); (t − 1)·max(log1p(−c), −100) − t·max(log(c), −100)',
    constants: [kerasEpsilon],
    notes:
      'As Keras 3 elsewhere, but where log(0) is −∞ there, the clamp of BCELoss makes it −100, and log1p takes ε itself for ' +
      'target 0.',
    preferred: wantsTorchLogits,
    form: ({ epsilon }) => ({ loss: torchBce(clipProbability(probability, epsilon), log1pOfNegative), ideal }),
  }),
  defineLoss({
    id: 'tf/sigmoid-cross-entropy-with-logits',
    label: 'TensorFlow sigmoid cross-entropy with logits',
    family: 'bce',
    framework: 'TensorFlow',
    versions: 'TensorFlow 1 and 2, TensorFlow.js; tf.keras and Keras 3 where the logits are known',
    source: 'tensorflow/python/ops/nn_impl.py',
    formula: 'max(z, 0) − z·t + log1p(exp(−|z|))',
    notes:
      'The value is right until exp(−|z|) underflows. The gradient for target 1 is the sum of 1, −1 and a small term, and ' +
      'the order decides what is left: added as here and in TensorFlow.js it is 0 from 16.64 in float32, in a ' +
      'tf.function of TensorFlow 2.21 from 17.33; in its eager code it is right until it underflows.',
    form: () => ({ loss: tfSigmoidCrossEntropy(z), ideal }),
  }),
  defineLoss({
    id: 'torch/bce@1.0',
    label: 'PyTorch 1 BCELoss',
    family: 'bce',
    framework: 'PyTorch',
    versions: 'PyTorch 1.x',
    source: 'aten/src/ATen/native/Loss.cpp',
    formula: '(t − 1)·max(log(1 − p), −100) − t·max(log(p), −100)',
    notes:
      'log(1 − p) loses p for target 0 from a logit of −17.33 in float32. The backward pass divides by ' +
      'max((1 − p)·p, 1e-12), and 1e-12 is 0 in float16: NaN where p is 0 or 1.',
    preferred: wantsTorchLogits,
    form: () => ({ loss: torchBce(probability, logOfComplement), ideal }),
  }),
  defineLoss({
    id: 'torch/bce@2.0',
    label: 'PyTorch 2 BCELoss',
    family: 'bce',
    framework: 'PyTorch',
    versions: 'PyTorch 2.0 and later',
    source: 'aten/src/ATen/native/Loss.cpp',
    formula: '(t − 1)·max(log1p(−p), −100) − t·max(log(p), −100)',
    notes:
      'From a logit of 16.64 in float32 p is exactly 1: the loss jumps to the clamp at 100 for target 0, and its gradient ' +
      'is 0. The backward pass divides by max((1 − p)·p, 1e-12), and 1e-12 is 0 in float16: NaN where p is 0 or 1.',
    preferred: wantsTorchLogits,
    form: () => ({ loss: torchBce(probability, log1pOfNegative), ideal }),
  }),
  defineLoss({
    id: 'torch/bce-with-logits@1.0',
    label: 'PyTorch 1–2.2 BCEWithLogitsLoss',
    family: 'bce',
    framework: 'PyTorch',
    versions: 'PyTorch 1.0 to 2.2',
    source: 'aten/src/ATen/native/Loss.cpp',
    formula: 'm = max(−z, 0); (1 − t)·z + m + log(exp(−m) + exp(−z − m))',
    notes:
      'log(1 + exp(−z)) without log1p: exactly 0 on the right side from 16.64 in float32. The gradient is computed as ' +
      'sigmoid(z) − t, which keeps the tail for target 0.',
    preferred: wantsBothTails,
    form: () => ({ loss: torchBceWithLogits1, ideal }),
  }),
  defineLoss({
    id: 'torch/bce-with-logits@2.3',
    label: 'PyTorch 2.3 BCEWithLogitsLoss',
    family: 'bce',
    framework: 'PyTorch',
    versions: 'PyTorch 2.3 and later',
    source: 'aten/src/ATen/native/Loss.cpp',
    formula: '(1 − t)·z − log_sigmoid(z)',
    notes:
      'For target 0 the loss is exactly 0 from a logit of −14.557 in float32, since z and log_sigmoid(z) cancel, while for ' +
      'target 1 it is right until exp(−z) underflows, at 103.97. It is 1 % off from −9.96. The gradient is computed as ' +
      'sigmoid(z) − t, and keeps the tail for target 0.',
    preferred: {
      id: 'optax/sigmoid-binary-cross-entropy',
      why:
        'A log_sigmoid for each target keeps the tail of target 0 as well, which is exactly 0 from −14.557 in float32 ' +
        'otherwise; in PyTorch -t * F.logsigmoid(z) - (1 - t) * F.logsigmoid(-z).',
    },
    form: () => ({ loss: torchBceWithLogits23, ideal }),
  }),
  defineLoss({
    id: 'optax/sigmoid-binary-cross-entropy',
    label: 'Optax sigmoid BCE',
    family: 'bce',
    framework: 'Optax',
    versions: 'Optax 0.2; Keras 3 on JAX with from_logits=True',
    source: 'optax/losses/_classification.py',
    formula: '−t·log_sigmoid(z) − (1 − t)·log_sigmoid(−z), log_sigmoid(x) = −logaddexp(−x, 0)',
    notes: 'Loss and gradient are right for both targets until exp(−|z|) underflows.',
    form: () => ({ loss: optaxBce, ideal }),
  }),
  defineLoss({
    id: 'naive/bce',
    label: 'Naive BCE of sigmoid',
    family: 'bce',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: '−(t·log(p) + (1 − t)·log(1 − p))',
    notes: 'Where p is exactly 0 or 1 it computes 0·log(0), which is NaN even for a perfect prediction.',
    preferred: wantsBothTails,
    form: () => ({ loss: crossEntropyOf(probability), ideal }),
  }),
  defineLoss({
    id: 'naive/bce-by-hand',
    label: 'Naive BCE, sigmoid by hand',
    family: 'bce',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: 'p = 1 / (1 + exp(−z)); −(t·log(p) + (1 − t)·log(1 − p))',
    notes:
      'As the naive form, and exp(−z) overflows, at 88.72 in float32 and at 11.09 in float16. With every operation ' +
      'rounded to a 16-bit format, p is 1 earlier than from a fused sigmoid.',
    preferred: wantsBothTails,
    form: () => ({ loss: crossEntropyOf(divide(1, add(1, exp(negate(z))))), ideal }),
  }),
  defineLoss({
    id: 'naive/log-1-plus-exp',
    label: 'log(1 + exp(−a))',
    family: 'bce',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: 'a = z where t = 1, else −z; log(1 + exp(−a))',
    notes: 'Exactly 0 from a = 16.6355 in float32 and 36.7368 in float64; infinite where exp(−a) overflows.',
    preferred: wantsBothTails,
    binaryTargets: true,
    form: () => ({ loss: log(add(1, exp(negate(margin)))), ideal }),
  }),
  defineLoss({
    id: 'naive/log1p-exp',
    label: 'log1p(exp(−a))',
    family: 'bce',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: 'a = z where t = 1, else −z; log1p(exp(−a))',
    notes: 'Right until exp(−a) underflows; on the wrong side infinite where exp(−a) overflows, at 88.72 in float32.',
    preferred: wantsBothTails,
    binaryTargets: true,
    form: () => ({ loss: log1p(exp(negate(margin))), ideal }),
  }),
  defineLoss({
    id: 'tfjs/log-loss',
    label: 'TensorFlow.js logLoss',
    family: 'bce',
    framework: 'TensorFlow.js',
    versions: 'TensorFlow.js tf.losses.logLoss; tf.losses.log_loss of TensorFlow 1',
    source: 'tfjs-core/src/ops/losses/log_loss.ts',
    formula: '−t·log(p + ε) − (1 − t)·log(1 − p + ε)',
    constants: [{ ...kerasEpsilon, describe: 'Added to each probability before its logarithm; nothing is clipped.' }],
    notes:
      'Without a clip log(1 + ε) is positive: the loss is negative, −1.19e-7 from 16.64 in float32, where the ' +
      'prediction is best.',
    preferred: wantsLogits,
    form: ({ epsilon }) => ({
      loss: subtract(
        negate(multiply(t, log(add(probability, epsilon)))),
        multiply(subtract(1, t), log(add(subtract(1, probability), epsilon))),
      ),
      ideal,
    }),
  }),
  defineLoss({
    id: 'tfjs/binary-crossentropy',
    label: 'TensorFlow.js layers BCE (clip, invert)',
    family: 'bce',
    framework: 'TensorFlow.js',
    versions: 'TensorFlow.js layers',
    source: 'tfjs-layers/src/losses.ts',
    formula: 'c = clip(p, ε, 1 − ε); x = log(c / (1 − c)); max(x, 0) − x·t + log1p(exp(−|x|))',
    constants: [{ ...kerasEpsilon, defaultIn: { float16: 1e-4 } }],
    notes:
      'ε is 1e-7, but 1e-4 on a WebGL device with 16-bit floats: the loss stops at 1e-4 and is capped at 9.21. There is no ' +
      'from_logits for it.',
    preferred: wantsLogits,
    form: ({ epsilon }) => {
      const clipped = clipProbability(probability, epsilon);
      return { loss: tfSigmoidCrossEntropy(log(divide(clipped, subtract(1, clipped)))), ideal };
    },
  }),
  defineLoss({
    id: 'sklearn/log-loss@0.14',
    label: 'scikit-learn log_loss to 1.1',
    family: 'bce',
    framework: 'scikit-learn',
    versions: 'scikit-learn 0.14 to 1.1',
    source: 'sklearn/metrics/_classification.py',
    formula: 'c = clip(p, ε, 1 − ε); s = (1 − c) + c; −((1 − t)·log((1 − c)/s) + t·log(c/s))',
    constants: [
      {
        name: 'epsilon',
        label: 'epsilon',
        default: 1e-15,
        minimum: 0,
        maximum: 0.5,
        describe: 'The parameter eps: predictions are clipped to [epsilon, 1 - epsilon].',
      },
    ],
    notes:
      'A metric. ε is 1e-15 for every format, and 1 − 1e-15 rounds to 1 in float32: where the prediction is 1, it computes ' +
      '0·log(0), which is NaN.',
    preferred: {
      id: 'sklearn/log-loss@1.2',
      why: 'Since 1.2, ε is the machine epsilon of the predictions, and 0·log(0) is 0.',
    },
    formats: ['float64', 'float32', 'float16'],
    form: ({ epsilon }) => {
      const [zeros, ones] = sklearnRows(epsilon);
      return { loss: negate(add(multiply(subtract(1, t), log(zeros)), multiply(t, log(ones)))), ideal };
    },
  }),
  defineLoss({
    id: 'sklearn/log-loss@1.2',
    label: 'scikit-learn log_loss',
    family: 'bce',
    framework: 'scikit-learn',
    versions: 'scikit-learn 1.2 and later',
    source: 'sklearn/metrics/_classification.py',
    formula: 'c = clip(p, ε, 1 − ε); s = (1 − c) + c; −(xlogy(1 − t, (1 − c)/s) + xlogy(t, c/s))',
    constants: [
      {
        name: 'epsilon',
        label: 'epsilon',
        default: 2 ** -23,
        defaultIn: { float64: 2 ** -52, float16: 2 ** -10 },
        minimum: 0,
        maximum: 0.5,
        describe: 'The machine epsilon of the format, by default.',
      },
    ],
    notes:
      'A metric: its gradient is that of the formula, nothing that the library computes. Its floor is the machine epsilon ' +
      'of the predictions: 2.2e-16 in float64, 1.19e-7 in float32, 9.8e-4 in float16.',
    formats: ['float64', 'float32', 'float16'],
    form: ({ epsilon }) => {
      const [zeros, ones] = sklearnRows(epsilon);
      return { loss: negate(add(xlogy(subtract(1, t), zeros), xlogy(t, ones))), ideal };
    },
  }),
  defineLoss({
    id: 'xgboost/logloss',
    label: 'XGBoost logloss',
    family: 'bce',
    framework: 'XGBoost',
    versions: 'XGBoost, as of 2026',
    source: 'src/metric/elementwise_metric.cu',
    formula: 'xlogy(−t, max(p, 1e-16)) + xlogy(t − 1, max(1 − p, 1e-16))',
    notes:
      'The metric is capped at 36.84. The gradient is that of the objective binary:logistic, p − t, which knows no cap.',
    formats: ['float32'],
    form: () => {
      const guarded = (x: Expression): Expression => maximum(x, 1e-16);
      const value = add(
        xlogy(negate(t), guarded(probability)),
        xlogy(negate(subtract(1, t)), guarded(subtract(1, probability))),
      );
      return { loss: withGradient(value, [z], [subtract(probability, t)]), ideal };
    },
  }),
  defineLoss({
    id: 'lightgbm/binary-logloss',
    label: 'LightGBM binary_logloss',
    family: 'bce',
    framework: 'LightGBM',
    versions: 'LightGBM 2 to 4',
    source: 'src/metric/binary_metric.hpp',
    formula: 'q = p where t > 0, else 1 − p; −log(q) where q > 1e-15, else −log(1e-15)',
    notes:
      'The metric is capped at 34.539. The gradient is that of the objective binary, −y / (1 + exp(y·z)) with y = ±1, ' +
      'which keeps both tails.',
    formats: ['float64'],
    binaryTargets: true,
    form: () => {
      // A float32 number in the library: 1e-15f.
      const smallest = Math.fround(1e-15);
      const output = divide(1, add(1, exp(negate(z))));
      const ofTarget = select(less(0, t), output, subtract(1, output));
      const value = select(less(smallest, ofTarget), negate(log(ofTarget)), negate(log(smallest)));
      const label = select(less(0, t), 1, -1);
      return {
        loss: withGradient(value, [z], [divide(negate(label), add(1, exp(multiply(label, z))))]),
        ideal,
      };
    },
  }),
];
