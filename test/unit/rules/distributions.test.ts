import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { assertFinds, finds, only, spares } from './marked';
import { assertThresholds } from './thresholds';

const severitiesOf = (rule: string, source: string): readonly string[] =>
  findingsIn(source).flatMap((finding) => (finding.rule === rule ? [finding.severity] : []));

describe('rule log-of-normal-cdf', () => {
  describe('finds', () => {
    finds('log-of-normal-cdf', {
      ndtr: `
import torch
y = «torch.log(torch.special.ndtr(x))»
`,
      'a distribution': `
import torch
from torch.distributions import Normal
def probit_loss(x):
    return -«Normal(0, 1).cdf(x).log()»
`,
      'a distribution of another location and scale': `
import torch
import torch.distributions as D
def censored(y, mu, sigma):
    normal = D.Normal(mu, sigma)
    return «torch.log(normal.cdf(y))»
`,
      'by erf': `
import math
import torch
def f(x):
    cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    return «torch.log(cdf)»
`,
      SciPy: `
import numpy as np
from scipy.stats import norm
class Probit:
    def cost(self, activation, Y):
        cdf = norm.cdf(activation)
        return Y.dot(«np.log(cdf)»)
`,
      JAX: `
import jax
import jax.numpy as jnp
y = «jnp.log(jax.scipy.stats.norm.cdf(x))»
`,
      'TensorFlow Probability': `
import tensorflow as tf
import tensorflow_probability as tfp
tfd = tfp.distributions
y = «tf.math.log(tfd.Normal(0., 1.).cdf(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a limit, as in discretised likelihoods': `
import torch as th
from torch.distributions import Normal
def log_cdf(x):
    return th.log(Normal(0, 1).cdf(x).clamp(min=1e-12))
`,
      'a difference': `
import torch
from torch.distributions import Normal
n = Normal(0, 1)
y = torch.log(n.cdf(b) - n.cdf(a) + 1e-7)
`,
      'the log_cdf': `
import torch
y = torch.special.log_ndtr(x)
`,
      'another distribution': `
import jax.numpy as jnp
class Uniform:
    def log_cdf(self, value):
        return jnp.log(self.cdf(value))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-normal-cdf', `import torch\ny = «torch.log(torch.special.ndtr(x))»\n`));
    // In float32 the catalogue has -5.42: torch's vectorised erf is one unit off near -1 and gives it early. A correctly
    // rounded erf is -1 from -5.54 on.
    assertThresholds(finding, [['value', 'below', '-Infinity', { float32: -5.54, float16: -3.67, bfloat16: -3.1 }]]);
    assert.equal(finding.advice, 'torch.special.log_ndtr(x)');
    const ofScipy = only(
      assertFinds(
        'log-of-normal-cdf',
        `import numpy as np\nimport scipy.special\ny = «np.log(scipy.special.ndtr(x))»\n`,
      ),
    );
    assertThresholds(ofScipy, [['value', 'below', '-Infinity', { float64: -37.68 }]]);
  });

  it('does not take a value for standardised that is not', () => {
    const [standard] = findingsIn(`import numpy as np\nfrom scipy.stats import norm\ny = np.log(norm.cdf(x))\n`);
    assert.equal(standard?.fix?.title, 'Write scipy.special.log_ndtr(x)');
    const [other] = findingsIn(`import numpy as np\nfrom scipy.stats import norm\ny = np.log(norm.cdf(x, 3, 2))\n`);
    assert.equal(other?.rule, 'log-of-normal-cdf');
    assert.equal(other.fix, undefined);
  });
});

describe('rule log-of-survival', () => {
  describe('finds', () => {
    finds('log-of-survival', {
      ndtr: `
import torch
y = «torch.log(1 - torch.special.ndtr(x))»
`,
      'a distribution': `
import torch
from torch.distributions import Normal
def f(x):
    cdf = Normal(0, 1).cdf(x)
    return «torch.log(1 - cdf)»
`,
      log1p: `
import torch
from torch.distributions import Normal
y = «torch.log1p(-Normal(0, 1).cdf(x))»
`,
      SciPy: `
import numpy as np
from scipy.stats import norm
y = «np.log(1 - norm.cdf(x))»
`,
      'by erf': `
import torch
y = «torch.log(0.5 * (1 - torch.erf(x)))»
`,
      'a hazard rate': `
import numpy as np
from scipy.stats import norm
def expected(activation, sigma):
    pdf, cdf = norm.pdf(activation), norm.cdf(activation)
    return activation + sigma * («pdf / (1 - cdf)»)
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a limit': `
import torch as th
from torch.distributions import Normal
y = th.log((1.0 - Normal(0, 1).cdf(x)).clamp(min=1e-12))
`,
      'the survival function': `
import torch
y = torch.special.log_ndtr(-x)
`,
      'a bounded x': `
import torch
y = torch.log(1 - torch.special.ndtr(torch.tanh(x)))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-survival', `import torch\ny = «torch.log(1 - torch.special.ndtr(x))»\n`));
    assertThresholds(finding, [['value', 'above', '-Infinity', { float32: 5.34, float16: 3.38, bfloat16: 2.76 }]]);
    assert.equal(finding.advice, 'torch.special.log_ndtr(-x)');
  });
});

describe('rule log-of-erfc', () => {
  describe('finds', () => {
    finds('log-of-erfc', {
      PyTorch: `
import torch
y = «torch.log(torch.erfc(x))»
`,
      'a method chain': `
import torch
def logerfc(x):
    return «x.erfc().log()»
`,
      'half of it': `
import torch
y = «torch.log(0.5 * torch.erfc(x))»
`,
      SciPy: `
import numpy as np
from scipy.special import erfc
y = «np.log(erfc(x))»
`,
      TensorFlow: `
import tensorflow as tf
y = «tf.math.log(tf.math.erfc(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the scaled function': `
import torch
y = torch.log(torch.special.erfcx(x)) - x * x
`,
      'an epsilon': `
import torch
y = torch.log(torch.erfc(x) + 1e-10)
`,
      'a bounded x': `
import torch
y = torch.log(torch.erfc(torch.sigmoid(x)))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-erfc', `import torch\ny = «torch.log(torch.erfc(x))»\n`));
    // The catalogue's 10.04 in float32 is where the last subnormal numbers are lost: 10.055 with all of them.
    assertThresholds(finding, [['value', 'above', '-Infinity', { float32: 10.05, float16: 3.92, bfloat16: 9.47 }]]);
  });
});

describe('rule gamma-overflow', () => {
  describe('finds', () => {
    finds('gamma-overflow', {
      'a ratio': `
import torch
y = «torch.exp(torch.lgamma(a)) / torch.exp(torch.lgamma(b))»
`,
      'a beta function': `
import torch
def beta(a, b):
    return «torch.lgamma(a).exp() * torch.lgamma(b).exp() / torch.lgamma(a + b).exp()»
`,
      SciPy: `
from scipy.special import gamma
def f(a, b):
    return «gamma(a) / gamma(b)»
`,
      'a ratio of factorials': `
from scipy.special import factorial
def choose(n, k):
    return «factorial(n) / (factorial(k) * factorial(n - k))»
`,
      'a density': `
import tensorflow as tf
def density(x, a, b):
    return «b ** a / tf.exp(tf.math.lgamma(a))» * x ** (a - 1) * tf.exp(-b * x)
`,
      'a logarithm of it': `
import numpy as np
from scipy.special import gamma
def total(a, d):
    return «np.log(gamma(a / 2.0 + (1 - d) / 2.0))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a difference of logarithms': `
import torch
y = torch.exp(torch.lgamma(a) - torch.lgamma(b))
`,
      'a moment': `
import torch
class Weibull:
    def mean(self):
        return self.scale * torch.exp(torch.lgamma(1 + self.concentration.reciprocal()))
`,
      'gamma alone': `
from scipy.special import gamma
y = gamma(a)
`,
      numbers: `
import math
y = math.gamma(0.5) / math.gamma(1.5)
`,
      'the volume of a ball': `
import math
def volume(radius, dim):
    return radius ** dim * math.pi ** (0.5 * dim) / math.gamma(0.5 * dim + 1)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(
      assertFinds('gamma-overflow', `import torch\ny = «torch.exp(torch.lgamma(a)) / torch.exp(torch.lgamma(b))»\n`),
    );
    assertThresholds(finding, [['value', 'above', 'NaN', { float32: 35.04, float16: 9.22, bfloat16: 35.1 }]]);
    const ofScipy = only(assertFinds('gamma-overflow', `from scipy.special import gamma\ny = «gamma(a) / gamma(b)»\n`));
    assertThresholds(ofScipy, [['value', 'above', 'NaN', { float64: 171.6 }]]);
  });

  it('hints at the gamma function alone', () => {
    assert.deepEqual(severitiesOf('gamma-overflow', `import torch\ny = torch.exp(torch.lgamma(a))\n`), ['hint']);
  });
});
