import assert from 'node:assert/strict';
import { assertFinds, finds, spares } from './marked';

/** Ways in which values reach a place inside objects, records and functions that are given. */

const loop = `
for x, y in batches:
    loss = «F.binary_cross_entropy(model(x), y)»
    loss.backward()
`;

describe('values through objects', () => {
  finds('log-of-sigmoid', {
    'a piece of a file, by the names that everybody uses': `
class Sigmoid(tfb.Bijector):
    def _forward(self, x):
        return tf.sigmoid(x)
def loss(x):
    return -tf.reduce_mean(«tf.log(tf.sigmoid(x))»)
def other_loss(x):
    return -«F.sigmoid(x).log()».mean() - torch.sum(x)
`,
    'a dictionary by comprehension, and what a loop puts there': `
import torch
def loss(heads, x):
    outs = {k: torch.sigmoid(h(x)) for k, h in heads.items()}
    total = sum(-«torch.log(outs[k])».mean() for k in outs)
    for name, p in outs.items():
        total = total - «torch.log(p)».mean()
    for p in outs.values():
        total = total - «torch.log(p)».mean()
    return total
def other_loss(heads, x):
    outs = {}
    for k, h in heads.items():
        outs[k] = torch.sigmoid(h(x))
    return -«torch.log(outs['a'])».mean() - «torch.log(outs.get('b'))».mean()
`,
    'the activation that a layer has unless it is told another': `
import tensorflow as tf
class Discriminator(tf.keras.Model):
    def __init__(self, units=32, out_activation='sigmoid'):
        super().__init__()
        self.hidden = tf.keras.layers.Dense(units)
        self.out = tf.keras.layers.Dense(1, activation=out_activation)
    def call(self, x):
        return self.out(self.hidden(x))
class Gan:
    def __init__(self):
        self.disc = Discriminator(units=10)
    def loss(self, x):
        return -tf.reduce_mean(«tf.math.log(self.disc(x))»)
`,
    'a dataclass': `
import torch
from dataclasses import dataclass
@dataclass
class Output:
    probability: torch.Tensor
    logit: torch.Tensor = None
def predict(x):
    return Output(torch.sigmoid(x))
def loss(x):
    return -«torch.log(predict(x).probability)»
`,
    'a class of NamedTuple': `
import jax
import jax.numpy as jnp
from typing import NamedTuple
class Output(NamedTuple):
    logit: jnp.ndarray
    probability: jnp.ndarray
def predict(x):
    return Output(logit=x, probability=jax.nn.sigmoid(x))
def loss(x):
    return -«jnp.log(predict(x).probability)»
`,
    'a namedtuple, unpacked': `
import torch
from collections import namedtuple
Output = namedtuple('Output', 'logit probability')
def predict(x):
    return Output(x, torch.sigmoid(x))
def loss(x):
    _, p = predict(x)
    return -«torch.log(p)»
`,
    'a dictionary by its constructor': `
import torch
def predict(x):
    return dict(logit=x, probability=torch.sigmoid(x))
def loss(x):
    return -«torch.log(predict(x)['probability'])»
`,
    'an object that keeps what it was made with': `
import torch
class Output:
    def __init__(self, probability, scale):
        self.scale = scale
        self.probability = probability.view(-1)
def predict(x):
    return Output(torch.sigmoid(x), 2)
def loss(x):
    return -«torch.log(predict(x).probability)»
`,
    'a property by a decorator of the code': `
import tensorflow as tf
class Model:
    @lazy_property
    def prediction(self):
        return tf.nn.sigmoid(tf.layers.dense(self.x, 1))
    @lazy_property
    def cost(self):
        return -tf.reduce_mean(«tf.log(self.prediction)»)
`,
    'a branch that is given as a function': `
import jax
import jax.numpy as jnp
def loss(x):
    p = jax.lax.cond(x.shape[0] > 1, lambda v: jax.nn.sigmoid(v), lambda v: jax.nn.sigmoid(2 * v), x)
    return -«jnp.log(p)»
`,
    'a step that a scan goes through': `
import jax
import jax.numpy as jnp
def loss(w, xs):
    def step(h, x):
        h = jnp.tanh(w @ h + x)
        return h, jax.nn.sigmoid(w @ h)
    _, ps = jax.lax.scan(step, jnp.zeros(3), xs)
    return -«jnp.log(ps)».mean()
`,
    'a function that a map goes through': `
import tensorflow as tf
def loss(x):
    p = tf.map_fn(lambda v: tf.nn.sigmoid(v), x)
    return -tf.reduce_mean(«tf.math.log(p)»)
`,
    'a resized map': `
import torch
import torch.nn.functional as F
def loss(x):
    p = F.interpolate(torch.sigmoid(x), scale_factor=2, mode='bilinear')
    return -«torch.log(p)».mean()
`,
    'elements that einops moves': `
import torch
from einops import rearrange
def loss(x):
    return -«torch.log(rearrange(torch.sigmoid(x), 'b c h w -> b h w c'))».mean()
`,
    'the last function of a Sequential of JAX': `
import haiku as hk
import jax
import jax.numpy as jnp
def loss(x):
    return -«jnp.log(hk.Sequential([hk.Linear(4), jax.nn.sigmoid])(x))»
`,
    'the last function of a Sequential of Flax': `
import flax.linen as nn
import jax.numpy as jnp
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(4), nn.sigmoid])(x)
def loss(params, x):
    return -«jnp.log(Net().apply(params, x))»
`,
    'the last function of a Sequential of Equinox': `
import equinox as eqx
import jax
import jax.numpy as jnp
net = eqx.nn.Sequential([eqx.nn.Linear(4, 1, key=key), eqx.nn.Lambda(jax.nn.sigmoid)])
def loss(x):
    return -«jnp.log(net(x))»
`,
    'the last layer of stax': `
import jax.numpy as jnp
from jax.example_libraries import stax
init, predict = stax.serial(stax.Dense(4), stax.Relu, stax.Dense(1), stax.Sigmoid)
def loss(params, x):
    return -«jnp.log(predict(params, x))»
`,
    'a branch of a graph': `
import tensorflow as tf
def loss(x, flag):
    p = tf.cond(flag, lambda: tf.nn.sigmoid(x), lambda: tf.nn.sigmoid(2 * x))
    return -tf.reduce_mean(«tf.math.log(p)»)
`,
    'a function of the project by a name of its own': `
import numpy as np
from activations import _sigmoid, sigmoid_function
def loss(x, y):
    return -(y * «np.log(_sigmoid(x))» + «np.log(sigmoid_function(x))»).mean()
`,
  });

  spares({
    'entries of a batch, each of which is another': `
import torch
def loss(batch, device):
    batch = {k: v.to(device) for k, v in batch.items()}
    other = {}
    for k, v in batch.items():
        other[k] = v
    return -(batch['p'] * torch.log(batch['q'])).sum() - (other['p'] * torch.log(other['q'])).sum()
`,
    'names that are bound to something else': `
import tools as tf
def loss(x):
    return -tf.log(tf.sigmoid(x))
`,
    'entries of a dictionary by other keys': `
import torch
def loss(x, y):
    outs = {'p': torch.sigmoid(x), 'y': y + 1}
    return torch.log(outs['y']).mean()
`,
    'an activation that is told': `
import tensorflow as tf
class Critic(tf.keras.Model):
    def __init__(self, out_activation='sigmoid'):
        super().__init__()
        self.out = tf.keras.layers.Dense(1, activation=out_activation)
    def call(self, x):
        return self.out(x)
critic = Critic(out_activation='softplus')
def loss(x):
    return tf.reduce_mean(tf.math.log(1 + critic(x)))
`,
    'a record whose other element is meant': `
import torch
from collections import namedtuple
Output = namedtuple('Output', ['probability', 'logit'])
def predict(x):
    return Output(torch.sigmoid(x), torch.relu(x) + 1)
def loss(x):
    return -torch.log(predict(x).logit)
`,
    'another object of the same class': `
import torch
class Layer(torch.nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.activation = activation
    def forward(self, x):
        return self.activation(x)
first = Layer(torch.sigmoid)
second = Layer(torch.exp)
def loss(x):
    return -torch.log(second(x)).mean()
`,
    'a Sequential of JAX whose last function is another one': `
import haiku as hk
import jax
import jax.numpy as jnp
def loss(x):
    return -jnp.log(hk.Sequential([hk.Linear(4), jax.nn.sigmoid, jnp.exp])(x))
`,
    'features of a model whose head was taken away': `
import torch
from torch import nn
import torchvision
net = torchvision.models.resnet18()
net.fc = nn.Identity()
def loss(x):
    return -torch.log(net(torch.sigmoid(x)))
`,
    'complex exponentials': `
import jax.numpy as jnp
def kernel(length, step):
    omega = jnp.exp(-2j * jnp.pi * jnp.arange(length) / length)
    return 2.0 / step / (1.0 + omega)
`,
  });

  finds('cross-entropy-of-softmax', {
    'a layer that is given its activation, and has one or none': `
import tensorflow as tf
class Layer(tf.keras.layers.Layer):
    def __init__(self, units, act=None):
        super().__init__()
        self.dense, self.act = tf.keras.layers.Dense(units), act
    def call(self, h):
        out = self.dense(h)
        return self.act(out) if self.act else out
class Graph(tf.keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.first = Layer(16, tf.nn.relu)
        self.last = Layer(classes, tf.nn.softmax)
    def call(self, x):
        return self.last(self.first(x))
def train(x, y):
    model = Graph(7)
    return tf.reduce_mean(«tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))»)
`,
  });
  finds('bce-after-sigmoid', {
    'what a loop joins to a tensor of nothing, and packs': `
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
criterion = nn.BCELoss()
def epoch_loss(xs, y):
    all_p = torch.Tensor([])
    for x in xs:
        all_p = torch.cat([all_p, torch.sigmoid(x)])
    return «criterion(all_p, y)»
def sequence_loss(x, y, lengths):
    p, _ = pad_packed_sequence(pack_padded_sequence(torch.sigmoid(x), lengths))
    return «criterion(pack_padded_sequence(p, lengths).data, y)»
`,
    'a model that has its tests beside it': `
import pytest
import torch.nn as nn
import torch.optim as optim
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
def train(x, y):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    loss = «nn.BCELoss()(net(x), y)»
    loss.backward()
    optimizer.step()
`,
    'an activation that a block is given as a class': `
import torch
from torch import nn
import torch.nn.functional as F
class Block(nn.Module):
    def __init__(self, width, activation=nn.ReLU):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.activation = activation()
    def forward(self, x):
        return self.activation(self.linear(x))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block(8)
        self.last = Block(8, nn.Sigmoid)
    def forward(self, x):
        return self.last(self.first(x))
model = Net()
${loop}`,
    'an activation chosen by the name that the constructor is given': `
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.linear = nn.Linear(8, 1)
        if last == 'sigmoid':
            self.last = nn.Sigmoid()
        else:
            self.last = nn.Tanh()
    def forward(self, x):
        return self.last(self.linear(x))
model = Net('sigmoid')
${loop}`,
    "the head of somebody else's model": `
import torch
from torch import nn
import torchvision
import torch.nn.functional as F
class DenseNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = torchvision.models.densenet121(pretrained=True)
        width = self.net.classifier.in_features
        self.net.classifier = nn.Sequential(nn.Linear(width, classes), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
model = nn.DataParallel(DenseNet(14)).cuda()
${loop}`,
    'a trainer that is given the model': `
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def forward(self, x):
        return torch.sigmoid(x)
class Trainer:
    def __init__(self, model, batches):
        self.model = model
        self.batches = batches
    def train(self):
        for x, y in self.batches:
            loss = «F.binary_cross_entropy(self.model(x), y)»
            loss.backward()
Trainer(Net(), batches).train()
`,
    'one of many ways to have made the discriminator and what it is given': `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
class Other(nn.Module):
    def forward(self, x):
        return torch.sigmoid(x)
class Trainer:
    def __init__(self, kind):
        if kind == 1:
            self.G, self.D = Net(), Net()
        elif kind == 2:
            self.G, self.D = Other(), Other()
        else:
            self.G, self.D = Other(), Net()
    def train(self, data, ones):
        criterion = nn.BCELoss()
        try:
            x = next(data)
        except StopIteration:
            x = self.restart()
        return «criterion(self.D(self.G(self.G(x))), ones)»
`,
  });

  for (const [name, step] of Object.entries({
    'lists of one list twice': 'x = torch.stack([x, x])',
    'objects of one object twice': 'x = Pair(x, x)',
    'dictionaries of one dictionary twice': 'x = dict(a=x, b=x)',
  })) {
    it(`goes through ${name} once`, () => {
      const steps = Array.from({ length: 60 }, () => `    ${step}\n`).join('');
      const source = `
import torch
class Pair:
    def __init__(self, a, b):
        self.a = a
        self.b = b
def loss(x, t):
    x = torch.sigmoid(x)
${steps}    return -«torch.log(torch.sigmoid(t))»
`;
      const start = performance.now();
      assertFinds('log-of-sigmoid', source);
      assert(performance.now() - start < 1000);
    });
  }
});
