import type { Expression } from '../../expression';
import { margin, orientation, type Target } from '../../measure';
import { formats as numberFormats, type FormatName, type NumberFormat } from '../../numeric';
import type { BackendIdentity, RealCall } from '../../protocol';
import { BackendError } from '../backend';
import type { Evaluator, Pacer, Prepared, RealOperands } from '../evaluator';
import type { Answer, BridgeError, Connection } from './connection';
import { decodeNumbers, encodeNumbers } from './frames';
import { frameworkTitles, type FrameworkName } from './operations';
import { printPython, pythonNumber } from './printer';
import { describeRange, isInRange } from './versions';

/** What the bridge has found. */
export interface Opened {
  readonly framework: FrameworkName;
  /** Of the framework, with what it is built for: "PyTorch 2.13.0, CUDA 12.6". */
  readonly version: string;
  readonly python: string;
  readonly executable: string;
  /** Where a result of it lies. */
  readonly hardware: 'gpu' | 'cpu';
  readonly device: string | null;
  /** Those in which it computes on this device. */
  readonly formats: readonly FormatName[];
  /** Those in which a subnormal number became 0. */
  readonly flushing: readonly FormatName[];
  readonly autodiff: boolean;
  readonly kerasBackend: string | null;
  /** numpy: whether SciPy is there. */
  readonly special: boolean;
  /** Versions of packages by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** What went wrong with frameworks that were tried before this one. */
  readonly troubles: readonly string[];
}

/** Points sent at a time: a few megabytes, so that a GPU has something to do and a cancellation is soon seen. */
const chunk = 1 << 18;

/** Chunks that are under way at the same time: one is computed while the other is on the pipe. */
const ahead = 2;

/** How often a cancellation is looked for while Python computes, in milliseconds. */
const lookEvery = 50;

/** Evaluates by the framework that a bridge has opened. */
export class PythonEvaluator implements Evaluator {
  constructor(
    private readonly connection: Connection,
    private readonly opened: Opened,
    readonly identity: BackendIdentity,
  ) {}

  prepare(outputs: readonly Expression[], variables: readonly string[], format: NumberFormat): Prepared {
    this.checkFormat(format);
    const { framework, special } = this.opened;
    const source = printPython(outputs, variables, format, { framework, scipy: special });
    const header = { type: 'compute', source, format: format.name, outputs: outputs.length };
    return { evaluate: (inputs, pacer) => this.evaluate(header, inputs, outputs.length, format, pacer) };
  }

  prepareReal(real: RealCall, over: RealOperands, format: NumberFormat): Prepared {
    this.checkFormat(format);
    this.checkCall(real);
    const { autodiff } = this.opened;
    const count = autodiff ? 2 : 1;
    const header = { type: 'loss', source: printLoss(real), format: format.name, outputs: count, gradient: autodiff };
    const ofLogits: Prepared = {
      evaluate: (inputs, pacer) => this.evaluate(header, inputs, count, format, pacer, real.id),
    };
    const call = over.kind === 'logits' ? ofLogits : atTarget(ofLogits, over.target, format);
    if (autodiff) return call;
    // NumPy doesn't differentiate: Keras users on it have no gradient but that of the formula.
    const gradient = this.prepare([over.gradient], over.kind === 'logits' ? ['z', 't'] : [margin], format);
    return {
      evaluate: async (inputs, pacer) => [
        ...(await call.evaluate(inputs, pacer)),
        ...(await gradient.evaluate(inputs, pacer)),
      ],
    };
  }

  /** Whose own functions it can call. */
  get framework(): string {
    return this.opened.framework;
  }

  private get title(): string {
    return frameworkTitles[this.opened.framework];
  }

  private checkFormat(format: NumberFormat): void {
    const { formats } = this.opened;
    if (formats.includes(format.name)) return;
    throw new BackendError(
      'unsupported',
      `${this.title} on ${this.identity.device} does not compute in ${format.name}.`,
      `Choose ${formats.join(' or ')}, or the backend "model", which knows every format.`,
    );
  }

  /** @throws BackendError unless the function is there, in a version that computes what the entry stands for */
  private checkCall(real: RealCall): void {
    const { framework, kerasBackend, packages } = this.opened;
    if (framework !== real.framework) {
      throw new BackendError(
        'unsupported',
        `${real.id} is a function of ${frameworkTitles[real.framework]}, and what is open is ${this.title}.`,
        `Choose the framework ${real.framework} for the backend "python".`,
      );
    }
    if (kerasBackend !== null && real.kerasBackends?.includes(kerasBackend) === false) {
      throw new BackendError(
        'unsupported',
        `${real.id} is what Keras computes on ${real.kerasBackends.join(', ')}, and here it is set to ${kerasBackend}.`,
        'Set KERAS_BACKEND, or choose the entry for this backend.',
      );
    }
    for (const range of real.requires) {
      const version = packages[range.name];
      if (version === undefined) throw this.missing(range.name, `${real.id} needs the package ${range.name}.`);
      if (isInRange(version, range)) continue;
      throw new BackendError(
        'unsupported',
        `${real.id} is what ${describeRange(range)} computes, and ${this.opened.executable} has ${range.name} ${version}.`,
        `Choose the entry for this version, select an interpreter with ${describeRange(range)}, or choose the backend "model".`,
      );
    }
  }

  private missing(name: string, message: string): BackendError {
    return new BackendError('not-installed', message, installHint(this.opened.executable, name));
  }

  private async evaluate(
    header: Readonly<Record<string, unknown>>,
    inputs: readonly Float64Array[],
    outputs: number,
    format: NumberFormat,
    pacer: Pacer,
    what = 'this',
  ): Promise<Float64Array[]> {
    const count = inputs[0]?.length ?? 0;
    const results = Array.from({ length: outputs }, () => new Float64Array(count));
    const wide = format.name === 'float64';
    const waiting: { readonly start: number; readonly size: number; readonly answer: Promise<Answer> }[] = [];
    try {
      for (let next = 0; next < count || waiting.length > 0;) {
        await pacer.breathe();
        while (next < count && waiting.length < ahead) {
          const size = Math.min(chunk, count - next);
          const arrays = inputs.map((input) => encodeNumbers(input.subarray(next, next + size), wide));
          const answer = this.connection.request({ ...header, count: size }, arrays, 'computing');
          // Its failure is seen when it is its turn, or nobody waits for it any more.
          answer.catch(() => undefined);
          waiting.push({ start: next, size, answer });
          next += size;
        }
        const { start, size, answer } = waiting[0] as (typeof waiting)[number];
        const { arrays, error } = await this.waitFor(answer, pacer);
        waiting.shift();
        if (error) throw this.refusal(error, what, format, size);
        this.checkSizes(arrays, outputs, size * (wide ? 8 : 4));
        results.forEach((result, j) => {
          result.set(decodeNumbers(arrays[j] as Buffer, wide), start);
        });
      }
    } finally {
      // There are some if it was cancelled, or has failed.
      for (const { answer } of waiting) this.connection.forget(answer);
    }
    return results;
  }

  /** The answer, unless the request is cancelled before. */
  private async waitFor(answer: Promise<Answer>, pacer: Pacer): Promise<Answer> {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const look = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          resolve(undefined);
        }, lookEvery);
      });
      const first = await Promise.race([answer, look]).finally(() => {
        clearTimeout(timer);
      });
      if (first) return first;
      await pacer.breathe();
    }
  }

  private checkSizes(arrays: readonly Buffer[], wanted: number, bytes: number): void {
    const lengths = arrays.map(({ length }) => length);
    if (lengths.length === wanted && lengths.every((length) => length === bytes)) return;
    const error = new BackendError(
      'failed',
      this.connection.withLastWords(
        `The Python process sent arrays of ${lengths.join(', ') || 'no'} bytes, where ${String(wanted)} of ${String(bytes)} were due.`,
      ),
      'Try again; if it happens again, something else writes to the pipe of this interpreter.',
    );
    // What comes next can't be trusted either.
    this.connection.fail(error);
    throw error;
  }

  private refusal(error: BridgeError, what: string, format: NumberFormat, count: number): BackendError {
    const { device } = this.identity;
    switch (error.kind) {
      case 'memory':
        return new BackendError(
          'failed',
          `${device} has not enough memory for ${String(count)} points: ${error.message}`,
          'Close other programs that use it, choose fewer points, or the device "cpu".',
        );
      case 'missing':
        return this.missing(error.package ?? '', `${this.title} could not compute ${what}: ${error.message}`);
      case 'unsupported':
        return new BackendError(
          'unsupported',
          `${this.opened.version} on ${device} does not compute ${what} in ${format.name}: ${error.message}`,
          'Choose another format or framework, or the backend "model".',
        );
      default:
        return new BackendError(
          'failed',
          `${this.opened.version} on ${device} could not compute ${what} in ${format.name}: ${error.message}`,
          'Choose another framework or device, or the backend "model".',
        );
    }
  }
}

/** How to install a package for an interpreter. */
export function installHint(executable: string, name: string): string {
  return `Install it: "${executable}" -m pip install ${name}. Or select the interpreter of an environment that has it.`;
}

/** The real function as the Python function `loss`. */
function printLoss({ constants, source }: RealCall): string {
  const body = [
    ...Object.entries(constants).map(([name, value]) => {
      if (!/^[a-z]+$/.test(name)) throw new RangeError(`"${name}" is no name of a constant`);
      return `${name} = ${pythonNumber(value)}`;
    }),
    ...source.trim().split('\n'),
  ];
  return `def loss(z, t):\n${body.map((line) => `    ${line}\n`).join('')}`;
}

/** As `subjectAt` has it: over the margin, for the mean of both targets too. */
function atTarget(call: Prepared, target: Target, format: NumberFormat): Prepared {
  const at =
    (of: number) =>
    async (margins: Float64Array, pacer: Pacer): Promise<Float64Array[]> => {
      const logits = orientation(of) === 1 ? margins : margins.map((value) => -value);
      return call.evaluate([logits, new Float64Array(margins.length).fill(format.round(of))], pacer);
    };
  if (target !== 'mean') return { evaluate: ([margins], pacer) => at(target)(margins as Float64Array, pacer) };
  const compute = numberFormats[format.computeFormat];
  const mean = (a: number, b: number): number => {
    const sum = format.round(compute.round(a + b));
    return format.round(compute.round(sum / 2));
  };
  return {
    evaluate: async ([margins], pacer) => {
      const zero = await at(0)(margins as Float64Array, pacer);
      const one = await at(1)(margins as Float64Array, pacer);
      // d/dm: the logit of target 0 is the negative of the margin.
      return zero.map((values, k) =>
        values.map((value, i) => mean(k === 1 ? -value : value, (one[k] as Float64Array)[i] as number)),
      );
    },
  };
}
