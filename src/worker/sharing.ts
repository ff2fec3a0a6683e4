import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Shares, type ShareDone, type SharedWork } from '../protocol/shares';

/** What this thread was started to take its share of, a `SharedWork`; undefined in the thread that a process begins with. */
export const workToShare: unknown = isMainThread ? undefined : workerData;

/** Takes items of the work, one after the other until there are none left, and sends what comes of each. */
export async function takeShares<T>(
  { items, memory }: SharedWork<T, unknown>,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const shares = new Shares(items, memory);
  for (let share = shares.take(); share; share = shares.take()) {
    const done: ShareDone<unknown> = { index: share.index, result: await work(share.item) };
    parentPort?.postMessage(done);
  }
}
