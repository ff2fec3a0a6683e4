import assert from 'node:assert/strict';
import { LocalModules } from '../../src/python';
import { findingsIn } from '../../src/rules';

/** A project in memory: what is found in one of its files. */
function found(files: Readonly<Record<string, string>>, file: string): string[] {
  const read: string[] = [];
  const modules = new LocalModules((name) => {
    read.push(name);
    return files[name];
  });
  const text = files[file] ?? assert.fail(file);
  return findingsIn(text, { load: modules.of(file), fixes: false }).map(
    ({ rule, range }) => `${rule} ${text.slice(range.start, range.end)}`,
  );
}

const model = `
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 1)

    def forward(self, x):
        return torch.sigmoid(self.body(x))

def probabilities(x):
    return torch.softmax(x, dim=1)
`;

const training = (imports: string): string => `
import torch
import torch.nn as nn
${imports}

criterion = nn.BCELoss()
loss = criterion(Net()(points), target)
other = -torch.log(probabilities(logits)).mean()
`;

const both = ['bce-after-sigmoid criterion(Net()(points), target)', 'log-of-softmax torch.log(probabilities(logits))'];

describe('modules of a project', () => {
  for (const [name, imports, file] of [
    ['beside it', 'from model import Net, probabilities', '/p/model.py'],
    ['relative', 'from .model import Net, probabilities', '/p/model.py'],
    ['everything', 'from model import *', '/p/model.py'],
    ['in a package', 'from models.head import Net, probabilities', '/p/models/head.py'],
    ['a package itself', 'from models import Net, probabilities', '/p/models/__init__.py'],
    ['from a folder above', 'from lib.model import Net, probabilities', '/lib/model.py'],
    ['by a package of which only a folder is there', 'from study.p.model import Net, probabilities', '/p/model.py'],
  ] as const) {
    it(`count: ${name}`, () => {
      assert.deepEqual(found({ [file]: model, '/p/train.py': training(imports) }, '/p/train.py'), both);
    });
  }

  it('count by the name of the module', () => {
    const text = training('import model')
      .replace('Net()', 'model.Net()')
      .replace('probabilities(', 'model.probabilities(');
    assert.deepEqual(
      found({ '/p/model.py': model, '/p/train.py': text }, '/p/train.py').map((line) => line.split(' ')[0]),
      ['bce-after-sigmoid', 'log-of-softmax'],
    );
  });

  it('say nothing of what stands in them', () => {
    const own = `${model}\nbad = torch.log(torch.sigmoid(z))\ndef worse(x):\n    return torch.log(torch.sigmoid(x))\n`;
    const text = `${training('from model import Net, probabilities, worse')}\nlast = worse(z)\n`;
    assert.deepEqual(found({ '/p/model.py': own, '/p/train.py': text }, '/p/train.py'), both);
  });

  it('may be missing, broken, in a circle, or bring something else', () => {
    const text = training('from model import Net, probabilities');
    assert.deepEqual(found({ '/p/train.py': text }, '/p/train.py'), []);
    assert.deepEqual(found({ '/p/model.py': 'class Net(: sigmoid', '/p/train.py': text }, '/p/train.py'), []);
    const circle = `from train import criterion\n${model}`;
    assert.deepEqual(found({ '/p/model.py': circle, '/p/train.py': text }, '/p/train.py'), both);
    const logits = model
      .replace('torch.sigmoid(self.body(x))', 'torch.tanh(self.body(x))')
      .replace('softmax', 'log_softmax');
    assert.deepEqual(
      found({ '/p/model.py': logits, '/p/train.py': text }, '/p/train.py').filter((line) =>
        /sigmoid|softmax/.test(line.split(' ')[0] ?? ''),
      ),
      [],
    );
  });
});
