import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function findingOf(rule: string, text: string): Finding {
  return only(findingsIn(text).filter((finding) => finding.rule === rule));
}

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}\n`;

describe('rule gradient-through-where', () => {
  describe('finds', () => {
    finds('gradient-through-where', {
      'a logarithm, a quotient and a root that the condition keeps off 0': torch(`
a = «torch.where(x > 0, torch.log(x), torch.zeros_like(x))»
b = «torch.where(x == 0, torch.zeros_like(x), 1 / x)»
distance = ((u - v) ** 2).sum(-1)
c = «torch.where(distance > 1e-12, distance.sqrt(), torch.zeros_like(distance))»
`),
      'a normalisation': torch(`
norm = x.norm(dim=-1, keepdim=True)
unit = «torch.where(norm > 0, x / norm, torch.zeros_like(x))»
`),
      'a softplus by hand, which overflows': torch('y = «torch.where(x > 20, x, torch.log1p(torch.exp(x)))»'),
      'an exponential linear unit, and a threshold that is an attribute': torch(`
class Unit(torch.nn.Module):
    def __init__(self, threshold=20.0):
        super().__init__()
        self.threshold = torch.tensor(threshold)
    def forward(self, x):
        y = torch.log(0.5 * torch.exp(x) + 0.5)
        return «torch.where(x.ge(self.threshold), x, y)» + «torch.where(x > 0, x, torch.exp(x) - 1)»
`),
      'an inverse of a softplus': torch(`
def inverse(y, beta=1, threshold=20):
    return «torch.where(y * beta > threshold, y, torch.log(torch.exp(beta * y) - 1) / beta)»
`),
      'the gradient with respect to another operand': torch(`
def kl(target, pred):
    return «torch.where(target > 0, target * torch.log(target / pred), torch.zeros_like(target))»
`),
      angles: torch('a = «torch.where(cos.abs() < 1, torch.acos(cos), torch.zeros_like(cos))»'),
      'a fill after the operation': torch('a = «x.log().masked_fill(x == 0, 0)»'),
      'quaternions to axis and angle, as in human pose estimation': torch(`
def angle_axis(q):
    q1, q2, q3 = q[..., 1], q[..., 2], q[..., 3]
    squared = q1 * q1 + q2 * q2 + q3 * q3
    sine = torch.sqrt(squared)
    two_theta = 2.0 * torch.atan2(sine, q[..., 0])
    k_pos = two_theta / sine
    return «torch.where(squared > 0.0, k_pos, 2.0 * torch.ones_like(sine))»
`),
      'TensorFlow, Keras and JAX': `
import tensorflow as tf, jax, jax.numpy as jnp
from keras import backend as K, ops
a = «tf.where(tf.greater(x, 0), tf.math.log(x), tf.zeros_like(x))»
b = «K.switch(K.greater(z, 0), K.sqrt(z), K.zeros_like(z))»
c = «jnp.where(y > 0, jnp.sqrt(y), 0.0)»
d = «ops.where(w > 0, 1 / w, 0)»
e = «jnp.where(x < -9, jnp.exp(x), jax.nn.sigmoid(x))»
`,
    });
  });

  describe('spares', () => {
    spares({
      'where the operand is masked as well': torch(`
a = torch.where(x > 0, torch.log(torch.where(x > 0, x, torch.ones_like(x))), torch.zeros_like(x))
safe = x.clamp(min=1e-6)
b = torch.where(x > 0, torch.log(safe), torch.zeros_like(x))
`),
      'SmoothL1 and its like, with a constant and with a parameter': torch(`
def smooth_l1(pred, target, beta=1.0):
    diff = torch.abs(pred - target)
    return torch.where(diff < beta, 0.5 * diff * diff / beta, diff - 0.5 * beta)
regression_loss = torch.where(
    torch.le(difference, 1.0 / 9.0),
    0.5 * 9.0 * torch.pow(difference, 2),
    difference - 0.5 / 9.0,
)
def wing(pred, target, omega=14, epsilon=2):
    delta = (target - pred).abs()
    return torch.where(delta < omega, omega * torch.log(1 + delta / epsilon), delta - 3)
`),
      'an epsilon inside': torch(
        'a = torch.where(x > 0, torch.log(x + 1e-8), torch.zeros_like(x))\nb = torch.where(x > 0, torch.sqrt(x * x + 1e-12), x)',
      ),
      'the stable sigmoid loss, whose exponents are never positive': torch(`
z = torch.exp(-x.abs())
a = torch.where(x >= 0, torch.log1p(z), torch.log1p(z) - x)
b = torch.where(logits >= 0, F.softplus(logits, -1, 50), logits - F.softplus(logits, 1, 50))
`),
      'a condition on something else': torch(
        'a = torch.where(mask, torch.log(x.abs() + 1), x)\nb = torch.where(y == 1, p, 1 - p)',
      ),
      'an attention mask': torch(
        'scores = (q @ k.transpose(-2, -1)) / math.sqrt(d_k)\nscores = scores.masked_fill(mask == 0, -1e9)',
      ),
      'NumPy, which has no gradient': 'import numpy as np\na = np.where(x > 0, np.log(x), 0)\n',
      'where no gradient is recorded': torch(
        'with torch.no_grad():\n    a = torch.where(x > 0, torch.log(x), torch.zeros_like(x))',
      ),
      'a mean over what a mask leaves': torch(`
def masked_mean(x, labels):
    mask = (labels > 0).float()
    count = mask.sum()
    return torch.where(count > 0, (x * mask).sum() / count.clamp(min=1), torch.zeros_like(count))
`),
      'data and sizes': torch(`
def f(target, count):
    a = torch.where(target > 0, target * target.log(), torch.zeros_like(target))
    return a + torch.where(count > 1, count / (count - 1), torch.ones_like(count))
`),
      'an operation with a derivative of its own': torch(`
class Entmax(torch.autograd.Function):
    @staticmethod
    def backward(ctx, dY):
        Y, = ctx.saved_tensors
        return torch.where(Y > 0, Y * torch.log(Y), Y.new_zeros(1))
`),
      'a sine of an angle, singular on both sides': torch(`
class ArcFace(torch.nn.Module):
    def forward(self, x):
        cosine = F.linear(F.normalize(x), F.normalize(self.weight)).clamp(-0.999, 0.999)
        sine = torch.sqrt(1.0 - torch.pow(cosine, 2))
        return torch.where(cosine > 0, cosine * self.c - sine * self.s, cosine)
`),
      divide_no_nan: 'import tensorflow as tf\na = tf.where(x > 0, tf.math.divide_no_nan(1.0, x), tf.zeros_like(x))\n',
    });
  });

  it('says at which value, and of which gradient', () => {
    const text = torch('a = torch.where(x > 0, torch.log(x), torch.zeros_like(x))');
    const finding = findingOf('gradient-through-where', text);
    assert.equal(finding.severity, 'warning');
    assert.match(finding.message, /^Where `x` is 0 the value is fine, 0 for example, but its gradient is NaN/);
    assert.match(finding.advice, /a second where inside/);
    const other = findingOf(
      'gradient-through-where',
      torch('def kl(target, pred):\n    return torch.where(target > 0, target * torch.log(target / pred), target)'),
    );
    assert.match(other.message, /its gradient with respect to `pred` is NaN/);
  });

  it('is about TensorFlow and JAX where PyTorch has a gradient of 0', () => {
    const norm = (framework: string, code: string): Finding[] =>
      findingsIn(`${framework}\n${code}\n`, { rules: new Set(['gradient-through-where']) });
    assert.equal(
      norm('import torch', 'n = torch.norm(x, dim=1)\na = torch.where(n > 0, n, torch.ones_like(n))').length,
      0,
    );
  });
});

describe('rule masked-after-the-fact', () => {
  describe('finds', () => {
    finds('masked-after-the-fact', {
      'by one of two masks': `
import torch
def copy_loss(p, target, pad):
    mask = (target != pad).float() * (p > 0).float()
    step = «-torch.log(p) * mask»
    return step.sum() / mask.sum().clamp(min=1)
`,
      'a mask as a factor': torch(`
mask = (x > 0).float()
a = «torch.log(x) * mask»
b = «(x > 0) * torch.log(x)»
c = «mask * (1 / x)»
`),
      'a root, whose gradient is infinite': torch('mask = (d > 0).float()\na = «d.sqrt() * mask»'),
      'what has become infinite in a contrastive loss': torch(`
def forward(sim, label):
    sim = torch.exp(sim)
    inner = (sim * label).sum(1) / sim.sum(1)
    loss = -torch.log(inner)
    non_inf = inner > 0
    return «loss * non_inf»
`),
      'TensorFlow, multiply_no_nan and JAX': `
import tensorflow as tf, jax.numpy as jnp
mask = tf.cast(x > 0, tf.float32)
a = «tf.math.log(x) * mask»
b = «tf.math.multiply_no_nan(tf.math.log(x), mask)»
c = «(y > 0) * jnp.log(y)»
`,
      nan_to_num: torch('a = «torch.nan_to_num(torch.log(x))»\nb = «torch.log(x).nan_to_num(neginf=0.0)»'),
      'NumPy, whose value is NaN': 'import numpy as np\ndef f(p):\n    return «np.log(p) * (p > 0)»\n',
    });
  });

  describe('spares', () => {
    spares({
      'a mask before the operation': torch(`
mask = (x > 0).float()
a = torch.log(x * mask + (1 - mask)) * mask
b = torch.log(x.clamp(min=1e-8)) * mask
c = torch.log(x + 1e-8) * (x > 0)
`),
      'a mask of something else': torch(
        'a = torch.log(p + 1e-8) * (label == 1)\nb = F.log_softmax(x, -1) * (tokens > 0)',
      ),
      'a mask that is given': torch('def f(loss, mask):\n    return (loss * mask).sum() / mask.sum().clamp(min=1)'),
      'weights that sum over what is left': torch(`
def attend(logits, lengths, values):
    mask = torch.arange(10) < lengths
    weights = mask * logits.abs()
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-9) * values
`),
      'a logarithm beyond whose domain no probability comes': torch('a = (p > 0.1) * torch.log(1 - p + 1e-6)'),
      'nan_to_num in NumPy, and after what is finite': `
import numpy as np, torch
a = np.nan_to_num(-y * np.log(a))
b = torch.nan_to_num(torch.tanh(x))
`,
      'where no gradient is recorded': torch('with torch.no_grad():\n    a = torch.nan_to_num(torch.log(x))'),
      'metrics that divide': torch('def accuracy(hits, count):\n    return torch.nan_to_num(hits / count)'),
    });
  });

  it('tells the value from the gradient', () => {
    const value = findingOf('masked-after-the-fact', torch('a = torch.log(x) * (x > 0)'));
    assert.equal(value.severity, 'warning');
    assert.match(value.message, /^Where `x` is 0 the mask is 0 .* and 0 times that is NaN\./);
    const gradient = findingOf('masked-after-the-fact', torch('a = torch.sqrt(x) * (x > 0)'));
    assert.match(gradient.message, /its gradient is NaN/);
    const mended = findingOf('masked-after-the-fact', torch('a = torch.nan_to_num(torch.log(x))'));
    assert.match(mended.message, /what nan_to_num is given/);
  });
});

describe('rule arc-cosine-out-of-range', () => {
  describe('finds', () => {
    finds('arc-cosine-out-of-range', {
      'what a margin is made of': `
import torch
def arcface_additive_margin(values, one_hot, m):
    return torch.cos(«torch.acos(values)» + m * one_hot)
class SphereLoss(torch.nn.Module):
    def forward(self, x, y):
        return self.criterion(torch.cos(«torch.arccos(x)» * self.m), y)
`,
      'a trace': `
import tensorflow as tf
def rotation_loss(R1, R2):
    M = tf.matmul(R1, R2, transpose_b=True)
    return tf.reduce_mean(«tf.acos((tf.linalg.trace(M) - 1.0) / 2.0)»)
`,
      'the amount of a dot product, limited to 1, as a distance': `
import torch
import torch.nn as nn
class QuaternionDistance(nn.Module):
    def forward(self, input, target):
        dot = torch.sum(torch.mul(input, target), dim=2)
        return «torch.acos(torch.clamp(torch.abs(dot), 0.0, 1.0))».sum()
`,
      'what a loss takes the cosine of an angle from': `
import tensorflow as tf
from tensorflow.keras import backend as K
def _arcface(y_true, y_pred, m, s):
    logits = s * tf.cos(«tf.acos(y_pred)» + m * y_true)
    return K.categorical_crossentropy(target=y_true, output=logits, from_logits=True)
`,
      'a cosine of weights alone, through a cast': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class ArcMarginProduct(nn.Module):
    def forward(self, input, label):
        cosine = F.linear(input, F.normalize(self.weight)).float()
        sine = «torch.sqrt(1.0 - torch.pow(cosine, 2))»
        return self.loss(cosine * self.cos_m - sine * self.sin_m, label)
`,
      'twice the square of a scalar product, of quaternions': `
import torch
import torch.nn.functional as F
class GeodesicLoss(torch.nn.Module):
    def forward(self, pred, target):
        q = F.normalize(pred, dim=1)
        dot = target[:, 0] * q[:, 0] + target[:, 1] * q[:, 1] + target[:, 2] * q[:, 2] + target[:, 3] * q[:, 3]
        return «torch.acos(2 * dot ** 2 - 1)».mean()
`,
      'of what is called a cosine, in a loss': `
import torch
def margin_loss(cos_theta, margin):
    return torch.cos(«torch.acos(cos_theta)» + margin).mean()
`,
      'dot products and cosines': torch(`
a = «torch.acos((u * v).sum(-1))»
b = «torch.acos(F.cosine_similarity(u, v))»
c = «torch.arccos(u @ v)»
d = «torch.acos((u * v).sum(-1) / (u.norm(dim=-1) * v.norm(dim=-1)))»
e = «torch.einsum('bd,bd->b', u, v).acos()»
`),
      'a trace, as a reduction and written out': torch(`
a = «torch.acos((torch.trace(R) - 1) / 2)»
b = «torch.acos((R[:, 0, 0] + R[:, 1, 1] + R[:, 2, 2] - 1) / 2)»
`),
      'cosines of normalised embeddings and weights': torch(`
class Margin(torch.nn.Module):
    def forward(self, x):
        cosine = F.linear(F.normalize(x), F.normalize(self.weight))
        return «torch.acos(cosine)»
`),
      'a quaternion to Euler angles': torch('pitch = «torch.asin(2 * (w * y - z * x))»'),
      'TensorFlow and JAX': `
import tensorflow as tf, jax.numpy as jnp
a = «tf.acos(tf.reduce_sum(u * v, axis=-1))»
b = «jnp.arccos(jnp.dot(u, v))»
`,
      'NumPy and math, where the value is NaN or an error': `
import numpy as np, math
a = «np.arccos(np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v)))»
b = «math.acos(np.dot(p, q))»
`,
      'a limit that is 1 in float32': torch('a = «torch.asin(torch.clamp(2 * r / d, -1 + 1e-8, 1 - 1e-8))»'),
      'a limit of 1 in a loss, where the gradient is infinite': torch(`
def geodesic_loss(R):
    cos = (R[:, 0, 0] + R[:, 1, 1] + R[:, 2, 2] - 1) / 2
    return «torch.acos(torch.clamp(cos, -1, 1))».mean()
class AngularLoss(torch.nn.Module):
    def forward(self, u, v):
        cos = torch.min(torch.max((u * v).sum(-1), -torch.ones(1)), torch.ones(1))
        return «torch.acos(cos)»
`),
    });
  });

  describe('spares', () => {
    spares({
      'the arc cosine of what is called a cosine, where nothing is trained': `
import torch
def angles(cos_theta):
    return torch.acos(cos_theta)
`,
      'the arc cosine of something else': `
import torch
def loss(x):
    return torch.acos(x).mean()
`,
      'limits that keep off the ends': torch(`
a = torch.acos(torch.clamp((u * v).sum(-1), -1 + 1e-6, 1 - 1e-6))
b = torch.acos(F.cosine_similarity(u, v).clamp(-0.9999, 0.9999))
c = torch.acos(0.99 * F.cosine_similarity(u, v))
`),
      'metrics with clamp(-1, 1)': torch(`
def angular_error(R):
    cos = (torch.trace(R) - 1) / 2
    return torch.acos(torch.clamp(cos, -1, 1))
`),
      'NumPy with a clip': 'import numpy as np\na = np.arccos(np.clip(np.dot(u, v), -1.0, 1.0))\n',
      'what is only given, or bounded otherwise': torch(`
def f(x, z, r):
    return torch.acos(x) + torch.asin(torch.tanh(x)) + torch.acos(z / r)
`),
      'a polar angle': torch('def f(pos):\n    rho = pos.norm(dim=-1)\n    return torch.acos(pos[..., 2] / rho)'),
      'an epsilon in the divisor that is larger than rounding errors': torch(
        'a = torch.acos((u * v).sum(-1) / (u.norm() * v.norm() + 1e-6))',
      ),
      'a value that is compared with 1 and replaced': torch(`
def slerp(a, b, t):
    d = (F.normalize(a) * F.normalize(b)).sum(-1)
    mask = d > 0.9995
    omega = torch.acos(d)
    return torch.where(mask, a, torch.sin(t * omega) * b)
`),
    });
  });

  it('says where NaN begins in each format', () => {
    const finding = findingOf('arc-cosine-out-of-range', torch('a = torch.acos((u * v).sum(-1))'));
    assert.equal(finding.severity, 'warning');
    assert.match(finding.message, /1\.0000001\d* in float32, 1\.0078125 in bfloat16, 1\.0009765625 in float16/);
    assert.match(finding.message, /At 1 itself its gradient is infinite\./);
    const numpy = findingOf('arc-cosine-out-of-range', 'import numpy as np\na = np.arccos(np.dot(u, v))\n');
    assert.equal(numpy.severity, 'information');
    assert.match(numpy.message, /1\.0000000000000002 in float64/);
    assert.doesNotMatch(numpy.message, /gradient/);
  });

  it('knows the limit that is a no-op', () => {
    const isFound = (epsilon: string): boolean =>
      findingsIn(torch(`a = torch.acos(torch.clamp(x, -1 + ${epsilon}, 1 - ${epsilon}))`)).some(
        ({ rule, severity }) => rule === 'arc-cosine-out-of-range' && severity === 'warning',
      );
    assert(isFound('2.98e-8'));
    assert(!isFound('2.99e-8'));
    const clamped = findingOf('arc-cosine-out-of-range', torch('a = torch.acos(torch.clamp(x, -1 + 1e-8, 1 - 1e-8))'));
    assert.match(clamped.message, /In float32 the limits -0\.99999999 and 0\.99999999 are -1 and 1\./);
  });

  finds('arc-cosine-out-of-range', {
    'the absolute value of what is limited to 1': `
import torch
import torch.nn.functional as F
def geodesic_loss(a, b):
    dot = torch.sum(F.normalize(a, dim=-1) * F.normalize(b, dim=-1), dim=-1)
    return torch.mean(2 * «torch.acos(torch.abs(torch.clamp(dot, -1.0, 1.0)))»)
`,
  });
  spares({
    'the absolute value of what is kept off 1': `
import torch
import torch.nn.functional as F
def geodesic_loss(a, b):
    dot = torch.sum(F.normalize(a, dim=-1) * F.normalize(b, dim=-1), dim=-1)
    return torch.mean(2 * torch.acos(torch.abs(torch.clamp(dot, -1.0 + 1e-6, 1.0 - 1e-6))))
`,
  });
});
