import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { BackendRefused, WorkerClient, type WorkerClientOptions } from '../../src/engine';
import {
  definitionOf,
  download,
  problemsOf,
  RuntimeError,
  RuntimeInstaller,
  takeLock,
  unpack,
  withEnvironment,
  type Artifact,
  type Checked,
  type InstallerOptions,
  type InstallPlan,
  type InstallProgress,
  type Probe,
  type RuntimeErrorCode,
  type RuntimeName,
} from '../../src/engine/runtime';
import type { ReadyBackend } from '../../src/protocol';

interface Entry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
}

/** A .tar.gz with whatever is in the entries, and be it what no program would make. */
function archive(entries: readonly Entry[], { ends = true } = {}): Buffer {
  // GNU's way with names that the header has no room for.
  const all = entries.flatMap((entry) =>
    entry.name.length < 100 ? [entry] : [{ name: '././@LongLink', type: 'L', content: `${entry.name}\0` }, entry],
  );
  const blocks = all.flatMap(({ name, content = '', type = '0', link = '', mode = 0o644 }) => {
    const data = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(ends ? 1024 : 0)]));
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const integrityOf = (data: Buffer): string => `sha512-${createHash('sha512').update(data).digest('base64')}`;

/** @returns what is thrown, a RuntimeError of this code */
async function refused(work: Promise<unknown>, code: RuntimeErrorCode): Promise<RuntimeError> {
  let thrown: unknown;
  await work.catch((error: unknown) => {
    thrown = error;
  });
  assert.ok(thrown instanceof RuntimeError, `not refused: ${String(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  assert.match(thrown.remedy, /^[A-Z"].*\.$/s, 'a remedy is a sentence');
  return thrown;
}

type Serve = (request: http.IncomingMessage, response: http.ServerResponse) => void;

describe('runtimes', function () {
  this.timeout(30_000);
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-runtime-'));
  const routes = new Map<string, Serve>();
  /** Of each request the method, the path and the range. */
  const requests: string[] = [];
  let origin = '';
  const server = http.createServer((request, response) => {
    requests.push(`${String(request.method)} ${String(request.url)} ${request.headers.range ?? ''}`.trim());
    const serve = routes.get(request.url ?? '');
    if (serve) serve(request, response);
    else response.writeHead(404).end('there is no such file');
  });

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  beforeEach(() => {
    routes.clear();
    requests.length = 0;
  });

  let folders = 0;
  function folder(): string {
    const made = path.join(scratch, String(folders++));
    mkdirSync(made);
    return made;
  }

  /** Serves a file as a server of files does: whole or from a place on, with a validator. */
  function file(data: Buffer, { etag = '"1"', ranges = true, breakAt = Infinity, times = Infinity } = {}): Serve {
    let served = 0;
    return (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
      const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
      const start = ranges && isSame && from < data.length ? from : 0;
      const rest = data.subarray(start);
      const headers = { etag, 'content-length': rest.length };
      if (start > 0) {
        response.writeHead(206, {
          ...headers,
          'content-range': `bytes ${String(start)}-${String(data.length - 1)}/${String(data.length)}`,
        });
      } else response.writeHead(200, headers);
      if (request.method === 'HEAD') response.end();
      else if (served++ < times && rest.length > breakAt) {
        response.write(rest.subarray(0, breakAt), () => setTimeout(() => response.destroy(), 50));
      } else response.end(rest);
    };
  }

  describe('downloading', () => {
    const data = randomBytes(300_000);
    const checksum = { sha256: sha256(data) };

    it('writes what has the checksum, tells how far it is, and does not do it twice', async () => {
      routes.set('/a', file(data));
      const target = path.join(folder(), 'below/a.bin');
      const told: [number, number | undefined][] = [];
      const once = (): Promise<void> =>
        download({ url: `${origin}/a`, checksum, file: target, onProgress: (...each) => told.push(each) });
      await once();
      assert.deepEqual(readFileSync(target), data);
      assert.deepEqual(told.at(0), [0, 300_000]);
      assert.deepEqual(told.at(-1), [300_000, 300_000]);
      await once();
      assert.deepEqual(requests, ['GET /a']);
      assert.deepEqual(readdirSync(path.dirname(target)), ['a.bin'], 'nothing else is left');
    });

    it('takes the integrity that a registry states', async () => {
      routes.set('/a', file(data));
      const target = path.join(folder(), 'a.bin');
      await download({ url: `${origin}/a`, checksum: { integrity: integrityOf(data) }, file: target });
      assert.deepEqual(readFileSync(target), data);
    });

    it('goes on where the connection broke, again and again', async () => {
      routes.set('/a', file(data, { breakAt: 120_000 }));
      const target = path.join(folder(), 'a.bin');
      await download({ url: `${origin}/a`, checksum, file: target, firstPause: 1 });
      assert.deepEqual(readFileSync(target), data);
      assert.deepEqual(requests, ['GET /a', 'GET /a bytes=120000-', 'GET /a bytes=240000-']);
    });

    it('goes on after a cancellation, in another process as in this one', async () => {
      routes.set('/a', (_request, response) => {
        response.writeHead(200, { etag: '"1"', 'content-length': data.length });
        response.write(data.subarray(0, 50_000));
      });
      const target = path.join(folder(), 'a.bin');
      const cancel = new AbortController();
      const options = { url: `${origin}/a`, checksum, file: target, firstPause: 1 };
      const cancelled = download({
        ...options,
        signal: cancel.signal,
        onProgress: (received) => {
          if (received === 50_000) cancel.abort();
        },
      });
      await refused(cancelled, 'cancelled');
      assert.equal(existsSync(target), false);
      routes.set('/a', file(data));
      await download(options);
      assert.deepEqual(readFileSync(target), data);
      assert.equal(requests.at(-1), 'GET /a bytes=50000-');
    });

    it('begins anew where the file has changed meanwhile, or the server knows no ranges', async () => {
      for (const changed of [file(data, { etag: '"2"' }), file(data, { ranges: false })]) {
        requests.length = 0;
        const target = path.join(folder(), 'a.bin');
        writeFileSync(`${target}.part`, randomBytes(1000));
        writeFileSync(`${target}.part.from`, `${origin}/a\n"1"`);
        routes.set('/a', changed);
        await download({ url: `${origin}/a`, checksum, file: target, firstPause: 1 });
        assert.deepEqual(readFileSync(target), data);
        assert.deepEqual(requests, ['GET /a bytes=1000-']);
      }
    });

    it('throws away a part that was of another file, and one that is too long', async () => {
      for (const part of [randomBytes(1000), randomBytes(400_000)]) {
        const target = path.join(folder(), 'a.bin');
        writeFileSync(`${target}.part`, part);
        writeFileSync(`${target}.part.from`, `${origin}/a\n`);
        const serve = file(data);
        routes.set('/a', (request, response) => {
          if (request.headers.range === 'bytes=400000-') response.writeHead(416).end();
          else serve(request, response);
        });
        await download({ url: `${origin}/a`, checksum, file: target, firstPause: 1 });
        assert.deepEqual(readFileSync(target), data);
      }
    });

    it('refuses what has another checksum, and leaves nothing of it', async () => {
      routes.set('/a', file(randomBytes(1000)));
      const target = path.join(folder(), 'a.bin');
      const { message, remedy } = await refused(download({ url: `${origin}/a`, checksum, file: target }), 'integrity');
      assert.match(message, /127\.0\.0\.1:\d+\/a is not the file/);
      assert.match(remedy, /mirror/);
      assert.deepEqual(readdirSync(path.dirname(target)), []);
      assert.equal(requests.length, 1, 'another attempt would bring the same');
    });

    it('says what the server answers, and tries again only where that may help', async () => {
      const target = path.join(folder(), 'a.bin');
      const options = { url: `${origin}/a`, checksum, file: target, firstPause: 1 };
      assert.match((await refused(download(options), 'download')).message, /answers 404 Not Found/);
      assert.equal(requests.length, 1);
      routes.set('/a', (_request, response) => void response.writeHead(503).end());
      assert.match((await refused(download(options), 'download')).message, /answers 503/);
      assert.equal(requests.length, 6);
      let left = 2;
      routes.set('/a', (request, response) => {
        if (left-- > 0) response.destroy();
        else file(data)(request, response);
      });
      await download(options);
      assert.deepEqual(readFileSync(target), data);
    });

    it('does not wait for ever for a server that sends nothing', async () => {
      routes.set('/a', (_request, response) => {
        response.writeHead(200, { 'content-length': data.length });
        response.write(data.subarray(0, 10));
      });
      const target = path.join(folder(), 'a.bin');
      const silent = download({ url: `${origin}/a`, checksum, file: target, firstPause: 1, silentWithin: 40 });
      assert.match((await refused(silent, 'download')).message, /has sent nothing for 0\.04 s/);
    });

    it('follows redirections', async () => {
      routes.set('/a', (_request, response) => void response.writeHead(302, { location: '/b' }).end());
      routes.set('/b', file(data));
      const target = path.join(folder(), 'a.bin');
      await download({ url: `${origin}/a`, checksum, file: target });
      assert.deepEqual(readFileSync(target), data);
      routes.set('/b', (_request, response) => void response.writeHead(302, { location: '/a' }).end());
      await refused(download({ url: `${origin}/a`, checksum, file: `${target}2`, firstPause: 1 }), 'download');
    });
  });

  describe('unpacking', () => {
    /** Unpacks it, and says what is there then. */
    async function unpacked(data: Buffer, options: Parameters<typeof unpack>[2] = {}): Promise<Record<string, string>> {
      const at = folder();
      writeFileSync(path.join(at, 'x.tgz'), data);
      mkdirSync(path.join(at, 'inner/to'), { recursive: true });
      try {
        await unpack(path.join(at, 'x.tgz'), path.join(at, 'inner/to'), options);
      } finally {
        assert.deepEqual(readdirSync(at).sort(), ['inner', 'x.tgz'], 'nothing is written outside');
        assert.deepEqual(readdirSync(path.join(at, 'inner')), ['to'], 'nothing is written outside');
      }
      return contents(path.join(at, 'inner/to'));
    }

    function contents(at: string, prefix = ''): Record<string, string> {
      return Object.fromEntries(
        readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
          const [full, name] = [path.join(at, entry.name), `${prefix}${entry.name}`];
          if (entry.isSymbolicLink()) return [[name, `-> ${readlinkSync(full)}`]];
          return entry.isDirectory()
            ? Object.entries(contents(full, `${name}/`))
            : [[name, readFileSync(full, 'utf8')]];
        }),
      );
    }

    it('brings out files, folders, links, long names and what has no content', async () => {
      const long = `${'a'.repeat(120)}/${'b'.repeat(120)}.txt`;
      const pax = (record: string): string => {
        let length = record.length + 3;
        while (String(length).length + 1 + record.length + 1 !== length) length++;
        return `${String(length)} ${record}\n`;
      };
      const got = await unpacked(
        archive([
          { name: './', type: '5' },
          { name: './lib/', type: '5' },
          { name: './lib/libx.so.2.9.1', content: 'x'.repeat(1000), mode: 0o755 },
          { name: './lib/libx.so.2', type: '2', link: 'libx.so.2.9.1' },
          { name: './lib/libx.so', type: '2', link: '../lib/libx.so.2' },
          { name: './lib/hard', type: '1', link: './lib/libx.so.2.9.1' },
          { name: './empty', content: '' },
          { name: '././@LongLink', type: 'L', content: `${long}\0` },
          { name: 'cut off', content: 'GNU' },
          { name: 'pax', type: 'x', content: pax(`path=p/${long}`) },
          { name: 'cut off', content: 'pax' },
          { name: 'lib/libx.so', content: 'instead of the link' },
        ]),
      );
      assert.deepEqual(got, {
        'lib/libx.so.2.9.1': 'x'.repeat(1000),
        'lib/libx.so.2': '-> libx.so.2.9.1',
        'lib/libx.so': 'instead of the link',
        'lib/hard': 'x'.repeat(1000),
        empty: '',
        [long]: 'GNU',
        [`p/${long}`]: 'pax',
      });
    });

    it('leaves out the front of names, and files that are not wanted', async () => {
      const entries = ['package/package.json', 'package/dist/linux-x64/a.node', 'package/dist/win32-x64/a.node'];
      const got = await unpacked(archive(entries.map((name) => ({ name, content: name }))), {
        strip: 1,
        keep: (name) => !name.startsWith('dist/win32'),
      });
      assert.deepEqual(Object.keys(got).sort(), ['dist/linux-x64/a.node', 'package.json']);
    });

    it('keeps what is executable so', async () => {
      const at = folder();
      writeFileSync(
        path.join(at, 'x.tgz'),
        archive([
          { name: 'run', content: '#!', mode: 0o4777 },
          { name: 'read', mode: 0o666 },
        ]),
      );
      await unpack(path.join(at, 'x.tgz'), at);
      if (process.platform === 'win32') return;
      assert.equal(statSync(path.join(at, 'run')).mode & 0o7111, 0o111, 'executable, and not under another name');
      assert.equal(statSync(path.join(at, 'read')).mode & 0o111, 0);
    });

    for (const [what, entries] of [
      ['a name above the folder', [{ name: '../evil', content: 'x' }]],
      ['a name above the folder, deep inside', [{ name: 'a/b/../../../evil', content: 'x' }]],
      ['an absolute name', [{ name: '/tmp/lossfloor-evil', content: 'x' }]],
      ['a name of Windows', [{ name: 'C:evil', content: 'x' }]],
      ['a name with backslashes', [{ name: 'a\\..\\..\\evil', content: 'x' }]],
      [
        'a long name above the folder',
        [
          { name: 'l', type: 'L', content: '../../evil\0' },
          { name: 'x', content: 'x' },
        ],
      ],
      [
        'a pax name above the folder',
        [
          { name: 'l', type: 'x', content: '18 path=../../evil\n' },
          { name: 'x', content: 'x' },
        ],
      ],
      ['a link above the folder', [{ name: 'up', type: '2', link: '../..' }]],
      ['an absolute link', [{ name: 'etc', type: '2', link: '/etc' }]],
      ['a hard link above the folder', [{ name: 'hard', type: '1', link: '../x.tgz' }]],
      [
        'a file through a link',
        [
          { name: 'b/', type: '5' },
          { name: 'a', type: '2', link: 'b' },
          { name: 'a/evil', content: 'x' },
        ],
      ],
      [
        'links that lead out together',
        [
          { name: 'd/', type: '5' },
          { name: 'd/up', type: '2', link: '..' },
          { name: 'd/up/up2', type: '2', link: '..' },
        ],
      ],
      [
        'a hard link to a link',
        [
          { name: 's', type: '2', link: 'x' },
          { name: 'h', type: '1', link: 's' },
        ],
      ],
      ['a device', [{ name: 'null', type: '3' }]],
      ['a pipe', [{ name: 'pipe', type: '6' }]],
      [
        'a file that is a folder',
        [
          { name: 'a/', type: '5' },
          { name: 'a', content: 'x' },
        ],
      ],
    ] as [string, Entry[]][]) {
      it(`refuses ${what}`, async () => {
        const thrown = await unpacked(archive(entries)).then(
          () => undefined,
          (error: unknown) => error as Error,
        );
        assert.ok(thrown instanceof Error, 'was not refused');
        assert.ok(thrown instanceof RuntimeError && thrown.code === 'archive', `${thrown.name}: ${thrown.message}`);
        assert.equal(existsSync('/tmp/lossfloor-evil'), false);
      });
    }

    it('refuses what is broken, cut off, or too much', async () => {
      const whole = archive([{ name: 'a', content: randomBytes(5000) }]);
      const broken = Buffer.from(whole);
      broken.fill(0, 100, 140);
      await refused(unpacked(Buffer.from('<html>')), 'archive');
      await refused(unpacked(broken), 'archive');
      await refused(unpacked(whole.subarray(0, 3000)), 'archive');
      await refused(unpacked(archive([{ name: 'a', content: 'x' }], { ends: false })), 'archive');
      await refused(unpacked(gzipSync(Buffer.alloc(2048, 'garbage'))), 'archive');
      await refused(unpacked(gzipSync(Buffer.alloc(0))), 'archive');
      assert.match((await refused(unpacked(whole, { mostBytes: 4999 }), 'archive')).message, /more than 4999 bytes/);
      assert.deepEqual(Object.keys(await unpacked(whole, { mostBytes: 5000 })), ['a']);
    });

    it('can be cancelled', async () => {
      await refused(unpacked(archive([{ name: 'a', content: 'x' }]), { signal: AbortSignal.abort() }), 'cancelled');
    });
  });

  describe('the lock between windows', () => {
    it('is held by one at a time, and free when it is released', async () => {
      const at = path.join(folder(), 'cuda.lock');
      const lock = await takeLock(at);
      const { message } = await refused(takeLock(at), 'busy');
      assert.match(message, new RegExp(`process ${String(process.pid)} on`));
      await lock.check();
      await lock.release();
      await (await takeLock(at)).release();
      assert.equal(existsSync(at), false);
    });

    it('is taken over from a process that is gone, and from one that shows no sign of life', async () => {
      const at = path.join(folder(), 'cuda.lock');
      const gone = fork('-e', { execArgv: ['-e', ''], stdio: 'ignore' });
      await new Promise((resolve) => gone.on('exit', resolve));
      writeFileSync(at, JSON.stringify({ token: 'other', pid: gone.pid, host: os.hostname() }));
      await (await takeLock(at)).release();

      for (const content of [JSON.stringify({ token: 'other', pid: 1, host: 'another machine' }), '', 'garbage']) {
        writeFileSync(at, content);
        await refused(takeLock(at), 'busy');
        const before = new Date(Date.now() - 61_000);
        utimesSync(at, before, before);
        await (await takeLock(at)).release();
      }
    });

    it('shows that it is alive, and notices when it was taken over', async () => {
      const at = path.join(folder(), 'cuda.lock');
      const lock = await takeLock(at, { beatEvery: 5 });
      const before = new Date(Date.now() - 61_000);
      utimesSync(at, before, before);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await refused(takeLock(at), 'busy');
      writeFileSync(at, JSON.stringify({ token: 'other', pid: process.pid, host: os.hostname() }));
      await refused(lock.check(), 'busy');
      await lock.release();
      assert.equal(existsSync(at), true, 'what is another’s stays');
    });

    it('goes to one of many who take it over at the same time', async () => {
      const at = path.join(folder(), 'cuda.lock');
      writeFileSync(at, JSON.stringify({ token: 'other', pid: 2 ** 22 + 1, host: os.hostname() }));
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(at)));
      const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      assert.equal(locks.length, 1);
      await locks[0]?.check();
      await locks[0]?.release();
    });
  });

  describe('what is installed', () => {
    it('is what package-lock.json says, with the integrity of the registry', () => {
      const { status, stderr } = spawnSync(process.execPath, ['scripts/runtimes.mjs', '--check'], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const webgpu = definitionOf('webgpu', { platform: 'linux', arch: 'x64' });
      assert.ok('artifacts' in webgpu);
      const program = webgpu.artifacts.find(({ id }) => id === 'webgpu');
      assert.equal(program?.url, `https://registry.npmjs.org/webgpu/-/webgpu-${webgpu.version}.tgz`);
      assert.deepEqual(
        ['index.js', 'dist/linux-x64/dawn.node', 'dist/win32-x64/dawn.node'].map((name) => program.keep?.(name)),
        [true, true, false],
      );
      for (const { checksum } of webgpu.artifacts) assert.match(Object.values(checksum ?? {}).join(), /^sha512-/);
    });

    it('comes from a registry and a mirror that were set', () => {
      const cuda = definitionOf(
        'cuda',
        { platform: 'linux', arch: 'x64' },
        { registry: 'https://npm.example/', mirror: 'https://mirror.example/tf/', checksums: { libtensorflow: 'aa' } },
      );
      assert.ok('artifacts' in cuda);
      const by = (id: string): Artifact | undefined => cuda.artifacts.find((each) => each.id === id);
      assert.equal(
        by('@tensorflow/tfjs-node-gpu')?.url,
        'https://npm.example/@tensorflow/tfjs-node-gpu/-/tfjs-node-gpu-4.22.0.tgz',
      );
      assert.equal(
        by('libtensorflow')?.url,
        'https://mirror.example/tf/tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz',
      );
      assert.deepEqual(by('libtensorflow')?.checksum, { sha256: 'aa' });
      assert.equal(
        by('tfjs-binding')?.url,
        'https://mirror.example/tf/tf-builds/pre-built-binary/napi-v8/4.22.0/GPU-linux-4.22.0.tar.gz',
      );
      assert.equal(by('tfjs-binding')?.checksum, undefined, 'no checksum is made up');

      const env = { npm_config_registry: 'https://npm.example', TFJS_NODE_CDN_STORAGE: 'https://mirror.example/' };
      const { npm_config_registry: registry, TFJS_NODE_CDN_STORAGE: mirror } = env;
      assert.deepEqual(withEnvironment({}, env), { registry, mirror });
      assert.deepEqual(withEnvironment({ mirror: 'https://own.example' }, env), {
        registry,
        mirror: 'https://own.example',
      });
    });

    it('is nothing where there is nothing for the platform, with what to do instead', () => {
      for (const [name, platform, arch, reason] of [
        ['cuda', 'darwin', 'arm64', /darwin on arm64/],
        ['cuda', 'win32', 'x64', /no finished addon for Windows/],
        ['webgpu', 'freebsd', 'x64', /freebsd on x64/],
      ] as const) {
        const definition = definitionOf(name, { platform, arch });
        assert.ok('reason' in definition);
        assert.match(definition.reason, reason);
        assert.match(definition.remedy, /backend "(webgpu|model)"/);
      }
    });

    it('is looked at for what the machine lacks', async function () {
      if (process.platform !== 'linux') this.skip();
      const problems = await problemsOf('cuda', undefined);
      if (!existsSync('/proc/driver/nvidia/version'))
        assert.match(problems[0] ?? '', /no NVIDIA driver \(libcuda\.so\.1\)/);
      for (const problem of problems)
        assert.match(problem, /^(There is no NVIDIA driver|nvidia-smi|lib\S+ is not found)/);
      assert.deepEqual(await problemsOf('webgpu', undefined), []);
    });
  });

  describe('installing', () => {
    const ready: ReadyBackend = {
      identity: { backend: 'webgpu', device: 'GPU under test', hardware: 'gpu', version: '1' },
      formats: ['float32'],
      selfTest: null,
    };
    const works: Probe = () => Promise.resolve(ready);
    const big = randomBytes(200_000);

    /** Two packages on the server, as a runtime. */
    function definitions(version = '1.0.0', content: Buffer = big) {
      const main = archive([
        { name: 'package/package.json', content: JSON.stringify({ name: 'webgpu', version }) },
        { name: 'package/data.bin', content },
      ]);
      const other = archive([{ name: 'package/index.js', content: '' }]);
      routes.set('/webgpu.tgz', file(main));
      routes.set('/other.tgz', file(other));
      const artifact = (id: string, data: Buffer): Artifact => ({
        id,
        url: `${origin}/${id}.tgz`,
        checksum: { integrity: integrityOf(data) },
        to: `node_modules/${id}`,
        strip: 1,
      });
      return () => ({
        name: 'webgpu' as const,
        title: 'runtime under test',
        package: 'webgpu',
        version,
        artifacts: [artifact('webgpu', main), artifact('other', other)],
      });
    }

    interface Made {
      readonly installer: RuntimeInstaller;
      readonly root: string;
      readonly plans: InstallPlan[];
      readonly told: InstallProgress[];
      /** Cancels what is shown as progress. */
      cancel(): void;
    }

    function make(options: Partial<InstallerOptions> = {}, consents = true): Made {
      const root = options.root ?? path.join(folder(), 'runtimes');
      const [plans, told]: [InstallPlan[], InstallProgress[]] = [[], []];
      let controller = new AbortController();
      const nothing = (): void => undefined;
      const installer = new RuntimeInstaller({
        root,
        ui: {
          consent: (plan) => {
            plans.push(plan);
            return Promise.resolve(consents);
          },
          progress: (_title, work) => {
            controller = new AbortController();
            return work((each) => told.push(each), controller.signal);
          },
        },
        log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
        trusted: () => true,
        probe: works,
        firstPause: 1,
        ...options,
        define: options.define ?? definitions(),
      });
      return { installer, root, plans, told, cancel: () => controller.abort() };
    }

    function versionIn(root: string): string {
      const description = readFileSync(path.join(root, 'webgpu/node_modules/webgpu/package.json'), 'utf8');
      return (JSON.parse(description) as { version: string }).version;
    }

    it('asks with the size, downloads, unpacks, opens it, and puts it in its place', async () => {
      const seen: string[] = [];
      const { installer, root, plans, told } = make({
        probe: (name, at) => {
          seen.push(name);
          assert.ok(existsSync(path.join(at, 'node_modules/webgpu/data.bin')), 'it is complete when it is opened');
          assert.equal(existsSync(path.join(root, 'webgpu')), false, 'and in its place only when it has been');
          return Promise.resolve(ready);
        },
      });
      assert.equal(installer.state('webgpu').state, 'not-installed');
      const states: string[] = [];
      installer.onChange(() => states.push(installer.state('webgpu').state));
      const checked = await installer.install('webgpu');
      const [plan] = plans;
      assert.ok(plan?.download !== undefined && plan.download > 200_000 && plan.download < 202_000);
      assert.deepEqual([plan.from, plan.files, plan.to], [[new URL(origin).host], 2, path.join(root, 'webgpu')]);
      assert.deepEqual(checked, { folder: path.join(root, 'webgpu'), ready });
      assert.deepEqual(seen, ['webgpu']);
      assert.deepEqual([...new Set(told.map(({ stage }) => stage))], ['download', 'unpack', 'probe']);
      assert.ok(told.some(({ fraction }) => fraction === 1));
      const state = installer.state('webgpu');
      assert.ok(state.state === 'installed' && !state.isOutdated && state.manifest.bytes > 200_000);
      assert.deepEqual(
        state.manifest.artifacts.map(({ id }) => id),
        ['webgpu', 'other'],
      );
      assert.ok(states.includes('installing') && states.at(-1) === 'installed');
      assert.deepEqual(readFileSync(path.join(root, 'webgpu/node_modules/webgpu/data.bin')), big);
      assert.deepEqual(readdirSync(root).sort(), ['download', 'webgpu'], 'nothing else is left');
      assert.deepEqual(readdirSync(path.join(root, 'download')), []);
    });

    it('does nothing without trust, without consent, without space, without checksums, on other platforms', async () => {
      const untrusted = make({ trusted: () => false });
      for (const work of [
        () => untrusted.installer.install('webgpu'),
        () => untrusted.installer.locate('webgpu', scratch),
        () => untrusted.installer.check('webgpu'),
        () => untrusted.installer.remove('webgpu'),
      ]) {
        await refused(work(), 'untrusted');
      }
      assert.deepEqual(requests, []);

      const declined = make({}, false);
      await refused(declined.installer.install('webgpu'), 'cancelled');
      assert.deepEqual([...new Set(requests.map((each: string) => each.split(' ')[0]))], ['HEAD']);
      assert.equal(existsSync(path.join(declined.root, 'webgpu')), false);

      const full = make({ freeSpace: () => Promise.resolve(600_000) });
      assert.match(
        (await refused(full.installer.install('webgpu'), 'disk')).message,
        /needs 0\.6 MB .* 0\.6 MB are free/,
      );
      assert.equal(full.plans.length, 0, 'nobody is asked then');

      requests.length = 0;
      const platform = { platform: 'linux', arch: 'x64' };
      const real = make({ define: definitionOf, platform });
      const { message, remedy } = await refused(real.installer.install('cuda'), 'unpinned');
      assert.match(
        message,
        /libtensorflow \(https:\/\/storage\.googleapis\.com\/.*2\.9\.1\.tar\.gz\), tfjs-binding \(/,
      );
      assert.match(remedy, /sha256sum.*"lossfloor\.backend\.cuda\.checksums".*"libtensorflow".*Locate Existing/);
      const half = make({
        define: definitionOf,
        platform,
        sources: () => ({ checksums: { libtensorflow: 'a'.repeat(64) } }),
      });
      assert.match((await refused(half.installer.install('cuda'), 'unpinned')).message, /checksum: tfjs-binding \(/);
      const checksums = { libtensorflow: 'a'.repeat(64), 'tfjs-binding': 'md5' };
      const wrong = make({ define: definitionOf, platform, sources: () => ({ checksums }) });
      assert.match(
        (await refused(wrong.installer.install('cuda'), 'unpinned')).message,
        /tfjs-binding .* is no SHA-256/,
      );
      const mac = make({ define: definitionOf, platform: { platform: 'darwin', arch: 'arm64' } });
      await refused(mac.installer.install('cuda'), 'unsupported');
      assert.equal(mac.installer.state('cuda').state, 'unsupported');
      assert.deepEqual(requests, []);
    });

    it('keeps the old one until the new one has been opened, and then removes it', async () => {
      const first = make();
      await first.installer.install('webgpu');
      const refuse: Probe = () =>
        Promise.reject(
          new BackendRefused({
            code: 'unusable',
            message: 'Its library is broken.',
            remedy: 'Get another.',
            stage: 'import',
          }),
        );
      const second = make({ root: first.root, define: definitions('2.0.0'), probe: refuse });
      const outdated = second.installer.state('webgpu');
      assert.ok(outdated.state === 'installed' && outdated.isOutdated);
      const { message, remedy } = await refused(second.installer.install('webgpu'), 'probe');
      assert.deepEqual([message, remedy], ['Its library is broken.', 'Get another.']);
      assert.equal(versionIn(first.root), '1.0.0');
      assert.deepEqual(readdirSync(first.root).sort(), ['download', 'webgpu']);

      requests.length = 0;
      const third = make({ root: first.root, define: definitions('2.0.0') });
      await third.installer.install('webgpu');
      assert.equal(versionIn(first.root), '2.0.0');
      assert.deepEqual(
        requests.filter((each) => each.startsWith('GET')),
        [],
        'what was downloaded before is used',
      );
      assert.deepEqual(readdirSync(first.root).sort(), ['download', 'webgpu']);
    });

    it('installs what works and finds no device, and says so', async () => {
      const noDevice: Probe = () =>
        Promise.reject(
          new BackendRefused({
            code: 'no-device',
            message: 'No adapter.',
            remedy: 'Install a driver.',
            stage: 'adapter',
          }),
        );
      const { installer } = make({ probe: noDevice });
      assert.equal((await installer.install('webgpu')).warning, 'No adapter. Install a driver.');
      assert.equal(installer.state('webgpu').state, 'installed');
      const onCpu: Probe = () =>
        Promise.resolve({ ...ready, identity: { ...ready.identity, hardware: 'cpu', device: 'CPU (no GPU)' } });
      assert.match(
        (await make({ probe: onCpu }).installer.install('webgpu')).warning ?? '',
        /on no GPU but on CPU \(no GPU\)/,
      );
    });

    it('leaves nothing half done when it is cancelled, and goes on from there', async () => {
      const define = definitions();
      const whole = routes.get('/webgpu.tgz') as Serve;
      const data = { length: 0 };
      routes.set('/webgpu.tgz', (request, response) => {
        if (request.method === 'HEAD') {
          whole(request, response);
          return;
        }
        response.writeHead(200, { etag: '"1"', 'content-length': 200_500 });
        response.write(big.subarray(0, 80_000));
        data.length = 80_000;
      });
      const made: Made = make({ define });
      const running = made.installer.install('webgpu');
      while (!made.told.some(({ detail }) => detail.startsWith('0.1 MB')))
        await new Promise((resolve) => setTimeout(resolve, 5));
      made.cancel();
      await refused(running, 'cancelled');
      assert.equal(made.installer.state('webgpu').state, 'not-installed');
      assert.deepEqual(readdirSync(made.root), ['download']);
      assert.equal(data.length, 80_000);

      // What had come was not the beginning of the real file: that is found out, too.
      routes.set('/webgpu.tgz', whole);
      await made.installer.install('webgpu');
      assert.ok(requests.some((each) => each.startsWith('GET /webgpu.tgz bytes=')));
      assert.equal(made.installer.state('webgpu').state, 'installed');
    });

    it('can be cancelled while it is opened', async () => {
      const made: Made = make({
        probe: (_name, _folder, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('stopped')));
            setTimeout(() => made.cancel(), 20);
          }),
      });
      await refused(made.installer.install('webgpu'), 'cancelled');
      assert.equal(made.installer.state('webgpu').state, 'not-installed');
      assert.deepEqual(readdirSync(made.root), ['download']);
    });

    it('refuses what has another checksum, or leads out of its folder', async () => {
      const evil = archive([{ name: 'package/../../../../evil', content: 'x' }]);
      const define = definitions();
      routes.set('/other.tgz', file(evil));
      const wrong = make({ define });
      await refused(wrong.installer.install('webgpu'), 'integrity');
      const pinned = () => {
        const definition = define();
        const [main, other] = definition.artifacts as [Artifact, Artifact];
        return { ...definition, artifacts: [main, { ...other, checksum: { integrity: integrityOf(evil) } }] };
      };
      const traversing = make({ define: pinned });
      await refused(traversing.installer.install('webgpu'), 'archive');
      for (const { installer, root } of [wrong, traversing]) {
        assert.equal(installer.state('webgpu').state, 'not-installed');
        assert.deepEqual(readdirSync(root), ['download']);
      }
    });

    it('lets one of two windows install, and both have it then', async () => {
      const root = path.join(folder(), 'runtimes');
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      const slow: Probe = async () => {
        await opened;
        return ready;
      };
      const [first, second] = [make({ root, probe: slow }), make({ root })];
      const running = first.installer.install('webgpu');
      while (!first.told.some(({ stage }) => stage === 'probe')) await new Promise((resolve) => setTimeout(resolve, 5));
      await refused(second.installer.install('webgpu'), 'busy');
      await refused(second.installer.remove('webgpu'), 'busy');
      open();
      await running;
      assert.equal(second.installer.state('webgpu').state, 'installed');
    });

    it('clears up after a window that died while it installed, or while it exchanged the old for the new', async () => {
      const { installer, root } = make();
      mkdirSync(path.join(root, '.webgpu-new-dead/node_modules'), { recursive: true });
      await installer.install('webgpu');
      assert.deepEqual(readdirSync(root).sort(), ['download', 'webgpu']);

      const at = folder();
      const refuse: Probe = () => Promise.reject(new Error('does not start'));
      const other = make({ root: at, probe: refuse });
      mkdirSync(path.join(at, '.webgpu-old-dead/node_modules/webgpu'), { recursive: true });
      writeFileSync(path.join(at, '.webgpu-old-dead/runtime.json'), JSON.stringify({ schema: 1, version: '0.9.0' }));
      writeFileSync(path.join(at, '.webgpu-old-dead/node_modules/webgpu/package.json'), '{"version":"0.9.0"}');
      await refused(other.installer.install('webgpu'), 'probe');
      assert.equal(versionIn(at), '0.9.0', 'the old one is back');
    });

    it('knows a folder without its manifest for what it is, and one that has lost its package', async () => {
      const { installer, root } = make();
      mkdirSync(path.join(root, 'webgpu/node_modules/webgpu'), { recursive: true });
      writeFileSync(path.join(root, 'webgpu/node_modules/webgpu/package.json'), '{}');
      const half = installer.state('webgpu');
      assert.ok(half.state === 'broken' && half.reason.includes('runtime.json is missing'));
      await refused(installer.check('webgpu'), 'broken');
      await installer.install('webgpu');
      assert.equal(installer.state('webgpu').state, 'installed');
      rmSync(path.join(root, 'webgpu/node_modules/webgpu'), { recursive: true });
      const lost = installer.state('webgpu');
      assert.ok(lost.state === 'broken' && lost.reason.includes('has lost its webgpu'));
    });

    it('removes what it has installed, and what was downloaded', async () => {
      const { installer, root } = make();
      await installer.install('webgpu');
      mkdirSync(path.join(root, 'download/webgpu'), { recursive: true });
      writeFileSync(path.join(root, 'download/webgpu/rest.part'), 'x');
      await installer.remove('webgpu');
      assert.equal(installer.state('webgpu').state, 'not-installed');
      assert.deepEqual([readdirSync(root), readdirSync(path.join(root, 'download'))], [['download'], []]);
      await installer.remove('webgpu');
      await refused(installer.check('webgpu'), 'broken');
    });

    it('locates what is somewhere else, by any of its folders, once it has been opened', async () => {
      const at = folder();
      const own = path.join(at, 'node_modules/@tensorflow/tfjs-node-gpu');
      mkdirSync(own, { recursive: true });
      writeFileSync(path.join(own, 'package.json'), '{}');
      const opened: string[] = [];
      const { installer } = make({
        probe: (_name, where) => {
          opened.push(where);
          return Promise.resolve(ready);
        },
      });
      for (const chosen of [at, path.join(at, 'node_modules'), own]) {
        assert.deepEqual(await installer.locate('cuda', chosen), { folder: at, ready });
      }
      assert.deepEqual(opened, [at, at, at]);
      assert.match(
        (await refused(installer.locate('cuda', scratch), 'broken')).remedy,
        /npm install @tensorflow\/tfjs-node-gpu/,
      );
      assert.deepEqual(installer.state('cuda', at), { state: 'located', folder: at });
      assert.equal(installer.state('cuda', scratch).state, 'broken');
      assert.deepEqual(await installer.check('cuda', at), { folder: at, ready });
    });
  });

  /** The files of a folder as npm packs them. */
  function packed(at: string, keep: (file: string) => boolean = () => true, top = 'package'): Buffer {
    const files = readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((each) => ({ each, name: path.relative(at, each).split(path.sep).join('/') }))
      .filter(({ name }) => !name.includes('node_modules/') && keep(name));
    return archive(files.map(({ each, name }) => ({ name: `${top}/${name}`, content: readFileSync(each) })));
  }

  /** Installs a runtime of packages as they are here: packed anew, they have other checksums than in npm's registry. */
  async function installReal(
    name: RuntimeName,
    pack: (artifact: Artifact) => Buffer,
    options: Omit<WorkerClientOptions, 'workerPath' | 'log' | 'backend'>,
  ): Promise<Checked> {
    const definition = definitionOf(name, process, { registry: origin, mirror: origin });
    assert.ok('artifacts' in definition);
    const artifacts = definition.artifacts.map((each) => {
      const data = pack(each);
      routes.set(new URL(each.url).pathname, file(data));
      return { ...each, checksum: { integrity: integrityOf(data) } };
    });
    const nothing = (): void => undefined;
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    return new RuntimeInstaller({
      root: path.join(folder(), 'runtimes'),
      ui: {
        consent: () => Promise.resolve(true),
        progress: (_title, work) => work(nothing, new AbortController().signal),
      },
      log,
      trusted: () => true,
      define: () => ({ ...definition, artifacts }),
      probe: async (_name, runtimePath) => {
        const workerPath = path.resolve('dist/worker.js');
        const settings = { ...options.settings, runtimePath };
        const client = new WorkerClient({ ...options, workerPath, log, backend: name, settings });
        return client.open().finally(() => client.dispose());
      },
    }).install(name);
  }

  it('installs the package webgpu from a registry, which the worker then opens', async function () {
    this.timeout(120_000);
    const own = path.resolve('node_modules/webgpu/dist');
    const supported = 'artifacts' in definitionOf('webgpu', process);
    if (!existsSync(own) || !supported) {
      console.log('      skipped: the package webgpu is not here, or not for this platform');
      this.skip();
    }
    const few = /^(?!dist\/.*\/)|^dist\/(linux-x64|linux-arm64|darwin-universal|win32-x64)\//;
    const {
      folder: at,
      warning,
      ready,
    } = await installReal('webgpu', ({ to }) => packed(path.resolve(to), (name) => few.test(name)), {
      settings: { allowSoftware: true },
    });
    // Without a driver there is no device, and that is no fault of what was installed.
    assert.ok(ready?.identity.backend === 'webgpu' || (warning ?? '').includes('adapter'), warning);
    const programs = readdirSync(path.join(at, 'node_modules/webgpu/dist'), { withFileTypes: true });
    assert.equal(programs.filter((each) => each.isDirectory()).length, 1, 'this platform’s alone');
  });

  it('installs all that TensorFlow.js loads, with an addon (LOSSFLOOR_TEST_TFJS), which the worker then opens', async function () {
    this.timeout(180_000);
    const built = process.env['LOSSFLOOR_TEST_TFJS'];
    if (!built) {
      console.log('      skipped: LOSSFLOOR_TEST_TFJS names no folder with @tensorflow/tfjs-node-gpu and its addon');
      this.skip();
    }
    const own = path.join(built, 'node_modules/@tensorflow/tfjs-node-gpu');
    const {
      folder: at,
      warning,
      ready,
    } = await installReal(
      'cuda',
      ({ id, to }) => {
        // The library is too big to be packed here; it is found by the library path.
        if (id === 'libtensorflow') return archive([{ name: './include/README', content: 'headers' }]);
        if (id === 'tfjs-binding') return packed(path.join(own, 'lib/napi-v8'), undefined, 'napi-v8');
        return packed(path.resolve(to), (name) => !/^(lib|deps)\//.test(name) || id !== '@tensorflow/tfjs-node-gpu');
      },
      { env: { LD_LIBRARY_PATH: path.join(own, 'deps/lib') }, startWithin: 60_000 },
    );
    assert.equal(ready?.identity.hardware, 'cpu');
    assert.match(warning ?? '', /on no GPU but on CPU \(TensorFlow found no usable GPU/);
    assert.ok(ready.selfTest?.passed);
    assert.ok(existsSync(path.join(at, 'node_modules/@tensorflow/tfjs-node-gpu/deps/include/README')));
  });
});
