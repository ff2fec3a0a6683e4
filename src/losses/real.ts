/**
 * The frameworks' own functions for entries of the catalogue, for backends that have the frameworks: data, Python source
 * in strings. What an entry without one stands for can't be called: a library that reports the mean of all samples
 * (scikit-learn), code that was published (the losses with a zero error radius), other languages.
 */
import type { FormatName } from '../numeric/format';
import type { LossEntry } from './entry';

/** Versions of a Python package: `from` is the first, `before` the first that is not among them. */
export interface PackageRange {
  readonly name: string;
  readonly from?: string;
  readonly before?: string;
}

/** A framework's function. */
export interface RealFunction {
  readonly framework: 'torch' | 'tensorflow' | 'keras' | 'jax';
  /** The packages it calls, in the versions in which they compute what the entry stands for. */
  readonly requires: readonly PackageRange[];
  /** On which backends Keras computes it so; all where it isn't given. */
  readonly kerasBackends?: readonly string[];
  /**
   * The body of a Python function of the tensors `z` and `t`, of one dimension, that returns the loss of each element, not
   * reduced. The entry's constants are numbers there, and the framework has its usual name: torch, F; tf; jax, jnp; keras,
   * ops.
   */
  readonly source: string;
}

/** A function with the constants it is to be called with, as the protocol carries it. */
export interface RealLoss extends RealFunction {
  readonly id: string;
  readonly constants: Readonly<Record<string, number>>;
}

const torch = (source: string, ...requires: PackageRange[]): RealFunction => ({
  framework: 'torch',
  requires: requires.length === 0 ? [{ name: 'torch', from: '1.0' }] : requires,
  source,
});

const tensorflow = (source: string): RealFunction => ({
  framework: 'tensorflow',
  requires: [{ name: 'tensorflow', from: '2.0' }],
  source,
});

const optax = (source: string, range: Omit<PackageRange, 'name'>): RealFunction => ({
  framework: 'jax',
  requires: [{ name: 'optax', ...range }],
  source,
});

/**
 * Keras' functions of probabilities. On TensorFlow the sigmoid and the softmax of Keras leave their logits behind with their
 * result, and the losses would go back to them; a reshape is what that is lost by. The fuzz factor is a setting of Keras.
 */
const keras = (source: string, kerasBackends?: readonly string[]): RealFunction => ({
  framework: 'keras',
  requires: [{ name: 'keras', from: '3.0' }],
  ...(kerasBackends ? { kerasBackends } : {}),
  source: `keras.config.set_epsilon(epsilon)\n${source}`,
});

const kerasProbability = 'p = ops.reshape(ops.sigmoid(z), (-1,))';
const kerasTwoClasses = 'p = ops.reshape(ops.softmax(ops.stack([z, ops.zeros_like(z)], axis=-1)), (-1, 2))';

const torchBce = 'return F.binary_cross_entropy(torch.sigmoid(z), t, reduction="none")';
const torchBceWithLogits = 'return F.binary_cross_entropy_with_logits(z, t, reduction="none")';
const torchvisionFocal = `
from torchvision.ops import sigmoid_focal_loss
return sigmoid_focal_loss(z, t, alpha=alpha, gamma=gamma, reduction="none")`;
const optaxFocal = `
import optax
return optax.sigmoid_focal_loss(z, t, gamma=gamma)`;
const tfTwoLogits = 'x = tf.stack([z, tf.zeros_like(z)], axis=-1)';
/** Class 0, whose logit is z, is the label for the target 1. */
const tfLabels = 'labels = tf.where(tf.equal(t, 1), 0, 1)';

/** By the ids of the catalogue. */
export const realFunctions: Readonly<Record<string, RealFunction>> = {
  'keras/binary-crossentropy@3': keras(`${kerasProbability}\nreturn ops.binary_crossentropy(t, p)`, [
    'tensorflow',
    'jax',
    'numpy',
  ]),
  'keras/binary-crossentropy-torch@3': {
    ...keras(`${kerasProbability}\nreturn ops.binary_crossentropy(t, p)`, ['torch']),
    requires: [
      { name: 'keras', from: '3.0' },
      { name: 'torch', from: '2.0' },
    ],
  },
  'tf/sigmoid-cross-entropy-with-logits': tensorflow(
    'return tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z)',
  ),
  'torch/bce@1.0': torch(torchBce, { name: 'torch', from: '1.0', before: '2.0' }),
  'torch/bce@2.0': torch(torchBce, { name: 'torch', from: '2.0' }),
  'torch/bce-with-logits@1.0': torch(torchBceWithLogits, { name: 'torch', from: '1.0', before: '2.3' }),
  'torch/bce-with-logits@2.3': torch(torchBceWithLogits, { name: 'torch', from: '2.3' }),
  'optax/sigmoid-binary-cross-entropy': optax('import optax\nreturn optax.sigmoid_binary_cross_entropy(z, t)', {
    from: '0.2',
  }),
  'torchvision/sigmoid-focal-loss@0.8': torch(
    torchvisionFocal,
    { name: 'torch', from: '1.7', before: '2.3' },
    { name: 'torchvision', from: '0.8', before: '0.18' },
  ),
  'torchvision/sigmoid-focal-loss@0.18': torch(
    torchvisionFocal,
    { name: 'torch', from: '2.3' },
    { name: 'torchvision', from: '0.18' },
  ),
  'optax/sigmoid-focal-loss@0.1.8': optax(optaxFocal, { from: '0.1.8', before: '0.2.6' }),
  'optax/sigmoid-focal-loss@0.2.9': optax(optaxFocal, { from: '0.2.9' }),
  // A mean over the last axis, which is of one element. On PyTorch the cross-entropy is that of BCELoss, with its clamp.
  'keras/binary-focal-crossentropy@3': keras(
    `
p = ops.reshape(ops.sigmoid(z), (-1, 1))
return keras.losses.binary_focal_crossentropy(ops.reshape(t, (-1, 1)), p, gamma=gamma)`,
    ['tensorflow', 'jax', 'numpy'],
  ),
  // As in the notebooks, but for the mean at the end.
  'notebook/focal': torch(`
ones_loss = -F.logsigmoid(z) * (torch.sigmoid(-z) ** gamma) * t
zeros_loss = -F.logsigmoid(-z) * (torch.sigmoid(z) ** gamma) * (1 - t)
return ones_loss + zeros_loss`),
  'kaggle/focal': torch(`
max_val = (-z).clamp(min=0)
loss = z - z * t + max_val + ((-max_val).exp() + (-z - max_val).exp()).log()
invprobs = F.logsigmoid(-z * (t * 2.0 - 1.0))
return (invprobs * gamma).exp() * loss`),
  'tf/softmax-cross-entropy-with-logits': tensorflow(`
${tfTwoLogits}
return tf.nn.softmax_cross_entropy_with_logits(labels=tf.stack([t, 1 - t], axis=-1), logits=x)`),
  'tf/sparse-softmax-cross-entropy-with-logits': tensorflow(`
${tfTwoLogits}
${tfLabels}
return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)`),
  'tf/softmax-cross-entropy-of-softmax': tensorflow(`
${tfTwoLogits}
${tfLabels}
return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.nn.softmax(x))`),
  'torch/cross-entropy': torch(`
x = torch.stack([z, torch.zeros_like(z)], dim=-1)
return F.cross_entropy(x, (t != 1).long(), reduction="none")`),
  'optax/softmax-cross-entropy-with-integer-labels': optax(
    `
import optax
x = jnp.stack([z, jnp.zeros_like(z)], axis=-1)
return optax.softmax_cross_entropy_with_integer_labels(x, jnp.where(t == 1, 0, 1))`,
    { from: '0.1' },
  ),
  'keras/categorical-crossentropy': keras(`
${kerasTwoClasses}
return ops.categorical_crossentropy(ops.stack([t, 1 - t], axis=-1), p)`),
  'keras/sparse-categorical-crossentropy': keras(
    `
${kerasTwoClasses}
return ops.sparse_categorical_crossentropy(ops.where(ops.equal(t, 1), 0, 1), p)`,
    ['tensorflow'],
  ),
  'tf/sigmoid-cross-entropy-of-fake-quant': tensorflow(`
q = tf.quantization.fake_quant_with_min_max_args(z, min=-limit, max=limit, num_bits=int(bits))
return tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=q)`),
  'tf/softmax-cross-entropy-of-instance-norm': tensorflow(`
${tfTwoLogits}
${tfLabels}
mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
x = tf.nn.batch_normalization(x, mean, variance, None, None, epsilon)
return -tf.gather(tf.nn.log_softmax(x), labels, batch_dims=1)`),
};

/** The framework's function for an entry with its constants, the given ones and else their defaults, if there is one. */
export function realLoss(
  entry: LossEntry,
  given: Readonly<Record<string, number>> = {},
  format?: FormatName,
): RealLoss | undefined {
  const real = realFunctions[entry.id];
  if (!real) return undefined;
  const constants = Object.fromEntries(
    entry.constants.map(({ name, default: always, defaultIn }) => [
      name,
      given[name] ?? (format && defaultIn?.[format]) ?? always,
    ]),
  );
  return { ...real, id: entry.id, constants };
}
