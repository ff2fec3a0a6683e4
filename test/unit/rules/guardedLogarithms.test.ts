import assert from 'node:assert/strict';
import { findingsIn, type Finding, type FormatFailures } from '../../../src/rules';
import { printThreshold } from '../../../src/rules/describe';
import { assertFinds, finds, marked, only, spares } from './marked';

/** The finding of a rule in a text, hints included. */
function findingOf(rule: string, text: string): Finding {
  return only(findingsIn(text).filter((finding) => finding.rule === rule));
}

type Asked = Pick<FormatFailures['failures'][number], 'of' | 'side' | 'becomes'>;

/** Where a finding's expression fails first, by format, as printed. */
function thresholds({ failures }: Finding, { of, side, becomes }: Asked): Record<string, string | undefined> {
  return Object.fromEntries(
    failures.map(({ format, failures: inFormat }) => {
      const failure = inFormat.find((each) => each.of === of && each.side === side && each.becomes === becomes);
      return [format, failure && printThreshold(failure)];
    }),
  );
}

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}\n`;

describe('rule log-of-one-minus-softmax', () => {
  describe('finds', () => {
    finds('log-of-one-minus-softmax', {
      'the plain form and log1p': torch(`
p = torch.softmax(logits, dim=-1)
a = «torch.log(1 - p)»
b = «torch.log1p(-p)»
c = «(1.0 - F.softmax(logits, 1)).log()»
d = «torch.log(torch.ones_like(p) - p)»
`),
      'TensorFlow, Keras and JAX': `
import tensorflow as tf, jax, jax.numpy as jnp
from keras import ops
a = «tf.math.log(1.0 - tf.nn.softmax(x))»
b = «tf.log(1 - tf.layers.dense(h, 10, activation=tf.nn.softmax))»
c = «ops.log(1 - ops.softmax(x))»
d = «jnp.log1p(-jax.nn.softmax(x))»
`,
      'a model, and elements of its output': torch(`
class Net(torch.nn.Module):
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
net = Net()
def negative_learning(x, y):
    p = net(x)
    return -«torch.log(1 - p.gather(1, y))».mean()
`),
      'SciPy, where there is no gradient': `
import numpy as np
from scipy.special import softmax
a = «np.log(1 - softmax(x))»
`,
    });
  });

  describe('spares', () => {
    spares({
      'logits that cannot lie far apart': torch(`
cosine = F.cosine_similarity(a, b)
loss = torch.log(1 - torch.softmax(cosine, -1))
`),
      'a constant above 1, as in MART': torch(`
import torch.nn as nn
adv_probs = F.softmax(logits_adv, dim=1)
loss = F.nll_loss(torch.log(1.0001 - adv_probs + 1e-12), new_y)
`),
      'a clamp': torch('p = F.softmax(x, 1)\nloss = torch.log(torch.clamp(1. - p, min=1e-5, max=1.))'),
      'a probability of unknown origin': torch('def f(p):\n    return torch.log(1 - p)'),
    });
  });

  it('measures from the gap between logits', () => {
    const finding = findingOf('log-of-one-minus-softmax', torch('a = torch.log(1 - torch.softmax(x, -1))'));
    assert.deepEqual(thresholds(finding, { of: 'value', side: 'above', becomes: '-Infinity' }), {
      float32: '16.636',
      bfloat16: '6.25',
      float16: '8.3204',
    });
    assert.match(finding.message, /-inf from a logit 16\.636 above all others in float32/);
    assert.match(finding.message, /its gradient is NaN there/);
    assert.match(finding.advice, /logsumexp/);
  });
});

describe('rule log-of-probability-plus-epsilon', () => {
  describe('finds', () => {
    finds('log-of-probability-plus-epsilon', {
      'one that is added only where the probability is 0': `
import torch
class Actor(torch.nn.Module):
    def evaluate(self, state):
        probs = torch.softmax(self.fc(state), dim=-1)
        z = (probs == 0.0).float() * 1e-8
        return probs, «torch.log(probs + z)»
`,
      'an epsilon that an option has by default': `
import argparse, torch
parser = argparse.ArgumentParser()
parser.add_argument('--log-eps', type=float, default=1e-8)
args = parser.parse_args()
def loss(x):
    return «torch.log(torch.sigmoid(x) + args.log_eps)».mean()
`,
      'an epsilon of another object': `
import jax, jax.numpy as jnp
class Walks:
    def __init__(self):
        self.EPS = 1e-15
class Loss:
    def __init__(self, model):
        self.EPS = model.EPS
    def __call__(self, out):
        return -«jnp.log(jax.nn.sigmoid(out) + self.EPS)».mean()
`,
      'of the target, as a mixture': `
import torch
def loss(x, y, w):
    p = torch.sigmoid(x)
    pt = y * p + (1 - y) * (1 - p)
    return -(w * «torch.log(pt + 1e-8)»).mean()
`,
      'of the target, by a condition': `
import torch
def loss(x, y, w):
    p = torch.sigmoid(x)
    return -(w * «torch.log(torch.where(y == 1, p, 1 - p) + 1e-8)»).mean()
`,
      "an entropy's, which the policy's loss takes, too": `
import tensorflow as tf
def loss(h, w, actions, adv):
    policy = tf.nn.softmax(tf.matmul(h, w))
    log_pol = «tf.log(policy + 1e-10)»
    entropy = -tf.reduce_sum(policy * log_pol, 1)
    return -tf.reduce_sum(tf.reduce_sum(log_pol * actions, 1) * adv + 0.01 * entropy)
`,
      'of several that are joined': `
import tensorflow as tf
def loss(logits, onehot):
    q = tf.concat([tf.nn.softmax(logits[:, :10]), tf.nn.softmax(logits[:, 10:])], axis=1)
    return -tf.reduce_sum(«tf.log(q + 1e-8)» * onehot)
`,
      'a divergence of two softmaxes as a quotient': `
import tensorflow as tf
def kl(logits_p, logits_q, eps=1e-8):
    p, q = tf.nn.softmax(logits_p), tf.nn.softmax(logits_q)
    return tf.reduce_sum(p * «tf.math.log((p + eps) / (q + eps))», axis=1)
`,
      'both sides of a GAN loss': torch(`
D_real = torch.sigmoid(D(x))
D_fake = torch.sigmoid(D(G(z)))
D_loss = -torch.mean(«torch.log(D_real + 1e-8)» + «torch.log(1 - D_fake + 1e-8)»)
G_loss = -torch.mean(«torch.log(1e-8 + D_fake)»)
`),
      'a cross-entropy by hand in TensorFlow 1': `
import tensorflow as tf
y = tf.nn.softmax(tf.matmul(x, W) + b)
loss = -tf.reduce_sum(y_ * «tf.log(y + 1e-10)»)
`,
      'a constant and a default': torch(`
EPS = 1e-15
def recon_loss(z, edge_index, neg_edge_index):
    pos = torch.sigmoid((z[edge_index[0]] * z[edge_index[1]]).sum(dim=1))
    return -«torch.log(pos + EPS)».mean()
class Focal(torch.nn.Module):
    def __init__(self, eps=1e-9):
        super().__init__()
        self.eps = eps
    def forward(self, x):
        return -«(x.softmax(-1) + self.eps).log()»
def listnet(pred, eps=1e-10):
    smax = F.softmax(pred, dim=1)
    smax = smax + eps
    return «torch.log(smax)»
`),
      'a wrapper, where the probability comes from a discriminator': torch(`
def log(x):
    return «torch.log(x + 1e-8)»
D = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid())
loss = -torch.mean(log(D(x)) + log(1 - D(fake)))
`),
      'a limit that does not guard': torch(`
def shift_log(x, offset=1e-6):
    return «torch.log(torch.clamp(x + offset, max=1.))»
loss = F.nll_loss(shift_log(1. - F.softmax(y, dim=1)), t)
`),
      'Keras and JAX': `
import jax, jax.numpy as jnp
from tensorflow.keras import backend as K
def loss(x):
    return -K.mean(«K.log(K.sigmoid(x) + K.epsilon())»)
a = «jnp.log(1 - jax.nn.sigmoid(x) + 1e-7)»
`,
      'a picked probability': `
import tensorflow as tf
prob = tf.nn.softmax(logits)
picked = tf.reduce_sum(prob * tf.one_hot(a, 4), axis=1)
loss = -tf.reduce_mean(«tf.log(picked + 1e-5)» * advantage)
`,
    });
  });

  describe('spares', () => {
    spares({
      'an epsilon that a call has on a line of its own': `
import torch
def loss(out, args, model):
    optimizer = torch.optim.Adam(
        model.parameters(),
        eps=1e-8)
    return -torch.log(torch.sigmoid(out) + args.eps).mean()
`,
      'an epsilon that is one of two': `
import torch
class Loss:
    def __init__(self, model):
        self.EPS = model.EPS
    def __call__(self, out):
        return -torch.log(torch.sigmoid(out) + self.EPS).mean()
class Small:
    EPS = 1e-15
class Large:
    EPS = 1e-3
`,
      'a mixture of different probabilities': `
import torch
def loss(x, z, y):
    p, q = torch.sigmoid(x), torch.sigmoid(z)
    return -torch.log(y * p + (1 - y) * (1 - q) + 1e-2).mean()
`,
      'quotients of what is trained and what is not, and of data': `
import tensorflow as tf
def kl(logits_p, logits_q, prior, eps=1e-8):
    p, q = tf.nn.softmax(logits_p), tf.stop_gradient(tf.nn.softmax(logits_q))
    old = tf.reduce_sum(p * tf.math.log((p + eps) / (q + eps)), axis=1)
    return old + tf.reduce_sum(p * tf.math.log((p + eps) / (prior + eps)), axis=1)
`,
      'entropies, in either order and on both sides': torch(`
p = F.softmax(x, -1)
h = -(p * torch.log(p + 1e-8)).sum()
k = torch.log(p + 1e-5) * p
m = torch.sigmoid(mask)
ent = -m * torch.log(m + 1e-15) - (1 - m) * torch.log(1 - m + 1e-15)
`),
      'float64 in NumPy': `
import numpy as np
from scipy.special import expit
loss = -np.mean(np.log(expit(x) + 1e-12) + np.log(1 - expit(x) + 1e-12))
`,
      'where no gradient is recorded': torch('with torch.no_grad():\n    a = torch.log(torch.sigmoid(x) + 1e-8)'),
      'a value that only weighs samples': torch('a = torch.multinomial(torch.log(torch.softmax(x, -1) + 1e-8), 1)'),
      'a variance, a distance, a probability of unknown origin': torch(`
def f(p, sigma, d):
    return torch.log(p + 1e-8) + torch.log(1e-8 + sigma ** 2) + torch.log(d.abs() + 1e-6)
`),
      'a guard that is meant to be felt': torch('a = torch.log(torch.sigmoid(x) + 1e-3)'),
      'label smoothing': torch('p = torch.softmax(x, -1)\na = torch.log(0.9 * p + 0.1 / 10)'),
    });
  });

  it('has a hint for entropies and for guards that are meant to be felt', () => {
    for (const code of ['a = p * torch.log(p + 1e-8)', 'a = torch.log(p + 1e-3)']) {
      const finding = findingOf(
        'log-of-probability-plus-epsilon',
        torch(`p = torch.sigmoid(x)
${code}`),
      );
      assert.equal(finding.severity, 'hint');
    }
  });

  it('measures the dead gradient with the epsilon that stands there', () => {
    const finding = findingOf('log-of-probability-plus-epsilon', torch('a = torch.log(1 - torch.sigmoid(x) + 1e-8)'));
    assert.equal(finding.severity, 'information');
    assert.deepEqual(thresholds(finding, { of: 'gradient', side: 'above', becomes: 'zero' }), {
      float32: '16.636',
      bfloat16: '6.25',
      float16: void 0,
    });
    assert.deepEqual(thresholds(finding, { of: 'value', side: 'above', becomes: '-Infinity' }), {
      float32: void 0,
      bfloat16: void 0,
      float16: '8.3204',
    });
    assert.match(finding.message, /It can't go below -18\.421\./);
    const other2 = findingOf('log-of-probability-plus-epsilon', torch('a = torch.log(torch.sigmoid(z) + 1e-5)'));
    assert.match(
      other2.message,
      /^The gradient of log\(sigmoid\(x\) \+ 0\.00001\) is 0 from x <= -88\.723 .* Here x is `z`\. It can't go below -11\.513, and its gradient is less than half the true one from x <= -11\.51\d/,
    );
  });

  it('warns where the epsilon is 0 in the format, and only there', () => {
    const half4 = findingOf(
      'log-of-probability-plus-epsilon',
      torch('p = torch.sigmoid(x).half()\na = torch.log(p + 1e-8)'),
    );
    assert.equal(half4.severity, 'warning');
    assert.match(half4.message, /-inf from x <= -17\.344 in float16.* In float16 1e-8 is 0\./);
    const amp = torch(`
with torch.autocast('cuda'):
    a = torch.log(1 - torch.sigmoid(x) + 1e-8)
    b = torch.log(torch.softmax(x, -1) + 1e-8)
`);
    assert.deepEqual(
      findingsIn(amp).map(({ severity }) => severity),
      ['warning', 'information'],
    );
    const enough = findingOf(
      'log-of-probability-plus-epsilon',
      torch('p = torch.sigmoid(x).half()\na = torch.log(p + 1e-4)'),
    );
    assert.equal(enough.severity, 'information');
  });
});

describe('rule epsilon-before-subtraction', () => {
  describe('finds', () => {
    finds('epsilon-before-subtraction', {
      'the variational autoencoder of the tutorials': `
import tensorflow as tf
x_reconstructed = tf.nn.sigmoid(tf.matmul(decoder, W) + b)
loss = x_true * tf.log(tf.maximum(x_reconstructed, 1e-3)) + (1 - x_true) * «tf.log(1e-10 + 1 - x_reconstructed)»
`,
      'other orders': torch(`
p = torch.sigmoid(x)
a = «torch.log(1 + 1e-10 - p)»
b = «torch.log(1 - (p - 1e-10))»
c = «torch.log1p(1e-8 - p)»
d = «torch.log(-p + 1e-8 + 1)»
`),
      'an epsilon that is subtracted with p, to base 2 too, in a loop': torch(`
class Focal(torch.nn.Module):
    def __init__(self, epsilon=1e-9):
        super().__init__()
        self.epsilon = epsilon
    def forward(self, pred, target):
        pred = F.softmax(pred, dim=1) + self.epsilon
        loss = torch.zeros(pred.shape[0])
        for i in range(target.shape[0]):
            loss[i] = -torch.mean((1 - target[i]) * «torch.log2(1 - pred[i])»)
        return loss.mean() + «torch.log(1 - pred)».mean()
`),
      'a probability of unknown origin': torch(`
def bce(p, y):
    return -(1 - y) * «torch.log(1e-12 + 1 - p)»
`),
      JAX: 'import jax, jax.numpy as jnp\na = «jnp.log(1e-9 + 1.0 - jax.nn.softmax(x))»\n',
      'float64, where the epsilon is below its resolution too': `
import numpy as np
from scipy.special import expit
a = «np.log(1e-17 + 1 - expit(x))»
`,
    });
  });

  describe('spares', () => {
    spares({
      'an epsilon that is added last': torch('def f(p):\n    return torch.log(1 - p + 1e-10)'),
      'an epsilon that the format can tell from 0 next to 1': torch('def f(p):\n    return torch.log(1e-5 + 1 - p)'),
      float64: 'import numpy as np\ndef f(p):\n    return np.log(1e-10 + 1 - p)\n',
      'a probability that is limited before': torch('def f(p):\n    return torch.log(1e-10 + 1 - p.clamp(0, 0.999))'),
      'what is no probability': torch('def f(x):\n    return torch.log(1e-10 + 1 + x.abs())'),
      'what a loop adds up from 0, as a series': torch(`
def series(x, n):
    even, odd = torch.zeros_like(x), torch.zeros_like(x)
    for i in range(n):
        if i % 2:
            odd += 1 / x ** i
        else:
            even += 1 / x ** i
    return torch.log(1 + even - odd)
`),
      'a constant and a schedule': torch(
        'a = torch.log(torch.tensor(1e-10 + 1 - 0.3))\nb = torch.log(1e-10 + 1 - torch.linspace(0, 0.9, 10))',
      ),
    });
  });

  it('says what becomes of p = 1 where the epsilon is subtracted with p', () => {
    const small = findingOf('epsilon-before-subtraction', torch('a = torch.log(1 - (torch.sigmoid(x) + 1e-10))'));
    assert.match(small.message, /1e-10 is subtracted together with p.*: where p is 1 the logarithm is -inf\./);
    const large = findingOf('epsilon-before-subtraction', torch('a = torch.log(1 - (torch.sigmoid(x) + 1e-5))'));
    assert.match(large.message, /where p is 1 the logarithm is NaN\./);
    assert.deepEqual(
      findingsIn(torch('a = torch.log10(torch.sigmoid(x) + 1e-8)')).map(({ rule, severity }) => [rule, severity]),
      [['log-of-probability-plus-epsilon', 'information']],
    );
    assert.match(
      findingOf('log-of-probability-plus-epsilon', torch('a = torch.log10(torch.sigmoid(x) + 1e-8)')).message,
      /log10\(sigmoid\(x\) \+ 1e-8\).* It can't go below -8, and its gradient is less than half the true one from x <= -18\.421\./,
    );
  });

  it('measures that the epsilon is lost, and says in which format', () => {
    const finding = findingOf('epsilon-before-subtraction', torch('a = torch.log(1e-10 + 1 - torch.sigmoid(x))'));
    assert.equal(finding.severity, 'warning');
    assert.deepEqual(thresholds(finding, { of: 'value', side: 'above', becomes: '-Infinity' }), {
      float32: '16.636',
      bfloat16: '6.25',
      float16: '8.3204',
    });
    assert.deepEqual(thresholds(finding, { of: 'gradient', side: 'above', becomes: 'NaN' }), {
      float32: '16.636',
      bfloat16: '6.25',
      float16: '8.3204',
    });
    assert.match(finding.message, /In float32 1\.0000000001 is 1: the epsilon is lost/);
    const given2 = findingOf('epsilon-before-subtraction', torch('def f(p):\n    return torch.log(1e-10 + 1 - p)'));
    assert.equal(given2.severity, 'information');
    assert.match(given2.message, /is -inf from x >= 1 in float32 \(bfloat16 1, float16 1\).* Here x is `p`\./);
  });
});

describe('rule clamp-without-effect', () => {
  describe('finds', () => {
    finds('clamp-without-effect', {
      'the clamp before a cross-entropy by hand': torch(`
p = torch.sigmoid(x)
p = torch.clamp(p, 1e-8, 1 - 1e-8)
loss = -(y * torch.log(p) + (1 - y) * «torch.log(1 - p)»)
`),
      'TensorFlow, and a clamp in another method': `
import tensorflow as tf
class VAE:
    def decoder(self, z):
        return tf.nn.sigmoid(tf.matmul(z, self.w))
    def build_model(self):
        out = self.decoder(self.z)
        self.out = tf.clip_by_value(out, 1e-8, 1 - 1e-8)
        loss = self.x * tf.log(self.out) + (1 - self.x) * «tf.log(1 - self.out)»
`,
      'a prediction of unknown origin in a Keras loss': `
from keras import backend as K
def loss(y_true, y_pred):
    y_pred = K.clip(y_pred, 1e-9, 1.0 - 1e-9)
    return -K.mean(y_true * K.log(y_pred) + (1 - y_true) * «K.log(1 - y_pred)»)
`,
      'log1p and JAX': `
import jax, jax.numpy as jnp
p = jnp.clip(jax.nn.sigmoid(x), 1e-10, 1 - 1e-10)
a = «jnp.log1p(-p)»
`,
      'half precision, where larger limits are 0 or 1': torch(`
p = torch.sigmoid(x).half().clamp(1e-4, 1 - 1e-4)
a = «torch.log(1 - p)»
q = torch.sigmoid(x).half().clamp(1e-9, 1)
b = «torch.log(q)»
`),
    });
  });

  describe('spares', () => {
    spares({
      'limits that hold': torch(`
def f(x, y_pred):
    p = torch.sigmoid(x).clamp(1e-6, 1 - 1e-6)
    q = y_pred.clamp(1e-7, 1 - 1e-7)
    return torch.log(1 - p) + torch.log(1 - q) + torch.log(q)
`),
      float64: `
import numpy as np
def log_loss(y, p):
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
`,
      'double precision in PyTorch': torch(
        'def f(p):\n    p = p.double().clamp(1e-10, 1 - 1e-10)\n    return torch.log(1 - p)',
      ),
      'the lower side, which holds': torch('def f(p):\n    return torch.log(p.clamp(1e-8, 1 - 1e-8))'),
      'limits that are not known': torch('def f(p, low, high):\n    return torch.log(1 - p.clamp(low, high))'),
      'a limit of a logit': torch('a = torch.log(torch.sigmoid(x.clamp(-10, 10)))'),
    });
  });

  it('is a no-op up to the half of the resolution next to 1, in each format', () => {
    const isFound = (epsilon: string, type: string): boolean =>
      findingsIn(
        torch(`def f(p):
    p = p${type}.clamp(${epsilon}, 1 - ${epsilon})
    return torch.log(1 - p)`),
      ).some(({ rule }) => rule === 'clamp-without-effect');
    for (const [type, without, having] of [
      ['', '2.98e-8', '2.99e-8'],
      ['.half()', '2.44e-4', '2.45e-4'],
      ['.bfloat16()', '1.95e-3', '1.96e-3'],
      ['.double()', '5.5e-17', '5.6e-17'],
    ] as const) {
      assert(isFound(without, type), `${without}${type}`);
      assert(!isFound(having, type), `${having}${type}`);
    }
  });

  it('says which limit is what in the format', () => {
    const finding = findingOf(
      'clamp-without-effect',
      torch('p = torch.sigmoid(x).clamp(1e-8, 1 - 1e-8)\na = torch.log(1 - p)'),
    );
    assert.equal(finding.severity, 'warning');
    assert.match(finding.message, /-inf from x >= 16\.636 in float32 .*In float32 the limit 0\.99999999 is 1\./);
  });
});

describe('rule log-of-clamped-probability', () => {
  it('has hints only: the limit is deliberate', () => {
    for (const [code, expected] of [
      [
        'torch.log(torch.sigmoid(x).clamp(1e-7, 1 - 1e-7))',
        /stops log\(clip\(sigmoid\(x\), 1e-7, 0\.9999999\)\) at -16\.118 from x <= -16\.119 in float32/,
      ],
      ['torch.log(1 - torch.sigmoid(x).clamp(1e-4, 1 - 1e-4))', /at -9\.21\d+ from x >= 9\.21\d+ in float32/],
      ['torch.log(torch.softmax(x, -1).clamp(min=1e-8))', /from a logit 18\.42\d* below the greatest/],
      ['torch.log(torch.clamp(1 - torch.sigmoid(x), min=1e-7))', /from x >= 1[56]\.\d+ in float32/],
    ] as const) {
      const finding = findingOf('log-of-clamped-probability', torch(`a = ${code}`));
      assert.equal(finding.severity, 'hint');
      assert.match(finding.message, expected);
      assert.match(finding.message, /its gradient is exactly 0 there/);
    }
  });

  it('says nothing of probabilities of unknown origin, of NumPy, and of logits that stay within', () => {
    for (const text of [
      torch('def f(p):\n    return torch.log(p.clamp(1e-7, 1 - 1e-7))'),
      'import numpy as np\nfrom scipy.special import expit\na = np.log(np.clip(expit(x), 1e-7, 1 - 1e-7))\n',
      torch('def f(p):\n    return torch.log(torch.clamp(p, min=1e-5))'),
    ]) {
      assert.deepEqual(findingsIn(text), []);
    }
  });

  it('spares a plain logarithm on another branch', () => {
    const text = torch(`
p = torch.sigmoid(x)
if safe:
    p = p.clamp(1e-6, 1 - 1e-6)
a = torch.log(p)
q = torch.sigmoid(x)
if half:
    q = q + 1e-4
b = torch.log(q)
`);
    assert(!findingsIn(text).some(({ rule }) => rule === 'log-of-sigmoid'));
  });
});

describe('rule clamp-on-the-wrong-side', () => {
  describe('finds', () => {
    finds('clamp-on-the-wrong-side', {
      'a lower limit where 1 is the danger': torch(`
p = torch.sigmoid(x).clamp(min=1e-8)
loss = -(y * torch.log(p) + (1 - y) * «torch.log(1 - p)»)
`),
      'a maximum': `
import tensorflow as tf
p = tf.maximum(tf.sigmoid(x), 1e-10)
a = «tf.math.log(1 - p)»
`,
      'an upper limit where 0 is the danger': torch('a = «torch.log(torch.sigmoid(x).clamp(max=0.999))»'),
      'a prediction of unknown origin, also where a target chooses': torch(`
def loss(y_pred, y_true):
    y_pred = torch.clamp(y_pred, 1e-7)
    pt_0 = torch.where(torch.eq(y_true, 0), y_pred, torch.zeros_like(y_pred))
    return -«torch.log(1.0 - pt_0)»
`),
      'NumPy, in float64':
        'import numpy as np\ndef f(p):\n    return «np.log(1 - np.maximum(p, 1e-12))»\n'.replace(
          '«np.log(1 - np.maximum(p, 1e-12))»',
          'np.log(1 - np.maximum(p, 1e-12))',
        ) + 'from scipy.special import expit\na = «np.log(1 - np.maximum(expit(x), 1e-12))»\n',
    });
  });

  describe('spares', () => {
    spares({
      'both limits': torch('def f(p):\n    return torch.log(1 - p.clamp(1e-6, 1 - 1e-6))'),
      'the right one': torch(
        'def f(p):\n    return torch.log(1 - p.clamp(max=1 - 1e-6)) + torch.log(p.clamp(min=1e-6))',
      ),
      'a limit of 0, which guards nothing': torch('def f(x):\n    return torch.log(1 - x.clamp(min=0))'),
      'what is bounded otherwise': torch(
        'def f(x):\n    return torch.log(1 - torch.tanh(x).abs().clamp(max=0.9).clamp(min=1e-6))',
      ),
      'an epsilon as well': torch('def f(p):\n    return torch.log(1 - p.clamp(min=1e-6) + 1e-6)'),
    });
  });

  it('says on which side it is needed', () => {
    const finding = findingOf('clamp-on-the-wrong-side', torch('a = torch.log(1 - torch.sigmoid(x).clamp(min=1e-8))'));
    assert.equal(finding.severity, 'warning');
    assert.equal(thresholds(finding, { of: 'value', side: 'above', becomes: '-Infinity' })['float32'], '16.636');
    assert.match(finding.message, /keeps p off 0, and this logarithm needs it off 1/);
  });
});

describe('rule logit-of-probability', () => {
  describe('finds', () => {
    finds('logit-of-probability', {
      'a quotient': torch('p = torch.sigmoid(x)\na = «torch.log(p / (1 - p))»\nb = «torch.log((1 - p) / p)»'),
      'a difference, whose logarithms are not reported again': torch(`
s = torch.sigmoid(d)
reward = «s.log() - (1 - s).log()»
other = «torch.log(s) - torch.log1p(-s)»
`),
      'the reciprocal': torch('p = torch.sigmoid(x)\na = -«torch.log(1 / p - 1)»'),
      'library functions': `
import torch, jax
from jax.scipy.special import logit
a = «torch.logit(torch.sigmoid(x))»
b = «torch.special.logit(torch.softmax(x, -1))»
c = «logit(jax.nn.sigmoid(x))»
d = «torch.sigmoid(x).logit()»
`,
      'limits that round to the end': torch(`
def forward(x, eps=1e-8):
    return «torch.logit(torch.clamp(x, eps, 1 - eps))» + «torch.logit(x, eps=1e-9)»
`),
      'an epsilon in the denominator only': torch('p = torch.sigmoid(x)\na = «torch.log(p / (1 - p + 1e-8))»'),
      'TensorFlow and SciPy': `
import tensorflow as tf
import numpy as np
from scipy.special import expit
p = tf.nn.sigmoid(x)
a = «tf.math.log(p / (1. - p))»
b = «np.log(expit(x) / (1 - expit(x)))»
`,
      'a cosine in a loss': torch(`
class Cosine(torch.nn.Module):
    def forward(self, a, b):
        return «torch.logit(0.5 - 0.5 * F.cosine_similarity(a, b))»
`),
    });
  });

  describe('spares', () => {
    spares({
      "a limit by TensorFlow's own modules": `
import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import clip_ops, math_ops
def joint_loss(a, b, y):
    p = tf.sigmoid(a) * tf.sigmoid(b)
    epsilon = ops.convert_to_tensor(1e-7, dtype=p.dtype.base_dtype)
    p = clip_ops.clip_by_value(p, epsilon, 1 - epsilon)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=math_ops.log(p / (1 - p)))
`,
      'limits and epsilons': torch(`
def f(x, p):
    q = torch.sigmoid(x).clamp(1e-6, 1 - 1e-6)
    return torch.log(q / (1 - q)) + torch.logit(p, eps=1e-6)
`),
      'a prior': `
import math, torch, numpy as np
def initialise(layer, prior=0.01):
    torch.nn.init.constant_(layer.bias, -math.log((1 - prior) / prior))
bias = -np.log((1 - 0.01) / 0.01)
`,
      'data and inverse transforms': torch(`
class Sigmoid:
    def inverse(self, y):
        return y.log() - (1. - y).log()
def logit_transform(image, lam=1e-6):
    image = lam + (1 - 2 * lam) * image
    return torch.log(image) - torch.log1p(-image)
`),
      'two probabilities': torch('def f(p, q):\n    return torch.log(p / (1 - q)) + torch.log(p) - torch.log(1 - q)'),
      'a quotient of something else': torch('def f(a, b):\n    return torch.log(a / (b - a))'),
    });
  });

  it('gives back the logit', () => {
    const finding = findingOf(
      'logit-of-probability',
      torch('a = torch.log(torch.sigmoid(z) / (1 - torch.sigmoid(z)))'),
    );
    assert.deepEqual(thresholds(finding, { of: 'value', side: 'above', becomes: 'Infinity' }), {
      float32: '16.636',
      bfloat16: '6.25',
      float16: '8.3204',
    });
    assert.equal(finding.advice, 'z');
    const other2 = findingOf(
      'logit-of-probability',
      torch('p = torch.sigmoid(z)\na = torch.log(1 - p) - torch.log(p)'),
    );
    assert.equal(other2.advice, '-z');
  });

  it('is information where the probability is only given, and a hint where a flow is inverted', () => {
    const finding = findingOf('logit-of-probability', torch('def f(p):\n    return torch.log(p / (1 - p))'));
    assert.equal(finding.severity, 'information');
    const inverse = findingOf('logit-of-probability', torch('def inverse(p):\n    return torch.log(p / (1 - p))'));
    assert.equal(inverse.severity, 'hint');
  });
});

describe('rule focal-loss-of-probability', () => {
  describe('finds', () => {
    finds('focal-loss-of-probability', {
      'both terms': torch(`
p = torch.sigmoid(logits)
pos = -(1 - p) ** gamma * «torch.log(p)» * y
neg = -alpha * torch.pow(p, 2) * «torch.log(1 - p)» * (1 - y)
`),
      'the weight computed before': torch(`
def focal(x, y, gamma=2.0):
    p = x.sigmoid()
    weight = (1 - p).pow(gamma)
    ce = -«p.log()»
    return weight * ce * y
`),
      'the probability of the target, by a condition and as a mixture': torch(`
def focal(x, y, gamma=2.0):
    p = torch.sigmoid(x)
    pt = torch.where(y == 1, p, 1 - p)
    qt = p * y + (1 - p) * (1 - y)
    return -((1 - pt) ** gamma * «torch.log(pt)»).mean() - ((1 - qt) ** gamma * «torch.log(qt)»).mean()
`),
      'TensorFlow, Keras and JAX': `
import tensorflow as tf, jax, jax.numpy as jnp
p = tf.nn.sigmoid(x)
a = -y * tf.pow(1 - p, 2.0) * «tf.math.log(p)»
q = jax.nn.sigmoid(x)
b = (1 - q) ** 2 * «jnp.log(q)»
`,
      'a squared weight, written out': torch(
        'p = torch.sigmoid(x)\na = (1 - p) * (1 - p) * y\nb = ((1 - p) * (1 - p)) * «torch.log(p)»',
      ),
    });
  });

  describe('spares', () => {
    spares({
      'limited predictions, as in RetinaNet and CenterNet': torch(`
def retinanet(classification, targets, alpha, gamma):
    classification = torch.clamp(classification, 1e-4, 1.0 - 1e-4)
    focal = alpha * torch.pow(1. - classification, gamma)
    bce = -(targets * torch.log(classification) + (1.0 - targets) * torch.log(1.0 - classification))
    return focal * bce
def _sigmoid(x):
    return torch.clamp(x.sigmoid_(), min=1e-4, max=1 - 1e-4)
def neg_loss(x):
    pred = _sigmoid(x)
    return torch.log(pred) * torch.pow(1 - pred, 2) + torch.log(1 - pred) * torch.pow(pred, 2)
`),
      'the loss of CornerNet, whose predictions another file limits': torch(`
def _neg_loss(pred, gt):
    pos_inds = gt.eq(1).float()
    neg_inds = gt.lt(1).float()
    pos_loss = torch.log(pred) * torch.pow(1 - pred, 2) * pos_inds
    neg_loss = torch.log(1 - pred) * torch.pow(pred, 2) * neg_inds
    return -(pos_loss + neg_loss)
`),
      'the form with logits': torch(`
def focal(x, y, gamma=2.0, alpha=0.25):
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, y, reduction='none')
    p_t = p * y + (1 - p) * (1 - y)
    return ce * ((1 - p_t) ** gamma)
`),
      'the logarithm of a softmax, exponentiated': torch(`
def focal(x, y, gamma=2.0):
    logpt = F.log_softmax(x, dim=1).gather(1, y)
    pt = logpt.exp()
    return -((1 - pt) ** gamma * logpt).mean()
`),
      'K.epsilon, the Keras idiom': `
from keras import backend as K
import tensorflow as tf
def focal(y_true, y_pred, gamma=2.0):
    y_pred = K.clip(y_pred, K.epsilon(), 1.0 - K.epsilon())
    p_t = tf.where(K.equal(y_true, 1), y_pred, 1 - y_pred)
    return -K.pow(1 - p_t, gamma) * K.log(p_t)
`,
      'powers of something else': torch('def f(x, low, alpha):\n    return torch.log(low) * low ** alpha'),
    });
  });

  it('is reported instead of the logarithm, with the same thresholds and the same fix', () => {
    const text = torch('p = torch.sigmoid(z)\nloss = -(1 - p) ** 2 * torch.log(p)');
    const finding = only(findingsIn(text));
    assert.equal(finding.rule, 'focal-loss-of-probability');
    assert.deepEqual(thresholds(finding, { of: 'value', side: 'below', becomes: '-Infinity' }), {
      float32: '-88.723',
      bfloat16: '-89',
      float16: '-17.344',
    });
    assert.equal(thresholds(finding, { of: 'gradient', side: 'below', becomes: 'Infinity' })['float16'], '-11.094');
    assert.equal(finding.advice, 'F.logsigmoid(z)');
    assert.equal(finding.fix?.edits.at(-1)?.text, 'F.logsigmoid(z)');
    const complement2 = only(findingsIn(torch('p = torch.sigmoid(z)\nloss = -p ** 2 * torch.log(1 - p)')));
    assert.equal(thresholds(complement2, { of: 'value', side: 'above', becomes: '-Infinity' })['float32'], '16.636');
  });

  it('leaves the plain cross-entropy beside it to its own rule', () => {
    const { text } = marked(torch('p = torch.sigmoid(z)\na = y * torch.log(p)'));
    assert.deepEqual(
      findingsIn(text).map(({ rule }) => rule),
      ['log-of-sigmoid'],
    );
    assertFinds('focal-loss-of-probability', torch('p = torch.sigmoid(z)\na = y * torch.log(p)'));
  });
});

it("writes TensorFlow's functions as TensorFlow's, and not as those of a module of it", () => {
  const source = `
import tensorflow as tf
from tensorflow.python.ops import array_ops
def loss(x):
    return -tf.reduce_mean(tf.math.log(array_ops.reshape(tf.sigmoid(x), [-1])))
`;
  assert.match(only(findingsIn(source)).message, /Write tf\.math\.log_sigmoid\(/);
});
