import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { assertFinds, finds, marked, only, spares, sparesOf } from './marked';

/** What a rule says of a source, hints included. */
function said(rule: string, source: string): Finding {
  return only(findingsIn(marked(source).text).filter((finding) => finding.rule === rule));
}

describe('norms', () => {
  describe('norm-at-zero', () => {
    finds('norm-at-zero', {
      'elements of each of two tensors that a helper is called with': `
import torch
def center(boxes):
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    return torch.stack([x, y], dim=1)
def distance(a, b):
    offset = a - b
    return «torch.sqrt(offset[0] ** 2 + offset[1] ** 2)»
def center_loss(pred, gt):
    width = pred[:, 2] - pred[:, 0] + pred[:, 3] - pred[:, 1]
    return (distance(center(pred), center(gt)) * width).mean()
`,
      'the slopes of an image, both 0 where it is flat': `
import torch
import torch.nn.functional as F
class EdgeLoss(torch.nn.Module):
    def edges(self, img):
        gx = F.conv2d(img, self.kx, padding=1)
        gy = F.conv2d(img, self.ky, padding=1)
        return «torch.sqrt(gx ** 2 + gy ** 2)»
    def forward(self, out, target):
        return F.l1_loss(self.edges(out), self.edges(target))
`,
      'generalised means with a learnt power, of what a ReLU gives as well': `
import torch
from torch import nn
class GeM(nn.Module):
    def __init__(self, p=3.0):
        super().__init__()
        self.p = nn.Parameter(torch.ones(1) * p)
    def forward(self, x):
        pooled = x.pow(self.p).mean((-2, -1))
        return «pooled.pow(1. / self.p)»
class Retrieval(nn.Module):
    def __init__(self, trunk):
        super().__init__()
        self.trunk, self.pool = trunk, GeM()
    def forward(self, x):
        return self.pool(torch.relu(self.trunk(x)))
`,
      'of absolute values, in a layer of Keras': `
import tensorflow as tf
def siamese(left, right, encoder):
    distance = tf.keras.layers.Lambda(lambda pair: «tf.linalg.norm(tf.math.abs(pair[0] - pair[1]), axis=1)»)
    return tf.keras.Model([left, right], distance([encoder(left), encoder(right)]))
`,
      'the nearest of several points': `
import torch
def chamfer_loss(a, b):
    d = ((a[:, :, None] - b[:, None]) ** 2).sum(-1)
    return «torch.sqrt(d.min(1)[0])».mean()
`,
      'a loop of a script that trains': `
import torch
for x, y in loader:
    loss = «torch.sqrt(torch.mean((net(x) - y) ** 2))»
    loss.backward()
    optimizer.step()
`,
      'a root mean squared error, by hand and by its name': `
import torch
import torch.nn as nn
class RMSELoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.mse = nn.MSELoss()
    def forward(self, a, b):
        return «torch.sqrt(self.mse(a, b))»
def rmse_loss(a, b):
    return «torch.sqrt(torch.mean((a - b) ** 2))»
`,
      'a sum of squares that a mask can make 0': `
import torch
class KeypointsL2Loss(torch.nn.Module):
    def forward(self, pred, gt, validity):
        return torch.sum(«torch.sqrt(torch.sum((gt - pred) ** 2 * validity, dim=2))»)
`,
      'magnitudes of spectra': `
import torch
class SpectralLoss(torch.nn.Module):
    def forward(self, a, b):
        x = torch.stft(a, 512, return_complex=False)
        y = torch.fft.fft(b)
        return («torch.sqrt(x[..., 0] ** 2 + x[..., 1] ** 2)» - «torch.sqrt(y.real ** 2 + y.imag ** 2)»).abs().mean()
`,
      'of networks with more settings than are followed': `
import jax
import jax.numpy as jnp
def net(x, config):
    if config.a: x = layer_a(x)
    else: x = layer_b(x)
    if config.b: x = x + conv_a(x)
    else: x = x * conv_b(x)
    if config.c: x = pool_a(x)
    elif config.d: x = jax.nn.relu(x)
    return x
def loss(params, x, y):
    p, q = net(x, params), net(y, params)
    return «jnp.sqrt(jnp.sum((p - q) ** 2))»
`,
      "in a function of Haiku's layers": `
import haiku as hk
import jax.numpy as jnp
def encoder(x):
    r = hk.Linear(64)(x)
    return r / («jnp.linalg.norm(r, axis=-1, keepdims=True)» + 1e-8)
net = hk.transform(encoder)
`,
      'on a manifold': `
import jax.numpy as jnp
class Poincare:
    def exp0(self, u):
        norm = «jnp.sqrt(jnp.sum(jnp.square(u), -1, keepdims=True))» + 1e-15
        return jnp.tanh(norm) * u / norm
`,
      'of what a function gives for two inputs': `
import torch
def net(x):
    return fc(x)
def train(x1, x2):
    a = net(x1)
    b = net(x2)
    return «torch.sqrt(torch.sum((a - b) ** 2, 1))».mean()
`,
      'of layers of which three can be chosen': `
import tensorflow as tf
def train(i, j, kind):
    if kind == 1:
        a, b = vgg(i), vgg(j)
    elif kind == 2:
        a, b = resnet(i), resnet(j)
    else:
        a, b = inception(i), inception(j)
    return tf.reduce_mean(«tf.sqrt(tf.reduce_sum(tf.square(a - b), 1))»)
`,
      'the argument that JAX differentiates by': `
import jax
import jax.numpy as jnp
def update(params, x):
    def loss_fn(p):
        return «jnp.linalg.norm(p - x)»
    return jax.grad(loss_fn)(params)
`,
      'more arguments that JAX is told to differentiate by': `
import jax
import jax.numpy as jnp
def loss(params, x, y):
    return «jnp.linalg.norm(x - y)» + params.sum()
g = jax.grad(loss, argnums=(0, 1))
`,
      'a root by the default of a parameter': `
import torch
def tv_loss(x, beta=0.5):
    dh = torch.pow(x[:, :, :, 1:] - x[:, :, :, :-1], 2)
    dw = torch.pow(x[:, :, 1:, :] - x[:, :, :-1, :], 2)
    return torch.sum(«torch.pow(dh[:, :, :-1] + dw[:, :, :, :-1], beta)»)
`,
      'modules that come with everything else': `
from .common_utils import *
def distance_loss(a, b):
    return «torch.sqrt(torch.sum((a - b) ** 2, dim=1))».mean()
`,
      'a distance in a contrastive loss': `
import torch
def contrastive_loss(a, b, y, margin):
    d = «torch.sqrt(torch.sum((a - b) ** 2, dim=1))»
    return (y * d ** 2 + (1 - y) * torch.relu(margin - d) ** 2).mean()
`,
      'a chain of methods': `
import torch.nn as nn
import torch.nn.functional as F
class TripletLoss(nn.Module):
    def forward(self, anchor, positive, negative):
        near = «(anchor - positive).pow(2).sum(1).sqrt()»
        far = «(anchor - negative).pow(2).sum(1).pow(.5)»
        return F.relu(near - far + self.margin).mean()
`,
      'a power of a half, however it is written': `
import torch
def distance_loss(a, b):
    one = «((a - b) ** 2).sum(-1) ** 0.5»
    two = «torch.pow(torch.square(a - b).sum(-1), 1 / 2)»
    return one + two
`,
      'in the helper that is called with a difference': `
import torch
def l2(x):
    return «torch.sqrt((x * x).sum(1))»
def step(a, b):
    return l2(a - b).mean()
`,
      'a gradient penalty in TensorFlow 1': `
import tensorflow as tf
def build(D, x, eps):
    gradients = tf.gradients(D(x), [x])[0]
    slopes = «tf.sqrt(tf.reduce_sum(tf.square(gradients), reduction_indices=[1]))»
    return tf.reduce_mean((slopes - 1.) ** 2)
`,
      'gradient penalties of the first and only gradient of a list': `
import tensorflow as tf
def of_first(y, x):
    grads = tf.gradients(y, x)
    g = grads[0]
    return tf.reduce_mean((«tf.sqrt(tf.reduce_sum(tf.square(g), axis=1))» - 1.) ** 2)
def of_only(y, x):
    g, = tf.gradients(y, x)
    return tf.reduce_mean((«tf.norm(tf.layers.flatten(g), axis=1)» - 1.) ** 2)
`,
      'a distance in a graph that has gradients': `
import tensorflow as tf
a = tf.placeholder('float', [3])
b = tf.placeholder('float', [3])
distance = «tf.sqrt(tf.reduce_sum(tf.pow(tf.subtract(a, b), 2)))»
slope = tf.gradients(distance, a)
with tf.Session() as sess:
    print(sess.run(slope, feed_dict={a: [0., 0., 0.], b: [1., 1., 1.]}))
`,
      'a gradient penalty in Keras': `
from keras import backend as K
def gradient_penalty_loss(y_true, y_pred, averaged_samples):
    gradients = K.gradients(y_pred, averaged_samples)[0]
    norm = «K.sqrt(K.sum(K.square(gradients), axis=[1, 2, 3]))»
    return K.mean(K.square(1 - norm))
`,
      'a gradient tape': `
import tensorflow as tf
def penalty(critic, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = critic(x)
    grad = tape.gradient(score, x)
    return tf.reduce_mean((«tf.norm(grad, axis=1)» - 1) ** 2)
`,
      'the norm of TensorFlow': `
import tensorflow as tf
def siamese(a, b):
    return «tf.norm(a - b, axis=1)»
`,
      'the Euclidean norm of TensorFlow': `
import tensorflow as tf
d = lambda a, b: «tf.math.reduce_euclidean_norm(a - b, axis=-1)»
`,
      'the norm of JAX': `
import jax.numpy as jnp
def energy(x, y):
    return 1 / (1 + «jnp.linalg.norm(x - y)»)
`,
      'the norm of Keras 3': `
import keras
def euclidean(vectors):
    a, b = vectors
    return «keras.ops.norm(a - b, axis=1)»
`,
      'a distance in the plane': `
import torch
def loss(x1, y1, x2, y2):
    return «torch.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2)».mean()
`,
      'distances of all pairs, multiplied out': `
import torch
def pairwise(x, y):
    xx = (x ** 2).sum(1, keepdim=True)
    yy = (y ** 2).sum(1).unsqueeze(0)
    return «torch.sqrt(xx + yy - 2 * x @ y.t())»
`,
      'the law of cosines': `
import tensorflow as tf
class MovementError(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        a, b = y_true[..., 0], y_pred[..., 0]
        d = «(a ** 2 + b ** 2 - 2 * a * b * tf.math.cos(y_true[..., 1] - y_pred[..., 1])) ** 0.5»
        return tf.reduce_mean(d)
`,
      'an absolute value as the root of a square': `
import torch
def charbonnier(a, b):
    return «torch.sqrt((a - b) ** 2)».mean()
`,
      'an epsilon that comes after the root': `
import torch
class PKT(torch.nn.Module):
    def forward(self, features):
        norm = «torch.sqrt(torch.sum(features ** 2, dim=1, keepdim=True))»
        return features / (norm + 1e-7)
`,
      'features that a ReLU of TensorFlow has made': `
import tensorflow as tf
def encode(x):
    h = tf.nn.relu(x)
    return «tf.sqrt(tf.reduce_sum(tf.square(h), axis=1))»
`,
      'what a mask has cleared': `
import torch
def length(x, y):
    h = x * (y > 0)
    return «h.pow(2).sum(1).sqrt()»
`,
      'a norm of any order': `
import torch
class Normalize(torch.nn.Module):
    def __init__(self, power=2):
        super().__init__()
        self.power = power
    def forward(self, x):
        return «x.pow(self.power).sum(1, keepdim=True).pow(1. / self.power)»
`,
    });
    spares({
      'a root of errors that a graph only reports': `
import tensorflow as tf
class Factorisation(object):
    def __init__(self, pred, r):
        self.mse = tf.reduce_mean(tf.square(pred - r))
        self.rmse = tf.sqrt(self.mse)
        self.train_op = tf.train.AdamOptimizer(0.005).minimize(self.mse)
    def evaluate(self, sess, feed):
        return sess.run(self.rmse, feed)
`,
      'a layer that measures': `
import tensorflow as tf
class MeasureNorm(tf.keras.layers.Layer):
    def call(self, inputs):
        norms = tf.linalg.norm(inputs, axis=1)
        self.add_metric(tf.reduce_mean(norms), self.name)
        return inputs
`,
      'errors that a script of JAX shows': `
import jax.numpy as jnp
error = jnp.linalg.norm(x_pred - x) / jnp.linalg.norm(x)
`,
      'a root mean square that is only shown, and magnitudes outside training': `
import torch
def evaluate(a, b):
    rmse = torch.sqrt(torch.mean((a - b) ** 2))
    print(rmse)
def spectrum(y):
    return torch.sqrt(y.real ** 2 + y.imag ** 2)
def rmse(a, b):
    return torch.sqrt(torch.nn.functional.mse_loss(a, b))
`,
      'the root of another loss': `
import torch
def root_loss(a, b):
    return torch.sqrt(torch.nn.functional.cross_entropy(a, b))
`,
      'what JAX differentiates nothing by': `
import jax
import jax.numpy as jnp
def loss(params, x, centers):
    d = jnp.linalg.norm(x[:, None] - centers[None], axis=-1)
    return (jnp.exp(-d) @ params).mean()
def update(params, x, centers):
    return jax.value_and_grad(loss)(params, x, centers)
`,
      'what a function that JAX differentiates takes from around it': `
import jax
import jax.numpy as jnp
def update(params, x, y):
    def loss_fn(p):
        return jnp.mean(x @ p) * jnp.linalg.norm(x - y)
    return jax.grad(loss_fn)(params)
`,
      'a distance in a graph without gradients': `
import tensorflow as tf
a = tf.placeholder('float', [3])
b = tf.placeholder('float', [3])
distance = tf.sqrt(tf.reduce_sum(tf.pow(tf.subtract(a, b), 2)))
with tf.Session() as sess:
    print(sess.run(distance, feed_dict={a: [0., 0., 0.], b: [1., 1., 1.]}))
`,
      'the first of other lists': `
import tensorflow as tf
def f(y, x):
    outputs = network(y, x)
    z, = encoder(x)
    return tf.reduce_mean(tf.norm(outputs[0], axis=1)) + tf.reduce_mean(tf.norm(z, axis=1))
`,
      'the norm of PyTorch, whose gradient at 0 is 0': `
import torch
def penalty(D, x):
    grad = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0]
    return ((grad.norm(2, dim=1) - 1) ** 2).mean() + torch.norm(x - grad) + torch.linalg.norm(x - grad, dim=1).sum()
`,
      'behind a ReLU that selects the gradient': `
import torch
import torch.nn.functional as F
import torch.nn as nn
class Encoder(nn.Module):
    def __init__(self):
        self.act = nn.ReLU()
    def forward(self, x, y):
        h, k = F.relu(x - y), self.act(x)
        return torch.sqrt((h ** 2).sum(1)) + k.pow(2).sum(1).sqrt()
`,
      'behind a ReLU of JAX': `
import jax
import jax.numpy as jnp
def encode(x, y):
    return jnp.linalg.norm(jax.nn.relu(x - y))
`,
      'an epsilon under the root': `
import torch
def loss(a, b, eps, other):
    one = torch.sqrt(((a - b) ** 2).sum(1) + 1e-12)
    two = torch.sqrt(((a - b) ** 2).sum(1) + eps)
    three = ((a - b).pow(2).sum(1) + other.epsilon).sqrt()
    return one + two + three
`,
      'a limit under the root': `
import torch
from keras import backend as K
def loss(a, b):
    d = (a - b).pow(2).sum(1).clamp(min=1e-12).sqrt()
    return d.mean()
def euclidean(a, b):
    return K.sqrt(K.maximum(K.sum(K.square(a - b), axis=1, keepdims=True), K.epsilon()))
`,
      'multiplied out, and limited': `
import torch
def pairwise(x, y):
    d = (x ** 2).sum(1, keepdim=True) + (y ** 2).sum(1) - 2 * x @ y.t()
    return d.clamp(min=1e-12).sqrt()
`,
      'in NumPy': `
import numpy as np
def distance(a, b):
    return np.sqrt(np.sum((a - b) ** 2, axis=1)) + np.linalg.norm(a - b) + ((a - b) ** 2).sum() ** 0.5
`,
      'where no gradient is taken': `
import torch
@torch.no_grad()
def evaluate(a, b):
    return torch.sqrt(((a - b) ** 2).sum(-1)).mean()
def stopped(a, b):
    return torch.sqrt(((a - b).detach() ** 2).sum(-1))
`,
      'in metrics': `
import torch
def compute_mpjpe_metric(pred, gt):
    return torch.sqrt(((pred - gt) ** 2).sum(-1)).mean()
`,
      'in a validation': `
import torch
def validation(net, loader):
    for a, b in loader:
        d = net(a) - net(b)
        print(torch.sqrt(torch.sum(d ** 2, 1)))
        distances = torch.sqrt(torch.sum(d ** 2, 1))
`,
      'in an optimiser': `
import torch
class LARS(torch.optim.Optimizer):
    def step(self):
        for p in self.params:
            norm = p.grad.pow(2).sum().sqrt()
            change = ((p - p.grad) ** 2).sum().sqrt()
`,
      weights: `
import tensorflow as tf
class Dense:
    def call(self, x):
        return x / tf.norm(self.kernel, axis=0)
`,
      'what is known to be above 0': `
import torch
def loss(p, q):
    return torch.sqrt((torch.softmax(p, -1) ** 2).sum(-1)) + torch.sqrt((torch.exp(q) ** 2).sum())
`,
      'a safe norm': `
import jax.numpy as jnp
import optax
def energy(x, y):
    return optax.safe_norm(x - y, 1e-6) + jnp.sqrt(jnp.sum((x - y) ** 2) + 1e-9)
`,
      'summaries of a variable': `
import tensorflow as tf
def variable_summaries(var):
    mean = tf.reduce_mean(var)
    stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
    tf.summary.scalar('stddev', stddev)
`,
      'one that is tested for 0': `
import jax.numpy as jnp
def f(x, y):
    s = jnp.sum((x - y) ** 2)
    if s > 0:
        return jnp.sqrt(s)
    return s
`,
    });
    it('says what it and its gradient are at 0', () => {
      const finding = said('norm-at-zero', 'import torch\nloss = lambda a, b: torch.sqrt(((a - b) ** 2).sum(1))\n');
      assert.equal(finding.severity, 'warning');
      assert.match(
        finding.message,
        /^Where x is 0 \(x is `a - b`\), sqrt\(sum\(x \*\* 2\)\) is 0 and its gradient NaN, in float32, bfloat16 and float16\./,
      );
      assert.match(finding.lens, /gradient NaN at 0/);
    });
    it('makes less of what nothing is known of', () => {
      const unknown = said('norm-at-zero', 'import torch\ndef f(x):\n    return torch.sqrt((x ** 2).sum(1))\n');
      assert.equal(unknown.severity, 'hint');
    });
  });

  describe('division-by-norm', () => {
    finds('division-by-norm', {
      'by a name for units': `
import torch
def unit_vector(v):
    return «v / torch.sqrt((v ** 2).sum(dim=-1, keepdim=True))»
`,
      'in a function that a loss calls': `
import tensorflow as tf
def split_pose(out):
    t, q = out[:, :3], out[:, 3:]
    return t, «q / tf.sqrt(tf.reduce_sum(tf.square(q), axis=1, keepdims=True))»
def pose_loss(out, target):
    t, q = split_pose(out)
    return tf.reduce_mean(tf.abs(t - target[:, :3])) + tf.reduce_mean(tf.square(q - target[:, 3:]))
`,
      'in a function that makes units': `
import torch
def unit(v):
    return «v / torch.sqrt((v ** 2).sum(dim=-1, keepdim=True))»
class PoseHead(torch.nn.Module):
    def forward(self, o):
        return unit(o[..., :3])
`,
      'the parts of a complex mask by their length': `
import tensorflow as tf
def mask_processing(real, imag):
    unit_real = «tf.divide(real, tf.sqrt(tf.square(real) + tf.square(imag)))»
    unit_imag = «tf.divide(imag, tf.sqrt(tf.square(real) + tf.square(imag)))»
    return unit_real, unit_imag
`,
      'a length that is a number': `
import torch
import torch.nn as nn
class RawNet(nn.Module):
    def forward(self, x):
        code = self.fc1(x)
        length = code.norm(p=2, dim=1, keepdim=True) / 10.
        return self.fc2(«torch.div(code, length)»)
`,
      'a norm that is taken for a number': `
import torch
def quaternion_loss(preds, labels):
    norm = torch.norm(preds, p=2, dim=1).detach()
    preds = «preds.div(norm.unsqueeze(1).expand_as(preds))»
    return (1 - torch.sum(preds * labels, 1) ** 2).mean()
`,
      'a scale of each row': `
import torch
def reprojection_loss(p, q):
    scale = torch.sqrt(p.square().sum(axis=1, keepdim=True) / 32)
    return («p / scale» - q).abs().mean()
`,
      'a function that normalises, whatever it is given': `
import torch
def l2_norm(input, axis=1):
    norm = torch.norm(input, 2, axis, True)
    return «torch.div(input, norm)»
`,
      'a quaternion by its parts': `
import torch
def build_rotation(r):
    norm = torch.sqrt(r[:, 0] * r[:, 0] + r[:, 1] * r[:, 1] + r[:, 2] * r[:, 2] + r[:, 3] * r[:, 3])
    return «r / norm[:, None]»
`,
      'a method that the forward pass calls': `
import torch
import torch.nn as nn
class Capsules(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
    def forward(self, x):
        return self.squash(self.conv(x))
    def squash(self, tensor, dim=-1):
        squared_norm = (tensor ** 2).sum(dim=dim, keepdim=True)
        scale = squared_norm / (1 + squared_norm)
        return «scale * tensor / torch.sqrt(squared_norm)»
`,
      'the squash of a capsule, whose dividend is a product': `
import torch
import torch.nn as nn
class Capsules(nn.Module):
    def forward(self, x):
        s = torch.relu(self.conv(x))
        squared = torch.sum(s ** 2, dim=2, keepdim=True)
        return «squared / (1 + squared) * s / torch.sqrt(squared)»
`,
      'a direction between two points': `
import torch
def direction(a, b):
    return «(a - b) / (a - b).norm(dim=-1, keepdim=True)»
`,
      'features that a ReLU has made': `
import torch
def forward(x, w):
    f = torch.relu(x @ w)
    return «f / torch.norm(f, dim=1, keepdim=True)»
`,
      'a root that is written out': `
import tensorflow as tf
def pullaway_loss(embeddings):
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
    normalized = «embeddings / norm»
    return tf.matmul(normalized, normalized, transpose_b=True)
`,
      'in JAX, by the reciprocal root': `
import jax
import jax.numpy as jnp
def loss(x, y):
    d = x - y
    return «d * jax.lax.rsqrt(jnp.sum(d * d, axis=-1, keepdims=True))»
`,
      'in a layer, of whatever it is given': `
import torch
class L2Norm(torch.nn.Module):
    def forward(self, x):
        return «x / x.norm(p=2, dim=1, keepdim=True)»
`,
      'the quaternion among other outputs': `
import torch
def pose_loss(pred, target):
    q = «pred[:, 3:] / torch.sqrt(torch.sum(pred[:, 3:] ** 2, dim=1, keepdim=True))»
    return (q - target).abs().mean()
`,
      'the quaternion in Keras': `
from keras import backend as K
def pose_loss(y_true, y_pred):
    q = «y_pred[:, 3:7] / K.sqrt(K.sum(K.square(y_pred[:, 3:7]), axis=-1, keepdims=True))»
    return K.mean(K.abs(y_true - q))
`,
      'a slice and the norm of TensorFlow': `
import tensorflow as tf
def rotation_loss(y, p):
    q = «p[..., :4] / tf.norm(p[..., :4], axis=-1, keepdims=True)»
    return tf.reduce_mean(tf.abs(y - q))
`,
    });
    sparesOf('division-by-norm', {
      'something else by the length of two parts': `
import tensorflow as tf
def share(total, real, imag):
    return tf.divide(total, tf.sqrt(tf.square(real) + tf.square(imag)))
`,
    });
    spares({
      'the parts of a complex mask by their length and an epsilon': `
import tensorflow as tf
def mask_processing(real, imag):
    length = tf.sqrt(tf.square(real) + tf.square(imag) + 1e-8)
    return tf.divide(real, length), tf.divide(imag, length)
`,
      'a length that is a number, with an epsilon': `
import torch
import torch.nn as nn
class RawNet(nn.Module):
    def forward(self, x):
        code = self.fc1(x)
        length = code.norm(p=2, dim=1, keepdim=True) / 10. + 1e-6
        return self.fc2(torch.div(code, length))
`,
      'parts of something else, and squares that are kept off 0': `
import torch
def loss(r, v):
    norm = torch.sqrt(v[:, 0] * v[:, 0] + v[:, 1] * v[:, 1] + 1e-8)
    return v / norm
`,
      'a method that nothing trained calls': `
import torch
import torch.nn as nn
class Capsules(nn.Module):
    def forward(self, x):
        return self.conv(x)
    def directions(self, tensor):
        return tensor / torch.sqrt((tensor ** 2).sum(-1, keepdim=True))
class Others:
    def forward(self, x):
        return self.directions(x)
`,
      'weight normalisation': `
import torch
import torch.nn as nn
class Masked(nn.Module):
    def forward(self, x):
        v = self.weight.exp() * self.mask_d + self.weight * self.mask_o
        return x @ (self.gain * v / v.norm(p=2, dim=1, keepdim=True)).t()
`,
      'features of CLIP': `
import torch
class CLIP(torch.nn.Module):
    def forward(self, image, text):
        image_features = self.encode_image(image)
        text_features = self.encode_text(text)
        image_features = image_features / image_features.norm(dim=1, keepdim=True)
        text_features = text_features / text_features.norm(dim=1, keepdim=True)
        return image_features @ text_features.t()
`,
      weights: `
import torch
class SpectralLinear(torch.nn.Module):
    def forward(self, x):
        return x @ (self.weight / self.weight.norm(dim=0))
`,
      'what the frameworks have for it': `
import torch.nn.functional as F
import tensorflow as tf
def f(a, b):
    return F.normalize(a - b, dim=-1)
def g(a, b):
    return tf.math.l2_normalize(a - b, axis=-1)
`,
      'a guard': `
import torch
import jax.numpy as jnp
def f(a, b, eps):
    d = a - b
    return d / (d.norm(dim=-1, keepdim=True) + 1e-8) + d / torch.clamp(d.norm(dim=-1), min=eps)
def g(a, b):
    return (a - b) / jnp.sqrt(jnp.sum((a - b) ** 2) + 1e-12)
`,
      NumPy: `
import numpy as np
def unit(a, b):
    return (a - b) / np.linalg.norm(a - b)
`,
      'an adversarial step': `
import torch
def perturb(model, x, step_size):
    grad = torch.autograd.grad(model(x).sum(), [x])[0]
    return x + step_size * grad / grad.norm()
`,
    });
    it('names the function that does it along an axis', () => {
      const source = `
import torch.nn.functional as F
def f(a, b):
    d = a - b
    return d / d.norm(dim=1, keepdim=True)
`;
      assert.equal(said('division-by-norm', source).advice, 'F.normalize(a - b, dim=1)');
      assert.match(said('division-by-norm', source.replace('dim=1', '2, 1')).advice, /limited from below/);
      assert.match(said('division-by-norm', source).message, /x \/ norm\(x\) is NaN and its gradient NaN/);
    });
    it("names TensorFlow's function in a layer of tf.keras, which may have no other", () => {
      const source = `
import tensorflow as tf
class UnitNorm(tf.keras.layers.Layer):
    def call(self, x):
        return x / tf.reshape(tf.norm(x, axis=1), [-1, 1])
`;
      assert.equal(said('division-by-norm', source).advice, 'tf.math.l2_normalize(x, axis=1)');
    });
  });

  describe('cosine-of-zero-vectors', () => {
    finds('cosine-of-zero-vectors', {
      'one norm with a guard and one without': `
import tensorflow as tf
def similarity(k, memory):
    k_norm = tf.sqrt(tf.reduce_sum(tf.square(k), axis=1, keep_dims=True) + 1e-8)
    m_norm = tf.sqrt(tf.reduce_sum(tf.square(memory), axis=2, keep_dims=True))
    return tf.squeeze(«tf.matmul(memory, k) / (m_norm * k_norm)», axis=2)
`,
      'features in a contrastive loss, and a similarity of what is given': `
import torch
def contrastive_loss(features, embeddings):
    return «torch.mm(features, embeddings.t()) / torch.outer(features.norm(dim=1), embeddings.norm(dim=1))»
def similarity(a, b):
    return «(a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))»
`,
      'with a temperature': `
import torch
def contrastive_loss(a, b, temperature=0.1):
    norms = torch.mm(a.norm(dim=1).unsqueeze(1), b.norm(dim=1).unsqueeze(0))
    similarity = «torch.mm(a, b.t()) / (norms * temperature)»
    return torch.nn.functional.cross_entropy(similarity, torch.arange(len(a)))
`,
      'in a function that trains': `
import torch
def train(model, loader, opt):
    for x, y in loader:
        a = model(x)
        b = model(y)
        loss = (1 - «torch.sum(a * b, 1) / (torch.norm(a, dim=1) * torch.norm(b, dim=1))»).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
`,
      'of halves of what may have been joined': `
import torch
from torch import nn
class Loss(nn.Module):
    def forward(self, z, zs):
        if self.distributed:
            z = torch.cat(zs, dim=0)
        x1, x2 = z.chunk(2, dim=0)
        return «torch.einsum('ik,jk->ij', x1, x2) / torch.einsum('i,j->ij', x1.norm(dim=1), x2.norm(dim=1))»
`,
      'of differences': `
import torch
def direction_loss(a, b, c):
    u, v = a - b, c - b
    return 1 - («(u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1))»).mean()
`,
      'in TensorFlow, of features that a ReLU has made': `
import tensorflow as tf
def cosine(x, y):
    f = tf.nn.relu(x)
    return «tf.reduce_sum(f * y, axis=1) / (tf.norm(f, axis=1) * tf.norm(y, axis=1))»
`,
      'in JAX, one norm after the other': `
import jax.numpy as jnp
def cosine(a, b, c):
    d = a - c
    return «jnp.sum(d * b, axis=-1) / jnp.linalg.norm(d, axis=-1) / jnp.linalg.norm(b, axis=-1)»
`,
      'of all pairs': `
import torch
import torch.nn.functional as F
def similarities(a, b):
    x, y = F.relu(a), F.relu(b)
    one = «torch.mm(x, y.t()) / torch.mm(x.norm(dim=1, keepdim=True), y.norm(dim=1, keepdim=True).t())»
    two = «torch.einsum('ik,jk->ij', x, y) / torch.einsum('i,j->ij', x.norm(dim=1), y.norm(dim=1))»
    return one + two + «x @ y.t() / torch.outer(x.norm(dim=1), y.norm(dim=1))»
`,
      'of what a loss is given': `
import torch
def contrastive_loss(a, b):
    return 1 - («(a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))»).mean()
`,
      'with roots that are written out': `
import torch
def f(a, b, c):
    d = a - c
    return «(d * b).sum(1) / (torch.sqrt((d ** 2).sum(1)) * torch.sqrt((b ** 2).sum(1)))»
`,
    });
    spares({
      'the framework function': `
import torch.nn.functional as F
def similarity(a, b, c):
    return F.cosine_similarity(a - c, b - c, dim=1)
`,
      'an epsilon in the divisor': `
import torch
def similarity(a, b, c):
    u, v = a - c, b - c
    return (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1) + 1e-8)
`,
      NumPy: `
import numpy as np
def dist(a, b):
    return 1 - a.dot(b) / (np.linalg.norm(a) * np.linalg.norm(b))
`,
    });
  });

  describe('reciprocal-root', () => {
    finds('reciprocal-root', {
      'several variances with their weights': `
import tensorflow as tf
class SwitchNorm(tf.keras.layers.Layer):
    def call(self, x):
        im, iv = tf.nn.moments(x, [1, 2], keepdims=True)
        lm, lv = tf.nn.moments(x, [1, 2, 3], keepdims=True)
        w = tf.nn.softmax(self.mix)
        return (x - w[0] * im - w[1] * lm) * «tf.math.rsqrt(w[0] * iv + w[1] * lv)»
`,
      'degrees of a graph that is learnt': `
import tensorflow as tf
class AdaptiveGCN(tf.keras.layers.Layer):
    def call(self, x):
        adj = tf.nn.relu(tf.matmul(self.e1, self.e2))
        scale = «tf.math.rsqrt(tf.reduce_sum(adj, axis=-1))»
        return adj * scale[:, None] * x
`,
      'the squash of a capsule': `
import tensorflow as tf
def squash(s):
    norm = tf.reduce_sum(tf.square(s), -2, keep_dims=True)
    return «norm / (1 + norm) / tf.sqrt(norm)» * s
`,
      'of a variance': `
import torch
class Norm(torch.nn.Module):
    def forward(self, x, y):
        return y * «torch.rsqrt(x.var(dim=1, keepdim=True))»
`,
      'of a mean of squares': `
import tensorflow as tf
class RMSNorm(tf.keras.layers.Layer):
    def call(self, x):
        return x * self.gain * «tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True))»
`,
      'of a sum of squares': `
import jax
import jax.numpy as jnp
def loss(x, y, w):
    return w * «jax.lax.rsqrt(jnp.sum((x - y) ** 2, axis=-1))»
`,
      'as a power': `
import torch
def loss(x, w):
    return w * «x.var(1) ** -0.5»
`,
    });
    finds('reciprocal-root', {
      'in a function that a training step calls': `
import tensorflow as tf
def whiten(content):
    mean, variance = tf.nn.moments(content, [1, 2], keepdims=True)
    return «tf.math.rsqrt(variance)» * tf.ones_like(content) + mean
class Transfer(tf.keras.Model):
    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(whiten(self.encode(data)))
        return {'loss': loss}
`,
    });
    spares({
      'degrees of a graph that is given': `
import torch
class GCN(torch.nn.Module):
    def forward(self, x, adj):
        scale = 1.0 / torch.sqrt(adj.sum(1))
        return scale.unsqueeze(1) * adj @ x
`,
      'roots that NumPy takes, beside PyTorch': `
import numpy as np
import torch
def procrustes_loss(A, B):
    ssX = (A ** 2).sum()
    ssY = (B ** 2).sum()
    return (A * B).sum() * np.sqrt(ssX) / np.sqrt(ssY)
`,
      'an epsilon under the root': `
import torch
def forward(x, eps):
    return torch.rsqrt(x.var(1) + 1e-5) * torch.rsqrt(x.pow(2).mean(-1) + eps)
`,
      'the dimension of keys': `
import math
import torch
def attention(q, k, d_k):
    return q @ k.transpose(-2, -1) / math.sqrt(d_k) + q / torch.sqrt(torch.tensor(d_k)) + q * d_k ** -0.5
`,
      'a schedule': `
import torch
def f(x, alphas_cumprod):
    return x / torch.sqrt(alphas_cumprod) + x * torch.rsqrt(alphas_cumprod)
`,
      'a degree of a graph': `
import torch
def norm(adj):
    deg = adj.sum(1)
    inverse = deg.pow(-0.5)
    inverse[inverse == float('inf')] = 0
    return inverse
`,
      NumPy: `
import numpy as np
def whiten(x):
    return 1 / np.sqrt(np.var(x, axis=0))
`,
    });
    it('says what it is at 0', () => {
      const [finding] = assertFinds(
        'reciprocal-root',
        'import torch\ndef loss(x, w):\n    return w * «torch.rsqrt(x.var(1))»\n',
      );
      assert.match(finding?.message ?? '', /1 \/ sqrt\(v\) is inf and its gradient -inf/);
    });
  });

  describe('root-of-two-squares', () => {
    const hint = (source: string): Finding => said('root-of-two-squares', source);
    it('overflows where the squares do', () => {
      const finding = hint('import torch\ndef magnitude(re, im):\n    return torch.sqrt(re * re + im * im)\n');
      assert.equal(finding.severity, 'hint');
      const thresholds = finding.failures.map(({ format, failures }) => [
        format,
        failures.find(({ of, side }) => of === 'value' && side === 'above')?.from,
      ]);
      // The catalogue's 180 is for two equal numbers, as here; its 1.8e19 for one that is alone: that times sqrt(1/2).
      assert.deepEqual(
        thresholds.map(([format]) => format),
        ['float32', 'bfloat16', 'float16'],
      );
      assert.equal(thresholds[2]?.[1], 181);
      const [, float32] = thresholds[0] ?? [];
      assert(typeof float32 === 'number' && Math.abs((float32 * Math.SQRT2) / 2 ** 64 - 1) < 1e-6);
      const [, bfloat16] = thresholds[1] ?? [];
      assert(typeof bfloat16 === 'number' && Math.abs((bfloat16 * Math.SQRT2) / 2 ** 64 - 1) < 1e-2);
    });
    for (const [name, source] of Object.entries({
      TensorFlow: 'import tensorflow as tf\nf = lambda a, b: tf.sqrt(tf.square(a) + tf.square(b))\n',
      JAX: 'import jax.numpy as jnp\nf = lambda a, b: jnp.sqrt(a ** 2 + b ** 2)\n',
      'a power of a half': 'import torch\ndef f(a, b):\n    return torch.pow(a ** 2 + b ** 2, 0.5)\n',
    })) {
      it(`is found: ${name}`, () => assert.equal(hint(source).severity, 'hint'));
    }
    for (const [name, source] of Object.entries({
      'in float64': 'import math\ndef f(a, b):\n    return math.sqrt(a ** 2 + b ** 2)\n',
      'of what is bounded':
        'import torch\ndef f(a, b):\n    return torch.sqrt(torch.sin(a) ** 2 + torch.cos(b) ** 2)\n',
      hypot: 'import torch\ndef f(a, b):\n    return torch.hypot(a, b)\n',
    })) {
      it(`is spared: ${name}`, () =>
        assert.deepEqual(
          findingsIn(source).filter(({ rule }) => rule === 'root-of-two-squares'),
          [],
        ));
    }
  });

  describe('where gradients are taken', () => {
    finds('norm-at-zero', {
      'a mean of each row': `
import tensorflow as tf
def triplet_loss(y_true, y_pred):
    return tf.reduce_mean(«tf.sqrt(tf.reduce_mean(tf.square(y_pred - y_true), axis=-1))»)
`,
      'a function that is differentiated in a step': `
import jax
import jax.numpy as jnp
def step(state, x, y):
    def fn(params):
        return jnp.mean(«jnp.sqrt(jnp.sum((state.apply_fn(params, x) - y) ** 2, axis=1))»)
    return jax.value_and_grad(fn)(state.params)
`,
    });
    finds('division-by-norm', {
      'a contrastive loss by its name': `
import torch
import torch.nn.functional as F
def info_nce(a, b):
    a = «a / a.norm(dim=1, keepdim=True)»
    return F.cross_entropy(a @ b.t() / 0.07, torch.arange(len(a)))
`,
      'a method that gives a part of the loss': `
import torch
import torch.nn.functional as F
class Trainer:
    def alignment(self, a, b):
        a = «a / a.norm(dim=1, keepdim=True)»
        return (a * b).sum(1).mean()
    def step(self, x, b):
        loss = F.mse_loss(x, b) + 0.1 * self.alignment(x, b)
        loss.backward()
`,
    });
    finds('norm-at-zero', {
      'a loss that the file only tries out': `
import jax.numpy as jnp
def contrastive_loss(a, b):
    return «jnp.linalg.norm(a - b)».mean()
def test():
    print(contrastive_loss(jnp.ones(3), jnp.zeros(3)))
`,
      'a gradient penalty in a script, below functions that prepare data': `
import tensorflow as tf
def preprocess_fn(img):
    return tf.image.resize_images(img, [64, 64])
with tf.device('/gpu:0'):
    real = tf.placeholder(tf.float32, [None, 64, 64, 3])
    def gradient_penalty(x, f):
        gradients = tf.gradients(f(x), x)[0]
        slopes = «tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))»
        return tf.reduce_mean((slopes - 1.) ** 2)
    loss = gradient_penalty(real, discriminator)
    step = tf.train.AdamOptimizer().minimize(loss)
`,
    });
    finds('division-by-norm', {
      'vectors of a network, in the function that trains it': `
import torch
import torch.nn.functional as F
def train(model, loader, optimizer):
    for blocks, anchor in loader:
        embeds = model(blocks, blocks[0].data)
        embeds = «embeds / embeds.norm(dim=1, keepdim=True)»
        loss = F.triplet_margin_loss(anchor, embeds[0], embeds[1], 0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`,
    });
    spares({
      'features of CLIP beside those that are trained': `
import torch
def train(clip, model, loader, optimizer):
    for image, text in loader:
        image_features = clip.encode_image(image)
        image_features = image_features / image_features.norm(dim=-1, keepdim=True)
        loss = -(model(text) * image_features).sum(-1).mean()
        loss.backward()
        optimizer.step()
`,
    });
    spares({
      'errors of a script that takes no gradients, and says so at other places': `
import torch
from model import net, loader
total = 0
for sample in loader:
    truth = sample['poses']
    with torch.no_grad():
        poses = net(sample['image'])
    poses = center(poses) * 1000
    total += torch.sum(torch.mean(torch.sqrt(torch.sum((truth - poses) ** 2, dim=1)), dim=1)).item()
print(total)
`,
      'the norm of a gradient that is taken to disturb embeddings, and a relative error': `
import tensorflow as tf
class Trainer(tf.keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compiled_loss(y, self(x, training=True))
        grads = tape.gradient(loss, self.embeddings)
        self.embeddings.assign_add(self.epsilon * grads / (tf.norm(grads) + 1e-6))
        return super().train_step(data)
    def compute_l2_error(self, u, v):
        return tf.norm(u - v) / tf.norm(v)
`,
      'an error that only functions of evaluation call, and the norm of gradients in a step of training': `
from functools import partial
import jax
import jax.numpy as jnp
def apart(u, v):
    return jnp.linalg.norm(u - v) / jnp.linalg.norm(v)
@jax.jit
def _eval3d(apply_fn, params, x, u):
    return apart(apply_fn(params, x), u)
def eval_step(params, x, u):
    return jnp.linalg.norm(apply(params, x) - u)
@jax.jit
def train_step(state, batch):
    _, grad = jax.value_and_grad(partial(state.apply_fn, batch))(state.params)
    norm = jnp.linalg.norm(jax.tree_map(jnp.linalg.norm, grad))
    return state.apply_gradients(grads=grad), norm
`,
    });
    spares({
      'a function whose result is no loss': `
import torch
def alignment(a, b):
    a = a / a.norm(dim=1, keepdim=True)
    return (a * b).sum(1).mean()
score = alignment(x, y)
`,
    });
  });
});
