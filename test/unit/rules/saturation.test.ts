import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}`;

function said(source: string): Finding {
  return only(findingsIn(source).filter(({ rule }) => rule === 'log-of-saturated-probability'));
}

describe('log-of-saturated-probability', () => {
  finds('log-of-saturated-probability', {
    'a target added to a sigmoid': torch(`
def bce(logits, y):
    p = torch.sigmoid(logits)
    return -«torch.log(torch.abs(y + p - 1))».mean()
`),
    'the distance of a sigmoid from its target': torch(`
def focal(logits, labels, gamma=2.0):
    error = (labels - torch.sigmoid(logits)).abs()
    return -(error ** gamma * «torch.log(1 - error)»).mean()
`),
    'the same by log1p': torch(`
def loss(logits, labels):
    return -«torch.log1p(-(labels - logits.sigmoid()).abs())».mean()
`),
    'a rounded target in TensorFlow 1': `
import tensorflow as tf
def gan_loss(y_pred, y_true):
    return tf.reduce_mean(«tf.log(tf.abs(tf.round(1 - y_true) - tf.sigmoid(y_pred)))»)
`,
    'the log of a Dice coefficient': torch(`
def dice_loss(logits, mask):
    p = torch.sigmoid(logits)
    intersection = (p * mask).sum()
    return -«torch.log(2 * intersection / (p.sum() + mask.sum()))»
`),
    'of two sigmoids, in JAX': `
import jax, jax.numpy as jnp
def loss(a, b, y):
    p, q = jax.nn.sigmoid(a), jax.nn.sigmoid(b)
    return -jnp.mean(y * jnp.log(p + q - p * q) + (1 - y) * «jnp.log((1 - p) * (1 - q))»)
`,
    'a limit at the other end': torch(`
def loss(logits, y):
    p = torch.sigmoid(logits)
    return -«torch.log(torch.abs(y + torch.clamp(p, min=1e-6) - 1))».mean()
`),
  });
  spares({
    'what is negative in exact arithmetic as well': torch(`
def loss(logits, rate):
    return -torch.log(rate - torch.sigmoid(logits)).mean()
`),
    'a limit from below that the upper one crosses, in TensorFlow': `
import tensorflow as tf
def evaluate(logits):
    p = tf.nn.softmax(logits)
    return tf.log(tf.clip_by_value(p, 1e-10, p) - 1e-11)
`,
    'the same in a loss, which stays finite': `
import tensorflow as tf
def loss(logits, y):
    p = tf.nn.softmax(logits)
    return -tf.reduce_sum(y * tf.log(tf.clip_by_value(p, 1e-10, p)))
`,
    'a number that is added': torch(`
def bce(logits, y):
    p = torch.sigmoid(logits)
    return -torch.log(torch.abs(y + p - 1) + 1e-6).mean() - torch.log(1 - (y - p).abs() * 0.999).mean()
`),
    'a probability that is replaced at its end': `
import jax, jax.numpy as jnp
def loss(logits, y):
    p = jax.nn.sigmoid(logits)
    return -jnp.mean(y * jnp.log(jnp.where(p == 0, 1e-30, p)) + (1 - y) * jnp.log(1 - jnp.where(p == 1, 0.999, p)))
`,
    'logits that are limited': torch(`
def bce(logits, y):
    p = torch.sigmoid(logits.clamp(-4, 4))
    return -torch.log(torch.abs(y + p - 1)).mean()
`),
    'what is 0 in exact arithmetic as well': torch(`
def loss(logits, mask):
    p = torch.sigmoid(logits)
    return torch.log(1 + mask * p - p * mask).mean() + torch.log(2 - torch.abs(mask - p)).mean()
`),
    'an operand that may be anything between 0 and 1': torch(`
def loss(logits, other, rate):
    p = torch.sigmoid(logits)
    return -torch.log(torch.abs(rate - p)).mean() - torch.log(rate * p + (1 - rate) * other).mean()
`),
    'the greatest of probabilities that add up to 1': torch(`
def confidence(logits, y):
    return -torch.log(y * 0.1 + torch.softmax(logits, 1).max(1)[0]).mean()
`),
  });

  it('says from which input, with which target', () => {
    const { message } = said(
      torch('def loss(z, y):\n    return -torch.log(1 - (y - torch.sigmoid(z)).abs()).mean()\n'),
    );
    assert.match(
      message,
      /^log\(1 - abs\(t - sigmoid\(x\)\)\) with target 0 is -inf from x >= 16\.636 in float32.* Here x is `z`\./,
    );
    const other = said(torch('def loss(z, y):\n    return -torch.log((y - torch.sigmoid(z)).abs()).mean()\n')).message;
    assert.match(other, /^log\(abs\(t - sigmoid\(x\)\)\) with target 0 is -inf from x <= -88\.723 in float32/);
  });

  it('says that all of a sum have to be so far out', () => {
    const { message } = said(
      torch(
        'def loss(z, mask):\n    p = z.sigmoid()\n    return -torch.log(2 * (p * mask).sum() / (p.sum() + mask.sum()))\n',
      ),
    );
    assert.match(
      message,
      /^log\(2 \* \(sigmoid\(x\) \* a\) \/ \(sigmoid\(x\) \+ a\)\) with a = 0\.8203 is -inf where all x are <= -88\.723 in float32/,
    );
  });

  it('is a hint where nothing is trained', () => {
    const source = `
import numpy as np
from scipy.special import expit
def score(z, y):
    return -np.log(np.abs(y + expit(z) - 1)).mean()
`;
    assert.equal(said(source).severity, 'hint');
  });
});
