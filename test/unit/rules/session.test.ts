import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { findingsIn, FindingsSession } from '../../../src/rules';

const sample = readFileSync('samples/unstable.py', 'utf8');
const idioms = [
  ...[
    'torch.log(torch.sigmoid(x))',
    'p = torch.softmax(x, 1)\n',
    'def f(x):\n    return x\n',
    '\nclass A:\n    pass\n',
  ],
  ...['(', ')', '[', '{', '"', "'", '"""', ':', '\\\n', '\n', '\n\n', '    ', '\t', ' ', 'if x:\n', 'lambda x: ', '@'],
  ...['1.', '1.e5', '# lossfloor: ignore\n', 'e', '\u00e9', '\ud800', '; y = 2'],
];

/** Numbers below a limit, the same each time. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
}

function edited(text: string, below: (limit: number) => number): string {
  const at = below(text.length + 1);
  const lines = text.split('\n');
  const line = below(lines.length);
  switch (below(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + below(4));
    case 1:
      return text.slice(0, at) + (idioms[below(idioms.length)] ?? '') + text.slice(at);
    case 2:
      return [...lines.slice(0, line), ...lines.slice(line + 1 + below(5))].join('\n');
    case 3:
      return [...lines.slice(0, line), ...lines.slice(below(lines.length)).slice(0, 8), ...lines.slice(line)].join(
        '\n',
      );
    default: {
      const from = below(sample.length);
      return text.slice(0, at) + sample.slice(from, from + below(200)) + text.slice(at + below(40));
    }
  }
}

describe('a session of findings', () => {
  it('says after each change what is said of the new text', () => {
    const below = numbers(20);
    for (let round = 0; round < 25; round++) {
      let text = sample;
      const session = new FindingsSession({ fixes: false });
      for (let step = 0; step < 24; step++) {
        assert.deepEqual(session.update(text), findingsIn(text, { fixes: false }), JSON.stringify(text));
        text = edited(text, below);
      }
    }
  }).timeout(120_000);

  it('says so while something is written, letter by letter, with fixes', () => {
    const below = numbers(7);
    const keras = readFileSync('samples/keras_custom_loss.py', 'utf8');
    for (const original of [sample, keras]) {
      const session = new FindingsSession();
      const lines = original.split('\n');
      for (let round = 0; round < 12; round++) {
        const at = below(lines.length);
        const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? '';
        let typed = indent;
        for (const more of ['lo', 'ss =', ' torch.log(', 'torch.sigmoid(x', '))', '.mean()']) {
          typed += more;
          const text = [...lines.slice(0, at), typed, ...lines.slice(at)].join('\n');
          assert.deepEqual(session.update(text), findingsIn(text), JSON.stringify(text));
        }
      }
    }
  }).timeout(120_000);

  it('says what other statements of the module make of a change', () => {
    const session = new FindingsSession();
    const tail = 'def loss(x):\n    return torch.log(activate(x))\n\n\nprint(loss(0))\n';
    const text = (body: string, more = ''): string =>
      `import torch\n\n\ndef activate(x):\n    return ${body}\n\n\n${more}${tail}`;
    const steps = [
      text('x * 2'),
      text('torch.sigmoid(x)'),
      text('torch.sigmoid(x)', 'def unrelated():\n    pass\n\n\n'),
      text('torch.sigmoid(x)', 'activate = torch.exp\n\n\n'),
      text('torch.sigmoid(x)', 'activate = activate\n\n\n'),
      text('x.relu()'),
    ];
    const counts = steps.map((step) => {
      assert.deepEqual(session.update(step), findingsIn(step));
      return findingsIn(step).length;
    });
    assert.equal(counts[0], 0);
    assert.equal(counts[1], 1);
    assert.equal(counts[2], 1);
  });

  it('knows a criterion that several functions call', () => {
    const session = new FindingsSession();
    const train = (name: string): string =>
      `def ${name}(x, y):\n    p = torch.sigmoid(x)\n    return criterion(p, y)\n\n\n`;
    const head = 'import torch\nfrom torch import nn\n\ncriterion = nn.BCELoss()\n\n\n';
    for (const text of [head + train('a'), head + train('a') + train('b'), head + train('b')]) {
      assert.deepEqual(session.update(text), findingsIn(text), text);
    }
  });

  it('knows which version of a library a text is for', () => {
    const session = new FindingsSession();
    const loss = 'p = tf.nn.softmax(z)\nloss = tf.nn.softmax_cross_entropy_with_logits(y, p)\n\n\n';
    const head = `import tensorflow as tf\n\n${loss}def f():\n    pass\n\n\nf()\n`;
    const counts = [head, `${head}x = tf.placeholder(tf.float32)\n`, head].map((text) => {
      assert.deepEqual(session.update(text), findingsIn(text), text);
      return findingsIn(text).length;
    });
    assert.deepEqual(counts, [1, 0, 1]);
  });

  it('knows whether gradients are asked for by name', () => {
    const head = 'import torch\n\n\ndef score(x):\n    with torch.no_grad():\n        p = torch.sigmoid(x)\n';
    const text = `${head}    return torch.log(p)\n\n\ndef attack(x):\n    return x\n`;
    const session = new FindingsSession();
    assert.deepEqual(
      session.update(text).map(({ severity }) => severity),
      ['hint'],
    );
    const asked = text.replace('    return x\n', '    return x.requires_grad_()\n');
    assert.deepEqual(session.update(asked), findingsIn(asked));
    assert.deepEqual(
      session.update(asked).map(({ severity }) => severity),
      ['warning'],
    );
  });

  it('knows the epsilon that another object holds', () => {
    const session = new FindingsSession({ fixes: false });
    const code = `import torch
class Loss:
    def __call__(self, x, config):
        return torch.log(torch.sigmoid(x) + config.eps).mean()
class Config:
    def __init__(self):
        self.eps = `;
    for (const epsilon of ['1e-8', 'None', '1e-12', '0.5']) {
      const text = `${code}${epsilon}\n`;
      const found = session.update(text);
      assert.deepEqual(found, findingsIn(text, { fixes: false }));
      assert.equal(found.length, epsilon.startsWith('1e') ? 1 : 0, epsilon);
      assert.equal(
        found.every(({ message }) => message.includes(` + ${epsilon})`)),
        true,
      );
    }
  });

  it('keeps to its settings', () => {
    const session = new FindingsSession({ settings: { severities: { 'log-of-sigmoid': 'off' } } });
    assert.deepEqual(session.update('import torch\ntorch.log(torch.sigmoid(x))\n'), []);
    assert.equal(session.update('import torch\ntorch.log(torch.softmax(x, 0))\n').length, 1);
  });
});
