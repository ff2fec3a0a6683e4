import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function said(rule: string, source: string): Finding {
  return only(findingsIn(source).filter((finding) => finding.rule === rule));
}

describe('statistics', () => {
  describe('division-by-deviation', () => {
    finds('division-by-deviation', {
      'features, in a method that the forward pass calls': `
import torch
class BarlowTwins(torch.nn.Module):
    @staticmethod
    def standardize(z):
        return «(z - z.mean(0)) / z.std(0)»
    def forward(self, a, b):
        return (self.standardize(self.net(a)).T @ self.standardize(self.net(b))).sum()
`,
      'returns by a letter, where a policy is trained': `
import torch
def finish(log_probs, rewards, gamma=0.99):
    G = torch.tensor(discounted(rewards, gamma))
    G -= G.mean()
    «G /= G.std()»
    return -(log_probs * G).sum()
`,
      'one return by the statistics of all': `
import numpy as np
import torch
class Experience:
    def sample(self):
        reward_mean = np.mean(self.reward_history)
        reward_std = np.std(self.reward_history)
        for step in self.memory:
            step[-1] = «(step[-1] - reward_mean) / reward_std»
            yield step
`,
      'in the forward pass of a module, in a file with NumPy': `
import numpy as np
import torch
class CorrelationLoss(torch.nn.Module):
    def forward(self, a, b):
        a = «(a - a.mean(0)) / a.std(0)»
        return -(a * b.detach()).sum() / np.sqrt(2)
`,
      'rewards of a script, by a name for them': `
import numpy as np
import tensorflow as tf
episode = np.vstack(rewards)
discount_epr = accumulate(episode)
discount_epr -= np.mean(discount_epr)
«discount_epr /= np.std(discount_epr)»
session.run(step, feed_dict={weights: discount_epr})
`,
      'what a function of returns gives': `
import numpy as np
class Agent:
    def find_discounted_return(self, rewards):
        R = np.zeros_like(rewards)
        total = 0
        for t in reversed(range(len(R))):
            total = total * self.gamma + rewards[t]
            R[t] = total
        R -= np.mean(R)
        return «R / np.std(R)»
`,
      'of an array that a tensor was made of, beside NumPy': `
import torch
import numpy as np
def update(policy, obs, act, advantages):
    advantages = torch.FloatTensor(advantages)
    advantages = «(advantages - advantages.mean()) / advantages.std()»
    loss = -(policy(obs).log_prob(act) * advantages).mean()
    loss.backward()
`,
      'of a covariance, by both deviations': `
from tensorflow.keras import backend as K
def correlation_loss(y_true, y_pred):
    cov = K.mean((y_true - K.mean(y_true)) * (y_pred - K.mean(y_pred)))
    return 1 - «cov / (K.std(y_true) * K.std(y_pred))»
`,
      'advantages in PyTorch': `
import torch
def update(obs, advantages):
    advantages = «(advantages - advantages.mean()) / advantages.std()»
    return advantages
`,
      'advantages in NumPy': `
import numpy as np
def learn(seg):
    atarg = seg["adv"]
    atarg = «(atarg - atarg.mean()) / atarg.std()»
    return atarg
`,
      'discounted rewards': `
import torch
def finish_episode(rewards):
    returns = torch.tensor(rewards)
    returns = «(returns - returns.mean()) / returns.std()»
    return returns
`,
      'in two steps': `
import numpy as np
def discount_and_norm_rewards(rewards):
    discounted = discount(rewards)
    discounted -= np.mean(discounted)
    «discounted /= np.std(discounted)»
    return discounted
`,
      'returns in JAX': `
import jax.numpy as jnp
def standardise(returns):
    return «(returns - jnp.mean(returns)) / jnp.std(returns)»
`,
      'in a layer': `
import torch
class MyLayerNorm(torch.nn.Module):
    def forward(self, x):
        return self.gain * («(x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)»)
`,
      'in a loss, with moments': `
import tensorflow as tf
def correlation_loss(y, p):
    mean, variance = tf.nn.moments(p, axes=[0])
    z = «(p - mean) / tf.sqrt(variance)»
    return -tf.reduce_mean(z * y)
`,
    });
    spares({
      'a data set': `
import torch
def normalize(x):
    return (x - x.mean()) / x.std()
def standardize(data):
    return (data - data.mean(0)) / data.std(0)
`,
      'a data set in NumPy': `
import numpy as np
def preprocess(X):
    X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)
    return (X - X.mean()) / X.std()
`,
      'statistics that were computed once': `
import torch
class Model(torch.nn.Module):
    def forward(self, x):
        return (x - self.mean) / self.std
`,
      'a transform': `
import torch
from torchvision import transforms
normalize = transforms.Normalize(mean=[0.485], std=[0.229])
class Standardize:
    def __call__(self, image):
        return (image - image.mean()) / image.std()
`,
      'an epsilon': `
import torch
import numpy as np
def update(advantages, returns, eps):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    return advantages, returns
`,
      'a limit': `
import torch
def update(adv):
    return (adv - adv.mean()) / adv.std().clamp(min=1e-6)
`,
      'another mean': `
import torch
def forward(x, y):
    return (x - y.mean()) / y.std()
`,
    });
    it('makes less of a letter where no policy is trained', () => {
      const { severity } = said(
        'division-by-deviation',
        'import torch\ndef f(G):\n    return (G - G.mean()) / G.std()\n',
      );
      assert.equal(severity, 'hint');
    });
    it('says what comes of equal elements, and of a single one', () => {
      const { message, severity } = said(
        'division-by-deviation',
        'import torch\ndef f(adv):\n    return (adv - adv.mean()) / adv.std()\n',
      );
      assert.equal(severity, 'information');
      assert.match(message, /^Where all elements of \`adv\` are equal, \(x - mean\(x\)\) \/ std\(x\) is NaN/);
      assert.match(message, /single element PyTorch's std\(\) is NaN/);
    });
  });

  describe('deviation-at-zero', () => {
    finds('deviation-at-zero', {
      'a multiple of the variance under the root': `
import torch
import torch.nn as nn
class HingeLoss(nn.Module):
    def forward(self, x):
        return torch.relu(1 - «torch.sqrt(self.net(x).var(dim=0) / 2)»).sum()
`,
      'a multiple of it, in what Keras calls': `
import tensorflow as tf
def crps(y_true, y_pred, factor=0.05):
    mae = tf.reduce_mean(tf.abs(y_pred - y_true))
    dist = tf.math.reduce_std(y_pred)
    return mae - «factor * dist»
`,
      'of a variance, under a gradient tape': `
import tensorflow as tf
def train(net, opt, x, t):
    with tf.GradientTape() as tape:
        q = net(x)
        mean, var = tf.nn.moments(q, axes=[0])
        q = (q - mean) / (1e-3 + «tf.sqrt(var[0])»)
        loss = tf.reduce_mean(tf.square(q - t))
    opt.apply_gradients(zip(tape.gradient(loss, net.trainable_weights), net.trainable_weights))
    return loss
`,
      'variance and mean at once': `
import torch
def moments_loss(x, eps=1e-8):
    variance, mean = torch.var_mean(x, dim=0)
    deviation = «variance.sqrt()»
    return ((x - mean) / (deviation + eps)).pow(3).mean()
`,
      'the root of a variance': `
import torch
def variance_loss(z):
    std = «torch.sqrt(z.var(dim=0))»
    return torch.relu(1 - std).mean()
`,
      'a chain of methods': `
import torch
class StyleLoss(torch.nn.Module):
    def forward(self, features, target):
        return (features.mean(0) - target).pow(2).sum() + «features.var(0).sqrt()».sum()
`,
      'moments in TensorFlow': `
import tensorflow as tf
class InstanceNorm(tf.keras.layers.Layer):
    def call(self, x):
        mean, var = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        std = «tf.sqrt(var)»
        return (x - mean) / (std + 1e-5)
`,
      'the standard deviations of batches that are to be alike': `
import tensorflow as tf
def moments_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(«tf.math.reduce_std(y_true, 0) - tf.math.reduce_std(y_pred, 0)»))
`,
      'a mean of standard deviations': `
import tensorflow as tf
from tensorflow.keras import backend as K
def minibatch_std(x):
    return «K.mean(K.std(x, axis=0))»
def collapse_loss(z):
    return -«tf.reduce_mean(tf.math.reduce_std(z, axis=0))»
`,
      'an epsilon that comes after the root': `
from keras import backend as K
class InstanceNormalization:
    def call(self, inputs):
        stddev = «K.std(inputs, axis=[1, 2], keepdims=True) + self.epsilon»
        return inputs / stddev
`,
      'in JAX': `
import jax.numpy as jnp
def loss_fn(z):
    return jnp.mean(jnp.maximum(0.0, «1 - jnp.std(z, axis=0)»))
`,
      'a variance that is written out': `
import tensorflow as tf
def contrast_loss(x):
    mean = tf.reduce_mean(x, axis=1, keepdims=True)
    return -tf.reduce_mean(«tf.sqrt(tf.reduce_mean(tf.square(x - mean), axis=1))»)
`,
    });
    spares({
      'advantages, by their name': `
import jax, jax.numpy as jnp
def loss_fn(model, minibatch):
    rollouts, gaes, targets = minibatch
    gaes = (gaes - jnp.mean(gaes)) / (jnp.std(gaes) + 1e-8)
    return -jnp.mean(model(rollouts) * gaes)
`,
      'what JAX does not differentiate by': `
import jax, jax.numpy as jnp
def update(params, batch):
    data, returns, values = batch['data'], batch['returns'], batch['values']
    advantages = returns - values[:, :-1]
    def ppo_loss(params, x, adv):
        std = adv.std()
        return -jnp.mean(net(params, x) * adv / jnp.maximum(std, 1e-4))
    return jax.value_and_grad(ppo_loss)(params, data, advantages)
`,
      'what a graph is fed with': `
import tensorflow as tf
class PPOLoss(object):
    def __init__(self, ratio):
        self.adv = tf.placeholder(tf.float32, [None])
        mean, var = tf.nn.moments(self.adv, axes=[0])
        adv = (self.adv - mean) / (tf.sqrt(var) + 1e-8)
        self.loss = -tf.reduce_mean(ratio * adv)
`,
      'a multiple of the variance and an epsilon under the root': `
import torch
import torch.nn as nn
class HingeLoss(nn.Module):
    def forward(self, x):
        return torch.relu(1 - torch.sqrt(self.net(x).var(dim=0) / 2 + 1e-6)).sum()
`,
      "PyTorch's own standard deviation, whose gradient at 0 is 0": `
import torch
def variance_loss(z):
    return torch.relu(1 - z.std(dim=0)).mean()
`,
      'an epsilon under the root': `
import torch
import jax.numpy as jnp
def variance_loss(z, eps):
    return torch.relu(1 - torch.sqrt(z.var(dim=0) + 1e-4)).mean() + torch.sqrt(z.var(0) + eps).mean()
def loss_fn(z):
    return jnp.mean(jnp.sqrt(jnp.var(z, axis=0) + 1e-4))
`,
      'a standard deviation that is squared again, whose gradient at 0 TensorFlow takes to be 0': `
import tensorflow as tf
class Norm(tf.keras.layers.Layer):
    def call(self, x):
        std = tf.math.reduce_std(x)
        return tf.nn.batch_normalization(x, tf.reduce_mean(x), std ** 2, self.offset, self.scale, 1e-12)
`,
      'a standard deviation that is only looked at': `
import jax.numpy as jnp
def loss_fn(q):
    std = jnp.std(q, axis=1)
    return jnp.mean(q), dict(std=std, mean=jnp.mean(jnp.std(q, axis=0)))
`,
      'standard deviations of data, and of a network that is looked at': `
import tensorflow as tf
def scale_loss(y_true, y_pred):
    return tf.reduce_mean((y_true - y_pred) ** 2) / (1e-6 + tf.math.reduce_std(y_true))
def report(model, x):
    return tf.reduce_mean(tf.math.reduce_std(model(x), axis=0))
`,
      'statistics of data': `
import jax.numpy as jnp
import tensorflow as tf
def get_data(X, Y):
    Y -= jnp.mean(Y)
    Y /= jnp.std(Y)
    return X, Y
def predict(mus):
    return tf.reduce_mean(mus, 0), tf.sqrt(tf.math.reduce_variance(mus, 0))
`,
      summaries: `
import tensorflow as tf
def variable_summaries(var):
    mean = tf.reduce_mean(var)
    tf.summary.scalar('stddev', tf.sqrt(tf.reduce_mean(tf.square(var - mean))))
`,
      NumPy: `
import numpy as np
def loss(x):
    return np.sqrt(np.var(x)) + np.std(x) + 1
`,
      'where no gradient is taken': `
import torch
def loss(x):
    with torch.no_grad():
        return torch.sqrt(x.var(0))
`,
    });
  });

  describe('variance-by-moments', () => {
    finds('variance-by-moments', {
      "Pearson's correlation without means": `
import torch
class NegPearson(torch.nn.Module):
    def forward(self, preds, labels):
        loss = 0
        for i in range(preds.shape[0]):
            sum_x, sum_y = torch.sum(preds[i]), torch.sum(labels[i])
            sum_xy = torch.sum(preds[i] * labels[i])
            sum_x2, sum_y2 = torch.sum(torch.pow(preds[i], 2)), torch.sum(torch.pow(labels[i], 2))
            N = preds.shape[1]
            spread = («N * sum_x2 - torch.pow(sum_x, 2)») * («N * sum_y2 - torch.pow(sum_y, 2)»)
            loss += 1 - (N * sum_xy - sum_x * sum_y) / torch.sqrt(spread)
        return loss / preds.shape[0]
`,
      'under a mask': `
import torch
class StatPool(torch.nn.Module):
    def forward(self, x, lengths):
        m = (torch.arange(x.size(-1))[None] < lengths[:, None]).unsqueeze(1).float()
        n = lengths.view(-1, 1).float()
        mean = (x * m).sum(-1) / n
        squares = (x * x * m).sum(-1) / n
        return torch.cat([mean, («squares - mean ** 2»).sqrt()], dim=1)
`,
      'the root of moments that are added up elsewhere': `
import tensorflow as tf
class Leaf(tf.keras.layers.Layer):
    def scale(self):
        loc = tf.math.divide_no_nan(self.first_moment, self.n)
        return «tf.sqrt(tf.math.divide_no_nan(self.second_moment, self.n) - tf.square(loc))»
`,
      'in PyTorch': `
import torch
def variance(x):
    return «(x ** 2).mean(dim=0) - x.mean(dim=0) ** 2»
`,
      'under a root': `
import torch
def deviation(x):
    return torch.sqrt(«torch.mean(x * x) - torch.mean(x).pow(2)»)
`,
      'in TensorFlow, by way of names': `
import tensorflow as tf
def moments(x):
    mean = tf.reduce_mean(x, axis=0)
    mean_of_squares = tf.reduce_mean(tf.square(x), axis=0)
    variance = «mean_of_squares - tf.square(mean)»
    return mean, variance
`,
      'in JAX': `
import jax.numpy as jnp
def f(x):
    mu = jnp.mean(x, -1)
    return «jnp.mean(jnp.square(x), -1) - mu * mu»
`,
      'under weights': `
import torch
def pool(h, w):
    mean = torch.sum(w * h, dim=1)
    return mean, torch.sqrt(«torch.sum(w * h * h, dim=1) - mean ** 2» + 1e-8)
`,
      'with sums and their number': `
import torch
def variance(x, n):
    return «(x ** 2).sum() / n - (x.sum() / n) ** 2»
`,
      'in NumPy': `
import numpy as np
def variance(x):
    return «np.mean(x ** 2) - np.mean(x) ** 2»
`,
    });
    spares({
      'with the mean subtracted first': `
import torch
def variance(x):
    return ((x - x.mean()) ** 2).mean()
`,
      'of two different things': `
import torch
def f(x, y):
    return (x ** 2).mean() - y.mean() ** 2
`,
      'the square of a sum less the sum of squares, of a factorisation machine': `
import torch
def interaction(x):
    return 0.5 * (x.sum(1) ** 2 - (x ** 2).sum(1)).sum(1)
`,
      'the framework function': `
import torch
def variance(x):
    return x.var(unbiased=False)
`,
      'a part of the square, for scale invariance': `
import torch
def loss(pred, gt):
    d = torch.log(pred) - torch.log(gt)
    return (d ** 2).mean() - 0.85 * d.mean() ** 2
`,
      metrics: `
import torch
def explained_variance_score(x):
    return (x ** 2).mean() - x.mean() ** 2
`,
    });
    it('computes what comes of equal elements', () => {
      const { message, severity } = said(
        'variance-by-moments',
        'import torch\ndef f(x):\n    return (x ** 2).mean() - x.mean() ** 2\n',
      );
      assert.equal(severity, 'warning');
      // The catalogue's 0.125 is of the same order: a few units in the last place of a million.
      assert.match(message, /three elements that are all 1000\.\d+, whose variance is 0, it is -0\.1875 in float32/);
      assert.match(message, /NaN in float16/);
      assert.match(message, /Write torch\.var\(x, unbiased=False\) instead/);
    });
    it('says of the same elements what other formats leave of them, as PyTorch computes it', () => {
      const source = 'import torch\ndef loss(x, n):\n    return n * (x ** 2).sum() - x.sum() ** 2\n';
      const [{ message } = { message: '' }] = findingsIn(source).filter(({ rule }) => rule === 'variance-by-moments');
      // Of three elements of 1005.4 torch 2 gives -2 in float32, exactly 0 in bfloat16 and nan in float16.
      assert.match(message, /that are all 1005\.4, whose variance is 0, it is -2 in float32 \(NaN in float16\)/);
    });
    it('makes less of one that is kept from being negative', () => {
      const source = 'import torch\ndef f(x):\n    return ((x ** 2).mean(1) - x.mean(1) ** 2).clamp(min=0)\n';
      assert.equal(said('variance-by-moments', source).severity, 'information');
    });
    it('writes the variance only of the whole', () => {
      const source = 'import numpy as np\ndef f(x):\n    return np.mean(x ** 2, axis=0) - np.mean(x, axis=0) ** 2\n';
      assert.match(said('variance-by-moments', source).advice, /subtract the mean first/);
    });
  });

  describe('division-by-sum', () => {
    it('is inf where a number is added above alone, and NaN elsewhere', () => {
      const dice = (above: string): string => `
import torch
def dice_loss(p, t):
    return 1 - ${above} / (p.sum() + t.sum())
`;
      const said = (above: string): string =>
        only(findingsIn(dice(above)).filter(({ rule }) => rule === 'division-by-sum')).message;
      assert.match(said('(2 * (p * t).sum() + 1)'), /\(intersection \+ c\) \/ union is inf/);
      assert.match(said('2 * (p * t).sum()'), /intersection \/ union is NaN/);
    });

    finds('division-by-sum', {
      'a union as one sum of products': `
import torch
def soft_iou_loss(scores, onehot, valid):
    pred = torch.softmax(scores, dim=1) * valid
    onehot = onehot * valid
    inter = (pred * onehot).view(2, 21, -1).sum(2)
    union = (pred + onehot - pred * onehot).view(2, 21, -1).sum(2)
    return 1 - («inter / union»).mean()
`,
      'a projection on a signal': `
import torch
class SpectralLoss(torch.nn.Module):
    def si_sdr(self, est, ref):
        scale = «(est * ref).sum(-1, keepdim=True) / (ref ** 2).sum(-1, keepdim=True)»
        return -10 * torch.log10((scale * ref).pow(2).sum(-1) + 1e-6)
    def forward(self, est, ref):
        return self.si_sdr(est, ref).mean()
`,
      'a Tversky index whose weights are attributes': `
import torch
class TverskyLoss(torch.nn.Module):
    def forward(self, p, t):
        tp = (p * t).sum((2, 3))
        fp = (p * (1 - t)).sum((2, 3))
        fn = ((1 - p) * t).sum((2, 3))
        return 1 - («tp / (tp + self.alpha * fp + self.beta * fn)»).mean()
`,
      'means of groups': `
import torch
def parity_loss(p, group):
    return (p * group).sum().log() - «(p * group).sum() / group.sum()»
`,
      'sums of absolute values': `
from tensorflow.keras import backend as K
def jaccard_loss(y_true, y_pred):
    inter = K.sum(K.abs(y_true * y_pred))
    total = K.sum(K.abs(y_true) + K.abs(y_pred))
    return 1 - «inter / (total - inter)»
`,
      'a union as one sum': `
import tensorflow as tf
def soft_iou_loss(y_true, y_pred):
    inter = tf.reduce_sum(y_true * y_pred, axis=[1, 2, 3])
    union = tf.reduce_sum(y_true + y_pred - y_true * y_pred, axis=[1, 2, 3])
    return 1.0 - tf.reduce_mean(«inter / union»)
`,
      'pairs of a class but for those with themselves': `
import torch
import torch.nn as nn
class SupConLoss(nn.Module):
    def forward(self, logits, mask):
        others = torch.scatter(torch.ones_like(mask), 1, torch.arange(8).view(-1, 1), 0)
        positives = mask * others
        log_prob = logits - torch.logsumexp(logits, 1, keepdim=True)
        mean = «(positives * log_prob).sum(1) / positives.sum(1)»
        return -mean.mean()
`,
      'a Dice loss whose union is one sum of both': `
import tensorflow as tf
def combined_loss(y_true, y_pred):
    def dice_loss(y_true, y_pred):
        numerator = 2 * tf.reduce_sum(y_true * y_pred, axis=(1, 2, 3))
        denominator = tf.reduce_sum(y_true + y_pred, axis=(1, 2, 3))
        return tf.reshape(1 - «numerator / denominator», (-1, 1, 1))
    return dice_loss(y_true, y_pred)
`,
      'a layer that divides by a sum': `
import keras
from keras import ops
class Normalize(keras.layers.Layer):
    def call(self, inputs):
        sums = ops.sum(inputs, axis=-1, keepdims=True)
        return «inputs / sums»
`,
      'boxes, by a function of the framework': `
import tensorflow as tf
class IoULoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        ty1, tx1, ty2, tx2 = tf.unstack(y_true, 4, -1)
        py1, px1, py2, px2 = tf.unstack(y_pred, 4, -1)
        h = tf.math.maximum(tf.math.minimum(ty2, py2) - tf.math.maximum(ty1, py1), 0.)
        w = tf.math.maximum(tf.math.minimum(tx2, px2) - tf.math.maximum(tx1, px1), 0.)
        both = h * w
        true_area = (ty2 - ty1) * (tx2 - tx1)
        area = (py2 - py1) * (px2 - px1)
        return 1 - «tf.math.divide(both, true_area + area - both)»
`,
      'a mask that is laid out before': `
import torch
def masked_l1_loss(output, gt, mask):
    mask = mask.float()[None, :, :].repeat(gt.shape[0], 1, 1)
    loss = torch.abs(output - gt) * mask
    return «loss.sum() / mask.sum()»
`,
      'a number that is added above alone': `
import tensorflow as tf
def dice_loss(y_true, y_pred, const=1e-7):
    both = tf.reduce_sum(y_true * y_pred)
    only = tf.reduce_sum((1 - y_true) * y_pred)
    return 1 - «(2.0 * both + const) / (2.0 * both + only)»
`,
      'a mean that is weighed by what a ReLU gives': `
import torch
def coordinates_loss(h, grid):
    mass = torch.relu(h)
    return «(mass * grid).sum(1) / mass.sum(1)»
`,
      'a mean over a mask': `
import torch
def masked_loss(loss, mask):
    return «(loss * mask).sum() / mask.sum()»
`,
      'a loss by the number of positive labels, in TensorFlow': `
import tensorflow as tf
def contour_loss(y_true, y_pred):
    missed = tf.reduce_sum(tf.nn.relu(y_true - y_pred))
    return «missed / tf.reduce_sum(y_true)»
`,
      'weights of a loss that are shares of labels': `
import torch
from torch import nn
class MetricLoss(nn.Module):
    def forward(self, input, target):
        weight = 1.0 - target
        weight = «weight / weight.sum()» + «target / target.sum()»
        return (weight * (input - target) ** 2).sum()
`,
      'a mean over elements that a comparison selects': `
import torch
def hard_loss(loss, margin):
    return «(loss * (margin > 0)).sum() / (margin > 0).sum()»
`,
      'of what a ReLU gives': `
import torch
def attend(scores):
    a = torch.relu(scores)
    return «a / a.sum(dim=-1, keepdim=True)»
`,
      'of a mask': `
import torch
def pool(x, length):
    mask = (x > 0).float()
    alpha = «mask / mask.sum(dim=1, keepdim=True)»
    return (alpha * x).sum(1)
`,
      'of masked scores': `
import torch
def forward(score, mask):
    e = score.abs() * (mask > 0)
    return «torch.div(e, torch.sum(e))»
`,
      'of absolute differences, in JAX': `
import jax.numpy as jnp
def weights(a, b):
    d = jnp.abs(a - b)
    return «d / jnp.sum(d)»
`,
      'intersection over union': `
import torch
def iou_loss(pred, target):
    inter = (pred * target).sum()
    union = pred.sum() + target.sum() - inter
    return 1 - «inter / union»
`,
      'Dice in Keras': `
from keras import backend as K
def dice_loss(y_true, y_pred):
    inter = K.sum(y_true * y_pred)
    return 1 - «2. * inter / (K.sum(y_true) + K.sum(y_pred))»
`,
      'Dice in TensorFlow': `
import tensorflow as tf
class DiceLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        inter = tf.reduce_sum(y_true * y_pred, axis=[1, 2])
        return 1 - tf.reduce_mean(«2 * inter / (tf.reduce_sum(y_true, axis=[1, 2]) + tf.reduce_sum(y_pred, axis=[1, 2]))»)
`,
    });
    spares({
      'a projection that no signal has to do with, and one with a guard': `
import torch
def project(a, b):
    return (a * b).sum() / (b ** 2).sum() * b
def si_sdr_loss(a, b):
    return (a * b).sum() / ((b ** 2).sum() + 1e-8)
`,
      'a sum of a mask in which zeros are replaced, whichever mask it is': `
import torch
import torch.nn as nn
class SupConLoss(nn.Module):
    def forward(self, logits, mask, labels):
        if mask is None:
            mask = torch.eq(labels, labels.T).float()
        else:
            mask = mask.float().to(logits.device) * 2
        mask = mask * (1 - torch.eye(8))
        log_prob = logits - torch.logsumexp(logits, 1, keepdim=True)
        count = mask.sum(1)
        count[count == 0] = 1
        return -((mask * log_prob).sum(1) / count).mean()
`,
      'a Dice loss only where there is something': `
import jax.numpy as jnp
def dice_loss(mask_pred, mask_true):
    numerator = 2 * jnp.sum(mask_pred * mask_true, axis=1)
    denominator = jnp.sum(mask_pred + mask_true, axis=1)
    return jnp.where(jnp.sum(mask_true, axis=1) > 0, 1 - numerator / denominator, 0)
`,
      'boxes with a small number, and those that are only matched': `
import torch
def iou_loss(a, b, inter_h, inter_w):
    inter = inter_h.clamp(min=0) * inter_w.clamp(min=0)
    return 1 - inter / (a + b - inter + 1e-7)
def nms(a, b, inter_h, inter_w):
    inter = inter_h.clamp(min=0) * inter_w.clamp(min=0)
    return inter / (a + b - inter)
`,
      'a smoothing term': `
import torch
def dice_loss(p, t, smooth=1.):
    inter = (p * t).sum()
    one = 1 - (2. * inter + smooth) / (p.sum() + t.sum() + smooth)
    two = 1 - 2. * inter / (p.sum() + t.sum() + 1e-7)
    return one + two
def iou_loss(p, t, eps):
    inter = (p * t).sum()
    return inter / (p.sum() + t.sum() - inter + eps)
`,
      probabilities: `
import torch
def sharpen(x, T):
    p = torch.softmax(x, 1) ** (1 / T)
    q = torch.exp(-x ** 2)
    s = torch.sigmoid(x)
    return p / p.sum(1, keepdim=True) + q / q.sum(1, keepdim=True) + s / s.sum()
`,
      'a filter': `
import torch
def blur(filt):
    filt = filt / torch.sum(filt)
    return filt
`,
      'histograms in NumPy': `
import numpy as np
def histogram(h):
    return h / h.sum()
`,
      'a mean over a mask, outside of losses': `
import torch
def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum()
`,
      'a mean over a mask that is counted as one at least': `
import torch
def masked_loss(loss, mask):
    return (loss * mask).sum() / mask.sum().clamp(min=1)
`,
      'an accuracy over a mask': `
import torch
def masked_accuracy(logits, y, mask):
    return ((logits.argmax(-1) == y) * mask).sum() / mask.sum()
`,
      'soft labels, which add up to the size of the batch': `
import torch
import torch.nn.functional as F
def soft_loss(x, soft_targets):
    return -(soft_targets * F.log_softmax(x, dim=1)).sum() / soft_targets.sum()
`,
      'a sum of something else': `
import torch
def scaled_loss(loss, lengths):
    return loss.sum() / lengths.sum()
`,
      'the largest elements, of which there is one at least': `
import jax.numpy as jnp
def greedy(q):
    best = (q == jnp.max(q, axis=-1, keepdims=True)).astype(jnp.float32)
    return best / jnp.sum(best, axis=-1, keepdims=True)
`,
      'a division that knows 0': `
import tensorflow as tf
def attend(scores):
    a = tf.nn.relu(scores)
    return tf.math.divide_no_nan(a, tf.reduce_sum(a, -1, keepdims=True))
`,
      metrics: `
import torch
def iou_metric(pred, target):
    inter = (pred * target).sum()
    return inter / (pred.sum() + target.sum() - inter)
`,
    });
    it('says what 0 by 0 is', () => {
      const source = 'import torch\ndef f(x):\n    a = torch.relu(x)\n    return a / a.sum()\n';
      assert.match(
        said('division-by-sum', source).message,
        /^Where the sum is 0 .*x \/ sum\(x\) is NaN and its gradient NaN/,
      );
    });
  });

  describe('what is counted or given before', () => {
    finds('division-by-sum', {
      "a mask's sum that has a name": `
import torch
def masked_loss(loss, mask):
    count = mask.sum()
    return «(loss * mask).sum() / count»
`,
    });
    finds('division-by-deviation', {
      'a list that a tensor was made of, beside NumPy': `
import torch
import numpy as np
class Agent:
    def update(self, memory):
        rewards = []
        for r in reversed(memory.rewards):
            rewards.insert(0, r)
        rewards = torch.tensor(rewards).to(self.device)
        rewards = «(rewards - rewards.mean()) / rewards.std()»
        loss = -(self.log_prob * rewards).mean()
        loss.backward()
`,
      'a correlation that a model is compiled with': `
from tensorflow.keras import backend as K
def pearson(y_true, y_pred):
    cov = K.mean((y_true - K.mean(y_true)) * (y_pred - K.mean(y_pred)))
    return 1 - «cov / (K.std(y_true) * K.std(y_pred))»
model.compile(optimizer='adam', loss=pearson)
`,
    });
    spares({
      'a number of samples': `
import torch
def focal_loss(pos_loss, neg_loss, label):
    n = (label != 255).sum()
    return (pos_loss.sum() + neg_loss.sum()) / n
`,
      'a sum that was tested': `
import torch
def masked_loss(loss, mask):
    count = mask.sum()
    if count == 0:
        return loss.sum()
    return (loss * mask).sum() / count
`,
      'a correlation that is only looked at': `
from tensorflow.keras import backend as K
def pearson(y_true, y_pred):
    cov = K.mean((y_true - K.mean(y_true)) * (y_pred - K.mean(y_pred)))
    return cov / (K.std(y_true) * K.std(y_pred))
model.compile(optimizer='adam', loss='mse', metrics=[pearson])
`,
    });
  });
});
