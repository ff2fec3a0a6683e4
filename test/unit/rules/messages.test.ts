import assert from 'node:assert/strict';
import { findingsIn, type Finding } from '../../../src/rules';
import { only } from './marked';

const ofLoss = (loss: string, before = ''): Finding[] =>
  findingsIn(
    `import torch\nimport torch.nn.functional as F\ndef step(model, x, t):\n    p = model(x)\n${before}    loss = ${loss}.mean()\n    loss.backward()\n`,
  );

describe('messages of findings', () => {
  it('say what an infinity becomes farther out', () => {
    const [ofOnes, ofZeros] = ofLoss('-(t * torch.log(p) + (1 - t) * torch.log(1 - p))');
    assert.ok(ofOnes && ofZeros);
    assert.match(ofOnes.message, /is -inf from x <= 0 in float32 \(bfloat16 0, float16 0\) and NaN beyond\./);
    assert.match(ofZeros.message, /is -inf from x >= 1 in float32 \(bfloat16 1, float16 1\) and NaN beyond\./);
    assert.match(ofOnes.lens, /: -inf or NaN from x ≤ 0 in float32/);
  });

  it('say from where on, where it is not at once', () => {
    const { message, lens } = only(ofLoss('torch.log(1 - torch.exp(-p))'));
    assert.ok(
      message.startsWith(
        'log(1 - exp(-x)) is -inf from x <= 2.9802e-8 in float32 (bfloat16 0.0019531, float16 0.00024414) ' +
          'and NaN from x <= -5.9605e-8 in float32 (bfloat16 -0.0039063, float16 -0.00048829).',
      ),
      message,
    );
    assert.match(lens, /^⚠ log\(1 - exp\(-x\)\): -inf or NaN from x ≤ 2\.9802e-8 in float32$/);
  });

  it('leave out what can not be reached', () => {
    const { message, lens } = only(ofLoss('torch.log(1 - torch.exp(-F.softplus(p)))'));
    assert.match(message, /is -inf from x <= 2\.9802e-8 in float32 \(bfloat16 0\.0019531, float16 0\.00024414\)\. The/);
    assert.doesNotMatch(lens, /NaN/);
  });

  it('write a target of literals as the call has it', () => {
    const { message } = only(
      findingsIn(
        'import torch\nimport torch.nn.functional as F\ny_train = torch.FloatTensor([[0], [1]])\nloss = F.binary_cross_entropy(torch.sigmoid(x @ w), y_train)\nloss.backward()\n',
      ),
    );
    assert.match(message, /Write F\.binary_cross_entropy_with_logits\(x @ w, y_train\) instead\.$/);
  });

  it('call what an assignment in place leaves by its name', () => {
    const source =
      'import torch\ndef finish(log_probs, adv):\n    adv -= adv.mean()\n    adv /= adv.std()\n    return -(log_probs * adv).sum()\n';
    assert.match(only(findingsIn(source)).message, /^Where all elements of `adv` are equal/);
  });

  it('say nothing of a gradient of 0 where the value is NaN', () => {
    const { message } = only(ofLoss('torch.log(p / (1 - p))'));
    assert.match(message, /is inf from x >= 1 in float32 \(bfloat16 1, float16 1\) and NaN beyond\. Here/);
  });

  it('say that the gradient fails there, too, of those formats alone in which it does', () => {
    const everywhere = only(ofLoss('torch.log(torch.softmax(p, dim=1))'));
    assert.match(
      everywhere.message,
      /float16 17\.344\); its gradient is NaN there and inf from a logit 88\.723 below the greatest in float32 \(/,
    );
    const halves = only(ofLoss('torch.log(1 - (torch.sigmoid(p) + 1e-6))'));
    assert.match(
      halves.message,
      /and NaN from x >= 13\.928 in float32; its gradient is NaN from x >= 6\.25 in bfloat16 \(float16 8\.3204\)\./,
    );
  });
});
