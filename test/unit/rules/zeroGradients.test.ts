import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

describe('zero gradients', () => {
  describe('zero-gradient: a step between prediction and loss', () => {
    finds('zero-gradient', {
      'beside a number that is an argument, whatever its name': `
import tensorflow as tf
def overlap_loss(y_true, y_pred, foo=2.0):
    return «foo * tf.reduce_mean(tf.cast(tf.sigmoid(y_pred) > 0.5, tf.float32) * y_true)»
`,
      'gains in the order of the scores, in JAX': `
import jax
import jax.numpy as jnp
def neg_ndcg_loss(scores, rel):
    order = jnp.argsort(-scores, axis=-1)
    gains = jnp.take_along_axis(2.0 ** rel - 1.0, order, axis=-1)
    return «-jnp.mean(gains)»
step = jax.grad(neg_ndcg_loss)
`,
      'codes of a network whose number of bits is given': `
import torch
class HashNet(torch.nn.Module):
    def __init__(self, features, bits):
        super().__init__()
        self.hash = torch.nn.Linear(features, bits)
    def forward(self, x):
        return torch.sign(self.hash(x))
class PairwiseLoss(torch.nn.Module):
    def __init__(self, bits):
        super().__init__()
        self.bits = bits
    def forward(self, b, y):
        same = (y.view(-1, 1) == y.view(1, -1)).float() * 2 - 1
        return ((b @ b.t() / self.bits - same) ** 2).mean()
class Runner:
    def __init__(self, net, bits):
        self.net = net
        self.loss_fn = PairwiseLoss(bits)
    def train(self, loader):
        for x, y in loader:
            loss = self.loss_fn(self.net(x), y)
            «loss».backward()
`,
      'codes by their signs, beside a regularisation and what a graph is fed with': `
import tensorflow as tf
class DeepHashing(object):
    def __init__(self, length=48):
        self.length = length
        self.x = tf.placeholder(tf.float32, [None, 3072])
        self.sim = tf.placeholder(tf.float32, [None, None])
        codes = tf.sign(tf.layers.dense(self.x, self.length, tf.tanh))
        inner = tf.matmul(codes, codes, transpose_b=True) / float(self.length)
        self.loss = tf.reduce_mean(tf.square(inner - self.sim))
        self.train_op = tf.train.AdamOptimizer(1e-4).minimize(«self.loss + tf.losses.get_regularization_loss()»)
`,
      'relevances in the order of the scores': `
import torch
class NDCGLoss(torch.nn.Module):
    def forward(self, scores, rel):
        order = scores.argsort(dim=1, descending=True)
        gains = 2 ** rel.gather(1, order) - 1
        return «1 - gains.mean()»
def fit(ranker, loader, opt):
    crit = NDCGLoss()
    for features, rel in loader:
        loss = crit(ranker(features).squeeze(-1), rel)
        loss.backward()
`,
      'a model of Keras that ends in a step': `
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input, Lambda
from tensorflow.keras.models import Model
x = Input((4,))
o = Lambda(lambda z: K.sign(z))(Dense(1)(x))
m = Model(x, o)
m.compile('adam', loss=«'mse'»)
`,
      'an activation of the code, and a loss of its own': `
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model
def hard(z):
    return K.round(K.sigmoid(z))
def squares(y, p):
    return K.mean(K.square(p - y))
x = Input((4,))
m = Model(x, Dense(1, activation=hard)(x))
m.compile('adam', loss=«squares»)
`,
      'a choice between numbers, in a loss of which a dictionary is given back': `
import torch
from torch import nn
class Hits(nn.Module):
    def __init__(self):
        super().__init__()
        self._hits = nn.BCELoss(reduction='none')
    def loss(self, x, output):
        hits = «self._hits(torch.where(output > 0, 1., 0.), torch.where(x > 0, 1., 0.))»
        loss = (x - output).pow(2).mean() + hits.mean()
        return {'loss': loss, 'hits': hits}
`,
      'a comparison by its method': `
import torch
class BinaryDiceLoss(torch.nn.Module):
    def forward(self, y_pred, y_true):
        y_pred = torch.flatten(y_pred).ge(0.96).to(torch.float32)
        score = 2 * torch.sum(y_pred * y_true) / (torch.sum(y_pred + y_true) + 1e-6)
        return «1.0 - score»
`,
      'a precision with round in Keras': `
from keras import backend as K
def precision_loss(y_true, y_pred):
    y_pred_pos = K.round(K.clip(y_pred, 0, 1))
    y_pos = K.round(K.clip(y_true, 0, 1))
    y_neg = 1 - y_pos
    tp = K.sum(K.clip(y_pos * y_pred_pos, 0, 1))
    fp = K.sum(K.clip(y_neg * y_pred_pos, 0, 1))
    return «1 - (tp / (tp + fp + K.epsilon()))»
`,
      'an F1 that a model is compiled with': `
import tensorflow as tf
from tensorflow.keras import backend as K, layers
def f1_loss(y_true, y_pred):
    tp = K.sum(K.round(y_pred) * y_true)
    return «1 - 2 * tp / (K.sum(K.round(y_pred)) + K.sum(y_true) + 1e-3)»
model = tf.keras.Sequential([layers.Dense(1, activation='sigmoid')])
model.compile(loss=f1_loss, optimizer='adam')
`,
      'argmax before a criterion': `
import torch
import torch.nn.functional as F
logits = net(x)
pred = torch.argmax(logits, dim=1).float()
loss = «F.mse_loss(pred, y)»
loss.backward()
`,
      'the positions of a maximum': `
import torch, torch.nn as nn
criterion = nn.L1Loss()
out = model(x)
_, pred = torch.max(out, 1)
loss = «criterion(pred.float(), y.float())»
loss.backward()
`,
      'a comparison, cast': `
import torch
import torch.nn as nn
criterion = nn.BCELoss()
def train(model, x, y):
    out = torch.sigmoid(model(x))
    out = (out > 0.5).float()
    loss = «criterion(out, y)»
    loss.backward()
`,
      'a comparison, cast, in TensorFlow': `
import tensorflow as tf
def custom_loss(y_true, y_pred):
    y_pred = tf.cast(y_pred > 0.5, tf.float32)
    return «tf.reduce_mean(tf.square(y_true - y_pred))»
`,
      'one_hot of argmax': `
import torch
import torch.nn.functional as F
def train_step(model, x, y):
    logits = model(x)
    hard = F.one_hot(logits.argmax(-1), num_classes=10).float()
    loss = ((hard - y) ** 2).mean()
    «loss».backward()
`,
      'an accuracy that an optimizer minimises': `
import tensorflow as tf
pred = tf.nn.softmax(tf.matmul(x, W) + b)
correct = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
cost = 1 - tf.reduce_mean(tf.cast(correct, tf.float32))
train = tf.train.AdamOptimizer(0.1).minimize(«cost»)
`,
      'a Dice loss of a threshold, as a module with a smoothing term': `
import torch
import torch.nn as nn
class DiceLoss(nn.Module):
    def __init__(self, smooth=1.0):
        super().__init__()
        self.smooth = smooth
    def forward(self, logits, targets):
        pred = (torch.sigmoid(logits) > 0.5).float()
        inter = (pred * targets).sum()
        return «1 - (2 * inter + self.smooth) / (pred.sum() + targets.sum() + self.smooth)»
`,
      signs: `
import torch
def direction_loss(pred, target):
    return «torch.mean((torch.sign(pred) - torch.sign(target)) ** 2)»
`,
      'a tape': `
import tensorflow as tf
def step(model, x, labels):
    with tf.GradientTape() as tape:
        predictions = tf.round(model(x))
        error = tf.reduce_mean(tf.abs(predictions - labels))
    return tape.gradient(«error», model.trainable_variables)
`,
      'a rounded prediction in JAX': `
import jax
import jax.numpy as jnp
def loss_fn(params, x, y):
    return «jnp.mean((jnp.round(x @ params) - y) ** 2)»
grads = jax.grad(loss_fn)(params, x, y)
`,
    });
    spares({
      'a step of one of two inputs of a model': `
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model
def squares(y, p):
    return K.mean(K.square(p - y))
x, z = Input((4,)), Input((4,))
m = Model([x, z], K.round(Dense(1)(x)) + Dense(1)(z))
m.compile('adam', loss=squares)
`,
      'a step beside what a model gives': `
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model
def squares(y, p):
    return K.mean(K.square(p - y))
x = Input((4,))
o = Dense(1)(x)
m = Model(x, o + K.round(o))
m.compile('adam', loss=squares)
`,
      'a metric': `
from keras import backend as K
def f1(y_true, y_pred):
    tp = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    return tp / (K.sum(K.round(K.clip(y_true, 0, 1))) + K.epsilon())
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=[f1])
`,
      'a metric computed with a criterion': `
import torch
import torch.nn as nn
loss_fn = nn.MSELoss()
out = model(x)
loss = loss_fn(out, y)
loss.backward()
err = nn.L1Loss()(out.round(), y).item()
`,
      'without gradients': `
import torch
@torch.no_grad()
def eval_loss(pred, y):
    return ((pred > 0.5).float() - y).abs().mean()
def validation_loss(pred, y):
    with torch.inference_mode():
        return ((pred > 0.5).float() - y).abs().mean()
`,
      'the straight-through form': `
import torch
def quantised_loss(x, y):
    pred = torch.round(x)
    pred = x + (pred - x).detach()
    return ((pred - y) ** 2).mean()
`,
      'the straight-through form in TensorFlow and JAX': `
import jax
import jax.numpy as jnp
import tensorflow as tf
def loss_fn(pred, y):
    q = pred + jax.lax.stop_gradient(jnp.round(pred) - pred)
    return jnp.mean((q - y) ** 2)
def tf_loss(y_true, y_pred):
    hard = tf.cast(y_pred > 0.5, tf.float32)
    hard = tf.stop_gradient(hard - y_pred) + y_pred
    return tf.reduce_mean(tf.square(y_true - hard))
`,
      'a mask of what is learnt': `
import torch
def masked_loss(pred, target):
    mask = (target > 0).float()
    hard = (pred < 0.9).float()
    return (((pred - target) ** 2) * mask * hard).sum() / mask.sum().clamp(min=1)
`,
      'one term among others that learn': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class BCEDiceLoss(nn.Module):
    def forward(self, logits, targets):
        pred = (torch.sigmoid(logits) > 0.5).float()
        dice = 1 - 2 * (pred * targets).sum() / (pred.sum() + targets.sum() + 1e-3)
        return dice + F.binary_cross_entropy_with_logits(logits, targets)
`,
      'pseudo labels and confidence masks': `
import torch
import torch.nn.functional as F
def consistency_loss(logits_w, logits_s):
    probs = torch.softmax(logits_w.detach(), -1)
    max_p, targets = probs.max(-1)
    mask = max_p.ge(0.95).float()
    return (F.cross_entropy(logits_s, targets, reduction='none') * mask).mean()
`,
      'rounded targets': `
import torch.nn.functional as F
def bce_loss(pred, target):
    return F.binary_cross_entropy(pred, target.round())
`,
      'a reward': `
import torch
def policy_loss(dist, pred, label):
    reward = (pred == label).float()
    return -(reward * dist.log_prob(pred)).mean()
`,
      'a smooth surrogate': `
from keras import backend as K
def precision_loss(y_true, y_pred):
    pos = K.sigmoid(20 * (y_pred - 0.5))
    return 1 - K.sum(y_true * pos) / (K.sum(pos) + K.epsilon())
`,
      NumPy: `
import numpy as np
def zero_one_loss(y_true, y_pred):
    return np.mean(np.round(y_pred) != y_true)
`,
      'a mask that a function named after the loss returns': `
import torch
def loss_mask(pred, target):
    return (pred > 0.5) & (target > 0.5)
def loss_valid(pred, target):
    return torch.ne(pred, target)
`,
      'a sign of the target': `
import torch
def ranking_loss(pred, target):
    return torch.relu(1 - torch.sign(target) * pred).mean()
`,
    });
    it('says which step, and what TensorFlow does', () => {
      const torch = said(
        'zero-gradient',
        'import torch\ndef sign_loss(pred, target):\n    return ((torch.sign(pred) - target) ** 2).mean()\n',
      );
      assert.equal(torch.severity, 'warning');
      assert.match(torch.message, /through sign alone, whose gradient is 0 everywhere: training learns nothing/);
      assert.match(torch.message, /straight-through estimator/);
      const keras = said(
        'zero-gradient',
        'from keras import backend as K\ndef my_loss(y_true, y_pred):\n    return K.mean(K.square(K.round(y_pred) - y_true))\n',
      );
      assert.match(keras.message, /No gradients provided/);
    });
  });

  describe('zero-gradient: elements at positions', () => {
    finds('zero-gradient', {
      'an element of the data at argmax': `
import jax
import jax.numpy as jnp
A = jnp.array([1.0, 2.0, 3.0])
def loss(theta, A):
    return «A[jnp.argmax(theta)]»
gradient = jax.grad(loss)(theta, A)
`,
      'upper and lower quartiles': `
import jax
import jax.numpy as jnp
from jax import lax
def loss_fn(A, B, theta, k=3):
    C = B @ theta
    _, i_upper = lax.top_k(C, k)
    _, i_lower = lax.top_k(-C, k)
    return «A[i_lower].mean() - A[i_upper].mean()»
gradient = jax.grad(loss_fn, argnums=2)(A, B, theta)
`,
      'labels at the positions of the greatest scores': `
import torch
def precision_at_k_loss(scores, labels):
    _, idx = scores.topk(10, dim=1)
    top = labels.gather(1, idx)
    return «-top.float().mean()»
`,
      'targets in the order of the predictions': `
import torch
def dcg_loss(y_pred, y_true):
    order = torch.argsort(y_pred, dim=-1, descending=True)
    gains = torch.gather(y_true, 1, order)
    return «-(gains * 0.5).sum(dim=-1).mean()»
`,
    });
    spares({
      'what depends on the parameters, gathered': `
import torch
def listmle_loss(y_pred, y_true):
    _, idx = y_true.sort(descending=True, dim=-1)
    preds_sorted = torch.gather(y_pred, dim=1, index=idx)
    m = preds_sorted.max(dim=1, keepdim=True)[0]
    return (preds_sorted - m).sum()
`,
      'the greatest losses': `
import torch
import torch.nn.functional as F
def ohem_loss(pred, target):
    loss = F.cross_entropy(pred, target, reduction='none')
    _, idx = torch.topk(loss, 10)
    return loss[idx].mean()
`,
      'a double Q-learning target': `
import torch
import torch.nn.functional as F
def q_loss(q_net, target_net, s, a, r, s2):
    q = q_net(s).gather(1, a)
    best = q_net(s2).argmax(1, keepdim=True)
    target = r + target_net(s2).gather(1, best)
    return F.mse_loss(q, target.detach())
`,
      'a tensor that is learnt, too': `
import jax
import jax.numpy as jnp
def loss_fn(A, theta):
    return A[jnp.argmax(theta)]
gradient = jax.grad(loss_fn, argnums=(0, 1))(A, theta)
`,
    });
    it('says so', () => {
      const { message } = said(
        'zero-gradient',
        'import torch\ndef rank_loss(scores, labels):\n    return -labels.gather(1, scores.argsort(1)).mean()\n',
      );
      assert.match(message, /only through the positions at which it takes elements/);
      assert.match(message, /soft rank or a margin/);
    });
  });

  describe('capped-loss', () => {
    it('speaks of the error where that is limited, and not of its square', () => {
      const source =
        'import torch\ndef clipped_loss(q, target):\n    return (torch.clamp(q - target, -2, 2) ** 2).mean()\n';
      assert.match(only(findingsIn(source)).message, /^An error below -2 or above 2 is cut off before it is squared/);
    });
    finds('capped-loss', {
      'the same, as a power': `
import torch
def clipped_loss(q, target):
    return «(torch.clamp(q - target, -1, 1) ** 2).mean()»
`,
      'an error that is limited before it is squared': `
from keras import backend as K
def clipped_loss(y_true, y_pred):
    err = K.clip(y_true - y_pred, -1.0, 1.0)
    return «K.mean(K.square(err), axis=-1)»
`,
      'a squared error': `
import torch
def robust_loss(pred, target):
    return «torch.clamp((pred - target) ** 2, max=4.0).mean()»
`,
      'a cross-entropy by hand': `
import torch
import torch.nn.functional as F
def capped_loss(logits, y):
    bce = -(y * F.logsigmoid(logits) + (1 - y) * F.logsigmoid(-logits))
    return «torch.clamp(bce, max=10).mean()»
`,
      'a cap by default, under a mask': `
import torch
class RobustKeypointLoss(torch.nn.Module):
    def __init__(self, max_err=20.0):
        super().__init__()
        self.max_err = max_err
    def forward(self, pred, gt, vis):
        err = torch.clamp((pred - gt).pow(2).sum(-1), max=self.max_err)
        return «(err * vis).sum() / vis.sum().clamp(min=1)»
`,
      'a choice of the lesser': `
import jax.numpy as jnp
def loss(prediction, y, cap=5.0):
    squared = (prediction - y) ** 2
    return «jnp.where(squared > cap, cap, squared).mean()»
`,
      'what a criterion gives': `
import torch
import torch.nn as nn
criterion = nn.CrossEntropyLoss(reduction='none')
out = model(x)
loss = torch.clamp(criterion(out, y), max=5).mean()
«loss».backward()
`,
      'in TensorFlow': `
import tensorflow as tf
def my_loss(y_true, y_pred):
    return «tf.reduce_mean(tf.minimum(tf.square(y_true - y_pred), 1.0))»
`,
      'in JAX': `
import jax.numpy as jnp
def loss_fn(pred, y):
    return «jnp.mean(jnp.clip(jnp.abs(pred - y), 0.0, 2.0))»
`,
      'a zero error radius with the opposite end replaced': `
import tensorflow as tf
def zer_replace(target, output, radius):
    mask = tf.math.less(tf.math.abs(output - target), radius)
    replaced = tf.where(mask, target, output)
    opposite = tf.constant(1 - radius)
    replaced = «tf.where(tf.math.greater(output - target, opposite), opposite, replaced)»
    replaced = «tf.where(tf.math.greater(target - output, opposite), radius, replaced)»
    return replaced
`,
      'a zero error radius by cases of the target': `
import tensorflow as tf
def zer_replace(target, output, radius):
    replaced = tf.where(tf.abs(target - output) <= radius, target, output)
    far = tf.math.logical_and(tf.math.equal(target, 1), tf.math.less(output, radius))
    return «tf.where(far, radius, replaced)»
`,
      'a zero error radius of a clipped output': `
import torch
def zer_replace(target, output, r=0.1):
    clipped = torch.clamp(output, r, 1 - r)
    return «torch.where((output - target).abs() <= r, target, clipped)»
`,
    });
    spares({
      'a choice of something else than the lesser, and a limit that is another operand': `
import jax.numpy as jnp
def loss(prediction, y, cap=5.0):
    squared = (prediction - y) ** 2
    return jnp.where(squared > cap, 2 * squared, squared).mean() + jnp.where(y > cap, cap, squared).mean()
def other_loss(prediction, y, limit):
    return jnp.minimum((prediction - y) ** 2, limit).mean()
`,
      'a hinge, which is capped on the right side': `
import torch
def hinge_loss(score, y):
    return torch.clamp(1 - score * y, min=0).mean()
`,
      'free bits': `
import torch
def vae_loss(kl, rec):
    return rec + torch.clamp(kl, min=0.5).sum()
`,
      PPO: `
import torch
def ppo_loss(logp, old_logp, adv, eps=0.2):
    ratio = torch.exp(logp - old_logp)
    s1 = ratio * adv
    s2 = torch.clamp(ratio, 1 - eps, 1 + eps) * adv
    return -torch.min(s1, s2).mean()
`,
      'a limited weight': `
import torch
def diffusion_loss(pred, noise, alpha, sigma):
    snr = (alpha / sigma) ** 2
    weight = torch.clamp(snr, max=5.0) / snr
    return (weight * (pred - noise) ** 2).mean()
`,
      'a structural similarity, which is bounded': `
import torch
def photometric_loss(pred, target):
    return torch.clamp((1 - ssim(pred, target)) / 2, 0, 1).mean()
`,
      'a Huber loss': `
import torch
def huber_loss(pred, target, delta=1.0):
    d = torch.abs(pred - target)
    q = torch.clamp(d, max=delta)
    return (0.5 * q ** 2 + delta * (d - q)).mean()
def smooth_l1_loss(p, t, beta=1.0):
    d = torch.abs(p - t)
    return torch.where(d < beta, 0.5 * d ** 2 / beta, d - 0.5 * beta).mean()
`,
      'the straight-through form': `
import torch
def loss_fn(pred, target):
    l = (pred - target) ** 2
    return (l + (torch.clamp(l, max=4.0) - l).detach()).mean()
`,
      'a zero error radius alone': `
import tensorflow as tf
def zer_replace(target, output, radius):
    mask = tf.math.less(tf.math.abs(output - target), radius)
    return tf.where(mask, target, output)
`,
      'a zero error radius in NumPy': `
import numpy as np
def zer_replace(target, output):
    out = np.where(np.abs(output - target) < 0.1, target, output)
    return np.where(output - target > 0.9, 0.9, out)
`,
    });
    it('says where', () => {
      const { message } = said(
        'capped-loss',
        'import torch\ndef zer(p, t):\n    q = torch.where((p - t).abs() < 0.1, t, p)\n    return torch.where(p - t > 0.9, 0.9, q)\n',
      );
      assert.match(
        message,
        /^Where `p - t > 0\.9` the output is replaced by a constant: the gradient there is exactly 0/,
      );
      const capped = said(
        'capped-loss',
        'import torch\ndef f_loss(p, t):\n    return torch.clamp((p - t) ** 2, max=4.0).mean()\n',
      );
      assert.match(capped.message, /more than 4 is cut off/);
      assert.equal(capped.severity, 'information');
    });
  });

  describe('clamp-to-constant', () => {
    finds('clamp-to-constant', {
      'limits that have lost their 1': `
import torch
angle = torch.acos(«torch.clamp(inner, -1e-07, 1e-07)»)
`,
      'in TensorFlow': `
import tensorflow as tf
angle = tf.acos(«tf.clip_by_value(inner, -1e-7, 1e-7)»)
`,
      'by named numbers': `
import torch
eps = 1e-6
def f(x):
    return «x.clamp(-eps, eps)» * 2
`,
    });
    spares({
      'limits inside -1 and 1': `
import torch
eps = 1e-7
angle = torch.acos(torch.clamp(inner, -1 + eps, 1 - eps))
`,
      'limits of a probability': `
import torch
p = torch.clamp(p, 1e-6, 1 - 1e-6)
`,
      'a rate': `
import torch
rate = torch.clamp(rate, 1e-6, 1e-3)
`,
      NumPy: 'import numpy as np\nx = np.clip(x, -1e-7, 1e-7)\n',
    });
    it('says the limits', () => {
      const { message } = said('clamp-to-constant', 'import torch\ny = torch.clamp(x, -1e-7, 1e-7)\n');
      assert.match(message, /^Between -1e-7 and 1e-7 nothing is left of the value/);
    });
  });
});
