/**
 * The worker process, of one backend: opens it, then takes requests over the IPC channel of `fork`, one after the other,
 * and streams results back. Its arguments are the backend's name and its settings as JSON.
 */
import type { BackendName, BackendSettings, FromWorker, ProtocolVersion, Stage, ToWorker } from '../protocol';
import { BackendError, type OpenBackend, type OpenedBackend } from './backend';
import { Cancelled, type Pacer } from './evaluator';
import { modelEvaluator } from './model';
import { openPython } from './pythonBackend';
import { handleEvaluate, handleMeasure } from './requests';
import { selfTest } from './selfTest';
import { openTfjs } from './tfjs';
import { handleTrain } from './train';
import { openWebgpu } from './webgpu';
import { formats, type FormatName } from '../numeric';

/** Replaced by the build with the version of package.json. */
declare const LOSSFLOOR_VERSION: string;

const protocol: ProtocolVersion = 4;

/** How long work may run before the event loop gets a turn, in milliseconds. */
const turn = 10;

/** How often the host is told that work goes on, in milliseconds. */
const aliveEvery = 1000;

const openModel: OpenBackend = () =>
  Promise.resolve({
    evaluator: modelEvaluator(LOSSFLOOR_VERSION),
    formats: Object.keys(formats) as FormatName[],
    close: () => Promise.resolve(),
  });

const backends: Readonly<Record<BackendName, OpenBackend>> = {
  model: openModel,
  cuda: openTfjs,
  webgpu: openWebgpu,
  python: openPython,
};

const cancelled = new Set<number>();

function send(message: FromWorker): void {
  // The host may have gone in the meantime; then there is nobody to tell.
  if (process.connected) process.send?.(message);
}

function pacerOf(id: number): Pacer {
  let turnEnds = performance.now() + turn;
  return {
    async breathe() {
      if (performance.now() >= turnEnds) {
        await new Promise((resolve) => setImmediate(resolve));
        turnEnds = performance.now() + turn;
      }
      if (cancelled.has(id)) throw new Cancelled();
    },
  };
}

/** The backend, as soon as it is open; nothing if it can't be, which the host has been told then. */
async function open(name: BackendName, settings: BackendSettings): Promise<OpenedBackend | undefined> {
  let reached: Stage | null = null;
  const alive = setInterval(() => {
    send({ type: 'alive' });
  }, aliveEvery);
  try {
    const opened = await backends[name](settings, (stage, detail) => {
      reached = stage;
      send({ type: 'stage', stage, ...(detail === undefined ? {} : { detail }) });
    });
    const [format] = opened.formats;
    const isOther = name !== 'model' && format !== undefined;
    if (isOther) {
      reached = 'self-test';
      send({ type: 'stage', stage: reached });
    }
    const tested = isOther
      ? await selfTest(opened.evaluator, opened.formats.includes('float32') ? 'float32' : format, pacerOf(0))
      : null;
    send({ type: 'hello', protocol, identity: opened.evaluator.identity, formats: opened.formats, selfTest: tested });
    return opened;
  } catch (error) {
    const { code, message, remedy } =
      error instanceof BackendError
        ? error
        : {
            code: 'failed' as const,
            message: error instanceof Error ? error.message : String(error),
            remedy: 'Show the log, and report what it says.',
          };
    send({ type: 'refused', protocol, code, message, remedy, stage: reached });
    return undefined;
  } finally {
    clearInterval(alive);
  }
}

async function handle(request: Exclude<ToWorker, { type: 'cancel' }>, { evaluator }: OpenedBackend): Promise<void> {
  const finish = (outcome: 'complete' | 'cancelled' | 'failed', message?: string): void => {
    const { identity } = evaluator;
    send({ type: 'done', id: request.id, outcome, identity, ...(message === undefined ? {} : { message }) });
    cancelled.delete(request.id);
  };
  const alive = setInterval(() => {
    send({ type: 'alive' });
  }, aliveEvery);
  try {
    const pacer = pacerOf(request.id);
    switch (request.type) {
      case 'measure':
        await handleMeasure(request, evaluator, pacer, send);
        break;
      case 'evaluate':
        await handleEvaluate(request, evaluator, pacer, send);
        break;
      case 'train':
        await handleTrain(request, evaluator, pacer, send);
        break;
    }
    finish('complete');
  } catch (error) {
    if (error instanceof Cancelled) finish('cancelled');
    else if (error instanceof BackendError) finish('failed', `${error.message} ${error.remedy}`);
    else finish('failed', error instanceof Error ? error.message : String(error));
  } finally {
    clearInterval(alive);
  }
}

// Without a host there is no one to work for.
process.on('disconnect', () => process.exit(0));

const [, , name = 'model', settings = '{}'] = process.argv;
const opening = open(name as BackendName, JSON.parse(settings) as BackendSettings);
let queue: Promise<unknown> = opening;

process.on('message', (message: ToWorker) => {
  if (message.type === 'cancel') {
    cancelled.add(message.id);
    return;
  }
  queue = queue.then(async () => {
    const opened = await opening;
    if (opened) await handle(message, opened);
  });
});

void opening.then((opened) => {
  // The message has to be on its way before the process ends.
  if (!opened) setTimeout(() => process.exit(0), 100);
});
