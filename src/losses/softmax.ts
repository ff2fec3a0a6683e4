import {
  add,
  differentiate,
  divide,
  equal,
  exp,
  log,
  logSoftmax,
  maximum,
  multiply,
  negate,
  select,
  softmax,
  substitute,
  subtract,
  stopGradient,
  withGradient,
  constant,
  variable,
  type Expression,
} from '../expression';
import { clipProbability, kerasEpsilon } from './bce';
import { defineLoss, t, z, type LossEntry } from './entry';
import { binaryCrossEntropy as ideal } from './ideal';
import { renormalize } from './normalisation';

/*
 * Softmax cross-entropy of two classes with the logits z and 0. Class 0, whose logit is z, is the label for t = 1,
 * class 1 for t = 0: mathematically binary cross-entropy.
 */
const zero = constant(0);
const isFirst: Expression = equal(t, 1);

/** The one-hot label times each class's term, added up. */
function overClasses(first: Expression, second: Expression): Expression {
  return add(multiply(t, first), multiply(subtract(1, t), second));
}

/** `tf.nn.softmax_cross_entropy_with_logits`: XentEigenImpl, operation by operation in the format, and its gradient. */
function tfSoftmaxCrossEntropy(a: Expression, b: Expression): Expression {
  const greatest = maximum(a, b);
  const [first, second] = [subtract(a, greatest), subtract(b, greatest)];
  const [firstExp, secondExp] = [exp(first), exp(second)];
  const sum = add(firstExp, secondExp);
  const value = overClasses(subtract(log(sum), first), subtract(log(sum), second));
  return withGradient(
    value,
    [a, b],
    [subtract(divide(firstExp, sum), t), subtract(divide(secondExp, sum), subtract(1, t))],
  );
}

/** `tf.nn.sparse_softmax_cross_entropy_with_logits`: SparseXentEigenImpl, which takes the label's term alone. */
function tfSparseSoftmaxCrossEntropy(a: Expression, b: Expression): Expression {
  const greatest = maximum(a, b);
  const [first, second] = [subtract(a, greatest), subtract(b, greatest)];
  const [firstExp, secondExp] = [exp(first), exp(second)];
  const sum = add(firstExp, secondExp);
  return withGradient(
    subtract(log(sum), select(isFirst, first, second)),
    [a, b],
    [subtract(divide(firstExp, sum), select(isFirst, 1, 0)), subtract(divide(secondExp, sum), select(isFirst, 0, 1))],
  );
}

/**
 * A loss of softmax probabilities with the backward pass that all frameworks have for softmax:
 * p_i (g_i - sum(g p)) for the gradients g by the probabilities.
 */
function ofSoftmax(lossOf: (first: Expression, second: Expression) => Expression): Expression {
  const [first, second] = [softmax(z, zero), softmax(zero, z)];
  const loss = lossOf(variable('first'), variable('second'));
  const bindings = new Map([
    ['first', first],
    ['second', second],
  ]);
  const [byFirst, bySecond] = ['first', 'second'].map((name) => substitute(differentiate(loss, name), bindings)) as [
    Expression,
    Expression,
  ];
  const mean = add(multiply(byFirst, first), multiply(bySecond, second));
  return withGradient(substitute(loss, bindings), [z], [multiply(first, subtract(byFirst, mean))]);
}

const wantsWiderKernel = {
  id: 'torch/cross-entropy',
  why: 'Its kernel computes 16-bit formats in float32: the loss lives to 16.6 in them, too.',
};
const wantsLogSoftmax = {
  id: 'torch/cross-entropy',
  why: 'log_softmax subtracts the greatest logit and takes no logarithm of a probability.',
};

/** Softmax cross-entropy, of two classes. */
export const softmaxLosses: readonly LossEntry[] = [
  defineLoss({
    id: 'tf/softmax-cross-entropy-with-logits',
    label: 'TensorFlow softmax cross-entropy with logits',
    family: 'softmax',
    framework: 'TensorFlow',
    versions: 'TensorFlow 1 and 2; Keras where the logits are known',
    source: 'tensorflow/core/kernels/xent_op.h',
    formula: 's = x − max(x); Σ t·(log(Σ exp(s)) − s)',
    notes: 'log(1 + exp(−|z|)) without log1p: exactly 0 on the right side from 16.64 in float32 and 5.56 in bfloat16.',
    preferred: wantsWiderKernel,
    form: () => ({ loss: tfSoftmaxCrossEntropy(z, zero), ideal }),
  }),
  defineLoss({
    id: 'tf/sparse-softmax-cross-entropy-with-logits',
    label: 'TensorFlow sparse softmax cross-entropy with logits',
    family: 'softmax',
    framework: 'TensorFlow',
    versions: 'TensorFlow 1 and 2; sparse_categorical_crossentropy of Keras with from_logits=True',
    source: 'tensorflow/core/kernels/sparse_xent_op.h',
    formula: 's = x − max(x); log(Σ exp(s)) − s[label]',
    notes: 'As the one for one-hot labels: exactly 0 on the right side from 16.64 in float32 and 5.56 in bfloat16.',
    preferred: wantsWiderKernel,
    binaryTargets: true,
    form: () => ({ loss: tfSparseSoftmaxCrossEntropy(z, zero), ideal }),
  }),
  defineLoss({
    id: 'tf/softmax-cross-entropy-of-softmax',
    label: 'Softmax cross-entropy of softmax (softmax twice)',
    family: 'softmax',
    framework: 'TensorFlow',
    versions: 'TensorFlow 1 and 2; Keras with from_logits=True after a softmax layer',
    source: 'tensorflow/core/kernels/sparse_xent_op.h',
    formula: 'x = softmax(z, 0); s = x − max(x); log(Σ exp(s)) − s[label]',
    notes:
      'The operation expects logits and gets probabilities, from 0 to 1: the loss never leaves the range from 0.3133 to ' +
      '1.3133, and where the softmax is saturated the gradient is 0, on the wrong side as well.',
    preferred: {
      id: 'tf/sparse-softmax-cross-entropy-with-logits',
      why: 'Leave out the softmax layer, or say from_logits=False.',
    },
    binaryTargets: true,
    form: () => ({ loss: ofSoftmax(tfSparseSoftmaxCrossEntropy), ideal }),
  }),
  defineLoss({
    id: 'torch/cross-entropy',
    label: 'PyTorch cross_entropy',
    family: 'softmax',
    framework: 'PyTorch',
    versions: 'PyTorch 1 and 2',
    source: 'aten/src/ATen/native/cuda/SoftMax.cu',
    formula: '−log_softmax(x)[label], log_softmax(x) = (x − max(x)) − log(Σ exp(x − max(x)))',
    notes:
      'One kernel that computes half types in float32. Exactly 0 on the right side from 16.64, in 16-bit formats as well.',
    binaryTargets: true,
    form: () => ({ loss: negate(select(isFirst, logSoftmax(z, zero), logSoftmax(zero, z))), ideal }),
  }),
  defineLoss({
    id: 'optax/softmax-cross-entropy-with-integer-labels',
    label: 'Optax softmax cross-entropy, integer labels',
    family: 'softmax',
    framework: 'Optax',
    versions: 'Optax 0.1 and 0.2',
    source: 'optax/losses/_classification.py',
    formula: 'logsumexp(x) − x[label]',
    notes:
      'logsumexp and the logit of the label cancel where the label has the greatest logit: 0 from 14.44 in float32, and ' +
      'in steps of 1/32 in bfloat16.',
    preferred: {
      id: 'torch/cross-entropy',
      why: 'log_softmax never adds the greatest logit back, so that nothing cancels before 16.64 in float32.',
    },
    binaryTargets: true,
    form: () => {
      const greatest = stopGradient(maximum(z, zero));
      const sum = add(exp(subtract(z, greatest)), exp(subtract(zero, greatest)));
      return { loss: subtract(add(log(sum), greatest), select(isFirst, z, zero)), ideal };
    },
  }),
  defineLoss({
    id: 'keras/categorical-crossentropy',
    label: 'Keras categorical cross-entropy (normalise, clip)',
    family: 'softmax',
    framework: 'Keras',
    versions: 'Keras 1 to 3, from_logits=False',
    source: 'keras/src/backend/tensorflow/nn.py',
    formula: 'p = softmax(x); c = clip(p / Σ p, ε, 1 − ε); −Σ t·log(c)',
    constants: [kerasEpsilon],
    notes:
      'Stops at 1.19e-7 in float32 and is capped at 16.118; in 16-bit formats 1 − ε rounds to 1 and the floor is −0.',
    preferred: wantsLogSoftmax,
    form: ({ epsilon }) => ({
      loss: ofSoftmax((...outputs) => {
        const [first, second] = renormalize(outputs).map((output) => log(clipProbability(output, epsilon)));
        return negate(overClasses(first as Expression, second as Expression));
      }),
      ideal,
    }),
  }),
  defineLoss({
    id: 'keras/sparse-categorical-crossentropy',
    label: 'Keras sparse categorical cross-entropy (clip, log, softmax again)',
    family: 'softmax',
    framework: 'Keras',
    versions: 'tf.keras 2 and Keras 3, TensorFlow backend, from_logits=False',
    source: 'keras/src/backend/tensorflow/nn.py',
    formula: 'p = softmax(x); x′ = log(clip(p, ε, 1 − ε)); softmax cross-entropy with the logits x′',
    constants: [kerasEpsilon],
    notes:
      'The clipped probabilities are normalised again by the second softmax. The torch and JAX backends normalise, clip and ' +
      'take the logarithm of the label instead.',
    preferred: wantsLogSoftmax,
    binaryTargets: true,
    form: ({ epsilon }) => ({
      loss: ofSoftmax((first, second) =>
        tfSoftmaxCrossEntropy(log(clipProbability(first, epsilon)), log(clipProbability(second, epsilon))),
      ),
      ideal,
    }),
  }),
  defineLoss({
    id: 'naive/softmax-cross-entropy',
    label: 'log of exp(x) / Σ exp(x)',
    family: 'softmax',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: '−log(exp(x) / Σ exp(x))[label]',
    notes: 'exp overflows at 88.72 in float32 and 11.09 in float16: infinity over infinity is NaN.',
    preferred: wantsLogSoftmax,
    binaryTargets: true,
    form: () => {
      const [first, second] = [exp(z), exp(zero)];
      const sum = add(first, second);
      return { loss: negate(select(isFirst, log(divide(first, sum)), log(divide(second, sum)))), ideal };
    },
  }),
  defineLoss({
    id: 'naive/log-softmax',
    label: 'x − log Σ exp(x)',
    family: 'softmax',
    framework: 'textbook',
    versions: 'any',
    source: 'textbook formula',
    formula: '−(x − log(Σ exp(x)))[label]',
    notes: 'Nothing is subtracted from x before exp: infinite from 88.72 in float32 and 11.09 in float16.',
    preferred: wantsLogSoftmax,
    binaryTargets: true,
    form: () => {
      const normalizer = log(add(exp(z), exp(zero)));
      return { loss: negate(subtract(select(isFirst, z, zero), normalizer)), ideal };
    },
  }),
];
