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
});
