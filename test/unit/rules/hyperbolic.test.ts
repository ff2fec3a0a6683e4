import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { assertFinds, finds, only, spares } from './marked';
import { assertThresholds } from './thresholds';

describe('rule atanh-of-tanh', () => {
  describe('finds', () => {
    finds('atanh-of-tanh', {
      PyTorch: `
import torch
u = «torch.atanh(torch.tanh(x))»
`,
      'through a variable': `
import torch
def f(x):
    action = torch.tanh(x)
    return «torch.atanh(action)»
`,
      'by logarithms': `
import torch
def f(x):
    t = torch.tanh(x)
    return 0.5 * «torch.log((1 + t) / (1 - t))»
`,
      'by a difference of logarithms': `
import torch
def inverse(y):
    return «torch.log(1 + y) / 2 - torch.log(1 - y) / 2»
def f(x):
    return inverse(torch.tanh(x))
`,
      'by log1p': `
import jax.numpy as jnp
def f(x):
    t = jnp.tanh(x)
    return 0.5 * («jnp.log1p(t) - jnp.log1p(-t)»)
`,
      TensorFlow: `
import tensorflow as tf
def f(raw):
    actions = tf.tanh(raw)
    return «tf.atanh(actions)»
`,
      'NumPy, as information': `
import numpy as np
y = «np.arctanh(np.tanh(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a clamp between': `
import torch
def f(x):
    t = torch.tanh(x).clamp(-1 + 1e-6, 1 - 1e-6)
    return torch.atanh(t)
`,
      'given actions': `
import tensorflow as tf
def log_prob(self, actions):
    raw_actions = tf.atanh(actions)
    return self.distribution.log_prob(raw_actions)
`,
      'a clamped value before': `
import torch
class TanhNormal:
    def log_prob(self, value):
        value = torch.clamp(value, -0.999999, 0.999999)
        return torch.log(1 + value) / 2 - torch.log(1 - value) / 2
`,
      'tanh of atanh': `
import torch
def mobius(x, c):
    return torch.tanh(c * torch.atanh(x.clamp(-1 + 1e-5, 1 - 1e-5)))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const direct = only(assertFinds('atanh-of-tanh', `import torch\nu = «torch.atanh(torch.tanh(x))»\n`));
    const wanted = { float32: 9.01, float16: 4.51, bfloat16: 3.46 };
    assertThresholds(direct, [['value', 'above', 'Infinity', wanted]]);
    assert.match(direct.advice, /^keep the value before the tanh/);
    const written = only(
      assertFinds('atanh-of-tanh', `import torch\nt = torch.tanh(x)\nu = «torch.log((1 + t) / (1 - t))»\n`),
    );
    assertThresholds(written, [['value', 'above', 'Infinity', wanted]]);
  });
});

describe('rule log-of-one-minus-tanh-squared', () => {
  describe('finds', () => {
    finds('log-of-one-minus-tanh-squared', {
      'limited by a function of the project': `
import tensorflow as tf
import utils
def squash(logp, act):
    act = tf.tanh(act)
    return logp - tf.reduce_sum(«tf.log(utils.clip(1 - tf.square(act), 0, 1) + 1e-6)», axis=1)
`,
      'the amount of a multiple, in a flow': `
import torch
def forward(y):
    logdet = torch.sum(«torch.log(torch.abs(4 * (1 - torch.tanh(y) ** 2)))», -1)
    return 4 * torch.tanh(y), logdet
`,
      'an epsilon inside a multiple': `
import torch as T
from torch.distributions import Normal
class Policy(T.nn.Module):
    def sample(self, state):
        mu, sigma = self.forward(state)
        probs = Normal(mu, sigma)
        actions = probs.rsample()
        bounded = T.tanh(actions)
        return probs.log_prob(actions) - «T.log(self.scale * (1 - bounded.pow(2) + self.config.epsilon))»
`,
      'a flow': `
import torch
class Tanh:
    def forward(self, inputs):
        outputs = torch.tanh(inputs)
        logabsdet = «torch.log(1 - outputs ** 2)»
        return outputs, logabsdet
`,
      'soft actor-critic': `
import torch
class Actor:
    def sample(self, x_t, normal):
        y_t = torch.tanh(x_t)
        action = y_t * self.action_scale + self.action_bias
        log_prob = normal.log_prob(x_t)
        log_prob -= «torch.log(self.action_scale * (1 - y_t.pow(2)) + 1e-6)»
        return action, log_prob.sum(1, keepdim=True)
`,
      'a limit instead of an epsilon': `
import torch
import torch.nn.functional as F
def logp(pi, u):
    t = torch.tanh(u)
    return pi - «torch.log(F.relu(1 - t.pow(2)) + 1e-6)».sum(axis=1)
`,
      'a limit to [0, 1] and an epsilon': `
import tensorflow as tf
def plain(pi):
    return tf.reduce_sum(«tf.math.log(tf.clip_by_value(1 - tf.tanh(pi) ** 2, 0, 1) + 1e-6)», axis=1)
def least(pi):
    return tf.reduce_sum(«tf.math.log(tf.clip_by_value(1 - tf.tanh(pi) ** 2, 1e-6, 1))», axis=1)
`,
      'a limit that keeps the gradient, and an epsilon': `
import tensorflow as tf
class Agent:
    def build(self, mu, std):
        pi = mu + tf.random_normal(tf.shape(mu)) * std
        self.logp = -tf.reduce_sum(«tf.log(self.clip(1 - tf.tanh(pi) ** 2, l=0, u=1) + 1e-6)», axis=1)
    def clip(self, x, l=-1., u=1.):
        up, low = tf.cast(x > u, tf.float32), tf.cast(x < l, tf.float32)
        return x + tf.stop_gradient((u - x) * up + (l - x) * low)
def apply_squashing_func(mu, pi, logp_pi):
    pi = tf.tanh(pi)
    logp_pi -= tf.reduce_sum(«tf.log(clip_but_pass_gradient(1 - pi**2, l=0, u=1) + 1e-6)», axis=1)
    return mu, pi, logp_pi
def clip_but_pass_gradient(x, l=-1., u=1.):
    clip_up = tf.cast(x > u, tf.float32)
    clip_low = tf.cast(x < l, tf.float32)
    return x + tf.stop_gradient((u - x)*clip_up + (l - x)*clip_low)
`,
      'an epsilon with a name': `
import tensorflow as tf
EPS = 1e-6
def squash_correction(actions):
    return tf.reduce_sum(«tf.log(1 - tf.tanh(actions) ** 2 + EPS)», axis=1)
`,
      'an epsilon of which nothing is known, and a scale inside': `
import torch as T
class Actor:
    def sample_normal(self, action):
        bounded_action = T.tanh(action) * T.tensor(self.max_action)
        return «T.log(1 - bounded_action.pow(2) + self.reparam_noise)»
`,
      'the product of both factors': `
import jax.numpy as jnp
def f(u):
    t = jnp.tanh(u)
    return «jnp.log((1 - t) * (1 + t))»
`,
      log1p: `
import torch
y = «torch.log1p(-torch.tanh(x) ** 2)»
`,
      'NumPy, as information': `
import numpy as np
y = «np.log(1 - np.tanh(x) ** 2)»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the stable form': `
import torch
import torch.nn.functional as F
import math
log_det = 2 * (math.log(2) - x - F.softplus(-2 * x))
`,
      'an action from a replay buffer': `
import torch
class Squashed:
    def log_prob(self, actions, gaussian_actions):
        log_prob = self.distribution.log_prob(gaussian_actions)
        return log_prob - torch.sum(torch.log(1 - actions ** 2 + self.epsilon), dim=1)
`,
      'another square': `
import torch
y = torch.log(1 - x ** 2 + 1e-6)
`,
      'an epsilon in NumPy, which takes no gradients': `
import numpy as np
y = np.log(1 - np.tanh(x) ** 2 + 1e-6)
`,
      'a limit of something else, and one of the argument': `
import tensorflow as tf
a = tf.reduce_sum(tf.math.log(tf.clip_by_value(1 - action ** 2, 0, 1) + 1e-6), axis=1)
b = tf.math.log(tf.clip_by_value(1 - tf.tanh(tf.clip_by_value(x, -5., 5.)) ** 2, 0, 1) + 1e-6)
`,
      'an input that is limited': `
import torch
y = torch.log(1 - torch.tanh(x.clamp(-5, 5)) ** 2)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const wanted = { float32: 9.01, float16: 4.51, bfloat16: 3.46 };
    const bare = only(
      assertFinds('log-of-one-minus-tanh-squared', `import torch\ny = «torch.log(1 - torch.tanh(x) ** 2)»\n`),
    );
    assert.equal(bare.severity, 'warning');
    assertThresholds(bare, [
      ['value', 'above', '-Infinity', wanted],
      ['gradient', 'above', 'NaN', wanted],
    ]);
    assert.equal(bare.advice, '2 * (math.log(2) - x - torch.nn.functional.softplus(-2 * x))');
    const guarded = only(
      assertFinds('log-of-one-minus-tanh-squared', `import torch\ny = «torch.log(1 - torch.tanh(x) ** 2 + 1e-6)»\n`),
    );
    assert.equal(guarded.severity, 'information');
    assertThresholds(guarded, [['gradient', 'above', 'zero', { float32: 9.01, bfloat16: 3.46 }]]);
  });
});

describe('rule log-of-cosh', () => {
  describe('finds', () => {
    finds('log-of-cosh', {
      'a regression loss': `
import torch
class LogCoshLoss(torch.nn.Module):
    def forward(self, y_t, y_prime_t):
        ey_t = y_t - y_prime_t
        return torch.mean(«torch.log(torch.cosh(ey_t + 1e-12))»)
`,
      'with an epsilon of its own': `
import torch
class LogCoshLoss(torch.nn.Module):
    def __init__(self, a=1.0, eps=1e-08):
        super().__init__()
        self.a = a
        self.eps = eps
    def forward(self, input, target):
        return (1 / self.a * «torch.log(torch.cosh(self.a * (input - target)) + self.eps)»).mean(-1)
`,
      'written out': `
import torch
def log_cosh(preds, target):
    diff = preds - target
    return «torch.log((torch.exp(diff) + torch.exp(-diff)) / 2)».sum()
`,
      TensorFlow: `
import tensorflow as tf
def log_cosh_dice_loss(y_true, y_pred):
    x = dice_loss(y_true, y_pred)
    return «tf.math.log((tf.exp(x) + tf.exp(-x)) / 2.0)»
`,
      'the Keras backend': `
from keras import backend as K
def loss(y_true, y_pred):
    return K.mean(«K.log(K.cosh(y_pred - y_true))»)
`,
      'NumPy, as information': `
import numpy as np
y = «np.log(np.cosh(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the stable form': `
import torch
import math
import torch.nn.functional as F
y = x + F.softplus(-2.0 * x) - math.log(2.0)
`,
      'a bounded x': `
import torch
y = torch.log(torch.cosh(torch.sigmoid(a) - torch.sigmoid(b)))
`,
      'cosh alone': `
import torch
y = torch.cosh(x)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('log-of-cosh', `import torch\ny = «torch.log(torch.cosh(x))»\n`));
    assertThresholds(finding, [['value', 'above', 'Infinity', { float32: 89.42, float16: 11.79, bfloat16: 89.25 }]]);
  });
});

describe('rule log-of-softplus', () => {
  describe('finds', () => {
    finds('log-of-softplus', {
      'a layer with a beta, whose results are padded': `
import torch
import torch.nn as nn
class Process(nn.Module):
    def __init__(self):
        super().__init__()
        self.intensity = nn.Sequential(nn.Linear(4, 4), nn.Softplus(beta=3.0))
    def log_likelihood(self, hiddens, mask):
        rates = [self.intensity(h) for h in hiddens]
        rates = nn.utils.rnn.pad_sequence(rates, padding_value=1.0)
        return («rates.log()» * mask).sum()
`,
      'a function with a beta': `
import torch
import torch.nn.functional as F
loss = «torch.log(F.softplus(x, 2))».sum()
`,
      PyTorch: `
import torch
import torch.nn.functional as F
y = «torch.log(F.softplus(x))»
`,
      'a layer': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.softplus = nn.Softplus()
    def forward(self, x):
        sigma = self.softplus(x)
        return «sigma.log()»
`,
      TensorFlow: `
import tensorflow as tf
def log_scale(raw):
    scale = tf.nn.softplus(raw)
    return «tf.math.log(scale)»
`,
      JAX: `
import jax, jax.numpy as jnp
y = «jnp.log(jax.nn.softplus(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'an epsilon': `
import torch
import torch.nn.functional as F
y = torch.log(F.softplus(x) + 1e-5)
`,
      'a difference of softpluses': `
import torch
import torch.nn.functional as F
y = torch.log(t) - F.softplus(-x) - F.softplus(x)
`,
      'a limited x': `
import torch
import torch.nn.functional as F
y = torch.log(F.softplus(x.clamp(min=-20)))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(
      assertFinds('log-of-softplus', `import torch\nimport torch.nn.functional as F\ny = «torch.log(F.softplus(x))»\n`),
    );
    assert.equal(finding.severity, 'information');
    assertThresholds(finding, [
      ['value', 'below', '-Infinity', { float32: -103.97, float16: -17.3, bfloat16: -92.75 }],
    ]);
  });
});

describe('rule hyperbolic-boundary', () => {
  it('speaks of the format in which a limit was taken', () => {
    const { message, lens } = only(
      findingsIn(`
import torch
def artanh(x):
    z = x.clamp(-1 + 1e-15, 1 - 1e-15).double()
    return (torch.log1p(z) - torch.log1p(-z)) * 0.5
`),
    );
    assert.match(message, /1 - eps is 1 for an eps below 2\.98e-8 in float32 \(bfloat16 0\.00195, float16 0\.000244\)/);
    assert.equal(lens, '⚠ log(1 + x) - log(1 - x): inf at x = 1');
  });

  describe('finds', () => {
    finds('hyperbolic-boundary', {
      'by logarithms, as an operation with a derivative of its own, after a limit of float32': `
import torch
class Artanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        x = x.clamp(-1 + 1e-15, 1 - 1e-15)
        ctx.save_for_backward(x)
        z = x.double()
        return («torch.log_(1 + z).sub_(torch.log_(1 - z))»).mul_(0.5).to(x.dtype)
`,
      'by the logarithm of a quotient': `
import torch
def artanh(x):
    x = x.clamp(-1, 1)
    return 0.5 * «torch.log((1 + x) / (1 - x))»
`,
      'the distance of the Poincaré ball': `
import torch
def distance(u, v):
    squ = torch.sum(u * u, dim=-1)
    sqv = torch.sum(v * v, dim=-1)
    sqd = torch.sum(torch.pow(u - v, 2), dim=-1)
    return «torch.acosh(1 + 2 * sqd)»
`,
      'distances divided by something, also by hand': `
import torch
def acosh(x):
    return «torch.log(x + torch.sqrt(x ** 2 - 1))»
def distance(u, v):
    squared = torch.norm(u - v, 2, 1) ** 2
    below = (1 - torch.norm(u, 2, 1) ** 2) * (1 - torch.norm(v, 2, 1) ** 2)
    return acosh(1. + 2 * squared / below) + «torch.acosh(1 + squared / (1 - u.pow(2).sum(1)))»
`,
      'a clamp at the boundary itself': `
import torch
y = «torch.acosh(x.clamp(min=1.0))»
`,
      'a clamp with an epsilon that is rounded away': `
import torch
y = «torch.atanh(x.clamp(-1 + 1e-9, 1 - 1e-9))»
`,
      'by hand': `
import torch
def arcosh(x):
    x = torch.clamp(x, min=1)
    return «torch.log(x + torch.sqrt(x ** 2 - 1))»
`,
      'a cosine': `
import torch
import torch.nn.functional as F
y = «torch.atanh(F.cosine_similarity(a, b))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'by logarithms, after a limit that float32 can tell from 1': `
import torch
class Artanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        x = x.clamp(-1 + 1e-5, 1 - 1e-5)
        z = x.double()
        return torch.log_(1 + z).sub_(torch.log_(1 - z)).mul_(0.5).to(x.dtype)
`,
      'by logarithms, after a limit in code that is set to float64': `
import torch
torch.set_default_dtype(torch.float64)
def artanh(x):
    z = x.clamp(-1 + 1e-15, 1 - 1e-15).double()
    return (torch.log1p(z) - torch.log1p(-z)) * 0.5
`,
      'by logarithms, after a limit of float64': `
import torch
def artanh(x):
    x = x.double().clamp(-1 + 1e-15, 1 - 1e-15)
    return (torch.log1p(x) - torch.log1p(-x)) * 0.5
`,
      '1 and something of which nothing is known': `
import torch
def distance(squared, below):
    return torch.acosh(1 + squared / below)
`,
      'an epsilon': `
import torch
y = torch.acosh(x.clamp(min=1 + 1e-6))
y2 = torch.atanh(x.clamp(-1 + 1e-5, 1 - 1e-5))
`,
      'a value of which nothing is known': `
import torch
def maybe_atanh(x):
    return torch.atanh(x)
`,
      'double precision': `
import torch
def arcosh(x):
    z = torch.sqrt((x.double().pow(2) - 1.0).clamp_min(1e-15))
    return torch.log(x + z)
`,
      NumPy: `
import numpy as np
z = np.arctanh(np.clip(r, -1, 1))
`,
    });
  });

  it('says what the gradient is at the boundary, and which epsilon is lost', () => {
    const [finding] = findingsIn(`import torch\ny = torch.acosh(1 + x ** 2)\n`);
    assert.equal(finding?.severity, 'information');
    assert.match(
      finding.message,
      /^The gradient of acosh\(x\) is inf at x = 1\. 1 \+ eps is 1 for an eps below 5\.96e-8/,
    );
    const [hint] = findingsIn(`import torch\ny = torch.atanh(x)\n`);
    assert.equal(hint?.severity, 'hint');
    assert.match(hint.message, /^atanh\(x\) is inf at x = 1, and its gradient is inf there/);
  });

  finds('hyperbolic-boundary', {
    'a distance in a forward pass': `
import torch
class Distance(torch.nn.Module):
    def forward(self, x, y):
        return 2 * «torch.atanh((x - y).norm(dim=-1))»
`,
  });
  spares({
    'a layer that is nothing but the function': `
import torch
class Atanh(torch.nn.Module):
    def forward(self, x):
        return torch.atanh(x)
`,
  });
});
