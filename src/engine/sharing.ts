import { Worker } from 'node:worker_threads';
import type { ShareDone, SharedWork, Shares } from '../protocol/shares';

/** Each compiles the code for itself, and takes memory. */
export const mostSharing = 8;

/**
 * Starts threads that take their shares of the work. One that dies, or can't be started, leaves what it has taken undone.
 * @param threadPath the built thread, a file: it takes its share by `takeShares` of the worker's room
 * @param given is given to each of the threads
 * @param done is told what came of each item that a thread has taken
 * @returns when all of them have ended
 */
export async function shareOut<T, Result>(
  threadPath: string,
  threads: number,
  { items, memory }: Shares<T>,
  given: unknown,
  done: (share: ShareDone<Result>) => void,
): Promise<void> {
  const workerData: SharedWork<T, unknown> = { items, memory, given };
  await Promise.all(
    Array.from({ length: threads }, () => {
      const thread = new Worker(threadPath, { execArgv: [], workerData });
      thread.on('message', done);
      return new Promise<void>((resolve) => {
        thread.on('error', () => resolve());
        thread.on('exit', () => resolve());
      });
    }),
  );
}
