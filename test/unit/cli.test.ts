import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FoundFile } from '../../src/cli/files';
import type { Scanned, Wanted } from '../../src/cli/scanner';
import { shareOut } from '../../src/engine';
import { Shares } from '../../src/protocol/shares';

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function lossfloor(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

function json(...args: string[]): Record<string, unknown>[] {
  const { status, out, err } = lossfloor(...args);
  assert.equal(err, '');
  assert.ok(status === 0 || status === 1, String(status));
  return JSON.parse(out) as Record<string, unknown>[];
}

describe('command line', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-cli-'));
  const file = (name: string, text: string): string => {
    const whole = path.join(folder, name);
    writeFileSync(whole, text);
    return whole;
  };

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  describe('measure', () => {
    it('gives floors, caps, dead zones and points for each format and target', () => {
      const results = json(
        'measure',
        'keras/binary-crossentropy@1',
        '--at',
        '-30,17',
        '--dtype',
        'float32,bfloat16',
        '--target',
        'both',
        '--json',
      );
      assert.deepEqual(
        results.map(({ loss, dtype, target }) => [loss, dtype, target]),
        [
          ['keras/binary-crossentropy@1', 'float32', 0],
          ['keras/binary-crossentropy@1', 'float32', 1],
          ['keras/binary-crossentropy@1', 'bfloat16', 0],
          ['keras/binary-crossentropy@1', 'bfloat16', 1],
        ],
      );
      const [zero, one, , half] = results;
      assert.deepEqual(zero?.['floor'], { value: 1.0000001537946446e-7, at: 16.11809539794922 });
      assert.deepEqual(one?.['cap'], { value: 16.11809539794922, at: 16.11809539794922 });
      assert.equal(one['deadFrom'], 16.11809730529785);
      assert.equal(one['firstNaN'], null);
      assert.equal(half?.['firstNaN'], 6.25);
      assert.deepEqual(half['floor'], { value: 'NaN', at: 6.25 });
      assert.deepEqual([one['backend'], String(one['device']).startsWith('CPU')], ['model', true]);
      const [left, right] = one['points'] as Record<string, unknown>[];
      assert.deepEqual(right, {
        z: 17,
        target: 1,
        loss: 1.192093321833454e-7,
        gradient: 0,
        exact: 4.139937633089748e-8,
        exactDigits: '4.13993763308974744770836006167e-8',
        exactGradient: -4.1399375473943306e-8,
        // The clip makes 1e-7 of it, rounding the rest.
        error: {
          ulp: 13_512_939,
          relative: 1.8794958462786369,
          design: 5.8600628669102854e-8,
          rounding: 1.9209327183345064e-8,
        },
      });
      assert.equal(left?.['loss'], 16.11809539794922);
    });

    it('says what a loss does at the samples of a file', () => {
      const rows = Array.from({ length: 1000 }, (_, i) => `${String((i - 500) / 20)},${i % 10 === 0 ? '0' : '1'}`);
      const samples = file('logits.csv', ['logits,targets', ...rows].join('\n'));
      const args = ['measure', 'keras/binary-crossentropy@1', '--samples', samples, '--target', '0,1,mean'];
      const [zero, one, mean] = json(...args, '--json').map((result) => result['samples'] as Record<string, unknown>);
      // Targets 0 are -25, -24.5, ... 24.5: the gradient is 0 for margins from 16.118 and to -16.636.
      assert.deepEqual(zero?.['counts'], {
        samples: 100,
        zeroGradient: { right: 18, wrong: 16 },
        trulyZero: 0,
        lossNaN: 0,
        lossInfinite: 0,
        gradientNaN: 0,
        gradientInfinite: 0,
        atFloor: 18,
        atCap: 18,
      });
      assert.equal(zero['file'], 'logits.csv');
      assert.equal((one?.['counts'] as Record<string, unknown>)['samples'], 900);
      assert.equal(mean, undefined);
      const { out, status } = lossfloor(...args);
      assert.equal(status, 0);
      assert.ok(out.startsWith('logits.csv: 1000 logits with targets.\n\nKeras'), out);
      assert.ok(out.includes(`\n    ${String(zero['sentence'])}\n`), out);
      assert.match(
        String(zero['sentence']),
        /^34 % of the samples \(34 of 100\) lie where .*, 16 of them on the wrong side/,
      );

      const bad = lossfloor('measure', 'naive/bce', '--samples', file('bad.csv', 'logits\n1\nx\n'));
      assert.deepEqual(bad, {
        status: 2,
        out: '',
        err: 'lossfloor: bad.csv: Line 3, column 1 ("logits"): "x" is not a number.\n',
      });
    });

    it('keeps NaN, infinities and -0 as strings', () => {
      const points = (id: string, at: string): unknown[] =>
        json('measure', id, '--at', at, '--json').flatMap((result) =>
          (result['points'] as Record<string, unknown>[]).map(({ z, loss }) => [z, loss]),
        );
      assert.deepEqual(points('naive/bce', '-0,89,Infinity').slice(0, 3), [
        ['-0', 0.6931471824645996],
        [89, 'Infinity'],
        ['Infinity', 'Infinity'],
      ]);
      const zeros = points('tf-keras/binary-crossentropy@2', '30');
      assert.deepEqual(zeros[1], [30, '-0']);
    });

    it('rounds the logits to the format, and says which', () => {
      const [result] = json('measure', 'torch/bce-with-logits@2.3', '--at', '0.1', '--dtype', 'bfloat16', '--json');
      assert.equal((result?.['points'] as { z: number }[])[0]?.z, 0.10009765625);
    });

    it('measures a configuration: the sample reproduces the floor of 1.0960467e-07', () => {
      const results = json('measure', 'samples/keras-floor.loss.json', '--at', '17', '--json');
      const floors = results
        .filter(({ loss }) => loss === 'keras/binary-crossentropy@1')
        .map(({ target, floor }) => [target, (floor as { value: number }).value.toPrecision(8)]);
      assert.deepEqual(floors, [
        ['mean', '1.0960467e-7'],
        [1, '1.1920933e-7'],
        [0, '1.0000002e-7'],
      ]);
      const mean = results.find(({ target }) => target === 'mean')?.['points'] as { loss: number }[];
      assert.equal(mean[0]?.loss.toPrecision(8), '1.0960467e-7');
    });

    it('takes constants', () => {
      const [result] = json(
        'measure',
        'keras/binary-crossentropy@3',
        '--constant',
        'epsilon=1e-4',
        '--target',
        '1',
        '--json',
      );
      assert.equal((result?.['floor'] as { value: number }).value.toPrecision(3), '0.000100');
    });

    it('prints for people, with who computed it', () => {
      const { status, out } = lossfloor('measure', 'torch/bce-with-logits@2.3', '--at', '20', '--target', '0');
      assert.equal(status, 0);
      assert.match(out, /float32, target 0: floor 0 from 14\.5561, no cap/);
      assert.match(out, /z = 20: loss 20, gradient 1; exactly 20\.0000000020611/);
      assert.match(out, /Computed by model: Lossfloor .*, CPU/);
    });
  });

  describe('scan', () => {
    const unstable = 'import torch\n\n\ndef f(x):\n    return torch.log(torch.sigmoid(x))\n';

    it('lists findings with their places, and says by its status that there are some', () => {
      const given = file('unstable.py', unstable);
      const { status, out } = lossfloor('scan', given, '--format', 'json');
      assert.equal(status, 1);
      const [finding, ...more] = JSON.parse(out) as Record<string, unknown>[];
      assert.deepEqual(more, []);
      const { message, fix: _, ...place } = finding as { message: string; fix?: object };
      assert.deepEqual(place, {
        file: given,
        line: 5,
        column: 12,
        endLine: 5,
        endColumn: 39,
        rule: 'log-of-sigmoid',
        severity: 'warning',
      });
      assert.match(message, /-inf from x <= -88\.7\d* in float32/);
      assert.match(lossfloor('scan', given).out, /unstable\.py:5:12: warning: .* \[log-of-sigmoid\]\n$/);
    });

    it('finds nothing where there is nothing', () => {
      const { status, out } = lossfloor('scan', file('stable.py', 'import torch\n'));
      assert.deepEqual([status, out], [0, '']);
      assert.deepEqual(json('scan', path.join(folder, 'stable.py'), '--format', 'json'), []);
    });

    it('reads files that begin with a byte order mark', () => {
      const [finding] = json('scan', file('marked.py', `\uFEFF${unstable}`), '--format', 'json');
      assert.deepEqual([finding?.['line'], finding?.['column']], [5, 12]);
      const config = file('marked.loss.json', '\uFEFF{"losses": ["torch/bce@2.0"]}');
      assert.equal(lossfloor('measure', config).status, 0);
      rmSync(path.join(folder, 'marked.py'));
    });

    it('scans the rest where something can not be read', () => {
      const { status, out, err } = lossfloor('scan', path.join(folder, 'nowhere.py'), path.join(folder, 'unstable.py'));
      assert.equal(status, 2);
      assert.match(err, /Can't read .*nowhere\.py/);
      assert.match(out, /unstable\.py:5:12: warning/);
    });

    describe('with several threads', () => {
      const many = path.join(folder, 'many');
      const at = (name: string): string => path.join(many, name);

      before(() => {
        mkdirSync(at('other'), { recursive: true });
        for (let i = 0; i < 200; i++) {
          const code =
            i % 3 === 0 ? unstable : `${unstable}\n\ndef g(x):\n    return torch.sqrt(x).sum() / ${String(i)}\n`;
          writeFileSync(at(`${i % 2 === 0 ? 'other/' : ''}m${String(i)}.py`), code);
        }
        writeFileSync(at('broken.ipynb'), '{"cells": ');
        writeFileSync(at('other/pyproject.toml'), '[tool.lossfloor]\nselect = 3\n');
        writeFileSync(at('pyproject.toml'), '[tool.lossfloor.severity]\nlog-of-sigmoid = "information"\n');
      });
      after(() => {
        rmSync(many, { recursive: true, force: true });
      });

      it('says the same in the same order', () => {
        for (const format of ['text', 'json', 'sarif']) {
          const [one, three] = ['1', '3'].map((jobs) => lossfloor('scan', many, '--format', format, '--jobs', jobs));
          assert.equal(one?.status, 2);
          assert.deepEqual(three, one);
        }
        const { out, err } = lossfloor('scan', many, '--jobs', '4');
        assert.ok(out.split('\n').length > 200);
        assert.match(out, /m7\.py:5:12: information: /);
        assert.match(err, /broken\.ipynb/);
        assert.equal(err.match(/pyproject\.toml/g)?.length, 1, err);
      }).timeout(60_000);

      it('scans in the threads that it starts', async () => {
        const shares = new Shares<FoundFile>(
          [1, 2, 3].map((i) => ({
            file: at(`${i % 2 === 0 ? 'other/' : ''}m${String(i)}.py`),
            kind: 'python',
            named: false,
          })),
        );
        const given: Wanted = {
          rules: undefined,
          selected: new Set(),
          severities: new Set(['warning', 'information']),
          fixes: false,
        };
        const found: (readonly [number, readonly string[]])[] = [];
        await shareOut<FoundFile, Scanned>(path.resolve('dist/cli.js'), 1, shares, given, (share) => {
          found.push([share.index, share.result.found.map(({ severity }) => severity)]);
        });
        assert.equal(shares.taken, 3);
        assert.deepEqual(found, [
          [0, ['information']],
          [1, ['warning']],
          [2, ['information']],
        ]);
      });
    });

    it('looks through folders, but not at what is not Python', () => {
      file('notes.txt', unstable);
      const found = json('scan', folder, '--format', 'json');
      assert.deepEqual(
        found.map(({ file: name }) => path.basename(String(name))),
        ['unstable.py'],
      );
    });
  });

  it('lists the catalogue', () => {
    const losses = json('losses', '--json');
    assert.ok(losses.length >= 40);
    for (const { id, label, formula, source, versions } of losses) {
      for (const text of [id, label, formula, source, versions]) assert.ok(typeof text === 'string' && text.length > 0);
    }
    assert.match(lossfloor('losses').out, /^torch\/bce-with-logits@2\.3 {2}/m);
  });

  it('opens every backend and says what it is, or why it can not be used and what would help', () => {
    const backends = json('backends', '--json', '--python', '/nowhere/python3');
    assert.deepEqual(
      backends.map(({ name }) => name),
      ['model', 'cuda', 'webgpu', 'python'],
    );
    const [model, , , python] = backends;
    assert.equal(model?.['state'], 'ready');
    assert.equal((model['identity'] as { hardware: string }).hardware, 'cpu');
    assert.equal(python?.['state'], 'refused');
    assert.equal(python['code'], 'not-installed');
    for (const { state, message, remedy } of backends) {
      assert.ok(state === 'ready' || (typeof message === 'string' && typeof remedy === 'string'));
    }
  }).timeout(60_000);

  it('refuses bad usage and unreadable input with status 2 and a reason', () => {
    const invalid = file('invalid.loss.json', '{\n  "losses": ["keras/binary-crossentrop"]\n}');
    const cases: [string[], RegExp][] = [
      [[], /No command given/],
      [['mesure'], /There is no command "mesure"/],
      [['measure'], /needs the id of a loss/],
      [['measure', 'torch/bce-with-logit'], /there is no loss .* did you mean torch\/bce-with-logits@/],
      [['measure', 'missing.loss.json'], /Can't read missing\.loss\.json/],
      [['measure', invalid], /invalid\.loss\.json:2:14: There is no loss/],
      [['measure', 'torch/bce@2.0', '--at', '1,x'], /--at: "x" is not a number/],
      [['measure', 'torch/bce@2.0', '--at', '1,,2'], /--at: "" is not a number/],
      [['measure', 'torch/bce@2.0', '--dtype', 'float23'], /--dtype: unknown number format "float23"/],
      [['measure', 'torch/bce@2.0', '--target', '2'], /--target: "2"/],
      [['measure', 'torch/bce@2.0', '--backend', 'cuda'], /The backend "cuda" can't be used/],
      [['measure', 'torch/bce@2.0', '--backend', 'gpu'], /--backend: "gpu" is not one of/],
      [['measure', 'keras/binary-crossentropy@3', '--constant', 'epsilon=NaN'], /--constant: "epsilon=NaN"/],
      [['measure', 'keras/binary-crossentropy@3', '--constant', 'epsilon=-1'], /epsilon .* must be at least 0/],
      [['measure', 'torch/bce@2.0', '--constant', 'gamma=1'], /has no constant "gamma"/],
      [['measure', 'torch/bce@2.0', '--jsn'], /jsn/],
      [['measure', 'torch/bce@2.0', '--dtype', 'toString'], /--dtype: unknown number format "toString"/],
      [['measure', 'torch/cross-entropy', '--target', '0.3'], /takes the targets 0 and 1, not 0\.3/],
      [['losses', 'extra'], /nothing to do with "extra"/],
      [['scan'], /scan needs a file or a folder/],
      [['scan', path.join(folder, 'nowhere')], /Can't read .*nowhere/],
      [['scan', folder, '--jobs', '0'], /--jobs: "0" is not a number of threads/],
      [['scan', folder, '--format', 'xml'], /--format: "xml" is not text, json or sarif/],
    ];
    for (const [args, reason] of cases) {
      const { status, out, err } = lossfloor(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(err, reason);
      assert.doesNotMatch(err, /\n {4}at /, `a stack for ${args.join(' ')}`);
      assert.equal(out, '');
    }
  });

  it('explains itself', () => {
    for (const args of [['-h'], ['measure', '--help']]) assert.equal(lossfloor(...args).status, 0);
    assert.match(lossfloor('--help').out, /Exit status: 0 nothing found, 1 findings, 2 bad usage/);
    assert.match(lossfloor('--version').out, /^\d+\.\d+\.\d+\n$/);
  });
});
