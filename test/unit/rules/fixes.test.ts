import assert from 'node:assert/strict';
import { applyEdits, findingsIn } from '../../../src/rules';

/** The text after the fix of its last finding that has one; undefined where none has. */
function fixed(text: string): string | undefined {
  const fix = findingsIn(text).findLast((finding) => finding.fix)?.fix;
  return fix && applyEdits(text, fix.edits);
}

const torch = 'import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n';
const log = 'p = torch.sigmoid(x)\n';

describe('fixes', () => {
  const refused: Readonly<Record<string, string>> = {
    'a name that is bound anew': `${log}x = x + 1\nloss = torch.log(p)\n`,
    'a name that is changed in place': `${log}x.add_(1)\nloss = torch.log(p)\n`,
    'a name of which an element is changed': `${log}x[0] = 1\nloss = torch.log(p)\n`,
    'a name that is deleted': `${log}del x\nloss = torch.log(p)\n`,
    'a name that a walrus binds': `${log}if (x := f()):\n    loss = torch.log(p)\n`,
    'a name that the loop around it binds further down': `${log}while y:\n    loss = torch.log(p)\n    x = x + 1\n`,
    'a name that a comprehension has for itself': `${log}loss = [torch.log(p) for x in xs]\n`,
    'a value of a round of the loop before':
      'for i in y:\n    x = f(i)\n    if i == 0:\n        p = torch.sigmoid(x)\n    loss = torch.log(p)\n',
    'an attribute whose object has been called': 'p = torch.sigmoid(self.x)\nself.update()\nloss = torch.log(p)\n',
    'a value computed without gradients': 'with torch.no_grad():\n    p = torch.sigmoid(x)\nloss = torch.log(p)\n',
    'a value cut off from gradients': 'loss = torch.log(torch.sigmoid(x).detach())\n',
    'another shape': 'loss = torch.log(torch.sigmoid(x).squeeze())\n',
    'elements that were picked': 'loss = torch.log(torch.softmax(x, 1)[y])\n',
    'a type': 'loss = torch.softmax(x, dim=1, dtype=torch.float64).log()\n',
    'a place for the result': 'loss = torch.log(torch.sigmoid(x), out=z)\n',
    'an axis that depends on the shape': 'loss = F.softmax(x).log()\n',
    'a comment inside': 'loss = torch.log(  # of the probability\n    torch.sigmoid(x))\n',
    'a name given inside': 'loss = torch.log(p := torch.sigmoid(x))\n',
    'code that is printed': "text = f'{torch.log(torch.sigmoid(x))=}'\n",
    'an operation in place': 'loss = torch.sigmoid(x).log_()\n',
    weights: `${log}loss = F.binary_cross_entropy(p, y, weight=w)\n`,
    'a reduction': `${log}loss = F.binary_cross_entropy(p, y, reduction='none')\n`,
    'another shape of a prediction': `${log}loss = F.binary_cross_entropy(p.view(-1), y)\n`,
    'a criterion in other hands': `criterion = nn.BCELoss()\n${log}loss = criterion(p, y)\nf(criterion)\n`,
    'a network whose output is used': `net = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())\nout = net(x)\nloss = nn.BCELoss()(out, y)\nf(out)\n`,
    'sums of several axes': 'import tensorflow as tf\nloss = tf.log(tf.reduce_sum(tf.exp(x), [1, 2]))\n',
    'a sum that is spread along another axis': 'import numpy as np\np = np.exp(x) / np.sum(np.exp(x), axis=1)\n',
    'a module whose name is taken': 'import numpy as np\nscipy = 3\nloss = np.log(1 / (1 + np.exp(-x)))\n',
  };
  for (const [name, source] of Object.entries(refused)) {
    it(`are not offered for ${name}`, () => {
      const text = torch + source;
      assert.notEqual(findingsIn(text).length, 0);
      assert.equal(fixed(text), undefined);
    });
  }

  const offered: Readonly<Record<string, readonly [string, string]>> = {
    'a condition on one line': ['if x: loss = torch.log(torch.sigmoid(x))\n', 'if x: loss = F.logsigmoid(x)\n'],
    'an operator before it': ['loss = -torch.log(torch.sigmoid(x)) * w\n', 'loss = -F.logsigmoid(x) * w\n'],
    'an operator left': ['a = torch.log((1 + torch.tanh(x)) / (1 - torch.tanh(x)))**2\n', 'a = (2 * x)**2\n'],
    'a lambda': ['f = lambda z: torch.log(torch.sigmoid(z))\n', 'f = lambda z: F.logsigmoid(z)\n'],
    'a call, which is made once': [
      'p = torch.sigmoid(net(x))\nx = 3\nloss = torch.log(p)\n',
      'logits = net(x)\np = torch.sigmoid(logits)\nx = 3\nloss = F.logsigmoid(logits)\n',
    ],
    'a network in an ordered dictionary': [
      "net = nn.Sequential(OrderedDict([('fc', nn.Linear(3, 1)), ('out', nn.Sigmoid())]))\nloss = nn.BCELoss()(net(x), y)\n",
      "net = nn.Sequential(OrderedDict([('fc', nn.Linear(3, 1))]))\nloss = nn.BCEWithLogitsLoss()(net(x), y)\n",
    ],
  };
  for (const [name, [source, wanted]] of Object.entries(offered)) {
    it(`are right for ${name}`, () => {
      const head = name.includes('dictionary') ? `from collections import OrderedDict\n${torch}` : torch;
      assert.equal(fixed(head + source), head + wanted);
    });
  }

  it('use no name before the line of a script that binds it, and any in a function', () => {
    const fixes = (code: string): unknown[] =>
      findingsIn(`import torch\n${code}\nimport torch.nn.functional as F\n`).map(({ fix }) => fix?.edits[0]?.text);
    assert.deepEqual(fixes('loss = torch.log(torch.sigmoid(x))'), [undefined]);
    assert.deepEqual(fixes('def loss(x):\n    return torch.log(torch.sigmoid(x))'), ['F.logsigmoid(x)']);
  });

  it('put what binds weaker in parentheses', () => {
    const head = 'from keras import backend as K\n';
    for (const [before, after] of [
      ['a = 1/K.log(K.sigmoid(x))\n', 'a = 1/(-K.softplus(-x))\n'],
      ['a = K.log(K.sigmoid(x))**2\n', 'a = (-K.softplus(-x))**2\n'],
      ['a = f(K.log(K.sigmoid(x)))\n', 'a = f(-K.softplus(-x))\n'],
    ] as const) {
      assert.equal(fixed(head + before), head + after);
    }
  });

  it('add an import after the documentation and other imports, with their line ends', () => {
    assert.equal(
      fixed('"""Doc."""\r\nfrom __future__ import annotations\r\nimport os\r\nloss = x.sigmoid().log()\r\n'),
      '"""Doc."""\r\nfrom __future__ import annotations\r\nimport os\r\nimport torch.nn.functional as F\r\nloss = F.logsigmoid(x)\r\n',
    );
  });
});
