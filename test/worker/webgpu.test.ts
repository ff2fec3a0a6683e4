import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  absolute,
  acos,
  acosh,
  add,
  and,
  asin,
  asinh,
  atan2,
  atanh,
  clip,
  constant,
  cosh,
  divide,
  equal,
  erf,
  erfc,
  erfcx,
  exp,
  expm1,
  floor,
  inOrder,
  less,
  lessEqual,
  log,
  log1p,
  logAddExp,
  logGamma,
  logNormalCdf,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maximum,
  minimum,
  multiply,
  negate,
  normalCdf,
  not,
  operation,
  or,
  power,
  round,
  select,
  sigmoid,
  sinh,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  subtract,
  tanh,
  variable,
  type Expression,
  type Operator,
} from '../../src/expression';
import { losses } from '../../src/losses';
import {
  compileModel,
  formats,
  neighbour,
  nonNegativeValues,
  ulpDistance,
  type FormatName,
  type NumberFormat,
} from '../../src/numeric';
import { BackendError, type BackendErrorCode, type OpenedBackend, type Stage } from '../../src/worker/backend';
import { Cancelled, type Evaluator, type Pacer } from '../../src/worker/evaluator';
import { deviceName, DeviceEvaluator, findUnits, isSoftware, openWebgpu, type Units } from '../../src/worker/webgpu';

const project = path.resolve('.');
const [x, y] = [variable('x'), variable('y')];
const pacer: Pacer = { breathe: async () => new Promise((resolve) => setImmediate(resolve)) };

/** Chromium's software Vulkan driver, SwiftShader, which comes with Debian's package; or what VK_DRIVER_FILES names. */
function softwareDriver(): string | undefined {
  const folders = [
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/usr/lib64/chromium-browser',
    '/opt/google/chrome',
  ];
  const beside = process.env['CHROMIUM'] ? [path.dirname(process.env['CHROMIUM'])] : [];
  const known = [...beside, ...folders].map((folder) => path.join(folder, 'vk_swiftshader_icd.json'));
  return process.env['VK_DRIVER_FILES'] ?? known.find((file) => existsSync(file));
}

/** xorshift32: every float32 bit pattern comes up sooner or later, NaNs, infinities and subnormals among them. */
function randomFloats(count: number, seed: number): Float64Array {
  const bits = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bits[i] = state >>> 0;
  }
  return Float64Array.from(new Float32Array(bits.buffer));
}

/** Between -limit and limit, evenly. */
function near(count: number, limit: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    Math.fround(((i * 0.6180339887498949) % 1) * 2 * limit - limit),
  );
}

function byModel(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  inputs: readonly Float64Array[],
): Float64Array[] {
  const count = inputs[0]?.length ?? 0;
  const results = outputs.map(() => new Float64Array(count));
  compileModel(outputs, variables, format)(count, inputs, results);
  return results;
}

/** NaN, infinite, zero with its sign, or neither: what no rounding error may change. */
function kindOf(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value === 0 ? (Object.is(value, -0) ? '-0' : '0') : 'finite';
}

/** The greatest distance in ULPs; and where the kinds differ, in words. */
function compare(
  format: NumberFormat,
  inputs: readonly Float64Array[],
  expected: Float64Array,
  actual: Float64Array,
): { worst: number; differing: number; wrong: string[] } {
  let [worst, differing] = [0, 0];
  const wrong: string[] = [];
  expected.forEach((should, k) => {
    const is = actual[k] as number;
    if (Object.is(should, is)) return;
    differing++;
    // A result that is rounded to the smallest subnormal or to zero is at one ULP of the other.
    const isUnderflow = Math.abs(should) <= format.smallestSubnormal && Math.abs(is) <= format.smallestSubnormal;
    if (kindOf(should) !== kindOf(is) && !isUnderflow) {
      const at = inputs.map((input) => String(input[k])).join(', ');
      if (wrong.length < 5) wrong.push(`at ${at}: ${String(is)}, not ${String(should)}`);
    } else {
      worst = Math.max(worst, Number(ulpDistance(format, should, is)));
    }
  });
  return { worst, differing, wrong };
}

function rejectsWith(work: Promise<unknown>, code: BackendErrorCode, message: RegExp, remedy: RegExp): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof BackendError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

/** The driver that the environment names for the time of some work. */
async function withDriver<T>(driver: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['VK_DRIVER_FILES'];
  process.env['VK_DRIVER_FILES'] = driver;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['VK_DRIVER_FILES'];
    else process.env['VK_DRIVER_FILES'] = before;
  }
}

describe('webgpu', function () {
  const driver = softwareDriver();
  const stages: Stage[] = [];
  let backend: OpenedBackend;
  let evaluator: Evaluator;

  before(async function () {
    if (process.platform !== 'linux') {
      // The set-up installs a software Vulkan driver on Linux alone.
      console.log('webgpu: not run, there is no software Vulkan driver on this platform');
      this.skip();
    }
    assert.ok(
      driver !== undefined,
      'no vk_swiftshader_icd.json beside Chromium: npm run setup, or set VK_DRIVER_FILES',
    );
    backend = await withDriver(driver, () =>
      openWebgpu({ runtimePath: project, allowSoftware: true }, (stage) => stages.push(stage)),
    );
    evaluator = backend.evaluator;
  });
  after(async () => {
    await (backend as OpenedBackend | undefined)?.close();
  });

  async function compute(
    outputs: readonly Expression[],
    variables: readonly string[],
    format: NumberFormat,
    inputs: readonly Float64Array[],
    by: Evaluator = evaluator,
  ): Promise<Float64Array[]> {
    return by.prepare(outputs, variables, format).evaluate(inputs, pacer);
  }

  /** The same device, used otherwise. */
  function another(options: Partial<DeviceEvaluator['options']>): DeviceEvaluator {
    const { device, options: own } = evaluator as DeviceEvaluator;
    return new DeviceEvaluator(device, evaluator.identity, { ...own, ...options });
  }

  describe('opening', () => {
    it('says what it is: a driver that computes on the CPU is no GPU', () => {
      const { identity } = evaluator;
      assert.equal(identity.backend, 'webgpu');
      assert.equal(identity.hardware, 'software-gpu');
      assert.match(identity.device, /swiftshader|llvmpipe/i);
      assert.match(identity.version, /^webgpu \d+\.\d+\.\d+ \(Dawn\)$/);
      assert.deepEqual(stages, ['import', 'adapter', 'device']);
      assert.deepEqual(backend.formats, ['float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2']);
      // SwiftShader flushes subnormal operands and results, which `findUnits` has to notice.
      if (/swiftshader/i.test(identity.device)) {
        assert.match(
          identity.notes?.[0] ?? '',
          /float32 units compute sums, products of normal numbers\. Everything else/,
        );
      }
    });

    it('refuses a software adapter, by name', async () => {
      const opened = withDriver(driver as string, () => openWebgpu({ runtimePath: project }, () => undefined));
      await rejectsWith(
        opened,
        'no-device',
        /only WebGPU adapter .*(swiftshader|llvmpipe).* computes on the CPU/i,
        /Vulkan/,
      );
    });

    it('says when there is no adapter', async () => {
      const opened = withDriver('/nowhere.json', () => openWebgpu({ runtimePath: project }, () => undefined));
      await rejectsWith(opened, 'no-device', /finds no adapter/, /libvulkan1.*vulkaninfo/);
    });

    it('says when the package is absent, for another platform, or damaged', async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-webgpu-'));
      const open = (): Promise<OpenedBackend> => openWebgpu({ runtimePath: folder }, () => undefined);
      try {
        await rejectsWith(open(), 'not-installed', /"webgpu" is not installed in the node_modules of /, /Install/);
        const module = path.join(folder, 'node_modules/webgpu');
        mkdirSync(module, { recursive: true });
        writeFileSync(path.join(module, 'package.json'), '{ "vers');
        await rejectsWith(open(), 'unusable', /"webgpu" in the node_modules of .* is damaged: /, /Install/);
        copyFileSync('node_modules/webgpu/package.json', path.join(module, 'package.json'));
        copyFileSync('node_modules/webgpu/index.js', path.join(module, 'index.js'));
        await rejectsWith(open(), 'unusable', /has no program for this platform, \w+-\w+: .*dawn\.node/, /platform/);
        const program = path.join(module, 'dist', `${process.platform}-${process.arch}`, 'dawn.node');
        mkdirSync(path.dirname(program), { recursive: true });
        writeFileSync(program, 'no program');
        await rejectsWith(open(), 'unusable', /webgpu 0\.6\.2 in .* can't be loaded: .*dawn\.node/, /Install it anew/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('refuses to load under Electron, where the process would be ended', async () => {
      const real = process.versions;
      Object.defineProperty(process, 'versions', { value: { ...real, electron: '37.2.3' }, configurable: true });
      try {
        const opened = openWebgpu({ runtimePath: project, allowSoftware: true }, () => undefined);
        await rejectsWith(opened, 'unusable', /Electron 37\.2\.3/, /Node\.js/);
      } finally {
        Object.defineProperty(process, 'versions', { value: real, configurable: true });
      }
    });

    it('knows software by what it says of itself', () => {
      const gpu = {
        vendor: 'nvidia',
        architecture: 'hopper',
        device: 'NVIDIA H100',
        description: '',
        isFallbackAdapter: false,
      };
      assert.equal(isSoftware(gpu), false);
      assert.equal(isSoftware({ ...gpu, vendor: 'amd', device: 'AMD Radeon 780M (RADV PHOENIX)' }), false);
      assert.equal(isSoftware({ ...gpu, vendor: 'apple', device: 'Apple M3', description: 'Metal driver' }), false);
      const adrenalin = {
        ...gpu,
        vendor: 'amd',
        device: 'AMD Radeon RX 7900',
        description: 'AMD Software: Adrenalin 25.1',
      };
      assert.equal(isSoftware(adrenalin), false);
      assert.equal(isSoftware({ ...gpu, isFallbackAdapter: true }), true);
      assert.equal(isSoftware({ ...gpu, device: '', description: 'Mesa 25.0 (llvmpipe)' }), true);
      for (const device of [
        'llvmpipe (LLVM 19.1.7, 256 bits)',
        'SwiftShader Device (Subzero)',
        'Microsoft Basic Render Driver',
        'Apple Software Renderer',
      ]) {
        assert.equal(isSoftware({ ...gpu, device }), true, device);
      }
      assert.equal(deviceName(gpu), 'NVIDIA H100');
      assert.equal(deviceName({ ...gpu, description: 'NVIDIA: 570.1' }), 'NVIDIA H100 (NVIDIA: 570.1)');
      assert.equal(deviceName({ ...gpu, device: '' }), 'nvidia hopper');
    });
  });

  describe('numbers', () => {
    const count = 20_000;
    const samples = [randomFloats(count, 42), near(count, 100), near(count, 10), near(count, 1), near(count, 1e-3)];
    const values = Float64Array.from(samples.flatMap((sample) => [...sample]));
    const others = Float64Array.from([...randomFloats(2 * count, 1234567), ...near(3 * count, 7).reverse()]);

    const exact: Readonly<Record<string, Expression>> = {
      'add, subtract, multiply, divide, sqrt': add(x, y),
      subtract: subtract(x, y),
      multiply: multiply(x, y),
      divide: divide(x, y),
      sqrt: sqrt(x),
      floor: floor(x),
      round: round(x),
      sign: operation('sign', x),
      minimum: minimum(x, y),
      maximum: maximum(x, y),
      less: less(x, y),
      lessEqual: lessEqual(x, y),
      equal: equal(x, y),
      'x^2': power(x, 2),
      '1 / x': power(x, -1),
    };
    const integers: Units = { sum: 'integers', product: 'integers', quotient: 'integers', root: 'integers' };
    const checked: Units = { sum: 'checked', product: 'checked', quotient: 'integers', root: 'integers' };

    for (const [name, units] of Object.entries({ 'as opened': undefined, 'by integers': integers, checked })) {
      it(`computes arithmetic to the last bit, ${name}`, async () => {
        const outputs = Object.values(exact);
        const by = units ? another({ units }) : evaluator;
        const expected = byModel(outputs, ['x', 'y'], formats.float32, [values, others]);
        const actual = await compute(outputs, ['x', 'y'], formats.float32, [values, others], by);
        Object.keys(exact).forEach((operator, j) => {
          const { worst, wrong } = compare(
            formats.float32,
            [values, others],
            expected[j] as Float64Array,
            actual[j] as Float64Array,
          );
          assert.deepEqual({ worst, wrong }, { worst: 0, wrong: [] }, operator);
        });
      });
    }

    it('finds out what can be left to the device', async () => {
      // SwiftShader's own sums take subnormals for zero: used all the same, they give what the model does not.
      const tried: Units[] = [];
      const units = await findUnits((each) => {
        tried.push(each);
        return another({ units: each });
      });
      assert.deepEqual(units, (evaluator as DeviceEvaluator).options.units);
      assert.equal(tried[0]?.sum, 'device');
      const byDevice = another({ units: { ...integers, sum: 'device' } });
      const tiny = [Float64Array.of(2 ** -127), Float64Array.of(2 ** -126)];
      const [sum] = await compute([add(x, y)], ['x', 'y'], formats.float32, tiny, byDevice);
      assert.equal(sum?.[0] === 1.5 * 2 ** -126, units.sum === 'device');
    });

    // The greatest distance from the model's, which is the exact value rounded (but for one in millions), in ULPs.
    const functions: Readonly<Record<string, readonly [Expression, number]>> = {
      exp: [exp(x), 1],
      log: [log(x), 1],
      log1p: [log1p(x), 1],
      expm1: [expm1(x), 1],
      tanh: [tanh(x), 1],
      sinh: [sinh(x), 1],
      cosh: [cosh(x), 1],
      asin: [asin(x), 1],
      acos: [acos(x), 1],
      asinh: [asinh(x), 1],
      acosh: [acosh(x), 1],
      atanh: [atanh(x), 1],
      erf: [erf(x), 1],
      erfc: [erfc(x), 1],
      erfcx: [erfcx(x), 1],
      'x^3': [power(x, 3), 1],
      'x^-7': [power(x, -7), 1],
      'x^2.5': [power(x, 2.5), 2],
      'x^y': [power(x, y), 2],
      atan2: [atan2(x, y), 1],
      sigmoid: [sigmoid(x), 3],
      softplus: [softplus(x), 3],
      logSigmoid: [logSigmoid(x), 3],
    };
    for (const [name, [expression, limit]] of Object.entries(functions)) {
      it(`computes ${name} within ${String(limit)} ULP of the model`, async () => {
        const inputs = [values, others];
        const [expected] = byModel([expression], ['x', 'y'], formats.float32, inputs);
        const [actual] = await compute([expression], ['x', 'y'], formats.float32, inputs);
        const { worst, differing, wrong } = compare(
          formats.float32,
          inputs,
          expected as Float64Array,
          actual as Float64Array,
        );
        assert.deepEqual(wrong, []);
        assert.ok(worst <= limit, `${String(worst)} ULP`);
        assert.ok(differing < 0.04 * values.length, `${String(differing)} of ${String(values.length)} differ`);
      });
    }

    it('reaches 0, 1, 2 and infinity at the same float32 as the model', async () => {
      const borders: readonly (readonly [string, Expression, from: number, to: number, (value: number) => boolean])[] =
        [
          ['exp is 0', exp(x), -50, -200, (value) => value === 0],
          ['exp is infinite', exp(x), 50, 200, (value) => value === Infinity],
          ['exp is above 1', exp(x), 0, 1, (value) => value > 1],
          ['exp is below 1', exp(x), 0, -1, (value) => value < 1],
          ['sigmoid is 0', sigmoid(x), -50, -200, (value) => value === 0],
          ['sigmoid is 1', sigmoid(x), 0, 50, (value) => value === 1],
          ['log(sigmoid) is infinite', log(sigmoid(x)), -50, -200, (value) => value === -Infinity],
          ['log(sigmoid) is 0', log(sigmoid(x)), 0, 50, (value) => value === 0],
          ['log(1 - sigmoid) is infinite', log(subtract(1, sigmoid(x))), 0, 50, (value) => value === -Infinity],
          ['logSigmoid is 0', logSigmoid(x), 0, 200, (value) => value === 0],
          ['softplus is 0', softplus(x), 0, -200, (value) => value === 0],
          ['tanh is 1', tanh(x), 0, 50, (value) => value === 1],
          ['erf is 1', erf(x), 0, 50, (value) => value === 1],
          ['erfc is 2', erfc(x), 0, -50, (value) => value === 2],
          ['erfc is below 1', erfc(x), 0, 1, (value) => value < 1],
          ['erfc is 0', erfc(x), 1, 50, (value) => value === 0],
          ['normalCdf is 0', normalCdf(x), 0, -50, (value) => value === 0],
          ['x^2.5 is above 1', power(x, 2.5), 1, 2, (value) => value > 1],
        ];
      const format = formats.float32;
      for (const [what, expression, from, to, holds] of borders) {
        let [before, after] = [format.ordinal(from), format.ordinal(to)];
        while (after - before > 1n || before - after > 1n) {
          const middle = (before + after) / 2n;
          const [value] = byModel([expression], ['x'], format, [Float64Array.of(format.fromOrdinal(middle))]);
          if (holds(value?.[0] as number)) after = middle;
          else before = middle;
        }
        const around = Float64Array.from([-2n, -1n, 0n, 1n], (step) =>
          format.fromOrdinal(after + (after > before ? step : -step)),
        );
        const [values] = await compute([expression], ['x'], format, [around]);
        const at = `${what} from ${String(format.fromOrdinal(after))}: ${String(values)}`;
        assert.deepEqual(Array.from(values as Float64Array, holds), [false, false, true, true], at);
      }
    });

    it('computes logGamma and digamma, close to their zeros with the absolute error of their terms', async () => {
      const inputs = [Float64Array.from([...near(1500, 10), ...near(1500, 100), ...randomFloats(1000, 7)])];
      const outputs = [logGamma(x), operation('digamma', x)];
      const expected = byModel(outputs, ['x'], formats.float32, inputs);
      const actual = await compute(outputs, ['x'], formats.float32, inputs);
      expected.forEach((values, j) => {
        values.forEach((should, k) => {
          const is = (actual[j] as Float64Array)[k] as number;
          const at = `${String(j)} at ${String(inputs[0]?.[k])}: ${String(is)}, not ${String(should)}`;
          if (kindOf(should) !== 'finite') assert.equal(kindOf(is), kindOf(should), at);
          // Below 0 both are a difference of terms that are as large as log Gamma(1 - x).
          else
            assert.ok(
              Math.abs(is - should) <=
                2 ** -22 * Math.abs(should) + 2 ** -26 * (1 + Math.abs(Math.log(Math.abs(inputs[0]?.[k] as number)))),
              at,
            );
        });
      });
    });

    const special = [
      0,
      -0,
      1,
      -1,
      0.5,
      -0.5,
      2.5,
      -2.5,
      3,
      NaN,
      Infinity,
      -Infinity,
      1e-40,
      -1e-40,
      3.4e38,
      -3.4e38,
      20,
      21,
    ];
    for (const name of ['float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'] as const) {
      it(`treats NaN, infinities, signed zeros and subnormals as the model does, in every operator, in ${name}`, async function () {
        // Compiling some thirty functions, on a busy machine.
        this.timeout(180_000);
        const arithmetic = [
          ...[
            add(x, y),
            subtract(x, y),
            multiply(x, y),
            divide(x, y),
            minimum(x, y),
            maximum(x, y),
            round(x),
            floor(x),
          ],
          ...[less(x, y), lessEqual(x, y), equal(x, y), and(x, y), or(x, y), not(x), select(x, y, 3), clip(x, y, 1)],
          ...[negate(x), absolute(x), operation('sign', x), stopGradient(x), sqrt(x), constant(-0), constant(NaN)],
          ...[constant(-Infinity), power(x, 0), power(x, 1), exp(x), log(x), sigmoid(x), softplus(x)],
        ];
        const functions = [
          ...[log1p(x), expm1(x), tanh(x), logSigmoid(x), logAddExp(x, y), logSumExp(x, y, 1), softmax(x, y, 0)],
          ...[logSoftmax(x, y), logSumExp(x), power(x, y), power(x, 2.5), power(x, 5), power(x, -3)],
          ...[sinh(x), cosh(x), asin(x), acos(x), atan2(x, y), asinh(x), acosh(x), atanh(x), operation('digamma', x)],
          ...[erf(x), erfc(x), erfcx(x), normalCdf(x), logNormalCdf(x), logGamma(x)],
        ];
        // The narrow formats differ in how results are rounded: the functions are those of float32.
        const everything = name === 'float32' ? [...arithmetic, ...functions] : arithmetic;
        const format = formats[name];
        const inputs = [special.flatMap((a) => special.map(() => a)), special.flatMap(() => special)].map((each) =>
          Float64Array.from(each, format.round),
        );
        const expected = byModel(everything, ['x', 'y'], format, inputs);
        const actual: Float64Array[] = [];
        // SwiftShader runs every branch of a shader: a few operators at a time are faster.
        for (let i = 0; i < everything.length; i += 8) {
          actual.push(...(await compute(everything.slice(i, i + 8), ['x', 'y'], format, inputs)));
        }
        everything.forEach((expression, j) => {
          const { worst, wrong } = compare(format, inputs, expected[j] as Float64Array, actual[j] as Float64Array);
          assert.deepEqual(wrong, [], JSON.stringify(expression));
          assert.ok(worst <= 2, `${JSON.stringify(expression)}: ${String(worst)} ULP`);
        });
      });
    }

    it('rounds to the narrow formats as they are defined: every value and its neighbourhood', async () => {
      for (const name of ['bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'] as const) {
        const format = formats[name];
        const all = nonNegativeValues(format).filter(
          (_, i, { length }) => length < 1000 || i % 37 === 0 || length - i < 40,
        );
        // x + y of every size: ties, overflows and subnormals among the sums and products.
        const inputs = [all, all.map((_, i) => all[(i * 7919) % all.length] as number)];
        const outputs = [add(x, y), multiply(x, y), divide(x, y), subtract(x, y), sqrt(x)];
        const expected = byModel(outputs, ['x', 'y'], format, inputs);
        const actual = await compute(outputs, ['x', 'y'], format, inputs);
        expected.forEach((values, j) => {
          const { worst, wrong } = compare(format, inputs, values, actual[j] as Float64Array);
          assert.deepEqual({ worst, wrong }, { worst: 0, wrong: [] }, `${name}, output ${String(j)}`);
        });
      }
    });
  });

  describe('catalogue', () => {
    /** What errors of a function can do: its result, a little larger and a little smaller, with all that follows. */
    const approximate: ReadonlySet<Operator> = new Set<Operator>([
      ...(['exp', 'log', 'log1p', 'expm1', 'tanh', 'power'] as const),
      ...(['sigmoid', 'logSigmoid', 'softplus', 'logAddExp', 'logSumExp', 'softmax', 'logSoftmax'] as const),
    ]);

    /** The outputs with the result of one node multiplied by a number. */
    function perturbed(outputs: readonly Expression[], at: Expression, factor: number): Expression[] {
      const made = new Map<Expression, Expression>();
      const get = (node: Expression): Expression => made.get(node) as Expression;
      for (const node of inOrder(outputs)) {
        const same =
          node.kind === 'operation'
            ? operation(node.operator, ...node.operands.map(get))
            : node.kind === 'withGradient'
              ? get(node.value)
              : node;
        made.set(node, node === at ? multiply(same, factor) : same);
      }
      return outputs.map(get);
    }

    /** How far errors of 4 ULP in each function can move the outputs: the sum of what each does by itself. */
    function sensitivity(
      outputs: readonly Expression[],
      format: NumberFormat,
      inputs: readonly Float64Array[],
      expected: readonly Float64Array[],
    ): Float64Array[] {
      const moved = expected.map((values) => new Float64Array(values.length));
      const nodes = inOrder(outputs).filter((node) => node.kind === 'operation' && approximate.has(node.operator));
      for (const node of nodes) {
        const both = [1, -1].map((direction) =>
          byModel(perturbed(outputs, node, 1 + direction * 2 ** (2 - format.precision)), ['z', 't'], format, inputs),
        );
        moved.forEach((sum, j) => {
          const distances = both.map((results) =>
            (results[j] as Float64Array).map((value, k) => {
              const should = (expected[j] as Float64Array)[k] as number;
              if (Object.is(value, should)) return 0;
              // Where a value stops being a number, anything may follow.
              return Number.isFinite(value - should) ? Math.abs(value - should) : Infinity;
            }),
          ) as [Float64Array, Float64Array];
          sum.forEach((before, k) => {
            sum[k] = before + Math.max(distances[0][k] as number, distances[1][k] as number);
          });
        });
      }
      return moved;
    }

    /** Points around each place from 0 outwards where the model's values become something else for the first time. */
    function thresholds(outputs: readonly Expression[], format: NumberFormat, target: number): number[] {
      const places = new Set<number>();
      for (const direction of [1, -1]) {
        const grid = Float64Array.from({ length: 2001 }, (_, i) => format.round((direction * i) / 10));
        const results = byModel(outputs, ['z', 't'], format, [grid, grid.map(() => target)]);
        results.forEach((values, j) => {
          const seen = new Set([kindOf(values[0] as number)]);
          values.forEach((value, i) => {
            const kind = kindOf(value);
            if (seen.has(kind)) return;
            seen.add(kind);
            let [low, high] = [format.ordinal(grid[i - 1] as number), format.ordinal(grid[i] as number)];
            while (high - low > 1n || low - high > 1n) {
              const middle = (low + high) / 2n;
              const at = Float64Array.of(format.fromOrdinal(middle));
              const [there] = byModel([outputs[j] as Expression], ['z', 't'], format, [at, Float64Array.of(target)]);
              if (kindOf(there?.[0] as number) === kind) high = middle;
              else low = middle;
            }
            for (let step = -3n; step <= 3n; step++) places.add(neighbour(format, format.fromOrdinal(high), step));
          });
        });
      }
      return [...places];
    }

    async function holds(id: string, name: FormatName, points: Float64Array): Promise<void> {
      const format = formats[name];
      const { loss, gradient } = (losses.find((entry) => entry.id === id) as (typeof losses)[number]).build({}, name);
      const outputs = [loss, gradient];
      const prepared = evaluator.prepare(outputs, ['z', 't'], format);
      for (const target of [0, 1]) {
        const borders = thresholds(outputs, format, target);
        const logits = Float64Array.from([...borders, ...points]);
        const inputs = [logits, logits.map(() => target)];
        const expected = byModel(outputs, ['z', 't'], format, inputs);
        const actual = await prepared.evaluate(inputs, pacer);
        const allowed = sensitivity(outputs, format, inputs, expected);
        let differing = 0;
        expected.forEach((values, j) => {
          values.forEach((should, k) => {
            const is = (actual[j] as Float64Array)[k] as number;
            if (Object.is(should, is)) return;
            differing++;
            const what = `${['loss', 'gradient'][j] as string} for target ${String(target)} at ${String(logits[k])}: ${String(is)}, not ${String(should)}`;
            if (k < borders.length) assert.equal(kindOf(is), kindOf(should), `threshold of the ${what}`);
            const step = Math.abs(neighbour(format, should, 1n) - should) || format.smallestSubnormal;
            const limit = ((allowed[j] as Float64Array)[k] as number) + step;
            assert.ok(Math.abs(is - should) <= limit, `${what}, where ${String(limit)} is allowed`);
          });
        });
        assert.ok(differing < logits.length, `${String(differing)} of ${String(2 * logits.length)} differ`);
      }
    }

    for (const { id } of losses) {
      it(`gives ${id} and its gradient in float32, with the same thresholds`, () =>
        holds(id, 'float32', near(900, 120)));
    }
    for (const name of ['bfloat16', 'float16'] as const) {
      const some = [
        'keras/binary-crossentropy@3',
        'torch/bce-with-logits@2.3',
        'torch/bce@2.0',
        'zer/v2',
        'torch/cross-entropy',
      ];
      for (const id of some) {
        it(`gives ${id} and its gradient in ${name}`, () => holds(id, name, near(900, 120).map(formats[name].round)));
      }
    }
  });

  describe('work', () => {
    it('takes any number of points, more than one buffer holds, in order', async () => {
      const outputs = [add(x, y), negate(x)];
      for (const [by, points] of [
        [evaluator, 1_000_003],
        [another({ largestBuffer: 65_536 }), 100_001],
        [another({ largestChunk: 64 }), 1001],
      ] as const) {
        for (const count of [points, 1, 63, 64, 65]) {
          const inputs = [near(count, 30), near(count, 3).reverse()];
          const expected = byModel(outputs, ['x', 'y'], formats.float32, inputs);
          const actual = await compute(outputs, ['x', 'y'], formats.float32, inputs, by);
          // Not deepEqual of a million numbers, which takes seconds.
          const same = expected.every((values, j) => values.every((value, k) => Object.is(value, actual[j]?.[k])));
          assert.ok(same, String(count));
        }
      }
      assert.deepEqual(
        await compute(outputs, ['x', 'y'], formats.float32, [new Float64Array(0), new Float64Array(0)]),
        [new Float64Array(0), new Float64Array(0)],
      );
    });

    it('gives outputs that are variables, constants or each other', async () => {
      const shared = exp(x);
      const inputs = [Float64Array.of(0, 1, NaN, -0), Float64Array.of(7, 8, 9, 10)];
      const results = await compute([y, shared, constant(2.5), shared, x], ['x', 'y'], formats.float32, inputs);
      assert.deepEqual(results, byModel([y, shared, constant(2.5), shared, x], ['x', 'y'], formats.float32, inputs));
    });

    it('computes expressions of hundreds of operations', async () => {
      let sum: Expression = x;
      for (let i = 0; i < 150; i++) sum = i % 50 === 0 ? tanh(sum) : add(multiply(sum, 0.9), i % 7);
      const inputs = [near(64, 3)];
      const [expected] = byModel([sum], ['x'], formats.float32, inputs);
      const [actual] = await compute([sum], ['x'], formats.float32, inputs);
      const { worst, wrong } = compare(formats.float32, inputs, expected as Float64Array, actual as Float64Array);
      assert.deepEqual(wrong, []);
      assert.ok(worst <= 4, `${String(worst)} ULP`);
    });

    it('stops between chunks when cancelled, and goes on with the next request', async () => {
      const prepared = another({ largestChunk: 1024 }).prepare([negate(x)], ['x'], formats.float32);
      const inputs = [near(100_000, 30)];
      let chunks = 0;
      const impatient: Pacer = {
        breathe: async () => {
          if (++chunks > 5) throw new Cancelled();
          await pacer.breathe();
        },
      };
      await assert.rejects(prepared.evaluate(inputs, impatient), Cancelled);
      assert.equal(chunks, 6);
      const [result] = await prepared.evaluate(inputs, pacer);
      assert.equal(result?.[54_321], -(inputs[0]?.[54_321] as number));
    });

    it('keeps requests apart that run at the same time', async () => {
      const by = another({ largestChunk: 1024 });
      const all = await Promise.all(
        [1, 2, 3, 4].map((factor) => compute([multiply(x, factor)], ['x'], formats.float32, [near(5000, 10)], by)),
      );
      all.forEach(([result], i) => {
        assert.deepEqual(
          result,
          near(5000, 10).map((value) => Math.fround(value * (i + 1))),
        );
      });
    });

    it('refuses what it can’t compute', async () => {
      assert.throws(
        () => evaluator.prepare([x], ['x'], formats.float64),
        (error) => error instanceof BackendError && error.code === 'unsupported' && error.message.includes('float64'),
      );
      assert.throws(() => evaluator.prepare([x], ['z'], formats.float32), /variable "x" has no values; given are z/);
      assert.throws(
        () => evaluator.prepare([operation('sum', x)], ['x'], formats.float32),
        /sum has no value among scalars/,
      );
      const prepared = evaluator.prepare([add(x, y)], ['x', 'y'], formats.float32);
      await assert.rejects(prepared.evaluate([Float64Array.of(1)], pacer), /2 variables, but values for 1/);
      const uneven = prepared.evaluate([Float64Array.of(1), Float64Array.of(1, 2)], pacer);
      await assert.rejects(uneven, /values of x, y differ in number/);
      const small = another({ largestBuffer: 256 }).prepare([x, y], ['x', 'y'], formats.float32);
      const tooMany = small.evaluate([Float64Array.of(1), Float64Array.of(1)], pacer);
      await rejectsWith(tooMany, 'unsupported', /2 variables or outputs at once .* 256 bytes/, /fewer/);
    });

    it('says when the device is lost, in the middle of a request and ever after', async () => {
      const opened = await withDriver(driver as string, () =>
        openWebgpu({ runtimePath: project, allowSoftware: true }, () => undefined),
      );
      const prepared = opened.evaluator.prepare([exp(x)], ['x'], formats.float32);
      let chunks = 0;
      const treacherous: Pacer = {
        breathe: async () => {
          if (++chunks === 3) await opened.close();
        },
      };
      const interrupted = prepared.evaluate([near(1_000_000, 30)], treacherous);
      await rejectsWith(interrupted, 'failed', /lost its device, .*while computing: it has been closed/, /start/);
      await rejectsWith(prepared.evaluate([near(10, 30)], pacer), 'failed', /lost its device/, /start/);
      // The other device goes on.
      const [result] = await compute([negate(x)], ['x'], formats.float32, [Float64Array.of(1)]);
      assert.deepEqual(result, Float64Array.of(-1));
    });
  });
});
