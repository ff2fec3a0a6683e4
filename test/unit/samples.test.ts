import assert from 'node:assert/strict';
import {
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bytesSource, readSamples, ReadingCancelled, SamplesError, withFile, type SampleFile } from '../../src/samples';
import { formats } from '../../src/numeric';
import { npy, randomOf, stored, vector, zip } from './arrays';

const read = (name: string, bytes: Uint8Array): Promise<SampleFile> => readSamples(bytesSource(name, bytes));
const csv = (text: string): Promise<SampleFile> => read('a.csv', Buffer.from(text));

async function refused(file: Promise<SampleFile>, message: RegExp): Promise<void> {
  await assert.rejects(file, (error) => {
    assert.ok(error instanceof SamplesError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

const values = [0, -0, 1.5, -17.25, 0.1, NaN, Infinity, -Infinity, 3.4028234663852886e38];

describe('reading .npy files', () => {
  it('reads floats of every width and byte order, to the last bit', async () => {
    for (const order of ['<', '>']) {
      const double = await read('a.npy', vector(`${order}f8`, values));
      assert.deepEqual([...double.logits], values);
      assert.ok(double.logits instanceof Float64Array);
      const single = await read('a.npy', vector(`${order}f4`, values));
      assert.deepEqual([...single.logits], values.map(Math.fround));
      assert.ok(single.logits instanceof Float32Array);
      assert.deepEqual([double.nan, double.infinite, double.targets], [1, 2, null]);
    }
  });

  it('reads every float16', async () => {
    const bits = Array.from({ length: 65_536 }, (_, i) => i);
    for (const descr of ['<f2', '>f2']) {
      const { logits, nan, infinite } = await read('a.npy', vector(descr, bits));
      assert.deepEqual([nan, infinite], [2046, 2]);
      for (const [i, value] of logits.entries()) {
        const magnitude = i & 0x7fff;
        if (magnitude > 0x7c00) continue;
        const expected = formats.float16.fromOrdinal(BigInt(magnitude));
        assert.equal(
          value,
          magnitude === 0x7c00 ? (i > 0x7fff ? -Infinity : Infinity) : i > 0x7fff ? -expected : expected,
        );
      }
    }
  });

  it('reads whole numbers, and none that float64 does not hold', async () => {
    for (const descr of ['|i1', '<i2', '>i2', '<i4', '>i4', '<i8', '>i8']) {
      assert.deepEqual([...(await read('a.npy', vector(descr, [-3, 0, 100]))).logits], [-3, 0, 100], descr);
    }
    assert.deepEqual([...(await read('a.npy', npy('|u1', [2], Uint8Array.of(200, 7)))).logits], [200, 7]);
    await refused(
      read('a.npy', vector('<i8', [2 ** 60])),
      /^a\.npy: It has the whole number 1152921504606846976, .*astype\(np\.float64\)/,
    );
  });

  it('reads headers of all versions, of Python 2, and arrays in the order of Fortran', async () => {
    const data = stored('<f4', [1, 2]);
    for (const version of [1, 2, 3] as const) {
      assert.deepEqual([...(await read('a.npy', npy('<f4', [2], data, { version }))).logits], [1, 2]);
    }
    const header = `{"descr": u'<f4', 'fortran_order': False, 'shape': (2L,)}`;
    assert.deepEqual([...(await read('a.npy', npy('', [], data, { header }))).logits], [1, 2]);
    // Rows (1, 2), (3, 5), (4, 8) of two classes: the differences are 1, 2, 4 in either order.
    const rows = await read('a.npy', npy('<f4', [3, 2], stored('<f4', [1, 2, 3, 5, 4, 8])));
    const columns = await read('a.npy', npy('<f4', [3, 2], stored('<f4', [1, 3, 4, 2, 5, 8]), { fortran: true }));
    assert.deepEqual([...rows.logits], [1, 2, 4]);
    assert.deepEqual([...columns.logits], [1, 2, 4]);
    assert.match(rows.notes[0] ?? '', /softmax of two classes/);
    const cube = Array.from({ length: 24 }, (_, i) => i);
    const fortran = cube.map((_, i) => {
      const [a, c, d] = [i % 2, Math.floor(i / 2) % 3, Math.floor(i / 6)];
      return a * 12 + c * 4 + d;
    });
    const read3 = await read('a.npy', npy('<f8', [2, 1, 3, 4], stored('<f8', fortran), { fortran: true }));
    assert.deepEqual([...read3.logits], cube);
  });

  it('takes every shape of one logit a sample, and explains the others', async () => {
    for (const shape of [[], [1], [1, 1]]) {
      assert.deepEqual([...(await read('a.npy', npy('<f4', shape, stored('<f4', [5])))).logits], [5]);
    }
    for (const shape of [[6], [6, 1], [1, 6], [2, 1, 3], [2, 3, 1]]) {
      const { logits, notes } = await read('a.npy', npy('<f4', shape, stored('<f4', [1, 2, 3, 4, 5, 6])));
      assert.deepEqual([[...logits], notes], [[1, 2, 3, 4, 5, 6], []], shape.join());
    }
    const six = stored('<f4', [1, 2, 3, 4, 5, 6]);
    await refused(
      read('a.npy', npy('<f4', [2, 3], six)),
      /Its shape is \(2, 3\), and a sample has one logit.*z\.ravel\(\).*logsumexp/,
    );
    await refused(read('a.npy', npy('<f4', [3, 0], six)), /has no elements: its shape is \(3, 0\)/);
  });

  it('never unpickles, and says how to save what it does not read', async () => {
    const trap = path.join(os.tmpdir(), `lossfloor-unpickled-${String(process.pid)}`);
    // cposix system: what pickle.loads would run.
    const pickle = Buffer.from(`cposix\nsystem\n(S'touch ${trap}'\ntR.`);
    await refused(
      read('a.npy', npy('|O', [1], pickle)),
      /^a\.npy: Its elements are pickled Python objects \(dtype object\).*never read.*dtype=np\.float32/,
    );
    await refused(read('a.npz', zip({ 'logits.npy': npy('|O', [1], pickle) })), /pickled Python objects/);
    await refused(read('a.pkl', pickle), /^a\.pkl: It is a pickle/);
    await refused(read('x', Buffer.from([0x80, 4, 0x95])), /It is a pickle/);
    await refused(read('model.pt', zip({ 'model/data.pkl': pickle })), /torch\.save.*never read.*\.numpy\(\)/);
    assert.ok(!existsSync(trap));
    const structured = `{'descr': [('z', '<f4'), ('t', '<i8')], 'fortran_order': False, 'shape': (1,), }`;
    await refused(
      read('a.npy', npy('', [], new Uint8Array(12), { header: structured })),
      /array of records.*x\["field"\]/,
    );
    for (const [descr, said] of [
      ['|V2', /bfloat16.*astype\(np\.float32\)/],
      ['<c8', /complex.*x\.real/],
      ['<f16', /float64/],
      ['<U7', /texts/],
      ['<M8[ns]', /times/],
      ['|b1', /dtype bool/],
      ['nonsense', /has the dtype "nonsense"/],
    ] as const) {
      await refused(read('a.npy', npy(descr, [1], new Uint8Array(64))), said);
    }
  });

  it('says what is cut off or no header', async () => {
    const whole = vector('<f4', [1, 2, 3]);
    for (const length of [0, 1, 5, 8, 9, 12, 60, whole.length - 1]) {
      await refused(read('a.npy', whole.subarray(0, length)), /cut off|empty|not a \.npy file/);
    }
    await refused(
      read('a.npy', whole.subarray(0, 130)),
      /It is cut off: it has 130 bytes, and by its header it should have 140/,
    );
    for (const header of [
      '',
      '{}',
      '[]',
      '{1: 2}',
      "{'descr': '<f4'}",
      "__import__('os').system('true')",
      '('.repeat(90),
    ]) {
      await refused(
        read('a.npy', npy('', [], new Uint8Array(8), { header })),
        /Its header is not that of a \.npy file/,
      );
    }
    const strange = Buffer.from(whole);
    strange[6] = 9;
    await refused(read('a.npy', strange), /version 9/);
  });

  it('refuses 2 GB by its header alone, at once, and says how to take a part', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-samples-'));
    try {
      const file = path.join(folder, 'big.npy');
      const handle = openSync(file, 'w');
      const start = npy('<f4', [500_000_000], new Uint8Array(0));
      writeSync(handle, start);
      ftruncateSync(handle, start.length + 2_000_000_000);
      closeSync(handle);
      const begun = performance.now();
      await refused(
        withFile(file, (source) => readSamples(source)),
        /^big\.npy: It has 500,000,000 samples in 1,908 MB; at most 20,000,000 and 256 MB are taken\. Take a part: np\.save\("part\.npy", x\[:20_000_000\]\)$/,
      );
      const text = path.join(folder, 'big.csv');
      writeFileSync(text, '1\n');
      const other = openSync(text, 'r+');
      ftruncateSync(other, 2_000_000_000);
      closeSync(other);
      await refused(
        withFile(text, (source) => readSamples(source)),
        /^big\.csv: It has 1,908 MB.*head -n/,
      );
      assert.ok(performance.now() - begun < 1000);
      await refused(
        withFile(folder, (source) => readSamples(source)),
        /is no file but a folder/,
      );
      await refused(
        withFile(path.join(folder, 'none'), (source) => readSamples(source)),
        /^none: It can't be read: ENOENT/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('can be cancelled, and says how far it is', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const bytes = vector(
      '<f8',
      Array.from({ length: 600_000 }, (_, i) => i),
    );
    const reading = readSamples(bytesSource('a.npy', bytes), {
      signal: controller.signal,
      progress: (done, total) => {
        seen.push(done);
        assert.equal(total, bytes.length);
        if (done > 2 ** 21) controller.abort();
      },
    });
    await assert.rejects(reading, ReadingCancelled);
    assert.deepEqual(seen, [2 ** 20, 2 ** 21, 3 * 2 ** 20]);
  });

  it('gives other work its turn while it reads a long table', async () => {
    const line = '-12.25,1\n';
    const bytes = Buffer.from(line.repeat(2_000_000));
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const { logits } = await read('long.csv', bytes);
    clearInterval(timer);
    assert.equal(logits.length, 2_000_000);
    assert.ok(longest < 250, `kept the event loop for ${String(longest)} ms`);
  });
});

describe('reading .npz files', () => {
  const logits = vector('<f4', [1, -2, 3]);
  const targets = vector('<i8', [1, 0, 1]);

  it('finds logits and targets by their names, stored or deflated', async () => {
    for (const deflate of [false, true]) {
      const archive = zip({ 'logits.npy': logits, 'targets.npy': targets, 'ids.npy': vector('<i8', [1]) }, { deflate });
      const file = await read('a.npz', archive);
      assert.deepEqual([...file.logits], [1, -2, 3]);
      assert.deepEqual([...(file.targets ?? [])], [1, 0, 1]);
      assert.deepEqual(file.notes, ['Left out: the array "ids".']);
    }
    const bools = await read('a.npz', zip({ 'Z.npy': logits, 'y.npy': npy('|b1', [3, 1], Uint8Array.of(1, 0, 1)) }));
    assert.deepEqual([...(bools.targets ?? [])], [1, 0, 1]);
    assert.equal((await read('a.npz', zip({ 'arr_0.npy': logits }))).targets, null);
  });

  it('lists the arrays where it is not clear which are which', async () => {
    await refused(
      read('a.npz', zip({ 'arr_0.npy': logits, 'arr_1.npy': targets })),
      /^a\.npz: None of its arrays has the name of logits: "arr_0", "arr_1"\. Name one/,
    );
    await refused(
      read('a.npz', zip({ 'z.npy': logits, 'x.npy': logits })),
      /More than one array may be the logits: "z", "x"/,
    );
    await refused(
      read('a.npz', zip({ 'z.npy': logits, 't.npy': targets, 'y.npy': targets })),
      /More than one array may be the targets/,
    );
    await refused(read('a.npz', zip({ 'y.npy': targets })), /None of its arrays has the name of logits/);
    await refused(read('a.npz', zip({ 'readme.txt': logits })), /without any \.npy array/);
  });

  it('refuses what is encrypted, damaged or a bomb', async () => {
    const files = { 'logits.npy': logits };
    await refused(read('a.npz', zip(files, { encrypted: true })), /is encrypted/);
    await refused(read('a.npz', zip(files, { method: 12 })), /compressed by the method 12/);
    await refused(read('a.npz', zip(files, { crc: 1 })), /check sum \(CRC-32\) is wrong/);
    await refused(read('a.npz', zip(files, { deflate: true, size: 130 })), /larger than the archive says|cut off/);
    await refused(read('a.npz', zip(files).subarray(0, -30)), /no archive that can be read/);
    const long = npy('<f4', [4_000_000], new Uint8Array(16_000_000));
    const bomb = zip({ 'logits.npy': long }, { deflate: true, size: 3_000_000_000 });
    assert.ok(bomb.length < 100_000);
    await refused(read('a.npz', bomb), /has 2,862 MB when it is unpacked, and at most 256 MB/);
    // One that lies about its size.
    await refused(
      read('a.npz', zip({ 'logits.npy': long }, { deflate: true, size: 5000 })),
      /larger than the archive says|cut off/,
    );
  });

  it('wants a target between 0 and 1 for each logit', async () => {
    const archive = (descr: string, all: readonly number[]): Uint8Array =>
      zip({ 'logits.npy': logits, 'targets.npy': vector(descr, all) });
    await refused(read('a.npz', archive('<f4', [1, 0])), /It has 3 logits and 2 targets/);
    await refused(read('a.npz', archive('<i8', [1, 2, 0])), /Target 2 of 3 is 2; targets lie between 0 and 1/);
    await refused(read('a.npz', archive('<i8', [1, 1, -1])), /Target 3 of 3 is -1; .*\(t \+ 1\) \/ 2/);
    await refused(read('a.npz', archive('<f4', [NaN, 1, 0])), /Target 1 of 3 is NaN/);
    const two = npy('<f4', [3, 2], stored('<f4', [1, 2, 3, 5, 4, 8]));
    assert.deepEqual([...(await read('a.npz', zip({ 'z.npy': two, 't.npy': targets }))).logits], [1, 2, 4]);
    await refused(
      read('a.npz', zip({ 'z.npy': two, 't.npy': npy('<f4', [3, 2], stored('<f4', [0, 1, 0, 1, 1, 0])) })),
      /argmax\(1\)/,
    );
  });
});

describe('reading CSV files', () => {
  it('reads separators, names and special values', async () => {
    const expected = { logits: [1.5, -2e-3, 3], targets: [1, 0, 0.25] };
    for (const text of [
      'logits,targets\n1.5,1\n-2e-3,0\n3,.25\n',
      '\uFEFFtarget;id;Logit\r\n1;a b;1.5\r\n0;"c;d";-2e-3\r\n.25;;+3.\r\n',
      '1.5\t1\n-2e-3\t0\n3\t0.25',
      '# logits targets\n1.500000000000000000e+00 1.0\n-2e-3 0\n3 0.25\n',
      '\n"1.5",1\n\n# a remark\n-0.002 , 0\n3,0.25\n\n',
      'name,logits,targets\n"Smith, J.",1.5,1\nb,-2e-3,0\nc,3,.25\n',
    ]) {
      const { logits, targets } = await csv(text);
      assert.deepEqual({ logits: [...logits], targets: [...(targets ?? [])] }, expected, text);
    }
    const special = await csv('scores\nnan\nNaN\ninf\n-Infinity\n+inf\n-0\n1e400\n0.1');
    assert.deepEqual([...special.logits], [NaN, NaN, Infinity, -Infinity, Infinity, -0, Infinity, 0.1]);
    assert.deepEqual([special.nan, special.infinite, special.targets], [2, 4, null]);
    assert.deepEqual([...(await csv('my column\n1\n2')).logits], [1, 2]);
  });

  it('says line and column of what is no number', async () => {
    await refused(
      csv('logits,targets\n1,0\nthree,1\n'),
      /^a\.csv: Line 3, column 1 \("logits"\): "three" is not a number\.$/,
    );
    await refused(csv('1,0\n2,yes\n'), /Line 2, column 2 \("targets"\): "yes" is not a number/);
    await refused(csv('logits;targets\n1,5;0\n'), /"1,5" is not a number\. Write it with a decimal point/);
    await refused(csv('logits,targets\n,1\n'), /Line 2, column 1 \("logits"\) is empty/);
    await refused(csv('1.5x\n2\n'), /Line 1, column 1: "1\.5x" is not a number/);
    for (const text of ['0x10', '1_000', '1e', '--1', '1d5', '١']) await refused(csv(`logits\n${text}\n`), /Line 2/);
    await refused(csv('logits,targets\n1,0\n2\n'), /Line 3 has 1 cell, and the lines before have 2 cells/);
    await refused(
      csv('It was a dark\nand stormy night\n'),
      /Line 2, column 1 \("It was a dark"\): "and stormy night" is not a number/,
    );
    await refused(csv('a,b\n1,2\n'), /None of its columns has the name of logits/);
    await refused(csv('x,x\n1,2\n'), /two columns alike/);
    await refused(csv('1,2,3\n'), /3 columns without names/);
    await refused(csv('logits\n'), /has no numbers/);
    await refused(csv('logits,targets\n1,0\n2,1.5\n'), /Target 2 of 2 is 1\.5/);
    await refused(csv('1'.repeat(1_000_001)), /without a line break/);
    await refused(read('a.csv', Buffer.from([0x31, 0x0a, 0xff, 0xfe])), /no text in UTF-8/);
    await refused(read('a.bin', Buffer.from([0x31, 0, 0, 0])), /zero bytes/);
  });

  it('counts lines over the borders of what is read at once', async () => {
    const lines = Array.from({ length: 300_000 }, (_, i) => String(i / 8));
    assert.deepEqual([...(await csv(lines.join('\n'))).logits], lines.map(Number));
    lines[299_000] = 'oops';
    await refused(csv(lines.join('\n')), /Line 299,001, column 1/);
  });
});

describe('the sample of logits', () => {
  it('is a small table of a classifier that is sure of itself', async () => {
    const file = path.resolve('samples/logits.csv');
    assert.ok(statSync(file).size < 100_000);
    const { logits, targets, notes } = await withFile(file, (source) => readSamples(source));
    assert.deepEqual([logits.length, targets?.length, notes], [3000, 3000, []]);
    assert.ok(logits.some((z) => z > 16.7) && logits.some((z) => z < -16.7));
    // One in 101 has the other label.
    assert.ok(
      logits.some((z, i) => z > 5 && targets?.[i] === 0) && logits.some((z, i) => z < -5 && targets?.[i] === 1),
    );
  });
});

describe('reading broken files', () => {
  const originals: readonly (readonly [string, Uint8Array])[] = [
    ['a.npy', vector('<f4', [1, 2, 3, 4])],
    ['b.npy', npy('>f8', [2, 2], stored('>f8', [1, 2, 3, 4]), { fortran: true, version: 2 })],
    ['c.npz', zip({ 'logits.npy': vector('<f2', [1, 2, 3]), 'targets.npy': vector('|i1', [0, 1, 1]) })],
    ['d.npz', zip({ 'z.npy': vector('<f8', [1, 2, 3]), 't.npy': vector('<i4', [0, 1, 1]) }, { deflate: true })],
    ['e.csv', Buffer.from('logits,targets\n1.5,1\n-2e-3,0\nnan,0.5\n')],
    ['f.csv', Buffer.from('1.5;1\n"2";0\n# x\n-inf;0\n')],
  ];
  const count = Number(process.env['LOSSFLOOR_SAMPLES'] ?? 4000);

  it(`throws nothing but its own error, and never hangs (${String(count)} mutations)`, async () => {
    const random = randomOf(20_261_122);
    const below = (n: number): number => Math.floor(random() * n);
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const [name, original] = originals[i % originals.length] as (typeof originals)[number];
      let bytes = Buffer.from(original);
      for (let change = below(4); change >= 0; change--) {
        const at = below(bytes.length);
        const kind = below(5);
        if (kind === 0) bytes[at] = below(256);
        else if (kind === 1) bytes = bytes.subarray(0, at + 1);
        else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(9))]);
        else if (kind === 3) bytes = Buffer.concat([bytes, bytes.subarray(at)]);
        else bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        if (bytes.length === 0) bytes = Buffer.from(' ');
      }
      try {
        const { logits, targets } = await read(name, bytes);
        assert.ok(logits.length > 0);
        assert.ok(targets === null || targets.length === logits.length);
        accepted++;
      } catch (error) {
        assert.ok(error instanceof SamplesError, `${name}, mutation ${String(i)}: ${String((error as Error).stack)}`);
        assert.match(error.message, /^[a-f]\.\w+: \S.*\S$/su);
        assert.ok(error.message.length < 700, error.message);
      }
    }
    assert.ok(accepted > count / 100, 'some are only otherwise, not broken');
  });
});
