import assert from 'node:assert/strict';
import { analysePython } from '../../../src/python';
import { intervalOf } from '../../../src/rules/interval';

/** The bounds of what the last line computes, under what has been compared on the way there. */
function boundsOf(source: string): readonly [number, number] {
  const text = source.trim();
  const { sites } = analysePython(text);
  const site = sites.filter(({ range }) => range.end === text.length).at(-1);
  const value = site?.alternatives[0]?.[0];
  assert(site && value, source);
  const { low, high } = intervalOf(value, site.conditions);
  // 0, not -0
  return [low + 0, high + 0];
}

const everything = [-Infinity, Infinity];

describe('bounds of expressions', () => {
  it('know what a maximum is subtracted from', () => {
    for (const source of [
      'import torch\ny = x - x.max(1, keepdim=True)[0]',
      'import torch\nm = torch.max(x, dim=1, keepdim=True).values\ny = x - m.detach()',
      'import numpy as np\ny = x - np.max(x, axis=1, keepdims=True)',
      'import tensorflow as tf\ny = x - tf.stop_gradient(tf.reduce_max(x, axis=1))',
      'import jax.numpy as jnp\nimport jax\ny = x - jax.lax.stop_gradient(x.max())',
      'import torch\ns = a @ b / t\ny = s - s.amax(-1)',
      'import torch\ny = x - torch.logsumexp(x, 1)',
      'import torch\nm = torch.maximum(a, b)\ny = b - m',
      'import torch\nm = torch.maximum(a, x.max())\ny = x - m',
      'import numpy as np\ny = np.subtract(x, max(x))',
    ]) {
      assert.deepEqual(boundsOf(source), [-Infinity, 0], source);
    }
    assert.deepEqual(boundsOf('import torch\ny = x - z.max()'), everything);
  });

  it('know that a sum of exponentials has a 1 in it where the maximum was subtracted', () => {
    assert.deepEqual(boundsOf('import torch\ne = torch.exp(x - x.max())\ny = e.sum()'), [1, Infinity]);
    assert.deepEqual(boundsOf('import torch\ne = torch.exp(x - x.max()) * mask\ny = e.sum()'), everything);
  });

  it('know vectors that are divided by their norms', () => {
    for (const unit of [
      'F.normalize(x, dim=-1)',
      'F.normalize(x, p=2, dim=1)',
      'x / x.norm(dim=-1, keepdim=True)',
      'x / (x.norm(dim=-1, keepdim=True) + 1e-8)',
      'x / torch.clamp(torch.linalg.norm(x, dim=1), min=1e-6)',
      'x / torch.sqrt(torch.sum(x ** 2, dim=1) + 1e-8)',
    ]) {
      const source = `import torch\nimport torch.nn.functional as F\nu = ${unit}\n`;
      assert.deepEqual(boundsOf(`${source}y = torch.mm(u, u.t())`), [-1, 1], unit);
      assert.deepEqual(boundsOf(`${source}y = torch.sum(u * u.detach(), -1)`)[1], 1, unit);
      assert.deepEqual(boundsOf(`${source}y = torch.einsum('nc,mc->nm', [u, u]) / 0.5`), [-2, 2], unit);
    }
    assert.deepEqual(boundsOf('import torch\nu = x / z.norm()\ny = torch.mm(u, u.t())'), everything);
  });

  it('know squares of distances that are multiplied out, and distances', () => {
    const squares = 'import torch\nxx = (x ** 2).sum(1, keepdim=True)\nyy = (y ** 2).sum(1, keepdim=True)\n';
    assert.deepEqual(boundsOf(`${squares}d = xx + yy.t() - 2 * x.mm(y.t())`), [0, Infinity]);
    assert.deepEqual(boundsOf(`${squares}d = xx + yy.t() - 3 * x.mm(y.t())`), everything);
    assert.deepEqual(boundsOf('import torch\nd = -torch.cdist(x, y)'), [-Infinity, 0]);
  });

  it('know shares of a sum', () => {
    assert.deepEqual(boundsOf('import torch\na = x ** 2\nb = y ** 2\np = torch.div(a, a + b)'), [0, 1]);
    assert.deepEqual(boundsOf('import torch\na = x ** 2\np = torch.div(a, a.sum() + 1e-8)'), [0, 1]);
  });

  it('know what has been compared', () => {
    assert.deepEqual(boundsOf('import numpy as np\ny = np.where(x > 0, x, 0)'), [0, Infinity]);
    assert.deepEqual(boundsOf('import numpy as np\ny = np.where(x >= 0, -x, x)'), [-Infinity, 0]);
    assert.deepEqual(boundsOf('import numpy as np\nneg = x < 0\ny = np.exp(x[neg])'), [0, 1]);
    assert.deepEqual(boundsOf('import numpy as np\npos = x >= 0\ny = np.exp(x[~pos])'), [0, 1]);
    assert.deepEqual(boundsOf('import math\nif x < 0:\n    y = math.exp(x)'), [0, 1]);
    assert.deepEqual(boundsOf('import math\nif x > 1 and z:\n    pass\nelse:\n    y = math.exp(x)'), [0, Infinity]);
    assert.deepEqual(boundsOf('import math\nif z and x < 1:\n    y = math.sqrt(x * 1)'), [0, 1]);
    assert.deepEqual(
      boundsOf('import math\ndef f(x):\n    if x >= 0:\n        return 1\n    return math.exp(x)'),
      [0, 1],
    );
    assert.deepEqual(boundsOf('import math\nif x >= 0:\n    z = 1\ny = math.exp(x)'), [0, Infinity]);
    assert.deepEqual(boundsOf('import math\ny = 0 if x > 0 else math.exp(x)'), [0, 1]);
    assert.deepEqual(boundsOf('import math\nif x > 1 or z:\n    pass\nelse:\n    y = math.exp(x)'), [0, Math.E]);
    assert.deepEqual(boundsOf('import math\nfor i in z:\n    if x > 0:\n        break\ny = math.exp(x)'), [
      0,
      Infinity,
    ]);
  });

  it("know Python's own functions and numbers by name", () => {
    assert.deepEqual(boundsOf('import numpy as np\ny = np.exp(-abs(x))'), [0, 1]);
    assert.deepEqual(boundsOf('import math\ny = math.exp(min(x, 0))'), [0, 1]);
    assert.deepEqual(boundsOf('import math\ny = math.exp(-(x ** 2) / (2 * math.pi))'), [0, 1]);
    assert.deepEqual(boundsOf('import numpy as np\ny = np.maximum(x, -np.inf)'), everything);
  });
});
