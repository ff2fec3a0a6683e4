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
});
