/** The messages that the host sends, made by the host's own code and measured by the worker's, in this process. */
import type { WorkerClient } from '../../src/engine';
import { parseLossConfig, zeroErrorRadiusVariants } from '../../src/config';
import { floorRun, zerRun } from '../../src/dashboards/measurer';
import { catalogueItems, EntrySource, floorSettingsOf, variantItems } from '../../src/dashboards/settings';
import type {
  BackendIdentity,
  CurveMessage,
  EvaluateTask,
  FinishedMessage,
  FloorSettings,
  FloorStateMessage,
  FromWorker,
  MeasureTask,
  StartedMessage,
  ZerCurveMessage,
  ZerSettings,
  ZerStateMessage,
} from '../../src/protocol';
import { modelEvaluator } from '../../src/worker/model';
import { handleEvaluate, handleMeasure } from '../../src/worker/requests';

const evaluator = modelEvaluator('0.1.0');
const pacer = { breathe: (): Promise<void> => Promise.resolve() };

/** What the fork would give, without the fork. */
const worker = {
  measure: async (
    _: string,
    tasks: readonly MeasureTask[],
    receive: (m: FromWorker) => void,
  ): Promise<BackendIdentity> => {
    await handleMeasure({ type: 'measure', id: 1, backend: 'model', tasks }, evaluator, pacer, receive);
    return evaluator.identity;
  },
  evaluate: async (
    _: string,
    tasks: readonly EvaluateTask[],
    receive: (m: FromWorker) => void,
  ): Promise<BackendIdentity> => {
    await handleEvaluate({ type: 'evaluate', id: 1, backend: 'model', tasks }, evaluator, pacer, receive);
    return evaluator.identity;
  },
} as unknown as WorkerClient;

const entries = new EntrySource();
const measurer = { worker, backend: 'model', trusted: true, entries } as const;
const signal = new AbortController().signal;

const known = new Map<string, Promise<unknown>>();

/** The same settings are measured once for all tests. */
function once<Curves>(settings: object, measure: () => Promise<Curves>): Promise<Curves> {
  const key = JSON.stringify(settings);
  const found = (known.get(key) as Promise<Curves> | undefined) ?? measure();
  known.set(key, found);
  return found;
}

/** Settings as a configuration file gives them. */
export function settingsOf(config: object): FloorSettings {
  const parsed = parseLossConfig(JSON.stringify(config), 'test');
  if (!parsed.config) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return floorSettingsOf(parsed.config);
}

export function floorState(settings: FloorSettings, title = 'Where binary cross-entropy stops'): FloorStateMessage {
  return {
    type: 'floor',
    title,
    source: 'bce.loss.json',
    origin: { kind: 'config', uri: 'file:///bce.loss.json' },
    settings,
    catalogue: catalogueItems(entries.all),
  };
}

export async function floorCurves(settings: FloorSettings, generation: number): Promise<CurveMessage[]> {
  const curves = await once(settings, async () => {
    const received: Omit<CurveMessage, 'generation'>[] = [];
    await floorRun(settings, measurer).start((curve) => received.push(curve), signal);
    return received;
  });
  return curves.map((curve) => ({ ...curve, generation }));
}

export function started(generation: number, expected: number): StartedMessage {
  return { type: 'started', generation, expected };
}

export function finished(generation: number): FinishedMessage {
  return {
    type: 'finished',
    generation,
    identity: { ...evaluator.identity, device: 'CPU (test)' },
    milliseconds: 123,
  };
}

/** Everything that the host sends for these settings. */
export async function floorMessages(
  settings: FloorSettings,
  generation = 1,
  title?: string,
): Promise<(FloorStateMessage | StartedMessage | CurveMessage | FinishedMessage)[]> {
  const curves = await floorCurves(settings, generation);
  return [floorState(settings, title), started(generation, curves.length), ...curves, finished(generation)];
}

export const zerDefaults: ZerSettings = {
  variants: zeroErrorRadiusVariants()
    .map(({ id }) => id)
    .filter((id) => /v[1-4]$|mikenet/.test(id)),
  radius: 0.1,
  format: 'float32',
  targets: [1, 0],
};

export function zerState(settings: ZerSettings): ZerStateMessage {
  return {
    type: 'zer',
    title: 'What a zero error radius does',
    source: 'radius.loss.json',
    origin: { kind: 'config', uri: 'file:///radius.loss.json' },
    settings,
    variants: variantItems(),
  };
}

export async function zerCurves(settings: ZerSettings, generation: number): Promise<ZerCurveMessage[]> {
  const curves = await once(settings, async () => {
    const received: Omit<ZerCurveMessage, 'generation'>[] = [];
    await zerRun(settings, measurer).start((curve) => received.push(curve), signal);
    return received;
  });
  return curves.map((curve) => ({ ...curve, generation }));
}

export async function zerMessages(
  settings: ZerSettings,
  generation = 1,
): Promise<(ZerStateMessage | StartedMessage | ZerCurveMessage | FinishedMessage)[]> {
  const curves = await zerCurves(settings, generation);
  return [zerState(settings), started(generation, curves.length), ...curves, finished(generation)];
}
