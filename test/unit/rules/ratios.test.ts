import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { marked, spares } from './marked';
import { assertThresholds } from './thresholds';

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

const first = (rule: string, source: string): Finding => {
  const finding = findingsIn(source).find((each) => each.rule === rule);
  assert(finding);
  return finding;
};

describe('rule exp-of-log-variance', () => {
  describe('hints at', () => {
    hints('exp-of-log-variance', {
      'a function that calls it something, whatever its caller calls it': `
import torch
def reparameterize(mu, logvar):
    return mu + torch.randn_like(mu) * «torch.exp(0.5 * logvar)»
def forward(x):
    return reparameterize(x[0], spread(x) * 2)
`,
      'a VAE': `
import torch
def reparameterize(mu, logvar):
    std = «torch.exp(0.5 * logvar)»
    return mu + torch.randn_like(std) * std
def loss(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - «logvar.exp()»)
`,
      'a VAE as a module': `
import torch
import torch.nn as nn
class VAE(nn.Module):
    def encode(self, x):
        mu = self.fc_mu(x)
        log_var = self.fc_var(x)
        return [mu, log_var]
    def reparameterize(self, mu, logvar):
        return mu + «torch.exp(logvar / 2)» * torch.randn_like(mu)
    def forward(self, x):
        mu, log_var = self.encode(x)
        return self.reparameterize(mu, log_var)
`,
      'a precision': `
import torch
loss = «torch.exp(-log_sigma)» * (y - mu) ** 2 + log_sigma
`,
      Keras: `
from keras import backend as K
def sampling(args):
    z_mean, z_log_sigma = args
    return z_mean + «K.exp(z_log_sigma)» * K.random_normal(shape=(2,))
`,
      'an attribute': `
import tensorflow as tf
class Model:
    def build(self):
        self.z_log_std = Layer(2)(self.hidden)
        self.z = self.z_mean + tf.random_normal([2]) * «tf.exp(self.z_log_std)»
`,
    });
  });

  describe('leaves alone', () => {
    hints('exp-of-log-variance', {
      'a limit': `
import torch
def forward(self, x):
    log_std = torch.clamp(self.log_std_linear(x), -20, 2)
    return torch.exp(log_std)
`,
      'a tanh': `
import torch
class Actor:
    def forward(self, x):
        log_std = torch.tanh(self.fc_logstd(x))
        log_std = LOG_STD_MIN + 0.5 * 7 * (log_std + 1)
        return log_std
    def get(self, x):
        return torch.exp(2.0 * torch.tanh(x))
`,
      'another exponential': `
import torch
y = torch.exp(x)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    assertThresholds(first('exp-of-log-variance', `import torch\ny = torch.exp(logvar)\n`), [
      ['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
    ]);
    assertThresholds(first('exp-of-log-variance', `import torch\ny = torch.exp(0.5 * logvar)\n`), [
      ['value', 'above', 'Infinity', { float32: 177.4, float16: 22.2 }],
    ]);
    assertThresholds(first('exp-of-log-variance', `import torch\ny = torch.exp(-logvar)\n`), [
      ['value', 'below', 'Infinity', { float32: -88.72 }],
    ]);
  });
});

describe('rule exp-of-log-ratio', () => {
  describe('hints at', () => {
    hints('exp-of-log-ratio', {
      PPO: `
import torch
ratio = «torch.exp(logprobs - old_logprobs.detach())»
`,
      'in two steps': `
import torch
def update(self, newlogprob, b_logprobs):
    logratio = newlogprob - b_logprobs
    ratio = «logratio.exp()»
`,
      'log_prob of distributions': `
import torch
def f(pi, old, action):
    return «torch.exp(pi.log_prob(action) - old.log_prob(action))»
`,
      TensorFlow: `
import tensorflow as tf
ratio = «tf.exp(pi.pd.logp(ac) - oldpi.pd.logp(ac))»
`,
      JAX: `
import jax.numpy as jnp
def rhos(log_pi_a, log_mu_a):
    return «jnp.exp(log_pi_a - log_mu_a)»
`,
    });
  });

  describe('leaves alone', () => {
    hints('exp-of-log-ratio', {
      'a limit': `
import torch
ratio = torch.exp(torch.clamp(logp - old_logp, -20, 20))
`,
      'the maximum subtracted': `
import torch
w = torch.exp(log_prob - log_prob.max())
`,
      'another difference': `
import torch
y = torch.exp(a - b)
`,
      'a straight-through factor': `
import torch
magic_box = torch.exp(log_prob - log_prob.detach())
`,
    });
    spares({
      'a ratio in a loss': `
import torch
def loss(logp, old_logp, adv, eps):
    ratio = torch.exp(logp - old_logp)
    return -torch.min(ratio * adv, torch.clamp(ratio, 1 - eps, 1 + eps) * adv).mean()
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    assertThresholds(first('exp-of-log-ratio', `import torch\ny = torch.exp(logp - old_logp)\n`), [
      ['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
    ]);
  });
});
