import { finds, spares, sparesOf } from './marked';

/** Ways in which values reach a place that are the language's or a library's, whatever the rule. */

describe('values through the idioms of real code', () => {
  describe('elements that a comparison selects', () => {
    spares({
      'by a function of PyTorch': `
import torch
import torch.nn.functional as F
def entropy_loss(logits):
    p = F.softmax(logits, dim=1)
    p = torch.masked_select(p, p.ge(0.000001))
    return -(p * torch.log(p)).sum()
`,
      'by a function of TensorFlow': `
import tensorflow as tf
def entropy_loss(logits):
    p = tf.nn.softmax(logits)
    p = tf.boolean_mask(p, p > 1e-6)
    return -tf.reduce_sum(tf.math.log(p))
`,
    });
    finds('log-of-softmax', {
      'of something else': `
import torch
import torch.nn.functional as F
def entropy_loss(logits, t):
    p = F.softmax(logits, dim=1)
    return -«torch.log(torch.masked_select(p, t > 0))».sum()
`,
    });
  });

  describe('tensors that are made of lists', () => {
    finds('division-by-deviation', {
      'are one unknown wherever they are computed with': `
import torch
from torch import FloatTensor
def train(policy, rewards, steps):
    advs = []
    for _ in range(3):
        advs.append(FloatTensor([rewards[j:].sum() for j in range(steps)]))
    advs = torch.cat(advs)
    advs = «(advs - advs.mean()) / advs.std()»
    loss = (advs * policy()).mean()
    loss.backward()
`,
    });
    finds('log-of-sigmoid', {
      'of numbers that are written down are data': `
import torch
x = torch.FloatTensor([[1], [2], [2.5], [0], [3.1], [2.7], [2.8]])
y = torch.FloatTensor([[1], [0], [1], [1], [0], [1], [1]])
w = torch.zeros(1, 1)
while True:
    w.requires_grad_(True)
    p = torch.sigmoid(torch.mm(x, w))
    cost = torch.mean(-y * «torch.log(p)» - (1 - y) * «torch.log(1 - p)»)
    cost.backward()
    with torch.no_grad():
        w = w - 0.1 * w.grad
`,
    });
    finds('log-of-sum-of-exp', {
      'are filled where a mask says so': `
import torch
import torch.nn as nn
class SurvivalLoss(nn.Module):
    def forward(self, pred, sets):
        risks = torch.zeros((8, 8))
        risks[sets] = torch.exp(pred).T.repeat(8, 1)[sets]
        return «torch.log(risks.sum(dim=1))».mean()
`,
    });
  });

  describe('masks made by scattering', () => {
    const distilled = (mask: string): string => `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Distillation(nn.Module):
    def forward(self, logits, target):
        mask = ${mask}
        p = (F.softmax(logits, dim=1) * mask).sum(dim=1)
        return «torch.log(p)».mean()
`;
    finds('log-of-softmax', {
      'of the target': distilled('torch.zeros_like(logits).scatter_(1, target.unsqueeze(1), 1).bool()'),
    });
    finds('log-of-mixture', {
      'of all others': distilled('torch.ones_like(logits).scatter_(1, target.unsqueeze(1), 0).bool()'),
    });
  });

  describe('code that no gradient is taken through', () => {
    spares({
      'callbacks, and what the end of a test calls': `
import torch
from lightning.pytorch.callbacks import Callback
class Confusion(Callback):
    def confusion(self, logits):
        return torch.log(torch.mean(torch.softmax(logits, dim=1), dim=0))
class Model(torch.nn.Module):
    def on_test_epoch_end(self, logits):
        return torch.log(torch.mean(torch.softmax(logits, dim=1), dim=0))
`,
      'the root of an error that is only reported': `
import torch
def train(model, users, ratings, optimizer, writer):
    error = 0.5 * torch.sum((model(users) - ratings) ** 2)
    error.backward()
    optimizer.step()
    RMSE = error.sqrt()
    writer.add_scalar('RMSE', RMSE)
`,
    });
    finds('fractional-power-at-zero', {
      'unless it is minimised': `
import torch
def train(model, users, ratings, optimizer, writer):
    error = 0.5 * torch.sum((model(users) - ratings) ** 2)
    RMSE = «error.sqrt()»
    RMSE.backward()
    optimizer.step()
`,
    });
    finds('norm-at-zero', {
      'unless what builds the optimizer computes the loss': `
import tensorflow as tf
class GAN:
    def build_optimizer(self):
        gradients = tf.gradients(self.discriminator(self.mixed), [self.mixed])[0]
        slopes = «tf.sqrt(tf.reduce_sum(tf.square(gradients), reduction_indices=[1]))»
        self.loss = self.loss + tf.reduce_mean((slopes - 1.0) ** 2)
        self.step = tf.train.AdamOptimizer().minimize(self.loss)
`,
    });
  });

  describe('names that other files bring', () => {
    finds('norm-at-zero', {
      "Keras' backend": `
from model_module import *
def sdr_loss(pred, true, eps=1e-8):
    below = K.sqrt(K.sum(true * true)) * «K.sqrt(K.sum(pred * pred))»
    return -(K.sum(true * pred) / (below + eps))
`,
    });
  });

  describe('decorators of the file', () => {
    const actor = (decorator: string): string => `
import time, torch
import torch.nn as nn
import torch.nn.functional as F
${decorator}
class Actor(nn.Module):
    @decorated
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
class Agent:
    def __init__(self):
        self.actor = Actor()
    def learn(self, states):
        loss = -MARK.mean()
        loss.backward()
`;
    const found = (decorator: string): string => actor(decorator).replace('MARK', '«torch.log(self.actor(states))»');
    finds('log-of-softmax', {
      'that return what they decorate returns': found(`
def decorated(fn):
    def wrapped(self, x):
        if not isinstance(x, torch.Tensor):
            x = torch.Tensor(x)
        return fn(self, x)
    return wrapped`),
      'that measure its time': found(`
def decorated(fn):
    def wrapped(*args, **kwargs):
        start = time.time()
        result = fn(*args, **kwargs)
        print(time.time() - start)
        return result
    return wrapped`),
      'that are called with something first': found(`
def timed(name):
    def decorator(fn):
        def wrapped(*args):
            return fn(*args)
        return wrapped
    return decorator
decorated = timed('actor')`),
    });
    const other = (decorator: string): string => actor(decorator).replace('MARK', 'torch.log(self.actor(states))');
    sparesOf('log-of-softmax', {
      'that return something else': other(`
def decorated(fn):
    def wrapped(self, x):
        return fn(self, x).clamp(min=1e-4)
    return wrapped`),
      'that return it without gradients': other(`
def decorated(fn):
    def wrapped(self, x):
        with torch.no_grad():
            return fn(self, x)
    return wrapped`),
      'that return another function of the two': other(`
def decorated(fn):
    def wrapped(self, x):
        return fn(self, x)
    def limited(self, x):
        return fn(self, x) + 1
    return limited`),
    });
  });

  describe('names of operations of TensorFlow 1', () => {
    finds('log-of-sigmoid', {
      'as their last operands': `
import tensorflow as tf
def loss(x):
    return -tf.reduce_mean(«tf.log(tf.nn.sigmoid(x, 'p'), 'log_p')»)
`,
    });
    spares({
      'of a limit': `
import tensorflow as tf
def loss(x):
    p = tf.clip_by_value(x, 0.01, 0.98, 'p')
    return tf.reduce_mean(p * tf.log(p))
`,
    });
  });

  describe('branches', () => {
    spares({
      'what was computed on one branch goes with what that branch left': `
import torch
def log_mean_exp(x, alpha, dim):
    if alpha is not None:
        x = x * alpha
    most, _ = x.max(dim=dim, keepdim=True)
    x = x - most
    return torch.log(torch.mean(torch.exp(x), dim)) + most
`,
    });
    finds('log-of-mean-of-exp', {
      'something else than the maximum of what is left': `
import torch
def log_mean_exp(x, y, alpha, dim):
    most = y.mean(dim=dim, keepdim=True)
    if alpha is not None:
        x = x * alpha
    x = x - most
    return «torch.log(torch.mean(torch.exp(x), dim))»
`,
    });
    finds('arc-cosine-out-of-range', {
      'a parameter that the call gives as True': `
import torch
def products(a, b, normalize=False):
    if normalize:
        a = torch.nn.functional.normalize(a, dim=1)
        b = torch.nn.functional.normalize(b, dim=1)
    return torch.mm(a, b.t())
def angles(a, b):
    return «torch.acos(products(a, b, normalize=True))»
`,
    });
    finds('log-of-softmax', {
      'a branch by a text': `
import torch
def activate(x, kind='relu'):
    if kind == 'relu':
        return torch.relu(x)
    elif kind == 'softmax':
        return torch.softmax(x, 1)
    raise ValueError(kind)
def loss(x):
    return -«torch.log(activate(x, 'softmax'))».mean()
`,
      'a conditional expression by None': `
import torch
def probabilities(x, mask=None):
    x = x if mask is None else torch.relu(x)
    return torch.softmax(x, 1)
def loss(x):
    return -«torch.log(probabilities(x))».mean()
`,
    });
    spares({
      'a branch that the call does not take': `
import torch
def activate(x, kind='softmax'):
    if kind == 'softmax':
        return torch.softmax(x, 1)
    return torch.nn.functional.softplus(x) + 1
def loss(x):
    return -torch.log(activate(x, kind='softplus')).mean()
`,
    });
  });

  describe('functions', () => {
    finds('log-of-sigmoid', {
      'a function inside another one, which is called with several values': `
import torch
def apply(p):
    def inner():
        return «torch.log(p)»
    return inner()
a = apply(torch.exp(x))
b = apply(torch.sigmoid(x))
`,
    });
    finds('log-of-mean-of-exp', {
      'an operation with a derivative of its own': `
import torch
class Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return «x.exp().mean().log()»
`,
    });
    spares({
      'what TensorFlow and JAX are given a derivative for': `
import tensorflow as tf
import jax, jax.numpy as jnp
from functools import partial
@tf.custom_gradient
def log1pexp(x):
    e = tf.where(tf.abs(x) < 1e-3, x, tf.math.log(x))
    def grad(upstream):
        return upstream * (1 - 1 / (1 + tf.exp(x)))
    return tf.math.log1p(e), grad
@tf.RegisterGradient('Root')
def _root_grad(op, grad):
    return grad / (1 + tf.exp(op.inputs[0]))
@partial(jax.custom_jvp, nondiff_argnums=(1,))
def safe_norm(x, axis):
    return jnp.sqrt(jnp.sum((x - x.mean()) ** 2, axis))
@safe_norm.defjvp
def safe_norm_jvp(axis, primals, tangents):
    x, = primals
    n = jnp.sqrt(jnp.sum((x - x.mean()) ** 2, axis))
    return n, tangents[0] * n
`,
    });
    finds('sigmoid-by-hand', {
      'the same without a derivative of its own': `
import tensorflow as tf
def log1pexp(x):
    def slope(upstream):
        return upstream * (1 - «1 / (1 + tf.exp(x))»)
    return slope
`,
    });
    finds('log-of-one-plus-exp', {
      'a value that overflows in spite of its own derivative': `
import tensorflow as tf
@tf.custom_gradient
def softplus(x):
    def grad(upstream):
        return upstream * tf.sigmoid(x)
    return «tf.math.log(1 + tf.exp(x))», grad
`,
    });
    sparesOf('norm-at-zero', {
      'what has a derivative of its own has no other one': `
import torch
class Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return torch.sqrt(torch.sum((a - b) ** 2, 1))
`,
      'a number of the language': `
import torch
def project(x, y):
    length = float(torch.sqrt(torch.sum((x - y) ** 2, 1)))
    return x / max(length, 1.0)
`,
      'a number that is printed': `
import torch
def report(x, y):
    distance = torch.sqrt(torch.sum((x - y) ** 2, 1))
    print(distance.item())
`,
    });
    finds('norm-at-zero', {
      'a value that is also printed': `
import torch
def loss(x, y):
    distance = «torch.sqrt(torch.sum((x - y) ** 2, 1))»
    print(distance.item())
    return distance.sum()
`,
    });
  });

  describe('layers and models from elsewhere', () => {
    finds('log-of-softmax', {
      'a layer that is told its activation': `
import tensorflow as tf
from layers import linear
y_pred = linear(net, 10, activation=tf.nn.softmax)
loss = -tf.reduce_sum(y * «tf.log(y_pred)»)
`,
      'a method from elsewhere that is told its activation': `
import tensorflow as tf
from base import Base
class Agent(Base):
    def build(self, x):
        self.policy = self.linear(x, 4, activation_fn=tf.nn.softmax, scope='policy')
        self.hidden = self.network(x, 4, activation_fn=tf.nn.softmax)
    def loss(self):
        taken = tf.reduce_sum(self.policy * tf.one_hot(self.action, 4), axis=1)
        return -tf.reduce_sum(«tf.log(taken)» * self.advantage) + tf.log(self.hidden)
`,
      'a network that is told that of its last layer': `
import tensorflow as tf
from networks import mlp
y_pred = mlp(x, [64, 64], activation=tf.tanh, output_activation=tf.nn.softmax)
loss = -tf.reduce_sum(y * «tf.log(y_pred)»)
`,
      'the output of a Keras model': `
import keras.backend as K
from keras.layers import Input, Dense
from keras.models import Model
inputs = Input((4,))
model = Model(inputs, Dense(2, activation='softmax')(inputs))
loss = -K.sum(«K.log(model.output)»)
`,
      'the output of a Keras model made of layers': `
import keras.backend as K
from keras.layers import Dense
from keras.models import Sequential
class Agent:
    def __init__(self):
        self.model = Sequential()
        self.model.add(Dense(16, activation='relu'))
        self.model.add(Dense(2, activation='softmax'))
    def loss(self):
        return -K.sum(«K.log(self.model.output)»)
`,
    });
    spares({
      'the activation of what is hidden': `
import tensorflow as tf
from networks import mlp
y_pred = mlp(x, [64, 64], activation=tf.nn.sigmoid)
loss = -tf.reduce_sum(y * tf.log(y_pred))
`,
      'an activation that changes nothing': `
from keras.models import Model
from keras.layers import Input, Dense, Activation
inputs = Input((4,))
outputs = Dense(2, activation='softmax')(inputs)
model = Model(inputs, Activation('linear', dtype='float32')(outputs))
model.compile(loss='categorical_crossentropy', optimizer='sgd')
`,
    });
  });

  describe('tests', () => {
    finds('log-of-softmax', {
      'what is only called a test': `
import tensorflow as tf
def test_mnist(x, y):
    y_pred = tf.nn.softmax(x)
    loss = -tf.reduce_sum(y * «tf.log(y_pred)»)
    tf.train.AdamOptimizer().minimize(loss)
`,
    });
    spares({
      'a test that trains': `
import tensorflow as tf
def test_training(x, y):
    y_pred = tf.nn.softmax(x)
    loss = -tf.reduce_sum(y * tf.log(y_pred))
    tf.train.AdamOptimizer().minimize(loss)
    assert loss is not None
`,
      'a helper of tests': `
import pytest
import torch
def expected(x):
    return torch.log(torch.softmax(x, 1))
`,
    });
  });

  describe('dictionaries', () => {
    finds('log-of-softmax', {
      'whose entries are attributes': `
import torch
out = {'p': torch.softmax(x, 1), 'z': x}
loss = -«torch.log(out.p)».mean()
`,
    });
  });

  describe('numbers by name', () => {
    finds('log-of-probability-plus-epsilon', {
      'the epsilon of a format': `
import torch
import torch.nn.functional as F
def loss(x, y):
    return -(y * «torch.log(F.softmax(x, -1) + torch.finfo(float).eps)»).mean()
`,
      'of another framework': `
import numpy as np
import torch.nn.functional as F
import torch
eps = np.finfo(np.float32).eps
def loss(x, y):
    return -(y * «torch.log(F.softmax(x, -1) + eps)»).mean()
`,
    });
  });

  describe('choices', () => {
    finds('log-of-softmax', {
      'the probability of the action, picked by a product': `
import tensorflow as tf
actions = tf.placeholder(tf.float32, [None, 4])
probabilities = tf.nn.softmax(logits)
log_probability = «tf.log(tf.reduce_sum(probabilities * actions, axis=1))»
`,
      'by a one-hot': `
import torch
import torch.nn.functional as F
def loss(logits, index):
    chosen = (F.softmax(logits, 1) * F.one_hot(index, 4)).sum(1)
    return -«torch.log(chosen)».mean()
`,
    });
    spares({
      'a mean over experts': `
import torch
def loss(logits, likelihood):
    return -torch.log((torch.softmax(logits, 1) * likelihood).sum(1)).mean()
`,
    });
  });

  describe('mixtures', () => {
    finds('log-of-sum-of-exp', {
      'densities that are weighed': `
import torch
def loss(pi, sigma, mu, y):
    density = torch.exp(-0.5 * ((y - mu) / sigma) ** 2) / sigma
    return -«torch.log(torch.sum(pi * density, dim=1))».mean()
`,
    });
    spares({
      'an epsilon beside them': `
import torch
def loss(pi, sigma, mu, y):
    density = torch.exp(-0.5 * ((y - mu) / sigma) ** 2) / sigma
    return -torch.log(torch.sum(pi * density, dim=1) + 1e-6).mean()
`,
      'of a batch that is not weighed': `
import torch
def uniformity(x, y):
    return torch.log(torch.mean(torch.exp(-2 * (x - y) ** 2)))
`,
      'a maximum was subtracted': `
import torch
def contrast(features, mask):
    products = torch.matmul(features, features.T)
    logits = products - torch.max(products, dim=1, keepdim=True)[0].detach()
    return logits - torch.log((torch.exp(logits) * mask).sum(1, keepdim=True))
`,
    });
  });

  describe('extremes', () => {
    spares({
      'of a tensor and one that is filled with a number': `
import torch
class GeodesicLoss(torch.nn.Module):
    def forward(self, cos):
        cos = torch.min(cos, torch.ones_like(cos) * 0.999)
        cos = torch.max(cos, torch.zeros(4).to(cos))
        return torch.acos(cos).mean()
`,
    });
  });

  describe('distances', () => {
    finds('norm-at-zero', {
      'squares from the diagonal of all products': `
import torch
def distances(x):
    products = torch.mm(x, x.t())
    squares = torch.diag(products)
    return «torch.sqrt(squares.unsqueeze(0) - 2 * products + squares.unsqueeze(1))»
`,
    });
  });

  describe('names that nothing binds', () => {
    finds(
      'log-of-sigmoid',
      {
        'of JavaScript none but that of TensorFlow.js': `
function loss(x) {
  return F.log(F.sigmoid(x)).mean() + torch.log(torch.sigmoid(x));
}
const y = «tf.log(tf.sigmoid(z))»;
`,
      },
      { language: 'javascript' },
    );
    finds('log-of-sigmoid', {
      'what another method leaves in the object, which comes later': `
import torch
import torch.nn as nn
class Flow(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.w = nn.Parameter(torch.Tensor(size, size))
        self.sigma = torch.ones(size)
    def forward(self, z):
        return self.sigma * z, «torch.log(self.sigma)».sum()
    def inverse(self, z):
        self.sigma = torch.sigmoid(z @ self.w)
        return z / self.sigma
`,
      'where a submodule is imported and the package is not': `
# import torch
import torch.nn as nn
import torch.nn.functional as F
class GanLoss(nn.Module):
    def forward(self, real):
        return «torch.log(torch.sigmoid(real))».mean()
`,
      'where a loop of TensorFlow puts them into an array of tensors': `
import tensorflow as tf
from tensorflow.python.ops import tensor_array_ops, control_flow_ops
class Generator:
    def __init__(self, n, x, start):
        predictions = tensor_array_ops.TensorArray(dtype=tf.float32, size=n)
        losses = tensor_array_ops.TensorArray(dtype=tf.float32, size=n)
        def step(i, state, predictions):
            state = self.unit(state)
            predictions = predictions.write(i, tf.sigmoid(self.output(state)))
            losses.write(i, «tf.log(tf.sigmoid(state))»)
            return i + 1, state, predictions
        _, _, self.predictions = control_flow_ops.while_loop(
            cond=lambda i, _1, _2: i < n, body=step, loop_vars=(tf.constant(0), start, predictions))
        self.predictions = tf.transpose(self.predictions.stack(), perm=[1, 0])
        self.loss = -tf.reduce_mean(x * «tf.log(tf.reshape(self.predictions, [-1]))»)
`,
      'what a function of the code is given under the name that libraries put results into': `
import torch
from mine import criterion
def loss(x, y):
    p = torch.sigmoid(x)
    penalty = criterion(y, out=p)
    return «torch.log(p)».mean() + penalty
`,
      'what a loop has put into a name that began as None': `
import torch
def total(parts):
    y = None
    for part in parts:
        if y is None:
            y = part
        else:
            y = y + «torch.log(torch.sigmoid(y))»
    return y
`,
    });
    finds('gumbel-of-uniform', {
      'where a function is told to put its result': `
import torch
def noise(scores):
    q = torch.zeros_like(scores)
    torch.rand(scores.shape, out=q)
    return torch.softmax(scores - «torch.log(-torch.log(q))», dim=1)
`,
    });
    finds('log-of-one-plus-exp', {
      'arrays that know their library': `
from autograd.nn import Module
class Softplus(Module):
    def forward(self, x):
        return «x.xp.log(1 + x.xp.exp(x.data))»
`,
    });
    spares({
      'parameters that are numbers by default': `
import tensorflow as tf
def sampler(params, sample_range=3.):
    epsilon = 1. / (tf.exp(float(sample_range)) + 1.)
    return draw(params, epsilon)
`,
    });
    sparesOf('norm-at-zero', {
      'an operation of TensorFlow 1 with a gradient of its own': `
import tensorflow as tf
from tensorflow.python.framework.function import Defun
def contrastive_loss(margin):
    @Defun(tf.float32, tf.float32, tf.float32)
    def backward(a, b, diff):
        return diff * tf.sqrt(tf.reduce_sum(tf.square(a - b), 1)), -diff
    @Defun(tf.float32, tf.float32, grad_func=backward)
    def forward(a, b):
        d = tf.sqrt(tf.reduce_sum(tf.square(a - b), 1))
        return tf.reduce_mean(tf.square(tf.maximum(margin - d, 0)))
    return forward
`,
    });
  });
});
