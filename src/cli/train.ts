import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Backends } from '../engine';
import type { BackendIdentity } from '../protocol';
import {
  activations,
  bundledTask,
  joined,
  noRecords,
  patternsOfCsv,
  planTraining,
  reportTraining,
  taskIds,
  trainingDefaults,
  updates,
  type BundledTask,
  type Patterns,
  type Records,
  type TrainingPlan,
  type TrainingReport,
  type TrainingTable,
} from '../training';
import { formatNames } from '../numeric';
import { toJson } from './json';
import { UsageError, withoutMark } from './usage';

/** What stands on the command line: texts as they were given. */
export interface TrainArguments {
  readonly what: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/** The options of `lossfloor train`, as `parseArgs` takes them. */
export const trainOptions = {
  task: { type: 'string' },
  csv: { type: 'string' },
  targets: { type: 'string' },
  bits: { type: 'string' },
  variant: { type: 'string', multiple: true },
  radius: { type: 'string', multiple: true },
  seeds: { type: 'string' },
  epochs: { type: 'string' },
  hidden: { type: 'string' },
  activation: { type: 'string' },
  rate: { type: 'string' },
  momentum: { type: 'string' },
  update: { type: 'string' },
  weights: { type: 'string' },
  dtype: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface Learnt {
  readonly label: string;
  readonly patterns: Patterns;
  readonly defaults: Partial<TrainingPlan>;
}

/** Milliseconds between two numbers on a terminal. */
const interval = 200;

/** `lossfloor train`. @returns what to print */
export async function trainCommand(
  { what, values }: TrainArguments,
  backends: Pick<Backends, 'train'>,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Promise<string> {
  if (what[0] !== undefined) throw new UsageError(`There is nothing to do with "${what[0]}".`);
  const { label, patterns, defaults } = await taskOf(values);
  const plan = planOf(values, defaults);
  const planned = planTraining(plan, patterns);
  const records = new Map<string, Records>();
  let told = performance.now();
  const identity = await backends.train(
    Array.from(planned, ([key, { job }]) => ({ ...job, key })),
    ({ key, records: later, state }) => {
      records.set(key, joined(records.get(key) ?? noRecords, later));
      if (!stream.isTTY || performance.now() - told < interval) return;
      told = performance.now();
      stream.write(`\repoch ${String(state.epoch)} of ${String(plan.epochs)}`);
    },
  );
  if (stream.isTTY) stream.write('\r\u001B[K');
  const report = reportTraining(planned, records);
  return values['json'] === true ? asJson(label, plan, report, identity) : asText(label, plan, report);
}

function text(values: TrainArguments['values'], name: keyof typeof trainOptions): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

async function taskOf(values: TrainArguments['values']): Promise<Learnt> {
  const csv = text(values, 'csv');
  const task = text(values, 'task');
  if (csv !== undefined) {
    if (task !== undefined) throw new UsageError('--task and --csv: give one of them.');
    const targets = text(values, 'targets');
    const content = await readFile(csv, 'utf8').catch((error: unknown) => {
      throw new UsageError(`--csv: ${csv} can't be read: ${(error as Error).message}`);
    });
    const patterns = patternsOfCsv(
      withoutMark(content),
      path.basename(csv),
      targets === undefined ? null : number('targets', targets),
    );
    return { label: csv, patterns, defaults: {} };
  }
  const known = taskIds.filter((id): id is BundledTask => id !== 'own');
  const id = known.find((each) => each === (task ?? 'encoder'));
  if (id === undefined) throw new UsageError(`--task: "${String(task)}" is not one of ${known.join(', ')}.`);
  const bits = text(values, 'bits');
  const { label, patterns, hidden, epochs, rate } = bundledTask(
    id,
    bits === undefined ? undefined : number('bits', bits),
  );
  return { label, patterns, defaults: { hidden, epochs, rate } };
}

function planOf(values: TrainArguments['values'], defaults: Partial<TrainingPlan>): TrainingPlan {
  const usual: TrainingPlan = { ...trainingDefaults, ...defaults };
  const value = (name: 'seeds' | 'epochs' | 'hidden' | 'rate' | 'momentum'): number => {
    const given = text(values, name);
    return given === undefined ? usual[name] : number(name, given);
  };
  const weights = text(values, 'weights');
  const radii = list(values['radius']).map((radius) => number('radius', radius));
  const variants = list(values['variant']);
  return {
    variants: variants.length > 0 ? [...new Set(variants)] : usual.variants,
    radii: radii.length > 0 ? [...new Set(radii)] : usual.radii,
    seeds: value('seeds'),
    epochs: value('epochs'),
    hidden: value('hidden'),
    rate: value('rate'),
    momentum: value('momentum'),
    weightRange: weights === undefined ? usual.weightRange : number('weights', weights),
    activation: oneOf('activation', text(values, 'activation'), activations, usual.activation),
    update: oneOf('update', text(values, 'update'), updates, usual.update),
    format: oneOf('dtype', text(values, 'dtype'), formatNames, usual.format),
  };
}

/** Options that may be given several times, and as lists with commas. */
function list(given: TrainArguments['values'][string]): string[] {
  return Array.isArray(given) ? given.flatMap((each) => (typeof each === 'string' ? each.split(',') : [])) : [];
}

function number(name: keyof typeof trainOptions, given: string): number {
  const value = given.trim() === '' ? NaN : Number(given);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`--${name}: "${given}" is not a number.`);
}

function oneOf<Name extends string>(
  option: keyof typeof trainOptions,
  given: string | undefined,
  names: readonly Name[],
  usual: Name,
): Name {
  if (given === undefined) return usual;
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UsageError(`--${option}: "${given}" is not one of ${names.join(', ')}.`);
}

function asJson(task: string, plan: TrainingPlan, report: TrainingReport, identity: BackendIdentity): string {
  const { curves, headlines, sentences } = report;
  const results = curves.map(({ variant, label, radius, seeds }) => ({ variant, label, radius, seeds }));
  return toJson({ task, ...plan, results, sentences: [...headlines, ...sentences], ...identity });
}

function asText(task: string, plan: TrainingPlan, { table, headlines, sentences }: TrainingReport): string {
  const { hidden, activation, rate, momentum, update, weightRange, seeds, epochs, format } = plan;
  const about =
    `${task}: ${String(hidden)} ${activation} hidden units, learning rate ${String(rate)}, momentum ${String(momentum)}, ` +
    `${update}, start weights within ±${String(weightRange)}, ${String(seeds)} seeds, ${String(epochs)} epochs; loss and ` +
    `gradient in ${format}, the network in float64`;
  return [about, '', ...headlines, ...(headlines.length > 0 ? [''] : []), asColumns(table), '', ...sentences, ''].join(
    '\n',
  );
}

function asColumns({ columns, rows }: TrainingTable): string {
  const lines = [columns.map(({ head }) => head), ...rows.map(({ cells }) => cells.map((cell) => cell.text))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const pad = (cell: string, i: number): string =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}
