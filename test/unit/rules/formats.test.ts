import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

describe('formats', () => {
  describe('mask-fill-in-half', () => {
    finds('mask-fill-in-half', {
      'of scores that are divided by a root of a number': `
import torch
class Attention(torch.nn.Module):
    def __init__(self, dim, heads=8):
        super().__init__()
        self.dk = dim // heads
    def forward(self, q, k, mask):
        scores = (q @ k.transpose(-2, -1)) / self.dk ** 0.5
        return «scores.masked_fill(mask == 0, -1e9)».softmax(-1)
model = Attention(512)
model = model.half()
`,
      'in a model that is made one of float16': `
import torch
class Attention(torch.nn.Module):
    def forward(self, q, k, mask):
        scores = q @ k.transpose(-2, -1) / 8
        return «scores.masked_fill(mask == 0, -1e9)».softmax(-1)
def main(batches):
    model = Attention().cuda().half()
    for q, k, mask in batches:
        model(q, k, mask).float().sum().backward()
`,
      'under autocast': `
import torch
from torch.cuda.amp import autocast
def train(q, k, mask):
    with autocast():
        scores = torch.matmul(q, k.transpose(-2, -1))
        scores = «scores.masked_fill(mask == 0, -1e9)»
        return torch.softmax(scores, dim=-1)
`,
      'in the attention that is called under autocast': `
import torch
class Attention(torch.nn.Module):
    def forward(self, q, k, mask):
        scores = q @ k.transpose(-2, -1) / 8
        scores = «scores.masked_fill(mask, -1e9)»
        return scores.softmax(-1)
def train(q, k, mask):
    attention = Attention()
    with torch.autocast('cuda', dtype=torch.float16):
        return attention(q, k, mask)
`,
      'after half()': `
import torch
def forward(x, mask):
    h = x.half()
    return torch.softmax(«torch.where(mask, h, -1e9)», -1)
`,
      'added, times the mask': `
import jax
import jax.numpy as jnp
def forward(x, mask):
    h = x.astype(jnp.float16)
    h = «h + mask * -1e9»
    return jax.nn.softmax(h)
`,
      'by policy in Keras': `
import tensorflow as tf
tf.keras.mixed_precision.set_global_policy('mixed_float16')
def attention(q, k, mask):
    logits = tf.matmul(q, k, transpose_b=True)
    logits += (mask * -1e9)
    return tf.nn.softmax(logits)
`.replace('logits += (mask * -1e9)', '«logits += (mask * -1e9)»'),
    });
    spares({
      'scores outside of the model that is made one of float16': `
import torch
def scores(q, k, mask):
    return (q @ k.transpose(-2, -1)).masked_fill(mask == 0, -1e9).softmax(-1)
model = Attention(512)
model = model.half()
`,
      'in float32': `
import torch
def forward(scores, mask):
    return torch.softmax(scores.masked_fill(mask, -1e9), -1)
`,
      'under autocast to bfloat16': `
import torch
def train(q, k, mask):
    with torch.autocast('cuda', dtype=torch.bfloat16):
        scores = (q @ k).masked_fill(mask, -1e9)
        return scores.softmax(-1)
`,
      'a number that float16 has': `
import torch
def forward(x, mask):
    h = x.half()
    return h.masked_fill(mask, -1e4) + h.masked_fill(mask, -65504) + h + (1 - mask) * -10000.0
`,
      'added in PyTorch, which multiplies by numbers in float32': `
import torch
def forward(x, mask):
    return (x.half() + mask * -1e9).softmax(-1)
`,
      "the format's own least number": `
import torch
def forward(x, mask):
    h = x.half()
    return h.masked_fill(mask, torch.finfo(h.dtype).min).softmax(-1)
`,
      'minus infinity': `
import torch
def forward(x, mask):
    return x.half().masked_fill(mask, float('-inf')).softmax(-1)
`,
      'what autocast computes in float32': `
import torch
def train(x, mask):
    with torch.autocast('cuda'):
        return torch.log_softmax(x, -1).masked_fill(mask, -1e9)
`,
      'after float()': `
import torch
def train(q, k, mask):
    with torch.autocast('cuda'):
        return torch.softmax((q @ k).float().masked_fill(mask, -1e9), -1)
`,
    });
    it('computes what the number is in float16', () => {
      const masked = said('mask-fill-in-half', 'import torch\nf = lambda x, m: x.half().masked_fill(m, -1e9)\n');
      assert.equal(masked.severity, 'warning');
      assert.match(masked.message, /^-1e9 is -inf in float16, whose largest number is 65504: PyTorch raises/);
      const source = 'import jax.numpy as jnp\nf = lambda x, m: x.astype(jnp.float16) + m * -1e9\n';
      const added = said('mask-fill-in-half', source);
      assert.match(added.message, /times a mask of 0 it is NaN/);
    });
    it('takes the format of the settings', () => {
      const source = 'import torch\nf = lambda x, m: x.masked_fill(m, -1e9).half()\n';
      const found = findingsIn(source, { settings: { format: 'float16' } });
      assert(found.some(({ rule, severity }) => rule === 'mask-fill-in-half' && severity === 'warning'));
    });
  });

  describe('epsilon-below-half', () => {
    finds('epsilon-below-half', {
      'in a divisor': `
import torch
def forward(x):
    h = x.half()
    return h / («h.abs().mean() + 1e-8»)
`,
      'under autocast': `
import torch
def train(model, x, w):
    with torch.cuda.amp.autocast():
        p = torch.sigmoid(torch.matmul(x, w))
        return p / («p.mean() + 1e-10»)
`,
      'a limit': `
import torch
def forward(x):
    h = x.to(torch.float16)
    return 1 / «h.clamp(min=1e-12)»
`,
      'in TensorFlow': `
import tensorflow as tf
def forward(x, y):
    h = tf.cast(x, tf.float16)
    return y / «tf.maximum(h, 1e-9)»
`,
    });
    spares({
      'in float32': `
import torch
def forward(x):
    return x / (x.abs().mean() + 1e-8)
`,
      'an epsilon that float16 has': `
import torch
def forward(x):
    h = x.half()
    return h / (h.abs().mean() + 1e-4) + h / (h.abs().mean() + 1e-7)
`,
      bfloat16: `
import torch
def forward(x):
    h = x.bfloat16()
    return h / (h.abs().mean() + 1e-8)
`,
      'what autocast computes in float32': `
import torch
def train(x, w):
    with torch.autocast('cuda'):
        n = torch.matmul(x, w).norm(dim=-1, keepdim=True) + 1e-8
        s = torch.matmul(x, w).exp().sum(-1) + 1e-8
        return n, s
`,
      'float() before': `
import torch
def forward(x):
    h = x.half()
    return h / (h.float().abs().mean() + 1e-8)
`,
    });
    it('says what the epsilon is', () => {
      const { message, severity } = said(
        'epsilon-below-half',
        'import torch\nf = lambda x: 1 / (x.half().abs() + 1e-8)\n',
      );
      assert.equal(severity, 'information');
      // The catalogue: what is below 6e-8 is 0, rounded to the nearest from half of that on.
      assert.match(message, /^1e-8 is 0 in float16, whose smallest number above 0 is 5\.9605e-8/);
      const none = findingsIn('import torch\nf = lambda x: 1 / (x.half().abs() + 3e-8)\n');
      assert.deepEqual(
        none.filter(({ rule }) => rule === 'epsilon-below-half'),
        [],
      );
    });
  });

  describe('square-in-half', () => {
    finds('square-in-half', {
      'a square': `
import torch
def loss(x):
    h = x.half()
    return («h ** 2»).mean()
`,
      'a product with itself': `
import torch
def energy(x):
    h = x.to(torch.float16)
    return («h * h»).mean()
`,
      'the mean squared error': `
import torch.nn.functional as F
def loss(pred, target):
    return «F.mse_loss(pred.half(), target.half())»
`,
      'a sum': `
import torch
def total(x):
    h = x.half()
    return «h.abs().sum()»
`,
      'in TensorFlow': `
import tensorflow as tf
def loss(x, y):
    d = tf.cast(x - y, tf.float16)
    return tf.reduce_mean(«tf.square(d)»)
`,
      'in JAX': `
import jax.numpy as jnp
def loss(x):
    h = x.astype(jnp.float16)
    return jnp.mean(«jnp.square(h)»)
`,
    });
    spares({
      'in float32 and bfloat16': `
import torch
def loss(x):
    return (x ** 2).mean() + (x.bfloat16() ** 2).mean() + x.sum()
`,
      'after float()': `
import torch
import torch.nn.functional as F
def loss(x, y):
    h = x.half()
    return (h.float() ** 2).mean() + F.mse_loss(h.float(), y)
`,
      'under autocast, which takes powers and sums in float32': `
import torch
def loss(x, y):
    with torch.autocast('cuda'):
        return (torch.matmul(x, y) ** 2).mean() + torch.nn.functional.mse_loss(x, y)
`,
      'what is bounded': `
import torch
def loss(x):
    h = torch.tanh(x.half())
    p = torch.sigmoid(x.half())
    return (h ** 2).mean() + p.sum()
`,
      'by policy in Keras': `
import tensorflow as tf
tf.keras.mixed_precision.set_global_policy('mixed_float16')
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred))
`,
    });
    it('fails from where the square does', () => {
      const finding = said('square-in-half', 'import torch\nloss = lambda x: (x.half() ** 2).mean()\n');
      const inHalf = finding.failures.find(({ format }) => format === 'float16')?.failures ?? [];
      const from = inHalf.find(({ of, side }) => of === 'value' && side === 'above')?.from;
      // The catalogue's 255.9 is the last one that has a square: the next number of the format is 256.
      assert.equal(from, 256);
      const sum = said('square-in-half', 'import torch\nloss = lambda x: x.half().sum()\n');
      assert.match(sum.message, /^A sum above 65504 is inf in float16/);
    });
  });
});
