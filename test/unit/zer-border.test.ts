import assert from 'node:assert/strict';
import { zeroErrorRadiusVariants } from '../../src/config';
import { findBorders, type EvaluateTasks } from '../../src/dashboards/zerBorder';
import { variable } from '../../src/expression';
import { compileModel, formats, nonNegativeValues, type FormatName } from '../../src/numeric';
import type { EvaluatedMessage, ZerBorder } from '../../src/protocol';
import { modelEvaluator } from '../../src/worker/model';
import { handleEvaluate } from '../../src/worker/requests';

const evaluator = modelEvaluator('0');
const pacer = { breathe: (): Promise<void> => Promise.resolve() };

/** As the worker does it. */
const evaluate: EvaluateTasks = async (tasks) => {
  const answers: EvaluatedMessage[] = [];
  await handleEvaluate({ type: 'evaluate', id: 1, tasks }, evaluator, pacer, (message) => {
    if (message.type === 'evaluated') answers.push(message);
  });
  return new Map(answers.map(({ key, outputs }) => [key, outputs]));
};

const variants = zeroErrorRadiusVariants();

async function bordersOf(
  radius: number,
  format: FormatName,
  targets: readonly number[],
  ids = variants.map(({ id }) => id),
): Promise<ZerBorder[]> {
  const cases = variants
    .filter(({ id }) => ids.includes(id))
    .flatMap((entry) =>
      targets.map((target) => ({
        variant: entry.id,
        target,
        replaced: entry.build({ radius }, format).replacedOutput ?? variable('p'),
      })),
    );
  return findBorders(cases, radius, format, evaluate);
}

const fromZeroToOne = new Map<FormatName, Float64Array>();

/** Which outputs count as the target: every value of the format from 0 to 1 is looked at. */
function counting(id: string, radius: number, formatName: FormatName, target: number): number[] {
  const format = formats[formatName];
  const { replacedOutput } = variants.find((entry) => entry.id === id)?.build({ radius }, formatName) ?? {};
  assert.ok(replacedOutput);
  const stored = format.round(target);
  const all = fromZeroToOne.get(formatName) ?? nonNegativeValues(format).filter((p) => p <= 1);
  fromZeroToOne.set(formatName, all);
  const replaced = new Float64Array(all.length);
  compileModel([replacedOutput], ['p', 't'], format)(all.length, [all, all.map(() => stored)], [replaced]);
  return [...all.filter((_, i) => replaced[i] === stored)];
}

const pick = (borders: readonly ZerBorder[], variant: string, target: number, side = 'below'): ZerBorder => {
  const found = borders.find((each) => each.variant === variant && each.target === target && each.side === side);
  assert.ok(found);
  return found;
};

describe('the border of a zero error radius', () => {
  for (const format of ['float16', 'bfloat16', 'float8_e4m3fn', 'float8_e5m2'] as const) {
    it(`is what every value of ${format} says, for every variant`, async () => {
      const targets = [0, 1, 0.5, 0.05, 0.9];
      let seen = 0;
      for (const radius of [0, 1e-6, 0.001, 0.1, 0.2, 0.3, 0.37, 0.5]) {
        const borders = await bordersOf(radius, format, targets);
        for (const { id } of variants) {
          for (const target of targets) {
            const all = counting(id, radius, format, target);
            const stored = formats[format].round(target);
            for (const side of ['below', 'above'] as const) {
              const own = all.filter((p) => (side === 'below' ? p <= stored : p >= stored));
              const where = `${id} ${format} r=${String(radius)} t=${String(target)} ${side}`;
              const border = borders.find((b) => b.variant === id && b.target === target && b.side === side);
              if (stored === (side === 'below' ? 0 : 1)) {
                assert.equal(border, undefined, where);
                continue;
              }
              assert.ok(border, where);
              const last = side === 'below' ? own[0] : own.at(-1);
              assert.equal(border.last?.output, last, where);
              if (border.beyond) assert.equal(border.beyond.counts, false, where);
              for (const point of [border.farther, border.stored, border.nearer]) {
                if (!point) continue;
                assert.equal(point.counts, own.includes(point.output), `${where} at ${String(point.output)}`);
                assert.equal(point.distance, formats[format].round(Math.abs(point.output - stored)), where);
              }
              seen++;
            }
          }
        }
      }
      assert.ok(seen > 400);
    });
  }

  it('leaves 0.9 outside of 0.1 in float32, has 0.1 on it and 0.8 inside of 0.2', async () => {
    const tenth = await bordersOf(0.1, 'float32', [0, 1]);
    for (const { id } of variants) {
      const one = pick(tenth, id, 1);
      assert.equal(one.written, 0.9);
      assert.deepEqual(one.stored, { output: Math.fround(0.9), distance: 0.10000002384185791, counts: false }, id);
      assert.deepEqual(one.last, { output: 0.9000000357627869, distance: 0.09999996423721313, counts: true }, id);
      assert.equal(one.beyond?.output, Math.fround(0.9), id);
      const zero = pick(tenth, id, 0, 'above');
      assert.equal(zero.written, 0.1);
      assert.equal(zero.stored?.distance, Math.fround(0.1));
      assert.equal(zero.stored.counts, ['zer/v4', 'zer/custom-bce'].includes(id), id);
    }
    for (const { id } of variants) {
      const fifth = pick(await bordersOf(0.2, 'float32', [1], [id]), id, 1);
      assert.deepEqual(fifth.stored, { output: Math.fround(0.8), distance: 0.19999998807907104, counts: true }, id);
    }
  });

  it('is found to the last float of float32 and float64, for generated radii and targets', async () => {
    let state = 1;
    // Numerical Recipes' generator: any numbers will do.
    const random = (): number => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
    for (const format of ['float32', 'float64'] as const) {
      const { round } = formats[format];
      for (let i = 0; i < 40; i++) {
        const radius = random() / 2;
        const target = [0, 1, random()][i % 3] as number;
        for (const border of await bordersOf(radius, format, [target], ['zer/v1', 'zer/v4'])) {
          const { last, beyond, variant } = border;
          const stored = round(target);
          const isInside = (p: number): boolean => {
            const far = Math.abs(round(p - stored));
            return variant === 'zer/v4' ? far <= round(radius) : far < round(radius);
          };
          assert.ok(last?.counts && isInside(last.output), `${format} ${String(radius)} ${String(target)}`);
          if (beyond) assert.ok(!beyond.counts && !isInside(beyond.output));
          else assert.equal(last.output, border.side === 'below' ? 0 : 1);
        }
      }
    }
  });

  it('has nothing in it but the target with the radius 0, and for MikeNet not even that', async () => {
    const borders = await bordersOf(0, 'float32', [1]);
    assert.equal(pick(borders, 'zer/v1', 1).last?.output, 1);
    assert.equal(pick(borders, 'zer/v1', 1).stored?.output, 1);
    assert.equal(pick(borders, 'zer/v1', 1).nearer, null);
    assert.equal(pick(borders, 'mikenet/cross-entropy', 1).last, null);
  });
});
