import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  backendChoices,
  labelOf,
  parseLossConfig,
  type BackendChoice,
  type ChosenEntry,
  type LossConfig,
} from '../config';
import {
  constantsIn,
  Explainer,
  measureSamples,
  planTasks,
  type Backends,
  type MeasuredSamples,
  type PlannedTask,
} from '../engine';
import { lossById } from '../losses';
import { lossErrors, margin, orientation, type LossError, type Target } from '../measure';
import { compileExact, formatByName, shortestDecimal, type FormatName, type NumberFormat } from '../numeric';
import type { BackendIdentity, MeasuredMessage, TargetSummary } from '../protocol';
import { readSamples, withFile, type SampleFile } from '../samples';
import { toJson } from './json';
import { UsageError, withoutMark } from './usage';

export interface MeasureArguments {
  readonly what: readonly string[];
  readonly at: string | undefined;
  readonly target: string | undefined;
  readonly dtype: string | undefined;
  readonly constant: readonly string[];
  readonly backend: string | undefined;
  /** A file of logits. */
  readonly samples: string | undefined;
  readonly json: boolean;
}

/** A measured point. `exact` is the float64 nearest to the mathematical loss, `exactDigits` its first 30 digits. */
interface MeasuredPoint {
  readonly z: number;
  readonly target: Target;
  readonly loss: number;
  readonly gradient: number;
  readonly exact: number;
  readonly exactDigits: string | null;
  readonly exactGradient: number;
  readonly error: LossError;
}

type Result = {
  readonly loss: string;
  readonly label: string;
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly dtype: FormatName;
} & TargetSummary & {
    /** Why the right side ends where it does, in words. */
    readonly explanation: string;
    readonly points: readonly MeasuredPoint[];
    /** What the loss does at the samples of a file; none where there is none, or for the mean of both targets. */
    readonly samples?: MeasuredSamples & { readonly file: string };
  } & BackendIdentity;

/** Digits of the exact value that are printed. */
const digits = 30;

/** `lossfloor measure`. @returns what to print */
export async function measureCommand(given: MeasureArguments, backends: Backends): Promise<string> {
  if (given.what.length === 0) throw new UsageError('measure needs the id of a loss or a *.loss.json file.');
  const logits = given.at === undefined ? [] : numbers(given.at, '--at');
  // A file that can't be taken is said before anything is measured.
  const samples = given.samples === undefined ? null : await withFile(given.samples, (source) => readSamples(source));
  const results: Result[] = [];
  for (const what of given.what) results.push(...(await measureOne(what, given, logits, samples, backends)));
  return given.json ? toJson(results) : asText(results, samples);
}

async function measureOne(
  what: string,
  given: MeasureArguments,
  logits: readonly number[],
  samples: SampleFile | null,
  backends: Backends,
): Promise<Result[]> {
  const config = await configOf(what, given);
  const backend = backendChoice(given.backend) ?? config.backend;
  const formats = formatsOf(given.dtype) ?? config.formats;
  const explainer = new Explainer();
  const results: { key: string; format: number; result: Result }[] = [];
  for (const target of targetsOf(given.target) ?? config.targets) {
    const planned = planTasks({
      losses: config.losses,
      formats,
      targets: [target],
      points: Float64Array.from(logits, (z) => orientation(target) * z),
    });
    const measured = new Map<string, MeasuredMessage>();
    const identity = await backends.measure(
      backend,
      [...planned.values()].map(({ task }) => task),
      (message) => measured.set(message.key, message),
    );
    for (const [key, task] of planned) {
      const message = measured.get(key);
      if (!message?.summary) throw new Error(`The ${backend} backend left out ${task.loss.label}.`);
      const { summary } = message;
      const result = resultOf(task, message, summary, identity, explainer.explain(task, summary));
      const curve = { planned: task, summary, backend: identity.backend };
      const sampled =
        samples && target !== 'mean'
          ? { samples: { file: samples.name, ...(await measureSamples(curve, samples, backends)) } }
          : {};
      results.push({
        key: task.loss.key,
        format: formats.indexOf(task.format),
        result: { ...result, ...sampled },
      });
    }
  }
  // Measured target by target, since the same logits are other margins; read loss by loss and format by format.
  const place = new Map([...config.losses.entries()].map(([i, { key }]) => [key, i]));
  return results
    .sort((a, b) => (place.get(a.key) ?? 0) - (place.get(b.key) ?? 0) || a.format - b.format)
    .map(({ result }) => result);
}

async function configOf(
  what: string,
  given: MeasureArguments,
): Promise<Pick<LossConfig, 'losses' | 'formats' | 'targets' | 'backend'>> {
  const constants = constantsOf(given.constant);
  if (!what.endsWith('.json')) {
    const entry = lossById(what);
    entry.build(constants);
    const chosen: ChosenEntry = { key: '0', entry, label: labelOf(entry, constants), constants };
    return { losses: [chosen], formats: entry.formats ?? ['float32'], targets: [0, 1], backend: 'auto' };
  }
  const read = await readFile(what, 'utf8').catch((error: unknown) => {
    throw new UsageError(`Can't read ${what}: ${(error as Error).message}`);
  });
  const text = withoutMark(read);
  const { config, problems } = parseLossConfig(text, path.basename(what));
  if (!config) {
    const lines = problems.map(({ offset, message }) => {
      const before = text.slice(0, offset).split('\n');
      return `${what}:${String(before.length)}:${String((before.at(-1) ?? '').length + 1)}: ${message}`;
    });
    throw new UsageError(lines.join('\n'));
  }
  const losses = config.losses.length > 0 ? config.losses : variantsAsLosses(config);
  if (Object.keys(constants).length > 0)
    throw new UsageError('--constant goes with a loss id; a file sets its own constants.');
  return { ...config, losses };
}

/** A file about a zero error radius alone is measured through the losses of its variants. */
function variantsAsLosses({ zeroErrorRadius: { variants, radius } }: LossConfig): ChosenEntry[] {
  return variants.map((entry, i) => ({
    key: String(i),
    entry,
    label: labelOf(entry, { radius }),
    constants: { radius },
  }));
}

function resultOf(
  { loss, format, target, task }: PlannedTask,
  { curve }: MeasuredMessage,
  summary: TargetSummary,
  identity: BackendIdentity,
  explanation: string,
): Result {
  const exact = compileExact(task.subject.exactLoss, [margin]);
  const errorAt = lossErrors(task.subject, formatByName(format));
  const points = [...curve.margin].map((m, i): MeasuredPoint => ({
    z: orientation(target) * m,
    target,
    loss: curve.loss[i] as number,
    gradient: curve.gradient[i] as number,
    exact: curve.exactLoss[i] as number,
    exactDigits: exact.decimal(digits, m) ?? null,
    exactGradient: curve.exactGradient[i] as number,
    error: errorAt(m, curve.loss[i] as number),
  }));
  const { id, formula } = loss.entry;
  const constants = constantsIn(loss, format);
  return {
    loss: id,
    label: loss.label,
    formula,
    constants,
    dtype: format,
    ...summary,
    explanation,
    points,
    ...identity,
  };
}

/** NaN also for text that Number takes for 0. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function numbers(text: string, option: string): number[] {
  return text.split(',').map((part) => {
    const value = numberOf(part);
    if (Number.isNaN(value)) throw new UsageError(`${option}: "${part}" is not a number.`);
    return value;
  });
}

function targetsOf(text: string | undefined): Target[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'both') return [0, 1];
  return text.split(',').map((part) => {
    if (part === 'mean') return part;
    const target = numberOf(part);
    if (!(target >= 0 && target <= 1)) {
      throw new UsageError(`--target: "${part}" is not 0, 1, a number between, "both" or "mean".`);
    }
    return target;
  });
}

function formatsOf(text: string | undefined): FormatName[] | undefined {
  return text?.split(',').map((name) => {
    try {
      return formatByName(name.trim()).name;
    } catch (error) {
      throw new UsageError(`--dtype: ${(error as Error).message}`);
    }
  });
}

function constantsOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
      if (!name || !value || Number.isNaN(Number(value)))
        throw new UsageError(`--constant: "${text}" is not name=number.`);
      return [name, Number(value)];
    }),
  );
}

function backendChoice(text: string | undefined): BackendChoice | undefined {
  if (text === undefined) return undefined;
  const choice = backendChoices.find((name) => name === text);
  if (!choice) throw new UsageError(`--backend: "${text}" is not one of ${backendChoices.join(', ')}.`);
  return choice;
}

function asText(results: readonly Result[], samples: SampleFile | null): string {
  const lines: string[] = samples ? ['', ...aboutSamples(samples)] : [];
  let heading = '';
  for (const result of results) {
    const title = `${result.label}  [${result.loss}]`;
    if (title !== heading) {
      heading = title;
      lines.push('', title, `  ${result.formula}`);
    }
    const format = formatByName(result.dtype);
    lines.push(
      `  ${result.dtype}, target ${String(result.target)}: ${describe(result, format)}`,
      `    ${result.explanation}`,
    );
    if (result.samples) lines.push(`    ${result.samples.sentence}`);
    for (const point of result.points) {
      const number = (x: number): string => shortestDecimal(format, x);
      lines.push(
        `    z = ${number(point.z)}: loss ${number(point.loss)}, gradient ${number(point.gradient)}; exactly ${point.exactDigits ?? String(point.exact)}${inUlp(point.error)}`,
      );
    }
  }
  const [first] = results;
  if (first) lines.push('', `Computed by ${first.backend}: ${first.version}, ${first.device}. Thresholds are in |z|.`);
  return lines.slice(1).join('\n');
}

function aboutSamples({ name, logits, targets, nan, infinite, notes }: SampleFile): string[] {
  const counts = [
    `${String(logits.length)} logits ${targets ? 'with targets' : 'without targets: each counts for every target'}`,
    ...(nan > 0 ? [`${String(nan)} NaN`] : []),
    ...(infinite > 0 ? [`${String(infinite)} infinite`] : []),
  ];
  return [`${name}: ${counts.join(', ')}. ${notes.join(' ')}`.trim()];
}

/** The error in units of the last place, and what part of it the formula has to answer for. */
function inUlp({ ulp, design, rounding }: LossError): string {
  if (ulp === null) return '';
  const whose =
    ulp < 1 || design === 0
      ? ''
      : ` (${Math.abs(design) > Math.abs(rounding) ? 'mostly by design' : 'mostly by rounding'})`;
  return `; off by ${ulp < 1e6 ? String(ulp) : ulp.toPrecision(3)} ULP${whose}`;
}

/** The summary in words. */
function describe(result: Result, format: NumberFormat): string {
  const value = (x: number): string => shortestDecimal(format, x);
  const at = (x: number): string => x.toPrecision(6).replace(/\.?0+$/, '');
  const parts = [result.floor ? `floor ${value(result.floor.value)} from ${at(result.floor.at)}` : 'no floor'];
  parts.push(result.cap ? `cap ${value(result.cap.value)} from ${at(result.cap.at)}` : 'no cap');
  if (result.right.gradientZero !== null) parts.push(`gradient 0 from ${at(result.right.gradientZero)}`);
  if (result.deadFrom !== null) parts.push(`dead on the wrong side from ${at(result.deadFrom)}`);
  const gradientNaN = [result.right.gradientNaN, result.wrong.gradientNaN].filter((place) => place !== null);
  if (gradientNaN.length > 0) parts.push(`gradient NaN from ${at(Math.min(...gradientNaN))}`);
  if (result.firstNaN !== null) parts.push(`NaN from ${at(result.firstNaN)}`);
  if (result.firstInfinity !== null) parts.push(`infinite from ${at(result.firstInfinity)}`);
  if (result.negative) parts.push(`negative (${value(result.negative.value)}) from ${at(result.negative.at)}`);
  return parts.join(', ');
}
