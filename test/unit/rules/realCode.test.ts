import { finds, spares } from './marked';

/** What was missed, or reported wrongly, in code as repositories have it: each cause with what is near to it. */

describe('real code', () => {
  describe('a ReLU of a probability is that probability', () => {
    finds('log-of-softmax', {
      'an activation that is applied to a softmax': `
import tensorflow as tf
def add_layer(inputs, weights, activation=None):
    outputs = tf.nn.softmax(tf.matmul(inputs, weights))
    return outputs if activation is None else activation(outputs)
prediction = add_layer(x, w, activation=tf.nn.relu)
loss = -tf.reduce_sum(y * «tf.log(prediction)»)
`,
    });
    finds('log-of-sigmoid', {
      'a limit of 0': 'import torch\nloss = «torch.log(torch.sigmoid(x).clamp(min=0))»\n',
      'of its complement': 'import torch\np = torch.sigmoid(x)\nloss = «torch.log(1 - torch.relu(p))»\n',
    });
    spares({
      'a limit above 0': 'import torch\nloss = torch.log(torch.sigmoid(x).clamp(min=1e-6))\n',
      'a ReLU before the softmax': 'import torch\nloss = torch.log_softmax(torch.relu(x), -1)\n',
    });
  });

  describe('a softmax whose exponents are limited from above alone', () => {
    finds('softmax-by-hand', {
      'a limit beside which the sum does not overflow': `
import tensorflow as tf
def unsafe_softmax(logits):
    logits = tf.clip_by_value(logits, tf.reduce_min(logits), 80)
    total = tf.reduce_sum(tf.exp(logits), axis=1, keepdims=True)
    return «tf.exp(logits) / total»
`,
      'a minimum': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, max=50))
    return «e / e.sum(-1, keepdim=True)»
`,
    });
    spares({
      'limited on both sides': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, -50, 50))
    return e / e.sum(-1, keepdim=True)
`,
      'an epsilon in the sum': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, max=50))
    return e / (e.sum(-1, keepdim=True) + 1e-12)
`,
      'the greatest subtracted': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores - scores.max(), max=50))
    return e / e.sum(-1, keepdim=True)
`,
    });
  });

  describe('a sigmoid by its tanh', () => {
    finds('log-of-sigmoid', {
      'the likelihood of the examples of JAX': `
import jax.numpy as np
def sigmoid(x):
    return 0.5 * (np.tanh(x / 2) + 1)
def predict(W, b, inputs):
    return sigmoid(np.dot(inputs, W) + b)
def loss(W, b):
    preds = predict(W, b, inputs)
    label_probs = preds * targets + (1 - preds) * (1 - targets)
    return -np.sum(«np.log(label_probs)»)
`,
      'of autograd, a logarithm each': `
import autograd.numpy as np
def sigmoid(x):
    return 0.5 * (np.tanh(x / 2.) + 1)
def loss(w, x, y):
    p = sigmoid(np.dot(x, w))
    return -np.sum(y * «np.log(p)» + (1 - y) * «np.log(1 - p)»)
`,
    });
    spares({
      'an action that is squashed': `
import torch
def actions(mu):
    return (torch.tanh(mu) + 1) / 2
`,
      'an epsilon in the logarithm': `
import autograd.numpy as np
def loss(w, x):
    p = 0.5 * (np.tanh(np.dot(x, w) / 2) + 1)
    return -np.sum(np.log(p + 1e-9))
`,
    });
  });

  describe('a focal loss that Keras calls with the outputs', () => {
    finds('focal-loss-of-probability', {
      'picked by the target, without a limit': `
import tensorflow as tf
from keras import backend as K
def focal_loss(gamma=2., alpha=.25):
    def fixed(y_true, y_pred):
        pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
        pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
        positive = K.mean(alpha * K.pow(1. - pt_1, gamma) * «K.log(pt_1)»)
        return -positive - K.mean((1 - alpha) * K.pow(pt_0, gamma) * «K.log(1. - pt_0)»)
    return fixed
`,
    });
    spares({
      'with a limit': `
import tensorflow as tf
from keras import backend as K
def focal_loss(y_true, y_pred):
    y_pred = K.clip(y_pred, 1e-3, 1 - 1e-3)
    pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
    pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
    return -K.mean(K.pow(1. - pt_1, 2.) * K.log(pt_1)) - K.mean(K.pow(pt_0, 2.) * K.log(1. - pt_0))
`,
      'of a probability that may have been limited before': `
import torch
def focal_loss(pred, gt):
    pos = torch.log(pred) * torch.pow(1 - pred, 2) * gt
    neg = torch.log(1 - pred) * torch.pow(pred, 2) * (1 - gt)
    return -(pos + neg).sum()
`,
    });
  });

  describe('the sine of a cosine', () => {
    finds('arc-cosine-out-of-range', {
      ArcFace: `
import torch
import torch.nn as nn
import torch.nn.functional as F
class ArcMarginProduct(nn.Module):
    def forward(self, input, label):
        cosine = F.linear(F.normalize(input), F.normalize(self.weight))
        sine = «torch.sqrt(1.0 - torch.pow(cosine, 2))»
        return cosine * self.cos_m - sine * self.sin_m
`,
      'vectors that something else normalises': `
import tensorflow as tf
def arcface_loss(embedding, weights):
    cos_t = tf.matmul(embedding, weights)
    sin_t = «tf.sqrt(1.0 - tf.square(cos_t))»
    return cos_t - sin_t
`,
    });
    spares({
      'a cosine that is limited': `
import torch
import torch.nn.functional as F
def margin_loss(x, w):
    cosine = F.linear(F.normalize(x), F.normalize(w)).clamp(-1 + 1e-6, 1 - 1e-6)
    return torch.sqrt(1.0 - torch.pow(cosine, 2))
`,
      'a limit below the root': `
import torch
import torch.nn.functional as F
def margin_loss(x, w):
    cosine = F.linear(F.normalize(x), F.normalize(w))
    return torch.sqrt((1.0 - torch.pow(cosine, 2)).clamp(min=1e-9))
`,
      'a schedule, a correlation coefficient of numbers': `
import torch
def noise(x, alpha, rho):
    return torch.sqrt(1 - alpha ** 2) * x + torch.sqrt(1 - rho ** 2)
`,
    });
  });

  describe('sums over what has the same index', () => {
    finds('softmax-by-hand', {
      'attention over the edges of a graph': `
import torch
from torch_scatter import scatter_add
def attend(e, x, src, dst):
    e = torch.exp(e)
    alpha = «e / scatter_add(e, dst, dim=0, dim_size=x.size(0))[dst]»
    return scatter_add(alpha * x[src], dst, dim=0)
`,
      'by a reduction that is named': `
import torch
from torch_geometric.utils import scatter
def attend(e, dst, n):
    return «e.exp() / scatter(e.exp(), dst, dim=0, dim_size=n, reduce='sum')[dst]»
`,
      'segments of JAX': `
import jax
import jax.numpy as jnp
def segment_softmax(logits, ids, n):
    e = jnp.exp(logits)
    return «e / jax.ops.segment_sum(e, ids, n)[ids]»
`,
      'of TensorFlow': `
import tensorflow as tf
def segment_softmax(logits, ids, n):
    e = tf.exp(logits)
    return «e / tf.gather(tf.math.unsorted_segment_sum(e, ids, n), ids)»
`,
    });
    spares({
      'the greatest subtracted before': `
import torch
import jax
import jax.numpy as jnp
from torch_scatter import scatter_add, scatter_max
from torch_geometric.utils import scatter
def edge_softmax(e, dst, n):
    e = e - scatter_max(e, dst, dim=0, dim_size=n)[0][dst]
    e = e.exp()
    return e / (scatter_add(e, dst, dim=0, dim_size=n)[dst] + 1e-16)
def geometric(e, dst, n):
    out = (e - scatter(e, dst, dim=0, dim_size=n, reduce='max')[dst]).exp()
    return out / scatter(out, dst, dim=0, dim_size=n, reduce='sum')[dst]
def of_jax(logits, ids, n):
    e = jnp.exp(logits - jax.ops.segment_max(logits, ids, n)[ids])
    return e / jax.ops.segment_sum(e, ids, n)[ids]
`,
      'means of features': `
import torch
from torch_scatter import scatter_add
def mean(x, dst, n):
    return scatter_add(x, dst, dim=0, dim_size=n) / scatter_add(torch.ones_like(x), dst, dim=0).clamp(min=1)
`,
    });
  });

  describe('a one-hot that is scattered', () => {
    finds('log-of-softmax', {
      'into zeros': `
import torch
import torch.nn.functional as F
def focal(inputs, targets):
    p = F.softmax(inputs, 1)
    mask = torch.zeros(8, 10).scatter_(1, targets.view(-1, 1), 1)
    probs = (p * mask).sum(1)
    return -((1 - probs) ** 2 * «torch.log(probs)»).mean()
`,
      'into what was filled with 0': `
import torch
import torch.nn.functional as F
from torch.autograd import Variable
def focal(inputs, targets):
    p = F.softmax(inputs, dim=1)
    mask = inputs.data.new(8, 10).fill_(0)
    mask = Variable(mask)
    mask.scatter_(1, targets.view(-1, 1).data, 1.)
    probs = (p * mask).sum(1).view(-1, 1)
    return -«probs.log()».mean()
`,
      'into new zeros': `
import torch
import torch.nn.functional as F
def loss(inputs, targets):
    one_hot = inputs.new_zeros(inputs.size(0), 10)
    one_hot.scatter_(1, targets, 1.0)
    return -«torch.log((F.softmax(inputs, 1) * one_hot).sum(1))».mean()
`,
    });
    spares({
      'the log softmax': `
import torch
import torch.nn.functional as F
def loss(inputs, targets):
    one_hot = torch.zeros_like(inputs).scatter_(1, targets, 1.0)
    return -(F.log_softmax(inputs, 1) * one_hot).sum(1).mean()
`,
      'scattered values, which are added up to something else': `
import torch
import torch.nn.functional as F
def loss(inputs, index, values):
    weights = torch.zeros_like(inputs).scatter_(1, index, values)
    return torch.log(1e-3 + (F.softmax(inputs, 1) * weights).sum(1))
`,
    });
  });

  describe('a sum of exponentials of which one is left out', () => {
    finds('softmax-by-hand', {
      'the negatives of a contrastive loss': `
import torch
def loss_cl(x1, x2, n):
    similarity = torch.exp(torch.einsum('ik,jk->ij', x1, x2) / 0.5)
    positive = similarity[range(n), range(n)]
    return «positive / (similarity.sum(dim=1) - positive)»
`,
    });
    spares({
      'of vectors that are normalised': `
import torch
import torch.nn.functional as F
def loss_cl(x1, x2, n):
    x1, x2 = F.normalize(x1, dim=1), F.normalize(x2, dim=1)
    similarity = torch.exp(torch.einsum('ik,jk->ij', x1, x2) / 0.5)
    positive = similarity[range(n), range(n)]
    return -torch.log(positive / (similarity.sum(dim=1) - positive)).mean()
`,
      'a difference of other exponentials': `
import torch
def forward(a, b, c):
    return torch.exp(a) / (torch.exp(b.clamp(max=3)) - torch.exp(c.clamp(max=3)))
`,
    });
  });

  describe('a standardised value that is scaled before it is divided', () => {
    finds('division-by-deviation', {
      'a normalisation of instances': `
import torch
class InstanceNorm(torch.nn.Module):
    def forward(self, x):
        mean = x.mean(dim=(2, 3), keepdim=True)
        std = x.std(dim=(2, 3), keepdim=True)
        return «self.gamma * (x - mean) / std» + self.beta
`,
    });
    spares({
      'an epsilon': `
import torch
class LayerNorm(torch.nn.Module):
    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        std = x.std(-1, keepdim=True)
        return self.a_2 * (x - mean) / (std + self.eps) + self.b_2
`,
    });
  });

  describe('a mask by an inequality', () => {
    finds('division-by-sum', {
      'what is to be ignored in a segmentation': `
import torch
class Loss(torch.nn.Module):
    def forward(self, output, target):
        mask = (target != self.ignore_label).float()
        loss = self.ce(output, target)
        return «(loss * mask).sum() / mask.sum()»
`,
      'tokens that are not padding': `
import tensorflow as tf
def masked_loss(y, logits):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    mask = tf.cast(y != 0, tf.float32)
    return «tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)»
`,
    });
    spares({
      'a limit': `
import torch
class Loss(torch.nn.Module):
    def forward(self, output, target):
        mask = (target != self.ignore_label).float()
        loss = self.ce(output, target)
        return (loss * mask).sum() / mask.sum().clamp(min=1)
`,
      'a branch for it': `
import torch
def ratio(a, b):
    if b != 0:
        return a.sum() / b
    return a.sum()
`,
    });
  });

  describe('weights that are normalised, times densities', () => {
    finds('contrast-by-hand', {
      'a quotient whose divisor overflows': `
import torch
def loss(anchor, positive, negatives):
    p = torch.exp((anchor * positive).sum(1))
    n = torch.exp(anchor @ negatives.t()).sum(1)
    return -«torch.log(p / (p + n))».mean()
`,
    });
    spares({
      'a mixture whose weights had their greatest subtracted': `
import tensorflow as tf
def mixture(z_pi, z, rho, s1, s2):
    z_pi = tf.exp(z_pi - tf.reduce_max(z_pi, 1, keep_dims=True))
    z_pi = z_pi / tf.reduce_sum(z_pi, 1, keep_dims=True)
    density = tf.exp(tf.div(-z, 2 * (1 - rho))) / (s1 * s2)
    return -tf.log(tf.maximum(tf.reduce_sum(density * z_pi, 1), 1e-20))
`,
    });
  });

  describe('what only tells positions', () => {
    finds('norm-at-zero', {
      'lengths that are given back as well': `
from keras import backend as K
def lengths_loss(a, b):
    x = «K.sqrt(K.sum(K.square(a - b), -1))»
    return x + K.argmax(x, 1)
`,
    });
    spares({
      'the longest capsule': `
from keras import backend as K
from keras.layers import Layer
class Mask(Layer):
    def call(self, inputs):
        x = K.sqrt(K.sum(K.square(inputs), -1))
        mask = K.one_hot(indices=K.argmax(x, 1), num_classes=x.get_shape().as_list()[1])
        return K.batch_flatten(inputs * K.expand_dims(mask, -1))
`,
    });
  });

  describe('functions some of whose arguments were given before', () => {
    finds('log-of-softmax', {
      'layers of TensorFlow': `
import tensorflow as tf
from functools import partial
dense = partial(tf.layers.dense, activation=tf.nn.relu)
prob = dense(dense(x, 100), 10, activation=tf.nn.softmax)
loss = tf.reduce_mean(-tf.reduce_sum(y * «tf.log(prob)», axis=1))
`,
      'a function of the file, behind a decorator made so': `
import functools
import jax
import jax.numpy as jnp
@functools.partial(jax.jit, static_argnums=1)
def probabilities(logits, axis):
    return jax.nn.softmax(logits, axis)
policy = functools.partial(probabilities, axis=-1)
def loss(logits, y):
    return -jnp.mean(jnp.sum(y * «jnp.log(policy(logits))», -1))
`,
    });
    spares({
      'another activation in the end': `
import tensorflow as tf
from functools import partial
dense = partial(tf.layers.dense, activation=tf.nn.softmax)
rate = dense(x, 10, activation=tf.nn.softplus)
loss = tf.reduce_mean(rate - y * tf.log(rate + 1e-6))
`,
    });
  });

  describe('the mean of two softmaxes', () => {
    finds('log-of-softmax', {
      'a divergence of Jensen and Shannon': `
import torch.nn as nn
import torch.nn.functional as F
def js_div(p, q, get_softmax=True):
    criterion = nn.KLDivLoss(reduction='batchmean')
    if get_softmax:
        p = F.softmax(p, dim=1)
        q = F.softmax(q, dim=1)
    log_mean = «((p + q) / 2).log()»
    return (criterion(log_mean, p) + criterion(log_mean, q)) / 2
`,
    });
    spares({
      'a limit': `
import torch.nn.functional as F
def js(p, q):
    m = (0.5 * (p.softmax(-1) + q.softmax(-1))).clamp_min(1e-7).log()
    return F.kl_div(m, p.log_softmax(-1), log_target=True) + F.kl_div(m, q.log_softmax(-1), log_target=True)
`,
    });
  });

  describe('an epsilon by another name', () => {
    finds('log-of-probability-plus-epsilon', {
      'the pairwise ranking loss of recommenders': `
import torch
class BPRLoss(torch.nn.Module):
    def __init__(self, gamma=1e-10):
        super().__init__()
        self.gamma = gamma
    def forward(self, pos_score, neg_score):
        return -«torch.log(self.gamma + torch.sigmoid(pos_score - neg_score))».mean()
`,
    });
    spares({
      'a number that is no epsilon': `
import torch
def loss(x, smoothing=0.1):
    return -torch.log(smoothing + torch.sigmoid(x)).mean()
`,
    });
  });
});
