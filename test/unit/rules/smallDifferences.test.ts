import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { marked } from './marked';

/** Asserts that the rule hints at exactly the marked ranges. */
function hints(rule: string, cases: Readonly<Record<string, string>>): void {
  for (const [name, source] of Object.entries(cases)) {
    it(name, () => {
      const { text, ranges } = marked(source);
      const found = findingsIn(text).filter((finding) => finding.rule === rule);
      assert.deepEqual(
        found.map(({ range, severity }) => `${severity} ${text.slice(range.start, range.end)}`),
        ranges.map(({ start, end }) => `hint ${text.slice(start, end)}`),
      );
    });
  }
}

const only = (source: string): Finding => {
  const found = findingsIn(source);
  assert.equal(found.length, 1);
  return found[0] as Finding;
};

describe('rule exp-minus-one', () => {
  describe('hints at', () => {
    hints('exp-minus-one', {
      PyTorch: `
import torch
y = «torch.exp(x) - 1»
`,
      NumPy: `
import numpy as np
y = «np.exp(rate * dt) - 1.0»
`,
      'in place': `
import torch
def f(x):
    return «x.exp_().sub_(1)»
`,
      'through a variable': `
import jax.numpy as jnp
def f(x):
    e = jnp.exp(x)
    return «e - 1»
`,
    });
  });

  describe('leaves alone', () => {
    hints('exp-minus-one', {
      'an ELU': `
import torch
y = torch.where(x > 0, x, torch.exp(x) - 1)
`,
      'an ELU by a branch': `
import numpy as np
def elu(x):
    return np.where(x >= 0.0, x, np.exp(x) - 1)
`,
      'a ratio that is compared with 1': `
import torch
def f(logratio):
    ratio = logratio.exp()
    return ((ratio - 1) - logratio).mean()
`,
      'an x that is never small': `
import torch
y = torch.exp(x.clamp(min=1)) - 1
`,
      'a part of a tanh': `
import torch
y = (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)
`,
      expm1: `
import torch
y = torch.expm1(x)
`,
    });
  });

  it('measures up to which x it is 0, as the catalogue says', () => {
    const finding = only(`import torch\ny = torch.exp(x) - 1\n`);
    assert.match(finding.message, /is 0 for 0 < x <= 5\.96e-8 in float32 \(bfloat16 0\.0039?\d*, float16 0\.000488\)/);
    assert.equal(finding.fix?.title, 'Write torch.expm1(x)');
  });
});

describe('rule log-of-one-plus', () => {
  describe('hints at', () => {
    hints('log-of-one-plus', {
      PyTorch: `
import torch
y = «torch.log(1 + x)»
`,
      'a square': `
import torch
logabsdet = -«torch.log(1 + inputs ** 2)»
`,
      NumPy: `
import numpy as np
target = «np.log(prices + 1)»
`,
      TensorFlow: `
import tensorflow as tf
y = «tf.math.log(1.0 + tf.abs(x))»
`,
    });
  });

  describe('leaves alone', () => {
    hints('log-of-one-plus', {
      ranks: `
import torch
D = torch.log2(1. + pos_idxs.float())[None, :]
d = torch.log(1. + ranks)
`,
      counts: `
import numpy as np
idf = np.log(1 + count)
tf = np.log(1 + len(words))
`,
      'a loop': `
import math
def dcg(scores):
    return sum(s / math.log(i + 1) for i, s in enumerate(scores)) + sum(math.log(1 + n) for n in range(10))
`,
      'a softplus': `
import torch
import torch.nn.functional as F
y = torch.log(1 + torch.exp(-torch.abs(x)))
`,
      'a probability': `
import torch
y = torch.log(1 + -torch.sigmoid(x))
`,
      'an x that is never small': `
import torch
y = torch.log(1 + x.clamp(min=0.5))
`,
      numbers: `
import math
y = math.log(1 + 5)
`,
    });
  });

  it('measures up to which x it is 0, as the catalogue says', () => {
    const finding = only(`import torch\ny = torch.log(1 + x)\n`);
    assert.match(finding.message, /is 0 for 0 < x <= 5\.96e-8 in float32 \(bfloat16 0\.0039\d*, float16 0\.000488\)/);
    assert.equal(finding.fix?.title, 'Write torch.log1p(x)');
  });
});
