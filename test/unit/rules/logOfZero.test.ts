import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('log-of-zero', () => {
  finds('log-of-zero', {
    'boxes that do not meet': `
import torch
class IOULoss(torch.nn.Module):
    def forward(self, pred, target):
        lt = torch.max(pred[:, :2], target[:, :2])
        rb = torch.min(pred[:, 2:], target[:, 2:])
        wh = (rb - lt).clamp(min=0)
        inter = wh[:, 0] * wh[:, 1]
        return -«torch.log(inter / area(pred, target, inter))».mean()
`,
    'a ReLU, in TensorFlow': `
import tensorflow as tf
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(«tf.math.log(tf.nn.relu(y_pred))» - y_true))
`,
    'a signal to noise ratio': `
import torch
def si_snr_loss(est, ref):
    noise = est - ref
    ratio = torch.sum(ref ** 2, -1) / torch.sum(noise ** 2, -1)
    return -10 * «torch.log10(ratio)».mean()
`,
    'a difference of distribution functions': `
import torch
def nll_loss(x, s, b):
    return -«torch.log(torch.sigmoid((x + b) / s) - torch.sigmoid((x - b) / s))».mean()
`,
    'a limit of 0 in JAX': `
import jax.numpy as jnp
def loss(x, y):
    return jnp.mean(y * «jnp.log(jnp.clip(x, 0, 1))»)
`,
  });
  spares({
    'an epsilon, or 1, that is added': `
import torch
def loss(x, y):
    return torch.log(torch.relu(x) + 1).mean() + torch.log(torch.relu(y) + 1e-6).mean()
`,
    'a limit above 0': `
import torch
def loss(x, lo, hi):
    return torch.log((torch.sigmoid(hi) - torch.sigmoid(lo)).clamp(min=1e-12)).mean() + torch.log(x.clamp(min=1e-6)).mean()
`,
    'a ratio that is only looked at, and an error alone': `
import numpy as np
import torch
def psnr(a, b):
    return 10 * torch.log10(1 / torch.mean((a - b) ** 2))
def snr(ref, est):
    return 10 * np.log10(np.sum(ref ** 2) / np.sum((ref - est) ** 2))
`,
    'what was compared with 0': `
import torch
def loss(x):
    y = torch.relu(x)
    if y > 0:
        return torch.log(y)
    return y
`,
    'what is never negative anyway': `
import torch
def loss(x):
    return torch.log(torch.clamp(x ** 2 + 0.5, min=0)).mean()
`,
  });

  it('says what is 0, and is a hint outside training', () => {
    const find = (code: string) =>
      only(findingsIn(`import torch\n${code}`).filter(({ rule }) => rule === 'log-of-zero'));
    const { message } = find('def loss(x):\n    return torch.log(torch.relu(x)).mean()');
    assert.match(
      message,
      /^Where the limit of 0 holds \(`torch\.relu\(x\)`\), log\(x\) is -inf and its gradient inf, in float32/,
    );
    assert.equal(find('def evaluate(x):\n    return torch.log(torch.relu(x))').severity, 'hint');
    const ratio = 'torch.log2(torch.sum(a ** 2) / torch.sum((a - b) ** 2))';
    assert.match(
      find(`def loss(a, b):\n    return ${ratio}`).message,
      /^Where the sum above the line is 0 .*log2\(x\) is -inf .*Where the sum below it is 0 \(no error\) it is inf\.$|below it is 0 \(no error\) it is inf\./,
    );
    assert.equal(find(`def ratio(a, b):\n    return ${ratio}`).severity, 'hint');
  });
});
