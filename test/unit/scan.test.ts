import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Progress } from '../../src/cli/progress';
import { UsageError } from '../../src/cli/usage';
import { findBad, Folder, scan } from './scanning';
import type { Finding } from '../../src/rules';

const unstable = 'import torch\n\n\ndef f(x):\n    return torch.log(torch.sigmoid(x))\n';

/** A notebook of Python cells, as Jupyter writes it. */
function notebook(...cells: string[]): string {
  const lines = (source: string): string[] => source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return `${JSON.stringify(
    {
      cells: [
        { cell_type: 'markdown', metadata: {}, source: ['# Training'] },
        ...cells.map((source) => ({
          cell_type: 'code',
          execution_count: 1,
          metadata: {},
          outputs: [{ name: 'stdout', output_type: 'stream', text: ['0.1\n'] }],
          source: lines(source),
        })),
      ],
      metadata: { kernelspec: { language: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    },
    undefined,
    1,
  )}\n`;
}

describe('scan', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });

  /** The files that are scanned in a folder: in each of them something is found. */
  const scanned = async (paths = [folder.path], gitIgnore = true): Promise<string[]> => {
    const { out, err } = await scan(paths, { format: 'json', gitIgnore }, { find: findBad });
    assert.equal(err, '');
    return (JSON.parse(out) as { file: string }[]).map(({ file }) =>
      path.relative(folder.path, file).split(path.sep).join('/'),
    );
  };
  const all = (...names: string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, name.endsWith('.ipynb') ? notebook('bad()') : 'bad() # tensorflow']));

  describe('looks in folders', () => {
    it('at Python, notebooks and scripts', async () => {
      const names = [
        'a.py',
        'b.pyi',
        'c.pyw',
        'd.ipynb',
        'e.js',
        'f.mjs',
        'g.cjs',
        'h.jsx',
        'i.ts',
        'j.tsx',
        'k.mts',
        'l.cts',
      ];
      folder.write(all(...names, 'm.txt', 'n.min.js', 'o.min.mjs', 'p', 'q.rb'));
      folder.write({ 'r.js': 'bad()' });
      assert.deepEqual(await scanned(), names);
    });

    it('not at other people’s code', async () => {
      folder.write(
        all(
          '.hidden/a.py',
          '.venv/a.py',
          'venv/a.py',
          'node_modules/a.js',
          'x/__pycache__/a.py',
          'mine/a.py',
          'b/c.py',
        ),
      );
      folder.write({ 'mine/pyvenv.cfg': '' });
      assert.deepEqual(await scanned(), ['b/c.py']);
      assert.deepEqual(await scanned([folder.at('venv'), folder.at('mine')]), ['venv/a.py', 'mine/a.py']);
    });

    it('not at what nobody has written', async () => {
      folder.write({
        'long.py': `bad()\n${'#'.repeat(2_000_000)}`,
        'long.ipynb': notebook('bad()', '#'.repeat(2_000_000)),
      });
      assert.deepEqual(await scanned(), []);
      assert.deepEqual(await scanned([folder.at('long.py')]), ['long.py']);
    });

    it('at each file once', async () => {
      folder.write(all('a/b.py', 'c.py'));
      assert.deepEqual(await scanned([folder.at('c.py'), folder.path, folder.at('a'), folder.path]), [
        'c.py',
        'a/b.py',
      ]);
    });

    it('without following links, which may go round in circles', async () => {
      folder.write(all('a/b.py'));
      symlinkSync(folder.path, folder.at('a/round'));
      symlinkSync(folder.at('a/b.py'), folder.at('a/c.py'));
      assert.deepEqual(await scanned(), ['a/b.py']);
      assert.deepEqual(await scanned([folder.at('a/c.py')]), ['a/c.py']);
    });
  });

  describe('respects what git ignores', () => {
    it('in .gitignore files on every level, the lower ones first', async () => {
      folder.write(
        all('a.py', 'b.py', 'build/c.py', 'd/a.py', 'd/e/a.py', 'd/e/f_pb2.py', 'd/keep_pb2.py', 'data/x.py'),
      );
      folder.write({
        '.git/HEAD': '',
        '.git/info/exclude': '/b.py\n',
        '.gitignore': '# built\nbuild/\n*_pb2.py\r\n/a.py\ndata\n',
        'd/.gitignore': '!keep_pb2.py\n/a.py\n',
        'd/e/.gitignore': '',
      });
      assert.deepEqual(await scanned(), ['d/e/a.py', 'd/keep_pb2.py']);
      assert.deepEqual(await scanned([folder.at('d/e')]), ['d/e/a.py']);
      assert.equal((await scanned([folder.path], false)).length, 8);
    });

    it('but for folders that a lower file takes in again', async () => {
      folder.write(all('out/a.py', 'd/out/b.py', 'd/out/c/d.py', 'd/out/e_pb2.py', 'd/[x]/out/f.py'));
      folder.write({
        '.git/HEAD': '',
        '.gitignore': 'out/\n*_pb2.py\n',
        'd/.gitignore': '!out/\n',
        'd/[x]/.gitignore': '!/out\n',
      });
      assert.deepEqual(await scanned(), ['d/[x]/out/f.py', 'd/out/b.py', 'd/out/c/d.py']);
    });

    it('without a repository too', async () => {
      folder.write({ ...all('a.py', 'b.py'), '.gitignore': 'b.py\n' });
      assert.deepEqual(await scanned(), ['a.py']);
    });

    it('in further work trees', async () => {
      folder.write({
        ...all('tree/a.py', 'tree/b.py'),
        'tree/.git': `gitdir: ${folder.at('main/.git/worktrees/tree')}\n`,
        'main/.git/worktrees/tree/commondir': '../..\n',
        'main/.git/info/exclude': 'b.py\n',
      });
      assert.deepEqual(await scanned([folder.at('tree')]), ['tree/a.py']);
    });

    it('unless it is named', async () => {
      folder.write({ ...all('build/a.py', 'build/b.py', 'c.py'), '.git/HEAD': '', '.gitignore': 'build/\nc.py\n' });
      folder.write({ 'build/.gitignore': 'b.py\n' });
      assert.deepEqual(await scanned([folder.at('c.py'), folder.at('build')]), ['c.py', 'build/a.py']);
    });
  });

  describe('takes settings', () => {
    it('from the project of each file', async () => {
      folder.write({
        ...all('a.py', 'old/b.py', 'sub/c.py', 'sub/d/e.py', 'off/f.py'),
        'pyproject.toml': '[tool.lossfloor]\nexclude = ["old"]\n',
        'sub/pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "hint"\n',
        'off/pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "off"\n',
      });
      assert.deepEqual(await scanned(), ['a.py']);
      assert.deepEqual(await scanned([folder.at('old/b.py')]), ['old/b.py']);
      const named = { select: 'log-of-sigmoid', severity: 'hint' };
      const { out } = await scan([folder.path], named, { find: findBad });
      assert.deepEqual(out.match(/[a-z]\.py:1:1: \w+/g), [
        'a.py:1:1: warning',
        'f.py:1:1: warning',
        'c.py:1:1: hint',
        'e.py:1:1: hint',
      ]);
    });

    it('and says what is wrong with them', async () => {
      folder.write({ ...all('a/b.py', 'a/c/d.py'), 'a/pyproject.toml': '[tool.lossfloor]\nfromat = 1\n' });
      const { out, err, status } = await scan([folder.path], {}, { find: findBad });
      assert.equal(status, 2);
      assert.match(
        err,
        /^lossfloor: .*a\/pyproject\.toml:2:1: There is no setting "fromat"; did you mean "format"\?\n$/,
      );
      assert.equal(out.split('\n').length, 3);
    });

    it('from the command line: rules and the least severity', async () => {
      folder.write({ 'a.py': `${unstable}\n\ndef g(x):\n    return torch.log(torch.softmax(x, -1))\n` });
      const found = async (given: object): Promise<string[]> =>
        ((await scan([folder.path], given)).out.match(/\[[\w-]+\]$/gm) ?? []).map((rule) => rule.slice(1, -1));
      assert.deepEqual(await found({}), ['log-of-sigmoid', 'log-of-softmax']);
      assert.deepEqual(await found({ select: 'log-of-softmax' }), ['log-of-softmax']);
      assert.deepEqual(await found({ ignore: 'log-of-softmax,bce-after-sigmoid' }), ['log-of-sigmoid']);
      assert.deepEqual(await found({ select: 'log-of-sigmoid, log-of-softmax', ignore: 'log-of-sigmoid' }), [
        'log-of-softmax',
      ]);
      folder.write({
        'a.py': 'bad()\n',
        'pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "information"\n',
      });
      const status = async (severity: string): Promise<number> =>
        (await scan([folder.path], { severity }, { find: findBad })).status;
      assert.deepEqual([await status('warning'), await status('information'), await status('hint')], [0, 1, 1]);
    });

    it('and refuses what it does not know', async () => {
      const refuses = async (given: object, message: RegExp, paths = [folder.path]): Promise<void> => {
        await assert.rejects(scan(paths, given), (error) => error instanceof UsageError && message.test(error.message));
      };
      await refuses({ format: 'xml' }, /--format: "xml" is not text, json or sarif/);
      await refuses({ severity: 'error' }, /--severity: "error" is not warning, information or hint/);
      await refuses(
        { select: 'log-of-sigmod' },
        /--select: there is no rule "log-of-sigmod"; did you mean "log-of-sigmoid"/,
      );
      await refuses({ ignore: '' }, /--ignore: there is no rule ""\./);
      await refuses({ diff: true, format: 'json' }, /--format does not go with it/);
      await refuses({ stdinFilename: 'a.py' }, /does not go with files or folders/);
      await refuses({}, /needs a file or a folder/, []);
      await refuses({}, /--stdin-filename/, ['-']);
    });
  });

  describe('reads notebooks', () => {
    it('as one text, and speaks of their cells', async () => {
      folder.write({ 'n.ipynb': notebook('%pylab\nimport torch\n', 'x = 1\ny = torch.log(torch.sigmoid(z))') });
      const text = await scan([folder.at('n.ipynb')]);
      assert.match(text.out, /n\.ipynb:cell 3:2:5: warning: .*\[log-of-sigmoid\]\n$/);
      const [found] = JSON.parse((await scan([folder.path], { format: 'json' })).out) as Record<string, unknown>[];
      const { cell, line, column, endLine, endColumn } = found ?? {};
      assert.deepEqual(
        { cell, line, column, endLine, endColumn },
        { cell: 3, line: 2, column: 5, endLine: 2, endColumn: 32 },
      );
    });

    it('and goes on where one is none', async () => {
      folder.write({ 'a.ipynb': '{"cells": [}', 'b.ipynb': '', 'c.ipynb': '\uFEFF3', 'd.py': unstable });
      const { out, err, status } = await scan([folder.path]);
      assert.equal(status, 2);
      assert.match(
        err,
        /Can't read .*a\.ipynb: This is not valid JSON: value expected \(line 1, column 12\)\n.*c\.ipynb: .*no list of cells/,
      );
      assert.match(out, /d\.py:5:12/);
    });
  });

  it('reads standard input under a name', async () => {
    folder.write({ 'pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "information"\n' });
    const input = (text: string): object => ({
      readStandardInput: () => Promise.resolve(Buffer.from(text)),
      find: findBad,
    });
    const name = folder.at('x/y.py');
    const found = await scan([], { stdinFilename: name }, input('\uFEFFbad()'));
    assert.deepEqual(found, { out: `${name}:1:1: information: This is bad: . [log-of-sigmoid]\n`, err: '', status: 1 });
    const fixed = await scan(['-'], { stdinFilename: name, fix: true }, input('\uFEFFbad(good)\nbad()'));
    assert.deepEqual(fixed, {
      out: '\uFEFFimport good\ngood()\nbad()',
      err: `${name}:3:1: information: This is bad: . [log-of-sigmoid]\nlossfloor: 1 fix applied in 1 file.\n`,
      status: 1,
    });
    const cells = await scan([], { stdinFilename: 'n.ipynb' }, input(notebook('bad()')));
    assert.match(cells.out, /^n\.ipynb:cell 2:1:1: /);
  });

  describe('applies fixes', () => {
    const fix = (given: object = {}): ReturnType<typeof scan> =>
      scan([folder.path], { fix: true, ...given }, { find: findBad });
    const read = (name: string): string => readFileSync(folder.at(name), 'utf8');

    it('of a file together, and writes nothing else', async () => {
      folder.write({
        'a.py': 'import torch\r\nbad(a)\r\n',
        'b.py': 'x = 1\n',
        'c.py': '\uFEFFimport torch\nbad(a); bad(b)\nbad(a)\n',
      });
      const before = statSync(folder.at('b.py')).mtimeMs;
      chmodSync(folder.at('c.py'), 0o750);
      assert.deepEqual(await fix(), { out: '', err: 'lossfloor: 4 fixes applied in 2 files.\n', status: 0 });
      assert.equal(read('a.py'), 'import good\r\nimport torch\r\na()\r\n');
      assert.equal(read('c.py'), '\uFEFFimport torch\nimport good\na(); b()\na()\n');
      assert.equal(statSync(folder.at('b.py')).mtimeMs, before);
      assert.equal(statSync(folder.at('c.py')).mode & 0o777, 0o750);
      assert.deepEqual(readdirSync(folder.path).sort(), ['a.py', 'b.py', 'c.py']);
    });

    it('but none that would break the code or change nothing, and lists what is left', async () => {
      folder.write({ 'a.py': 'import good\nbad(useless)\nbad(a)\nbad(broken)\nbad()\nbad(broken)\n' });
      const { out, err, status } = await fix();
      assert.equal(read('a.py'), 'import good\nbad(useless)\na()\nbad(broken)\nbad()\nbad(broken)\n');
      assert.deepEqual(out.match(/:\d+:\d+/g), [':2:1', ':4:1', ':5:1', ':6:1']);
      assert.equal(err, 'lossfloor: 1 fix applied in 1 file.\n');
      assert.equal(status, 1);
    });

    it('of notebooks, in their cells', async () => {
      const before = notebook('%%time\nimport torch', 'é = 1\nbad(a)\n"end"', '%%html\nbad(b)');
      folder.write({ 'n.ipynb': before });
      assert.equal((await fix()).status, 0);
      assert.equal(
        read('n.ipynb'),
        before.replace('"import torch"', '"import torch\\n",\n    "import good"').replace('"bad(a)\\n"', '"a()\\n"'),
      );
    });

    it('through links, which stay links', async () => {
      folder.write({ 'a/b.py': 'import good\nbad(a)\n' });
      symlinkSync(folder.at('a/b.py'), folder.at('c.py'));
      assert.equal((await scan([folder.at('c.py')], { fix: true }, { find: findBad })).status, 0);
      assert.equal(read('a/b.py'), 'import good\na()\n');
      assert.deepEqual(readdirSync(folder.path), ['a', 'c.py']);
    });

    it('but not where the text is not all that there is', async () => {
      const latin = Buffer.from('# \xE9\nimport good\nbad(a)\n', 'latin1');
      folder.write({ 'a.py': latin });
      const { out, err, status } = await fix();
      assert.deepEqual(readFileSync(folder.at('a.py')), latin);
      assert.match(err, /a\.py is not changed: it is not in UTF-8\.\n$/);
      assert.match(out, /a\.py:3:1/);
      assert.equal(status, 1);
    });

    it('and never over what somebody else has written meanwhile', async () => {
      folder.write({ 'a.py': 'import good\nbad(a)\n' });
      const { err, status } = await scan(
        [folder.path],
        { fix: true },
        {
          find: (text, options) => {
            writeFileSync(folder.at('a.py'), 'new = "text"\n');
            return findBad(text, options);
          },
        },
      );
      assert.equal(status, 2);
      assert.match(err, /Can't change .*a\.py: it has changed while it was being scanned\n$/);
      assert.equal(read('a.py'), 'new = "text"\n');
      assert.deepEqual(readdirSync(folder.path), ['a.py']);
    });

    it('and goes on with the other files where the finder fails, which it says', async () => {
      folder.write({ 'a.py': 'import good\nbad(a)\n', 'b.py': 'raise\n', 'c.py': 'import good\nbad(a)\n' });
      for (const given of [{ fix: true }, {}]) {
        const { err, status } = await scan([folder.path], given, {
          find: (text, options) => {
            if (text.startsWith('raise')) throw new TypeError('it is no function');
            return findBad(text, options);
          },
        });
        assert.equal(status, 2);
        assert.match(
          err,
          /An error of Lossfloor itself: .*b\.py was not looked at\. Please report it, .*TypeError: it is no function at /,
        );
      }
      assert.deepEqual(
        ['a.py', 'b.py', 'c.py'].map((name) => read(name)),
        ['import good\na()\n', 'raise\n', 'import good\na()\n'],
      );
    });

    it('or shows them', async () => {
      folder.write({
        'a b.py': 'import good\n\n\n\n\nbad(a)\r\nx',
        'n.ipynb': notebook('import good', 'bad(a)'),
        'z.py': 'bad()',
      });
      const { out, err, status } = await fix({ diff: true });
      const name = folder.at('a b.py').slice(1);
      assert.ok(
        out.startsWith(
          `--- a/${name}\n+++ b/${name}\n@@ -3,5 +3,5 @@\n \n \n \n-bad(a)\r\n+a()\r\n x\n\\ No newline at end of file\n--- a/`,
        ),
        out,
      );
      assert.match(out, /^-\s+"bad\(a\)"\n\+\s+"a\(\)"\n/m);
      assert.equal(err, 'lossfloor: 2 fixes could be applied in 2 files.\n');
      assert.equal(status, 1);
      assert.equal(read('a b.py'), 'import good\n\n\n\n\nbad(a)\r\nx');
    });

    it('and tells programs what they would be', async () => {
      folder.write({ 'n.ipynb': notebook('import good', 'x\nbad(a)') });
      const [found] = JSON.parse((await scan([folder.path], { format: 'json' }, { find: findBad })).out) as object[];
      assert.deepEqual((found as { fix: unknown }).fix, {
        title: 'Write good()',
        format: 'float32',
        of: 'value',
        side: 'below',
        worstBefore: 'Infinity',
        worstAfter: 1,
        edits: [{ cell: 3, line: 2, column: 1, endLine: 2, endColumn: 7, text: 'a()' }],
      });
    });
  });

  it('mends Python, notebooks and scripts in place, so that nothing is left to find', async () => {
    folder.write({
      'a.py': unstable.replace(/\n/g, '\r\n'),
      'b.ipynb': notebook('%matplotlib inline\nimport torch', 'loss = -torch.log(torch.sigmoid(z)).mean()'),
      'c.ts': 'import * as tf from "@tensorflow/tfjs";\nexport const loss = (x: tf.Tensor) => tf.log(tf.sigmoid(x));\n',
      'd.js': 'const loss = (x) => Math.log(x);\n',
      'e.py': `${unstable.trimEnd()}  # lossfloor: ignore[log-of-sigmoid]\n`,
    });
    const before = await scan([folder.path]);
    assert.deepEqual(before.out.match(/(?<=\/)\w\.[^/]*?(?=: warning)/g), [
      'a.py:5:12',
      'b.ipynb:cell 3:1:9',
      'c.ts:2:39',
    ]);
    const { err, out, status } = await scan([folder.path], { fix: true });
    assert.deepEqual([out, err, status], ['', 'lossfloor: 3 fixes applied in 3 files.\n', 0]);
    const read = (name: string): string => readFileSync(folder.at(name), 'utf8');
    assert.equal(read('a.py'), 'import torch\r\n\r\n\r\ndef f(x):\r\n    return torch.nn.functional.logsigmoid(x)\r\n');
    assert.match(read('b.ipynb'), /"loss = -torch\.nn\.functional\.logsigmoid\(z\)\.mean\(\)"\n/);
    assert.match(read('c.ts'), /=> tf\.logSigmoid\(x\);\n$/);
    assert.equal((await scan([folder.path], { severity: 'hint' })).status, 0);
  });

  it('shares many files with threads, and looks itself at what one has taken that died', async () => {
    const names = Array.from({ length: 150 }, (_, i) => `f${String(i).padStart(3, '0')}.py`);
    folder.write(Object.fromEntries(names.map((name) => [name, 'bad()\n'])));
    const thread = (work: string): string => {
      folder.write({
        'thread.cjs': `const { parentPort, workerData: { items, memory } } = require('node:worker_threads');
          const take = () => Atomics.add(new Int32Array(memory), 0, 1);
          ${work}`,
      });
      return folder.at('thread.cjs');
    };
    /** Slower than a thread starts. */
    const find = (text: string): Finding[] => {
      const until = performance.now() + 5;
      while (performance.now() < until);
      return findBad(text);
    };
    const whole = names.map((name) => `${folder.at(name)}:1:1: warning: This is bad: . [log-of-sigmoid]\n`).join('');
    const paths = [...names.map((name) => folder.at(name))];
    const dying = await scan(paths, { jobs: '2' }, { find, threadPath: thread('take(); throw new Error("no")') });
    assert.deepEqual(dying, { out: whole, err: '', status: 1 });
    const absent = await scan(paths, { jobs: '2' }, { find, threadPath: folder.at('nowhere.cjs') });
    assert.deepEqual(absent, { out: whole, err: '', status: 1 });
    const taking = `for (let index = take(); index < items.length; index = take())
      parentPort.postMessage({ index, result: { found: [], trouble: 'seen by another: ' + items[index].file } });`;
    const shared = await scan(paths, { jobs: '2' }, { find, threadPath: thread(taking) });
    const others = shared.err.split('\n').filter((line) => line.includes('seen by another'));
    assert.ok(others.length > 0);
    assert.equal(others.length + shared.out.split('\n').length - 1, names.length);
    const alone = await scan(paths, { jobs: '1' }, { find, threadPath: thread(taking) });
    assert.deepEqual(alone, { out: whole, err: '', status: 1 });
    const few = await scan(paths.slice(0, 119), { jobs: '2' }, { find, threadPath: thread(taking) });
    assert.equal(few.err, '');
  });

  it('shows on a terminal how far it is, and cleans up', async () => {
    const written: string[] = [];
    const stream = { isTTY: true, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const progress = new Progress(stream);
    progress.files(1);
    await new Promise((resolve) => setTimeout(resolve, 250));
    progress.files(2);
    progress.end();
    assert.deepEqual(written, ['\r2 files scanned', '\r\u001B[K']);
    const silent = new Progress({ ...stream, isTTY: false } as unknown as NodeJS.WriteStream);
    silent.files(1);
    silent.end();
    assert.equal(written.length, 2);
  });
});
