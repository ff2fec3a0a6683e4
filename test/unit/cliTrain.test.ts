import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundledTask, planTraining, reportTraining, Trainer, trainingDefaults } from '../../src/training';

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function train(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', 'train', ...args], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

describe('command line: train', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-train-'));
  const csv = path.join(folder, 'own.csv');

  before(() => writeFileSync(csv, 'in1,in2,out1\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints the table and the sentences of the training here', () => {
    const { patterns } = bundledTask('encoder');
    const plan = {
      ...trainingDefaults,
      variants: ['zer/v2', 'mikenet/cross-entropy'],
      radii: [0.1, 0.2],
      seeds: 2,
      epochs: 120,
    };
    const planned = planTraining(plan, patterns);
    const records = new Map(
      [...planned].map(([key, { job }]) => {
        const trainer = new Trainer(job);
        while (!trainer.isDone) trainer.step();
        return [key, trainer.take()] as const;
      }),
    );
    const { headlines, sentences, table, curves } = reportTraining(planned, records);
    const given = [
      '--variant',
      'zer/v2',
      '--variant',
      'mikenet/cross-entropy',
      '--radius',
      '0.1,0.2',
      '--seeds',
      '2',
      '--epochs',
      '120',
    ];
    const { status, out, err } = train(...given);
    assert.deepEqual([status, err], [0, '']);
    for (const sentence of [...headlines, ...sentences]) assert.ok(out.includes(sentence), sentence);
    for (const { cells } of table.rows) {
      const row = new RegExp(cells.map(({ text }) => text.replace(/[.+]/g, '\\$&')).join('\\s+'));
      assert.match(out, row);
    }
    assert.match(out, /^8-3-8 encoder: 3 sigmoid hidden units, learning rate 0\.1, momentum 0\.9, batch, /);
    const json = JSON.parse(train(...given, '--json').out) as { results: { seeds: unknown }[]; backend: string };
    assert.deepEqual(
      json.results.map(({ seeds }) => seeds),
      curves.map(({ seeds }) => seeds),
    );
    assert.equal(json.backend, 'model');
  });

  it("trains on the user's CSV, by names of columns or by their number", () => {
    const named = train('--csv', csv, '--hidden', '4', '--seeds', '1', '--epochs', '50', '--json');
    const counted = train('--csv', csv, '--targets', '1', '--hidden', '4', '--seeds', '1', '--epochs', '50', '--json');
    const xor = train('--task', 'xor', '--seeds', '1', '--epochs', '50', '--json');
    const results = [named, counted, xor].map(({ out }) => (JSON.parse(out) as { results: unknown }).results);
    assert.deepEqual(results[0], results[2]);
    assert.deepEqual(results[1], results[2]);
  });

  for (const [args, message] of [
    [['--task', 'spelling'], /--task: "spelling" is not one of encoder, xor, parity, reading\./],
    [['--task', 'xor', '--csv', 'x.csv'], /give one of them/],
    [['--csv', '/nowhere/x.csv'], /can't be read/],
    [['--epochs', 'many'], /--epochs: "many" is not a number/],
    [['--epochs', '0'], /epochs must be a whole number from 1 to 100000, not 0/],
    [['--radius', '0.9'], /a radius must be a number from 0 to 0\.5, not 0\.9/],
    [['--variant', 'zer/v7'], /there is no loss "zer\/v7"/],
    [['--update', 'never'], /--update: "never" is not one of batch, online/],
    [['--task', 'parity', '--bits', '9'], /2 to 8 bits, not 9/],
    [['encoder'], /There is nothing to do with "encoder"/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      const { status, out, err } = train(...args);
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(err, message);
      assert.doesNotMatch(err, /\n\s+at /, 'no stack');
    });
  }
});
