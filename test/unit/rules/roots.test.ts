import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

describe('rule sqrt-of-exp', () => {
  describe('finds', () => {
    finds('sqrt-of-exp', {
      'the sampling of a TensorFlow 1 autoencoder': `
import tensorflow as tf
code = tf.add(tf.matmul(layer_2, weights['code']), biases['code'])
eps = tf.random_normal((batch_size, n_z), 0, 1)
z = tf.add(z_mean, tf.multiply(«tf.sqrt(tf.exp(code))», eps))
`,
      'a root written as a power': `
import torch
def reparameterize(mu, code):
    std = «torch.exp(code) ** 0.5»
    return mu + std * torch.randn_like(std)
`,
      'method chains': `
import torch
def sample(mu, code):
    return mu + «code.exp().sqrt()» * torch.randn_like(mu)
`,
      'a variance that has a name': `
import jax.numpy as jnp
def kl(mu, code):
    variance = jnp.exp(code)
    sigma = «jnp.sqrt(variance)»
    return sigma + mu
`,
      'a limit that lets the variance be subnormal, where TensorFlow flushes it': `
import tensorflow as tf
def sample(code, eps):
    return «tf.sqrt(tf.exp(tf.clip_by_value(code, -100, 87)))» * eps
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the same limit in PyTorch, where subnormals stay':
        'import torch\nstd = torch.exp(logvar.clamp(-100, 87)).sqrt()\n',
      'a limit within the normal numbers': `
import tensorflow as tf
std = tf.sqrt(tf.exp(tf.clip_by_value(logvar, -80, 80)))
`,
      'float64, whose normal numbers reach farther': `
import tensorflow as tf
def sample(logvar):
    return tf.sqrt(tf.exp(tf.clip_by_value(tf.cast(logvar, tf.float64), -100, 87)))
`,
      'half the logarithm': 'import torch\nstd = torch.exp(0.5 * logvar)\n',
      'a variance that is kept from 0': 'import torch\nstd = torch.sqrt(torch.exp(logvar) + 1e-6)\n',
      'a logarithm that is clamped': 'import torch\nstd = torch.exp(logvar.clamp(-20, 2)).sqrt()\n',
      'NumPy, which takes no gradients': 'import numpy as np\nstd = np.sqrt(np.exp(log_variance))\n',
    });
  });

  it('makes less of what is called the logarithm of a variance', () => {
    const severityOf = (name: string): string => {
      const text = `import torch\ndef sample(${name}, eps):\n    return torch.sqrt(torch.exp(${name})) * eps\n`;
      return only(findingsIn(text, { rules: new Set(['sqrt-of-exp']) })).severity;
    };
    assert.deepEqual(['log_var', 'logvar', 'z_log_sigma_sq', 'sigma2_log', 'z_lv', 'h', 'logits'].map(severityOf), [
      ...['hint', 'hint', 'hint', 'hint', 'hint'],
      ...['information', 'information'],
    ]);
  });

  it('says of flushed subnormals from where on', () => {
    const text = 'import jax.numpy as jnp\nf = lambda v: jnp.sqrt(jnp.exp(jnp.clip(v, -100, 80)))\n';
    const { message } = only(findingsIn(text, { rules: new Set(['sqrt-of-exp']) }));
    assert.match(message, /with subnormals of float32 as 0 is NaN from x <= -87.337 in float32/);
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
