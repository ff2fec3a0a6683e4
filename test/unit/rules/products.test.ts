import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

const thresholds = ({ failures }: Finding): Record<string, number | undefined> =>
  Object.fromEntries(
    failures.map(({ format, failures: inFormat }) => [
      format,
      inFormat.find(({ of, side, becomes }) => of === 'value' && side === 'below' && becomes === '-Infinity')?.from,
    ]),
  );

describe('products', () => {
  describe('log-of-product', () => {
    finds('log-of-product', {
      'in PyTorch': `
import torch
def nll(p):
    return -«torch.log(torch.prod(p))»
`,
      'along an axis, as methods': `
import torch
def nll(p):
    return -«p.prod(dim=1).log()».mean()
`,
      'in TensorFlow, by way of a name': `
import tensorflow as tf
def likelihood_loss(p):
    likelihood = tf.reduce_prod(p, axis=1)
    return -tf.reduce_mean(«tf.math.log(likelihood)»)
`,
      'in JAX': `
import jax.numpy as jnp
def nll(p):
    return -«jnp.log(jnp.prod(p, axis=-1))»
`,
      'in Keras': `
from keras import backend as K
def nll(y_true, p):
    return -«K.log(K.prod(p, axis=-1))»
`,
      'in NumPy': `
import numpy as np
def log_likelihood(p):
    return «np.log(np.prod(p))»
`,
      'a mixture of products': `
import torch
def density(sigma, mu, x):
    return torch.prod(torch.exp(-0.5 * ((x - mu) / sigma) ** 2) / sigma, 2)
def mdn_loss(pi, sigma, mu, x):
    prob = pi * density(sigma, mu, x)
    return -«torch.log(torch.sum(prob, dim=1))».mean()
`,
      'a running product': `
import torch
def survival(hazard):
    return «torch.log(torch.cumprod(1 - hazard, dim=1))»
`,
      'with another factor, and its absolute value': `
import torch
def f(w, p):
    return «torch.log(w * torch.abs(p.prod(-1)))»
`,
    });
    spares({
      'the sum of logarithms': `
import torch
def nll(p):
    return -torch.log(p + 1e-3).sum()
`,
      'a schedule': `
import numpy as np
import torch
betas = np.linspace(1e-4, 0.02, 1000)
alphas_cumprod = np.cumprod(1.0 - betas)
log_alphas = np.log(alphas_cumprod)
def schedule(alphas):
    return torch.log(torch.cumprod(alphas, dim=0))
`,
      'a shape': `
import numpy as np
import math
def bits(x, shape):
    return math.log(np.prod(x.shape)) + np.log(np.prod(shape))
`,
      'an epsilon': `
import torch
def nll(p):
    return torch.log(torch.prod(p) + 1e-8)
`,
      'one less a product': `
import torch
def noisy_or(p):
    return torch.log(1 - torch.prod(1 - p.clamp(0.01, 0.99), dim=-1) + 1e-4)
`,
    });
    it('fails where the product is less than half of the smallest number', () => {
      const finding = said('log-of-product', 'import torch\nloss = lambda p: -torch.log(torch.prod(p))\n');
      assert.equal(finding.severity, 'warning');
      const { float32, bfloat16, float16 } = thresholds(finding);
      // The catalogue's products: 1.4e-45, 6e-8, 9e-41.
      const digits = (x: number | undefined): string => (2 * Math.exp(x ?? NaN)).toPrecision(1);
      assert.equal(digits(float32), '1e-45');
      assert.equal(digits(float16), '6e-8');
      // Of a logarithm bfloat16 has halves only there: the first below that of 4.6e-41.
      assert.equal(bfloat16, -93);
      assert.match(finding.message, /Write torch\.sum\(torch\.log\(p\)\) instead/);
    });
    it('writes the sum only of the whole', () => {
      const finding = said('log-of-product', 'import torch\nloss = lambda p: -torch.log(torch.prod(p, 1))\n');
      assert.equal(finding.advice, 'add up the logarithms instead: sum(log(p))');
    });
  });

  describe('log-of-determinant', () => {
    finds('log-of-determinant', {
      'of a planar flow': `
import torch
from torch import nn
class Planar(nn.Module):
    def forward(self, z):
        h = torch.tanh(z @ self.w + self.b)
        psi = (1 - h ** 2) * self.w
        log_det = «torch.log(torch.abs(1 + psi @ self.u))»
        return z + self.u * h, log_det
`,
      'in PyTorch': `
import torch
def log_prob(cov):
    return -0.5 * «torch.log(torch.det(cov))»
`,
      'as methods, of the absolute value': `
import torch
def log_abs_det(jacobian):
    return «jacobian.det().abs().log()»
`,
      'in TensorFlow': `
import tensorflow as tf
def dpp_loss(kernel):
    return -«tf.math.log(tf.linalg.det(kernel))»
`,
      'in JAX': `
import jax.numpy as jnp
def log_prob(cov):
    return -0.5 * «jnp.log(jnp.linalg.det(cov))»
`,
      'in NumPy': `
import numpy as np
def gaussian(cov):
    return «np.log(np.linalg.det(cov))»
`,
      'a ratio of two, for a divergence': `
import torch
def kl(a, b):
    return 0.5 * «torch.log(torch.det(b) / torch.det(a))»
`,
      'with an epsilon': `
import torch
def log_prob(cov):
    return -0.5 * «torch.log(torch.det(cov) + 1e-16)»
`,
      'with the factors of a density': `
import math
import torch
def log_density(cov, d):
    return -«torch.log(torch.sqrt((2 * math.pi) ** d * torch.linalg.det(cov)))»
`,
    });
    spares({
      'the determinant of a planar flow and an epsilon': `
import torch
from torch import nn
class Planar(nn.Module):
    def forward(self, z):
        psi = (1 - torch.tanh(z @ self.w) ** 2) * self.w
        log_det = torch.log(torch.abs(1 + psi @ self.u) + 1e-6)
        return log_det
`,
      'slogdet and logdet': `
import torch
import numpy as np
def f(a):
    return torch.linalg.slogdet(a)[1] + torch.logdet(a) + np.linalg.slogdet(a)[1]
`,
      'an epsilon that is meant as one': `
import torch
def f(mat):
    return -torch.log(torch.abs(torch.det(mat)) + 0.001)
`,
      'a determinant without logarithm': `
import torch
def volume(a):
    return torch.det(a).abs()
`,
      'the diagonal of a Cholesky factor': `
import torch
def f(a):
    return 2 * torch.log(torch.diagonal(torch.linalg.cholesky(a))).sum()
`,
    });
    it('underflows where the logarithm is below that of the smallest number', () => {
      const finding = said('log-of-determinant', 'import torch\nf = lambda a: torch.log(torch.det(a))\n');
      assert.equal(finding.severity, 'warning');
      const { float32 = 0 } = thresholds(finding);
      // The catalogue's 20 x 20 matrix with 1e-3 on its diagonal is far beyond.
      assert(20 * Math.log(1e-3) < float32);
      assert.match(finding.message, /Write torch\.linalg\.slogdet\(a\)\[1\] instead/);
    });
  });

  describe('product-with-inverse', () => {
    for (const [name, source, advice] of [
      ['in PyTorch', 'import torch\nf = lambda A, b: torch.inverse(A) @ b\n', 'torch.linalg.solve(A, b)'],
      [
        'of a name',
        'import numpy as np\ndef f(A, b):\n    inverse = np.linalg.inv(A)\n    return inverse.dot(b)\n',
        'np.linalg.solve(A, b)',
      ],
      [
        'in TensorFlow',
        'import tensorflow as tf\nf = lambda A, b: tf.matmul(tf.linalg.inv(A), b)\n',
        'tf.linalg.solve(A, b)',
      ],
      ['in JAX', 'import jax.numpy as jnp\nf = lambda A, b: jnp.linalg.inv(A) @ b\n', 'jnp.linalg.solve(A, b)'],
    ] as const) {
      it(`is a hint: ${name}`, () => {
        const finding = said('product-with-inverse', source);
        assert.equal(finding.severity, 'hint');
        assert.equal(finding.advice, advice);
      });
    }
    spares({
      solve: 'import torch\nf = lambda A, b: torch.linalg.solve(A, b)\n',
      'an inverse alone': 'import torch\nf = lambda A: torch.inverse(A)\n',
      'a camera': 'import torch\ndef unproject(K, pixels):\n    return torch.inverse(K) @ pixels\n',
    });
  });
});
