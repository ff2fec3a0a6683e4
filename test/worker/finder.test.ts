import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FinderClient, FinderFailed, FinderSuperseded, type FinderClientOptions, type Source } from '../../src/engine';
import { add, log, logSigmoid, sigmoid, variable } from '../../src/expression';

const unstable = 'import torch\ny = torch.log(torch.sigmoid(x))\n';
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A document as an editor has it. */
class Text implements Source {
  private count = 0;

  constructor(
    readonly key: string,
    private text: string,
    /** How often its whole text was asked for. */
    public sent = 0,
  ) {}

  version(): string {
    return String(this.count);
  }

  unit(): ReturnType<Source['unit']> {
    this.sent++;
    return { language: 'python', notebook: false, texts: [{ id: this.key, text: this.text }] };
  }

  lengths(): Record<string, number> {
    return { [this.key]: this.text.length };
  }

  replace(client: FinderClient | undefined, start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end);
    this.count++;
    client?.change(this.key, [{ id: this.key, start, end, text }]);
  }
}

describe('finder thread', () => {
  const clients: FinderClient[] = [];
  const lines: string[] = [];
  const note = (line: string): void => {
    lines.push(line);
  };
  const channel = { debug: note, info: note, warn: note, error: note };
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-finder-'));

  function client(options: Partial<FinderClientOptions> = {}): FinderClient {
    const made = new FinderClient({
      threadPath: path.resolve('dist/finder.js'),
      log: channel,
      firstPause: 10,
      ...options,
    });
    clients.push(made);
    return made;
  }

  /** A thread that does as it is told by the first line of the text that is to be read. */
  function puppet(): string {
    const file = path.join(scratch, 'puppet.js');
    writeFileSync(
      file,
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', ({ type, id, job }) => {
         if (type !== 'job') return;
         const text = job.unit?.texts[0].text ?? '';
         if (text.startsWith('hang')) for (;;);
         if (text.startsWith('die')) process.exit(1);
         if (text.startsWith('throw')) throw new Error('thrown');
         if (text.startsWith('fail')) return parentPort.postMessage({ type: 'failed', id, message: 'as told' });
         const lengths = Object.fromEntries((job.unit?.texts ?? []).map((each) => [each.id, each.text.length]));
         setTimeout(() => parentPort.postMessage({ type: 'done', id, outcome: { lengths } }), text.startsWith('slow') ? 100 : 0);
       });`,
    );
    return file;
  }

  afterEach(() => {
    for (const each of clients.splice(0)) each.dispose();
    lines.length = 0;
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  it('is not there before it is needed', () => {
    assert.equal(client().threadId, undefined);
  });

  it('is sent a text once, and then what changes in it', async () => {
    const finder = client();
    const text = new Text('a', unstable);
    const rulesIn = async (): Promise<string[]> => (await finder.read(text, {})).findings.map(({ rule }) => rule);
    assert.deepEqual(await rulesIn(), ['log-of-sigmoid']);
    text.replace(finder, 0, 0, '# a comment\n');
    text.replace(finder, 0, 2, '');
    const { findings, version } = await finder.read(text, {});
    assert.equal(version, '2');
    assert.equal(findings[0]?.range.start, unstable.indexOf('torch.log') + '# a comment\n'.length - 2);
    text.replace(finder, 0, unstable.length + 20, '');
    assert.deepEqual(await rulesIn(), []);
    assert.equal(text.sent, 1);
  });

  it('is sent the whole text again if it has another one than the host', async () => {
    const finder = client();
    const text = new Text('a', unstable);
    await finder.read(text, {});
    text.replace(undefined, 0, 0, '\n\n');
    const { findings } = await finder.read(text, {});
    assert.equal(findings[0]?.range.start, unstable.indexOf('torch.log') + 2);
    assert.equal(text.sent, 2);
  });

  it('reads a newer version in place of one that still waits', async () => {
    const finder = client({ threadPath: puppet() });
    const busy = finder.read(new Text('busy', 'slow'), {});
    const text = new Text('a', 'x');
    const older = finder.read(text, {});
    text.replace(finder, 0, 0, 'y');
    const newer = finder.read(text, {});
    await assert.rejects(older, FinderSuperseded);
    assert.equal((await newer).version, '1');
    await busy;
  });

  it('does what somebody waits for before what nobody sees', async () => {
    const finder = client();
    const order: string[] = [];
    const scan = finder.scan({
      key: 'file:///a',
      file: 'source',
      language: 'python',
      bytes: encoded(unstable),
      settings: {},
    });
    const others = [
      finder
        .scan({ key: 'file:///b', file: 'source', language: 'python', bytes: encoded(''), settings: {} })
        .then(() => order.push('scan')),
      finder.read(new Text('a', unstable), {}).then(() => order.push('read')),
      finder.plot({ finding: { failures: [] } }).then(() => order.push('plot')),
    ];
    await Promise.all([scan, ...others]);
    assert.deepEqual(order, ['plot', 'read', 'scan']);
  });

  it('is ended when it takes too long, and another one goes on', async () => {
    const finder = client({ threadPath: puppet(), answerWithin: 300 });
    const hanging = finder.read(new Text('hanging', 'hang'), {});
    const other = finder.read(new Text('other', 'x'), {});
    await assert.rejects(hanging, FinderFailed);
    await other;
    assert.ok(lines.some((line) => line.includes('took longer than 0.3 s over hanging, which is set aside')));
  });

  it('is started again after it died, and a job that kills it twice is set aside', async () => {
    const finder = client({ threadPath: puppet() });
    for (const how of ['die', 'throw']) {
      const deadly = finder.read(new Text(how, how), {});
      const other = finder.read(new Text('other', 'x'), {});
      await assert.rejects(deadly, FinderFailed);
      await other;
      assert.ok(lines.some((line) => line.includes(`died twice over ${how}`)));
    }
  });

  it('says what went wrong in a job, and does the next', async () => {
    const finder = client({ threadPath: puppet() });
    await assert.rejects(finder.read(new Text('a', 'fail'), {}), /as told/);
    await finder.read(new Text('b', 'x'), {});
  });

  it('gives up what waits when it is disposed', async () => {
    const finder = client({ threadPath: puppet() });
    const all = [finder.read(new Text('a', 'slow'), {}), finder.read(new Text('b', 'x'), {})];
    finder.dispose();
    for (const each of all) await assert.rejects(each, FinderSuperseded);
    await assert.rejects(finder.read(new Text('c', 'x'), {}), FinderSuperseded);
  });

  it('reads files and notebooks that are not open', async () => {
    const finder = client();
    const settings = {};
    const source = await finder.scan({
      key: 'file:///a',
      file: 'source',
      language: 'python',
      bytes: encoded(unstable),
      settings,
    });
    assert.deepEqual(
      source.findings.map(({ rule, start }) => [rule, start]),
      [['log-of-sigmoid', { line: 1, character: 4 }]],
    );
    const cells = ['import torch', 'p = torch.sigmoid(x)', '\ny = torch.log(p)'].map((text) => ({
      ...{ cell_type: 'code', metadata: {}, outputs: [], execution_count: null },
      source: text,
    }));
    const json = JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });
    const notebook = await finder.scan({
      key: 'file:///a',
      file: 'notebook',
      language: 'python',
      bytes: encoded(json),
      settings,
    });
    assert.deepEqual(
      notebook.findings.map(({ cell, start }) => [cell, start]),
      [[2, { line: 1, character: 4 }]],
    );
    const broken = await finder.scan({
      key: 'file:///a',
      file: 'notebook',
      language: 'python',
      bytes: encoded('{'),
      settings,
    });
    assert.match(broken.trouble ?? '', /JSON/);
  });

  it('follows what other files on disk bring, and what becomes of them', async () => {
    const finder = client();
    const helper = path.join(scratch, 'helper.py');
    writeFileSync(helper, 'import torch\n\ndef probability(x):\n    return torch.sigmoid(x)\n');
    const importing = 'import torch\nfrom helper import probability\ny = torch.log(probability(x))\n';
    const text = new Text(pathToFileURL(path.join(scratch, 'main.py')).href, importing);
    assert.equal((await finder.read(text, {})).findings.length, 1);
    const file = { file: 'source', language: 'python', bytes: encoded(importing), settings: {} } as const;
    assert.equal((await finder.scan({ key: text.key, ...file })).findings.length, 1);
    writeFileSync(helper, 'def probability(x):\n    return x # no sigmoid\n');
    assert.equal((await finder.read(text, {})).findings.length, 0);
  });

  it('computes plots, and silences findings', async () => {
    const finder = client();
    const x = variable('x');
    const plot = await finder.plot({
      finding: { expression: log(sigmoid(x)), stable: logSigmoid(x), failures: [] },
    });
    assert.ok(plot && plot.x.length > 100 && plot.stable);
    assert.equal(await finder.plot({ finding: { expression: add(x, variable('y')), failures: [] } }), undefined);
    const text = new Text('a', unstable);
    const [found] = (await finder.read(text, {})).findings;
    assert.ok(found);
    const { edits } = await finder.suppress(text, {}, found, 'line');
    assert.deepEqual(edits, [
      { id: 'a', start: unstable.length - 1, end: unstable.length - 1, text: '  # lossfloor: ignore[log-of-sigmoid]' },
    ]);
  });

  it('fixes everything, cell by cell', async () => {
    const finder = client();
    const texts = [
      'import torch\nimport torch.nn.functional as F',
      'a = torch.log(torch.sigmoid(x))',
      'b = torch.log(torch.sigmoid(a))',
    ];
    const source: Source = {
      key: 'notebook',
      version: () => '1',
      unit: () => ({ language: 'python', notebook: true, texts: texts.map((text, i) => ({ id: String(i), text })) }),
      lengths: () => Object.fromEntries(texts.map((text, i) => [String(i), text.length])),
    };
    const { edits } = await finder.fixAll(source, {});
    const fixed = texts.map((text, i) =>
      edits
        .filter(({ id }) => id === String(i))
        .reduceRight((result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end), text),
    );
    assert.deepEqual(fixed.slice(1), ['a = F.logsigmoid(x)', 'b = F.logsigmoid(a)']);
  });

  it('stops when idle, and reads on from the whole text', async () => {
    const made = client({ idleAfter: 60 });
    const text = new Text('file:///idle.py', unstable);
    assert.equal((await made.read(text, {})).findings.length, 1);
    const first = made.threadId;
    assert.ok(first !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(made.threadId, undefined);
    text.replace(made, 0, 0, '# more\n');
    const { findings } = await made.read(text, {});
    assert.equal(findings[0]?.range.start, unstable.indexOf('torch.log') + 7);
    assert.equal(text.sent, 2);
    assert.notEqual(made.threadId, first);
  });
});
