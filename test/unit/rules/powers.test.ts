import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

describe('powers', () => {
  describe('fractional-power-at-zero', () => {
    finds('fractional-power-at-zero', {
      'the magnitude of what a name stands for, a spectrum': `
import torch
class PowerLaw(torch.nn.Module):
    def __init__(self, c=0.3):
        super().__init__()
        self.c = c
    def forward(self, est, ref):
        spectrum = torch.stft(est, 512, return_complex=True)
        return («spectrum.abs() ** self.c» - ref).abs().mean()
`,
      'the magnitude of a spectrum': `
import torch
class CompressedLoss(torch.nn.Module):
    def mag(self, wav):
        return torch.stft(wav, 512, return_complex=True).abs()
    def forward(self, est, ref):
        return («self.mag(est) ** 0.3» - ref).abs().mean()
`,
      'widths and heights that a layer without an activation gives': `
import tensorflow as tf
def build(net, labels):
    out = tf.layers.dense(net, 245)
    return loss_layer(tf.reshape(out, [-1, 7, 7, 5]), labels)
def loss_layer(predicts, labels):
    return tf.reduce_sum(tf.square(«tf.sqrt(predicts[..., 2:4])» - tf.sqrt(labels[..., 2:4])))
`,
      'widths and heights of boxes, by other names': `
import tensorflow.keras.backend as bk
def yolo_loss(y_gt, y_pre):
    pos = y_gt[..., 0]
    return bk.sum(pos * bk.sum(bk.square(bk.sqrt(y_gt[..., 3: 5]) - «bk.sqrt(y_pre[..., 3: 5])»), axis=-1))
`,
      'a power of a probability, as robust losses take it': `
import torch
import torch.nn.functional as F
class GCELoss(torch.nn.Module):
    def __init__(self, q=0.7):
        super().__init__()
        self.q = q
    def forward(self, logits, y):
        p = F.softmax(logits, dim=-1)
        return ((1 - «p[torch.arange(3), y] ** self.q») / self.q).mean()
def focal_loss(x):
    return («torch.sigmoid(x) ** 0.5»).mean()
`,
      'the reciprocal of a parameter with a default above 1': `
import torch
def focal_tversky_loss(p, t, gamma=1.5):
    tversky = (p * t).sum() / ((p * t).sum() + 0.3 * (p * (1 - t)).sum() + 1)
    return «torch.pow(1 - tversky, 1 / gamma)»
`,
      'a negative logarithm': `
import torch
class ExpLogLoss(torch.nn.Module):
    def __init__(self, gamma=0.3):
        super().__init__()
        self.gamma = gamma
    def forward(self, dice):
        return «torch.pow(-torch.log(torch.clamp(dice, 1e-6)), self.gamma)»
`,
      'of the distance of unit vectors by their cosine': `
import torch
import torch.nn.functional as F
def loss(a, b):
    similarity = F.normalize(a) @ F.normalize(b).t()
    return «torch.sqrt(2 - 2 * similarity)».mean() + «torch.sqrt(1 - F.cosine_similarity(a, b))».sum()
`,
      'of the width and height that a box is predicted to have': `
import tensorflow as tf
def yolo_loss(y_true, y_pred):
    return tf.reduce_sum(tf.square(tf.sqrt(y_true[..., 2:4]) - «tf.sqrt(y_pred[..., 2:4])»))
`,
      'of an absolute difference': `
import torch
def loss(a, b):
    return («torch.abs(a - b) ** 0.4»).mean()
`,
      'of what a limit gives, a cube root': `
import torch
def forward(x):
    return «torch.clamp(x, min=0).pow(1 / 3)»
`,
      'the root of a limit of 0': `
import torch
def distance(a, b):
    d = 2 - 2 * a @ b.t()
    return «torch.sqrt(torch.clamp(d, min=0))»
`,
      'the root of a ReLU in TensorFlow': `
import tensorflow as tf
def compress(x):
    return «tf.sqrt(tf.nn.relu(x))»
`,
      'in JAX, the root of what is kept from being negative': `
import jax.numpy as jnp
def distance(a, b, dot):
    return «jnp.sqrt(jnp.maximum(a + b - 2 * dot, 0.0))»
`,
      'in Keras, a power': `
from keras import backend as K
def loss(y_true, y_pred):
    return K.mean(«K.pow(K.abs(y_true - y_pred), 0.7)»)
`,
      'one less an index, in a loss': `
from keras import backend as K
def focal_tversky(y_true, y_pred):
    index = tversky(y_true, y_pred)
    gamma = 0.75
    return «K.pow((1 - index), gamma)»
`,
      'a probability, in a loss': `
import tensorflow as tf
def generalized_cross_entropy(y_true, y_pred):
    q = 0.7
    return tf.reduce_mean((1 - «tf.pow(tf.reduce_sum(y_true * y_pred, axis=-1), q)») / q)
`,
      'a signed root': `
import torch
def pool(x, y):
    z = x - y
    return torch.sign(z) * «torch.sqrt(torch.abs(z))»
`,
      'a signed root of products that a ReLU has made 0': `
import torch
import torch.nn.functional as F
class BilinearCNN(torch.nn.Module):
    def forward(self, x):
        x = F.relu(self.features(x)).view(-1, 512, 784)
        x = torch.bmm(x, x.transpose(1, 2)) / 784
        x = torch.sign(x) * «torch.sqrt(torch.abs(x))»
        return self.fc(F.normalize(x.view(-1, 512 ** 2)))
`,
      'the magnitude of a spectrum, with an exponent by default': `
import torch
class CompressedLoss(torch.nn.Module):
    def __init__(self, c=0.3):
        super().__init__()
        self.c = c
    def power(self, wav):
        s = torch.stft(wav, 512, return_complex=True)
        return s.real ** 2 + s.imag ** 2
    def forward(self, est, ref):
        return («self.power(est) ** (self.c / 2)» - ref).abs().mean()
`,
      'of a square, that is no norm': `
import torch
def charbonnier_loss(a, b):
    return «((a - b) ** 2).pow(0.45)».mean()
`,
    });
    spares({
      'what a choice has replaced where it is 0': `
import torch
def safe_root(v):
    is_above = v > 0
    inner = torch.where(is_above, v, torch.ones_like(v))
    return torch.where(is_above, inner.sqrt(), torch.zeros_like(v))
def energy_loss(a, b, rest):
    length = safe_root(((a - b) ** 2).sum(-1))
    d = (a - b).abs()
    return (length - rest).square().sum() + torch.where(d != 0, d, 1.0).pow(0.5).sum()
`,
      'a quadratic form, and an activation': `
import tensorflow as tf
def distance_loss(d, inverse, net):
    form = tf.matmul(tf.matmul(d, inverse), d, transpose_b=True)
    return tf.reduce_mean(tf.sqrt(form)) + tf.reduce_mean(tf.sqrt(tf.nn.sigmoid(tf.layers.dense(net, 3))))
`,
      'an exponent that is 2 by default, or that nothing is known of': `
import torch
class CompressedLoss(torch.nn.Module):
    def __init__(self, power, c=2.0):
        super().__init__()
        self.c = c
        self.power = power
    def forward(self, est, ref):
        s = torch.stft(est, 512, return_complex=True)
        return ((s.real ** 2 + s.imag ** 2) ** self.c - (s.real ** 2 + s.imag ** 2) ** self.power).abs().mean()
`,
      'powers of probabilities as weights, and whole ones': `
import torch
import torch.nn.functional as F
def weighted_loss(logits, y, loss):
    p = F.softmax(logits, dim=-1)
    return (p.detach() ** 0.7 * loss).mean() + (p ** 2).mean()
`,
      'a power and its root, whatever the order': `
import torch
def norm_layer(x, p=3):
    return x.pow(p).sum(1).pow(1 / p)
`,
      'the branch of a module for evaluation': `
import torch
import torch.nn.functional as F
class Margin(torch.nn.Module):
    def forward(self, x, w):
        cosine = F.linear(F.normalize(x), F.normalize(w))
        if self.training:
            return cosine
        else:
            return torch.sqrt((1.0 - torch.pow(cosine, 2)).clamp(0, 1))
`,
      "what isn't trained": `
import torch
class Distance(torch.nn.Module):
    def forward(self, x):
        d = x - self.center
        if not self.training:
            return torch.sqrt((d ** 2).sum(1))
        return d
`,
      'of such a distance with an epsilon': `
import torch
import torch.nn.functional as F
def loss(a, b):
    return torch.sqrt(2 - 2 * (F.normalize(a) @ F.normalize(b).t()) + 1e-8).mean()
`,
      'a variance that is shown, after the gradient tape': `
import tensorflow as tf
def train(net, opt, x, t):
    with tf.GradientTape() as tape:
        q = net(x)
        loss = tf.reduce_mean(tf.square(q - t))
    opt.apply_gradients(zip(tape.gradient(loss, net.trainable_weights), net.trainable_weights))
    mean, var = tf.nn.moments(q, axes=[0])
    return mean[0], tf.sqrt(var[0]), loss
`,
      'predictions that may well be positive': `
import tensorflow as tf
def hellinger_loss(y_true, y_pred):
    return tf.reduce_sum(tf.square(tf.sqrt(y_true) - tf.sqrt(y_pred)))
def gaussian_loss(y_true, y_pred):
    return tf.reduce_mean((y_true - y_pred[:, 0]) / tf.sqrt(y_pred[:, 1]))
`,
      'a prediction that went through an activation': `
import tensorflow as tf
def network(x):
    return tf.sigmoid(layer(x))
def yolo_loss(y_true, y_pred):
    return tf.reduce_sum(tf.square(tf.sqrt(y_true[..., 2:4]) - tf.sqrt(y_pred[..., 2:4])))
`,
      'an absolute value, and one whose sign takes the gradient away at 0': `
import tensorflow as tf
def masked_loss(y_true, y_pred, mask):
    p = mask * y_pred
    return tf.reduce_sum(tf.square(y_true - tf.sign(p) * tf.sqrt(tf.abs(p))))
def unmasked_loss(y_pred):
    return tf.reduce_sum(tf.sqrt(tf.abs(y_pred)))
`,
      'a small number where it is 0': `
import tensorflow as tf
def pairwise_distances(embeddings):
    dot = tf.matmul(embeddings, tf.transpose(embeddings))
    square_norm = tf.diag_part(dot)
    distances = tf.expand_dims(square_norm, 0) - 2.0 * dot + tf.expand_dims(square_norm, 1)
    distances = tf.maximum(distances, 0.0)
    mask = tf.to_float(tf.equal(distances, 0.0))
    return tf.sqrt(distances + mask * 1e-16) * (1.0 - mask)
`,
      'the same where it is at most 0': `
import torch
def proxy_loss(d):
    d = torch.clamp(d, min=0.0)
    mask = torch.le(d, 0.0)
    return torch.sqrt(d + mask.float() * 1e-16) * (1 - mask.float())
`,
      'another value where it is 0': `
import torch
def distance(a, b):
    d = torch.clamp(2 - 2 * a @ b.t(), min=0)
    return torch.sqrt(torch.where(d == 0, torch.full_like(d, 1e-12), d))
`,
      'an epsilon in a loss of Charbonnier': `
import torch
def charbonnier_loss(a, b):
    return ((a - b) ** 2 + 1e-6).pow(0.45).mean()
`,
      'an epsilon': `
import torch
def loss(a, b, eps):
    return ((a - b).abs() + 1e-6) ** 0.4 + torch.sqrt(torch.relu(a) + eps)
`,
      'a ReLU that selects the gradient': `
import torch
import jax
import jax.numpy as jnp
def forward(x):
    return torch.sqrt(torch.relu(x))
def compress(x):
    return jnp.sqrt(jax.nn.relu(x))
`,
      'a limit above 0': `
import torch
def distance(d):
    return torch.sqrt(torch.clamp(d, min=1e-12)) + d.clamp_min(1e-8).pow(0.3)
`,
      'a limit whose default is 0': `
import jax.numpy as jnp
def cosine_similarity(a, b, epsilon=0.0):
    norm2 = jnp.square(a).sum(-1)
    return (a * b).sum(-1) / jnp.sqrt(norm2.clip(epsilon))
def loss(a, b):
    return cosine_similarity(a - b, b)
`,
      'a constant base': `
import torch
def attention(q, k, d_k, beta, t):
    scale = 64 ** -0.5
    return q @ k.t() * scale / d_k ** 0.5 * (1 - beta ** t) ** 0.5
`,
      'a schedule': `
import torch
def q_sample(x, noise, alphas_cumprod, t):
    a = alphas_cumprod[t]
    return a ** 0.5 * x + (1 - a) ** 0.5 * noise + torch.sqrt(1 - alphas_cumprod[t])
`,
      'a schedule of literals': `
import torch
betas = torch.linspace(1e-4 ** 0.5, 0.02 ** 0.5, 1000) ** 2
sigmas = torch.sqrt(torch.clamp(1 - torch.cumprod(1 - betas, 0), min=0))
`,
      'what is known of nothing': `
import torch
def forward(x, v):
    return x ** 0.5 + torch.sqrt(v)
`,
      probabilities: `
import torch
def sharpen(x):
    return torch.softmax(x, -1) ** 0.5 + torch.sqrt(torch.sigmoid(x))
`,
      NumPy: `
import numpy as np
def f(a, b):
    return np.abs(a - b) ** 0.5 + np.sqrt(np.maximum(a, 0))
`,
      'without gradients': `
import torch
def f(a, b):
    with torch.no_grad():
        return (a - b).abs() ** 0.5
def g(a, b):
    return (a - b).abs().detach() ** 0.5
`,
      'an optimiser': `
import torch
class Adam(torch.optim.Optimizer):
    def step(self):
        denom = (self.state['v'] - self.state['m'] ** 2).abs().sqrt().add_(1e-8)
`,
      images: `
import tensorflow as tf
def lab_to_rgb(lab):
    rgb = tf.clip_by_value(lab, 0.0, 1.0)
    return rgb ** (1 / 2.4)
`,
      'larger powers': `
import torch
def loss(a, b):
    return (a - b).abs() ** 1.5 + torch.relu(a) ** 2
`,
    });
    it('says what the power and its gradient are at 0', () => {
      const { message, severity } = said(
        'fractional-power-at-zero',
        'import torch\nloss = lambda a, b: (torch.abs(a - b) ** 0.4).mean()\n',
      );
      assert.equal(severity, 'information');
      assert.match(message, /\|x\| \*\* 0\.4 is 0 and its gradient NaN, in float32, bfloat16 and float16/);
    });
    it('tells infinity from NaN, framework by framework', () => {
      const message = (source: string): string => said('fractional-power-at-zero', source).message;
      const clamp = 'import torch\nloss = lambda a: torch.sqrt(torch.clamp(a, min=0)).mean()\n';
      assert.match(message(clamp), /sqrt\(max\(x, 0\)\) is 0 and its gradient inf/);
      const relu = 'import tensorflow as tf\nloss = lambda a: tf.sqrt(tf.nn.relu(a))\n';
      assert.match(message(relu), /sqrt\(relu\(x\)\) is 0 and its gradient NaN/);
      const inTorch = 'import torch\nloss = lambda a, b: torch.sqrt(torch.abs(a - b))\n';
      assert.match(message(inTorch), /sqrt\(\|x\|\) is 0 and its gradient NaN/);
      const inJax = 'import jax.numpy as jnp\nloss = lambda a, b: jnp.sqrt(jnp.abs(a - b))\n';
      assert.match(message(inJax), /sqrt\(\|x\|\) is 0 and its gradient inf/);
    });
  });

  describe('angle-at-origin', () => {
    finds('angle-at-origin', {
      'in TensorFlow': `
import tensorflow as tf
def heading(a, b):
    return «tf.atan2(a[1] - b[1], a[0] - b[0])»
`,
      'in JAX': `
import jax.numpy as jnp
def heading(p, q):
    dx, dy = p[0] - q[0], p[1] - q[1]
    return «jnp.arctan2(dy, dx)»
`,
      'in Keras 3': `
import keras
def heading(p, q):
    d = p - q
    return «keras.ops.arctan2(d, keras.ops.relu(p))»
`,
    });
    spares({
      'PyTorch, whose gradient there is 0': `
import torch
def heading(p, q):
    return torch.atan2(p[1] - q[1], p[0] - q[0])
`,
      'a sine and a cosine': `
import jax.numpy as jnp
def wrap(a, b):
    return jnp.arctan2(jnp.sin(a - b), jnp.cos(a - b))
`,
      'unknown coordinates': `
import jax.numpy as jnp
def angle(y, x):
    return jnp.arctan2(y, x)
`,
      NumPy: `
import numpy as np
def heading(p, q):
    return np.arctan2(p[1] - q[1], p[0] - q[0])
`,
    });
    it('says that the gradient is NaN, as it is of the plain formula', () => {
      const { message } = said(
        'angle-at-origin',
        'import jax.numpy as jnp\nf = lambda a, b, c, d: jnp.arctan2(a - b, c - d)\n',
      );
      assert.match(message, /^Where x and y are both 0, atan2\(y, x\) is 0 and its gradient NaN/);
    });
  });
});
