import { parser } from '@lezer/python';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { variablesOf } from '../../../src/expression';
import { findingsIn } from '../../../src/rules';
import { assertFinds, finds, marked, only, spares, sparesOf } from './marked';

describe('rule log-of-sigmoid', () => {
  describe('finds', () => {
    finds('log-of-sigmoid', {
      'to base 2': `
import torch
def bce(x, t):
    p = torch.sigmoid(x)
    return -(t * «torch.log2(p)» + (1 - t) * «torch.log2(1 - p)»).mean()
`,
      'computed by methods that one attribute after the other goes through': `
import tensorflow as tf
class GAN(object):
    def __init__(self):
        self.z_c = tf.concat([self.z, self.c_i, self.c_j], axis=1)
    def build_generator(self):
        layer = tf.nn.relu(tf.matmul(self.z_c, self.G_W1) + self.G_b1)
        self.G = tf.nn.sigmoid(tf.matmul(layer, self.G_W2) + self.G_b2)
    def build_discriminator(self):
        layer = tf.nn.relu(tf.matmul(self.G, self.D_W1) + self.D_b1)
        self.D_fake = tf.nn.sigmoid(tf.matmul(layer, self.D_W2) + self.D_b2)
    def build_model(self):
        self.build_generator()
        self.build_discriminator()
        self.G_loss = -tf.reduce_mean(«tf.log(self.D_fake)»)
`,
      'of several that are joined': `
import torch
def loss(x, y):
    p = torch.cat((torch.sigmoid(x), torch.sigmoid(y))).unsqueeze(0)
    return -«torch.log(p)».mean() - «torch.stack([torch.sigmoid(v) for v in x], 1).t().log()».mean()
`,
      'of the target, by a condition': `
import torch
def binary_cross_entropy(inputs, targets):
    inputs = inputs.sigmoid()
    return -«torch.where(targets == 1, inputs, 1 - inputs).log()».mean()
`,
      'a multiple of it': `
import torch
def loss(x, y):
    return -(«torch.log(2 * torch.sigmoid(x))» + «torch.log(torch.sigmoid(y) / 3)»).mean()
`,
      squared: `
import torch
def loss(x):
    return -«torch.log(torch.sigmoid(x) ** 2)».mean()
`,
      'times that of its complement': `
import torch
class Sigmoid(torch.nn.Module):
    def forward(self, inputs):
        s = torch.sigmoid
        return s(inputs), «torch.log(s(inputs) * (1 - s(inputs)))».sum(-1, keepdim=True)
`,
      'by a function of the project that is called so': `
import numpy as np
from ..utils import sigmoid
def cost(data, theta, y):
    p = sigmoid(data @ theta)
    return -(y * «np.log(p)» + (1 - y) * «np.log(1 - p)»)
`,
      'of a model that went through map': `
import torch
from torch import nn
class LinkPredictor(nn.Module):
    def forward(self, a, b):
        return torch.sigmoid((a * b).sum(-1))
def train(predictor, a, b):
    loss = -«torch.log(predictor(a, b))».mean()
    loss.backward()
def main(a, b, device):
    predictor = LinkPredictor()
    (predictor,) = map(lambda x: x.to(device), (predictor,))
    train(predictor, a, b)
`,
      'a logit whose bounds leave room to fail': `
import torch
a = «torch.log(torch.sigmoid(torch.clamp(x, -100, 100)))»
b = «torch.log(1 - torch.sigmoid(x.abs()))»
`,
      'the plain form': 'import torch\nloss = -«torch.log(torch.sigmoid(x))».mean()\n',
      'a value defined before': `
import torch

def bpr(pos, neg):
    score = pos - neg
    prob = torch.sigmoid(score)
    return -«torch.log(prob)».mean()
`,
      'both sides of a cross-entropy by hand': `
import torch
def bce(logits, y):
    p = torch.sigmoid(logits)
    return -(y * «torch.log(p)» + (1 - y) * «torch.log(1 - p)»).mean()
`,
      'method chains':
        'def f(x):\n    return «x.sigmoid().log()», «(1 - x.sigmoid()).log()», «(1. - x.sigmoid()).log()»\n',
      'log1p and other ways to write the difference': `
import torch
p = torch.sigmoid(x)
a = «torch.log1p(-p)»
b = «torch.log(-p + 1)»
c = «torch.log(torch.ones_like(p) - p)»
d = «torch.sub(1, p).log()»
e = «(1.0 - p).log()»
`,
      aliases: `
import torch as t
import torch.nn.functional as F
from torch import log as ln, sigmoid as sg
from torch.special import expit
a = «t.log(F.sigmoid(x))»
b = «ln(sg(x))»
c = «t.log(expit(x))»
`,
      'a module': `
from torch import nn
import torch
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)
    def loss(self, x):
        return -«torch.log(self(x))».mean()
`,
      'what keeps values': `
import torch
p = torch.sigmoid(net(x)).squeeze(-1).view(-1).float().to(device)
q = p[mask][:, 0].unsqueeze(0).gather(1, index)
loss = -«torch.log(q)».sum()
`,
      'TensorFlow, in its several places': `
import tensorflow as tf
p = tf.sigmoid(x)
a = «tf.log(p)»
b = «tf.math.log(1.0 - tf.nn.sigmoid(x))»
c = «tf.compat.v1.log(tf.math.sigmoid(x))»
d = «tf.math.log(tf.reshape(tf.keras.activations.sigmoid(x), [-1]))»
e = «tf.math.log1p(-p)»
`,
      'the Keras backend': `
from tensorflow.keras import backend as K
import keras.backend as B
def loss(y, x):
    p = K.sigmoid(x)
    return -K.mean(y * «K.log(p)» + (1 - y) * «B.log(1 - p)»)
`,
      'Keras 3': `
import keras
from keras import ops
a = «ops.log(ops.sigmoid(x))»
b = «keras.ops.log(keras.activations.sigmoid(x))»
`,
      'a Keras model with an activation': `
import tensorflow as tf
from tensorflow.keras.layers import Input, Dense
x = Input(shape=(3,))
out = Dense(1, activation='sigmoid')(Dense(4)(x))
model = tf.keras.Model(inputs=x, outputs=out)
net = tf.keras.Sequential([Dense(4), Dense(1, activation=tf.nn.sigmoid)])
a = «tf.math.log(model(batch))»
b = «tf.math.log(net(batch))»
`,
      JAX: `
import jax
import jax.numpy as jnp
from jax import nn, lax
@jax.jit
def loss(params, x):
    p = jax.nn.sigmoid(x @ params)
    return -jnp.mean(«jnp.log(p)» + «jnp.log1p(-nn.sigmoid(x))» + «jnp.log(lax.logistic(x))»)
`,
      'NumPy and SciPy': `
import numpy as np
from scipy.special import expit
import scipy.special
def nll(x):
    return -np.mean(«np.log(expit(x))» + «np.log(1 - scipy.special.expit(x))»)
`,
      'a helper that returns the probability': `
import torch
def predict(w, x):
    logits = x @ w
    return torch.sigmoid(logits)
loss = -«torch.log(predict(w, x))».mean()
`,
      'a helper that is given the probability, once, where it is computed': `
import torch
def nll(p):
    return -«torch.log(p)».mean()
a = nll(torch.sigmoid(x))
b = nll(torch.sigmoid(y))
`,
      'every branch': `
import torch
def f(x, flip):
    if flip:
        p = torch.sigmoid(-x)
    else:
        p = torch.sigmoid(x)
    return «torch.log(p)»
`,
      'one branch, where the other is unknown': `
import torch
def f(p, logits):
    if logits:
        p = p.sigmoid()
    return «torch.log(p)»
`,
      'one branch, where the other is limited but of something else': `
import torch
def f(pred, logits):
    p = pred.sigmoid() if logits else pred.clamp(1e-6, 1 - 1e-6)
    return «torch.log(p)»
`,
      'walrus, tuple, conditional, lambda and comprehension': `
import torch
if (p := torch.sigmoid(x)).any():
    a = «torch.log(p)»
q, r = torch.sigmoid(x), other(x)
b = «torch.log(q)»
c = «torch.log(torch.sigmoid(x) if soft else torch.sigmoid(2 * x))»
d = lambda z: «torch.log(torch.sigmoid(z))»
e = [«torch.log(s)» for s in [torch.sigmoid(o) for o in outputs]]
`,
      'a dictionary and an attribute': `
import torch
out = {'probs': torch.sigmoid(x)}
out['more'] = torch.sigmoid(y)
a = «torch.log(out['probs'])» + «torch.log(out["more"])»
class M:
    def forward(self, x):
        self.p = torch.sigmoid(x)
        return self.p
    def loss(self):
        return «torch.log(self.p)»
`,
      'inside with, try, loop, match and nested functions': `
import torch
def outer(x):
    p = torch.sigmoid(x)
    with autocast():
        a = «torch.log(p)»
    try:
        b = «torch.log(1 - p)»
    except ValueError:
        raise
    for i in range(3):
        c = «torch.log(p)»
        if i:
            continue
        while True:
            d = «torch.log(p)»
            break
    match x:
        case 1:
            e = «torch.log(p)»
    def inner():
        return «torch.log(p)»
    return inner
`,
      'names of a star import': 'from torch import *\nloss = «log(sigmoid(x))»\n',
      'Python 2': 'import torch\nprint "step", step\np = torch.sigmoid(x)\nprint «torch.log(p)»\nexec "pass"\n',
      'CRLF and tabs': 'import torch\r\ndef f(x):\r\n\tp = torch.sigmoid(x)\r\n\treturn «torch.log(p)»\r\n',
      'text around it that is no Python': `
In [75]:

torch.sigmoid(-x) + torch.sigmoid(x)

tensor([1., 1.])

In [None]:
import torch
«torch.log(torch.sigmoid(torch.tensor([0.58,-500])*x))»

tensor([-0.4446,    -inf])
`,
      'a file that breaks off':
        'import torch\ndef f(x):\n    p = torch.sigmoid(x)\n    y = «torch.log(p)»\n    return y + torch.log(',
      'an error elsewhere': 'import torch\nx = = 3\ndef f(:\n  pass\nloss = «torch.log(torch.sigmoid(x))»\nclass\n',
      'a lone surrogate before it': `import torch\ns = '\ud800'\nloss = «torch.log(torch.sigmoid(x))»\n`,
      'letters beyond the basic plane before it': `import torch\ns = '𝜎𝜎'\nloss = «torch.log(torch.sigmoid(x))»\n`,
    });
  });

  describe('leaves alone', () => {
    sparesOf('log-of-sigmoid', {
      'a logit that is bounded short of where it fails': `
import torch
a = torch.log(torch.sigmoid(torch.clamp(x, -10, 10)))
b = torch.log(torch.sigmoid(torch.tanh(x)))
c = torch.log(torch.sigmoid(x.abs()))
`,
      'a clamped argument': `
import torch
p = torch.sigmoid(x)
p = p.clamp(1e-6, 1 - 1e-6)
loss = torch.log(p) + torch.log(1 - p)
q = torch.clamp(torch.sigmoid(x), min=1e-6)
loss = torch.log(q) + torch.sigmoid(x).clamp_min(1e-6).log()
`,
      'a clamp in place': 'import torch\np = torch.sigmoid(x)\np.clamp_(1e-6, 1 - 1e-6)\nloss = torch.log(p)\n',
      'an assignment to elements': 'import torch\np = torch.sigmoid(x)\np[p == 0] = 1e-6\nloss = torch.log(p)\n',
      'a clamp on one branch': `
import torch
def f(x, safe):
    p = torch.sigmoid(x)
    if safe:
        p = p.clamp(min=1e-6)
    return torch.log(p)
`,
      'an epsilon': `
import torch
import tensorflow as tf
p = torch.sigmoid(x)
loss = torch.log(p + 1e-8) + torch.log(1 - p + self.eps)
p += 1e-8
loss = torch.log(p)
q = tf.log(tf.sigmoid(x) + 1e-10)
`,
      'a local log that adds an epsilon': `
import torch
def log(x):
    return torch.log(x + 1e-8)
loss = log(torch.sigmoid(x))
`,
      'a local sigmoid and a local log': `
from torch import sigmoid, log
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def log(x):
    return x
def sigmoid_of(x):
    return x
loss = np.log(sigmoid_of(x)) + log(sigmoid(x))
`,
      'names that are bound to something else': `
import torch
def f(torch, x):
    return torch.log(torch.sigmoid(x))
class T:
    def sigmoid(self, x): return x
import math
loss = math.log(sigmoid(3.0))
`,
      'comments, docstrings and strings': `
import torch
def f(x):
    """torch.log(torch.sigmoid(x)) is what this replaces."""
    # torch.log(torch.sigmoid(x))
    return "torch.log(torch.sigmoid(x))"
`,
      'the stable forms': `
import torch, jax
import torch.nn.functional as F
a = F.logsigmoid(x) + torch.nn.LogSigmoid()(x) + jax.nn.log_sigmoid(x)
`,
      'a loop that limits it': `
import torch
p = torch.sigmoid(x)
for limit in limits:
    p = limit(p)
loss = torch.log(p)
`,
      reassignment: 'import torch\np = torch.sigmoid(x)\np = other(p)\nloss = torch.log(p)\ndel p\n',
      'a logarithm that is told where':
        'import numpy as np\nfrom scipy.special import expit\nq = np.log(expit(x), where=m, out=z)\n',
      'a constant': 'import torch\nreference = torch.log(torch.sigmoid(torch.tensor(-3.0)))\n',
      loggers: `
import torch
class Module(LightningModule):
    def training_step(self, batch):
        p = torch.sigmoid(self(batch))
        self.log('p', p)
        logger.log(p)
`,
      'a reduction between them': 'import torch\nloss = torch.log(torch.sigmoid(x).mean())\n',
    });
  });

  it('says which operand, in which framework, by which name', () => {
    const advice = (source: string): string => only(findingsIn(source)).advice;
    assert.equal(
      advice('import torch\nimport torch.nn.functional as fn\ntorch.log(torch.sigmoid(logits))'),
      'fn.logsigmoid(logits)',
    );
    assert.equal(advice('import torch\ntorch.log(torch.sigmoid(logits))'), 'torch.nn.functional.logsigmoid(logits)');
    assert.equal(advice('from torch.nn.functional import logsigmoid as ls\nx.sigmoid().log()'), 'ls(x)');
    assert.equal(advice('(a - b).sigmoid().log()'), 'F.logsigmoid(a - b)');
    assert.equal(advice('(1 - x.sigmoid()).log()'), 'F.logsigmoid(-x)');
    assert.equal(advice('(1 - (a - b).sigmoid()).log()'), 'F.logsigmoid(-(a - b))');
    assert.equal(advice('import tensorflow as tf\ntf.math.log(tf.sigmoid(x))'), 'tf.math.log_sigmoid(x)');
    assert.equal(advice('from keras import ops\nops.log(ops.sigmoid(x))'), 'ops.log_sigmoid(x)');
    assert.equal(advice('from keras import backend as K\nK.log(1 - K.sigmoid(x))'), '-K.softplus(x)');
    assert.equal(advice('import jax\nimport jax.numpy as jnp\njnp.log(jax.nn.sigmoid(x))'), 'jax.nn.log_sigmoid(x)');
    assert.equal(advice('import numpy as np\nfrom scipy import special as sp\nnp.log(sp.expit(x))'), 'sp.log_expit(x)');
  });

  it('names an operand of another function only by its role', () => {
    const [finding] = assertFinds(
      'log-of-sigmoid',
      'import torch\ndef nll(p):\n    return -«torch.log(p)»\ndef f(z):\n    return nll(torch.sigmoid(z))\n',
    );
    assert.equal(finding?.advice, 'torch.nn.functional.logsigmoid(x)');
    assert.deepEqual(
      finding.related.map(({ message }) => message),
      ['the sigmoid is here', 'called here with a sigmoid'],
    );
  });

  it('gives statement, related places, expression and stable form', () => {
    const { text } = marked('import torch\nprob = torch.sigmoid(score)\nloss = -torch.log(prob).mean()\n');
    const finding = only(findingsIn(text));
    assert.equal(text.slice(finding.statement.start, finding.statement.end), 'loss = -torch.log(prob).mean()');
    assert.deepEqual(
      finding.related.map(({ start, end, message }) => [text.slice(start, end), message]),
      [['torch.sigmoid(score)', 'the sigmoid is here']],
    );
    assert.deepEqual(variablesOf(finding.expression ?? assert.fail()), ['x']);
    assert.deepEqual(variablesOf(finding.stable ?? assert.fail()), ['x']);
    assert.equal(finding.title, 'log of sigmoid');
    assert.equal(finding.lens, '⚠ log of sigmoid: -inf from x ≤ -88.723 in float32');
    assert.equal(
      finding.message,
      'log(sigmoid(x)) is -inf from x <= -88.723 in float32 (bfloat16 -89, float16 -17.344); its gradient is NaN there and inf from x <= -11.094 in float16. ' +
        'Here x is `score`. Write torch.nn.functional.logsigmoid(score) instead.',
    );
  });

  it('points at the head of a compound statement', () => {
    const text = 'import torch\nif torch.log(torch.sigmoid(x)) < 3:\n    pass\n';
    const { statement } = only(findingsIn(text));
    assert.equal(text.slice(statement.start, statement.end), 'if torch.log(torch.sigmoid(x)) < 3');
  });

  it('says less where no gradients flow, in tests, and of NumPy', () => {
    const severity = (source: string): string => only(findingsIn(source)).severity;
    const call = 'torch.log(torch.sigmoid(x))';
    assert.equal(severity(`import torch\n${call}`), 'warning');
    assert.equal(severity(`import torch\nwith torch.no_grad():\n    ${call}`), 'hint');
    assert.equal(severity(`import torch\n@torch.no_grad()\ndef evaluate(x):\n    return ${call}`), 'hint');
    const later = 'with torch.no_grad():\n        p = torch.sigmoid(x)\n    return torch.log(p)';
    assert.equal(severity(`import torch\ndef score(x):\n    ${later}`), 'hint');
    // What is NaN does harm in a loss all the same, and gradients that are asked for by name are there.
    assert.equal(severity(`import torch\ndef loss(x):\n    ${later}`), 'warning');
    assert.equal(severity(`import torch\ndef score(x):\n    x.requires_grad_()\n    ${later}`), 'warning');
    assert.equal(severity(`import torch\ndef test_log(x):\n    return ${call}`), 'hint');
    assert.equal(
      severity(`import torch\nclass TestLoss(TestCase):\n    def check(self):\n        return ${call}`),
      'hint',
    );
    const numpy = only(findingsIn('import numpy as np\nfrom scipy.special import expit\nnp.log(expit(x))'));
    assert.equal(numpy.severity, 'information');
    assert.match(numpy.message, /-inf from x <= -709\.79 in float64 \(float32 -88\.723, float16 -17\.344\)\./);
    assert.doesNotMatch(numpy.message, /gradient/);
  });

  it('speaks of float64 where the code computes in it', () => {
    const source = 'import torch\nx = x.double()\nloss = torch.log(torch.sigmoid(x))\n';
    assert.match(only(findingsIn(source)).message, /-inf from x <= -709\.79 in float64;/);
  });
});

describe('rule log-of-softmax', () => {
  describe('finds', () => {
    finds('log-of-softmax', {
      'a multiple by a number': `
import torch
import torch.nn as nn
class SmoothedCrossEntropyLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.dist = nn.Softmax()
    def forward(self, x, t):
        p = torch.diag(self.dist(x)[:, t]) * 0.5
        return -torch.mean(«torch.log(p)»)
`,
      'to base 10, in JAX': `
import jax
import jax.numpy as jnp
def entropy(x):
    return -jnp.mean(«jnp.log10(jax.nn.softmax(x))»)
`,
      'of the project, in JAX': `
import jax.numpy as jnp
import numpy as np
from modules.activations import softmax
def loss(x, onehot):
    return -jnp.mean(onehot * «jnp.log(softmax(x))»)
`,
      'a divergence by hand': `
import torch
import torch.nn.functional as F
def kl(p_logits, q_logits):
    p = F.softmax(p_logits, dim=1)
    q = F.softmax(q_logits, dim=1)
    return (p * «torch.log(p / q)»).sum(1).mean()
`,
      'logits with limits that leave enough room': `
import tensorflow as tf
def f(x, w):
    a = «tf.math.log(tf.nn.softmax(tf.clip_by_value(x, -50., 50.)))»
    b = «tf.math.log(tf.nn.softmax(w * tf.tanh(x)))»
    return a + b + «tf.math.log(tf.nn.softmax(tf.nn.relu(x)))» + «tf.math.log(tf.nn.softmax(tf.tanh(x) / 0.01))»
`,
      'what placeholders pick that are assigned at once': `
import tensorflow as tf
obs = tf.placeholder('float', [None, 4])
probs = tf.nn.softmax(tf.layers.dense(obs, 2))
actions, adv = tf.placeholder('float', [None, 2]), tf.placeholder('float', [None, 1])
loss = -tf.reduce_sum(«tf.log(tf.reduce_sum(tf.multiply(probs, actions), axis=1))» * adv)
`,
      'what a target called y picks': `
import torch
def focal(logits, y):
    p = torch.softmax(logits, 1)
    pt = (p * y).sum(1)
    return (-(1 - pt) ** 2 * «torch.log(pt)»).mean()
`,
      'below a class pattern': `
import torch
def f(x):
    match x:
        case torch.Tensor():
            return «torch.log(torch.softmax(x, -1))»
`,
      'the plain form': 'import torch\nimport torch.nn.functional as F\nlp = «torch.log(F.softmax(x, dim=1))»\n',
      'a method chain': 'lp = «x.softmax(dim=-1).log()»\nlq = «x.softmax(-1).log()»\n',
      'a policy gradient': `
import torch
import torch.nn.functional as F
class Policy(nn.Module):
    def forward(self, x):
        return F.softmax(self.fc(x), dim=-1)
policy = Policy()
def update(states, actions, returns):
    probs = policy(states)
    picked = probs.gather(1, actions.view(-1, 1)).squeeze(1)
    return -(«torch.log(picked)» * returns).mean()
`,
      'a softmax module into NLLLoss': `
import torch
from torch import nn
softmax = nn.Softmax(dim=1)
nll = nn.NLLLoss()
loss = nll(«torch.log(softmax(logits))», y)
`,
      'a divergence of logs': `
import torch, torch.nn.functional as F
loss = F.kl_div(«torch.log(torch.softmax(student, dim=-1))», teacher, reduction='batchmean')
`,
      'an entropy': 'import tensorflow as tf\np = tf.nn.softmax(logits)\nh = -tf.reduce_sum(p * «tf.math.log(p)», 1)\n',
      'a TensorFlow 1 layer': `
import tensorflow as tf
probs = tf.layers.dense(h, n, activation=tf.nn.softmax)
more = tf.layers.dense(h, n, tf.nn.softmax, name='more')
loss = «tf.log(probs[0, a])» + «tf.log(more)»
`,
      'Keras, JAX and SciPy': `
from keras import ops, backend as K
import jax, jax.numpy as jnp, numpy as np
from scipy.special import softmax
a = «ops.log(ops.softmax(x, axis=-1))»
b = «K.log(K.softmax(x))»
c = «jnp.log(jax.nn.softmax(x, axis=-1))»
d = «np.log(softmax(x, axis=1))»
`,
      'a list of layers that ends in one': `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, depth):
        layers = []
        for _ in range(depth):
            layers.append(nn.Linear(3, 3))
            layers += [nn.ReLU()]
        layers.append(nn.Softmax(dim=-1))
        self.net = nn.Sequential(*layers)
    def forward(self, x):
        return «torch.log(self.net(x))»
`,
    });
  });

  describe('leaves alone', () => {
    spares({
      'a score by NumPy': `
import numpy as np
from scipy.special import softmax
def inception_score(logits):
    p = softmax(logits, axis=1)
    return np.exp(np.mean(np.sum(p * (np.log(p) - np.log(np.mean(p, 0))), 1)))
`,
      'logits that lie closer together than what underflows': `
import tensorflow as tf
from tensorflow.keras import backend as K
def mixture(y_true, params):
    alpha = K.softmax(K.clip(params[:, 0], 1e-8, 1.))
    return -K.mean(K.log(alpha) * y_true)
def pointer(q, k):
    return tf.math.log(tf.nn.softmax(10.0 * tf.tanh(tf.reduce_sum(q * k, -1))))
def contrast(a, b, temperature):
    cosines = tf.matmul(tf.nn.l2_normalize(a, 1), tf.nn.l2_normalize(b, 1), transpose_b=True)
    return tf.math.log(tf.nn.softmax(cosines / 0.1)) + tf.math.log(tf.nn.softmax(cosines / temperature))
`,
    });
    sparesOf('log-of-softmax', {
      'a quotient by its own sum': `
import torch
def renormalised(x, m):
    p = torch.softmax(x, 1) * m
    return torch.log(p / p.sum(1, keepdim=True))
`,
      'an expected value of placeholders that are assigned at once': `
import tensorflow as tf
obs = tf.placeholder('float', [None, 4])
probs = tf.nn.softmax(tf.layers.dense(obs, 2))
actions, values = tf.placeholder('float', [None, 2]), tf.placeholder('float', [None, 2])
loss = -tf.reduce_sum(tf.log(tf.reduce_sum(tf.multiply(probs, values), axis=1)) * actions)
`,
      'an expected value': `
import torch
def expected(logits, values):
    return torch.log((torch.softmax(logits, 1) * values).sum(1))
`,
      'log_softmax, whatever it is called': `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        self.softmax = nn.LogSoftmax(dim=1)
    def forward(self, x):
        return self.softmax(x)
loss = nn.NLLLoss()(Net()(x), y) + torch.log_softmax(x, 1)
`,
      'a softmax for metrics beside a cross-entropy': `
import torch, torch.nn as nn
criterion = nn.CrossEntropyLoss()
loss = criterion(logits, y)
probs = torch.softmax(logits, dim=1)
accuracy = (probs.argmax(1) == y).float().mean()
`,
      attention:
        'import torch\nweights = torch.softmax(q @ k.transpose(-2, -1), dim=-1)\nout = weights @ v\nn = torch.log(v)\n',
      'weights for drawing samples': `
import torch
import tensorflow as tf
import jax, jax.numpy as jnp
probs = torch.softmax(x, -1)
drawn = torch.multinomial(torch.log(probs), 1)
sample = tf.multinomial(tf.log(tf.nn.softmax(logits)), num_samples=1)
logp = tf.math.log(tf.nn.softmax(logits))
more = tf.random.categorical(logp, 1)
best = torch.log(probs).argmax(-1)
key = jax.random.categorical(key, jnp.log(jax.nn.softmax(x)))
`,
      'an epsilon or a clamp': `
import torch
p = torch.softmax(x, dim=1)
a = torch.log(p + 1e-10) + torch.log(p.clamp(min=1e-10)) + torch.log(torch.clamp(p, 1e-7, 1.0))
probs = torch.softmax(x, 1) + 1e-8
b = torch.log(probs)
`,
      'another softmax': `
import torch
def softmax(x):
    e = torch.exp(x - x.max())
    return e / e.sum() + 1e-6
loss = torch.log(softmax(x))
`,
    });
  });

  it('speaks of logits', () => {
    const finding = only(findingsIn('import torch\nloss = torch.log(torch.softmax(logits, dim=1))\n'));
    assert.equal(finding.lens, '⚠ log of softmax: -inf from a logit 103.98 below the greatest in float32');
    assert.equal(
      finding.message,
      'log(softmax(x)) is -inf from a logit 103.98 below the greatest in float32 (bfloat16 93, float16 17.344); its ' +
        'gradient is NaN there and inf from a logit 88.723 below the greatest in float32 (bfloat16 89, float16 11.094). Here x is `logits`. Write torch.nn.functional.log_softmax(logits, dim=1) instead.',
    );
  });
});

describe('rule bce-after-sigmoid', () => {
  describe('finds', () => {
    finds('bce-after-sigmoid', {
      'the plain form':
        'import torch\nimport torch.nn.functional as F\nloss = «F.binary_cross_entropy(torch.sigmoid(x), y)»\n',
      modules: `
import torch.nn as nn
sigmoid = nn.Sigmoid()
criterion = nn.BCELoss(reduction='none')
loss = «criterion(sigmoid(logits), targets)».mean()
`,
      'a model and a criterion': `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(10, 1)
        self.act = nn.Sigmoid()
    def forward(self, x):
        x = self.fc(x)
        return self.act(x).view(-1)
model = Net().to(device)
criterion = nn.BCELoss()
for x, y in loader:
    output = model(x)
    loss = «criterion(output, y)»
    loss.backward()
`,
      'a discriminator, which calls twice': `
import torch.nn as nn
netD = nn.Sequential(nn.Conv2d(3, 1, 4), nn.Sigmoid()).cuda()
bce = nn.BCELoss().cuda()
real = «bce(netD(images), ones)»
fake = «bce(netD(fakes.detach()), zeros)»
`,
      'a variational autoencoder': `
import torch
from torch import nn
from torch.nn import functional as F
class VAE(nn.Module):
    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))
    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 784))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar
model = VAE().to(device)
def loss_function(recon_x, x, mu, logvar):
    BCE = «F.binary_cross_entropy(recon_x, x.view(-1, 784), reduction='sum')»
    return BCE
def train(epoch):
    for data in loader:
        recon_batch, mu, logvar = model(data)
        loss = loss_function(recon_batch, data, mu, logvar)
`,
      'attributes set in __init__': `
import torch
class Lit(LightningModule):
    def __init__(self, net):
        self.net = net
        self.criterion = torch.nn.BCELoss()
        self.sigmoid = torch.nn.Sigmoid()
    def training_step(self, batch, index):
        x, y = batch
        return «self.criterion(self.sigmoid(self.net(x)), y)»
`,
      'an inherited forward and keywords': `
import torch, torch.nn as nn, torch.nn.functional as F
class Base(nn.Module):
    def forward(self, x):
        return torch.sigmoid(self.body(x))
class Net(Base):
    def __init__(self):
        self.body = nn.Linear(3, 1)
loss = «F.binary_cross_entropy(target=y, input=Net()(x))»
`,
      'a train function that is handed both': `
import torch.nn as nn
def train(model, criterion, loader):
    for x, y in loader:
        loss = «criterion(model(x), y)»
def main():
    model = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    train(nn.DataParallel(model), nn.BCELoss(), loader)
`,
      'an ordered dictionary of layers': `
import torch.nn as nn
from collections import OrderedDict
net = nn.Sequential(OrderedDict([('fc', nn.Linear(3, 1)), ('out', nn.Sigmoid())]))
loss = «nn.BCELoss()(net(x), y)»
`,
      'an activation to choose': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, kind):
        self.act = nn.Sigmoid() if kind == 'sigmoid' else nn.Softmax(dim=1)
        if kind == 'none':
            self.act = nn.Identity()
    def forward(self, x):
        return self.act(self.fc(x))
loss = «nn.BCELoss()(Net(kind)(x), y)»
`,
      'a list of layers that ends in a sigmoid': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        self.layers = nn.ModuleList([nn.Linear(3, 1), nn.Sigmoid()])
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
loss = «nn.BCELoss()(Net()(x), y)»
`,
      'a sigmoid on one branch': `
import torch.nn.functional as F
def loss(pred, y, activated):
    if not activated:
        pred = pred.sigmoid()
    return «F.binary_cross_entropy(pred, y)»
`,
      'names of star imports': 'from torch.nn import *\nloss = «BCELoss()(Sigmoid()(x), y)»\n',
    });
  });

  describe('leaves alone', () => {
    sparesOf('bce-after-sigmoid', {
      'the logits form': `
import torch, torch.nn as nn, torch.nn.functional as F
criterion = nn.BCEWithLogitsLoss()
loss = criterion(model(x), y) + F.binary_cross_entropy_with_logits(x, y)
probs = torch.sigmoid(model(x))
`,
      'a loss that is never called': `
import torch, torch.nn as nn
unused = nn.BCELoss()
p = torch.sigmoid(x)
loss = nn.MSELoss()(p, y)
`,
      'a clamp between them': `
import torch, torch.nn.functional as F
p = torch.sigmoid(x).clamp(1e-6, 1 - 1e-6)
loss = F.binary_cross_entropy(p, y)
`,
      'a probability of unknown origin':
        'import torch.nn.functional as F\ndef f(p, y):\n    return F.binary_cross_entropy(p, y)\n',
      'a sigmoid for the metrics': `
import torch, torch.nn as nn
criterion = nn.BCELoss()
def step(model, x, y):
    out = model(x)
    accuracy = (torch.sigmoid(out) > 0.5).eq(y)
    return criterion(out, y)
`,
      'a model that ends in something else': `
import torch.nn as nn
net = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, 1))
loss = nn.BCELoss()(net(x), y)
`,
      'a list of layers that ends in something else': `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, 1)])
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
loss = nn.BCELoss()(Net()(x), y)
`,
      'a sigmoid among the targets':
        'import torch, torch.nn.functional as F\nloss = F.binary_cross_entropy(p, torch.sigmoid(teacher))\n',
      'another function of that name': `
def binary_cross_entropy(p, y):
    return p
loss = binary_cross_entropy(x.sigmoid(), y)
class BCELoss: pass
more = BCELoss()(x.sigmoid(), y)
`,
      'a branch that limits it': `
import torch, torch.nn.functional as F
p = torch.sigmoid(x)
if half:
    p = p.clamp(1e-3, 1 - 1e-3)
loss = F.binary_cross_entropy(p, y)
`,
    });
  });

  it('carries the losses of the catalogue and says what happens at each target', () => {
    const text =
      'import torch.nn as nn\ncriterion = nn.BCELoss()\nact = nn.Sigmoid()\nloss = criterion(act(logits), y)\n';
    const finding = only(findingsIn(text));
    assert.deepEqual(finding.loss, { unstable: 'torch/bce@2.0', stable: 'torch/bce-with-logits@2.3' });
    assert.deepEqual(variablesOf(finding.expression ?? assert.fail()).sort(), ['t', 'x']);
    assert.equal(finding.advice, 'nn.BCEWithLogitsLoss()');
    assert.equal(finding.lens, '⚠ BCE after sigmoid: gradient 0 from x ≥ 16.636 in float32 (target 0)');
    assert.deepEqual(
      finding.related.map(({ start, end, message }) => [text.slice(start, end), message]),
      [['nn.Sigmoid()', 'the sigmoid is here']],
    );
    const call = only(findingsIn('import torch\ntorch.nn.functional.binary_cross_entropy(logits.sigmoid(), y)'));
    assert.equal(call.advice, 'torch.nn.functional.binary_cross_entropy_with_logits(logits, y)');
  });
});

describe('findings', () => {
  it('are none for what has nothing of the kind', () => {
    for (const text of [
      '',
      ' ',
      '\n',
      '\ufeff',
      '\0',
      'log',
      'softmax',
      '"""',
      "'",
      '(',
      '\\',
      '\ud800\udfff\ud83d',
      'def',
      'class:',
      '@',
      'log\r',
    ]) {
      assert.deepEqual(findingsIn(text), []);
    }
  });

  it('survive any nesting', () => {
    const deep = 10_000;
    assert.equal(findingsIn(`log = ${'('.repeat(100_000)}softmax${')'.repeat(100_000)}`).length, 0);
    for (const [open, close] of [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
      ['f(', ')'],
      ['-', ''],
      ['not ', ''],
      ['lambda: ', ''],
      ['1 + ', ''],
      ['x if y else ', ''],
    ] as const) {
      const text = (times: number): string =>
        `import torch\nlog = ${open.repeat(times)}1${close.repeat(times)}\nloss = torch.log(torch.sigmoid(x))\n`;
      // More brackets than anybody nests are not read at all.
      assert.equal(findingsIn(text(1_900)).length, 1, open);
      assert.equal(findingsIn(text(deep)).length, close === '' ? 1 : 0, open);
    }
    assert.equal(findingsIn(`import torch\nlog = a${'.b'.repeat(deep)}\ntorch.log(torch.sigmoid(x))`).length, 1);
    assert.equal(findingsIn(`softmax, log = ${'('.repeat(deep)}`).length, 0);
    const blocks = Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}if log:\n`).join('');
    assert.equal(findingsIn(`${blocks}${' '.repeat(300)}pass\nimport torch\ntorch.log(torch.sigmoid(x))`).length, 1);
  }).timeout(30_000);

  it('survive graphs that double at each step, and recursion', () => {
    const doubling = Array.from({ length: 200 }, () => 'x = x * x + x').join('\n');
    assert.equal(findingsIn(`import torch\nx = y\n${doubling}\np = torch.log(torch.sigmoid(y))`).length, 1);
    const choices = Array.from({ length: 40 }, () => 'x = x + 1 if c else x * 2').join('\n');
    assert.equal(findingsIn(`import torch\n${choices}\np = torch.log(torch.sigmoid(y))`).length, 1);
    const recursion =
      'import torch\ndef f(x):\n    return g(torch.sigmoid(x))\ndef g(x):\n    return f(x) + torch.log(x)\n';
    assert.equal(findingsIn(recursion).length, 1);
    const calls = Array.from(
      { length: 30 },
      (_, i) => `def f${String(i + 1)}(x):\n    return f${String(i)}(f${String(i)}(x * 2))\n`,
    );
    assert.equal(
      findingsIn(`import torch\n${calls.join('')}\ndef h(x): return torch.log(f30(torch.sigmoid(x)))\n`).length,
      0,
    );
  });

  for (const [what, steps, end] of [
    ['each other', ['x, y = x + y, x * y'], 'torch.exp(x) / torch.exp(x).sum()'],
    ['themselves', ['x = x + x'], 'torch.log(torch.exp(x).sum())'],
    ['a norm', ['y = (x - y) ** 2 + (y - x) ** 2', 'x = torch.sqrt(y) * x'], 'torch.log(1 - x)'],
    ['conditions', ['x = torch.where(x > y, x, y)', 'y = x * y'], 'x / y.norm()'],
  ] as const) {
    it(`take no time that doubles with each step, of values that are computed again and again from ${what}`, () => {
      const lines = steps.map((step) => `    ${step}\n`).join('');
      const start = process.cpuUsage();
      findingsIn(`import torch\ndef loss(x, y):\n${lines.repeat(36)}    return ${end}\n`);
      const { user, system } = process.cpuUsage(start);
      assert((user + system) / 1e6 < 2);
    });
  }

  for (const name of ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__']) {
    it(`know ${name} as no library's function, activation, method or argument`, () => {
      for (const code of [
        `import numpy as np\nfrom ..utils import ${name}\nx = np.log(${name}(y))\n`,
        `import torch\nfrom .. import ${name} as f\nx = torch.log(f(y))\nz = x.${name}()\n`,
        `import keras\nm = keras.Sequential([keras.layers.Dense(1, activation='${name}')])\nm.compile(loss='${name}')\n`,
        `import torch\nd = torch.distributions.Bernoulli(torch.sigmoid(y))\nx = d.${name}(y)\nd.${name}\n`,
        `import ${name}\nx = ${name}.${name}(torch.${name}(y), ${name}=1)\n`,
      ])
        assert.doesNotThrow(() => findingsIn(code));
      const script = `import * as tf from '@tensorflow/tfjs';\nconst m = tf.sequential();\nm.${name}(); const ${name} = tf.${name}(x); Math.${name};\n`;
      assert.deepEqual(findingsIn(script, { language: 'javascript' }), []);
    });
  }

  it('know what is computed last of a value that has become too deep, however deep it is', () => {
    for (let steps = 40; steps < 70; steps++) {
      const code = `import torch\ndef loss(x):\n${'    x = x + w\n'.repeat(steps)}    return torch.log(torch.sigmoid(x))\n`;
      assert.deepEqual(
        findingsIn(code).map(({ rule }) => rule),
        ['log-of-sigmoid'],
        String(steps),
      );
    }
  });

  it('can be limited to some rules', () => {
    const text = 'import torch\ntorch.log(torch.sigmoid(x)) + torch.log(torch.softmax(x, 0))\n';
    assert.equal(findingsIn(text).length, 2);
    assert.deepEqual(
      findingsIn(text, { rules: new Set(['log-of-softmax']) }).map((finding) => finding.rule),
      ['log-of-softmax'],
    );
  });

  it('say the same of the same text', () => {
    const text = 'import torch\ntorch.log(torch.sigmoid(x)) + torch.log(torch.softmax(x, 0))\n';
    assert.deepEqual(findingsIn(text), findingsIn(text));
  });

  it('take a few times as long as the parser', () => {
    const block = readFileSync('samples/unstable.py', 'utf8');
    const text = block.repeat(Math.ceil(5000 / block.split('\n').length));
    const processor = (work: () => unknown): number => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const least = { parser: Infinity, findings: Infinity };
    for (let i = 0; i < 12; i++) {
      least.parser = Math.min(
        least.parser,
        processor(() => parser.parse(text)),
      );
      least.findings = Math.min(
        least.findings,
        processor(() => findingsIn(text, { fixes: false })),
      );
    }
    // A finding in every third line; the bound is generous, since a busy machine slows one more than the other.
    assert(least.findings < 10 * least.parser, JSON.stringify(least));
  }).timeout(60_000);
});
