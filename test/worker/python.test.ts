import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  absolute,
  add,
  and,
  arity,
  clip,
  constant,
  divide,
  equal,
  erf,
  exp,
  floor,
  isTensorOperator,
  less,
  lessEqual,
  log,
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
  softmax,
  subtract,
  variable,
  withGradient,
  type Expression,
  type Operator,
} from '../../src/expression';
import { lossById, losses, realFunctions, realLoss } from '../../src/losses';
import { planTasks } from '../../src/engine/plan';
import { margin, subjectAt, type Target, type TargetSummary } from '../../src/measure';
import { compileModel, formats, ulpDistance, type NumberFormat } from '../../src/numeric';
import { BackendError, type BackendSettings, type OpenedBackend } from '../../src/worker/backend';
import { Cancelled, type Evaluator, type Pacer, type Prepared } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { openPythonWith } from '../../src/worker/pythonBackend';
import { FrameReader, Garbage, encodeFrame } from '../../src/worker/pythonBackend/frames';
import { printPython, pythonNumber } from '../../src/worker/pythonBackend/printer';
import { compareVersions, describeRange, isInRange } from '../../src/worker/pythonBackend/versions';
import { handleMeasure } from '../../src/worker/requests';

const bridge = path.resolve('src/worker/pythonBackend/bridge.py');
const fakePython = path.resolve('test/worker/fakePython.py');
const reference = path.resolve('test/worker/reference.py');

type Framework = NonNullable<BackendSettings['framework']>;

/** What imports are there, without the time that importing takes. */
function packagesOf(interpreter: string): readonly string[] {
  const names = ['numpy', 'torch', 'torchvision', 'tensorflow', 'jax', 'optax', 'keras'];
  const program = `import importlib.util as u; print(*[n for n in ${JSON.stringify(names)} if u.find_spec(n)])`;
  try {
    return execFileSync(interpreter, ['-c', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split(' ');
  } catch {
    return [];
  }
}

/** Interpreters that are tried: those that LOSSFLOOR_TEST_PYTHON lists, the system's, and the one on the PATH. */
const interpreters = [
  ...(process.env['LOSSFLOOR_TEST_PYTHON'] ?? '').split(path.delimiter).filter((each) => each !== ''),
  ...['/usr/bin/python3', 'python3'],
].map((interpreter) => ({ interpreter, packages: packagesOf(interpreter) }));

/** All that have every one of the packages. */
function withPackages(...names: string[]): string[] {
  return interpreters
    .filter(({ packages }) => names.every((name) => packages.includes(name)))
    .map((each) => each.interpreter);
}

/** Where Keras is, and the backend that it is set to. */
const withKeras = withPackages('keras', process.env['KERAS_BACKEND'] ?? 'tensorflow');

/** The first with NumPy, which there has to be: scripts/setup.mjs installs Debian's python3-numpy. */
const python =
  withPackages('numpy').find((each) => each === '/usr/bin/python3') ?? withPackages('numpy')[0] ?? 'python3';

const unhurried: Pacer = { breathe: () => Promise.resolve() };
const x = variable('x');
const y = variable('y');

/** Those of a format that functions are most likely to get wrong, and others of all sizes. */
function valuesOf(format: NumberFormat): number[] {
  const { max, smallestNormal, smallestSubnormal } = format;
  const special = [NaN, Infinity, -Infinity, 0, -0, max, -max, smallestNormal, smallestSubnormal, -smallestSubnormal];
  const sized = Array.from({ length: 200 }, (_, i) => Math.sin(i + 1) * 2 ** ((i % 40) - 20));
  return [...special, smallestNormal / 2, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 20, ...sized].map((value) =>
    format.round(value),
  );
}

/** Every pair of them. */
function pairsOf(values: readonly number[]): [Float64Array, Float64Array] {
  const pairs = values.flatMap((a) => values.map((b): [number, number] => [a, b]));
  return [Float64Array.from(pairs, ([a]) => a), Float64Array.from(pairs, ([, b]) => b)];
}

function byModel(
  outputs: readonly Expression[],
  names: readonly string[],
  format: NumberFormat,
  inputs: Float64Array[],
): Float64Array[] {
  const count = inputs[0]?.length ?? 0;
  const results = outputs.map(() => new Float64Array(count));
  compileModel(outputs, names, format)(count, inputs, results);
  return results;
}

/** The same numbers; of zeros the sign doesn't count, and NaN is one value. */
function assertSame(got: Float64Array | undefined, expected: Float64Array | undefined, what: string): void {
  assert.ok(got && expected, what);
  assert.equal(got.length, expected.length, what);
  const i = got.findIndex((value, k) => value !== expected[k] && !(Number.isNaN(value) && Number.isNaN(expected[k])));
  assert.ok(i < 0, `${what}: ${String(got[i])} at ${String(i)}, not ${String(expected[i])}`);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the python backend', function () {
  // TensorFlow takes ten seconds to be imported, and more on a busy machine.
  this.timeout(300_000);

  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-python-test-'));
  const opened: OpenedBackend[] = [];
  /** Kept open for many tests. */
  const shared = new Map<string, Promise<OpenedBackend>>();

  async function open(settings: BackendSettings, stages: string[] = []): Promise<OpenedBackend> {
    const backend = await openPythonWith(bridge, settings, (stage, detail) =>
      stages.push(detail ? `${stage} ${detail}` : stage),
    );
    opened.push(backend);
    return backend;
  }

  function kept(interpreter: string, framework: Framework): Promise<OpenedBackend> {
    const key = `${interpreter} ${framework}`;
    const known = shared.get(key);
    if (known) return known;
    const backend = openPythonWith(bridge, { interpreter, framework }, () => undefined);
    shared.set(key, backend);
    return backend;
  }

  const withNumpy = (): Promise<OpenedBackend> => kept(python, 'numpy');

  /** A program that can be run. */
  function script(text: string): string {
    const file = path.join(mkdtempSync(path.join(scratch, 'script-')), 'python3');
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }

  const fake = (mode: string): string => script(`#!/bin/sh\nexec "${python}" "${fakePython}" ${mode} "$@"\n`);

  /** The real interpreter and the real bridge, with packages of ours before those that are installed. */
  function withFakePackages(packages: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(path.join(scratch, 'packages-'));
    for (const [name, text] of Object.entries(packages)) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const run = path.join(folder, '..', `${path.basename(folder)}.py`);
    writeFileSync(
      run,
      `import runpy, sys\nsys.path.insert(0, ${JSON.stringify(folder)})\nrunpy.run_path(sys.argv[-1], run_name="__main__")\n`,
    );
    return script(`#!/bin/sh\nexec "${python}" "${run}" "$@"\n`);
  }

  /** SciPy's functions, of which we have `erf`; it is called at each evaluation. */
  const withErf = (body: string, top = ''): string =>
    withFakePackages({ 'scipy/__init__.py': '', 'scipy/special.py': `${top}\ndef erf(x):\n    ${body}\n` });

  async function refusalOf(work: Promise<unknown>): Promise<BackendError> {
    try {
      await work;
    } catch (error) {
      assert.ok(error instanceof BackendError, String(error));
      assert.match(error.remedy, /\.$/);
      return error;
    }
    throw new Error('nothing was refused');
  }

  before(() => {
    assert.ok(withPackages('numpy').length > 0, 'no Python with NumPy: node scripts/setup.mjs installs python3-numpy');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((backend) => backend.close()));
  });
  after(async () => {
    for (const backend of shared.values()) await backend.then((each) => each.close()).catch(() => undefined);
    rmSync(scratch, { recursive: true, force: true });
  });

  describe('opens', () => {
    it('tells its stages, and what computes', async () => {
      const stages: string[] = [];
      const { evaluator, formats: known } = await open({ interpreter: python, framework: 'numpy' }, stages);
      assert.deepEqual(stages, ['import', 'import NumPy', 'device NumPy', 'ready']);
      const { identity } = evaluator;
      assert.equal(identity.backend, 'python');
      assert.equal(identity.hardware, 'cpu');
      assert.match(identity.device, /^CPU/);
      assert.match(identity.version, /^NumPy \d+\.\d+\.\d+\S*, Python 3\.\d+\.\d+ \(.*python3.*\)$/);
      const notes = identity.notes ?? [];
      assert.ok(notes.some((note) => note.includes('does not differentiate')));
      assert.ok(notes.some((note) => note.includes('no function for sigmoid')));
      assert.ok(!notes.some((note) => note.includes('subnormals')), 'NumPy flushes nothing');
      assert.deepEqual(known, ['float64', 'float32', 'float16']);
    });

    it('takes the first framework that can be imported, and says what became of those before', async () => {
      const interpreter = withFakePackages({
        'torch.py': 'raise OSError("libcudart.so.12: cannot open shared object file")',
        'tensorflow.py': 'import no_such_module',
        'jax.py': 'raise ImportError("jaxlib is too old")',
        'keras.py': 'raise ImportError("no backend")',
      });
      const { identity } = (await open({ interpreter })).evaluator;
      assert.match(identity.version, /^NumPy/);
      const troubles = (identity.notes ?? []).filter((note) => note.includes("can't be imported"));
      assert.deepEqual(
        troubles.map((note) => note.split(' ')[0]),
        ['PyTorch', 'TensorFlow', 'JAX', 'Keras'],
      );
    });

    it('imports nothing from a workspace, whatever the environment and the current folder say', async () => {
      const workspace = mkdtempSync(path.join(scratch, 'workspace-'));
      for (const name of ['numpy.py', 'json.py', 'queue.py'])
        writeFileSync(path.join(workspace, name), 'raise SystemExit("a trap")');
      const before = process.cwd();
      process.env['PYTHONPATH'] = workspace;
      process.env['PYTHONSTARTUP'] = path.join(workspace, 'numpy.py');
      process.chdir(workspace);
      try {
        const { evaluator } = await open({ interpreter: python, framework: 'numpy' });
        assert.match(evaluator.identity.version, /^NumPy/);
      } finally {
        process.chdir(before);
        delete process.env['PYTHONPATH'];
        delete process.env['PYTHONSTARTUP'];
      }
    });

    it('names an interpreter that is missing, or that is none', async () => {
      const missing = await refusalOf(open({ interpreter: '/no/such/python3' }));
      assert.equal(missing.code, 'not-installed');
      assert.match(missing.message, /There is no Python interpreter "\/no\/such\/python3"/);
      assert.match((await refusalOf(open({ interpreter: 'no-such-python' }))).message, /"no-such-python" on the PATH/);

      const folder = await refusalOf(open({ interpreter: scratch }));
      assert.equal(folder.code, 'unusable');
      assert.match(folder.message, /can't be run/);

      const chatty = await refusalOf(open({ interpreter: script('#!/bin/sh\necho "Welcome to my shell"\n') }));
      assert.equal(chatty.code, 'unusable');
      assert.match(chatty.message, /is not a Python interpreter.*Welcome to my shell/);
      const silent = await refusalOf(open({ interpreter: script('#!/bin/sh\nexit 3\n') }));
      assert.match(silent.message, /is not a Python interpreter.*answers nothing.*exit code 3/);
    });

    it('refuses a Python that is too old', async () => {
      // Python 2 doesn't know the option -X, and tells its version on its standard error.
      const two = script(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "Python 2.7.18" >&2; exit; }\necho "Unknown option: -X" >&2\nexit 2\n',
      );
      for (const [interpreter, version] of [
        [two, '2.7.18'],
        [fake('old'), '3.7.9'],
      ] as const) {
        const error = await refusalOf(open({ interpreter }));
        assert.equal(error.code, 'unusable');
        assert.ok(error.message.includes(`is Python ${version}, which is too old: 3.8 or later`), error.message);
      }
    });

    it('names a package that is missing, and how to install it', async () => {
      // -S: without site-packages.
      const bare = script(`#!/bin/sh\nexec "${python}" -S "$@"\n`);
      for (const framework of ['torch', 'numpy'] as const) {
        const error = await refusalOf(open({ interpreter: bare, framework }));
        assert.equal(error.code, 'not-installed');
        assert.ok(error.message.includes(`the package ${framework} isn't installed`), error.message);
        assert.ok(error.remedy.includes(`"${bare}" -m pip install ${framework}`), error.remedy);
      }
      assert.match((await refusalOf(open({ interpreter: bare }))).message, /none of torch, .*numpy is installed/);
      const broken = await refusalOf(
        open({ interpreter: withFakePackages({ 'torch.py': 'import sympy_that_is_not' }), framework: 'torch' }),
      );
      assert.equal(broken.code, 'not-installed');
      assert.match(broken.remedy, /pip install sympy_that_is_not/);
    });

    it('names an import that fails, crashes or never ends', async () => {
      const failing = async (source: string, more: BackendSettings = {}): Promise<BackendError> =>
        refusalOf(open({ interpreter: withFakePackages({ 'torch.py': source }), framework: 'torch', ...more }));

      const library = await failing('raise OSError("libcudnn.so.9: cannot open shared object file")');
      assert.equal(library.code, 'unusable');
      assert.match(library.message, /PyTorch can't be imported: OSError: libcudnn\.so\.9/);

      const crash = 'import os, signal, sys\nprint("loading kernels", file=sys.stderr)\n';
      const signalled = await failing(`${crash}os.kill(os.getpid(), signal.SIGSEGV)`);
      assert.equal(signalled.code, 'unusable');
      assert.match(
        signalled.message,
        /the signal SIGSEGV while it was importing PyTorch\. Its last words: loading kernels/,
      );
      assert.match((await failing(`${crash}os._exit(3)`)).message, /exit code 3 while it was importing PyTorch/);
      assert.match((await failing(`${crash}os._exit(139)`)).message, /exit code 139 \(the signal SIGSEGV\)/);

      const slow = await failing('import time, sys\nprint("compiling", file=sys.stderr)\ntime.sleep(600)', {
        importTimeout: 1,
      });
      assert.equal(slow.code, 'unusable');
      assert.match(slow.message, /Importing PyTorch took longer than 1 s\. Its last words: compiling/);
    });

    it('refuses a device that is not there', async () => {
      const error = await refusalOf(open({ interpreter: python, framework: 'numpy', device: 'cuda' }));
      assert.equal(error.code, 'no-device');
      assert.match(error.message, /NumPy finds no device cuda; there is cpu/);
    });

    it('says what a GPU is called, and that it flushes subnormals', async () => {
      const { identity } = (await open({ interpreter: fake('zeros') })).evaluator;
      assert.equal(identity.device, 'NVIDIA H100');
      assert.equal(identity.hardware, 'gpu');
      assert.equal(identity.version, 'PyTorch 2.2.1, Python 3.11.0 (/opt/fake/bin/python)');
      const notes = identity.notes ?? [];
      assert.ok(notes.includes('Flushes subnormals to zero in float32.'));
      assert.ok(notes.some((note) => note.startsWith('exp(NaN) is 0, ')));
    });
  });

  describe('computes', () => {
    // What IEEE 754 leaves no choice in is the same to the last bit, whoever computes.
    const exact: Readonly<Record<string, Expression>> = {
      arithmetic: divide(subtract(multiply(add(x, y), x), y), subtract(x, 3)),
      comparisons: add(less(x, y), multiply(2, add(lessEqual(x, y), multiply(2, equal(x, y))))),
      logic: add(and(less(x, 1), x), add(or(not(y), less(y, x)), not(not(add(x, y))))),
      selection: select(and(less(x, y), not(equal(x, 0))), x, select(y, negate(y), 7)),
      extremes: add(minimum(x, y), maximum(multiply(0.5, x), y)),
      clip: clip(x, -1, subtract(1, 1e-7)),
      rounding: add(round(x), floor(y)),
      constants: add(multiply(constant(Infinity), x), select(less(y, -0), constant(NaN), constant(1e-40))),
      custom: withGradient(add(x, 1), [x], [exp(y)]),
    };

    const exactly = (name: string, get: () => Promise<OpenedBackend>): void => {
      it(`exactly what is exact, with ${name}`, async () => {
        const { evaluator, formats: known } = await get();
        const flushing = evaluator.identity.notes?.find((note) => note.startsWith('Flushes')) ?? '';
        for (const format of known.map((each) => formats[each])) {
          // Which subnormal numbers become 0, and where, depends on the operation.
          const flushes = flushing.includes('zero.') || flushing.includes(format.name);
          const values = valuesOf(format).filter(
            (value) => !flushes || value === 0 || !(Math.abs(value) < 2 ** (format.minExponent / 2)),
          );
          const inputs = pairsOf(values);
          const names = Object.keys(exact).filter((each) => each !== 'constants' || !flushes);
          const outputs = names.map((each) => exact[each] as Expression);
          const got = await evaluator.prepare(outputs, ['x', 'y'], format).evaluate(inputs, unhurried);
          const expected = byModel(outputs, ['x', 'y'], format, inputs);
          names.forEach((each, i) => {
            assertSame(got[i], expected[i], `${each} in ${format.name}`);
          });
        }
      });
    };
    exactly('NumPy', withNumpy);

    /**
     * How far a function may be off the model's, in ULP of the format; where it cancels or the framework has a formula of
     * its own, more. For float16 and bfloat16 the model rounds once, which frameworks do in most functions.
     */
    const functions: readonly {
      readonly operator: Operator;
      readonly from: number;
      readonly to: number;
      readonly ulp: number;
    }[] = [
      { operator: 'exp', from: -80, to: 80, ulp: 3 },
      { operator: 'log', from: 1e-30, to: 1e30, ulp: 2 },
      { operator: 'log1p', from: -0.99, to: 1e30, ulp: 2 },
      { operator: 'expm1', from: -80, to: 80, ulp: 4 },
      { operator: 'sqrt', from: 1e-30, to: 1e30, ulp: 1 },
      { operator: 'tanh', from: -7, to: 7, ulp: 7 },
      { operator: 'sigmoid', from: -80, to: 80, ulp: 6 },
      { operator: 'logSigmoid', from: -12, to: 12, ulp: 4 },
      { operator: 'softplus', from: -12, to: 12, ulp: 4 },
      { operator: 'sinh', from: -60, to: 60, ulp: 32 },
      { operator: 'cosh', from: -60, to: 60, ulp: 32 },
      { operator: 'asin', from: -1, to: 1, ulp: 3 },
      { operator: 'acos', from: -1, to: 1, ulp: 6 },
      { operator: 'asinh', from: -1e3, to: 1e3, ulp: 3 },
      { operator: 'acosh', from: 1, to: 1e3, ulp: 3 },
      { operator: 'atanh', from: -0.99, to: 0.99, ulp: 128 },
      { operator: 'erf', from: -3, to: 3, ulp: 4 },
      { operator: 'erfc', from: -3, to: 3, ulp: 12 },
      { operator: 'normalCdf', from: -2, to: 5, ulp: 64 },
      { operator: 'logNormalCdf', from: -5, to: 1, ulp: 64 },
      { operator: 'logGamma', from: 3, to: 1e3, ulp: 16 },
      { operator: 'digamma', from: 2, to: 1e3, ulp: 16 },
    ];
    const rest: readonly { readonly what: string; readonly expression: Expression; readonly ulp: number }[] = [
      { what: 'power', expression: power(absolute(x), divide(y, 50)), ulp: 3 },
      { what: 'square', expression: power(x, 2), ulp: 2 },
      { what: 'logAddExp', expression: operation('logAddExp', x, 3), ulp: 3 },
      { what: 'logSumExp', expression: operation('logSumExp', x, 3, y), ulp: 3 },
      { what: 'softmax', expression: softmax(x, y, 5), ulp: 4 },
      { what: 'logSoftmax', expression: operation('logSoftmax', x, add(absolute(x), 1)), ulp: 4 },
      { what: 'atan2', expression: operation('atan2', x, add(y, 60)), ulp: 4 },
    ];

    const functionsOf = (name: string, get: () => Promise<OpenedBackend>): void => {
      it(`functions within a few ULP, with ${name}`, async () => {
        const { evaluator, formats: known } = await get();
        const far: string[] = [];
        for (const format of [formats.float64, formats.float32].filter((each) => known.includes(each.name))) {
          const compare = async (
            what: string,
            expression: Expression,
            inputs: Float64Array[],
            ulp: number,
          ): Promise<void> => {
            let prepared: Prepared;
            try {
              prepared = evaluator.prepare([expression], ['x', 'y'], format);
            } catch (error) {
              // A framework may lack a function: then it says so.
              assert.ok(error instanceof BackendError && error.code === 'unsupported' && error.message.includes(what));
              return;
            }
            const [got] = (await prepared.evaluate(inputs, unhurried)) as [Float64Array];
            const [expected] = byModel([expression], ['x', 'y'], format, inputs) as [Float64Array];
            let worst = { distance: 0, at: 0 };
            got.forEach((value, at) => {
              const distance = Number.isNaN(value)
                ? Infinity
                : Number(ulpDistance(format, value, expected[at] as number));
              if (distance > worst.distance) worst = { distance, at };
            });
            const { distance, at } = worst;
            if (distance <= ulp) return;
            far.push(
              `${what} in ${format.name} by ${String(distance)} ULP at ${String(inputs[0]?.[at])}: ` +
                `${String(got[at])}, not ${String(expected[at])}`,
            );
          };
          const y50 = Float64Array.from({ length: 1000 }, (_, i) => format.round(50 * Math.sin(i)));
          for (const { operator, from, to, ulp } of functions) {
            const between = (i: number): number =>
              from > 0 && to > 1e6 ? from * (to / from) ** (i / 999) : from + ((to - from) * i) / 999;
            const inputs = Float64Array.from({ length: 1000 }, (_, i) => format.round(between(i)));
            await compare(operator, operation(operator, x), [inputs, y50], ulp);
          }
          const wide = Float64Array.from({ length: 1000 }, (_, i) => format.round((i - 500) / 17));
          for (const { what, expression, ulp } of rest) await compare(what, expression, [wide, y50], ulp);
        }
        assert.deepEqual(far, []);
      });
    };
    functionsOf('NumPy', withNumpy);

    /** Of a point where the loss is far from its thresholds. */
    const catalogue = (name: string, get: () => Promise<OpenedBackend>): void => {
      it(`every loss of the catalogue, with ${name}`, async () => {
        const { evaluator, formats: known } = await get();
        for (const format of known.map((each) => formats[each])) {
          const logits = Float64Array.from({ length: 400 }, (_, i) => format.round(Math.sin(i * 7) * 5));
          const inputs = [logits, logits.map((_, i) => i % 2)];
          for (const entry of losses) {
            const { loss, gradient } = entry.build({}, format.name);
            const got = await evaluator.prepare([loss, gradient], ['z', 't'], format).evaluate(inputs, unhurried);
            const expected = byModel([loss, gradient], ['z', 't'], format, inputs);
            // Near enough for what cancels: a few of the last bits of 1, or of the value.
            const bits = format.bits === 16 ? 0.1 : format.name === 'float32' ? 1e-4 : 1e-11;
            got.forEach((values, k) => {
              const far = [...values].filter((value, i) => {
                const want = expected[k]?.[i] as number;
                return !(Math.abs(value - want) <= bits * Math.max(1, Math.abs(want))) && !Object.is(value, want);
              });
              // One value in a hundred may lie at a step.
              assert.ok(
                far.length <= 4,
                `${entry.id} ${k === 0 ? 'loss' : 'gradient'} in ${format.name}: ${String(far.length)} far off`,
              );
            });
          }
        }
      });
    };
    catalogue('NumPy', withNumpy);

    for (const framework of ['torch', 'tensorflow', 'jax', 'keras'] as const) {
      const found = framework === 'keras' ? withKeras : withPackages(framework);
      if (found.length === 0) {
        it.skip(`with ${framework}: no interpreter that LOSSFLOOR_TEST_PYTHON or the PATH names has it`);
      }
      for (const interpreter of found) {
        const name = `${framework} of ${interpreter}`;
        const get = (): Promise<OpenedBackend> => kept(interpreter, framework);
        exactly(name, get);
        functionsOf(name, get);
        catalogue(name, get);
      }
    }

    it('what is measured: floors, caps and thresholds as the model has them', async () => {
      const { evaluator } = await withNumpy();
      const plan = {
        losses: [{ key: 'loss', label: 'BCE', entry: lossById('torch/bce-with-logits@2.3'), constants: {} }],
        formats: ['float32'],
        targets: [0, 1],
        points: new Float64Array([-1, 1]),
      } as const;
      const tasks = [...planTasks(plan).values()].map(({ task }) => task);
      const summaries = async (by: Evaluator): Promise<TargetSummary[]> => {
        const found: TargetSummary[] = [];
        await handleMeasure({ type: 'measure', id: 1, tasks }, by, unhurried, (message) => {
          if (message.type === 'measured' && message.summary) found.push(message.summary);
        });
        return found;
      };
      const [got, expected] = [await summaries(evaluator), await summaries(modelEvaluator('under test'))];
      assert.equal(got.length, 2);
      got.forEach((summary, i) => {
        const { floor: least, right, deadFrom } = expected[i] as TargetSummary;
        assert.equal(summary.floor?.value, least?.value);
        assert.ok(Math.abs((summary.floor?.at as number) - (least?.at as number)) < 1e-4);
        assert.ok(Math.abs((summary.right.gradientZero as number) - (right.gradientZero as number)) < 1e-4);
        assert.equal(summary.deadFrom, deadFrom);
      });
    });

    it('many points in their order, chunk by chunk', async () => {
      const { evaluator } = await withNumpy();
      const many = Float64Array.from({ length: 1_000_003 }, (_, i) => i);
      const [got] = await evaluator.prepare([add(x, 1)], ['x'], formats.float64).evaluate([many], unhurried);
      assertSame(
        got,
        many.map((value) => value + 1),
        'sums',
      );
      assert.deepEqual(
        await evaluator
          .prepare([x, y], ['x', 'y'], formats.float32)
          .evaluate([new Float64Array(0), new Float64Array(0)], unhurried),
        [new Float64Array(0), new Float64Array(0)],
      );
    });

    it('a constant for every point, and a value that is asked for twice', async () => {
      const { evaluator } = await withNumpy();
      const got = await evaluator
        .prepare([constant(0.1), x, x, less(1, 2)], ['x'], formats.float32)
        .evaluate([Float64Array.of(1, 2, 3)], unhurried);
      const tenth = Math.fround(0.1);
      assert.deepEqual(
        got,
        [
          [tenth, tenth, tenth],
          [1, 2, 3],
          [1, 2, 3],
          [1, 1, 1],
        ].map((each) => Float64Array.from(each)),
      );
    });

    it('nothing in formats and of functions that the framework lacks', async () => {
      const { evaluator } = await withNumpy();
      for (const format of ['bfloat16', 'float8_e4m3fn'] as const) {
        assert.throws(
          () => evaluator.prepare([x], ['x'], formats[format]),
          (error) => error instanceof BackendError && error.code === 'unsupported' && error.message.includes(format),
        );
      }
      assert.throws(() => evaluator.prepare([y], ['x'], formats.float32), /variable "y" has no values; given are x/);
      assert.throws(
        () => evaluator.prepare([operation('mean', x)], ['x'], formats.float32),
        /mean has no value among scalars/,
      );
    });

    it('with packages that print to the standard output', async () => {
      const noise = 'import os\nprint("Using backend: fake", flush=True)\nos.write(1, b"from C\\n")\n';
      const interpreter = withErf(
        'print("erf", x.size); import os; os.write(1, b"LFB1" * 100); return x * 0 + 0.25',
        noise,
      );
      const { evaluator } = await open({ interpreter, framework: 'numpy' });
      const [got] = await evaluator
        .prepare([erf(x)], ['x'], formats.float32)
        .evaluate([Float64Array.of(1, 2)], unhurried);
      assert.deepEqual(got, Float64Array.of(0.25, 0.25));
    });

    it('and says when the memory of the device is used up', async () => {
      for (const source of [
        'raise MemoryError("Unable to allocate 16 GiB")',
        'raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")',
      ]) {
        const guarded = `if x.size > 100: ${source}\n    return x`;
        const { evaluator } = await open({ interpreter: withErf(guarded), framework: 'numpy' });
        const prepared = evaluator.prepare([erf(x)], ['x'], formats.float64);
        const error = await refusalOf(prepared.evaluate([new Float64Array(1000)], unhurried));
        assert.equal(error.code, 'failed');
        assert.match(error.message, /^CPU.* has not enough memory for 1000 points: (MemoryError|RuntimeError: CUDA)/);
        // It goes on with what fits.
        assert.equal((await prepared.evaluate([Float64Array.of(3)], unhurried))[0]?.[0], 3);
      }
    });

    it('and says what the framework said when it failed', async () => {
      const { evaluator } = await open({ interpreter: withErf('raise ValueError("bad kernel")'), framework: 'numpy' });
      const error = await refusalOf(
        evaluator.prepare([erf(x)], ['x'], formats.float64).evaluate([new Float64Array(10)], unhurried),
      );
      assert.equal(error.code, 'failed');
      assert.match(error.message, /could not compute this in float64: ValueError: bad kernel/);
    });
  });

  describe('is cancelled', () => {
    it('while Python computes, at once, and goes on with the next request', async () => {
      const slow = 'import time\n    time.sleep(1.5 if x.size == 1000 else 0)\n    return x * 2';
      const { evaluator } = await open({ interpreter: withErf(slow), framework: 'numpy' });
      const prepared = evaluator.prepare([erf(x)], ['x'], formats.float64);
      const start = Date.now();
      const impatient: Pacer = {
        breathe: () => (Date.now() - start > 200 ? Promise.reject(new Cancelled()) : Promise.resolve()),
      };
      // All but the first are cancelled before Python has begun them.
      const requests = [1, 2, 3, 4].map(() => prepared.evaluate([new Float64Array(1000)], impatient));
      await Promise.all(requests.map((request) => assert.rejects(request, Cancelled)));
      assert.ok(Date.now() - start < 1000, 'it waited for Python');
      const [next] = await prepared.evaluate([Float64Array.of(1, 2, 3)], unhurried);
      assert.deepEqual(next, Float64Array.of(2, 4, 6));
      assert.ok(Date.now() - start < 3000, 'Python computed what was cancelled');
    });

    it('between chunks', async () => {
      const { evaluator } = await withNumpy();
      let breaths = 0;
      const impatient: Pacer = { breathe: () => (++breaths > 3 ? Promise.reject(new Cancelled()) : Promise.resolve()) };
      const prepared = evaluator.prepare([add(x, 1)], ['x'], formats.float64);
      await assert.rejects(prepared.evaluate([new Float64Array(5_000_000)], impatient), Cancelled);
      assert.deepEqual((await prepared.evaluate([Float64Array.of(41)], unhurried))[0], Float64Array.of(42));
    });
  });

  describe('fails clearly', () => {
    const failures: readonly { readonly mode: string; readonly message: RegExp }[] = [
      {
        mode: 'garbage',
        message: /sent bytes that are no message: "Downloading weights: 100%.*", while it was computing/,
      },
      { mode: 'short', message: /sent arrays of 36, 36 bytes, where 2 of 40 were due/ },
      { mode: 'few', message: /sent arrays of 40 bytes, where 2 of 40 were due/ },
      { mode: 'exit', message: /exit code 7 while it was computing\. Its last words: CUDA error: device-side assert/ },
      { mode: 'segfault', message: /the signal SIGSEGV while it was computing/ },
      { mode: 'killed', message: /the signal SIGKILL while it was computing/ },
    ];
    for (const { mode, message } of failures) {
      it(`where Python misbehaves: ${mode}`, async () => {
        const { evaluator } = await open({ interpreter: fake(mode) });
        const prepared = evaluator.prepare([x, exp(x)], ['x'], formats.float32);
        const error = await refusalOf(prepared.evaluate([new Float64Array(10)], unhurried));
        assert.equal(error.code, 'failed');
        assert.match(error.message, message);
        // There is nothing to be had from it any more, and that is said at once.
        assert.equal((await refusalOf(prepared.evaluate([new Float64Array(10)], unhurried))).message, error.message);
      });
    }

    it('and is closed though Python is deaf', async () => {
      const backend = await open({ interpreter: fake('deaf') });
      let asked = false;
      const pacer: Pacer = { breathe: () => Promise.resolve().then(() => void (asked = true)) };
      const pending = backend.evaluator.prepare([x], ['x'], formats.float32).evaluate([new Float64Array(10)], pacer);
      const refused = refusalOf(pending);
      await until('Python has been asked', () => asked);
      await backend.close();
      assert.match((await refused).message, /has been closed/);
    });
  });

  describe('leaves nothing behind', () => {
    const folders = (): string[] => readdirSync(os.tmpdir()).filter((name) => /^lossfloor-python-\w{6}$/.test(name));

    it('when it is closed', async () => {
      const before = new Set(folders());
      const backend = await openPythonWith(bridge, { interpreter: python, framework: 'numpy' }, () => undefined);
      const made = folders().filter((name) => !before.has(name));
      assert.ok(made.length > 0);
      await backend.close();
      assert.ok(made.every((name) => !existsSync(path.join(os.tmpdir(), name))));
    });

    for (const busy of [false, true]) {
      it(`when its parent is killed, Python ${busy ? 'computing' : 'waiting'}`, async () => {
        const work = busy ? 'import time\n    time.sleep(600 if x.size == 1000 else 0)\n    return x' : 'return x';
        // A parent of its own, that can be killed: it starts the bridge as the backend does.
        const interpreter = withErf(work);
        const header = { id: 1, type: 'open', framework: 'numpy' };
        const compute = {
          ...{ id: 2, type: 'compute', format: 'float64', count: 1000, outputs: 1 },
          source: 'def compute(i0):\n    return (special.erf(i0),)\n',
        };
        const frames = [encodeFrame(header), encodeFrame(compute, [Buffer.alloc(8000)])].flat();
        const folder = mkdtempSync(path.join(scratch, 'parent-'));
        const parent = path.join(folder, 'parent.js');
        writeFileSync(path.join(folder, 'input'), Buffer.concat(frames));
        writeFileSync(
          parent,
          `const child = require('node:child_process').spawn(${JSON.stringify(interpreter)}, ['-E', '-u', ${JSON.stringify(bridge)}],
             { cwd: require('node:fs').mkdtempSync(${JSON.stringify(path.join(folder, 'cwd-'))}), stdio: ['pipe', 'pipe', 'ignore'] });
           child.stdin.write(require('node:fs').readFileSync(${JSON.stringify(path.join(folder, 'input'))}));
           let seen = '';
           child.stdout.on('data', (data) => { seen += data; if (seen.includes('"opened"')) { seen = ''; console.log(child.pid); } });`,
        );
        const node = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
        const pid = await new Promise<number>((resolve) => {
          node.stdout.once('data', (data: Buffer) => {
            resolve(Number(data.toString()));
          });
        });
        assert.ok(isRunning(pid));
        if (busy) await new Promise((resolve) => setTimeout(resolve, 200));
        node.kill('SIGKILL');
        await until('the interpreter is gone', () => !isRunning(pid));
        await until('its folder is gone', () => !readdirSync(folder).some((name) => name.startsWith('cwd-')));
      });
    }
  });

  describe('calls real functions', () => {
    /** Logits and targets that tell thresholds apart, and extremes. */
    function points(format: NumberFormat): [Float64Array, Float64Array] {
      const extreme = [0, -0, 1e-30, 80, -80, 120, -120, 1000, -1000];
      const logits = [...extreme, ...Array.from({ length: 2048 - extreme.length }, (_, i) => (i - 1000) / 9)];
      const z = Float64Array.from([...logits, ...logits], (value) => format.round(value));
      return [z, z.map((_, i) => (i < 2048 ? 0 : 1))];
    }

    /** What the framework says when it is called as a user calls it: loss and gradient for each job. */
    function called(
      interpreter: string,
      framework: Framework,
      jobs: readonly { readonly format: NumberFormat; readonly id: string }[],
    ): Float64Array[][] {
      const listed = jobs.map(({ format, id }) => {
        const file = path.join(scratch, `points-${format.name}`);
        const bytes = points(format).map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength));
        writeFileSync(file, Buffer.concat(bytes));
        return [format.name, id, file];
      });
      const output = execFileSync(interpreter, [reference, framework, JSON.stringify(listed)], {
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const numbers = new Float64Array(new Uint8Array(output).buffer);
      const count = numbers.length / jobs.length / 2;
      return jobs.map((_, i) => [0, 1].map((k) => numbers.slice((2 * i + k) * count, (2 * i + k + 1) * count)));
    }

    const versionOf = (backend: OpenedBackend): string =>
      /(\d+\.\d+(\.\d+)?)/.exec(backend.evaluator.identity.version)?.[1] ?? '';

    const cases: Readonly<
      Record<
        'torch' | 'tensorflow' | 'jax',
        readonly { id: string; package?: string; from?: string; before?: string }[]
      >
    > = {
      torch: [
        { id: 'torch/bce@1.0', before: '2.0' },
        { id: 'torch/bce@2.0', from: '2.0' },
        { id: 'torch/bce-with-logits@1.0', before: '2.3' },
        { id: 'torch/bce-with-logits@2.3', from: '2.3' },
        { id: 'torch/cross-entropy' },
        { id: 'notebook/focal' },
        { id: 'torchvision/sigmoid-focal-loss@0.18', package: 'torchvision', from: '2.3' },
      ],
      tensorflow: [
        { id: 'tf/sigmoid-cross-entropy-with-logits' },
        { id: 'tf/softmax-cross-entropy-with-logits' },
        { id: 'tf/sparse-softmax-cross-entropy-with-logits' },
      ],
      jax: [
        { id: 'optax/sigmoid-binary-cross-entropy', package: 'optax' },
        { id: 'optax/softmax-cross-entropy-with-integer-labels', package: 'optax' },
      ],
    };

    for (const framework of ['torch', 'tensorflow', 'jax'] as const) {
      const found = withPackages(framework);
      if (found.length === 0) {
        it.skip(`of ${framework}: no interpreter that LOSSFLOOR_TEST_PYTHON or the PATH names has it`);
      }
      for (const interpreter of found) {
        it(`of ${framework} of ${interpreter}: the same values and gradients, or a refusal of its version`, async () => {
          const backend = await kept(interpreter, framework);
          const version = versionOf(backend);
          const jobs: { format: NumberFormat; id: string; prepared: Prepared }[] = [];
          for (const { id, package: needed = framework, from, before: end } of cases[framework]) {
            const range = { name: framework, ...(from ? { from } : {}), ...(end ? { before: end } : {}) };
            const real = realLoss(lossById(id));
            assert.ok(real);
            for (const format of [formats.float32, formats.float64]) {
              const { gradient } = lossById(id).build({}, format.name);
              const prepare = (): Prepared | undefined =>
                backend.evaluator.prepareReal?.(real, { kind: 'logits', gradient }, format);
              if (isInRange(version, range) && withPackages(framework, needed).includes(interpreter)) {
                jobs.push({ format, id, prepared: prepare() as Prepared });
              } else {
                const expected = isInRange(version, range) ? needed : version;
                assert.throws(prepare, (error) => error instanceof BackendError && error.message.includes(expected));
              }
            }
          }
          const expected = called(interpreter, framework, jobs);
          for (const [i, { format, id, prepared }] of jobs.entries()) {
            const got = await prepared.evaluate(points(format), unhurried);
            assertSame(got[0], expected[i]?.[0], `loss of ${id} in ${format.name}`);
            assertSame(got[1], expected[i]?.[1], `gradient of ${id} in ${format.name}`);
          }
        });
      }
    }

    const torch = withPackages('torch')[0];
    (torch ? it : it.skip)(
      `over margins, for each target and the mean of both${torch ? '' : ': no interpreter has torch'}`,
      async () => {
        const { evaluator } = await kept(torch as string, 'torch');
        const entry = lossById('torch/cross-entropy');
        const real = realLoss(entry);
        assert.ok(real);
        const format = formats.float32;
        const margins = Float64Array.from({ length: 300 }, (_, i) => format.round((i - 150) / 7));
        for (const target of [0, 1, 'mean'] satisfies Target[]) {
          const subject = subjectAt(entry.build({}, 'float32'), target);
          const call = evaluator.prepareReal?.(real, { kind: 'margin', target, gradient: subject.gradient }, format);
          const got = await call?.evaluate([margins], unhurried);
          assert.ok(got);
          const expected = byModel([subject.loss, subject.gradient], [margin], format, [margins]);
          got.forEach((values, k) => {
            values.forEach((value, i) => {
              const want = expected[k]?.[i] as number;
              assert.ok(
                Math.abs(value - want) <= 2e-6 * Math.max(0.1, Math.abs(want)),
                `${String(target)}: ${String(value)}, not ${String(want)}`,
              );
            });
          });
        }
      },
    );

    for (const interpreter of withKeras) {
      it(`Keras of ${interpreter}: those of its backend, and no others`, async () => {
        const backend = await kept(interpreter, 'keras');
        const on = / on (PyTorch|TensorFlow|JAX|NumPy) /.exec(backend.evaluator.identity.version)?.[1]?.toLowerCase();
        const keras = Object.entries(realFunctions).filter(([, { framework }]) => framework === 'keras');
        assert.equal(keras.length, 5);
        for (const [id, { kerasBackends }] of keras) {
          const { loss, gradient } = lossById(id).build({}, 'float32');
          const prepare = (): Prepared | undefined => {
            const real = realLoss(lossById(id));
            return real && backend.evaluator.prepareReal?.(real, { kind: 'logits', gradient }, formats.float32);
          };
          if (kerasBackends?.includes((on === 'pytorch' ? 'torch' : on) as string) === false) {
            assert.throws(prepare, /is what Keras computes on/);
            continue;
          }
          const logits = Float64Array.from({ length: 200 }, (_, i) => Math.fround((i - 100) / 11));
          const inputs = [logits, logits.map((_, i) => i % 2)];
          const got = await prepare()?.evaluate(inputs, unhurried);
          const expected = byModel([loss, gradient], ['z', 't'], formats.float32, inputs);
          got?.forEach((values, k) => {
            values.forEach((value, i) => {
              const want = expected[k]?.[i] as number;
              assert.ok(
                Math.abs(value - want) <= 1e-3 * Math.max(1e-3, Math.abs(want)),
                `${id}: ${String(value)}, not ${String(want)} at ${String(logits[i])}`,
              );
            });
          });
        }
      });
    }

    it('only in versions, and with packages and frameworks, that compute what the entry stands for', async () => {
      const { evaluator } = await open({ interpreter: fake('zeros') });
      const gradient = constant(0);
      const prepare = (id: string): Prepared | undefined => {
        const real = realLoss(lossById(id));
        return real && evaluator.prepareReal?.(real, { kind: 'logits', gradient }, formats.float32);
      };
      // The fake is PyTorch 2.2.1.
      assert.ok(prepare('torch/bce@2.0'));
      assert.ok(prepare('torch/bce-with-logits@1.0'));
      const refused = (id: string): BackendError => {
        try {
          prepare(id);
        } catch (error) {
          if (error instanceof BackendError) return error;
        }
        throw new Error(`${id} was not refused`);
      };
      const newer = refused('torch/bce-with-logits@2.3');
      assert.equal(newer.code, 'unsupported');
      assert.match(
        newer.message,
        /is what torch 2\.3 or later computes, and \/opt\/fake\/bin\/python has torch 2\.2\.1\+cu121/,
      );
      assert.match(refused('torch/bce@1.0').message, /torch from 1\.0 to before 2\.0/);
      const package_ = refused('torchvision/sigmoid-focal-loss@0.8');
      assert.equal(package_.code, 'not-installed');
      assert.match(package_.remedy, /"\/opt\/fake\/bin\/python" -m pip install torchvision/);
      assert.match(
        refused('optax/sigmoid-binary-cross-entropy').message,
        /is a function of JAX, and what is open is PyTorch/,
      );
    });

    it('of entries that exist, with their constants', () => {
      for (const [id, { source, requires }] of Object.entries(realFunctions)) {
        const entry = lossById(id);
        assert.ok(requires.length > 0);
        assert.match(source, /\breturn\b/);
        for (const { name } of entry.constants) assert.match(source, new RegExp(`\\b${name}\\b`), `${id} uses ${name}`);
        assert.deepEqual(
          Object.keys(realLoss(entry)?.constants ?? {}),
          entry.constants.map(({ name }) => name),
        );
      }
      assert.equal(realLoss(lossById('naive/bce')), undefined);
      assert.deepEqual(realLoss(lossById('torchvision/sigmoid-focal-loss@0.18'), { gamma: 3 })?.constants, {
        gamma: 3,
        alpha: 0.25,
      });
    });
  });

  describe('is made of', () => {
    it('generated source: names, numbers and calls of our tables', () => {
      const dialect = { framework: 'torch', scipy: false } as const;
      const source = printPython([select(less(x, 1e-7), log(x), power(y, 2)), x], ['x', 'y'], formats.float32, dialect);
      assert.equal(
        source,
        [
          'def compute(i0, i1):',
          '    t0 = constant(1.0000000116860974e-7)',
          '    t1 = i0 < t0',
          '    t2 = torch.log(i0)',
          '    t3 = torch.pow(i1, (2.0))',
          '    t4 = torch.where(t1, t2, t3)',
          '    return (t4, i0,)',
          '',
        ].join('\n'),
      );
      const quoted = printPython([variable('__import__("os")')], ['__import__("os")'], formats.float32, dialect);
      assert.ok(!quoted.includes('import'), 'names of variables never get into the source');
      assert.deepEqual([0, -0, 1, -2.5, 1e21, 5e-324, Infinity, -Infinity, NaN].map(pythonNumber), [
        ...['0.0', '-0.0', '1.0', '-2.5', '1e+21', '5e-324', 'inf', '-inf', 'nan'],
      ]);
    });

    it('a rule for every operator, in every framework, or a refusal', () => {
      for (const framework of ['torch', 'tensorflow', 'keras', 'jax', 'numpy'] as const) {
        for (const operator of Object.keys(arity) as Operator[]) {
          if (isTensorOperator(operator)) continue;
          const expression = operation(operator, ...Array.from({ length: arity[operator] ?? 3 }, () => x));
          try {
            assert.match(
              printPython([expression], ['x'], formats.float32, { framework, scipy: true }),
              /return \(\w+,\)/,
            );
          } catch (error) {
            assert.ok(error instanceof BackendError && error.message.includes(operator), String(error));
          }
        }
      }
    });

    it('messages in pieces of any size, and nothing else', () => {
      const first = Buffer.concat(encodeFrame({ id: 1 }, [Buffer.from([1, 2, 3]), Buffer.alloc(0)]));
      const second = Buffer.concat(encodeFrame({ id: 2 }));
      const stream = Buffer.concat([first, second]);
      for (const size of [1, 7, 1000]) {
        const reader = new FrameReader();
        const frames = [];
        for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)));
        assert.deepEqual(
          frames.map(({ header, arrays }) => [header['id'], arrays.map((array) => [...array])]),
          [
            [1, [[1, 2, 3], []]],
            [2, []],
          ],
        );
      }
      assert.throws(() => new FrameReader().push(Buffer.from('Tr')), Garbage);
      assert.throws(() => new FrameReader().push(Buffer.from('LFB1\xff\xff\xff\xff', 'latin1')), Garbage);
      assert.throws(() => new FrameReader().push(Buffer.from('LFB1\x02\0\0\0[]')), Garbage);
      assert.throws(() => new FrameReader().push(Buffer.from('LFB1\x0e\0\0\0{"arrays":[-1]}')), Garbage);
    });

    it('ranges of versions', () => {
      assert.ok(compareVersions('2.13.0+cpu', '2.3') > 0);
      assert.ok(compareVersions('1.13.0a0', '2.0') < 0);
      assert.equal(compareVersions('2.3', '2.3.0'), 0);
      assert.ok(isInRange('2.3.0', { name: 'torch', from: '2.3' }));
      assert.ok(!isInRange('2.3.0', { name: 'torch', before: '2.3' }));
      assert.equal(describeRange({ name: 'torch', from: '2.0', before: '2.3' }), 'torch from 2.0 to before 2.3');
    });
  });
});
