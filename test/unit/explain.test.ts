import assert from 'node:assert/strict';
import { Explainer, planTasks } from '../../src/engine';
import { lossById, losses } from '../../src/losses';
import { margin, summarize, type Target } from '../../src/measure';
import { compileExact, compileModel, formats, type FormatName } from '../../src/numeric';

/** The sentences for the targets in turn, each measured in this process. */
async function explain(
  id: string,
  format: FormatName,
  targets: readonly Target[],
  constants: Record<string, number> = {},
): Promise<string[]> {
  const entry = lossById(id);
  const explainer = new Explainer();
  const planned = planTasks({
    losses: [{ key: 'k', entry, label: entry.label, constants }],
    formats: [format],
    targets,
    points: new Float64Array(0),
  });
  const sentences: string[] = [];
  for (const each of planned.values()) {
    const { subject } = each.task;
    const kernel = compileModel([subject.loss, subject.gradient], [margin], formats[format]);
    const exact = compileExact(subject.exactGradient, [margin], { maxPrecision: 3072 });
    const summary = await summarize(
      (margins) => {
        const [loss, gradient] = [new Float64Array(margins.length), new Float64Array(margins.length)];
        kernel(margins.length, [margins], [loss, gradient]);
        return Promise.resolve({ loss, gradient });
      },
      each.target,
      formats[format],
      (at) => exact.isZero(at) === true,
    );
    sentences.push(explainer.explain(each, summary));
  }
  return sentences;
}

describe('explanation of a floor', () => {
  it('names the constant, and how it is stored', async () => {
    assert.deepEqual(await explain('keras/binary-crossentropy@1', 'float32', [1, 0]), [
      'Stops at 1.1920933e-7 from 15.537, because of epsilon = 1e-7; exactly it would be 1.0000e-7, but 1 - 1e-7 is stored as 1 - 2^-23. The gradient is 0 from 16.636. With epsilon = 1e-8 it would be NaN.',
      'Stops at 1.00000015e-7 from 16.119, because of epsilon = 1e-7. The gradient is 0 from 16.119. With epsilon = 1e-8 it would stop at 9.999997e-9. The targets differ: target 0 stops at 1.00000015e-7 from 16.119, target 1 stops at 1.1920933e-7 from 15.537.',
    ]);
  });

  it('follows the constant that is set', async () => {
    const [sentence] = await explain('keras/binary-crossentropy@3', 'float32', [1], { epsilon: 1e-4 });
    assert.match(sentence ?? '', /^Stops at 0\.0001\d* from 9\.2\d*, because of epsilon = 0\.0001/);
  });

  it('says why it is NaN', async () => {
    const [sentence] = await explain('keras/binary-crossentropy@1', 'bfloat16', [1]);
    assert.equal(sentence, 'Is NaN from 6.25, because 1 - 1e-7 is stored as 1.');
  });

  it('tells rounding from the end of the format, and one target from the other', async () => {
    assert.deepEqual(await explain('torch/bce-with-logits@2.3', 'float32', [1, 0]), [
      'Falls as far as float32 reaches, to 0 from 103.98. The gradient is 0 from 16.636.',
      'Is exactly 0 from 14.557 by rounding: the exact loss there is 4.77e-7. The gradient is 0 from 88.723. The targets differ: target 0 is exactly 0 from 14.557, target 1 is exactly 0 from 103.98.',
    ]);
  });

  it('names a radius', async () => {
    const [sentence] = await explain('zer/v3', 'bfloat16', [1]);
    assert.match(sentence ?? '', /^Is exactly 0 from 2\.2032, because of radius = 0\.1/);
  });

  it('finds nothing to say about targets that are alike', async () => {
    for (const sentence of await explain('optax/sigmoid-binary-cross-entropy', 'float32', [0, 1])) {
      assert.doesNotMatch(sentence, /differ/);
    }
  });

  it('blames nothing that does not move the floor', async () => {
    // 1 - p_t rounds to 0; with another epsilon the floor is the same.
    assert.match(
      (await explain('keras/binary-focal-crossentropy@3', 'float32', [1]))[0] ?? '',
      /^Is exactly 0 .* by rounding/,
    );
    // On its border the comparison with the radius can go either way.
    for (const sentence of await explain('mikenet/cross-entropy', 'float32', [0, 1], { radius: 0.15 })) {
      assert.match(sentence, /because of radius = 0\.15/);
    }
    // In float16 it is epsilon itself that is stored as another number.
    assert.match(
      (await explain('keras/binary-crossentropy@1', 'float16', [0]))[0] ?? '',
      /epsilon is stored as 1\.1921e-7/,
    );
    assert.match((await explain('keras/precision-loss-round', 'float32', [1]))[0] ?? '', /as the exact loss does/);
  });

  it('speaks of the constants that it has measured', async () => {
    const [sentence] = await explain('keras/binary-crossentropy@3', 'float64', [1], { epsilon: 0.0025 });
    assert.match(sentence ?? '', /With epsilon = 0\.00025 it would stop at 0\.00025003/);
  });

  it('has something to say about every loss of the catalogue', async () => {
    for (const { id, formats: computes } of losses) {
      const [sentence] = await explain(id, computes?.[0] ?? 'float32', [1]);
      assert.match(sentence ?? '', /^[A-Z].*\.$/, id);
      assert.doesNotMatch(sentence ?? '', /undefined|null/, id);
    }
  });
});
