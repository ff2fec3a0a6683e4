import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('rule sqrt-of-exp', () => {
  describe('finds', () => {
    finds('sqrt-of-exp', {
      'the sampling of a TensorFlow 1 autoencoder': `
import tensorflow as tf
z_log_sigma_sq = tf.add(tf.matmul(layer_2, weights['log_sigma']), biases['log_sigma'])
eps = tf.random_normal((batch_size, n_z), 0, 1)
z = tf.add(z_mean, tf.multiply(«tf.sqrt(tf.exp(z_log_sigma_sq))», eps))
`,
      'a root written as a power': `
import torch
def reparameterize(mu, logvar):
    std = «torch.exp(logvar) ** 0.5»
    return mu + std * torch.randn_like(std)
`,
      'method chains': `
import torch
def sample(mu, logvar):
    return mu + «logvar.exp().sqrt()» * torch.randn_like(mu)
`,
      'a variance that has a name': `
import jax.numpy as jnp
def kl(mu, logvar):
    variance = jnp.exp(logvar)
    sigma = «jnp.sqrt(variance)»
    return sigma + mu
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'half the logarithm': 'import torch\nstd = torch.exp(0.5 * logvar)\n',
      'a variance that is kept from 0': 'import torch\nstd = torch.sqrt(torch.exp(logvar) + 1e-6)\n',
      'a logarithm that is clamped': 'import torch\nstd = torch.exp(logvar.clamp(-20, 2)).sqrt()\n',
      'NumPy, which takes no gradients': 'import numpy as np\nstd = np.sqrt(np.exp(log_variance))\n',
    });
  });

  it('says from where on, and writes exp of the half', () => {
    const text = 'import torch\ndef std_of(logvar):\n    return torch.sqrt(torch.exp(logvar))\n';
    const finding = only(findingsIn(text, { rules: new Set(['sqrt-of-exp']) }));
    assert.match(finding.message, /^The gradient of sqrt\(exp\(x\)\) is (NaN|inf) from x <= -10[0-9.]+ in float32/);
    assert.equal(finding.advice, 'torch.exp(0.5 * logvar)');
    assert.equal(finding.fix?.edits[0]?.text, 'torch.exp(0.5 * logvar)');
    assert.equal(finding.fix.worstAfter <= 2, true);
  });
});
