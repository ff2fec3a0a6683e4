import { finds, spares } from './marked';

describe('Code of NumPy and JAX', () => {
  describe('a sigmoid written out, whatever the minus sign stands before', () => {
    finds('log-of-sigmoid', {
      'the first factor of a matrix product': `
import numpy as np
def loss(w, X, y):
    p = 1 / (1 + np.exp(-X @ w))
    return -np.mean(y * «np.log(p)» + (1 - y) * «np.log(1 - p)»)
`,
      'the first factor of a product': `
import numpy as np
def loss(w, x):
    return -np.mean(«np.log(1 / (1 + np.exp(-w * x)))»)
`,
      'two terms': `
import jax.numpy as jnp
def loss(w, X, b):
    return -jnp.mean(«jnp.log(1 / (1 + jnp.exp(-X @ w - b)))»)
`,
      nothing: `
import torch
def loss(x):
    return -«torch.log(1 - 1 / (1 + torch.exp(x)))».mean()
`,
      'powers of e': `
import math
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.e ** (-x))
def loss(w, X):
    return -np.mean(«np.log(sigmoid(X @ w))») - «math.log(1 / (1 + math.pow(math.e, -w[0])))»
`,
    });
    spares({
      'exponents that are not positive': `
import numpy as np
def loss(w, x):
    return -np.mean(np.log(1 / (1 + np.exp(-np.abs(x) * 2))))
`,
      'limited exponents': `
import numpy as np
def loss(w, X):
    return -np.mean(np.log(1 / (1 + np.exp(np.clip(-X @ w, -30, 30)))))
`,
      'powers of another number': `
import numpy as np
def expected(a, b):
    return np.log(1 / (1 + 10 ** ((b - a) / 400)) + 0.1)
`,
    });
  });

  describe('an array that a loop fills, and what loops over lists take from them', () => {
    const softmax = `
import numpy as np
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()
`;
    finds('log-of-softmax', {
      rows: `${softmax}
def loss(w, xs, ys):
    out = np.zeros((len(xs), 4))
    for t in range(len(xs)):
        out[t] = softmax(w @ xs[t])
    return -np.sum(ys * «np.log(out)»)
`,
      columns: `${softmax}
def loss(w, xs, ys):
    out = np.empty((4, len(xs)))
    for t in range(len(xs)):
        out[:, t] = softmax(w @ xs[t])
    return -np.sum(ys * «np.log(out)»)
`,
      'beside another list': `${softmax}
def loss(xs, ys):
    total = 0
    for y, p in zip(ys, [softmax(x) for x in xs]):
        total -= np.sum(y * «np.log(p)»)
    return total
`,
      'with their numbers': `${softmax}
def loss(xs, ys):
    ps = [softmax(x) for x in xs]
    return -sum(np.sum(ys[i] * «np.log(p)») for i, p in enumerate(ps))
`,
    });
    finds('log-of-sigmoid', {
      'a function of a module of the project': `
import numpy as np
import helper.logistic_regression as lr
def loss(X, w, y):
    h = lr.sigmoid(X @ w)
    return -(y * «np.log(h)» + (1 - y) * «np.log(1 - h)»).mean()
`,
    });
    spares({
      'an array in which something else stands': `${softmax}
def loss(w, xs, ys):
    out = np.ones((len(xs), 4)) * 1e-3
    for t in range(len(xs)):
        out[t] += softmax(w @ xs[t])
    return -np.sum(ys * np.log(out))
`,
      'the other list': `${softmax}
def loss(xs, ys):
    total = 0
    for y, p in zip(ys, [softmax(x) for x in xs]):
        total -= np.sum(p * np.log(y))
    return total
`,
      'returns that a loop sums up': `
import numpy as np
def returns(rewards, gamma):
    G = np.zeros_like(rewards)
    for t in range(len(rewards)):
        total = 0
        for k in range(t, len(rewards)):
            total += rewards[k] * gamma
        G[t] = total
    std = np.std(G) if np.std(G) > 0 else 1
    return (G - np.mean(G)) / std
`,
    });
  });

  describe('an element that is read where it was put', () => {
    finds('log-of-softmax', {
      'of a dictionary that a loop fills': `
import numpy as np
def loss(inputs, targets, h):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(h)
    total = 0
    for t in range(len(inputs)):
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1])
        ys[t] = Why @ hs[t]
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        total += -«np.log(ps[t][targets[t], 0])»
    return total
`,
      'of an attribute': `
import torch
class Net:
    def loss(self, xs):
        for i, x in enumerate(xs):
            self.probs[i] = torch.softmax(x, -1)
            yield -«torch.log(self.probs[i])»
`,
    });
    spares({
      'of another position': `
import torch
def loss(n, xs, ps):
    for t in range(n):
        ps[t] = torch.softmax(xs[t], -1)
        t = t - 1
        yield -torch.log(ps[t])
`,
      'of another loop': `
import torch
def loss(xs, ps, ks):
    for t in ks:
        ps[t] = torch.softmax(xs[t], -1)
    return sum([torch.log(ps[t]) for t in xs])
`,
      'limited with all the others': `
import torch
def loss(xs, ps):
    for t, x in enumerate(xs):
        ps[t] = torch.softmax(x, -1)
        ps[ps < 1e-6] = 1e-6
        yield -torch.log(ps[t])
`,
      'limited by its elements': `
import torch
def loss(xs, ps):
    for t, x in enumerate(xs):
        ps[t] = torch.softmax(x, -1)
        ps[t][ps[t] < 1e-6] = 1e-6
        yield -torch.log(ps[t])
`,
      'limited in place': `
import torch
def loss(xs, ps):
    for t, x in enumerate(xs):
        ps[t] = torch.softmax(x, -1)
        ps[t].clamp_(min=1e-6)
        yield -torch.log(ps[t])
`,
    });
  });

  describe('an attribute that begins as zeros', () => {
    finds('softmax-by-hand', {
      'filled element by element': `
import numpy as np
class Model:
    def fit(self, X):
        self.z = np.zeros(10)
        for k in range(10):
            self.z[k] = X[k] @ self.w
    def probabilities(self):
        return «np.exp(self.z) / np.sum(np.exp(self.z))»
`,
      'by code that stands after what reads it': `
import torch
class Model:
    def __init__(self):
        self.z = torch.zeros(10)
    def probabilities(self):
        return «torch.exp(self.z) / torch.exp(self.z).sum()»
    def fit(self, X):
        self.z[:5] = X
`,
    });
    spares({
      'read where it was made': `
import numpy as np
class Model:
    def start(self):
        self.z = np.zeros(10)
        self.p = np.exp(self.z) / np.sum(np.exp(self.z))
`,
      'limited before it is kept': `
import numpy as np
class Model:
    def __init__(self):
        self.p = np.ones(10)
    def fit(self, x):
        self.p = np.clip(1 / (1 + np.exp(-x)), 1e-6, 1 - 1e-6)
    def entropy(self):
        return -np.sum(self.p * np.log(self.p))
`,
    });
  });

  describe('branches of functions that are called', () => {
    spares({
      'with one of two values': `
import numpy as np
def sigmoid(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    z = np.exp(x)
    return z / (1 + z)
def predict(X, v, w, b, late):
    if late:
        v = w
    return [sigmoid(x) for x in X @ v + b]
`,
      'with one of too many values': `
import math
import numpy as np
def log_add(x, y):
    a, b = min(x, y), max(x, y)
    if a == -np.inf:
        return b
    return math.log1p(math.exp(a - b)) + b
def fraction(coefficients):
    l0, l1 = -np.inf, -np.inf
    for c in coefficients:
        l0 = log_add(l0, math.log(abs(c)))
        l1 = log_add(l1, math.log(abs(c)) + 1)
    return log_add(l0, l1)
`,
    });
    finds('exp-over-one-plus-exp', {
      'without a comparison': `
import numpy as np
def sigmoid(x):
    z = np.exp(x)
    return «z / (1 + z)»
def predict(X, v, w, b, late):
    if late:
        v = w
    return [sigmoid(x) for x in X @ v + b]
`,
    });
  });

  describe('a comparison with 0 before the logarithm', () => {
    spares({
      'that returns': `
import numpy as np
def f(x):
    p = 1 / (1 + np.exp(-x))
    if p == 0:
        return -745.0
    return np.log(p)
`,
      'with another branch': `
import math
from scipy import special
def log_erfc(x):
    r = special.erfc(x)
    if r != 0.0:
        return math.log(r)
    return -math.log(math.pi) / 2 - math.log(x) - x ** 2
`,
      'in one expression': `
import numpy as np
def f(x):
    p = 1 / (1 + np.exp(-x))
    return np.log(p) if p > 0 else -np.inf
`,
    });
    finds('log-of-sigmoid', {
      'of something else': `
import numpy as np
def f(x, y):
    p = 1 / (1 + np.exp(-x))
    if y == 0:
        return -745.0
    return «np.log(p)»
`,
      'with the wrong number': `
import numpy as np
def f(x):
    p = 1 / (1 + np.exp(-x))
    if p == 1:
        return 0.0
    return «np.log(p)»
`,
    });
    finds('log-of-sum-of-exp', {
      'which does not keep it from overflowing': `
import numpy as np
def f(x):
    s = np.sum(np.exp(x))
    return «np.log(s)» if s > 0 else -np.inf
`,
    });
  });

  describe('models of the libraries of JAX', () => {
    const flax = (last: string): string => `
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return ${last}(nn.Dense(10)(x))
`;
    const training = `
def create_state(params):
    return TrainState.create(apply_fn=Net().apply, params=params, tx=optax.sgd(0.1))
`;
    const step = (loss: string): string => `
@jax.jit
def train_step(state, x, y):
    def loss_fn(params):
        p = state.apply_fn({'params': params}, x)
        return ${loss}
    return jax.grad(loss_fn)(state.params)
`;
    finds('log-of-softmax', {
      "Flax's state of training, made after it is used": `${flax('nn.softmax')}${step('-jnp.mean(y * «jnp.log(p)»)')}${training}`,
      'unpacked, with state that changes': `${flax('nn.softmax')}${training}
def loss_fn(params, state, x, y):
    p, updates = state.apply_fn({'params': params}, x, train=True, mutable=['batch_stats'])
    return -jnp.mean(y * «jnp.log(p)»)
`,
      'of two models the one that is meant': `${flax('nn.softmax')}
class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)
def main(params, x, y):
    actor = TrainState.create(apply_fn=Net().apply, params=params, tx=optax.sgd(0.1))
    critic = TrainState.create(apply_fn=Critic().apply, params=params, tx=optax.sgd(0.1))
    return -jnp.mean(y * «jnp.log(actor.apply_fn(params, x))») + jnp.log(critic.apply_fn(params, x))
`,
      'Haiku, a pair': `
import haiku as hk
import jax
import jax.numpy as jnp
def forward(x):
    return jax.nn.softmax(hk.Linear(10)(x))
init, apply = hk.without_apply_rng(hk.transform(forward))
def loss(params, x, y):
    return -jnp.mean(y * «jnp.log(apply(params, x))»)
`,
      'Haiku, a decorator': `
import haiku as hk
import jax
import jax.numpy as jnp
@hk.transform
def network(x):
    return jax.nn.softmax(hk.Linear(10)(x))
def loss(params, key, x, y):
    return -jnp.mean(y * «jnp.log(network.apply(params, key, x))»)
`,
    });
    finds('cross-entropy-of-softmax', {
      'given to a loss of logits': `${flax('nn.softmax')}${training}${step('«optax.softmax_cross_entropy(p, y)».mean()')}`,
    });
    finds('log-of-sigmoid', {
      'the type of a parameter': `
import jax.numpy as jnp
from flax import nnx
class Net(nnx.Module):
    def __call__(self, x):
        return nnx.sigmoid(self.layer(x))
def loss_fn(model: Net, x, y):
    return -jnp.mean(y * «jnp.log(model(x))»)
`,
      'a function that is called for its gradients': `
import equinox as eqx
import jax
import jax.numpy as jnp
class Net(eqx.Module):
    def __call__(self, x):
        return jax.nn.sigmoid(self.linear(x))
@eqx.filter_value_and_grad
def loss(model, x, y):
    return -jnp.mean(y * «jnp.log(jax.vmap(model)(x))»)
def main(x, y):
    return loss(Net(), x, y)
`,
    });
    spares({
      'that give log-probabilities': `${flax('nn.log_softmax')}${training}${step('-jnp.mean(y * p)')}`,
      'that give logits': `${flax('nn.relu')}${training}${step('optax.softmax_cross_entropy(p, y).mean()')}`,
      'of which there are two': `${flax('nn.softmax')}
class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)
def create_states(params):
    actor = TrainState.create(apply_fn=Net().apply, params=params, tx=optax.sgd(0.1))
    critic = TrainState.create(apply_fn=Critic().apply, params=params, tx=optax.sgd(0.1))
    return actor, critic
${step('-jnp.mean(y * jnp.log(p))')}`,
      'whose type is known, with a limit': `
import jax.numpy as jnp
from flax import nnx
class Net(nnx.Module):
    def __call__(self, x):
        return jnp.clip(nnx.sigmoid(self.layer(x)), 1e-6, 1 - 1e-6)
def loss_fn(model: Net, x, y):
    return -jnp.mean(y * jnp.log(model(x)))
`,
      'of which there is a list': `
import jax
import jax.numpy as jnp
class Net:
    def __call__(self, x):
        return jax.nn.sigmoid(x)
def loss_fn(model: list[Net], x, y):
    return -jnp.mean(y * jnp.log(model(x)))
`,
    });
  });

  describe('methods that take no object', () => {
    finds('softmax-by-hand', {
      'though nothing says so': `
import numpy as np
class Softmax:
    def forward(Z):
        return «np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)», Z.shape
`,
      'called by the name of their class': `
import numpy as np
class Activations:
    def softmax(Z):
        return «np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)»
p = Activations.softmax(np.array(x) @ W)
`,
    });
    spares({
      'unless they use it': `
import numpy as np
class Limited:
    def limits(net, x):
        net.x = np.clip(x, -10, 10)
    def forward(net):
        net.limits(z)
        return np.exp(net.x) / np.sum(np.exp(net.x))
`,
    });
  });

  describe('the elements of an array together with the whole of it', () => {
    finds('softmax-by-hand', {
      'in a comprehension': `
import numpy as np
def softmax(L):
    return [«np.exp(i) / np.sum(np.exp(L))» for i in L]
`,
    });
    spares({
      'with its maximum subtracted': `
import numpy as np
def softmax(L):
    return [np.exp(i - np.max(L)) / np.sum(np.exp(L - np.max(L))) for i in L]
`,
      'of another array': `
import numpy as np
def ratios(a, b):
    return [np.exp(x) / np.sum(np.exp(b)) for x in a]
`,
      'as pairs': `
import torch
def distances(xs):
    return torch.stack([torch.sqrt(((x - xs) ** 2).sum(-1) + 1e-6) for x in xs])
`,
    });
  });

  describe('a square root of a ReLU', () => {
    // Its derivative is chosen, not multiplied: 0 for 0 and below, by both libraries.
    spares({
      JAX: `
import jax
import jax.numpy as jnp
@jax.grad
def loss(y, z):
    return jnp.sqrt(jax.nn.relu(jnp.mean(y * y) - jnp.mean(y * z)))
`,
      PyTorch: `
import torch
def loss(a, b):
    return torch.sqrt(torch.relu(a.mean() - b.mean()))
`,
    });
  });

  describe('a product of a value and its negative', () => {
    spares({
      'in a logarithm of a sum of exponentials': `
import jax.numpy as jnp
def loss(x):
    return jnp.log(2 + jnp.exp(-x * x))
`,
    });
    finds('log-of-sum-of-exp', {
      'of two values': `
import jax.numpy as jnp
def loss(x, y):
    return «jnp.log(2 + jnp.exp(-x * y))»
`,
    });
  });

  describe('a module of the project under the name of a library', () => {
    finds('log-of-one-plus-exp', {
      'that chooses among libraries': `
from ..backend import xp as np
def act(x):
    return -«np.log(1 + np.exp(-x))»
`,
    });
    spares({
      'under another name': `
from ..backend import xp as backend
def act(x):
    return -backend.log(1 + backend.exp(-x))
`,
    });
  });

  finds('log-of-softmax', {
    'the exponential of a log_softmax': `
import torch
import torch.nn.functional as F
def entropy_loss(x):
    p = F.log_softmax(x, dim=-1).exp()
    return -(p * «torch.log(p)»).sum(-1)
`,
    'summed up by the mask of a class': `
import torch
import torch.nn.functional as F
def target_loss(x, gt_mask):
    return -«(F.softmax(x, dim=1) * gt_mask).sum(1).log()».mean()
`,
  });
});
