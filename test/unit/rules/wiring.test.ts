import assert from 'node:assert/strict';
import { findingsIn, type Finding, type FindingsOptions, type Severity } from '../../../src/rules';
import { assertFinds, finds, only, spares, type Cases } from './marked';

function said(rule: string, source: string, options: FindingsOptions = {}): Finding {
  return only(findingsIn(source, options).filter((finding) => finding.rule === rule));
}

/** The severities that a rule's findings have in each of the texts. */
function severities(
  rule: string,
  cases: Readonly<Record<string, readonly [Severity, string]>>,
  options: FindingsOptions = {},
): void {
  for (const [name, [severity, source]] of Object.entries(cases)) {
    it(`${name}: ${severity}`, () => {
      assert.deepEqual(
        findingsIn(source, options)
          .filter((finding) => finding.rule === rule)
          .map((finding) => finding.severity),
        [severity],
      );
    });
  }
}

const javascript: FindingsOptions = { language: 'javascript' };

/** Near misses in JavaScript. */
function sparesInJavaScript(cases: Cases): void {
  spares(cases, javascript);
}

describe('loss wiring', () => {
  describe('bce-after-sigmoid', () => {
    finds('bce-after-sigmoid', {
      'a limit to what a sigmoid gives anyway': `
import torch
import torch.nn.functional as F
def loss(x, y):
    p = torch.clamp(torch.sigmoid(x), min=0, max=1)
    return «F.binary_cross_entropy(p.view(-1), y)»
`,
      'a reconstruction that is given in a dictionary': `
import torch
import torch.nn.functional as F
class VAE(torch.nn.Module):
    def decode(self, z, **kwargs):
        return torch.sigmoid(self.decoder(z))
    def loss_function(self, **kwargs):
        x_recon, x_true = kwargs['x_recon'], kwargs['x_true']
        return «F.binary_cross_entropy(x_recon, x_true, reduction='sum')»
`,
      'the reconstruction of an autoencoder whose loss is called elsewhere': `
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
    def forward(self, x):
        return self.decode(self.encoder(x))
    @staticmethod
    def loss_function(recon_x, x):
        return «F.binary_cross_entropy(recon_x, x, reduction='sum')»
`,
      'what a one-hot picks of it, as where knowledge is traced': `
import torch
from torch.nn import Module, LSTM, Linear
from torch.nn.functional import one_hot, binary_cross_entropy
class DKT(Module):
    def __init__(self, n):
        super().__init__()
        self.n = n
        self.lstm = LSTM(8, 8, batch_first=True)
        self.out = Linear(8, n)
    def forward(self, x):
        h, _ = self.lstm(x)
        return torch.sigmoid(self.out(h))
    def train_model(self, loader):
        for x, q, r, m in loader:
            y = self(x)
            y = (y * one_hot(q.long(), self.n)).sum(-1)
            y = torch.masked_select(y, m)
            «binary_cross_entropy(y, torch.masked_select(r, m))».backward()
`,
      'a class that is a Sequential': `
import torch.nn as nn
class Net(nn.Sequential):
    def __init__(self, size):
        super().__init__(nn.Linear(size, 10), nn.ReLU(), nn.Linear(10, 1), nn.Sigmoid())
def train(x, y):
    loss = «nn.BCELoss()(Net(3)(x), y)»
    loss.backward()
`,
      'the last layer of a sequence, trained by a script': `
import torch
from torch import nn
model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters())
for x, y in loader:
    optimizer.zero_grad()
    output = model(x)
    loss = «criterion(output, y)»
    loss.backward()
    optimizer.step()
`,
      'a criterion made in the constructor and called elsewhere': `
import torch.nn as nn
class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
        self.criterion = nn.BCELoss(reduction='mean').cuda()
    def step(self, batch):
        return «self.criterion(self.net(batch.x), batch.y)»
`,
      'a discriminator': `
import torch
import torch.nn as nn
class Discriminator(nn.Module):
    def __init__(self, ngpu):
        super(Discriminator, self).__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, 64, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(64, 1, 4, 1, 0, bias=False),
            nn.Sigmoid()
        )
    def forward(self, input):
        if input.is_cuda and self.ngpu > 1:
            output = nn.parallel.data_parallel(self.main, input, range(self.ngpu))
        else:
            output = self.main(input)
        return output.view(-1, 1).squeeze(1)
netD = Discriminator(1).to(device)
criterion = nn.BCELoss()
errD_real = «criterion(netD(real), label)»
`,
      'a decoder with tuples': `
import torch
from torch.nn import functional as F
from torch import nn
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)
    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))
    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 784))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar
def loss_function(recon_x, x, mu, logvar):
    bce = «F.binary_cross_entropy(recon_x, x.view(-1, 784), reduction='sum')»
    return bce
model = VAE()
recon, mu, logvar = model(data)
loss = loss_function(recon, data, mu, logvar)
`,
      'the function, with a layer of its own': `
import torch.nn.functional as F
import torch.nn as nn
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()
    def forward(self, x, y):
        score = self.act(x)
        return «F.binary_cross_entropy(input=score, target=y, reduction='none')»
`,
      'a probability written out': `
import torch
loss = «torch.nn.functional.binary_cross_entropy(1 / (1 + torch.exp(-x)), y)»
`,
      'a gathered probability': `
import torch
from torch import nn
criterion = nn.BCELoss()
def f(logits, index, y):
    return «criterion(torch.sigmoid(logits).gather(1, index).squeeze(), y.float())»
`,
      'layers that are added by name': `
import torch.nn as nn
class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        main = nn.Sequential(nn.Conv2d(3, 8, 4), nn.LeakyReLU(0.2))
        main.add_module('final:conv', nn.Conv2d(8, 1, 4))
        main.add_module('final:sigmoid', nn.Sigmoid())
        self.main = main
    def forward(self, x):
        return self.main(x).view(-1, 1)
netD = Discriminator()
err = «nn.BCELoss()(netD(x), y)»
`,
      'a last layer that is optional': `
import torch.nn as nn
def build(use_sigmoid):
    sequence = [nn.Conv2d(3, 64, 4), nn.LeakyReLU(0.2, True), nn.Conv2d(64, 1, 4)]
    if use_sigmoid:
        sequence += [nn.Sigmoid()]
    return nn.Sequential(*sequence)
net = build(True)
loss = «nn.BCELoss()(net(x), y)»
`,
      'an OrderedDict of layers': `
import torch.nn as nn
from collections import OrderedDict
net = nn.Sequential(OrderedDict([('fc', nn.Linear(3, 1)), ('sig', nn.Sigmoid())]))
loss = «nn.BCELoss()(net(x), y)»
`,
      'a LightningModule': `
import torch
import pytorch_lightning as pl
from torch import nn
class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
        self.loss = nn.BCELoss()
    def forward(self, x):
        return self.layers(x)
    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = «self.loss(self(x), y)»
        return loss
`,
    });
    spares({
      'a reconstruction of which the file knows no sigmoid': `
import torch
from torch import nn
from torch.nn import functional as F
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 784))
    def decode(self, z):
        return self.decoder(z)
    def forward(self, x):
        return self.decode(self.encoder(x))
    @staticmethod
    def loss_function(recon_x, x):
        return F.binary_cross_entropy(recon_x, x, reduction='sum')
`,
      'a BCELoss that is made and never called': `
import torch
import torch.nn as nn
criterion = nn.BCELoss()
p = torch.sigmoid(x)
loss = nn.BCEWithLogitsLoss()(x, y)
`,
      'probabilities of the data': `
import torch.nn.functional as F
def f(pred, target):
    return F.binary_cross_entropy(pred, target)
`,
      'a sigmoid of the target': `
import torch
import torch.nn.functional as F
def f(p, teacher):
    return F.binary_cross_entropy(p, torch.sigmoid(teacher))
`,
      'a clamp between them': `
import torch
import torch.nn as nn
bce = nn.BCELoss()
p = torch.sigmoid(x).clamp(1e-4, 1 - 1e-4)
loss = bce(p, y)
`,
      'a bounded logit': `
import torch
import torch.nn.functional as F
loss = F.binary_cross_entropy(torch.sigmoid(torch.clamp(x, -10, 10)), y)
`,
      'evaluation alone': `
import torch
import torch.nn.functional as F
@torch.no_grad()
def evaluate(x, y):
    return F.binary_cross_entropy(torch.sigmoid(x), y)
`,
      'a sigmoid for metrics beside the loss of logits': `
import torch
import torch.nn as nn
criterion = nn.BCEWithLogitsLoss()
def step(model, x, y):
    logits = model(x)
    loss = criterion(logits, y)
    accuracy = ((torch.sigmoid(logits) > 0.5) == y).float().mean()
    return loss, accuracy
`,
    });
    it('replaces layer and criterion, or the function', () => {
      const ofLayer = said(
        'bce-after-sigmoid',
        'import torch.nn as nn\nnet = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())\nloss = nn.BCELoss()(net(x), y)\n',
      );
      assert.equal(ofLayer.advice, 'nn.BCEWithLogitsLoss()');
      const ofFunction = said(
        'bce-after-sigmoid',
        'import torch\nimport torch.nn.functional as F\nloss = F.binary_cross_entropy(torch.sigmoid(x), y)\n',
      );
      assert.equal(ofFunction.advice, 'F.binary_cross_entropy_with_logits(x, y)');
    });
    it('measures what the catalogue measured', () => {
      const { failures } = said(
        'bce-after-sigmoid',
        'import torch\nloss = torch.nn.functional.binary_cross_entropy(torch.sigmoid(x), y)\n',
      );
      const gradient = (format: string, target: number, side: string): number | undefined =>
        failures
          .find((of) => of.format === format)
          ?.failures.find((failure) => failure.of === 'gradient' && failure.side === side && failure.target === target)
          ?.from;
      assert.equal(gradient('float32', 0, 'above')?.toFixed(2), '16.64');
      assert.equal(gradient('float16', 0, 'above')?.toFixed(2), '8.32');
      assert.equal(gradient('bfloat16', 0, 'above')?.toFixed(2), '6.25');
      assert.equal(gradient('float32', 1, 'below')?.toFixed(2), '-88.72');
    });
  });

  describe('cross-entropy-of-softmax', () => {
    finds('cross-entropy-of-softmax', {
      'the outputs of a layer of TensorLayer': `
import tensorflow as tf
import tensorlayer as tl
pred = tl.layers.DenseLayer(net, 10, act=tf.nn.softmax)
loss = tf.reduce_mean(«tf.nn.softmax_cross_entropy_with_logits(labels=ys, logits=pred.outputs)»)
tf.train.AdamOptimizer(1e-3).minimize(loss)
`,
      'log_softmax of what a softmax gives': `
import torch.nn.functional as F
def loss(x, t):
    p = F.softmax(x, dim=1)
    return F.nll_loss(«F.log_softmax(p, dim=1)», t)
`,
      'a loss by hand that is called with probabilities': `
import torch
import torch.nn.functional as F
def focal_loss(pred, target):
    p = F.softmax(pred, dim=1)
    return -(target * (1 - p) ** 2 * «torch.log(p)»).sum()
class Loss(torch.nn.Module):
    def forward(self, pred, target):
        return focal_loss(F.softmax(pred, dim=1), target)
`,
    });
    spares({
      'a softmax of attention before the logits, and one that is only shown': `
import torch
import torch.nn.functional as F
def loss(q, k, v, t):
    a = F.softmax(q @ k.t(), dim=1)
    return F.nll_loss(F.log_softmax(a @ v, dim=1), t)
def accuracy(x, t):
    p = F.softmax(x, dim=1)
    return (F.log_softmax(p, dim=1).argmax(1) == t).float().mean()
`,
    });
    finds('cross-entropy-of-softmax', {
      'a softmax times a matrix of label noise': `
import torch
import torch.nn as nn
def noisy_label_loss(logits, cm, y):
    p = torch.softmax(logits, 1)
    noisy = torch.bmm(cm, p).view(4, -1)
    return «nn.CrossEntropyLoss()(noisy, y)»
`,
      'a module that ends in a softmax': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)
    def forward(self, x):
        x = F.relu(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)
net = Net()
criterion = nn.CrossEntropyLoss()
for inputs, labels in loader:
    loss = «criterion(net(inputs), labels)»
    loss.backward()
`,
      'a sequence, and a criterion of a trainer': `
from torch import nn
class Trainer:
    def __init__(self):
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softmax(dim=1))
        self.loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    def train_step(self, x, y):
        pred = self.model(x)
        return «self.loss_fn(pred, y)»
`,
      'an assigned output layer': `
import torch
import torch.nn.functional as F
class Policy(torch.nn.Module):
    def forward(self, x):
        x = self.body(x)
        self.probs = torch.softmax(x, -1)
        return self.probs
    def loss(self, x, action):
        return «F.cross_entropy(self.forward(x), action)»
`,
      'TensorFlow 1': `
import tensorflow as tf
logits = tf.layers.dense(h, 10)
y_pred = tf.nn.softmax(logits)
cost = tf.reduce_mean(«tf.nn.softmax_cross_entropy_with_logits(logits=y_pred, labels=y)»)
`,
      'a sigmoid before the softmax': `
import tensorflow as tf
def loss(x, y):
    a = «tf.nn.softmax_cross_entropy_with_logits(logits=tf.nn.sigmoid(x), labels=y)»
    return a + «tf.losses.softmax_cross_entropy(y, tf.nn.sigmoid(x))»
`,
      'TensorFlow 1, a dense layer with its activation': `
import tensorflow as tf
out = tf.layers.dense(h, 10, activation=tf.nn.softmax)
loss = «tf.losses.softmax_cross_entropy(y, out)»
`,
      'TensorFlow 0, sparse labels, the order of that time': `
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
probs = tf.nn.softmax(tf.matmul(x, W) + b)
loss = «tf.nn.sparse_softmax_cross_entropy_with_logits(probs, y)»
`,
      'TensorFlow 2, by position': `
import tensorflow as tf
def step(model, x, y):
    with tf.GradientTape() as tape:
        p = tf.nn.softmax(model(x))
        dense = «tf.nn.softmax_cross_entropy_with_logits(y, p)»
        loss = tf.reduce_mean(dense + «tf.nn.sparse_softmax_cross_entropy_with_logits(y, p)»)
    return tape.gradient(loss, model.trainable_variables)
`,
      optax: `
import jax
import optax
def loss_fn(params, x, y):
    probs = jax.nn.softmax(model.apply(params, x), axis=-1)
    return «optax.softmax_cross_entropy(probs, y)».mean()
`,
      'a Flax module': `
import flax.linen as nn
import optax
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.softmax(nn.Dense(10)(x))
def loss_fn(params, x, y):
    p = Net().apply({'params': params}, x)
    return «optax.softmax_cross_entropy(p, y)».mean()
`,
      'one of several outputs': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
    def forward(self, x):
        logits = self.fc(x)
        return {'logits': logits, 'probs': torch.softmax(logits, -1)}
out = Net()(x)
right = nn.CrossEntropyLoss()(out['logits'], y)
wrong = «nn.CrossEntropyLoss()(out['probs'], y)»
`,
      'optax with integer labels': `
import jax, optax
def loss_fn(params, x, y):
    return «optax.softmax_cross_entropy_with_integer_labels(logits=jax.nn.softmax(net(params, x)), labels=y)».mean()
`,
    });
    finds(
      'cross-entropy-of-softmax',
      {
        'TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
function loss(labels, logits) {
  const p = tf.softmax(logits);
  return «tf.losses.softmaxCrossEntropy(labels, p)»;
}
`,
        'a TensorFlow.js model': `
const tf = require('@tensorflow/tfjs-node');
const model = tf.sequential();
model.add(tf.layers.dense({units: 10, activation: 'softmax', inputShape: [4]}));
const loss = () => «tf.losses.softmaxCrossEntropy(ys, model.predict(xs))»;
`,
      },
      javascript,
    );
    spares({
      'a softmax for attention': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 10)
        self.criterion = nn.CrossEntropyLoss()
    def forward(self, q, k, v):
        attention = F.softmax(q @ k.transpose(-1, -2), dim=-1)
        return self.fc(attention @ v)
    def loss(self, q, k, v, y):
        return self.criterion(self(q, k, v), y)
`,
      'a softmax for metrics and sampling': `
import torch
import torch.nn as nn
criterion = nn.CrossEntropyLoss()
def step(model, x, y):
    logits = model(x)
    loss = criterion(logits, y)
    probs = torch.softmax(logits, dim=1)
    confidence = probs.max(1)[0]
    action = torch.multinomial(probs, 1)
    return loss, confidence, action
`,
      'a second head': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 8)
        self.head = nn.Linear(8, 10)
    def forward(self, x):
        h = self.body(x)
        return self.head(h), torch.softmax(self.head(h), dim=1)
net = Net()
criterion = nn.CrossEntropyLoss()
logits, probs = net(x)
loss = criterion(logits, y)
`,
      'a softmax that is a log-softmax': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 10)
        self.softmax = nn.LogSoftmax(dim=1)
    def forward(self, x):
        return self.softmax(self.fc(x))
loss = nn.NLLLoss()(Net()(x), y)
same = nn.CrossEntropyLoss()(Net()(x), y)
`,
      'soft targets': `
import torch
import torch.nn.functional as F
import tensorflow as tf
def distil(student, teacher):
    return F.cross_entropy(student, torch.softmax(teacher, dim=1))
loss = tf.nn.softmax_cross_entropy_with_logits(logits=student, labels=tf.nn.softmax(teacher))
`,
      'a sigmoid inside the network, and one for the targets': `
import tensorflow as tf
def loss(x, y, teacher):
    gated = tf.nn.sigmoid(x) * tf.matmul(x, w)
    a = tf.nn.softmax_cross_entropy_with_logits(logits=gated, labels=y)
    return a + tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=tf.nn.sigmoid(teacher))
`,
      'soft targets, by position': `
import tensorflow as tf
def step(teacher, student, x):
    soft = tf.nn.softmax(teacher(x) / 3.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, student(x) / 3.0))
        same = tf.nn.sigmoid_cross_entropy_with_logits(tf.nn.sigmoid(teacher(x)), student(x))
    return tape.gradient(loss, student.trainable_variables)
`,
      'soft targets, by position in TensorFlow 0': `
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
loss = tf.nn.softmax_cross_entropy_with_logits(tf.matmul(x, W), tf.nn.softmax(teacher))
`,
      'logits and probabilities returned from branches': `
import tensorflow as tf
class GAN:
    def build(self):
        self.D, self.D_logits = self.classifier(self.x)
        self.loss = tf.nn.softmax_cross_entropy_with_logits(logits=self.D_logits, labels=self.y)
    def classifier(self, x):
        if self.deep:
            h = tf.layers.dense(tf.layers.dense(x, 10), 10)
            return tf.nn.softmax(h), h
        h = tf.layers.dense(x, 10)
        return tf.nn.softmax(h), h
`,
      'softmax in evaluation mode alone': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
    def forward(self, x):
        x = self.fc(x)
        if not self.training:
            x = torch.softmax(x, dim=1)
        return x
net = Net()
loss = nn.CrossEntropyLoss()(net(x), y)
`,
    });
    sparesInJavaScript({
      'TensorFlow.js on logits': `
import * as tf from '@tensorflow/tfjs';
const loss = (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits);
const probabilities = (logits) => tf.softmax(logits);
`,
    });
    it('says the least loss, computed', () => {
      const { message } = said(
        'cross-entropy-of-softmax',
        'import torch\nloss = torch.nn.functional.cross_entropy(torch.softmax(x, 1), y)\n',
      );
      // The catalogue: 0.313 for 2 classes, 1.461 for 10, 3.622 for 100.
      assert.match(message, /below 0\.3133 for 2 classes, 1\.461 for 10, 3\.622 for 100/);
    });
  });

  describe('logits-loss-of-sigmoid', () => {
    it('says of two activations what is true of what is written', () => {
      const head = 'import torch\nimport torch.nn.functional as F\n';
      const said = (code: string): string => only(findingsIn(head + code)).message;
      assert.match(
        said(
          'def focal(x, t):\n    p = torch.sigmoid(torch.sigmoid(x))\n    return -((1 - p) ** 2 * torch.log(p) * t).sum()',
        ),
        /the logarithm can't rise above -0\.3133, and that of 1 - p not above -0\.6931/,
      );
      assert.match(
        said('def loss(x, t):\n    return -(F.log_softmax(F.softmax(x, 1), 1) * t).sum()'),
        /the logarithm can't rise above -0\.3133 for 2 classes, -1\.461 for 10, -3\.622 for 100/,
      );
      assert.match(
        said('def loss(x, t):\n    return F.binary_cross_entropy(torch.sigmoid(torch.sigmoid(x)), t)'),
        /the loss can't fall below 0\.3133 for target 1 and 0\.6931 for target 0\. Leave out one of the two sigmoids/,
      );
    });
    finds('logits-loss-of-sigmoid', {
      'two sigmoids or two softmaxes, by the branch that is taken': `
import torch
import torch.nn.functional as F
def focal(pred, target, n):
    pred = torch.sigmoid(pred) if n == 1 else F.softmax(pred, dim=1)
    return -(target * «torch.log(pred)»).sum()
class Loss(torch.nn.Module):
    def forward(self, pred, target):
        if self.n == 1:
            pred = torch.sigmoid(pred)
        else:
            pred = F.softmax(pred, dim=1)
        return focal(pred, target, self.n)
`,
      'logsigmoid of a sigmoid, and the log of what is left to 1': `
import torch
import torch.nn.functional as F
def loss(x):
    p = torch.sigmoid(x)
    return -(«F.logsigmoid(p)» + «torch.log(1 - torch.sigmoid(p))»).mean()
`,
      'a BCE with logits that is written out and called with probabilities': `
import jax
import jax.numpy as jnp
def bce_logits(x, t):
    return jnp.mean(jnp.maximum(x, 0) - x * t + «jnp.log(1 + jnp.exp(-jnp.abs(x)))»)
def loss_generator(params, data):
    return bce_logits(jax.nn.sigmoid(discriminate(params, data)), jnp.ones(4))
`,
      'BCE of two sigmoids': `
import torch
import torch.nn.functional as F
def loss(x, t):
    p = torch.sigmoid(x)
    return «F.binary_cross_entropy(torch.sigmoid(p), t)»
`,
    });
    finds('logits-loss-of-sigmoid', {
      'a module that ends in a sigmoid': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
model = Net()
criterion = nn.BCEWithLogitsLoss(pos_weight=weight)
loss = «criterion(model(x), y)»
`,
      'the function': `
import torch
import torch.nn.functional as F
def loss(pred, target):
    return «F.binary_cross_entropy_with_logits(torch.sigmoid(pred), target)»
`,
      'TensorFlow 1': `
import tensorflow as tf
def discriminator(x):
    return tf.layers.dense(x, 1, activation=tf.nn.sigmoid)
d_loss = tf.reduce_mean(«tf.nn.sigmoid_cross_entropy_with_logits(logits=discriminator(x), labels=y)»)
weighted = «tf.nn.weighted_cross_entropy_with_logits(y, discriminator(x), 2.0)»
`,
      optax: `
import jax, optax
def loss_fn(params, x, y):
    p = jax.nn.sigmoid(net(params, x))
    return «optax.sigmoid_binary_cross_entropy(p, y)».mean()
`,
    });
    finds(
      'logits-loss-of-sigmoid',
      {
        'TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
const loss = (y, x) => «tf.losses.sigmoidCrossEntropy(y, tf.sigmoid(x))»;
`,
      },
      javascript,
    );
    spares({
      'a sigmoid on a copy for metrics': `
import torch
import torch.nn as nn
criterion = nn.BCEWithLogitsLoss()
logits = model(x)
loss = criterion(logits, y)
predicted = torch.sigmoid(logits).round()
`,
      'a sigmoid that is optional': `
import torch.nn as nn
class NLayerDiscriminator(nn.Module):
    def __init__(self, use_sigmoid=False):
        super().__init__()
        sequence = [nn.Conv2d(3, 64, 4), nn.LeakyReLU(0.2, True)]
        for n in range(3):
            sequence += [nn.Conv2d(64, 64, 4), nn.LeakyReLU(0.2)]
        sequence += [nn.Conv2d(64, 1, 4)]
        if use_sigmoid:
            sequence += [nn.Sigmoid()]
        self.model = nn.Sequential(*sequence)
    def forward(self, x):
        return self.model(x)
net = NLayerDiscriminator()
loss = nn.BCEWithLogitsLoss()(net(x), y)
`,
      'a gate before the last layer': `
import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(8, 8)
        self.out = nn.Linear(8, 1)
    def forward(self, x):
        return self.out(x * torch.sigmoid(self.gate(x)))
loss = nn.BCEWithLogitsLoss()(Net()(x), y)
`,
      'logits beside the probability, in a tuple of each branch': `
import tensorflow as tf
class DCGAN:
    def build_model(self):
        self.D, self.D_logits = self.discriminator(self.inputs)
        def sigmoid_cross_entropy_with_logits(x, y):
            try:
                return tf.nn.sigmoid_cross_entropy_with_logits(logits=x, labels=y)
            except:
                return tf.nn.sigmoid_cross_entropy_with_logits(logits=x, targets=y)
        self.d_loss = tf.reduce_mean(sigmoid_cross_entropy_with_logits(self.D_logits, tf.ones_like(self.D)))
    def discriminator(self, image):
        if not self.y_dim:
            h4 = linear(image, 1, 'd_h4_lin')
            return tf.nn.sigmoid(h4), h4
        else:
            h3 = linear(image, 1, 'd_h3_lin')
            return tf.nn.sigmoid(h3), h3
`,
      'a target that is a sigmoid': `
import torch
import torch.nn.functional as F
loss = F.binary_cross_entropy_with_logits(student, torch.sigmoid(teacher))
`,
    });
    it('says the least loss, computed', () => {
      const { message } = said(
        'logits-loss-of-sigmoid',
        'import torch\nloss = torch.nn.functional.binary_cross_entropy_with_logits(torch.sigmoid(x), y)\n',
      );
      // The catalogue: 0.3133 for target 1, 0.6931 for target 0.
      assert.match(message, /below 0\.3133 for target 1 and 0\.6931 for target 0/);
    });
  });

  describe('nll-of-softmax', () => {
    finds('nll-of-softmax', {
      'probabilities with an epsilon': `
import torch.nn.functional as F
loss = «F.nll_loss(F.softmax(x, dim=1) + 1e-6, t)»
`,
      'the function': `
import torch.nn.functional as F
loss = «F.nll_loss(F.softmax(logits, dim=1), labels)»
`,
      'a module and a criterion': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 10)
        self.softmax = nn.Softmax(dim=1)
    def forward(self, x):
        return self.softmax(self.fc(x))
net = Net()
criterion = nn.NLLLoss()
loss = «criterion(net(x), y)»
`,
      'by way of a name and an alias': `
import torch
from torch.nn.functional import nll_loss
def train(model, batch):
    out = torch.softmax(model(batch), -1)
    loss = «nll_loss(out[batch.mask], batch.y[batch.mask])»
    loss.backward()
`,
    });
    spares({
      'a gather': `
import torch.nn.functional as F
p = -F.nll_loss(F.softmax(x, dim=1), y, reduction='none')
q = -1 * F.nll_loss(F.softmax(x, dim=1), y, reduction='none')
r = (-1.0) * F.nll_loss(F.softmax(x, dim=1), y, reduction='none')
s = F.nll_loss(F.softmax(x, dim=1), y, reduction='none').neg()
t = F.nll_loss(F.softmax(x, dim=1), y, reduction='none') * -1
`,
      'a softmax in name alone': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.softmax = nn.LogSoftmax(dim=1)
    def forward(self, x):
        return self.softmax(x)
loss = nn.NLLLoss()(Net()(x), y)
`,
      'log-probabilities of a mixture': `
import torch
import torch.nn.functional as F
loss = F.nll_loss(torch.log(F.softmax(x, dim=1) + 1e-3), y)
`,
    });
  });

  describe('kl-div-of-probabilities', () => {
    finds('kl-div-of-probabilities', {
      'rows of probabilities that were kept from 0': `
import torch.nn.functional as F
def distance(logits):
    probs = F.softmax(logits, dim=1) + 1e-8
    total = 0
    for i, p in enumerate(probs):
        for q in probs:
            total += «F.kl_div(p, q)»
    return total
`,
      'limited ones': `
import torch
import torch.nn.functional as F
loss = «F.kl_div(torch.sigmoid(x).clamp(min=1e-6), t)»
`,
      'the function': `
import torch.nn.functional as F
loss = «F.kl_div(F.softmax(student, dim=1), F.softmax(teacher, dim=1), reduction='batchmean')»
`,
      'the criterion': `
import torch
import torch.nn as nn
class Distiller(nn.Module):
    def __init__(self, t):
        super().__init__()
        self.t = t
        self.kl = nn.KLDivLoss(reduction='batchmean')
    def forward(self, student, teacher):
        p = torch.softmax(student / self.t, dim=1)
        q = torch.softmax(teacher / self.t, dim=1)
        return «self.kl(p, q)» * self.t ** 2
`,
      'of sigmoids, as methods': `
import torch.nn.functional as F
def loss(a, b):
    return «F.kl_div(a.sigmoid(), b.sigmoid())»
`,
    });
    spares({
      'probabilities that something large is added to': `
import torch.nn.functional as F
loss = F.kl_div(F.softmax(x, dim=1) + 1, t)
`,
      'log-probabilities first': `
import torch.nn.functional as F
loss = F.kl_div(F.log_softmax(student / 4, dim=1), F.softmax(teacher / 4, dim=1), reduction='batchmean')
`,
      'a function of the same name that takes probabilities': `
import torch
import torch.nn.functional as F
def kl_div(p, q):
    return (p * ((p + 1e-3) / (q + 1e-3)).log()).sum()
loss = kl_div(F.softmax(a, dim=1), F.softmax(b, dim=1))
`,
      'another library of the same name': `
from mylib.losses import kl_div
import torch
loss = kl_div(torch.softmax(a, 1), torch.softmax(b, 1))
`,
      'Keras, which takes probabilities': `
import tensorflow as tf
kl = tf.keras.losses.KLDivergence()
loss = kl(tf.nn.softmax(a), tf.nn.softmax(b))
`,
    });
  });

  describe('keras-cross-entropy-of-probabilities', () => {
    const idioms = {
      'one of several outputs, by its name': `
from keras.layers import Dense, Input
from keras.models import Model
x = Input((3,))
age = Dense(1, name='age')(x)
emotion = Dense(7, activation='softmax', name='emotion')(x)
model = Model(x, [age, emotion])
model.compile(optimizer='sgd', loss={'emotion': 'categorical_crossentropy', 'age': 'mae'})
`,
      sequential: `
import tensorflow as tf
from tensorflow.keras import layers
model = tf.keras.Sequential([layers.Dense(8, activation='relu'), layers.Dense(1, activation='sigmoid')])
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
`,
      'added layer by layer': `
from keras.models import Sequential
from keras.layers import Dense, Activation, Dropout
model = Sequential()
model.add(Dense(64, input_dim=20, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd', metrics=['accuracy'])
`,
      'added layer by layer, a loss by its function': `
import keras
from keras.models import Sequential
from keras.layers import Dense
model = Sequential()
model.add(Dense(10, activation='softmax'))
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta())
`,
      functional: `
from keras import Input, Model, layers
inputs = Input(shape=(8,))
x = layers.Dense(16, activation='relu')(inputs)
outputs = layers.Dense(1, activation='sigmoid')(x)
model = Model(inputs, outputs)
model.compile(optimizer='adam', loss='binary_crossentropy')
`,
      subclassed: `
import tensorflow as tf
class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.d1 = tf.keras.layers.Dense(8, activation='relu')
        self.d2 = tf.keras.layers.Dense(10, activation='softmax')
    def call(self, x):
        return self.d2(self.d1(x))
model = Net()
model.compile('adam', tf.keras.losses.SparseCategoricalCrossentropy(), ['accuracy'])
`,
      'by a helper that adds the last layers': `
from keras.models import Sequential
from keras.layers import Dense, Activation
def head(model):
    model.add(Dense(10))
    model.add(Activation('softmax'))
model = Sequential()
model.add(Dense(32))
head(model)
model.compile(loss='categorical_crossentropy', optimizer='adam')
`,
      'compiled in another method': `
from keras.models import Sequential
from keras.layers import Dense, Activation
class Classifier:
    def __init__(self):
        self.model = Sequential()
        self.model.add(Dense(10))
        self.model.add(Activation('softmax'))
    def compile(self):
        self.model.compile(loss='categorical_crossentropy', optimizer='adam')
`,
      'layers in a list': `
from keras.models import Sequential
from keras.layers import Dense, Activation
features = [Dense(3), Activation('relu')]
classification = [Dense(10), Activation('softmax')]
model = Sequential()
for layer in features + classification:
    model.add(layer)
model.compile(loss='categorical_crossentropy', optimizer='adam')
`,
      'under its name in TensorFlow 2': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(1), tf.keras.layers.Activation(tf.nn.sigmoid)])
model.compile(loss=tf.losses.BinaryCrossentropy())
`,
      'a training loop': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(10, activation='softmax')])
loss_object = tf.keras.losses.SparseCategoricalCrossentropy()
@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
`,
      'a subclassed model, in a training loop': `
import tensorflow as tf
from tensorflow.keras import Model
from tensorflow.keras.layers import Dense, Flatten
class MyModel(Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.flatten = Flatten()
        self.d2 = Dense(10, activation='softmax')
    def call(self, x):
        return self.d2(self.flatten(x))
model = MyModel()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy()
with tf.GradientTape() as tape:
    loss = loss_object(labels, model(images))
`,
      'by a function that builds the model': `
from tensorflow import keras
def build_model(hidden):
    model = keras.Sequential()
    model.add(keras.layers.Dense(hidden, activation='relu'))
    model.add(keras.layers.Dense(1, activation='sigmoid'))
    model.compile(loss=keras.losses.BinaryCrossentropy(), optimizer='adam')
    return model
`,
    } satisfies Cases;
    describe('on TensorFlow, which recovers the logits of a Keras activation', () => {
      severities(
        'keras-cross-entropy-of-probabilities',
        Object.fromEntries(Object.entries(idioms).map(([name, source]) => [name, ['hint', source] as const])),
      );
    });
    describe('on a backend that does not', () => {
      severities(
        'keras-cross-entropy-of-probabilities',
        Object.fromEntries(Object.entries(idioms).map(([name, source]) => [name, ['warning', source] as const])),
        { settings: { kerasBackend: 'torch' } },
      );
      severities(
        'keras-cross-entropy-of-probabilities',
        Object.fromEntries(
          Object.entries(idioms).map(([name, source]) => [
            name,
            ['warning', `import os\nos.environ["KERAS_BACKEND"] = "jax"\n${source}`] as const,
          ]),
        ),
      );
    });
    severities('keras-cross-entropy-of-probabilities', {
      'by a default of the environment': [
        'warning',
        `import os\nos.environ.setdefault('KERAS_BACKEND', 'torch')\n${idioms.functional}`,
      ],
      'said to be TensorFlow': ['hint', `import os\nos.environ['KERAS_BACKEND'] = 'tensorflow'\n${idioms.functional}`],
    });
    finds('keras-cross-entropy-of-probabilities', {
      "a sigmoid of the backend, which is TensorFlow's": `
from keras import backend as K
from keras.losses import binary_crossentropy
def discriminator_loss(prior):
    prior = K.sigmoid(prior)
    return K.mean(«binary_crossentropy(K.zeros_like(prior), prior)»)
`,
      'an operation of TensorFlow, eager': `
import tensorflow as tf
def loss_fn(x, y):
    p = tf.sigmoid(x @ w + b)
    return tf.reduce_mean(«tf.keras.losses.binary_crossentropy(y, p)»)
`,
      'a softmax of TensorFlow and a loss object': `
import tensorflow as tf
cce = tf.keras.losses.CategoricalCrossentropy()
def step(model, x, y):
    with tf.GradientTape() as tape:
        probs = tf.nn.softmax(model(x))
        loss = «cce(y, probs)»
    return tape.gradient(loss, model.trainable_variables)
`,
      'in a graph, where a sum follows the softmax': `
import tensorflow as tf
@tf.function
def loss_fn(logits, y):
    p = tf.nn.sigmoid(logits)
    q = tf.reshape(p[:, 0], [-1])
    return «tf.keras.losses.binary_crossentropy(y, q)»
`,
    });
    severities('keras-cross-entropy-of-probabilities', {
      'in a graph, where the sigmoid is the last operation': [
        'hint',
        `
import tensorflow as tf
@tf.function
def loss_fn(logits, y):
    p = tf.nn.sigmoid(logits)
    return tf.keras.losses.binary_crossentropy(y, p)
`,
      ],
    });
    spares({
      'logits, said to be': `
from tensorflow.keras import Sequential, layers, losses
model = Sequential([layers.Dense(10)])
model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=True), optimizer='adam')
`,
      'a regression': `
from keras import Sequential, layers
model = Sequential([layers.Dense(1, activation='sigmoid')])
model.compile(loss='mse', optimizer='adam')
`,
      'two outputs': `
from keras import Input, Model, layers
x = Input((3,))
model = Model(x, [layers.Dense(1, activation='sigmoid')(x), layers.Dense(1)(x)])
model.compile(loss=['binary_crossentropy', 'mse'], optimizer='adam')
`,
      'a metric': `
import os
os.environ['KERAS_BACKEND'] = 'torch'
import keras
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=['binary_accuracy'])
p = keras.ops.sigmoid(model(x))
`,
    });
    it('says the loss at which the clip ends, computed', () => {
      const { message } = said('keras-cross-entropy-of-probabilities', idioms.sequential, {
        settings: { kerasBackend: 'jax' },
      });
      // The catalogue: value 15.94 for target 0.
      assert.match(message, /16\.12 \(target 1\) or 15\.94 \(target 0\)/);
    });
  });

  describe('from-logits-of-probabilities', () => {
    finds('from-logits-of-probabilities', {
      'a layer and a loss object': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(10, activation='softmax')])
model.compile(optimizer='adam', loss=«tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)»)
`,
      'a training loop': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(1, activation='sigmoid')])
bce = tf.keras.losses.BinaryCrossentropy(from_logits=True)
def step(x, y):
    with tf.GradientTape() as tape:
        loss = «bce(y, model(x))»
    return tape.gradient(loss, model.trainable_weights)
`,
      'an operation of TensorFlow': `
import tensorflow as tf
loss = «tf.keras.losses.categorical_crossentropy(y, tf.nn.softmax(x), from_logits=True)»
`,
      'the backend module': `
from keras import backend as K
def loss(y, x):
    return «K.binary_crossentropy(y, K.sigmoid(x), from_logits=True)»
`,
    });
    severities('from-logits-of-probabilities', {
      'a Keras activation on TensorFlow': [
        'information',
        `
import keras
model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
`,
      ],
      'a Keras activation on JAX': [
        'warning',
        `
import os
os.environ['KERAS_BACKEND'] = 'jax'
import keras
model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
`,
      ],
      'an operation of TensorFlow, which is not recovered': [
        'warning',
        'import tensorflow as tf\nloss = tf.keras.losses.binary_crossentropy(y, tf.sigmoid(x), from_logits=True)\n',
      ],
    });
    spares({
      'no activation': `
import keras
model = keras.Sequential([keras.layers.Dense(8, activation='sigmoid'), keras.layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
`,
      'an activation, said so': `
import keras
model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=False))
`,
      'a softmax after the model, for predictions': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(10)])
model.compile(loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
predictions = probability_model.predict(x)
p = tf.nn.softmax(model(x))
`,
    });
    it('says the value, computed', () => {
      const { message } = said(
        'from-logits-of-probabilities',
        'import tensorflow as tf\nloss = tf.keras.losses.binary_crossentropy(y, tf.sigmoid(x), from_logits=True)\n',
      );
      // The catalogue: 1.313 instead of 20.
      assert.match(message, /1\.313 instead of 20/);
    });
  });

  describe('probability-loss-of-logits', () => {
    finds('probability-loss-of-logits', {
      'a tanh': `
import torch.nn as nn
import torch.nn.functional as F
class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 784)
        self.tanh = nn.Tanh()
    def forward(self, z):
        return self.tanh(self.fc(z))
def train(z, x):
    loss = «F.binary_cross_entropy(Decoder()(z), x)»
    loss.backward()
`,
      'a sequence that ends in a linear layer': `
from torch import nn
model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1))
criterion = nn.BCELoss()
for x, y in loader:
    loss = «criterion(model(x), y)»
    loss.backward()
`,
      'a module that ends in a linear layer': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 4)
        self.fc2 = nn.Linear(4, 1)
    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return x.squeeze(-1)
net = Net()
loss = «F.binary_cross_entropy(net(x), y)»
`,
      'a convolution': `
import torch.nn as nn
class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(64, 1, kernel_size=1)
    def forward(self, x):
        return self.last(self.body(x))
model = Segmenter().cuda()
bce = nn.BCELoss(reduction='none')
loss = «bce(model(x), y)».mean()
`,
      'a Keras model without an activation': `
from tensorflow import keras
model = keras.Sequential([keras.layers.Dense(8, activation='relu'), keras.layers.Dense(1)])
model.compile(loss=«'binary_crossentropy'», optimizer='adam')
`,
      'a Keras model, layer by layer': `
from keras.models import Sequential
from keras.layers import Dense
model = Sequential()
model.add(Dense(12, activation='relu', input_dim=8))
model.add(Dense(3))
model.compile(loss=«'categorical_crossentropy'», optimizer='adam', metrics=['accuracy'])
`,
      'a functional Keras model and a loss object': `
import tensorflow as tf
x = tf.keras.Input((8,))
model = tf.keras.Model(inputs=x, outputs=tf.keras.layers.Dense(10)(x))
model.compile(optimizer='adam', loss=«tf.keras.losses.SparseCategoricalCrossentropy()»)
`,
      'a training loop': `
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
bce = tf.keras.losses.BinaryCrossentropy()
def step(x, y):
    with tf.GradientTape() as tape:
        loss = «bce(y, model(x))»
    return tape.gradient(loss, model.trainable_weights)
`,
    });
    finds(
      'probability-loss-of-logits',
      {
        'TensorFlow.js': `
import * as tf from '@tensorflow/tfjs';
const model = tf.sequential();
model.add(tf.layers.dense({units: 8, activation: 'relu', inputShape: [2]}));
model.add(tf.layers.dense({units: 1}));
model.compile({optimizer: 'adam', loss: «'binaryCrossentropy'»});
`,
      },
      javascript,
    );
    spares({
      'a generator that is compiled, never fitted, and a part of another model': `
from keras.models import Sequential
from keras.layers import Dense
generator = Sequential()
generator.add(Dense(784, activation='tanh'))
generator.compile(loss='binary_crossentropy', optimizer='sgd')
gan = Sequential()
gan.add(generator)
gan.add(discriminator)
gan.compile(loss='binary_crossentropy', optimizer='sgd')
gan.train_on_batch(z, y)
`,
      'what probabilities are weighed by': `
import torch
import torch.nn.functional as F
def loss(logits, onehot, r):
    p = torch.bmm(torch.tanh(logits).sigmoid(), onehot.unsqueeze(2)).squeeze(2)
    return F.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), r)
`,
      'means of probabilities, and products that are never negative': `
import torch
import torch.nn.functional as F
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
def matching_loss(support, labels, queries, targets):
    attention = F.softmax(queries @ support.t(), dim=-1)
    experts = torch.einsum('bk,bkc->bc', attention, torch.sigmoid(labels))
    return F.binary_cross_entropy(torch.mm(attention, labels), targets) + F.binary_cross_entropy(experts, targets)
def similarity_loss(logits, y):
    p = tf.nn.softmax(logits)
    p = p / K.expand_dims(K.pow(K.sum(p ** 2, axis=1), 0.5), 1)
    return K.mean(keras.metrics.binary_crossentropy(y, K.dot(p, K.transpose(p))))
`,
      'a sigmoid after the linear layer, in the step': `
import torch
from torch import nn
model = nn.Sequential(nn.Linear(8, 1))
criterion = nn.BCEWithLogitsLoss()
loss = criterion(model(x), y)
p = torch.sigmoid(model(x))
`,
      'a model of which nothing is known': `
from torch import nn
from models import build
model = build()
criterion = nn.BCELoss()
loss = criterion(model(x), y)
`,
      'a linear layer somewhere before': `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)
    def forward(self, x):
        return self.squash(self.fc(x))
loss = nn.BCELoss()(Net()(x), y)
`,
      'a Keras model whose last layer is another activation': `
import keras
model = keras.Sequential([keras.layers.Dense(1), keras.layers.LeakyReLU(), keras.layers.Lambda(squash)])
model.compile(loss='binary_crossentropy')
`,
      'a Keras model for regression': `
import keras
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss='mean_squared_error', optimizer='adam')
`,
      'an activation by the number of classes': `
import keras
def build(n):
    if n == 2:
        activation, units, loss = 'sigmoid', 1, 'binary_crossentropy'
    else:
        activation, units, loss = 'softmax', n, 'categorical_crossentropy'
    model = keras.Sequential([keras.layers.Dense(units, activation=activation)])
    model.compile(loss=loss, optimizer='adam')
    return model
`,
      'a sigmoid on one branch': `
from keras import layers, Model, Input
def build(final):
    x = Input((3,))
    y = layers.Dense(1)(x)
    if final:
        y = layers.Activation('sigmoid')(y)
    model = Model(x, y)
    model.compile(loss='binary_crossentropy')
`,
      'a Keras loss of logits': `
import keras
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer='adam')
`,
    });
    it('says what PyTorch does with them, and what Keras does', () => {
      const torch = said(
        'probability-loss-of-logits',
        'from torch import nn\nloss = nn.BCELoss()(nn.Linear(2, 1)(x), y)\n',
      );
      assert.match(torch.message, /refuses numbers outside \[0, 1\]/);
      assert.equal(torch.advice, 'nn.BCEWithLogitsLoss()');
      const keras = said(
        'probability-loss-of-logits',
        "import keras\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile(loss='binary_crossentropy')\n",
      );
      assert.match(keras.message, /clipped/);
      assert.equal(keras.advice, 'give the loss from_logits=True');
    });
  });

  describe('tfjs-clipped-cross-entropy', () => {
    severities(
      'tfjs-clipped-cross-entropy',
      {
        'compile by name': [
          'hint',
          `
import * as tf from '@tensorflow/tfjs';
const model = tf.sequential();
model.add(tf.layers.dense({units: 1, activation: 'sigmoid', inputShape: [2]}));
model.compile({optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy']});
`,
        ],
        'several classes, layers in a list': [
          'hint',
          `
const tf = require('@tensorflow/tfjs');
const model = tf.sequential({layers: [
  tf.layers.dense({units: 8, activation: 'relu', inputShape: [2]}),
  tf.layers.dense({units: 3, activation: 'softmax'}),
]});
model.compile({optimizer: tf.train.adam(), loss: 'categoricalCrossentropy'});
`,
        ],
        'the function': [
          'hint',
          `
import * as tf from '@tensorflow/tfjs';
const loss = (y, x) => tf.metrics.binaryCrossentropy(y, tf.sigmoid(x)).mean();
`,
        ],
      },
      javascript,
    );
    sparesInJavaScript({
      'cross-entropy of logits': `
import * as tf from '@tensorflow/tfjs';
const loss = (y, x) => tf.losses.sigmoidCrossEntropy(y, x);
`,
      'a regression': `
import * as tf from '@tensorflow/tfjs';
const model = tf.sequential({layers: [tf.layers.dense({units: 1, activation: 'sigmoid', inputShape: [2]})]});
model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
`,
      'a cross-entropy of data': `
import * as tf from '@tensorflow/tfjs';
const loss = (y, p) => tf.metrics.binaryCrossentropy(y, p);
`,
    });
  });

  describe('normalised-twice', () => {
    severities('normalised-twice', {
      PyTorch: ['hint', 'import torch\np = torch.softmax(x, dim=1)\nq = p / p.sum(dim=1, keepdim=True)\n'],
      TensorFlow: [
        'hint',
        'import tensorflow as tf\noutput = tf.nn.softmax(x)\noutput /= tf.reduce_sum(output, -1, keepdims=True)\n',
      ],
      'a Keras model': [
        'hint',
        `
from keras import backend as K, layers
p = layers.Dense(10, activation='softmax')(x)
q = p / K.sum(p, axis=-1, keepdims=True)
`,
      ],
    });
    spares({
      'a part of a softmax': `
import torch
p = torch.softmax(x, dim=1)
q = p * mask
q = q / (q.sum(dim=1, keepdim=True) + 1e-3)
`,
      'another value': `
import torch
def f(x, weights):
    p = torch.softmax(x, dim=1)
    return (p * weights).sum() / weights.sum().clamp(min=1)
`,
      'the softmax alone': 'import torch\np = torch.softmax(x, dim=1)\ns = p.sum(dim=1)\n',
    });
    it('says nothing of what is picked from the softmax before it is summed', () => {
      assertFinds('normalised-twice', 'import torch\np = torch.softmax(x, 1).topk(5)[0]\nq = p / p.sum(-1)\n');
      assert.deepEqual(
        findingsIn('import torch\np = torch.softmax(x, 1).topk(5)[0]\nq = p / p.sum(-1, keepdim=True)\n').filter(
          ({ rule }) => rule === 'normalised-twice',
        ),
        [],
      );
    });
  });

  describe('what a sigmoid or softmax becomes before the loss', () => {
    finds('bce-after-sigmoid', {
      'a softmax': `
import torch
import torch.nn.functional as F
def loss(x, t):
    return «F.binary_cross_entropy(F.softmax(x, dim=1), t)»
`,
      'times a mask': `
import torch
import torch.nn.functional as F
def loss(x, t, mask):
    return «F.binary_cross_entropy(torch.sigmoid(x) * mask, t * mask)»
`,
      'that of the other class': `
import torch
import torch.nn.functional as F
def loss(x, t):
    return «F.binary_cross_entropy(1 - torch.sigmoid(x), 1 - t)»
`,
      'summed up by what picks one': `
import torch
import torch.nn.functional as F
def loss(x, chosen, t):
    p = (torch.sigmoid(x) * chosen).sum(-1)
    return «F.binary_cross_entropy(p, t)»
`,
      'of a reconstruction by another name': `
import torch
import torch.nn as nn
import torch.nn.functional as F
class VAE(nn.Module):
    def forward(self, x):
        return torch.sigmoid(self.last(x))
def loss_function(x_hat, x):
    return «F.binary_cross_entropy(x_hat, x, reduction='sum')»
`,
    });
    spares({
      'a softmax before a loss of labels that are limited': `
import torch
import torch.nn.functional as F
def loss(x, t):
    return F.binary_cross_entropy(F.softmax(x, dim=1).clamp(1e-6, 1 - 1e-6), t)
`,
      'a mean of sigmoids, weighed by attention': `
import torch
import torch.nn.functional as F
def loss(x, scores, t):
    p = (torch.sigmoid(x) * torch.softmax(scores, dim=-1)).sum(-1)
    return F.binary_cross_entropy(p, t)
`,
      'noisy labels, of which the probabilities are a mixture': `
import tensorflow.keras.backend as K
def forward_loss(y_true, y_pred):
    return K.categorical_crossentropy(y_true, K.dot(y_pred, P))
`,
    });
    it('measures what 1 - p comes to', () => {
      const { message } = said(
        'bce-after-sigmoid',
        'import torch\nimport torch.nn.functional as F\nloss = F.binary_cross_entropy(1 - torch.sigmoid(x), t)\n',
      );
      assert.match(message, /^The gradient of BCE of 1 - sigmoid\(x\) with target 1 is 0 from x >= 16\.636 in float32/);
    });
    it('measures the softmax, not a sigmoid', () => {
      const { message } = said(
        'bce-after-sigmoid',
        'import torch\nimport torch.nn.functional as F\nloss = F.binary_cross_entropy(torch.softmax(x, 1), t)\n',
      );
      assert.match(
        message,
        /^The gradient of BCE of softmax\(x\) with target 0 is 0 from a logit 16\.636 above all others/,
      );
    });
  });
});
