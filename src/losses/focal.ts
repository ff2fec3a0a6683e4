import {
  add,
  clip,
  exp,
  greaterEqual,
  log,
  log1p,
  logSigmoid,
  multiply,
  negate,
  power,
  select,
  sigmoid,
  subtract,
  type Expression,
} from '../expression';
import {
  clipProbability,
  crossEntropyOf,
  jaxLogSigmoid,
  jaxSoftplus,
  kerasEpsilon,
  optaxBce,
  probability,
  torchBceWithLogits1,
  torchBceWithLogits23,
} from './bce';
import { defineLoss, t, z, type LossConstant, type LossEntry } from './entry';
import { focalLoss } from './ideal';

const gammaConstant = {
  name: 'gamma',
  label: 'gamma',
  default: 2,
  minimum: 0,
  describe: 'The focusing exponent: how much less well-predicted examples count.',
} as const satisfies LossConstant;

const alphaConstant = {
  name: 'alpha',
  label: 'alpha',
  default: 0.25,
  minimum: -1,
  maximum: 1,
  describe: 'The weight of target 1, the rest being that of target 0; a negative number switches the weights off.',
} as const satisfies LossConstant;

/** `1 - p_t` as most write it, which cancels where the prediction is good. */
const oneMinusPt: Expression = subtract(
  1,
  add(multiply(probability, t), multiply(subtract(1, probability), subtract(1, t))),
);

/** `torchvision.ops.sigmoid_focal_loss` over the cross-entropy that the installed PyTorch computes. */
function torchvisionFocal(crossEntropy: Expression, gamma: number, alpha: number): Expression {
  const loss = multiply(crossEntropy, power(oneMinusPt, gamma));
  return alpha < 0 ? loss : multiply(classWeight(alpha), loss);
}

function classWeight(alpha: number): Expression {
  return add(multiply(alpha, t), multiply(1 - alpha, subtract(1, t)));
}

function weighted(ideal: Expression, alpha: number): Expression {
  return alpha < 0 ? ideal : multiply(classWeight(alpha), ideal);
}

const wantsLogWeight = {
  id: 'optax/sigmoid-focal-loss@0.2.9',
  why: 'The weight from log_sigmoid keeps the tail until it underflows, for γ = 2 at 34.66 in float32.',
};

/** Focal losses. */
export const focalLosses: readonly LossEntry[] = [
  defineLoss({
    id: 'torchvision/sigmoid-focal-loss@0.8',
    label: 'torchvision focal loss on PyTorch 1–2.2',
    family: 'focal',
    framework: 'torchvision',
    versions: 'torchvision 0.8 to 0.17, on PyTorch 1.7 to 2.2',
    source: 'torchvision/ops/focal_loss.py',
    formula:
      'p_t = p·t + (1 − p)·(1 − t); w = α·t + (1 − α)·(1 − t) where α ≥ 0, else 1; w·BCEWithLogits(z, t)·(1 − p_t)^γ',
    constants: [gammaConstant, alphaConstant],
    notes:
      '1 − p_t cancels: the weight is off from 11 and 0 from 16.64 in float32, and so is the cross-entropy itself.',
    preferred: wantsLogWeight,
    form: ({ gamma, alpha }) => ({
      loss: torchvisionFocal(torchBceWithLogits1, gamma, alpha),
      ideal: weighted(focalLoss(gamma), alpha),
    }),
  }),
  defineLoss({
    id: 'torchvision/sigmoid-focal-loss@0.18',
    label: 'torchvision focal loss on PyTorch 2.3',
    family: 'focal',
    framework: 'torchvision',
    versions: 'torchvision 0.18 and later, on PyTorch 2.3 and later',
    source: 'torchvision/ops/focal_loss.py',
    formula:
      'p_t = p·t + (1 − p)·(1 − t); w = α·t + (1 − α)·(1 − t) where α ≥ 0, else 1; w·BCEWithLogits(z, t)·(1 − p_t)^γ',
    constants: [gammaConstant, alphaConstant],
    notes:
      '1 − p_t cancels: the weight is off from 11 and 0 from 16.64 in float32. For target 0 the cross-entropy is 0 from ' +
      '−14.56 already.',
    preferred: wantsLogWeight,
    form: ({ gamma, alpha }) => ({
      loss: torchvisionFocal(torchBceWithLogits23, gamma, alpha),
      ideal: weighted(focalLoss(gamma), alpha),
    }),
  }),
  defineLoss({
    id: 'optax/sigmoid-focal-loss@0.1.8',
    label: 'Optax 0.1.8–0.2.5 focal loss',
    family: 'focal',
    framework: 'Optax',
    versions: 'Optax 0.1.8 to 0.2.5',
    source: 'optax/losses/_classification.py',
    formula: 'p_t = p·t + (1 − p)·(1 − t); BCE(z, t)·(1 − p_t)^γ',
    constants: [gammaConstant],
    notes: '1 − p_t cancels: the weight is off from 11 and 0 from 16.64 in float32, though the cross-entropy is right.',
    preferred: wantsLogWeight,
    form: ({ gamma }) => ({ loss: multiply(optaxBce, power(oneMinusPt, gamma)), ideal: focalLoss(gamma) }),
  }),
  defineLoss({
    id: 'optax/sigmoid-focal-loss@0.2.9',
    label: 'Optax 0.2.9 focal loss',
    family: 'focal',
    framework: 'Optax',
    versions: 'Optax 0.2.9; 0.2.6 to 0.2.8 computed the same weight by logsumexp',
    source: 'optax/losses/_classification.py',
    formula:
      'x = −z where t ≥ 0.5, else z; y = t where t ≥ 0.5, else 1 − t; ' +
      'BCE(z, t)·exp(γ·(log_sigmoid(x) + log(y) + softplus(−x + log1p(−y) − log(y))))',
    constants: [gammaConstant],
    notes:
      'The weight is computed in log space: right until exp(−(1 + γ)·|z|) underflows, for γ = 2 at 34.66 in float32.',
    form: ({ gamma }) => {
      const upper = greaterEqual(t, 0.5);
      const y = select(upper, t, subtract(1, t));
      const x = select(upper, negate(z), z);
      const rest = jaxSoftplus(subtract(add(negate(x), log1p(negate(y))), log(y)));
      const logMissed = add(add(jaxLogSigmoid(x), log(y)), rest);
      return { loss: multiply(optaxBce, exp(multiply(gamma, logMissed))), ideal: focalLoss(gamma) };
    },
  }),
  defineLoss({
    id: 'keras/binary-focal-crossentropy@3',
    label: 'Keras 3 binary focal cross-entropy',
    family: 'focal',
    framework: 'Keras',
    versions: 'Keras 3, without class balancing',
    source: 'keras/src/losses/losses.py',
    formula: 'c = clip(p, ε, 1 − ε); p_t = t·p + (1 − t)·(1 − p); −(1 − p_t)^γ·(t·log(c) + (1 − t)·log(1 − c))',
    constants: [gammaConstant, kerasEpsilon],
    notes:
      'Takes the sigmoid first even with from_logits=True. Capped as the binary cross-entropy is, and NaN in 16-bit formats ' +
      'as that is.',
    preferred: wantsLogWeight,
    form: ({ gamma, epsilon }) => ({
      loss: multiply(power(oneMinusPt, gamma), crossEntropyOf(clipProbability(probability, epsilon))),
      ideal: focalLoss(gamma),
    }),
  }),
  defineLoss({
    id: 'notebook/focal',
    label: 'Focal loss by log_sigmoid',
    family: 'focal',
    framework: 'PyTorch',
    versions: 'hand-written in notebooks',
    source: 'notebook "BCE, CrossEntropy And Focal Loss", focal()',
    formula: '−log_sigmoid(z)·sigmoid(−z)^γ·t − log_sigmoid(−z)·sigmoid(z)^γ·(1 − t)',
    constants: [gammaConstant],
    notes: 'Right until exp(−(1 + γ)·|z|) underflows, for γ = 2 at 34.66 in float32.',
    form: ({ gamma }) => ({
      loss: add(
        multiply(multiply(negate(logSigmoid(z)), power(sigmoid(negate(z)), gamma)), t),
        multiply(multiply(negate(logSigmoid(negate(z))), power(sigmoid(z), gamma)), subtract(1, t)),
      ),
      ideal: subtract(
        multiply(multiply(negate(t), power(sigmoid(negate(z)), gamma)), logSigmoid(z)),
        multiply(multiply(subtract(1, t), power(sigmoid(z), gamma)), logSigmoid(negate(z))),
      ),
    }),
  }),
  defineLoss({
    id: 'kaggle/focal',
    label: 'Kaggle focal loss',
    family: 'focal',
    framework: 'PyTorch',
    versions: 'copied widely since 2018',
    source: 'Kaggle kernels; notebook "BCE, CrossEntropy And Focal Loss", forward()',
    formula: 'm = max(−z, 0); exp(γ·log_sigmoid(−z·(2t − 1)))·(z − z·t + m + log(exp(−m) + exp(−z − m)))',
    constants: [gammaConstant],
    notes: 'The weight is computed in log space, but the cross-entropy is 0 from 16.64 in float32.',
    preferred: wantsLogWeight,
    form: ({ gamma }) => {
      // clamp(min=0), whose border passes the gradient on.
      const shift = clip(negate(z), 0, Infinity);
      const logarithm = log(add(exp(negate(shift)), exp(subtract(negate(z), shift))));
      // Sums and products in this order, so that the backward pass adds up the gradients in PyTorch's: last made first.
      const crossEntropy = add(add(shift, subtract(z, multiply(z, t))), logarithm);
      const missed = multiply(negate(z), subtract(multiply(t, 2), 1));
      return {
        loss: multiply(crossEntropy, exp(multiply(logSigmoid(missed), gamma))),
        ideal: focalLoss(gamma, sigmoid(missed)),
      };
    },
  }),
];
