import assert from 'node:assert/strict';
import { findingsIn } from '../../../src/rules';
import { finds, only, spares } from './marked';

/** A model that ends in a sigmoid, and beside it code that nobody in the file calls. */
const model = (rest: string): string => `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
${rest}`;

const gated = (rest: string): string => `
import torch
import torch.nn as nn
import torch.nn.functional as F
class ChannelAttention(nn.Module):
    def forward(self, x):
        return torch.sigmoid(self.fc(x))
class DiceLoss(nn.Module):
    def forward(self, output, y):
        output = torch.sigmoid(output)
        return (output * y).sum()
${rest}`;

describe('models that functions are given', () => {
  const policy = (rest: string): string => `
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical
class Policy(nn.Module):
    def forward(self, x):
        return F.softmax(self.affine(x), dim=1)
class Actor(nn.Module):
    def sample(self, s):
        return torch.tanh(self.mu(s))
    def log_prob(self, a):
        return -torch.log(1 - a.pow(2)).sum(-1)
${rest}`;
  finds('nll-of-softmax', {
    'the only model of a file, by any name for models': `
import torch.nn as nn
import torch.nn.functional as F
class Tagger(nn.Module):
    def forward(self, sentence):
        return F.softmax(self.hidden(sentence), dim=1)
def train(model, data):
    criterion = nn.NLLLoss()
    for sentence, tags in data:
        «criterion(model(sentence), tags)».backward()
`,
  });
  finds('distribution-of-probabilities', {
    'by what its class is called for short': `
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Bernoulli
class Generator(nn.Module):
    def forward(self, x):
        return F.softmax(self.net(x), 1)
class Discriminator(nn.Module):
    def forward(self, x):
        return F.sigmoid(self.net(x))
def step(netD, x, y):
    return -«Bernoulli(netD(x))».log_prob(y).mean()
`,
    'by one of its methods': `
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical
class ActorCritic(nn.Module):
    def pi(self, x):
        return F.softmax(self.fc(x), dim=-1)
    def v(self, x):
        return self.value(x)
def update(model, s, a, target):
    dist = «Categorical(probs=model.pi(s))»
    return -(dist.log_prob(a) * (target - model.v(s)).detach()).mean()
`,
    'the end of the name of its class': policy(`
class PatchAgent(nn.Module):
    def forward(self, x):
        return torch.sigmoid(self.fc(x))
def train(patch_agent, agent, x):
    d = «torch.distributions.Bernoulli(agent(x))»
    return -d.log_prob(d.sample()).mean()
`),
    'by the name of its class': policy(`
def act(policy, state):
    m = «Categorical(policy(state))»
    policy.saved.append(m.log_prob(m.sample()))
`),
  });
  finds('nll-of-softmax', {
    'the last word of its name': `
import torch
import torch.nn as nn
class CharRNN(nn.Module):
    def forward(self, line, hidden):
        hidden = torch.tanh(self.i2h(line))
        return nn.functional.softmax(self.i2o(hidden), dim=1), hidden
criterion = nn.NLLLoss()
def train(rnn, category, line):
    output, hidden = rnn(line, torch.zeros(1, 8))
    return «criterion(output, category)»
`,
    'a name of one letter': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Q(nn.Module):
    def forward(self, x):
        return F.softmax(self.out(x), dim=1)
def train(q, x, y):
    return «F.nll_loss(q(x), y)»
`,
  });
  finds('log-of-softmax', {
    'what trains an object of the class, without being its method': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class QNet(nn.Module):
    def forward(self, x):
        return F.softmax(self.out(x), dim=1)
    @classmethod
    def train_model(cls, net, states, actions, returns):
        chosen = («torch.log(net(states))» * actions).sum(1)
        return -(chosen * returns).sum()
`,
  });
  finds('log-of-one-minus-tanh-squared', {
    'methods of it': policy(`
def actor_loss(actor, critic, s):
    a = actor.sample(s)
    return (actor.log_prob(a) - critic(a)).mean()
`).replace('torch.log(1 - a.pow(2))', '«torch.log(1 - a.pow(2))»'),
  });
  spares({
    'a class in a method of its own': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Calibrated(nn.Module):
    def forward(self, x):
        return F.softmax(self.scale * x, 1)
    def calibrate(self, model, x, y):
        return F.nll_loss(torch.log(model(x)), y) + F.nll_loss(model(x), y)
`,
    'a class in its own constructor': `
import torch.nn as nn
import torch.nn.functional as F
class Tempered(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
    def forward(self, x):
        return F.softmax(self.model(x) / 2, 1)
`,
    'a class that is given what it is called after': `
import torch.nn as nn
import torch.nn.functional as F
class SearchDecoder(nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder
    def forward(self, x):
        return F.softmax(self.decoder(x), 1)
def train(decoder, x, y):
    return F.nll_loss(decoder(x), y)
`,
    'by a name that several models may have, or another type': `
import torch.nn as nn
import torch.nn.functional as F
class Tagger(nn.Module):
    def forward(self, sentence):
        return F.softmax(self.hidden(sentence), dim=1)
class Parser(nn.Module):
    def forward(self, sentence):
        return self.hidden(sentence)
def train(model, data):
    for sentence, tags in data:
        F.nll_loss(model(sentence), tags).backward()
def step(tagger: Other, sentence, tags):
    F.nll_loss(tagger(sentence), tags).backward()
`,
    'one that is part of another model': `
import torch.nn as nn
import torch.nn.functional as F
class Routing(nn.Module):
    def forward(self, x):
        return F.softmax(self.hidden(x), dim=1)
class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.routing = Routing()
    def score(self, x):
        return x
def train(model, data):
    for x, y in data:
        F.nll_loss(model(x), y).backward()
`,
  });
});

describe('what a model of the file gives, as far as names tell', () => {
  finds('bce-after-sigmoid', {
    'by a method of the trainer that is given the model': model(`
class Trainer:
    def __init__(self, discriminator):
        self.discriminator = discriminator
        self.criterion = nn.BCELoss()
    def step(self, x, y):
        out, features = self.discriminator(x)
        return «self.criterion(out, y)»
`),
    'by a parameter, an entry, and elements that a mask picks': model(`
def loss_fn(pred, y):
    return «F.binary_cross_entropy(pred, y)»
class Task:
    def loss(self, feed, outputs):
        prediction = outputs['prediction'].flatten()
        label = outputs['label'].flatten()
        mask = label > -1
        return «F.binary_cross_entropy(prediction[mask], label[mask])»
`),
    'of an autoencoder, by another name': `
import torch
from torch import nn
from torch.nn import functional as F
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 784), nn.Sigmoid())
    def decode(self, z):
        return self.decoder(z)
    @staticmethod
    def loss_function(y_hat, x):
        return «F.binary_cross_entropy(y_hat, x, reduction='sum')»
`,
    'of a likelihood': `
import torch
import torch.nn.functional as F
class BernoulliLikelihood(torch.nn.Module):
    def parameters_of(self, x):
        x = torch.sigmoid(self.net(x))
        return x
def log_bernoulli(x, mean):
    return -«F.binary_cross_entropy(mean, x, reduction='none')».sum()
`,
  });
  spares({
    'a sigmoid that is a gate or a part of another loss': gated(`
def loss_fn(pred, y):
    return F.binary_cross_entropy(pred, y)
`),
    'a model that gives logits': `
import torch.nn as nn
import torch.nn.functional as F
class Net(nn.Module):
    def forward(self, x):
        return self.fc(x)
def loss_fn(pred, y):
    return F.binary_cross_entropy(pred, y)
`,
    'what is limited': model(`
def loss_fn(pred, y):
    return F.binary_cross_entropy(pred.clamp(1e-4, 1 - 1e-4), y)
`),
  });

  finds('log-of-probability-plus-epsilon', {
    'losses of a discriminator, by hand': model(`
def discriminator_loss(d_real, d_fake):
    return -torch.mean(«torch.log(d_real + 1e-8)» + «torch.log(1 - d_fake + 1e-8)»)
`),
    'a loss of its own, of a model of Keras that is compiled with it': `
import tensorflow as tf
from tensorflow.keras import layers
def masked_bce(y_true, y_pred):
    known = tf.cast(y_true >= 0, float)
    return -(known * y_true * «tf.math.log(y_pred + 1e-6)» + known * (1 - y_true) * «tf.math.log(1 - y_pred + 1e-6)»)
def build(depth, size):
    model = tf.keras.Sequential()
    for _ in range(depth):
        model = add_recurrent(model)
    model.add(layers.TimeDistributed(layers.Dense(size, activation='sigmoid')))
    model.compile(loss=masked_bce, optimizer='adam')
    return model
`,
    'in Keras': `
import keras.backend as K
from keras.layers import Activation
class DiscriminatorImpl(object):
    def discriminate(self, samples):
        output = Activation(activation=K.sigmoid)(self.network.apply(samples))
        return output
    def get_loss(self):
        def real_loss(targets, real_preds):
            return -«K.log(real_preds + K.epsilon())»
        return real_loss
`,
    'in a file with a decoder that ends in one': model(`
class Decoder(nn.Module):
    def decode(self, z):
        y = torch.sigmoid(self.out(z))
        return y
def reconstruction_loss(x, recon):
    return -(x * «torch.log(recon + 1e-10)» + (1 - x) * «torch.log(1 - recon + 1e-10)»).sum()
`),
  });
  spares({
    'a gate of Keras, in a file that compiles patterns': `
import re
import keras.backend as K
from keras.layers import Dense, multiply
name = re.compile('conv.*')
def gated(x):
    return multiply([x, Dense(4, activation='sigmoid')(x)])
def loss(y_true, y_pred):
    return -K.mean(y_true * K.log(y_pred + 1e-7))
`,
    'a gate of Keras, in a file that trains nothing': `
import keras.backend as K
from keras.layers import Dense, multiply
def gated(x):
    return multiply([x, Dense(4, activation='sigmoid')(x)])
def loss(y_true, y_pred):
    return -K.mean(y_true * K.log(y_pred + 1e-7))
`,
    'where no model of the file gives probabilities': gated(`
def gan_loss(d_real, d_fake):
    return -torch.mean(torch.log(d_real + 1e-8) + torch.log(1 - d_fake + 1e-8))
`),
    'what is no prediction by its name': model(`
def rate_loss(rate):
    return -torch.mean(torch.log(rate + 1e-8))
`),
  });

  it('says whose logit x is', () => {
    const findings = findingsIn(model('def d_loss(d_real):\n    return -torch.log(d_real + 1e-8).mean()\n'));
    const { message } = only(findings.filter(({ rule }) => rule === 'log-of-probability-plus-epsilon'));
    assert.match(message, /Here x is the argument of the sigmoid that gives `d_real`, as a model of this file does\./);
    const bce = findingsIn(model('def loss_fn(pred, y):\n    return F.binary_cross_entropy(pred, y)\n'));
    const found = only(bce.filter(({ rule }) => rule === 'bce-after-sigmoid'));
    assert.equal(found.severity, 'information');
    assert.match(found.message, /the argument of the sigmoid that gives it, as a model of this file does/);
  });
});
