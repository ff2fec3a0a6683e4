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
});
