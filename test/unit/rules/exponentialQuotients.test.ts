import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { assertFinds, finds, only, spares } from './marked';
import { assertThresholds } from './thresholds';

describe('rule softmax-by-hand', () => {
  describe('finds', () => {
    finds('softmax-by-hand', {
      'with an epsilon beside the exponentials': `
import numpy as np
def softmax(x):
    return «(np.exp(x) + 1e-8) / np.sum(np.exp(x) + 1e-8)»
`,
      'a product of exponentials': `
import tensorflow as tf
def routing(votes, mu, act):
    logp = votes * mu
    p = tf.exp(tf.reduce_sum(logp, axis=3))
    ap = p * tf.reshape(act, [-1, 1, 10])
    return «ap / (tf.reduce_sum(ap, axis=2, keep_dims=True) + 1e-9)»
`,
      'one expression': `
import torch
p = «torch.exp(x) / torch.exp(x).sum(dim=1, keepdim=True)»
`,
      'from a textbook': `
import torch
def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return «X_exp / partition»
`,
      'NumPy, as information': `
import numpy as np
def softmax(x):
    e = np.exp(x)
    return «e / np.sum(e, axis=1, keepdims=True)»
`,
      'NumPy with the sum expanded': `
import numpy as np
def softmax(x):
    return «np.exp(x) / np.expand_dims(np.sum(np.exp(x), axis=1), axis=1)»
`,
      'weights by hand': `
import numpy as np
def build(X, hidden):
    W1 = np.random.randn(2, hidden) / np.sqrt(2)
    b1 = np.zeros((1, hidden))
    W2 = np.random.randn(hidden, 2) / np.sqrt(hidden)
    b2 = np.zeros((1, 2))
    for i in range(1000):
        scores = np.exp(np.tanh(X.dot(W1) + b1).dot(W2) + b2)
        probs = «scores / np.sum(scores, axis=1, keepdims=True)»
`,
      'TensorFlow 1': `
import tensorflow as tf
def attention(v):
    e = tf.exp(v)
    return «e / tf.reduce_sum(e, axis=1, keep_dims=True)»
`,
      'the Keras backend, with an epsilon': `
from keras import backend as K
from keras.layers import Layer
class Attention(Layer):
    def call(self, x):
        a = K.exp(K.dot(x, self.W))
        return «a / (K.sum(a, axis=1, keepdims=True) + K.epsilon())»
`,
      'a masked attention': `
import torch
import math
def attend(q, k, mask):
    s = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(64)
    e = torch.exp(s) * mask
    return «e / e.sum(-1, keepdim=True)»
`,
      'a weighted mean': `
import torch
def pool(scores, values):
    return «(torch.exp(scores) * values).sum(1) / torch.exp(scores).sum(1)»
`,
      'one of two': `
import torch
p = «torch.exp(a) / (torch.exp(a) + torch.exp(b))»
`,
      "Python's own sum": `
import math
def softmax(xs):
    exps = [math.exp(x) for x in xs]
    total = sum(exps)
    return [«e / total» for e in exps]
`,
      JAX: `
import jax.numpy as jnp
def softmax(x):
    return «jnp.exp(x) / jnp.sum(jnp.exp(x), axis=-1, keepdims=True)»
`,
      'what several branches leave': `
import numpy as np
class Boosting:
    def predict(self, X):
        y = np.array([])
        for tree in self.trees:
            update = tree.predict(X)
            y = -update if not y.any() else y - update
        return «np.exp(y) / np.sum(np.exp(y), axis=1, keepdims=True)»
`,
    });
  });

  it('goes once through what a value that is changed in place again and again is made of', () => {
    const step = 'x.sub_(x.max())\ny = x.exp() / x.exp().sum()\n';
    const start = process.cpuUsage();
    findingsIn(`import torch\n${step.repeat(35)}`);
    const { user, system } = process.cpuUsage(start);
    assert((user + system) / 1e6 < 2);
  });

  describe('leaves alone', () => {
    spares({
      'a maximum times -1 that is added': `
import numpy as np
def softmax(z):
    c = np.max(z, axis=1) * (-1)
    e = np.exp(z + c.reshape(-1, 1))
    return e / e.sum(axis=1).reshape(-1, 1)
`,
      'a mean that is weighed by a kernel': `
import torch
def loss(log_prob, mask, difficulty, beta):
    weights = mask * torch.exp(-beta * (difficulty.unsqueeze(1) + difficulty.unsqueeze(0)))
    return -((weights * log_prob).sum(1) / weights.sum(1).clamp(min=1e-6)).mean()
`,
      'a product of densities over the greatest, but for a constant': `
import tensorflow as tf
def routing(votes, mu, sigma2, act):
    logp = -tf.log(tf.sqrt(sigma2)) - tf.square(votes - mu) / (2 * sigma2)
    logp = logp - (tf.reduce_max(logp, axis=[2, 3], keep_dims=True) - tf.log(10.0))
    p = tf.exp(tf.reduce_sum(logp, axis=3))
    ap = p * tf.reshape(act, [-1, 1, 10])
    return ap / (tf.reduce_sum(ap, axis=2, keep_dims=True) + 1e-9)
`,
      'a power of probabilities, as characters are sampled': `
import numpy as np
def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype('float64')
    preds = np.log(preds) / temperature
    exp_preds = np.exp(preds)
    preds = exp_preds / np.sum(exp_preds)
    return np.argmax(np.random.multinomial(1, preds, 1))
`,
      'a Gaussian kernel': `
import torch
def kernel(d, sigma):
    k = torch.exp(-d ** 2 / (2 * sigma ** 2))
    return k / k.sum()
`,
      'a Gaussian blur': `
import torch
def gaussian(window_size, sigma):
    x = torch.arange(window_size).float() - window_size // 2
    g = torch.exp(-(x ** 2) / (2 * sigma ** 2))
    return g / g.sum()
`,
      'a kernel of NumPy': `
import numpy as np
def gaussian_kernel(size, sigma=1.0):
    ax = np.linspace(-(size - 1) / 2., (size - 1) / 2., size)
    xx, yy = np.meshgrid(ax, ax)
    kernel = np.exp(-0.5 * (np.square(xx) + np.square(yy)) / np.square(sigma))
    return kernel / np.sum(kernel)
`,
      'a kernel with a bandwidth of which nothing is known': `
import torch
def rbf(x, y, gamma):
    xx, yy = (x ** 2).sum(1, keepdim=True), (y ** 2).sum(1, keepdim=True)
    k = torch.exp(-gamma * (xx + yy.t() - 2 * x.mm(y.t())))
    return k / k.sum(1, keepdim=True)
`,
      't-SNE': `
import numpy as np
def Hbeta(D=np.array([]), beta=1.0):
    P = np.exp(-D.copy() * beta)
    sumP = sum(P)
    H = np.log(sumP) + beta * np.sum(D * P) / sumP
    P = P / sumP
    return H, P
`,
      'distances by a function': `
import numpy as np
def d(u, v):
    diff = u - v
    return diff.dot(diff)
def responsibilities(M, X, beta, K, n):
    return [np.exp(-beta * d(M[k], X[n])) / np.sum([np.exp(-beta * d(M[j], X[n])) for j in range(K)]) for k in range(K)]
`,
      'distances by name': `
import torch
def rerank(original_dist, index):
    weight = torch.exp(-original_dist[index])
    return weight / torch.sum(weight)
`,
      'entropies as weights': `
import torch
def entropy_weight(g):
    weight = 1.0 + torch.exp(-entropy(g))
    return weight / torch.sum(weight)
`,
      'a Laplace kernel': `
import torch
k = torch.exp(-torch.abs(x - y) / h)
w = k / k.sum(-1, keepdim=True)
`,
      'an attention over negative distances': `
import torch
w = torch.exp(-torch.cdist(q, k) * scale)
w = w / w.sum(dim=-1, keepdim=True)
`,
      'the maximum subtracted': `
import numpy as np
def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
`,
      'the maximum subtracted in place': `
import torch
def softmax(x):
    x -= x.max(-1, keepdim=True)[0]
    x.exp_()
    return x / x.sum(-1, keepdim=True)
`,
      'by sub_': `
import torch
def softmax(x):
    x.sub_(x.max())
    return x.exp() / x.exp().sum()
`,
      'of TensorFlow': `
import tensorflow as tf
def softmax(x):
    shifted = x - tf.reduce_max(x, axis=1, keepdims=True)
    e = tf.exp(shifted)
    return e / tf.reduce_sum(e, axis=1, keepdims=True)
`,
      'by a helper': `
import torch
def centre(x):
    return x - x.max(dim=-1, keepdim=True).values
def softmax(x):
    e = torch.exp(centre(x))
    return e / e.sum(-1, keepdim=True)
`,
      'by the callers': `
import numpy as np
def normalise(x):
    return np.exp(x) / np.sum(np.exp(x))
def a(scores):
    return normalise(scores - np.max(scores))
def b(scores):
    return normalise(scores - scores.max())
`,
      "by Python's own max": `
import math
def softmax(xs):
    m = max(xs)
    exps = [math.exp(x - m) for x in xs]
    return [e / sum(exps) for e in exps]
`,
      'of elements of a list': `
import torch
def f(self, logits, stacked):
    if self.mode == 'max':
        logits = [stacked.amax(dim=0)]
    for i in range(self.n):
        l = logits[i]
        e = torch.exp(l - l.max(dim=-1, keepdim=True)[0]) * (1e-20 + torch.sigmoid(l))
        p = e / e.sum(dim=-1, keepdim=True)
`,
      'with a temperature': `
import numpy as np
def boltzmann(q, temperature):
    e = np.exp((q - np.max(q)) / temperature)
    return e / np.sum(e)
`,
      cosines: `
import torch
import torch.nn.functional as F
def f(a, b):
    s = torch.exp(F.cosine_similarity(a, b, dim=-1) / 0.07)
    return s / s.sum(-1, keepdim=True)
`,
      'what a tanh bounds': `
import torch
e = torch.exp(torch.tanh(torch.matmul(x, w)))
a = e / e.sum(1, keepdim=True)
`,
      responsibilities: `
import torch
class Mixture:
    def m_step(self, x, log_resp):
        resp = torch.exp(log_resp)
        pi = torch.sum(resp, dim=0, keepdim=True)
        return (resp * x).sum(0, keepdim=True) / pi
`,
      counts: `
import numpy as np
p = counts / counts.sum()
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(
      assertFinds('softmax-by-hand', `import torch\np = «torch.exp(x) / torch.exp(x).sum(1, keepdim=True)»\n`),
    );
    assertThresholds(finding, [['value', 'above', 'NaN', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }]]);
    assert.equal(finding.advice, 'torch.softmax(x, dim=1)');
  });

  describe('in JavaScript', () => {
    finds(
      'softmax-by-hand',
      {
        'TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
const p = «tf.div(tf.exp(x), tf.sum(tf.exp(x), 1, true))»;
`,
        'numbers of the language': `
function softmax(values) {
  const exps = values.map((x) => Math.exp(x));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((e) => «e / sum»);
}
`,
      },
      { language: 'javascript' },
    );
    spares(
      {
        'the maximum subtracted': `
function softmax(values) {
  const max = Math.max(...values);
  const exps = values.map((x) => Math.exp(x - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((e) => e / sum);
}
`,
        'a sigmoid, which has no gradient here': `
function sigmoid(x) { return 1 / (1 + Math.exp(-x)); }
`,
        'both branches of a sigmoid': `
function sigmoid(x) {
  if (x >= 0) { return 1 / (1 + Math.exp(-x)); }
  const z = Math.exp(x);
  return z / (1 + z);
}
`,
        'a softplus in a conditional': `
const softplus = (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
`,
      },
      { language: 'javascript' },
    );
  });

  it('speaks of what is left, too, where a logarithm is taken in another statement', () => {
    const found = findingsIn(
      `import torch\ndef f(x):\n    p = torch.exp(x) / torch.exp(x).sum(1, keepdim=True)\n    return torch.log(p)\n`,
    );
    assert.deepEqual(
      found.map(({ rule }) => rule),
      ['softmax-by-hand', 'log-of-softmax'],
    );
  });
});

describe('rule exp-over-one-plus-exp', () => {
  describe('finds', () => {
    finds('exp-over-one-plus-exp', {
      PyTorch: `
import torch
p = «torch.exp(x) / (1 + torch.exp(x))»
`,
      'NumPy, as information': `
import numpy as np
def sigmoid(x):
    return «np.exp(x) / (1 + np.exp(x))»
`,
      'a derivative': `
import numpy as np
class SoftPlus:
    def grad(self, x):
        exp_x = np.exp(x)
        return «exp_x / (exp_x + 1)»
`,
      'Python floats': `
import math
def sigmoid(x):
    return «math.exp(x) / (1.0 + math.exp(x))»
`,
      'of -x': `
import tensorflow as tf
p = «tf.exp(-x) / (1 + tf.exp(-x))»
`,
      JAX: `
import jax.numpy as jnp
def f(x):
    e = jnp.exp(x)
    return «e / (1 + e)»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'the branch for negative x': `
import math
def sigmoid(x):
    if x >= 0:
        z = math.exp(-x)
        return 1 / (1 + z)
    else:
        z = math.exp(x)
        return z / (1 + z)
`,
      'after an early return': `
import numpy as np
def sigmoid(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    z = np.exp(x)
    return z / (1 + z)
`,
      'a where': `
import numpy as np
y = np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))
`,
      'a mask': `
import numpy as np
def sigmoid(x):
    out = np.zeros_like(x)
    positive = x >= 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    out[~positive] = e / (1 + e)
    return out
`,
      'a mask written out': `
import numpy as np
def sigmoid(x):
    out = np.empty_like(x)
    out[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    out[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return out
`,
      'an absolute value': `
import numpy as np
p = np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))
`,
      'a clip': `
import numpy as np
def f(x):
    x = np.clip(x, -30, 30)
    return np.exp(x) / (1 + np.exp(x))
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(
      assertFinds('exp-over-one-plus-exp', `import torch\np = «torch.exp(x) / (1 + torch.exp(x))»\n`),
    );
    assertThresholds(finding, [['value', 'above', 'NaN', { float32: 88.72, float16: 11.09, bfloat16: 88.75 }]]);
    const ofNumpy = only(
      assertFinds('exp-over-one-plus-exp', `import numpy as np\np = «np.exp(x) / (1 + np.exp(x))»\n`),
    );
    assertThresholds(ofNumpy, [['value', 'above', 'NaN', { float64: 709.8 }]]);
    assert.equal(ofNumpy.advice, 'scipy.special.expit(x)');
  });
});

describe('rule sigmoid-by-hand', () => {
  describe('finds', () => {
    finds('sigmoid-by-hand', {
      'an exponent that defaults do not bound': `
import torch
import torch.nn as nn
class SoftStep(nn.Module):
    def __init__(self, delta=20.0):
        super().__init__()
        self.delta = delta
    @staticmethod
    def step(x, delta, alpha=0.4):
        return «1. / (1. + torch.exp(-alpha * (x - delta)))»
    def forward(self, input, target):
        return self.step(127.5 * (target - input), self.delta).sum()
`,
      PyTorch: `
import torch
p = «1 / (1 + torch.exp(-x))»
`,
      'an activation': `
import torch
class Activation(torch.nn.Module):
    def forward(self, x):
        return «2 / (1 + torch.exp(-2 * x))» - 1
`,
      'a distance that is brought to [0, 1)': `
import torch
def distance(p, q):
    norm = torch.norm(p - q, p=2, dim=-1)
    return 1 - («2 / (1 + torch.exp(norm))»)
`,
      'a helper of a library': `
import torch
def logistic_cdf(x, u, s):
    return «1. / (1. + torch.exp(-(x - u) / s))»
`,
      'a power': `
import torch
p = «(1 + torch.exp(-x)) ** -1»
`,
      'a reciprocal': `
import torch
p = «torch.reciprocal(1 + torch.exp(-x))»
`,
      'a falling one': `
import torch
class FermiDirac(torch.nn.Module):
    def forward(self, dist):
        return «1. / (torch.exp((dist - self.r) / self.t) + 1.0)»
`,
      'a swish': `
import torch
y = «x / (1 + torch.exp(-x))»
`,
      TensorFlow: `
import tensorflow as tf
p = «1.0 / (1.0 + tf.exp(-logits))»
`,
      'the Keras backend': `
from keras import backend as K
def gate(x, k=50):
    return «1 / (1 + K.exp(-k * (x - 0.5)))»
`,
      JAX: `
import jax.numpy as jnp
def predict(w, x):
    return «1 / (1 + jnp.exp(-jnp.dot(x, w)))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'an exponent that defaults bound': `
import torch
import torch.nn as nn
class PiecewiseLoss(nn.Module):
    def __init__(self, delta=20.0):
        super().__init__()
        self.delta = delta
    @staticmethod
    def step(x, delta, alpha=0.4):
        return 1. / (1. + torch.exp(-alpha * (x - delta)))
    def forward(self, input, target):
        return self.step(127.5 * torch.abs(target - input), self.delta).sum()
`,
      'a schedule in PyTorch': `
import torch
def coefficient(p):
    return 2. / (1. + torch.exp(-10 * torch.tensor(p))) - 1
`,
      NumPy: `
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
`,
      'Python floats': `
import math
def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))
`,
      'a schedule': `
import numpy as np
lambd = 2. / (1. + np.exp(-10. * p)) - 1
`,
      'weights that are changed by hand': `
import torch
class RBM:
    def sigmoid(self, x):
        return 1 / (1 + torch.exp(-x))
    def train(self, data):
        p = self.sigmoid(torch.matmul(data, self.weights))
        self.weights += self.learning_rate * torch.matmul(data.t(), p)
`,
      'no gradients': `
import torch
@torch.no_grad()
def f(x):
    return 1 / (1 + torch.exp(-x))
`,
      'an x that is not negative': `
import torch
y = 1 / (1 + torch.exp(-x ** 2))
`,
      'an x that is limited': `
import torch
y = 1 / (1 + torch.exp(-torch.clamp(x, -30, 30)))
`,
      'a weight that is a schedule': `
import torch
def weight(log_snr, snr_clip):
    snr = log_snr.exp()
    return snr.clamp(max=snr_clip) / (snr + 1)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const finding = only(assertFinds('sigmoid-by-hand', `import torch\np = «1 / (1 + torch.exp(-x))»\n`));
    assertThresholds(finding, [['gradient', 'below', 'NaN', { float32: -88.72, float16: -11.09, bfloat16: -88.75 }]]);
    assert.equal(finding.advice, 'torch.sigmoid(x)');
    const falling = only(assertFinds('sigmoid-by-hand', `import torch\np = «1 / (1 + torch.exp(k * x))»\n`));
    assert.equal(falling.advice, 'torch.sigmoid(-(k * x))');
  });
});

describe('rule tanh-by-hand', () => {
  describe('finds', () => {
    finds('tanh-by-hand', {
      'exp(2x)': `
import torch
y = «(torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)»
`,
      'both signs': `
import torch
y = «(torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))»
`,
      'NumPy, as information': `
import numpy as np
def tanh(x):
    return «(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))»
`,
      'the negative exponent': `
import tensorflow as tf
y = «(1 - tf.exp(-2 * x)) / (1 + tf.exp(-2 * x))»
`,
      'through a variable': `
import torch
def squash(x):
    e = torch.exp(2 * x)
    return «(e - 1) / (e + 1)»
`,
      'half the argument': `
import jax.numpy as jnp
def f(x):
    return «(jnp.exp(x) - 1) / (jnp.exp(x) + 1)»
`,
      'sinh over cosh': `
import torch
y = «torch.sinh(x) / torch.cosh(x)»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a tanh': `
import torch
y = torch.tanh(x)
`,
      'a negative square': `
import torch
y = (torch.exp(-x ** 2) - 1) / (torch.exp(-x ** 2) + 1)
`,
      'a limited x': `
import torch
def f(x):
    x = x.clamp(-10, 10)
    return (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)
`,
      'a branch': `
import math
def tanh(x):
    if x < 0:
        e = math.exp(2 * x)
        return (e - 1) / (e + 1)
    e = math.exp(-2 * x)
    return (1 - e) / (1 + e)
`,
    });
  });

  it('measures the thresholds of the catalogue', () => {
    const twice = only(
      assertFinds('tanh-by-hand', `import torch\ny = «(torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)»\n`),
    );
    assertThresholds(twice, [['value', 'above', 'NaN', { float32: 44.4 }]]);
    const both = only(
      assertFinds(
        'tanh-by-hand',
        `import torch\ny = «(torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))»\n`,
      ),
    );
    assertThresholds(both, [['value', 'above', 'NaN', { float32: 88.7 }]]);
    const ofNumpy = only(
      assertFinds('tanh-by-hand', `import numpy as np\ny = «(np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)»\n`),
    );
    assertThresholds(ofNumpy, [['value', 'above', 'NaN', { float64: 354.9 }]]);
    assert.equal(twice.advice, 'torch.tanh(x)');
  });
});

it('sees the diagonal of exponentials over the sum of their rows', () => {
  assertFinds(
    'log-of-softmax',
    `
import tensorflow as tf
def nce_loss(guess, future):
    e = tf.exp(tf.matmul(guess, future, transpose_b=True))
    return -tf.reduce_mean(«tf.math.log(tf.linalg.diag_part(e) / tf.reduce_sum(e, axis=1))»)
`,
  );
});
