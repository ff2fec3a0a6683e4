import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { assertFinds, finds, marked, only, spares } from './marked';
import { assertThresholds } from './thresholds';

const hintsOf = (rule: string, source: string): readonly Finding[] =>
  findingsIn(source).filter((finding) => finding.rule === rule && finding.severity === 'hint');

describe('rule log-of-one-plus-exp', () => {
  describe('finds', () => {
    finds('log-of-one-plus-exp', {
      'a mask of something else': `
import torch
def loss(x, y):
    positive = torch.ge(y, 0).float()
    return «torch.log(1 + torch.exp(x - 2 * x * positive))»
`,
      'a value times a label, and a limited value times something else': `
from keras import backend as K
def logloss(y_true, z, w):
    return «K.log(1 + K.exp(-y_true * z))» + «K.log(1 + K.exp(w * K.clip(z, -15, 15)))» + «K.log(1 + K.exp(y_true))»
`,
      'a softplus by hand': `
import torch
y = «torch.log(1 + torch.exp(x))»
`,
      'log1p of exp': `
import torch
loss = «torch.log1p(torch.exp(-margin))».mean()
`,
      'a pairwise ranking loss': `
import torch
import torch.nn as nn

class BPRLoss(nn.Module):
    def forward(self, pos, neg):
        distance = pos - neg
        return torch.sum(«torch.log((1 + torch.exp(-distance)))»)
`,
      'a log-cosh written with it': `
import torch

def loss(self, *args, **kwargs):
    t = args[0] - args[1]
    return self.alpha * t + «torch.log(1. + torch.exp(- 2 * self.alpha * t))» - torch.log(torch.tensor(2.0))
`,
      'a method chain': `
import torch
def f(x):
    return «x.exp().log1p()»
`,
      'ones like x': `
import torch
y = «torch.log(torch.ones_like(x) + torch.exp(x))»
`,
      'TensorFlow 1': `
import tensorflow as tf
softplus = «tf.log(1.0 + tf.exp(logits))»
`,
      'the Keras backend': `
from keras import backend as K
def loss(y_true, y_pred):
    return K.mean(«K.log(1. + K.exp(-y_true * y_pred))»)
`,
      JAX: `
import jax.numpy as jnp
def loss(w, x, y):
    return jnp.mean(«jnp.log1p(jnp.exp(-y * (x @ w)))»)
`,
      'NumPy, as information': `
import numpy as np
def softplus(x):
    return «np.log(1 + np.exp(x))»
`,
      'a power of e': `
import numpy as np
y = «np.log(1 + np.e ** x)»
`,
      'through a variable and a helper': `
import torch
def e(v):
    return torch.exp(v)
def f(x):
    z = e(x)
    z1 = z + 1
    return «torch.log(z1)»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'scaled cosines, of which some are taken and joined': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Margin(nn.Module):
    def __init__(self, s=30.0, m=0.4):
        super().__init__()
        self.s, self.m = s, m
        self.weight = nn.Parameter(torch.randn(10, 5))
    def forward(self, x, labels):
        wf = F.linear(F.normalize(x), F.normalize(self.weight))
        numerator = self.s * (torch.diagonal(wf.transpose(0, 1)[labels]) - self.m)
        excl = torch.cat([torch.cat((wf[i, :y], wf[i, y + 1:])).unsqueeze(0) for i, y in enumerate(labels)], dim=0)
        denominator = torch.exp(numerator) + torch.sum(torch.exp(self.s * excl), dim=1)
        return -torch.mean(numerator - torch.log(denominator))
`,
      'an exponent that is -|x| by a mask': `
import torch
def balanced_loss(x, t):
    positive = torch.ge(x, 0).float()
    other = (x > 0).type(x.dtype)
    one = x * (t - positive) - torch.log(1 + torch.exp(x - 2 * torch.mul(x, positive)))
    return one + x * (t - other) - torch.log1p(torch.exp(x - 2 * x * other))
`,
      'a limited value times a label': `
from keras import backend as K
def logloss(y_true, z):
    z = K.clip(z, -15, 15)
    return K.log(1 + K.exp(-y_true * z))
`,
      'of what a negative log-likelihood is given as well': `
import torch
from torch import nn
class LossMulti:
    def __init__(self):
        self.nll_loss = nn.NLLLoss()
    def __call__(self, outputs, targets):
        loss = self.nll_loss(outputs, targets)
        probability = outputs[:, 1].exp()
        intersection = (probability * targets).sum()
        union = probability.sum() + targets.sum()
        return loss - torch.log((intersection + 1e-15) / (union - intersection + 1e-15))
`,
      'an absolute value': `
import torch
y = torch.clamp(x, min=0) + torch.log(1 + torch.exp(-torch.abs(x)))
y2 = x.relu() + (-x.abs()).exp().log1p()
`,
      'a minimum': `
import torch
y = torch.log1p(torch.exp(torch.clamp(x, max=0)))
`,
      'a clip before': `
import numpy as np
def f(x):
    x = np.clip(x, -500, 500)
    return np.log(1 + np.exp(x))
`,
      'a clip of which the limit is not known': `
import torch
class Serf:
    def forward(self, x):
        return torch.log1p(torch.exp(torch.clamp(x, max=self.thresh)))
`,
      'a branch for negative x': `
import math
def softplus(x):
    if x > 0:
        return x + math.log1p(math.exp(-x))
    return math.log1p(math.exp(x))
`,
      'a conditional expression': `
import math
y = x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))
`,
      'a where': `
import numpy as np
y = np.where(x > 0, x + np.log1p(np.exp(-x)), np.log1p(np.exp(x)))
`,
      'a where of logits in PyTorch': `
import torch
relu = torch.where(x >= 0, x, torch.zeros_like(x))
neg_abs = torch.where(x >= 0, -x, x)
loss = relu - x * t + torch.log1p(torch.exp(neg_abs))
`,
      'the greater of two subtracted': `
def logaddexp(x, y):
    minval, maxval = (x, y) if x < y else (y, x)
    return (minval - maxval).exp().log1p() + maxval
`,
      numbers: `
import math
expected = math.log(1.0 + math.exp(-1.0))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-one-plus-exp', `import torch\ny = «torch.log(1 + torch.exp(x))»\n`));
    assertThresholds(finding, [
      ['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
      ['value', 'below', 'zero', { float32: -16.64, float16: -7.62, bfloat16: -5.55 }],
    ]);
    const other = only(assertFinds('log-of-one-plus-exp', `import torch\ny = «torch.log1p(torch.exp(x))»\n`));
    assertThresholds(other, [['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }]]);
  });

  describe('finds in JavaScript', () => {
    finds(
      'log-of-one-plus-exp',
      {
        'TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
const a = «tf.log(tf.add(1, tf.exp(x)))»;
`,
        'a method chain': `
import * as tf from '@tensorflow/tfjs';
const softplus = (x) => tf.tidy(() => «x.exp().add(1).log()»);
`,
        'numbers of the language': `
function softplus(x) { return «Math.log(1 + Math.exp(x))»; }
`,
      },
      { language: 'javascript' },
    );
  });

  it('writes a softplus of what there is', () => {
    const [finding] = findingsIn(
      `import torch\nimport torch.nn.functional as F\ny = torch.log(1 + torch.exp(-a * b))\n`,
    );
    assert.equal(finding?.advice, 'F.softplus(-a * b)');
    const [negative] = findingsIn(`import torch\nimport torch.nn.functional as F\ny = torch.log(1 + torch.exp(-x))\n`);
    assert.equal(negative?.advice, 'F.softplus(-x)');
  });
});

describe('rule log-of-sum-of-exp', () => {
  describe('finds', () => {
    finds('log-of-sum-of-exp', {
      'densities that a loop adds up from 0': `
import torch
from torch.distributions import normal
def loss(mdn, out, target):
    prob = 0
    for i in range(mdn.parts):
        pi, sigma, mu = out[:, i], out[:, i + mdn.parts], out[:, i + 2 * mdn.parts]
        prob += pi * torch.exp(normal.Normal(mu, sigma).log_prob(target))
    return -«torch.log(prob)».mean()
`,
    });
    finds('log-of-sum-of-exp', {
      'a chain of states, all of which may underflow': `
import jax, jax.numpy as jnp
from jax import lax
def forward_loss(params, obs):
    log_A = jax.nn.log_softmax(params['A'], axis=1)
    def step(log_alpha, o):
        return «jnp.log(jnp.sum(jnp.exp(log_alpha[:, None] + log_A), axis=0))», None
    last, _ = lax.scan(step, jax.nn.log_softmax(params['pi']), obs)
    return -jax.scipy.special.logsumexp(last)
`,
      'a mixture whose scale is a logarithm': `
import tensorflow as tf
def mixture_loss(pi, log_sigma, mu, y):
    log_normal = -0.5 * tf.square((y - mu) / tf.exp(log_sigma)) - log_sigma - 0.92
    return -tf.reduce_mean(«tf.log(tf.reduce_sum(tf.nn.softmax(pi) * tf.exp(log_normal), 1))»)
`,
      'after one of several activations': `
import tensorflow as tf
def loss(x, act):
    if act == 'relu':
        y = tf.nn.relu(x)
    else:
        y = tf.nn.tanh(x)
    return «tf.math.log(tf.reduce_sum(tf.exp(y)))»
`,
      'densities that are added one by one: the prior of Bayes by backprop': `
import torch
class Prior:
    def __init__(self, pi, wide, narrow):
        self.pi = pi
        self.wide = torch.distributions.Normal(0, wide)
        self.narrow = torch.distributions.Normal(0, narrow)
    def log_prob(self, w):
        a = torch.exp(self.wide.log_prob(w))
        b = torch.exp(self.narrow.log_prob(w))
        return «torch.log(self.pi * a + (1 - self.pi) * b)».sum()
def by_hand(y, m1, m2, s):
    return «torch.log(0.5 * torch.exp(-(y - m1) ** 2 / (2 * s**2)) + 0.5 * torch.exp(-(y - m2) ** 2 / (2 * s**2)))»
`,
      'the same in TensorFlow and JAX': `
import jax.numpy as jnp
import tensorflow as tf
import tensorflow_probability as tfp
from jax.scipy.stats import norm
def loss(y, pi, mu, sigma):
    normal = tfp.distributions.Normal(loc=mu, scale=sigma)
    one = «tf.math.log(tf.reduce_sum(pi * normal.prob(y), 1))» + «tf.math.log(normal.prob(y))»
    return one - «jnp.log(jnp.sum(pi * norm.pdf(y, mu, sigma), 1))»
`,
      'a mixture of normal densities, as objects and written out': `
import math
import torch
from torch.distributions import Normal
def mdn_loss(y, pi, mu, sigma):
    m = torch.distributions.Normal(loc=mu, scale=sigma)
    density = torch.exp(m.log_prob(y))
    density = torch.sum(density * pi, dim=2)
    return torch.mean(-«torch.log(density)»)
def other(y, pi, mu, sigma):
    g = torch.exp(-0.5 * ((y - mu) / sigma) ** 2 - torch.log(sigma) - 0.5 * math.log(2 * math.pi))
    inline = «torch.log((Normal(mu, sigma).log_prob(y).exp() * pi).sum(1))»
    return -«torch.log((g * pi).sum(1))» - inline
`,
      functions: `
import torch
y = «torch.log(torch.sum(torch.exp(x), dim=1))»
`,
      methods: `
import torch
y = «x.exp().sum(1, keepdim=True).log()»
`,
      'an epsilon': `
import torch
def lse(A):
    return «torch.log(torch.exp(A).sum(1, keepdim=True) + 1e-6)»
`,
      weights: `
import torch
y = «torch.log((w * torch.exp(x)).sum(-1))»
`,
      'multi-similarity': `
import torch
import torch.nn as nn
class Loss(nn.Module):
    def forward(self, pos, neg):
        return «torch.log(1 + torch.sum(torch.exp(-self.alpha * (pos - self.thresh))))»
`,
      'TensorFlow 1': `
import tensorflow as tf
z = «tf.log(tf.reduce_sum(tf.exp(logits), axis=1, keep_dims=True))»
`,
      'a normal density': `
import math
import torch
def log_prob(x, mu, sigma):
    p = torch.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    return «torch.log(p)»
`,
      'a normal density in TensorFlow 1': `
import tensorflow as tf
def log_prob(x, mu, sigma):
    return «tf.log(tf.exp(-tf.square(x - mu) / (2 * tf.square(sigma))) / sigma)»
`,
      'a mixture density': `
import keras.backend as K
def loss(y, parameters):
    exponent = K.log(parameters[0]) - K.sum((y - parameters[1]) ** 2) + parameters[2]
    return -«K.log(K.sum(K.exp(exponent), axis=-1))»
`,
      JAX: `
import jax.numpy as jnp
def f(x):
    return «jnp.log(jnp.sum(jnp.exp(x), axis=-1))»
`,
      "Python's own sum": `
import numpy as np
def f(x):
    return «np.log(sum(np.exp(x)))»
`,
      'Python floats': `
import math
def f(xs):
    exps = [math.exp(x) for x in xs]
    return «math.log(sum(exps))»
`,
      'a generator': `
import math
def f(xs):
    return «math.log(sum(math.exp(x) for x in xs))»
`,
      'a partition function of a CRF': `
import torch
class CRF(torch.nn.Module):
    def step(self, score, trans, emit):
        total = score.unsqueeze(2) + trans + emit.unsqueeze(1)
        partition = torch.exp(total).sum(dim=1)
        return «torch.log(partition)»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'exponents that the least was subtracted of, with their signs changed': `
import torch
def lsel(llrs):
    least = torch.min(llrs, dim=1, keepdim=True)[0].detach()
    rest = llrs - least
    return torch.mean(-least + torch.log(torch.sum(torch.exp(-rest), dim=1) + 1e-12))
`,
      'densities and something that is always there': `
import torch
def loss(y, m1, m2, s):
    return torch.log(0.5 * torch.exp(-(y - m1) ** 2 / s ** 2) + torch.exp(-(y - m2) ** 2 / s ** 2) + 1e-6)
`,
      'log-densities of a normal distribution': `
import torch
from torch.distributions import Normal
def loss(y, mu, log_std, advantage, old):
    dist = Normal(mu, log_std.exp())
    log_prob = dist.log_prob(y).sum(-1)
    ratio = torch.exp(log_prob - old)
    return -(torch.min(ratio, torch.clamp(ratio, 0.8, 1.2)) * advantage).mean() + torch.logsumexp(dist.log_prob(y), 1)
`,
      'the maximum subtracted': `
import torch
def lse(x):
    m = x.max(1, keepdim=True)[0]
    return m + (x - m).exp().sum(1, keepdim=True).log()
`,
      'in place': `
import torch
def f(x):
    m = torch.max(x, dim=1, keepdim=True).values
    x.sub_(m)
    return torch.log(torch.exp(x).sum(1)) + m
`,
      'by an update, of NumPy': `
import numpy as np
def f(x):
    x -= np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x), axis=1))
`,
      'with a name for a maximum of which nothing is known': `
import torch.nn.functional as F
import torch
def f(self, x):
    x_max = F.adaptive_max_pool2d(x, 1)
    e = torch.exp(self.r * (x - x_max))
    return x_max + torch.log(e.mean(dim=(2, 3))) / self.r
`,
      TensorFlow: `
import tensorflow as tf
def f(x):
    m = tf.stop_gradient(tf.reduce_max(x, axis=-1, keepdims=True))
    return m + tf.math.log(tf.reduce_sum(tf.exp(x - m), axis=-1, keepdims=True))
`,
      'Jupyter of baselines': `
import tensorflow as tf
class Pd:
    def entropy(self):
        a0 = self.logits - tf.reduce_max(self.logits, axis=-1, keepdims=True)
        z0 = tf.reduce_sum(tf.exp(a0), axis=-1, keepdims=True)
        return tf.log(z0) - a0
`,
      'a helper that subtracts': `
import torch
def centre(x):
    return x - x.max(dim=-1, keepdim=True).values
def f(x):
    return torch.log(torch.exp(centre(x)).sum(-1))
`,
      'a mask after it': `
import torch
def supcon(features, mask, logits_mask):
    dot = torch.matmul(features, features.T) / 0.07
    logits_max, _ = torch.max(dot, dim=1, keepdim=True)
    logits = dot - logits_max.detach()
    exp_logits = torch.exp(logits) * logits_mask
    return logits - torch.log(exp_logits.sum(1, keepdim=True))
`,
      Gaussians: `
import torch
y = torch.log(torch.exp(-0.5 * ((z - 2) / 0.6) ** 2) + torch.exp(-0.5 * ((z + 2) / 0.6) ** 2) + 1e-10)
`,
      'one probability beside others': `
import torch
class ZeroInflated:
    def log_prob(self, value):
        log_prob = self.base_dist.log_prob(value)
        return (self.gate + log_prob.exp()).log()
`,
      'a single exponential': `
import torch
y = torch.log(torch.exp(x) + 1e-8)
`,
      'the inverse of softplus': `
import numpy as np
constant = np.log(np.exp(1 - eps) - 1)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-sum-of-exp', `import torch\ny = «x.exp().sum(1).log()»\n`));
    assertThresholds(finding, [
      ['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
      ['value', 'below', '-Infinity', { float32: -103.97, float16: -17.34, bfloat16: -92.75 }],
      ['gradient', 'above', 'NaN', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
    ]);
  });

  it('writes a logsumexp over the same axis', () => {
    const advice = (source: string): string | undefined => findingsIn(source)[0]?.advice;
    assert.equal(
      advice('import torch\ny = torch.exp(x).sum(1, keepdim=True).log()\n'),
      'torch.logsumexp(x, dim=1, keepdim=True)',
    );
    assert.equal(
      advice('import tensorflow as tf\ny = tf.math.log(tf.reduce_sum(tf.exp(x)))\n'),
      'tf.reduce_logsumexp(x)',
    );
    assert.equal(
      advice('import numpy as np\ny = np.log(np.sum(np.exp(x), axis=0))\n'),
      'scipy.special.logsumexp(x, axis=0)',
    );
    // Without an axis there is no such code in PyTorch, and of a list's elements there is none at all.
    assert.match(advice('import torch\ny = torch.exp(x).sum().log()\n') ?? '', /^use logsumexp/);
    assert.match(advice('import math\ny = math.log(sum(math.exp(v) for v in x))\n') ?? '', /^use logsumexp/);
  });
});

describe('rule log-of-mean-of-exp', () => {
  describe('finds', () => {
    finds('log-of-mean-of-exp', {
      IWAE: `
import torch
def iwae(log_w):
    return -«torch.log(torch.mean(torch.exp(log_w), dim=1))».mean()
`,
      'a mutual information bound': `
import torch
def mine(joint, marginal):
    t = T(joint)
    et = torch.exp(T(marginal))
    return torch.mean(t) - «torch.log(torch.mean(et))»
`,
      'a sum over n': `
import torch
y = «torch.log(torch.exp(x).sum(0) / x.shape[0])»
`,
      TensorFlow: `
import tensorflow as tf
y = «tf.math.log(tf.reduce_mean(tf.exp(x), axis=0))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the maximum subtracted': `
import torch
def f(w):
    m, _ = w.max(dim=0)
    return m + torch.log(torch.mean(torch.exp(w - m), dim=0))
`,
      distances: `
import torch
def uniformity(x, t=2):
    return torch.pdist(x, p=2).pow(2).mul(-t).exp().mean().log()
`,
      'distances by cdist': `
import torch
sim = torch.cdist(z, z, p=2)
uniformity = torch.log(torch.exp(-2 * sim[mask].reshape(n, -1)).mean())
`,
      'a logarithm of a mean of something else': `
import torch
y = torch.log(torch.mean(x ** 2))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-mean-of-exp', `import torch\ny = «x.exp().mean(1).log()»\n`));
    assertThresholds(finding, [
      ['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }],
      ['value', 'below', '-Infinity', { float32: -103.97, float16: -17.34, bfloat16: -92.75 }],
    ]);
    assert.match(finding.advice, /log\(n\)/);
  });
});

describe('rule log-of-added-exp', () => {
  describe('finds', () => {
    finds('log-of-added-exp', {
      PyTorch: `
import torch
y = «torch.log(torch.exp(a) + torch.exp(b))»
`,
      methods: `
def f(a, b):
    import torch
    return «torch.log(a.exp() + b.exp())»
`,
      NumPy: `
import numpy as np
y = «np.log(np.exp(a) + np.exp(b))»
`,
      JAX: `
import jax.numpy as jnp
y = «jnp.log(jnp.exp(a) + jnp.exp(b))»
`,
      'what limits the exponents of the other sign': `
import jax.numpy as jnp
def bce(x, y):
    max_val = jnp.clip(x, 0, None)
    return x - x * y + max_val + «jnp.log(jnp.exp(-max_val) + jnp.exp(-x - max_val))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the greater subtracted': `
import torch
def f(a, b):
    m = torch.max(a, b)
    return m + torch.log(torch.exp(a - m) + torch.exp(b - m))
`,
      'what limits the exponents': `
import jax.numpy as jnp
def bce(x, y):
    max_val = jnp.clip(-x, 0, None)
    return x - x * y + max_val + jnp.log(jnp.exp(-max_val) + jnp.exp(-x - max_val))
`,
      'the greater of a value and what a loop has put there, which begins as None': `
import torch
def add(a, b):
    m = torch.maximum(a, b)
    return m + ((a - m).exp() + (b - m).exp()).log()
def forward(layers, x):
    y = None
    for layer in layers:
        h = layer(x).logsumexp(1)
        if y is None:
            y = h
        else:
            y = add(h, y)
    return y
`,
      'two Gaussians': `
import numpy as np
y = np.log(np.exp(-x ** 2) + np.exp(-(x - 3) ** 2))
`,
      'a difference': `
import numpy as np
y = np.log(np.exp(big) - np.exp(small))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(
      assertFinds('log-of-added-exp', `import torch\ny = «torch.log(torch.exp(a) + torch.exp(b))»\n`),
    );
    assertThresholds(finding, [['value', 'above', 'Infinity', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }]]);
    assert.equal(finding.advice, 'torch.logaddexp(a, b)');
  });
});

describe('rule log-of-one-minus-exp', () => {
  describe('finds', () => {
    finds('log-of-one-minus-exp', {
      PyTorch: `
import torch
y = «torch.log(1 - torch.exp(-x))»
`,
      'of a log-probability': `
import torch
def f(logp):
    return «torch.log(1 - torch.exp(logp))»
`,
      'a complementary log-log link': `
import tensorflow as tf
def loss(eta, y):
    rate = tf.exp(eta)
    return -tf.reduce_mean(y * «tf.math.log(1. - tf.exp(-rate))» - (1 - y) * rate)
`,
      NumPy: `
import numpy as np
y = «np.log(1 - np.exp(-x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      "Maechler's split": `
import torch
def log1mexp(x):
    return torch.where(x < 0.6931471805599453, torch.log(-torch.expm1(-x)), torch.log1p(-torch.exp(-x)))
`,
      'a split of NumPy': `
import numpy as np
y = np.where(x > np.log(2), np.log(1 - np.exp(-x)), np.log(-np.expm1(-x)))
`,
      'odds of a preference model': `
import torch
def odds_ratio_loss(chosen, rejected):
    return (chosen - rejected) - (torch.log1p(-torch.exp(chosen)) - torch.log1p(-torch.exp(rejected)))
`,
      'an x that is bounded below': `
import torch
y = torch.log(1 - torch.exp(-x.clamp(min=1e-3)))
`,
      'a branch': `
import math
def f(x):
    if x > 0.5:
        return math.log(1 - math.exp(-x))
    return math.log(-math.expm1(-x))
`,
      'a schedule': `
import torch
class VPSDE:
    def marginal(self, t):
        log_mean_coeff = -0.25 * t ** 2 * (self.beta_1 - self.beta_0) - 0.5 * t * self.beta_0
        return 0.5 * torch.log(1. - torch.exp(2. * log_mean_coeff))
`,
    });
  });

  it('measures from which x on the difference is 0', () => {
    const finding = only(assertFinds('log-of-one-minus-exp', `import torch\ny = «torch.log(1 - torch.exp(-x))»\n`));
    // The catalogue's 2.7e-8 in float32 is of a grid: at 2^-25, 2.98e-8, exp(-x) lies half-way between 1 and the
    // number below it, and ties go to the even one.
    assertThresholds(finding, [
      ['value', 'below', '-Infinity', { float32: 2.98e-8, float16: 2.4e-4, bfloat16: 2.0e-3 }],
    ]);
    assert.match(finding.message, /-inf from x <= 2\.9802e-8 in float32/);
  });
});

describe('rule contrast-by-hand', () => {
  const unnormalised = `
import torch
def loss(z1, z2, t):
    pos = torch.exp(torch.sum(z1 * z2, dim=-1) / t)
    neg = torch.exp(torch.mm(z1, z2.t()) / t).sum(dim=1)
    return -«torch.log(pos / (pos + neg))».mean()
`;
  const ncl = `
import torch
import torch.nn.functional as F
def loss(z1, z2, t):
    z1, z2 = F.normalize(z1), F.normalize(z2, p=2, dim=1)
    pos = torch.exp((z1 * z2).sum(dim=1) / t)
    total = torch.exp(torch.matmul(z1, z2.transpose(0, 1)) / t).sum(dim=1)
    return -torch.log(pos / total).sum()
`;
  describe('finds', () => {
    finds('contrast-by-hand', {
      'normalisation that is commented out': `
import torch
import torch.nn.functional as F
def loss(anchor, positive, negatives):
    # anchor = F.normalize(anchor, dim=-1)
    pos = torch.sum(anchor * positive, dim=-1) / 0.07
    neg = torch.einsum('bd,nbd->bn', anchor, negatives) / 0.07
    return -«torch.log(torch.exp(pos) / (torch.exp(pos) + torch.sum(torch.exp(neg), dim=-1)))».mean()
`,
      'scalar products': unnormalised,
      'all pairs': `
import torch
def loss(a, b, temperature):
    sim = torch.exp(torch.mm(a, b.t()) / temperature)
    return -«torch.log(sim.diag() / sim.sum(dim=1))».mean()
`,
      TensorFlow: `
import tensorflow as tf
def loss(q, k, queue, t):
    pos = tf.exp(tf.reduce_sum(q * k, axis=1) / t)
    neg = tf.reduce_sum(tf.exp(tf.matmul(q, queue) / t), axis=1)
    return -tf.reduce_mean(«tf.math.log(pos / (pos + neg))»)
`,
      'scores without a temperature': `
import torch
def listnet(scores, best):
    return -«torch.log(torch.exp(best) / torch.exp(scores).sum())»
`,
      'normalised vectors in float16': `
import torch
import torch.nn.functional as F
def loss(z1, z2):
    z1, z2 = F.normalize(z1.half()), F.normalize(z2.half())
    pos = torch.exp((z1 * z2).sum(dim=1) / 0.07)
    total = torch.exp(torch.matmul(z1, z2.t()) / 0.07).sum(dim=1)
    return -«torch.log(pos / total)».sum()
`,
    });
  });

  it('takes no notice of what another class normalises', () => {
    const other = `
import torch
import torch.nn.functional as F
class Cosine(torch.nn.Module):
    def forward(self, a, b):
        return F.cosine_similarity(a, b)
class Contrastive(torch.nn.Module):
    def forward(self, a, b):
        sim = torch.exp(a.mm(b.t()) / 0.5)
        return -«torch.log(sim / sim.sum(dim=1, keepdim=True))».mean()
`;
    assertFinds('contrast-by-hand', other);
    assert.equal(
      hintsOf('contrast-by-hand', other.replace('return F', 'return a @ b\n\nx = F').replace(/[«»]/g, '')).length,
      1,
    );
  });

  it('hints where vectors are normalised', () => {
    assert.equal(hintsOf('contrast-by-hand', ncl).length, 1);
    const known = ncl.replace('z2, t):', 'z2):').replaceAll('/ t)', '/ 0.07)');
    assert.equal(hintsOf('contrast-by-hand', known).length, 1);
  });

  describe('leaves alone', () => {
    spares({
      'normalised vectors': ncl,
      'cosines of what was joined, joined again': `
import torch
import torch.nn.functional as F
def loss(a, b, t=0.1):
    z = torch.cat([F.normalize(a, dim=1), F.normalize(b, dim=1)], dim=0)
    s = F.cosine_similarity(z.unsqueeze(1), z.unsqueeze(0), dim=2)
    positives = torch.cat([torch.diag(s, 8), torch.diag(s, -8)], dim=0)
    return -torch.log(torch.exp(positives / t) / torch.sum(mask * torch.exp(s / t), dim=1)).mean()
`,
      cosines: `
import torch
import torch.nn.functional as F
def loss(a, b):
    s = torch.exp(F.cosine_similarity(a.unsqueeze(1), b.unsqueeze(0), dim=2) / 0.5)
    return -torch.log(torch.diag(s) / s.sum(1)).mean()
`,
      'the greatest subtracted': `
import torch
def loss(a, b, pos):
    s = a @ b.t() / 0.1
    m = s.max(dim=1, keepdim=True)[0].detach()
    e = torch.exp(s - m)
    return -torch.log(torch.exp(pos - m) / e.sum(1)).mean()
`,
      'a cross-entropy': `
import torch
import torch.nn.functional as F
loss = F.cross_entropy(a @ b.t() / 0.07, torch.arange(len(a)))
`,
    });
  });

  it('speaks of temperatures', () => {
    const finding = only(assertFinds('contrast-by-hand', unnormalised));
    assert.match(finding.message, /temperature below 0\.0113 \(bfloat16 0\.0112, float16 0\.0901\)/);
    assertThresholds(finding, [['value', 'above', 'NaN', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }]]);
  });

  it('leaves the logarithm of a plain softmax to its rule', () => {
    const { text } = marked('import torch\ny = torch.log(torch.exp(x) / torch.exp(x).sum(1, keepdim=True))\n');
    assert.deepEqual(
      findingsIn(text).map(({ rule }) => rule),
      ['log-of-softmax'],
    );
  });
});
