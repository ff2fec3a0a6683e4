import { finds, spares } from './marked';

describe('rule gradient-through-where', () => {
  finds('gradient-through-where', {
    'a logarithm behind a choice': `
import torch
y = x * 2 - offset
loss = «torch.where(y > 0, torch.log(y), torch.zeros_like(y))».sum()
loss.backward()
`,
    'a root in TensorFlow': `
import tensorflow as tf
def loss(a, b):
    d = tf.reduce_sum(tf.square(a - b), axis=1)
    return tf.reduce_mean(«tf.where(d > 0, tf.sqrt(d), tf.zeros_like(d))»)
`,
    'a quotient in JAX': `
import jax.numpy as jnp
def sinc(x):
    return «jnp.where(x == 0, 1.0, jnp.sin(x) / x)»
`,
  });
  spares({
    'SmoothL1 with a constant': `
import torch
diff = (pred - target).abs()
loss = torch.where(diff < 1.0, 0.5 * diff ** 2 / 1.0, diff - 0.5).mean()
`,
    'an input that is masked, too': `
import torch
safe = torch.where(y > 0, y, torch.ones_like(y))
loss = torch.where(y > 0, torch.log(safe), torch.zeros_like(y)).sum()
`,
    'an epsilon inside': `
import torch
loss = torch.where(y > 0, torch.log(y.abs() + 1e-6), torch.zeros_like(y)).sum()
`,
    'no gradients': `
import torch
with torch.no_grad():
    metric = torch.where(y > 0, torch.log(y), torch.zeros_like(y)).sum()
`,
  });
});

describe('rule masked-after-the-fact', () => {
  finds('masked-after-the-fact', {
    'a logarithm times a mask': `
import torch
p = torch.relu(x)
mask = (p > 0).float()
loss = -(«torch.log(p) * mask»).sum()
`,
    'nan_to_num of a logarithm': `
import torch
p = torch.relu(x)
loss = -«torch.nan_to_num(torch.log(p))».sum()
`,
    TensorFlow: `
import tensorflow as tf
p = tf.nn.relu(x)
mask = tf.cast(p > 0, tf.float32)
loss = -tf.reduce_sum(«tf.math.log(p) * mask»)
`,
  });
  spares({
    'the input is masked': `
import torch
p = torch.where(mask, x, torch.ones_like(x))
loss = (p - 1).sum()
`,
    'an epsilon': `
import torch
loss = (torch.log(torch.relu(x) + 1e-6) * mask).sum()
`,
    'log_softmax times a mask': `
import torch
import torch.nn.functional as F
loss = -(F.log_softmax(x, dim=1) * mask).sum()
`,
  });
});

describe('rule arc-cosine-out-of-range', () => {
  finds('arc-cosine-out-of-range', {
    'the angle between vectors': `
import torch
def angle(a, b):
    cos = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-8)
    return «torch.acos(cos)».mean()
`,
    'a dot product of unit vectors': `
import torch
import torch.nn.functional as F
a = F.normalize(x, dim=1)
b = F.normalize(y, dim=1)
loss = «torch.acos((a * b).sum(1))».mean()
`,
    TensorFlow: `
import tensorflow as tf
def angle_loss(n1, n2):
    dot = tf.reduce_sum(n1 * n2, axis=-1)
    return tf.reduce_mean(«tf.acos(dot)»)
`,
  });
  spares({
    'a clamp inside': `
import torch
loss = torch.acos(torch.clamp((a * b).sum(1), -1 + 1e-6, 1 - 1e-6)).mean()
`,
    'the arc tangent': `
import torch
loss = torch.atan2(y, x.abs() + 1e-3).mean()
`,
    'an evaluation': `
import torch
@torch.no_grad()
def angular_error(a, b):
    return torch.acos((a * b).sum(1).clamp(-1, 1))
`,
  });
});

describe('rule p-log-p', () => {
  finds('p-log-p', {
    'shares of a sum': `
import torch
p = x / x.sum(1, keepdim=True)
entropy = -(«p * p.log()»).sum(1).mean()
`,
    'probabilities that are given': `
import torch
def entropy(p):
    return -(«p * torch.log(p)»).sum(1).mean()
`,
    'TensorFlow 1': `
import tensorflow as tf
def policy_entropy(probabilities):
    return -tf.reduce_sum(«probabilities * tf.log(probabilities)», axis=1)
`,
  });
  // Of a softmax the logarithm is what is reported, once.
  finds('log-of-softmax', {
    'an entropy of a softmax': `
import torch
import torch.nn.functional as F
def entropy(logits):
    probs = F.softmax(logits, dim=-1)
    return -torch.sum(probs * «probs.log()», dim=-1)
`,
  });
  spares({
    'from logits': `
import torch.nn.functional as F
entropy = -(F.softmax(x, dim=1) * F.log_softmax(x, dim=1)).sum(1)
`,
    'an epsilon': 'import torch\np = torch.softmax(x, 1)\nentropy = -(p * torch.log(p + 1e-6)).sum()\n',
    'x log x of data': 'import numpy as np\nentropy = -np.sum(counts * np.log(counts))\n',
  });
});

describe('rule gumbel-of-uniform', () => {
  finds('gumbel-of-uniform', {
    PyTorch: `
import torch
def gumbel(logits):
    u = torch.rand_like(logits)
    return logits - «torch.log(-torch.log(u))»
`,
    'TensorFlow 1': `
import tensorflow as tf
def sample(shape, logits):
    u = tf.random_uniform(shape, minval=0, maxval=1)
    return logits - «tf.log(-tf.log(u))»
`,
    'NumPy-like JAX': `
import jax
import jax.numpy as jnp
u = jax.random.uniform(key, (10,))
g = -«jnp.log(-jnp.log(u))»
`,
  });
  spares({
    'an epsilon in both': `
import torch
u = torch.rand(10)
g = -torch.log(-torch.log(u + 1e-6) + 1e-6)
`,
    'a least value': `
import tensorflow as tf
u = tf.random.uniform((10,), minval=1e-6, maxval=1 - 1e-6)
g = -tf.math.log(-tf.math.log(u))
`,
    'an exponential variable': `
import torch
g = -torch.empty_like(logits).exponential_().log()
`,
  });
});

describe('rule distribution-of-probabilities', () => {
  finds('distribution-of-probabilities', {
    'a policy': `
import torch
from torch.distributions import Categorical
def act(self, state):
    probs = torch.softmax(self.net(state), dim=-1)
    dist = «Categorical(probs)»
    action = dist.sample()
    return action, dist.log_prob(action)
`,
    'a Bernoulli by name': `
import torch
import torch.distributions as D
p = torch.sigmoid(x)
loss = -«D.Bernoulli(probs=p)».log_prob(y).mean()
`,
    'an entropy': `
import torch
import torch.nn.functional as F
dist = «torch.distributions.Categorical(probs=F.softmax(x, dim=1))»
loss = -dist.entropy().mean()
`,
  });
  spares({
    logits: 'import torch\ndist = torch.distributions.Categorical(logits=x)\nloss = -dist.log_prob(a).mean()\n',
    'sampling only': `
import torch
from torch.distributions import Categorical
action = Categorical(torch.softmax(x, dim=-1)).sample()
`,
    'probabilities that are given': `
import torch
dist = torch.distributions.Bernoulli(probs=0.5)
mask = dist.sample((10,))
`,
  });
});
