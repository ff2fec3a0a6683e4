import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('log-of-negative', () => {
  finds('log-of-negative', {
    'an epsilon, in TensorFlow 1': `
import tensorflow as tf
def loss(x, h):
    y = tf.nn.tanh(tf.matmul(h, w))
    return -tf.reduce_sum(x * «tf.log(y + 1e-10)» + (1 - x) * tf.log(1 - y + 1e-10), 1)
`,
    'bare, as methods': `
import torch
def nll(x):
    return -«x.tanh().log()».mean()
`,
    'a decoder that ends in a tanh': `
import torch
from torch import nn
decoder = nn.Sequential(nn.Linear(20, 784), nn.Tanh())
def loss(z, x):
    y = decoder(z)
    return -(x * «torch.log(y + 1e-8)»).sum()
`,
    'a cosine similarity': `
import torch
import torch.nn.functional as F
def contrast(a, b):
    return -«torch.log(F.cosine_similarity(a, b) + 1e-6)».mean()
`,
    'in JAX': `
import jax.numpy as jnp
def loss(x):
    return -jnp.mean(«jnp.log(jnp.tanh(x) + 1e-7)»)
`,
  });

  spares({
    'a limit from below': `
import torch
def nll(x):
    return -torch.log(torch.tanh(x).clamp(min=1e-6)).mean()
`,
    'its magnitude': `
import torch
def nll(x):
    return -torch.log(torch.abs(torch.tanh(x)) + 1e-6).mean()
`,
    'of what is not negative': `
import torch
def nll(x):
    return -torch.log(torch.tanh(torch.relu(x)) + 1e-6).mean()
`,
    'scaled to what lies between 0 and 1': `
import torch
def nll(x):
    return -torch.log((torch.tanh(x) + 1.0) / 2.0 + 1e-3).mean()
`,
    'a value of which nothing is known': `
import torch
def nll(x):
    return -torch.log(x + 1e-6).mean()
`,
  });

  it('says from which value on', () => {
    const found = only(findingsIn('import torch\nloss = -torch.log(torch.tanh(x) + 1e-3).mean()\nloss.backward()\n'));
    assert.equal(found.severity, 'warning');
    const failure = found.failures[0]?.failures.find(({ of, side }) => of === 'value' && side === 'below');
    assert.equal(failure?.becomes, 'NaN');
    assert(Math.abs(failure.from + 1e-3) < 1e-6);
  });
});
