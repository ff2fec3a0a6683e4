import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { finds, only, spares } from './marked';

function findingOf(rule: string, text: string): Finding {
  return only(findingsIn(text).filter((finding) => finding.rule === rule));
}

const torch = (code: string): string => `import torch\nimport torch.nn.functional as F\n${code}\n`;

describe('rule gumbel-of-uniform', () => {
  describe('finds', () => {
    finds('gumbel-of-uniform', {
      'PyTorch, in its several ways to draw': torch(`
a = -«torch.log(-torch.log(torch.rand(3, 4)))»
u = torch.rand_like(logits)
b = -«torch.log(-torch.log(u))»
v = torch.empty(3, 4).uniform_()
c = -(-«(-v.log()).log()»)
w = torch.FloatTensor(3, 4)
w.uniform_(0, 1)
d = -«torch.log(-torch.log(w))»
`),
      'TensorFlow 1, as in the policies of baselines': `
import tensorflow as tf
def sample(logits):
    noise = tf.random_uniform(tf.shape(logits))
    return tf.argmax(logits - «tf.log(-tf.log(noise))», 1)
u = tf.random.uniform(shape, minval=0, maxval=1)
g = -«tf.math.log(-tf.math.log(u))»
`,
      'JAX, with a unit interval': `
import jax, jax.numpy as jnp
u = jax.random.uniform(key, shape=(3,))
g = -«jnp.log(-jnp.log(u))»
`,
      'an epsilon that makes 1 of the last number': torch('u = torch.rand(3)\ng = -«torch.log(-torch.log(u + 1e-7))»'),
      'an epsilon in the outer logarithm only': torch('u = torch.rand(3)\ng = -«torch.log(1e-8 - torch.log(u))»'),
      'a helper': torch(`
def noise(shape):
    u = torch.rand(shape)
    return -«torch.log(-torch.log(u))»
y = F.softmax((logits + noise(logits.shape)) / tau, -1)
`),
    });
  });

  describe('spares', () => {
    spares({
      'of what the mean of the numbers comes to': torch('u = torch.rand(3).mean()\ng = -torch.log(-torch.log(u))'),
      'an epsilon in both logarithms': torch(`
def gumbel(shape, eps=1e-20):
    u = torch.rand(shape)
    return -torch.log(-torch.log(u + eps) + eps)
g = -torch.log(1e-10 - torch.log(torch.rand(3) + 1e-10))
`),
      'an epsilon in the inner one, which is enough where 1 is never drawn': torch(
        'u = torch.rand(3)\ng = -torch.log(-torch.log(u + 1e-12))',
      ),
      limits: `
import tensorflow as tf, jax, jax.numpy as jnp, torch
u = tf.random.uniform(shape, minval=1e-20, maxval=1.0)
a = -tf.math.log(-tf.math.log(u))
v = jax.random.uniform(key, (3,), minval=jnp.finfo(jnp.float32).tiny, maxval=1.0)
b = -jnp.log(-jnp.log(v))
w = torch.rand(3).clamp(1e-6, 1 - 1e-6)
c = -torch.log(-torch.log(w))
x = torch.empty(3).uniform_(1e-6, 1 - 1e-6)
d = -torch.log(-torch.log(x))
`,
      'an epsilon that is not known': torch(
        'def f(shape, c):\n    return -torch.log(-torch.log(torch.rand(shape) + c))',
      ),
      'the libraries and exponential numbers': `
import torch, jax
import torch.nn.functional as F
a = F.gumbel_softmax(logits, tau=1.0)
b = jax.random.gumbel(key, (3,))
c = -torch.empty_like(logits).exponential_().log()
`,
      'float64, where 0 is hardly ever drawn':
        'import numpy as np\nu = np.random.uniform(size=3)\ng = -np.log(-np.log(u))\n',
      'something else of which a logarithm is taken twice': torch(
        'def f(x):\n    return torch.log(-torch.log(x.clamp(0.1, 0.9)))',
      ),
    });
  });

  it('says at which number the noise is infinite', () => {
    const zero = findingOf('gumbel-of-uniform', torch('g = -torch.log(-torch.log(torch.rand(3)))'));
    assert.equal(zero.severity, 'information');
    assert.match(zero.message, /^In float32 the noise is -inf where u is 0/);
    const one = findingOf('gumbel-of-uniform', torch('g = -torch.log(-torch.log(torch.rand(3) + 1e-7))'));
    assert.match(one.message, /the noise is inf where u is 0\.99999994/);
  });

  it('is infinite where u rounds to 1, by the half of the resolution next to 1', () => {
    const isFound = (high: string, type: string): boolean =>
      findingsIn(torch(`u = torch.empty(3).uniform_(0.5, ${high})${type}\ng = -torch.log(-torch.log(u))`)).length > 0;
    // 1 - u < 2.98e-8, 2.4e-4 and 2e-3: the last number below the limit is 1.
    assert(isFound('1.0000001', ''));
    assert(!isFound('1', ''));
  });
});

describe('rule distribution-of-probabilities', () => {
  describe('finds', () => {
    finds('distribution-of-probabilities', {
      'a policy that gives its distribution back': `
import torch.nn as nn
import torch.nn.functional as F
import torch.distributions as dist
class Policy(nn.Module):
    def forward(self, state):
        p = F.softmax(self.mean(state), dim=1)
        distribution = «dist.Categorical(p)»
        return p, distribution
class Other(nn.Module):
    def forward(self, state):
        return «dist.Categorical(F.softmax(self.mean(state), dim=1))»
`,
      'the exponential of a log softmax': `
import torch
import torch.nn.functional as F
from torch.distributions import Categorical
def policy_loss(logits, action):
    p = «Categorical(torch.exp(F.log_softmax(logits, dim=1)))»
    return -p.log_prob(action).mean()
`,
      'a policy gradient': `
import torch.nn.functional as F
from torch.distributions import Categorical
class Policy(nn.Module):
    def forward(self, x):
        return F.softmax(self.affine2(F.relu(self.affine1(x))), dim=1)
policy = Policy()
def select_action(state):
    probs = policy(state)
    m = «Categorical(probs)»
    action = m.sample()
    policy.saved_log_probs.append(m.log_prob(action))
    return action.item()
`,
      'by name, and asked at once': torch(`
p = torch.sigmoid(x)
loss = -«torch.distributions.Bernoulli(probs=p)».log_prob(y).mean()
h = «torch.distributions.Categorical(probs=torch.softmax(x, -1))».entropy()
`),
      'a model with a softmax at its end': `
import torch
import torch.nn as nn
from torch.distributions.categorical import Categorical
actor = nn.Sequential(nn.Linear(4, 2), nn.Softmax(dim=-1))
def evaluate(state, action):
    dist = «Categorical(actor(state))»
    return dist.log_prob(action), dist.entropy()
`,
      'a divergence': torch(`
from torch.distributions import Categorical, kl_divergence
p = «Categorical(torch.softmax(a, -1))»
q = Categorical(logits=b)
loss = kl_divergence(p, q).mean()
`),
      'TensorFlow Probability and Distrax': `
import tensorflow as tf, tensorflow_probability as tfp, distrax, jax
tfd = tfp.distributions
d = «tfd.Bernoulli(probs=tf.sigmoid(x))»
a = d.log_prob(y)
e = «distrax.Categorical(probs=jax.nn.softmax(z))»
b = e.log_prob(y)
`,
    });
  });

  describe('spares', () => {
    spares({
      'a policy that gives back what it has drawn': `
import torch.nn as nn
import torch.nn.functional as F
import torch.distributions as dist
class Policy(nn.Module):
    def forward(self, state):
        distribution = dist.Categorical(F.softmax(self.mean(state), dim=1))
        return distribution.sample()
`,
      logits: torch(`
from torch.distributions import Categorical, Bernoulli
m = Categorical(logits=x)
a = m.log_prob(y) + Bernoulli(logits=x).log_prob(y)
`),
      'samples only': torch(`
from torch.distributions import Categorical
def act(x):
    action = Categorical(torch.softmax(x, -1)).sample()
    dist = Categorical(torch.softmax(x, -1))
    return dist.sample(), action
def loss(x, y):
    m = Categorical(logits=x)
    return -m.log_prob(y)
`),
      'a file that never asks for logarithms': torch(`
from torch.distributions import Bernoulli
d = Bernoulli(torch.sigmoid(x))
y = d.sample()
`),
      'probabilities of unknown origin': torch(`
from torch.distributions import Categorical
def f(pi, y):
    return Categorical(pi).log_prob(y)
`),
      'where no gradient is recorded': torch(`
from torch.distributions import Categorical
with torch.no_grad():
    dist = Categorical(torch.softmax(x, -1))
    logprob = dist.log_prob(dist.sample())
`),
      'TensorFlow Probability, whose first parameter is the logits': `
import tensorflow as tf, tensorflow_probability as tfp
d = tfp.distributions.Categorical(x)
a = d.log_prob(y)
`,
    });
  });

  it('computes where log_prob stops, from the limit that PyTorch sets', () => {
    const finding = findingOf(
      'distribution-of-probabilities',
      torch('from torch.distributions import Categorical\nm = Categorical(torch.softmax(z, -1))\na = m.log_prob(y)'),
    );
    assert.equal(finding.severity, 'information');
    assert.match(
      finding.message,
      /log_prob can't go below -15\.942 in float32 \(bfloat16 -4\.8438, float16 -6\.9297\)/,
    );
    assert.match(
      finding.message,
      /its gradient is exactly 0 from a logit 15\.94\d below the greatest\. Here x is `z`\./,
    );
    const bernoulli = findingOf(
      'distribution-of-probabilities',
      torch('m = torch.distributions.Bernoulli(torch.sigmoid(z))\na = m.log_prob(y)'),
    );
    assert.match(bernoulli.message, /-15\.942 in float32 .* exactly 0 from x <= -15\.94\d/);
  });

  it('measures the logarithm itself where a library takes it', () => {
    const finding = findingOf(
      'distribution-of-probabilities',
      'import tensorflow as tf, tensorflow_probability as tfp\nd = tfp.distributions.Bernoulli(probs=tf.sigmoid(z))\na = d.log_prob(y)\n',
    );
    assert.match(finding.message, /-inf from x >= 16\.636 in float32/);
  });
});
