import assert from 'node:assert/strict';
import { log, multiply, softmax, variable } from '../../../src/expression';
import { failuresOf } from '../../../src/measure/failures';
import { formats } from '../../../src/numeric';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function findingOf(text: string): Finding {
  return only(findingsIn(text).filter((finding) => finding.rule === 'p-log-p'));
}

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}\n`;

describe('rule p-log-p', () => {
  describe('finds', () => {
    finds('p-log-p', {
      'a transport plan': `
import jax, jax.numpy as jnp
def transport_loss(cost, f, g, eps=0.05):
    P = jnp.exp((f[:, None] + g[None] - cost) / eps)
    return jnp.sum(P * cost) + eps * jnp.sum(«P * jnp.log(P)»)
`,
      'shares and means of probabilities': torch(`
p = attention / attention.sum(-1, keepdim=True)
a = -(«p * torch.log(p)»).sum(-1)
mean = F.softmax(logits, dim=1).mean(0)
b = («mean * mean.log()»).sum()
`),
      'either order, with signs and other factors': torch(`
p = x / x.sum()
a = «torch.log(p) * p»
b = «-p * torch.log(p)»
c = «(weight * p) * torch.log(p)»
d = «-p.log() * p»
`),
      'a probability that the file is only given, in a loss': torch(`
class EntropyLoss(torch.nn.Module):
    def forward(self, probs):
        return -torch.mean(torch.sum(«probs * torch.log(probs)», dim=1))
def prior_loss(q):
    q_bar = q.mean(dim=(0, 2, 3))
    return («q_bar * torch.log(q_bar)»).sum()
`),
      'TensorFlow and JAX': `
import tensorflow as tf, jax, jax.numpy as jnp
p = x / tf.reduce_sum(x)
a = -tf.reduce_sum(«p * tf.math.log(p)»)
q = jnp.mean(jax.nn.softmax(y), axis=0)
b = jnp.sum(«q * jnp.log(q)»)
`,
      'NumPy, whose value is NaN for an empty bin': `
import numpy as np
def entropy(counts):
    p = counts / counts.sum()
    return -np.sum(«p * np.log(p)»)
`,
      'a divergence of what the file is given, and the policy of a soft actor-critic': torch(`
def kl_loss(p, q, alpha, value):
    one = «p * (torch.log(p) - torch.log(q))»
    two = «p * torch.log(p / q)»
    log_p = torch.log(p)
    three = «p * (alpha * log_p - value)»
    return (one + two + three).sum(1).mean()
`),
      'xlogy, whose gradient is NaN all the same': `
import torch
from jax.scipy.special import xlogy
p = torch.softmax(x, -1)
a = «torch.xlogy(p, p)»
q = y / y.sum()
b = «xlogy(q, q)»
`,
    });
  });

  describe('spares', () => {
    spares({
      'shares of what is above 0, and one that is tested': torch(`
alpha = F.relu(x) + 1
p = alpha / alpha.sum(1, keepdim=True)
a = -(p * torch.log(p)).sum()
def information(histogram, other):
    joint = histogram / histogram.sum()
    total = 0.0
    for i in range(10):
        if joint[i] > 0 and other[i] > 0:
            total += joint[i] * torch.log(joint[i] / other[i])
    return total
`),
      'the logarithm of something else': torch(`
def loss(p, q):
    return (p * (torch.log(q.clamp(min=1e-6)) - torch.log(1 + q))).sum()
`),
      'an epsilon, a clamp and a selection': torch(`
p = x / x.sum()
a = -(p * torch.log(p + 1e-5)).sum()
q = p.clamp(min=1e-8)
b = -(q * q.log()).sum()
r = p[p > 0]
c = -(r * r.log()).sum()
s = p + 1e-10
d = -(s * torch.log(s)).sum()
`),
      'the form with logits': torch(`
logp = F.log_softmax(x, dim=-1)
h = -(logp.exp() * logp).sum(-1)
`),
      'what a condition or nansum leaves out in NumPy': `
import numpy as np
p = counts / counts.sum()
a = -np.nansum(p * np.log(p))
b = -np.sum(np.where(p > 0, p * np.log(p), 0))
c = -np.nan_to_num(p * np.log(p)).sum()
`,
      'targets, label smoothing and counts': torch(`
def f(target, log_probs, confidence, n):
    loss = (target * torch.log(target) - target * log_probs).sum(1)
    normaliser = -(confidence * torch.log(confidence))
    return loss - normaliser
`),
      'a probability that NumPy code is only given':
        'import numpy as np\ndef f(p):\n    return -(p * np.log(p)).sum()\n',
      'another logarithm': torch('def kl(p, q):\n    return p * torch.log(q)'),
      'xlogy of two values, and entr': `
import torch
def f(target, p):
    return torch.xlogy(target, p) + torch.special.entr(p)
`,
      'a constant': torch('high, low = 0.9, 0.1\nnormaliser = -(high * torch.log(torch.tensor(high)))'),
    });
  });

  it('leaves a softmax to the rule that has code for it', () => {
    const rules = findingsIn(torch('p = torch.softmax(x, -1)\nh = -(p * torch.log(p)).sum(-1)')).map(
      ({ rule }) => rule,
    );
    assert.deepEqual(rules, ['log-of-softmax']);
  });

  it('is NaN at 0 in every format', () => {
    const finding = findingOf(torch('p = x / x.sum()\nh = (p * torch.log(p)).sum()'));
    assert.equal(finding.severity, 'warning');
    for (const { failures } of finding.failures) {
      assert(
        failures.some(
          ({ of, becomes, side, from }) => of === 'value' && becomes === 'NaN' && side === 'below' && from === 0,
        ),
      );
    }
    const numpy = findingOf('import numpy as np\np = c / c.sum()\nh = (p * np.log(p)).sum()\n');
    assert.equal(numpy.severity, 'information');
  });

  it("is NaN from the catalogue's gaps between logits on, where p is a softmax", () => {
    const p = softmax(variable('x'), 0);
    const gapIn = (name: 'float32' | 'float16' | 'bfloat16'): number | undefined => {
      const failure = failuresOf(multiply(p, log(p)), 'x', formats[name]).find(
        ({ of, becomes, side }) => of === 'value' && becomes === 'NaN' && side === 'below',
      );
      return failure && -failure.from;
    };
    // 104, 17.3 and 92.8, to the values that the formats have there.
    assert.equal(gapIn('float32')?.toFixed(2), '103.97');
    assert.equal(gapIn('float16')?.toFixed(2), '17.34');
    assert.equal(gapIn('bfloat16'), 93);
  });
});
