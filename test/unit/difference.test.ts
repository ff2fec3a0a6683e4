import assert from 'node:assert/strict';
import {
  describeDifference,
  differenceOf,
  type Computed,
  type SideFailures,
  type TargetSummary,
} from '../../src/measure';
import { formats, neighbour } from '../../src/numeric';

const side: SideFailures = {
  lossNaN: null,
  lossInfinity: null,
  gradientNaN: null,
  gradientInfinity: null,
  gradientZero: null,
  deadZones: [],
};

const nothing: TargetSummary = {
  target: 1,
  floor: null,
  cap: null,
  deadFrom: null,
  firstNaN: null,
  firstInfinity: null,
  negative: null,
  right: side,
  wrong: side,
};

function computed(
  loss: readonly number[],
  { gradient = loss, summary = {} }: { gradient?: readonly number[]; summary?: Partial<TargetSummary> } = {},
): Computed {
  return {
    curve: {
      margin: Float64Array.from(loss.keys()),
      loss: Float64Array.from(loss),
      gradient: Float64Array.from(gradient),
    },
    summary: { ...nothing, ...summary },
  };
}

const { float32, bfloat16 } = formats;
const after = (x: number, steps: bigint): number => neighbour(float32, x, steps);

describe('the difference of what two backends computed', () => {
  it('is none where they agree, whatever the sign of a zero and the kind of a NaN', () => {
    const payload = new Float64Array(new BigUint64Array([0x7ff8000000000123n]).buffer)[0] as number;
    const difference = differenceOf(float32, computed([1, 0, NaN, Infinity]), computed([1, -0, payload, Infinity]));
    for (const { differing, largest, unlike, flushed } of [difference.loss, difference.gradient]) {
      assert.deepEqual([differing, largest, unlike, flushed], [0, null, null, 0]);
    }
    assert.deepEqual(difference.thresholds, []);
    assert.equal(
      describeDifference(float32, difference, 'model'),
      'The thresholds are the same. Loss and gradient are equal at all 4 points.',
    );
  });

  it('counts values of the format, across powers of two and across zero', () => {
    const { smallestSubnormal } = float32;
    const a = computed([1, after(2, -1n), smallestSubnormal, 5]);
    const b = computed([after(1, 1n), after(2, 1n), -2 * smallestSubnormal, 5]);
    const { loss } = differenceOf(float32, a, b);
    assert.equal(loss.differing, 3);
    assert.deepEqual(loss.largest, {
      margin: 2,
      reference: smallestSubnormal,
      other: -2 * smallestSubnormal,
      ulp: 3,
    });
    // The same numbers are farther apart in a finer format.
    assert.equal(differenceOf(bfloat16, computed([1]), computed([1.0078125])).loss.largest?.ulp, 1);
    assert.equal(differenceOf(float32, computed([1]), computed([1.0078125])).loss.largest?.ulp, 65536);
  });

  it('keeps what is not finite apart from distances', () => {
    const a = computed([1, -88, NaN, Infinity, 3]);
    const b = computed([1, -Infinity, 7, -Infinity, after(3, 2n)]);
    const { loss } = differenceOf(float32, a, b);
    assert.equal(loss.differing, 4);
    assert.equal(loss.largest?.ulp, 2);
    assert.deepEqual(loss.unlike, { count: 3, first: { margin: 1, reference: -88, other: -Infinity } });
  });

  it('counts subnormal numbers that became 0, and not the other way round', () => {
    const { smallestNormal, smallestSubnormal } = float32;
    const a = computed([smallestSubnormal, smallestNormal / 2, smallestNormal, 0]);
    const b = computed([0, -0, 0, smallestSubnormal]);
    assert.equal(differenceOf(float32, a, b).loss.flushed, 2);
    const said = describeDifference(float32, differenceOf(float32, a, b), 'model');
    assert.match(said, /by at most 8388608 ULP|by at most 8\.4e6 ULP/);
    assert.match(said, /at 2 points it is 0 where that of model is a subnormal number/);
  });

  it('names thresholds with both places and what lies between them', () => {
    const a = computed([1], {
      summary: {
        floor: { value: 0, at: 103.97208404541016 },
        cap: { value: Infinity, at: 88.72283935546875 },
        right: { ...side, gradientZero: 16.635532 },
        wrong: { ...side, lossInfinity: 88.72283935546875, gradientNaN: 88.72283935546875 },
      },
    });
    const b = computed([1], {
      summary: {
        floor: { value: 0, at: 87.3365478515625 },
        cap: { value: Infinity, at: 87.3365478515625 },
        right: { ...side, gradientZero: 16.635532 },
        wrong: { ...side, lossInfinity: 87.3365478515625 },
      },
    });
    const difference = differenceOf(float32, a, b);
    assert.deepEqual(
      difference.thresholds.map(({ name, side: where, ulp }) => [name, where, ulp]),
      [
        ['floor', 'right', 2180453],
        // The first infinity is the cap's beginning, and is not said twice.
        ['cap', 'wrong', 181704],
        ['gradientNaN', 'wrong', null],
      ],
    );
    assert.equal(
      describeDifference(float32, difference, 'model'),
      'It is exactly 0 from 87.337 instead of 103.97; on the wrong side it is ∞ from 87.337 instead of 88.723; on the wrong ' +
        'side it never has a gradient of NaN (model has a gradient of NaN from 88.723). Loss and gradient are equal at the only point.',
    );
  });

  it('gives places in as many digits as tell them apart, and other values with both', () => {
    const floor = (value: number, at: number): Computed => computed([1], { summary: { floor: { value, at } } });
    const say = (a: Computed, b: Computed): string => describeDifference(float32, differenceOf(float32, a, b), 'model');
    const same = 'Loss and gradient are equal at the only point.';
    const at = Math.fround(15.942385);
    assert.equal(
      say(floor(0, at), floor(0, after(at, 1n))),
      `It is exactly 0 from 15.94239 instead of 15.94238. ${same}`,
    );
    assert.equal(
      say(floor(0.5, 20), floor(0.25, 10)),
      `It stops at 0.25 from 10 (model: stops at 0.5 from 20). ${same}`,
    );
    assert.equal(say(floor(0.5, 20), floor(NaN, 20)), `It is NaN from 20 (model: stops at 0.5). ${same}`);
    assert.equal(say(floor(0.5, 20), computed([1])), `It has no floor (model stops at 0.5 from 20). ${same}`);
    assert.equal(say(computed([1]), floor(0.5, 20)), `It stops at 0.5 from 20 (model has no floor). ${same}`);
  });

  it('compares nothing but curves over the same margins', () => {
    assert.throws(() => differenceOf(float32, computed([1, 2]), computed([1])), RangeError);
    const other = computed([1, 2]);
    other.curve.margin[1] = 7;
    assert.throws(() => differenceOf(float32, computed([1, 2]), other), RangeError);
  });

  it('takes curves without a point', () => {
    const difference = differenceOf(float32, computed([]), computed([]));
    assert.equal(difference.points, 0);
    assert.equal(difference.loss.largest, null);
  });
});
