import assert from 'node:assert/strict';
import { formats } from '../../src/numeric';
import type { Evaluator, Pacer, Prepared } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { selfTest } from '../../src/worker/selfTest';

const pacer: Pacer = { breathe: () => Promise.resolve() };
const model = modelEvaluator('test');

/** The model, with something done to each of its results, or to its arguments. */
function changed(result: (value: number) => number, argument = (value: number): number => value): Evaluator {
  return {
    identity: model.identity,
    prepare: (outputs, variables, format): Prepared => {
      const prepared = model.prepare(outputs, variables, format);
      return {
        evaluate: async (inputs, given) =>
          (
            await prepared.evaluate(
              inputs.map((values) => values.map(argument)),
              given,
            )
          ).map((values) => values.map(result)),
      };
    },
  };
}

const { float32 } = formats;
const flush = (value: number): number => (Math.abs(value) < float32.smallestNormal ? 0 * value : value);
const next = (value: number): number =>
  Number.isFinite(value) && value !== 0 && Math.abs(value) < float32.max
    ? float32.fromOrdinal(float32.ordinal(value) + 1n)
    : value;

describe('the self-test of a backend', () => {
  it('finds nothing where there is nothing', async () => {
    const test = await selfTest(model, 'float32', pacer);
    assert.ok(test.passed && !test.flushesSubnormals && test.differences.length === 0);
    assert.ok(test.functions.every(({ ulp }) => ulp === 0));
  });

  it('tells flushing results, or arguments, from errors', async () => {
    for (const evaluator of [changed(flush), changed((value) => value, flush), changed(flush, flush)]) {
      const test = await selfTest(evaluator, 'float32', pacer);
      assert.ok(test.passed && test.flushesSubnormals, JSON.stringify(test.differences));
      assert.ok(test.functions.every(({ ulp }) => ulp === 0));
    }
  });

  it('counts how far off results are, and says that subnormal ones that are off are not flushed', async () => {
    const test = await selfTest(changed(next), 'float32', pacer);
    assert.equal(test.flushesSubnormals, false);
    assert.deepEqual([...new Set(test.functions.map(({ ulp }) => ulp))], [1]);
    assert.ok(test.passed);
  });

  it('does not pass what is far off, or of another kind', async () => {
    const far = await selfTest(
      changed((value) => Math.fround(value * 1.001)),
      'float32',
      pacer,
    );
    assert.equal(far.passed, false);
    const finite = await selfTest(
      changed((value) => (value === Infinity ? float32.max : value)),
      'float32',
      pacer,
    );
    assert.equal(finite.passed, false);
    const withoutNaN = await selfTest(
      changed((value) => (Number.isNaN(value) ? 0 : value)),
      'float32',
      pacer,
    );
    assert.match(withoutNaN.differences.join(), /sqrt of -.* is 0.* instead of NaN/);
  });

  it('looks at other formats as well', async () => {
    const test = await selfTest(model, 'bfloat16', pacer);
    assert.ok(test.passed && test.format === 'bfloat16');
  });
});
