import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('rule cross-entropy-of-probability', () => {
  describe('finds', () => {
    finds('cross-entropy-of-probability', {
      'what the target picks of what a model of the file ends in': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class AttnDecoder(nn.Module):
    def forward(self, x, hidden):
        output = self.out(x)
        output = F.softmax(output, dim=1)
        return output, hidden
def maskNLLLoss(inp, target, mask):
    crossEntropy = -«torch.log(torch.gather(inp, 1, target.view(-1, 1)).squeeze(1))»
    return crossEntropy.masked_select(mask).mean()
`,
      'parameters of a function': `
import torch
def bce(p, t):
    return -(t * «torch.log(p)» + (1 - t) * «torch.log(1 - p)»).mean()
`,
      'two sums, by Keras in TensorFlow': `
import tensorflow as tf
def loss(y_true, y_pred):
    ones = tf.reduce_sum(y_true * «tf.math.log(y_pred)»)
    zeros = tf.reduce_sum((1 - y_true) * «tf.math.log(1 - y_pred)»)
    return -(ones + zeros)
`,
      'what a discriminator of another file says of two images': `
import torch
from models import Discriminator, Generator
D, G = Discriminator(), Generator()
def step(x, z):
    loss = -torch.mean(«torch.log(D(x))» + «torch.log(1. - D(G(z)))»)
    loss.backward()
`,
      'the verdicts by their names': `
import tensorflow as tf
def loss(D_real, D_fake):
    return -tf.reduce_mean(«tf.log(D_real)» + «tf.log(1. - D_fake)»)
`,
      'terms that are added one by one': `
import torch
from torch import nn
class WeightedLoss(nn.Module):
    def forward(self, pred, gt):
        share = gt.mean()
        loss = 0
        loss = loss - share * «torch.log(pred)» * gt
        loss = loss - (1 - share) * «torch.log(1 - pred)» * (1 - gt)
        return torch.mean(loss)
`,
      'log1p, in JAX': `
import jax.numpy as jnp
def loss(params, x, y):
    p = model(params, x)
    return -jnp.mean(y * «jnp.log(p)» + (1 - y) * «jnp.log1p(-p)»)
`,
    });
    finds(
      'cross-entropy-of-probability',
      {
        'in TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
export function loss(labels, p) {
  return tf.neg(tf.mean(tf.add(tf.mul(labels, «tf.log(p)»), tf.mul(tf.sub(1, labels), «tf.log(tf.sub(1, p))»))));
}
`,
      },
      { language: 'javascript' },
    );
  });

  describe('leaves alone', () => {
    spares({
      'what the target picks, of a model that ends in a log softmax, beside attention': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Attn(nn.Module):
    def forward(self, energies):
        return F.softmax(energies, dim=1).unsqueeze(1)
class Decoder(nn.Module):
    def forward(self, x):
        return F.log_softmax(self.out(x), dim=1)
def maskNLLLoss(inp, target, mask):
    return -torch.log(torch.gather(inp, 1, target.view(-1, 1)).squeeze(1)).mean()
`,
      'what is limited': `
import torch
def bce(p, t):
    p = torch.clamp(p, 1e-6, 1 - 1e-6)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()
`,
      'what is limited where the function is called': `
import torch
def bce(prob, t):
    return -(t * torch.log(prob) + (1 - t) * torch.log(1 - prob)).mean()
def train(model, x, t):
    prob = torch.clamp(model(x), 1e-6, 1 - 1e-6)
    return bce(prob, t)
`,
      epsilons: `
import torch
def bce(p, t):
    return -(t * torch.log(p + 1e-7) + (1 - t) * torch.log(1 - p + 1e-7)).mean()
`,
      'a logarithm by itself': `
import torch
def density(p, n):
    return (n * torch.log(p)).sum() - torch.log(1 + n).sum()
`,
      'logarithms of different things': `
import torch
def loss(scale, share):
    return torch.log(scale).sum() + torch.log(1 - share).sum()
`,
      'a log odds, of which another rule speaks': `
import torch
def loss(a, b):
    return (a * torch.log(a.mean(0)) - torch.log(1 - b.mean(0))).sum()
`,
      settings: `
import torch
def prior(z, alpha):
    return (z * torch.log(alpha) + (1 - z) * torch.log(1 - alpha)).sum()
`,
      labels: `
import torch
def excess(x, y_true):
    return torch.relu(x).sum() + (torch.log(y_true) + torch.log(1 - y_true)).sum()
`,
      NumPy: `
import numpy as np
def cost(p, t):
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
`,
    });
  });

  it('is a hint in a metric', () => {
    const found = findingsIn(
      'import torch\ndef metric_bce(p, t):\n    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()\n',
    );
    assert.deepEqual(
      found.map(({ rule, severity }) => [rule, severity]),
      [
        ['cross-entropy-of-probability', 'hint'],
        ['cross-entropy-of-probability', 'hint'],
      ],
    );
  });

  it('advises limits that the format in use can tell from 1', () => {
    const code = (cast: string): string =>
      `import torch\ndef bce(p, t):\n    p = p${cast}\n    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()\n`;
    const advised = ['.float()', '.half()', '.bfloat16()'].map((cast) => findingsIn(code(cast))[0]?.advice);
    assert.deepEqual(
      advised.map((advice) => /limit the probability to (.*)/.exec(advice ?? '')?.[1]),
      ['1e-7 and 1 - 1e-7', '1e-3 and 1 - 1e-3', '1e-2 and 1 - 1e-2'],
    );
  });

  it('yields to the rule that knows where the probability comes from', () => {
    const { rule } = only(
      findingsIn('import torch\ndef f(x, t):\n    p = torch.sigmoid(x)\n    return t * torch.log(p) + (1 - t) * p\n'),
    );
    assert.equal(rule, 'log-of-sigmoid');
  });

  finds('cross-entropy-of-probability', {
    'what Keras gives a loss': `
import tensorflow as tf
def loss(y_true, y_pred):
    return -tf.reduce_sum(y_true * «tf.math.log(y_pred)», axis=1)
`,
    'the same divided by its sum': `
from keras import backend as K
def weighted(weights):
    def loss(y_true, y_pred):
        y_pred /= K.sum(y_pred, axis=-1, keepdims=True)
        return -K.sum(y_true * «K.log(y_pred)» * weights, -1)
    return loss
`,
  });
  spares({
    'what Keras gives a loss, limited': `
import tensorflow as tf
def loss(y_true, y_pred):
    y_pred = tf.clip_by_value(y_pred, 1e-7, 1.0)
    return -tf.reduce_sum(y_true * tf.math.log(y_pred), axis=1)
`,
    'a logarithm of labels': `
import tensorflow as tf
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.math.log(y_true) - y_pred))
`,
  });

  it('yields to the rule that knows the activation of the model that is compiled', () => {
    const { rule } = only(
      findingsIn(`
import tensorflow as tf
def pg(y_true, y_pred):
    return -tf.reduce_sum(y_true * tf.math.log(y_pred), axis=1)
model = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="softmax")])
model.compile(optimizer="adam", loss=pg)
`),
    );
    assert.equal(rule, 'log-of-softmax');
  });
});
