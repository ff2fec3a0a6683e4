import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('rule log-of-one-minus-softmax', () => {
  finds('log-of-one-minus-softmax', {
    'unlikelihood training': `
import torch
import torch.nn.functional as F
def unlikelihood(logits, negative):
    probs = F.softmax(logits, dim=-1)
    return -«torch.log(1 - probs)».gather(1, negative)
`,
    'log1p of the negative': `
import torch
p = torch.softmax(x, dim=1)
loss = -«torch.log1p(-p)».mean()
`,
    'TensorFlow 1': `
import tensorflow as tf
probs = tf.nn.softmax(logits)
loss = -tf.reduce_mean(y * tf.stop_gradient(probs) + (1 - y) * «tf.log(1 - probs)»)
`,
  });
  spares({
    'a complement that is kept from 0': `
import torch
p = torch.softmax(x, dim=1)
loss = -torch.log((1 - p).clamp(min=1e-5)).mean()
`,
    'one minus a probability without a logarithm': `
import torch
p = torch.softmax(x, dim=1)
weight = (1 - p) ** 2
loss = (weight * target).mean()
`,
    log_softmax: `
import torch.nn.functional as F
loss = -(F.log_softmax(x, dim=1) * target).sum(1).mean()
`,
  });
});

describe('rule log-of-probability-plus-epsilon', () => {
  finds('log-of-probability-plus-epsilon', {
    'a GAN': `
import torch
real = torch.sigmoid(discriminator(x))
fake = torch.sigmoid(discriminator(generator(z)))
loss = -torch.mean(«torch.log(real + 1e-8)» + «torch.log(1 - fake + 1e-8)»)
`,
    'a policy gradient in TensorFlow 1': `
import tensorflow as tf
probabilities = tf.nn.softmax(logits)
loss = -tf.reduce_mean(«tf.log(probabilities + 1e-10)» * advantages)
`,
    'a variational autoencoder': `
import tensorflow as tf
def loss(x, logits):
    y = tf.nn.sigmoid(logits)
    return -tf.reduce_sum(x * «tf.math.log(1e-10 + y)» + (1 - x) * «tf.math.log(1e-10 + (1 - y))»)
`,
  });
  spares({
    'an entropy': `
import torch
p = torch.softmax(x, dim=1)
entropy = -(p * torch.log(p + 1e-8)).sum(1).mean()
`,
    'a metric in NumPy': `
import numpy as np
from scipy.special import expit
def log_loss_metric(y, scores):
    p = expit(scores)
    return -np.mean(y * np.log(p + 1e-15))
`,
    'data that is no probability': `
import torch
spectrogram = torch.log(magnitude + 1e-5)
loss = (spectrogram - target).abs().mean()
`,
  });
});

describe('rule epsilon-before-subtraction', () => {
  finds('epsilon-before-subtraction', {
    'the autoencoder of a tutorial': `
import tensorflow as tf
x_hat = tf.nn.sigmoid(tf.matmul(layer, w) + b)
loss = x * tf.stop_gradient(x_hat) + (1 - x) * «tf.log(1e-10 + 1 - x_hat)»
`,
    PyTorch: `
import torch
p = torch.sigmoid(z)
loss = -«torch.log(1e-8 + 1 - p)».mean()
`,
    'one plus epsilon first': `
import torch
p = torch.sigmoid(z)
loss = -«torch.log(1 + 1e-9 - p)».mean()
`,
  });
  spares({
    'an epsilon that one holds': `
import torch
p = torch.sigmoid(z).detach()
weight = 1 + 1e-3 - p
`,
    'no logarithm': `
import torch
p = torch.sigmoid(z)
loss = (1e-8 + 1 - p).mean()
`,
    'label smoothing': `
import torch
loss = (target * (1 - 1e-8) - p).pow(2).mean()
`,
  });
});

describe('rule clamp-without-effect', () => {
  finds('clamp-without-effect', {
    'an epsilon below half an ULP of 1': `
import torch
p = torch.sigmoid(x).clamp(1e-8, 1 - 1e-8)
loss = -(y * p.detach() + (1 - y) * «torch.log(1 - p)»).mean()
`,
    TensorFlow: `
import tensorflow as tf
p = tf.clip_by_value(tf.sigmoid(x), 1e-10, 1 - 1e-10)
loss = -tf.reduce_mean((1 - y) * «tf.math.log(1 - p)»)
`,
    Keras: `
from keras import backend as K
def loss(y_true, logits):
    p = K.clip(K.sigmoid(logits), 1e-12, 1.0 - 1e-12)
    return -K.mean((1 - y_true) * «K.log(1.0 - p)»)
`,
  });
  spares({
    'an epsilon that float32 holds': `
import torch
p = torch.sigmoid(x).clamp(1e-6, 1 - 1e-6)
loss = (y - p).abs().mean()
`,
    float64: `
import torch
p = torch.sigmoid(x.double()).clamp(1e-8, 1 - 1e-8)
weight = 1 - p
`,
    'a clamp of data': `
import torch
image = torch.clamp(x, 1e-8, 1 - 1e-8)
loss = (image - target).pow(2).mean()
`,
  });
});

describe('rule clamp-on-the-wrong-side', () => {
  finds('clamp-on-the-wrong-side', {
    'the complement of a probability with a floor': `
import torch
p = torch.sigmoid(x)
loss = -(1 - y) * «torch.log(1 - torch.clamp(p, min=1e-7))»
`,
    'a maximum': `
import tensorflow as tf
p = tf.sigmoid(x)
loss = -tf.reduce_mean(«tf.math.log(1 - tf.maximum(p, 1e-7))»)
`,
    'by a name': `
import torch
p = torch.softmax(x, 1).clamp(min=1e-8)
loss = -«torch.log(1 - p)».mean()
`,
  });
  spares({
    'a floor for the logarithm of the same': `
import torch
p = torch.sigmoid(x).clamp(min=1e-6)
entropy = p * p
`,
    'a ceiling for the complement': `
import torch
p = torch.sigmoid(x).clamp(max=1 - 1e-5)
weight = 1 - p
`,
    'the complement itself has a floor': `
import torch
p = torch.sigmoid(x)
loss = -torch.log((1 - p).clamp(min=1e-5)).mean()
`,
  });
});

describe('rule log-of-clamped-probability', () => {
  it('is a hint: limits are often meant', () => {
    for (const source of [
      'import torch\np = torch.sigmoid(x)\nloss = -torch.log(torch.clamp(p, 1e-4, 1 - 1e-4)).mean()\n',
      'import tensorflow as tf\nloss = -tf.math.log(tf.clip_by_value(tf.nn.softmax(x), 1e-5, 1.0))\n',
      'import jax.numpy as jnp\nimport jax\nloss = -jnp.log(jnp.clip(jax.nn.sigmoid(x), 1e-6, 1 - 1e-6))\n',
    ]) {
      const found = only(findingsIn(source).filter(({ rule }) => rule === 'log-of-clamped-probability'));
      assert.equal(found.severity, 'hint');
    }
  });

  spares({
    'a limit in a detector': `
import torch
p = torch.clamp(torch.sigmoid(x), 1e-4, 1 - 1e-4)
loss = -torch.log(p) * target
`,
    'a clamped distance': 'import torch\nloss = torch.log(torch.clamp(distance, min=1e-6)).mean()\n',
    'a clamped logit': 'import torch\nloss = torch.sigmoid(torch.clamp(x, -10, 10)).log().mean()\n',
  });
});

describe('rule logit-of-probability', () => {
  finds('logit-of-probability', {
    'odds of a sigmoid': `
import torch
p = torch.sigmoid(x)
logit = «torch.log(p / (1 - p))»
loss = (logit - target).pow(2).mean()
`,
    'relaxed Bernoulli by hand': `
import torch
def sample(logits):
    probs = torch.sigmoid(logits)
    return «(probs / (1 - probs)).log()» + noise
`,
    'a difference of logarithms': `
import tensorflow as tf
p = tf.sigmoid(x)
logit = «tf.math.log(p) - tf.math.log(1 - p)»
loss = tf.reduce_mean(tf.square(logit - y))
`,
  });
  spares({
    'a data prior': 'import math\nprior = 0.01\nbias = -math.log((1 - prior) / prior)\n',
    'torch.logit with an epsilon': 'import torch\nz = torch.logit(p, eps=1e-6)\nloss = z.mean()\n',
    'a clamped probability': `
import torch
p = torch.sigmoid(x).clamp(1e-4, 1 - 1e-4)
loss = (p / (1 - p)).mean()
`,
  });
});

describe('rule focal-loss-of-probability', () => {
  finds('focal-loss-of-probability', {
    PyTorch: `
import torch
def focal(logits, y, gamma=2.0):
    p = torch.sigmoid(logits)
    return -(y * (1 - p) ** gamma * «torch.log(p)»).mean()
`,
    TensorFlow: `
import tensorflow as tf
def focal(y, logits):
    p = tf.sigmoid(logits)
    return -tf.reduce_mean(tf.pow(1.0 - p, 2.0) * «tf.math.log(p)»)
`,
    JAX: `
import jax
import jax.numpy as jnp
def focal(logits):
    p = jax.nn.sigmoid(logits)
    return -jnp.mean((1 - p) ** 2 * «jnp.log(p)»)
`,
  });
  spares({
    'from logits': `
import torch
import torch.nn.functional as F
def focal(logits, y):
    ce = F.binary_cross_entropy_with_logits(logits, y, reduction='none')
    return ((1 - torch.exp(-ce)) ** 2 * ce).mean()
`,
    'a clamped probability': `
import torch
p = torch.clamp(torch.sigmoid(x), 1e-4, 1 - 1e-4)
loss = -((1 - p) ** 2 * torch.log(p)).mean()
`,
    'a weight without a logarithm': `
import torch
p = torch.sigmoid(x)
loss = ((1 - p) ** 2 * error).mean()
`,
  });
});
