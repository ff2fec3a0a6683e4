import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { toJson } from '../../src/cli/json';
import { parseLossConfig } from '../../src/config';
import { floorRun } from '../../src/dashboards/floorRun';
import { EntrySource, floorSettingsOf } from '../../src/dashboards/settings';
import { Backends, MeasuringMemory } from '../../src/engine';
import type { CurveMessage } from '../../src/protocol';

// What a dashboard draws and what the command line prints are made from one measuring, by different ways. They have to
// say the same of every point and threshold.

const from = -30;
const points = 61;

/** Of `lossfloor measure --json`, as far as it is compared. */
interface Printed {
  readonly label: string;
  readonly dtype: string;
  readonly target: number | 'mean';
  readonly explanation: string;
  readonly points: readonly {
    readonly z: unknown;
    readonly loss: unknown;
    readonly gradient: unknown;
    readonly exact: unknown;
    readonly exactGradient: unknown;
    readonly error: { readonly ulp: unknown };
  }[];
}

/** The command line's JSON has words for what JSON has no numbers for. */
function number(value: unknown): number {
  return value === null ? NaN : Number(value);
}

describe('dashboard and command line', () => {
  const note = (): void => undefined;
  const log = { debug: note, info: note, warn: note, error: note };
  const backends = new Backends({
    workerPath: path.resolve('dist/worker.js'),
    log,
    launch: () => ({ settings: {}, likely: false }),
    trusted: () => true,
  });
  after(() => backends.dispose());

  for (const sample of [
    'samples/keras-floor.loss.json',
    'samples/torch-bce-with-logits.loss.json',
    'samples/questions/11-focal-nan-gradient.loss.json',
    'samples/questions/15-flat-in-float16.loss.json',
  ]) {
    it(`say the same of ${sample}`, async () => {
      const { config } = parseLossConfig(readFileSync(sample, 'utf8'), sample);
      assert.ok(config);
      const settings = { ...floorSettingsOf(config), sweep: { from, to: -from, points } };
      const curves: Omit<CurveMessage, 'generation'>[] = [];
      const measurer = {
        backends,
        backend: 'model',
        entries: new EntrySource(),
        memory: new MeasuringMemory(),
      } as const;
      await floorRun(settings, measurer).start((result) => {
        if (result.type === 'curve') curves.push(result);
      }, new AbortController().signal);
      const logits = Array.from({ length: points }, (_, i) => from + i).join(',');
      const text = execFileSync(
        process.execPath,
        ['dist/cli.js', 'measure', sample, `--at=${logits}`, '--backend', 'model', '--json'],
        { encoding: 'utf8', maxBuffer: 2 ** 28 },
      );
      const printed = JSON.parse(text) as (Printed & Record<string, unknown>)[];
      assert.equal(printed.length, curves.length);
      for (const { lossKey, format, target, curve, summary, explanation } of curves) {
        const label = settings.losses.find(({ key }) => key === lossKey)?.label;
        const result = printed.find((each) => each.label === label && each.dtype === format && each.target === target);
        assert.ok(result, `${String(label)} ${format} ${String(target)}`);
        // How the targets differ the dashboard says in a place of its own.
        assert.ok(result.explanation.startsWith(explanation), explanation);
        const summarized = Object.keys(summary).map((key) => [key, result[key]]);
        assert.deepEqual(Object.fromEntries(summarized), JSON.parse(toJson(summary)));
        const sign = target === 0 || (typeof target === 'number' && target < 0.5) ? -1 : 1;
        result.points.forEach((point) => {
          const i = curve.margin.indexOf(sign * number(point.z));
          assert.ok(i >= 0, `z = ${String(point.z)} is drawn`);
          assert.deepEqual(
            [point.loss, point.gradient, point.exact, point.exactGradient, point.error.ulp].map(number),
            [curve.loss[i], curve.gradient[i], curve.exactLoss[i], curve.exactGradient[i], curve.lossUlp[i]],
            `${String(label)} ${format} ${String(target)} at z = ${String(point.z)}`,
          );
        });
      }
    });
  }
});
