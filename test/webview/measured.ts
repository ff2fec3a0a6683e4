/** The messages that the host sends, made by the host's own code and measured by the worker's, in this process. */
import { backendTitles, BackendUnavailable, describeSelfTest, MeasuringMemory } from '../../src/engine';
import { parseLossConfig, zeroErrorRadiusVariants } from '../../src/config';
import { floorRun } from '../../src/dashboards/floorRun';
import type { Measurer, Unnumbered } from '../../src/dashboards/measurer';
import { zerRun } from '../../src/dashboards/zerRun';
import {
  backendItems,
  catalogueItems,
  EntrySource,
  floorSettingsOf,
  variantItems,
} from '../../src/dashboards/settings';
import { formatNames } from '../../src/numeric';
import type {
  BackendChoice,
  BackendIdentity,
  BackendName,
  BackendsMessage,
  BackendState,
  CurveMessage,
  FinishedMessage,
  FloorResult,
  FloorSettings,
  FloorStateMessage,
  SelfTest,
  StartedMessage,
  ToFloorWebview,
  ZerResult,
  ZerSettings,
  ZerStateMessage,
} from '../../src/protocol';
import type { Evaluator } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { handleEvaluate, handleMeasure } from '../../src/worker/requests';

const evaluator = modelEvaluator('0.1.0');
const pacer = { breathe: (): Promise<void> => Promise.resolve() };

const selfTest: SelfTest = {
  format: 'float32',
  points: 300,
  functions: [
    { name: 'exp', ulp: 2, at: -3 },
    { name: 'log', ulp: 0, at: 1 },
  ],
  differences: [],
  flushesSubnormals: true,
  passed: true,
  milliseconds: 5,
};

/** What the tests play: an adapter that scales the margin a little and flushes subnormals, and a framework as exact as the model. */
const identities = {
  model: { ...evaluator.identity, device: 'CPU (test)' },
  webgpu: {
    backend: 'webgpu',
    device: 'llvmpipe (LLVM 15)',
    version: 'webgpu 0.3 (Dawn)',
    hardware: 'software-gpu',
    notes: ['Flushes subnormals to zero.'],
  },
  python: {
    backend: 'python',
    device: 'CPU (test)',
    version: 'PyTorch 2.4, Python 3.11 (/usr/bin/python3)',
    hardware: 'cpu',
  },
} as const satisfies Readonly<Record<string, BackendIdentity>>;

export const noCuda =
  'The backend "cuda" can\'t be used. The package @tensorflow/tfjs-node-gpu is not installed. Run Install CUDA Runtime.';

const inexact: Evaluator = {
  ...evaluator,
  identity: identities.webgpu,
  prepare: (outputs, variables, format) => {
    const prepared = evaluator.prepare(outputs, variables, format);
    const flushed = (x: number): number => (Math.abs(x) < format.smallestNormal ? 0 : x);
    return {
      evaluate: async (inputs, breathing) => {
        const off = (x: number): number => (Math.abs(x) < 1000 ? x * (1 + 2 ** -9) : x);
        const scaled = inputs.map((input) => input.map((x) => flushed(format.round(off(x)))));
        return (await prepared.evaluate(scaled, breathing)).map((output) => output.map(flushed));
      },
    };
  },
};

const about = (name: BackendName): Pick<BackendState, 'name' | 'title' | 'needsTrust'> => ({
  name,
  title: backendTitles[name],
  needsTrust: name !== 'model',
});

const states: readonly BackendState[] = [
  { ...about('model'), state: 'ready', identity: identities.model, formats: formatNames, selfTest: null },
  {
    ...about('cuda'),
    state: 'refused',
    code: 'not-installed',
    message: 'The package @tensorflow/tfjs-node-gpu is not installed.',
    remedy: 'Run Install CUDA Runtime.',
    stage: 'import',
  },
  { ...about('webgpu'), state: 'ready', identity: identities.webgpu, formats: ['float32'], selfTest },
  { ...about('python'), state: 'ready', identity: identities.python, formats: formatNames, selfTest },
];

/** What the processes would give, without them: no `cuda`, the others as above. */
const backends: Measurer['backends'] = {
  choose: (choice) => {
    if (choice === 'cuda') return Promise.reject(new BackendUnavailable(noCuda));
    return Promise.resolve(choice === 'auto' ? 'model' : choice);
  },
  states: () => [...states],
  measure: async (name, tasks, receive) => {
    const request = { type: 'measure', id: 1, tasks } as const;
    const frameworks = new Map(tasks.map(({ key, real }) => [key, real?.framework]));
    await handleMeasure(request, name === 'webgpu' ? inexact : evaluator, pacer, (message) => {
      if (message.type !== 'measured') return;
      receive({ ...message, real: name === 'python' && frameworks.get(message.key) === 'torch' });
    });
    return identities[name as keyof typeof identities];
  },
  evaluate: async (name, tasks, receive) => {
    await handleEvaluate({ type: 'evaluate', id: 1, tasks }, evaluator, pacer, (message) => {
      if (message.type === 'evaluated') receive(message);
    });
    return identities[name as keyof typeof identities];
  },
};

const entries = new EntrySource();
export const measurer = {
  memory: new MeasuringMemory(),
  backends,
  backend: 'model',
  entries,
} as const;
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

/** Everything that is measured for these settings. */
export async function floorResults(settings: FloorSettings, generation: number): Promise<FloorResult[]> {
  const results = await once(settings, async () => {
    const received: Unnumbered<FloorResult>[] = [];
    await floorRun(settings, { ...measurer, backend: settings.backend }).start(
      (result) => received.push(result),
      signal,
    );
    return received;
  });
  return results.map((result) => ({ ...result, generation }));
}

export async function floorCurves(settings: FloorSettings, generation: number): Promise<CurveMessage[]> {
  return (await floorResults(settings, generation)).filter((result) => result.type === 'curve');
}

export function backendsMessage(preferred: BackendChoice = 'auto'): BackendsMessage {
  return { type: 'backends', backends: backendItems(backends, preferred) };
}

export function started(generation: number, expected: number): StartedMessage {
  return { type: 'started', generation, expected };
}

export function finished(generation: number, by: keyof typeof identities = 'model'): FinishedMessage {
  return {
    type: 'finished',
    generation,
    identity: identities[by],
    selfTest: by === 'model' ? '' : describeSelfTest(selfTest),
    milliseconds: 123,
  };
}

/** Everything that the host sends for these settings. */
export async function floorMessages(
  settings: FloorSettings,
  generation = 1,
  title?: string,
): Promise<ToFloorWebview[]> {
  const results = await floorResults(settings, generation);
  const { losses, formats, targets, backend, compare } = settings;
  const expected = losses.length * formats.length * targets.length * (1 + compare.length);
  const by = backend === 'webgpu' || backend === 'python' ? backend : 'model';
  return [
    floorState(settings, title),
    backendsMessage(),
    started(generation, expected),
    ...results,
    finished(generation, by),
  ];
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

export async function zerCurves(settings: ZerSettings, generation: number): Promise<ZerResult[]> {
  const results = await once(settings, async () => {
    const received: Unnumbered<ZerResult>[] = [];
    await zerRun(settings, measurer).start((result) => received.push(result), signal);
    return received;
  });
  return results.map((result) => ({ ...result, generation }));
}

export async function zerMessages(
  settings: ZerSettings,
  generation = 1,
): Promise<(ZerStateMessage | StartedMessage | ZerResult | FinishedMessage)[]> {
  const results = await zerCurves(settings, generation);
  return [zerState(settings), started(generation, results.length), ...results, finished(generation)];
}
