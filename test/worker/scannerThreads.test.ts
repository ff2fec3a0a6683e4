import assert from 'node:assert/strict';
import path from 'node:path';
import { ScannerThreads, type ScannerThreadsOptions } from '../../src/engine/scannerThreads';
import type { FindJob } from '../../src/protocol/findings';
import { findingsIn } from '../../src/rules';
import { Folder, scan } from '../unit/scanning';

/** Unstable code whose findings differ from one file to the next. */
const code = (index: number): string =>
  [
    'import torch',
    ...Array.from({ length: index % 7 }, (_, i) => `a${String(i)} = ${String(i)}`),
    'def loss(x, y):',
    `    p${String(index)} = torch.sigmoid(x)`,
    `    return -(y * torch.log(p${String(index)}) + (1 - y) * torch.log(1 - p${String(index)})).mean()`,
    '',
  ].join('\n');

const jobOf = (index: number): FindJob => ({
  ...{ file: path.resolve(`loss${String(index)}.py`), text: code(index), language: 'python' },
  ...{ rules: undefined, settings: undefined, fixes: true },
});

describe('threads that help to scan', () => {
  let threads: ScannerThreads | undefined;
  const start = (options: Partial<ScannerThreadsOptions> = {}): ScannerThreads =>
    (threads = new ScannerThreads({
      threadPath: path.resolve('dist/scanner.js'),
      count: 2,
      startAfter: 1,
      ...options,
    }));

  afterEach(() => {
    threads?.dispose();
  });

  it('find what is found without them', async () => {
    const scanners = start();
    const waiting = Array.from({ length: 20 }, (_, index) => scanners.find(jobOf(index)));
    for (const [index, each] of waiting.entries()) {
      const findings = await each;
      assert.equal(findings?.length, 2);
      assert.deepEqual(findings, findingsIn(code(index)));
    }
  });

  it('take rules and settings', async () => {
    const scanners = start();
    const none = await scanners.find({ ...jobOf(1), rules: new Set(['log-of-softmax']) });
    assert.deepEqual(none, []);
    const [first] =
      (await scanners.find({ ...jobOf(1), settings: { severities: { 'log-of-sigmoid': 'hint' } } })) ?? [];
    assert.equal(first?.severity, 'hint');
  });

  it('are not started for little', () => {
    assert.equal(start({ startAfter: 1_000_000 }).find(jobOf(1)), undefined);
  });

  it('take no more than they can do soon', () => {
    const scanners = start({ count: 1 });
    const long = { ...jobOf(1), text: code(1).repeat(2000) };
    assert.notEqual(scanners.find(long), undefined);
    assert.equal(scanners.find(long), undefined);
  });

  it('leave what they could not do to whoever asked', async () => {
    const scanners = start({ threadPath: path.resolve('dist/no-such-thread.js') });
    assert.equal(await scanners.find(jobOf(1)), undefined);
  });

  it('leave what waits when they are ended', async () => {
    const scanners = start();
    const waiting = scanners.find(jobOf(1));
    scanners.dispose();
    assert.equal(await waiting, undefined);
  });

  it('change nothing of what a scan says, nor its order', async () => {
    const folder = new Folder();
    try {
      folder.write(
        Object.fromEntries(
          Array.from({ length: 90 }, (_, index) => [
            `part${String(index % 3)}/loss${String(index)}.py`,
            index % 10 === 3 ? 'import torch\n' : code(index),
          ]),
        ),
      );
      folder.write({ 'part1/broken.ipynb': '{"cells": [' });
      for (const format of ['text', 'json', 'sarif']) {
        const alone = await scan([folder.path], { format });
        const helped = await scan([folder.path], { format }, { threads: start() });
        threads?.dispose();
        assert.equal(alone.status, 2);
        assert.deepEqual(helped, alone);
        // Those that fail are done again.
        const failing = start({ threadPath: path.resolve('dist/no-such-thread.js') });
        assert.deepEqual(await scan([folder.path], { format }, { threads: failing }), alone);
      }
    } finally {
      folder.remove();
    }
  });
});
