/**
 * The backends of this machine, each opened in this process and compared with `model`: self-test, thresholds, points a
 * second; and how long it takes from a request to its first curve, with a worker that has to be started and one that runs.
 * Prints Markdown. This is also the lane for machines with a GPU: bundled, it needs Node.js, dist/, the folders of the
 * runtimes and the machine's Python.
 *
 *   --require-gpu              fails unless at least one backend computes on a GPU, and all that do agree with `model`
 *   --exhaustive[=STRIDE]      one loss at all float32 numbers (every STRIDE-th of them) on each GPU
 *   --backends=webgpu,python   only these
 *   --python=PATH --framework=torch,jax --device=cpu
 *   --webgpu-path=DIR --cuda-path=DIR --allow-software-adapter
 */
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Backends, describeSelfTest, launchOf, planTasks, type LaunchSettings } from '../../src/engine';
import {
  differentiate,
  divide,
  exp,
  log,
  logSigmoid,
  negate,
  operation,
  add,
  variable,
  type Expression,
} from '../../src/expression';
import { lossById } from '../../src/losses';
import { formatByName } from '../../src/numeric';
import type { BackendName, BackendSettings, SelfTest } from '../../src/protocol';
import { BackendError, type OpenBackend, type OpenedBackend } from '../../src/worker/backend';
import type { Evaluator, Pacer } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { openPythonWith } from '../../src/worker/pythonBackend';
import { selfTest } from '../../src/worker/selfTest';
import { openTfjs } from '../../src/worker/tfjs';
import { openWebgpu } from '../../src/worker/webgpu';

const counts = [1e4, 1e6, 1e7];
const turns = 5;
const float32 = formatByName('float32');
const pacer: Pacer = { breathe: () => new Promise((resolve) => setImmediate(resolve)) };
const x = variable('x');

const stable = lossById('tf/sigmoid-cross-entropy-with-logits').build().loss;
const what: readonly (readonly [string, Expression, readonly string[]])[] = [
  ['log(sigmoid(x))', log(operation('sigmoid', x)), ['x']],
  ['stable BCE', stable, ['z', 't']],
  ['its gradient', differentiate(stable, 'z'), ['z', 't']],
];

/** Forms with a border that everybody looks at: where the first value of another kind is. */
const thresholds: readonly (readonly [string, Expression, -1 | 1])[] = [
  ['exp(x)', exp(x), 1],
  ['exp(x)', exp(x), -1],
  ['1 / (1 + exp(-x))', divide(1, add(1, exp(negate(x)))), -1],
  ['sigmoid(x)', operation('sigmoid', x), -1],
  ['log(sigmoid(x))', log(operation('sigmoid', x)), -1],
  ['log(sigmoid(x))', log(operation('sigmoid', x)), 1],
  ['logsigmoid(x)', logSigmoid(x), 1],
  ['softplus(x)', operation('softplus', x), -1],
];

interface Candidate {
  readonly label: string;
  readonly name: BackendName;
  readonly opened: OpenedBackend;
  readonly test: SelfTest | undefined;
}

const { values: given } = parseArgs({
  args: process.argv
    .slice(2)
    .filter((argument) => argument.startsWith('--'))
    .map((argument) => (argument === '--exhaustive' ? '--exhaustive=1' : argument)),
  options: {
    'require-gpu': { type: 'boolean', default: false },
    exhaustive: { type: 'string' },
    backends: { type: 'string', default: 'model,cuda,webgpu,python' },
    python: { type: 'string' },
    framework: { type: 'string' },
    device: { type: 'string' },
    'webgpu-path': { type: 'string' },
    'cuda-path': { type: 'string' },
    'allow-software-adapter': { type: 'boolean', default: false },
  },
});

const root = process.cwd();
const settings: LaunchSettings = {
  python: given.python,
  pythonDevice: given.device,
  webgpuPath: given['webgpu-path'],
  cudaPath: given['cuda-path'],
  allowSoftwareAdapter: given['allow-software-adapter'],
};

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function head(names: readonly string[], textColumns: number): string {
  return `${row(names)}\n${row(names.map((_, i) => (i < textColumns ? '---' : '---:')))}`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Of the exported name of a constructor, or of the file that the build makes of the bridge. */
const bridge = path.join(root, 'dist', 'pythonBridge.py');

async function candidates(): Promise<Candidate[]> {
  const found: Candidate[] = [];
  const names = given.backends.split(',') as BackendName[];
  const add = async (label: string, name: BackendName, open: OpenBackend, own: BackendSettings): Promise<void> => {
    try {
      const started = performance.now();
      const opened = await open(own, () => undefined);
      const took = performance.now() - started;
      const test = name === 'model' ? undefined : await selfTest(opened.evaluator, 'float32', pacer);
      const { identity } = opened.evaluator;
      console.log(
        `- **${label}**: ${identity.device}; ${identity.version}; ${identity.hardware}; opened in ${took.toFixed(0)} ms.`,
      );
      for (const note of identity.notes ?? []) console.log(`  ${note}`);
      if (test) console.log(`  ${describeSelfTest(test)}`);
      found.push({ label, name, opened, test });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      console.log(`- **${label}**: not available. ${error.message} ${error.remedy}`);
    }
  };
  if (names.includes('model')) {
    const evaluator = modelEvaluator('bench');
    await add(
      'model',
      'model',
      () => Promise.resolve({ evaluator, formats: ['float32'], close: () => Promise.resolve() }),
      {},
    );
  }
  for (const name of names) {
    if (name === 'model') continue;
    const launch = launchOf(name, settings, { root });
    Object.assign(process.env, launch.env);
    if (name === 'cuda') await add('cuda', name, openTfjs, launch.settings);
    else if (name === 'webgpu') await add('webgpu', name, openWebgpu, launch.settings);
    else {
      const frameworks = given.framework?.split(',') ?? ['torch', 'jax', 'tensorflow', 'numpy'];
      for (const framework of frameworks as NonNullable<BackendSettings['framework']>[]) {
        const open: OpenBackend = (own, stage) => openPythonWith(bridge, own, stage);
        await add(`python ${framework}`, name, open, { ...launch.settings, framework });
      }
    }
  }
  return found;
}

/** The first number outwards from 0 at which a value is of another kind than at 0, or the same as nothing. */
async function border(evaluator: Evaluator, expression: Expression, side: -1 | 1): Promise<string> {
  const prepared = evaluator.prepare([expression], ['x'], float32);
  const kindAt = async (ordinals: readonly bigint[]): Promise<string[]> => {
    const inputs = Float64Array.from(ordinals, (ordinal) => side * float32.fromOrdinal(ordinal));
    const [values] = await prepared.evaluate([inputs], pacer);
    return [...(values as Float64Array)].map((value) =>
      Number.isFinite(value) ? (value === 0 ? '0' : 'finite') : String(value),
    );
  };
  const last = float32.ordinal(float32.max);
  const samples = Array.from({ length: 4097 }, (_, i) => (last * BigInt(i)) / 4096n);
  const kinds = await kindAt(samples);
  const first = kinds.findIndex((kind) => kind !== kinds[1] && kind !== 'finite');
  if (first <= 0) return 'none';
  let [low, high] = [samples[first - 1] as bigint, samples[first] as bigint];
  const kind = kinds[first] as string;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if ((await kindAt([middle]))[0] === kind) high = middle;
    else low = middle;
  }
  return `${kind} from ${(side * float32.fromOrdinal(high)).toPrecision(9)}`;
}

async function printThresholds(all: readonly Candidate[]): Promise<void> {
  console.log('\nWhere float32 values become 0, infinite or NaN:\n');
  console.log(head(['form', ...all.map(({ label }) => label)], 1));
  for (const [name, expression, side] of thresholds) {
    const cells: string[] = [];
    for (const { opened } of all)
      cells.push(await border(opened.evaluator, expression, side).catch((error: unknown) => (error as Error).message));
    console.log(row([`${name}, x ${side < 0 ? '< 0' : '> 0'}`, ...cells]));
  }
}

async function printSpeed(all: readonly Candidate[]): Promise<void> {
  console.log('\nMillions of float32 points a second (the median of the turns, copying both ways included):\n');
  console.log(head(['what', 'points', ...all.map(({ label }) => label)], 1));
  for (const [name, expression, variables] of what) {
    for (const count of counts) {
      const inputs = variables.map((_, index) =>
        Float64Array.from({ length: count }, (__, i) => (index === 0 ? Math.fround((i / count - 0.5) * 40) : i % 2)),
      );
      const prepared = all.map(({ opened }) => opened.evaluator.prepare([expression], variables, float32));
      const times = all.map((): number[] => []);
      for (let turn = 0; turn <= turns; turn++) {
        for (const [index, each] of prepared.entries()) {
          // What takes long once is long enough.
          if ((times[index]?.[0] ?? 0) > 20) continue;
          const started = performance.now();
          await each.evaluate(inputs, pacer);
          if (turn > 0) times[index]?.push((performance.now() - started) / 1000);
        }
      }
      console.log(
        row([
          name,
          count.toExponential(0).replace('+', ''),
          ...times.map((each) => (count / median(each) / 1e6).toPrecision(3)),
        ]),
      );
    }
  }
}

/** From the request to the first curve, as a dashboard makes it. */
async function printLatency(names: readonly BackendName[]): Promise<void> {
  console.log('\nMilliseconds from a request for a dashboard of four curves to the first of them:\n');
  console.log(head(['backend', 'worker not started', 'worker running'], 1));
  const ignore = (): void => undefined;
  const entry = lossById('torch/bce-with-logits@2.3');
  const tasks = [
    ...planTasks({
      losses: [{ key: '0', entry, label: entry.label, constants: {} }],
      formats: ['float32'],
      targets: [0, 1],
      points: Float64Array.from({ length: 801 }, (_, i) => (i - 400) / 10),
    }).values(),
  ].map(({ task }) => task);
  for (const name of names) {
    const cold: number[] = [];
    const warm: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const backends = new Backends({
        workerPath: path.join(root, 'dist', 'worker.js'),
        log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
        launch: (each) => launchOf(each, settings, { root }),
        trusted: () => true,
      });
      const toFirst = async (): Promise<number> => {
        const started = performance.now();
        let first: number | undefined;
        await backends.measure(name, tasks, () => (first ??= performance.now() - started));
        return first as number;
      };
      try {
        cold.push(await toFirst());
        warm.push(await toFirst());
      } finally {
        backends.dispose();
      }
    }
    console.log(row([name, median(cold).toFixed(0), median(warm).toFixed(0)]));
  }
}

/** One loss at all float32 numbers: how far from `model`. */
async function exhaustive(candidate: Candidate, stride: number): Promise<boolean> {
  const expression = stable;
  const model = modelEvaluator('bench').prepare([expression], ['z', 't'], float32);
  const other = candidate.opened.evaluator.prepare([expression], ['z', 't'], float32);
  const chunk = 1 << 22;
  const bits = new Uint32Array(chunk);
  const floats = new Float32Array(bits.buffer);
  const one = new Float64Array(chunk).fill(1);
  const histogram = new Map<number, number>();
  let [points, kinds] = [0, 0];
  let worst = { ulp: 0, at: 0 };
  const [a, b] = [new Float32Array(1), new Float32Array(1)];
  const [aBits, bBits] = [new Int32Array(a.buffer), new Int32Array(b.buffer)];
  const started = performance.now();
  for (let from = 0; from < 2 ** 32; from += chunk * stride) {
    for (let i = 0; i < chunk; i++) bits[i] = from + i * stride;
    const inputs = [Float64Array.from(floats), one];
    const [[expected], [got]] = (await Promise.all([model.evaluate(inputs, pacer), other.evaluate(inputs, pacer)])) as [
      [Float64Array],
      [Float64Array],
    ];
    for (let i = 0; i < chunk; i++) {
      const [right, value] = [expected[i] as number, got[i] as number];
      points++;
      if (right === value || (Number.isNaN(right) && Number.isNaN(value))) {
        histogram.set(0, (histogram.get(0) ?? 0) + 1);
        continue;
      }
      if (Number.isFinite(right) !== Number.isFinite(value)) {
        kinds++;
        continue;
      }
      a[0] = right;
      b[0] = value;
      const ulp = Math.abs((aBits[0] as number) - (bBits[0] as number));
      const bin = ulp <= 4 ? ulp : 2 ** Math.ceil(Math.log2(ulp));
      histogram.set(bin, (histogram.get(bin) ?? 0) + 1);
      if (ulp > worst.ulp) worst = { ulp, at: inputs[0]?.[i] ?? NaN };
    }
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `\n${candidate.label}: stable BCE, target 1, at ${String(points)} float32 numbers in ${seconds.toFixed(0)} s beside \`model\`: ${String(kinds)} of another kind (finite or not); worst ${String(worst.ulp)} ULP at ${worst.at.toPrecision(9)}.`,
  );
  for (const [ulp, count] of [...histogram].sort(([p], [q]) => p - q)) {
    console.log(
      `  ${ulp <= 4 ? '' : 'up to '}${String(ulp)} ULP: ${String(count)} (${((100 * count) / points).toFixed(4)} %)`,
    );
  }
  return kinds === 0;
}

async function main(): Promise<void> {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  console.log(
    `${cpu}, ${String(os.availableParallelism())} cores, load ${(os.loadavg()[0] ?? 0).toFixed(1)}; Node.js ${process.version}\n`,
  );
  const all = await candidates();
  const gpus = all.filter(({ opened }) => opened.evaluator.identity.hardware === 'gpu');
  await printThresholds(all);
  await printSpeed(all);
  await printLatency([...new Set(all.map(({ name }) => name))]);
  let isRight = gpus.every(({ test }) => test?.passed === true);
  if (given.exhaustive !== undefined) {
    for (const candidate of given['require-gpu'] ? gpus : all.filter(({ name }) => name !== 'model')) {
      isRight = (await exhaustive(candidate, Number(given.exhaustive))) && isRight;
    }
  }
  for (const { opened } of all) await opened.close();
  if (!given['require-gpu']) return;
  if (gpus.length === 0) {
    console.error('\nNo backend computes on a GPU here.');
    process.exitCode = 1;
  } else if (!isRight) {
    console.error('\nA GPU does not agree with the model.');
    process.exitCode = 1;
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
