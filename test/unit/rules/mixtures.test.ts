import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}`;

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

describe('probabilities that are added up', () => {
  describe('log-of-mixture', () => {
    finds('log-of-mixture', {
      'what a loop adds up from 0': torch(`
def loss(logits, y):
    p = torch.sigmoid(logits)
    s = 0
    for k in range(4):
        s = s + p[k] * y[k]
    return -«torch.log(s)».mean()
`),
      'one that is multiplied by a computed number': torch(`
def smoothed_loss(logits, y, a=0.1):
    p = F.softmax(logits, 1).gather(1, y)
    return -«torch.log(p * ((1 - a) + a / float(logits.size(-1))))».mean()
`),
      'by a function of early versions of TensorFlow': `
import tensorflow as tf
def policy_loss(logits, actions, returns):
    p = tf.nn.softmax(logits)
    chosen = tf.batch_matmul(tf.reshape(p, (-1, 1, 4)), tf.reshape(actions, (-1, 4, 1)))
    return -tf.reduce_sum(«tf.log(chosen)») * tf.reduce_sum(returns)
`,
      'the action that was taken, in TensorFlow 1': `
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
a = tf.placeholder(tf.float32, [None, 2])
advantage = tf.placeholder(tf.float32, [None])
w = tf.Variable(tf.zeros([4, 2]))
pi = tf.nn.softmax(tf.matmul(x, w))
loss = -tf.reduce_mean(«tf.log(tf.reduce_sum(pi * a, axis=1))» * advantage)
train = tf.train.AdamOptimizer().minimize(loss)
`,
      'a matrix of label noise': torch(`
def forward_correction(logits, y, T):
    p = F.softmax(logits, dim=1)
    return F.nll_loss(«torch.log(torch.matmul(p, T))», y)
`),
      'a mean of sigmoids, and what is left of it to 1': torch(`
def sparsity_loss(h, rho=0.05):
    mean = torch.sigmoid(h).mean(0)
    return -(rho * «torch.log(mean)» + (1 - rho) * «torch.log(1 - mean)»).sum()
`),
      'an ensemble in JAX': `
import jax, jax.numpy as jnp
def loss(logits, mask):
    p = jax.nn.softmax(logits, axis=-1)
    return -«jnp.log(jnp.sum(jnp.mean(p, axis=0) * mask, -1))».mean()
`,
    });
    it('speaks of one probability where none are added up', () => {
      const { message } = said(
        'log-of-mixture',
        torch('def loss(z, w):\n    return -torch.log(w * F.softmax(z, 1)).mean()\n'),
      );
      assert.match(message, /^log\(w \* softmax\(x\)\) is -inf from a logit 103\.98 below the greatest in float32/);
    });
    spares({
      'a mixture of densities, which is 0 only where all of them are': torch(`
def nll(logits, likelihood, x):
    gate = torch.softmax(logits, 1)
    return -torch.log((gate * likelihood).sum(1)).mean() - torch.log((gate * torch.exp(-x ** 2)).sum(1)).mean()
`),
      'weights that add up to 1 by themselves': torch(`
def loss(logits, mask):
    p = F.softmax(logits, 1) * mask
    return (p / p.sum(1, keepdim=True)).mean()
`),
      'logarithms of the softmax itself': torch(`
def loss(logits, mask):
    return -(F.log_softmax(logits, 1) * mask).sum(1).mean()
`),
      'a log loss of Dice': torch(`
def loss(logits, y):
    p = torch.sigmoid(logits)
    return -torch.log((2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1))
`),
    });

    it('says that it takes all of them', () => {
      const { message, severity } = said(
        'log-of-mixture',
        torch('def loss(x):\n    return -torch.log(torch.sigmoid(x).mean(0)).sum()'),
      );
      assert.equal(severity, 'information');
      assert.match(message, /^log\(mean\(sigmoid\(x\)\)\) is -inf where all x are <= -88\.723 in float32/);
      const softmax = said(
        'log-of-mixture',
        torch('def loss(x, y, m):\n    return torch.log((x.softmax(1) * m).sum(1))'),
      );
      assert.match(
        softmax.message,
        /^log\(sum\(w \* softmax\(x\)\)\) is -inf where all logits that it takes lie 103\.98 below/,
      );
    });

    it('is one with an epsilon as well', () => {
      const { message } = said(
        'log-of-probability-plus-epsilon',
        torch('def loss(x, m):\n    return -torch.log((x.softmax(1) * m).sum(1) + 1e-8).mean()'),
      );
      assert.match(message, /log\(sum\(w \* softmax\(x\)\) \+ 1e-8\)/);
    });
  });

  describe('log-of-reciprocal-probability', () => {
    finds('log-of-reciprocal-probability', {
      'a divergence from a rate of activation': torch(`
def kl(rho, h):
    rho_hat = torch.mean(torch.sigmoid(h), dim=0)
    a = «torch.log(rho / rho_hat)»
    return torch.sum(rho * a + (1 - rho) * «torch.log((1 - rho) / (1 - rho_hat))»)
`),
      'an importance, in TensorFlow': `
import tensorflow as tf
def loss(logits, q):
    return tf.reduce_mean(«tf.math.log(q / tf.nn.softmax(logits))»)
`,
      'a surprise, in JAX': `
import jax, jax.numpy as jnp
def loss(x):
    return jnp.mean(«jnp.log(1 / jax.nn.sigmoid(x))»)
`,
    });
    spares({
      'the odds': torch(`
def odds(x):
    return torch.sigmoid(x) / (1 - torch.sigmoid(x))
`),
      'a difference of logarithms': torch(`
def loss(x, q):
    return (torch.log(q) - F.log_softmax(x, 1)).mean()
`),
      'what something else is divided by': torch(`
def loss(a, b):
    return torch.log(a / b).mean()
`),
    });

    it('of a guarded probability speaks of its guard', () => {
      const { message } = said(
        'log-of-probability-plus-epsilon',
        torch('def loss(x, q):\n    return torch.log(q / (torch.sigmoid(x) + 1e-8)).mean()'),
      );
      assert.match(message, /log\(sigmoid\(x\) \+ 1e-8\)/);
    });
  });

  it('is the exponential of a log softmax as well, measured as that', () => {
    const { message } = said(
      'log-of-probability-plus-epsilon',
      torch('def loss(x, i):\n    p = torch.exp(F.log_softmax(x, 1))\n    return -torch.log(p[i] + 1e-10).mean()'),
    );
    assert.match(message, /log\(exp\(log_softmax\(x\)\) \+ 1e-10\)/);
  });
});
