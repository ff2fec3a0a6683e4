/**
 * Points per second of the model evaluator, beside NumPy and PyTorch on the same machine in the same run, and the time
 * that exact values take. The contestants take turns, so that what else the machine does meets all of them; each number is
 * the median of its turns. Prints Markdown.
 */
import { spawn } from 'node:child_process';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { lossById } from '../../src/losses';
import { subjectAt } from '../../src/measure';
import { compileExact, compileModel, formatByName, formats, type FormatName } from '../../src/numeric';
import { modelEvaluator } from '../../src/worker/model';

const counts = [1e4, 1e6, 1e7];
const formatsMeasured = ['float32', 'bfloat16'] as const satisfies readonly FormatName[];
const turns = 7;

/** The stable forms; NumPy and PyTorch compute the same. */
const what = {
  loss: lossById('tf/sigmoid-cross-entropy-with-logits').build().loss,
  gradient: lossById('torch/bce-with-logits@2.3').build().gradient,
};

const pacer = { breathe: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)) };

/** Seconds, or undefined where the contestant can't do it. */
type Contestant = () => Promise<number | undefined>;

interface Python {
  readonly versions: string;
  ask(library: string, format: string, what: string, count: number): Promise<number | undefined>;
  end(): void;
}

/** Python with NumPy, if there is one. */
async function startPython(script: string): Promise<Python | undefined> {
  const child = spawn(process.platform === 'win32' ? 'python' : 'python3', [script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<undefined>((resolve) => child.once('error', () => resolve(undefined)));
  const first = await Promise.race([lines.next(), failed]);
  if (first === undefined || first.done === true) return undefined;
  return {
    versions: first.value,
    async ask(...request) {
      child.stdin.write(`${request.join(' ')}\n`);
      const answer = await lines.next();
      return answer.done === true || answer.value === '-' ? undefined : Number(answer.value);
    },
    end: () => child.stdin.end(),
  };
}

async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Medians of the contestants' turns; the first turn warms up and doesn't count. */
async function medians<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Record<Name, number | undefined>> {
  const names = Object.keys(contestants) as Name[];
  const times = new Map(names.map((name) => [name, [] as (number | undefined)[]]));
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of names) {
      const seconds = await contestants[name]();
      if (turn > 0) times.get(name)?.push(seconds);
    }
  }
  const middle = ([, values]: [Name, (number | undefined)[]]): number | undefined =>
    values.some((value) => value === undefined) ? undefined : median(values as number[]);
  return Object.fromEntries([...times].map((entry) => [entry[0], middle(entry)])) as Record<Name, number | undefined>;
}

function inputsOf(format: FormatName, count: number): [Float64Array, Float64Array] {
  const { round } = formatByName(format);
  const logits = Float64Array.from({ length: count }, (_, i) => round((i / count - 0.5) * 40));
  return [logits, Float64Array.from({ length: count }, (_, i) => i % 2)];
}

function cell(value: number | undefined, digits = 3): string {
  return value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toPrecision(digits);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function head(names: readonly string[], textColumns: number): string {
  return `${row(names)}\n${row(names.map((_, i) => (i < textColumns ? '---' : '---:')))}`;
}

async function throughput(python: Python | undefined): Promise<void> {
  console.log(
    'Millions of points a second of time, and of processor time, of `model` on all cores; × is times as fast as:\n',
  );
  console.log(head(['what', 'format', 'points', 'M/s', 'M/CPU s', '× JavaScript', '× NumPy', '× PyTorch'], 2));
  const evaluator = modelEvaluator('bench');
  for (const format of formatsMeasured) {
    for (const name of ['loss', 'gradient'] as const) {
      for (const count of counts) {
        const inputs = inputsOf(format, count);
        const prepared = evaluator.prepare([what[name]], ['z', 't'], formatByName(format));
        const single = compileModel([what[name]], ['z', 't'], formatByName(format));
        const output = new Float64Array(count);
        const processor: number[] = [];
        const times = await medians({
          model: async () => {
            const before = process.cpuUsage();
            const seconds = await secondsOf(() => prepared.evaluate(inputs, pacer));
            const used = process.cpuUsage(before);
            processor.push((used.user + used.system) / 1e6);
            return seconds;
          },
          javaScript: () => secondsOf(() => single(count, inputs, [output])),
          numpy: async () => python?.ask('numpy', format, name, count),
          torch: async () => python?.ask('torch', format, name, count),
        });
        const model = times.model as number;
        const ratio = (other: number | undefined): string => cell(other === undefined ? undefined : other / model);
        console.log(
          row([
            ...[name, format, count.toExponential(0).replace('+', '')],
            ...[cell(count / model / 1e6), cell(count / median(processor.slice(1)) / 1e6)],
            ...[ratio(times.javaScript), ratio(times.numpy), ratio(times.torch)],
          ]),
        );
      }
    }
  }
}

async function exhaustive(): Promise<void> {
  console.log('\nExact values of binary cross-entropy at all 65,536 values of a format, seconds:\n');
  console.log(head(['what', 'format', 'rounded to it', 'rounded to float64'], 2));
  const subject = subjectAt(lossById('tf/sigmoid-cross-entropy-with-logits').build(), 1);
  for (const name of ['bfloat16', 'float16'] as const) {
    const format = formatByName(name);
    const last = Number(format.ordinal(format.max));
    for (const [label, expression] of [
      ['loss', subject.exactLoss],
      ['gradient', subject.exactGradient],
    ] as const) {
      const exact = compileExact(expression, ['m']);
      const sweep = (target: typeof format) => (): Promise<number> =>
        secondsOf(() => {
          for (let i = -last; i <= last; i++) exact.round(target, format.fromOrdinal(BigInt(i)));
        });
      const times = { own: [] as number[], double: [] as number[] };
      for (let turn = 0; turn < 3; turn++) {
        times.own.push(await sweep(format)());
        times.double.push(await sweep(formats.float64)());
      }
      console.log(row([label, name, cell(median(times.own)), cell(median(times.double))]));
    }
  }
}

async function main(script: string): Promise<void> {
  const python = await startPython(script);
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  console.log(`${cpu}, ${String(os.availableParallelism())} cores, load ${cell(os.loadavg()[0])}; Node.js`);
  console.log(`${process.version}; ${python?.versions ?? 'no Python with NumPy'}\n`);
  await throughput(python);
  python?.end();
  await exhaustive();
}

main(process.argv[2] as string).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
