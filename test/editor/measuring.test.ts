import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as vscode from 'vscode';
import { floorRun } from '../../src/dashboards/floorRun';
import { MeasuringMemory } from '../../src/engine';
import { EntrySource, floorSettingsOf } from '../../src/dashboards/settings';
import { parseLossConfig } from '../../src/config';
import type { ComparedMessage, CurveMessage, DifferenceMessage } from '../../src/protocol';
import { closeAll, extension, open, panels, until, withSetting, write } from './window';

const interpreter = '/usr/bin/python3';

/** Why NumPy can't be had; undefined where it can. */
function whyNoNumpy(): string | undefined {
  const { status, error, stderr } = spawnSync(interpreter, ['-c', 'import numpy'], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
}

describe('backends', function () {
  afterEach(closeAll);

  const withNumpy = (work: () => Promise<void>): Promise<void> =>
    withSetting('lossfloor.backend.python.interpreter', interpreter, () =>
      withSetting('lossfloor.backend.python.framework', 'numpy', work),
    );

  before(function () {
    const reason = whyNoNumpy();
    if (reason === undefined) return;
    console.log('%s', `[lossfloor-test] no comparison with python: ${interpreter} has no NumPy: ${reason}`);
    this.skip();
  });

  it('are compared: the model with NumPy, in processes of their own', async () => {
    const { backends } = await extension().activate();
    const { config } = parseLossConfig(
      JSON.stringify({
        losses: ['naive/bce', 'torch/bce-with-logits@2.3'],
        formats: ['float32'],
        targets: [1],
        sweep: { from: -110, to: 110, points: 221 },
        backend: 'model',
      }),
      'test',
    );
    assert.ok(config);
    await withNumpy(async () => {
      const curves: Omit<CurveMessage, 'generation'>[] = [];
      const differences: Omit<DifferenceMessage, 'generation'>[] = [];
      const ends: Omit<ComparedMessage, 'generation'>[] = [];
      const settings = { ...floorSettingsOf(config), compare: ['python'] } as const;
      const measurer = {
        backends,
        backend: settings.backend,
        entries: new EntrySource(),
        memory: new MeasuringMemory(),
      };
      const run = floorRun(settings, measurer);
      assert.equal(run.expected, 4);
      const { identity } = await run.start((result) => {
        if (result.type === 'curve') curves.push(result);
        else if (result.type === 'difference') differences.push(result);
        else if (result.type === 'compared') ends.push(result);
      }, new AbortController().signal);
      assert.equal(identity.backend, 'model');
      const [end] = ends;
      assert.equal(end?.problem, '');
      assert.match(end.computed?.identity.version ?? '', /numpy/i);
      assert.equal(end.computed?.identity.hardware, 'cpu');
      assert.match(end.computed.selfTest, /^Self-test passed\./);
      assert.deepEqual(curves.map(({ backend, compared, real }) => [backend, compared, real]).sort(), [
        ['model', false, false],
        ['model', false, false],
        ['python', true, false],
        ['python', true, false],
      ]);
      assert.notEqual(backends.client('python').pid, backends.client('model').pid);
      assert.equal(differences.length, 2);
      for (const { lossKey, backend, reference, difference, description } of differences) {
        assert.deepEqual([backend, reference, difference.points], ['python', 'model', 221]);
        // What is said is what the curves say, and NumPy's functions are good to a few ULP.
        const of = (name: string): Float64Array =>
          curves.find((curve) => curve.lossKey === lossKey && curve.backend === name)?.curve.loss ?? assert.fail();
        const [a, b] = [of('model'), of('python')];
        const differing = a.filter((value, i) => !(value === b[i] || (Number.isNaN(value) && Number.isNaN(b[i]))));
        assert.equal(difference.loss.differing, differing.length);
        assert.equal(difference.loss.unlike, null, description);
        assert.ok(description.endsWith('.'), description);
      }
    });
  });

  it('are what a configuration says, and its panel starts them', async () => {
    const { backends } = await extension().activate();
    await withNumpy(async () => {
      await write('numpy.loss.json', JSON.stringify({ losses: ['naive/bce'], backend: 'python' }));
      await open('numpy.loss.json');
      await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
      await until('a panel', () => panels()[0]);
      await until('NumPy', () => {
        const state = backends.states().find(({ name }) => name === 'python');
        return state?.state === 'ready' && backends.client('python').pid !== undefined ? true : undefined;
      });
    });
  });
});
