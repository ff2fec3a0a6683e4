/** The worker process: takes requests over the IPC channel of `fork`, one after the other, and streams results back. */
import type { BackendName, FromWorker, ToWorker } from '../protocol';
import { Cancelled, type Evaluator, type Pacer } from './evaluator';
import { modelEvaluator } from './model';
import { handleEvaluate, handleMeasure } from './requests';

/** Replaced by the build with the version of package.json. */
declare const LOSSFLOOR_VERSION: string;

/** How long work may run before the event loop gets a turn, in milliseconds. */
const turn = 10;

const model = modelEvaluator(LOSSFLOOR_VERSION);
const cancelled = new Set<number>();
let queue = Promise.resolve();

function send(message: FromWorker): void {
  // The host may have gone in the meantime; then there is nobody to tell.
  if (process.connected) process.send?.(message);
}

function evaluatorOf(backend: BackendName): Evaluator {
  if (backend === 'model') return model;
  throw new Error(`This worker has no "${backend}" backend; it has "model".`);
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

async function handle(request: Exclude<ToWorker, { type: 'cancel' }>): Promise<void> {
  const finish = (outcome: 'complete' | 'cancelled' | 'failed', message?: string): void => {
    send({
      type: 'done',
      id: request.id,
      outcome,
      identity: model.identity,
      ...(message === undefined ? {} : { message }),
    });
    cancelled.delete(request.id);
  };
  try {
    const evaluator = evaluatorOf(request.backend);
    const pacer = pacerOf(request.id);
    await (request.type === 'measure'
      ? handleMeasure(request, evaluator, pacer, send)
      : handleEvaluate(request, evaluator, pacer, send));
    finish('complete');
  } catch (error) {
    if (error instanceof Cancelled) finish('cancelled');
    else finish('failed', error instanceof Error ? error.message : String(error));
  }
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'cancel') {
    cancelled.add(message.id);
    return;
  }
  queue = queue.then(() => handle(message));
});
// Without a host there is no one to work for.
process.on('disconnect', () => process.exit(0));

send({ type: 'hello', protocol: 1, identity: model.identity });
