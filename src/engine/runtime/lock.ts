import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, RuntimeError } from './error';

export interface LockOptions {
  /** How often the holder shows that it is alive, in milliseconds. */
  readonly beatEvery?: number;
  /** A lock whose holder hasn't for so long is nobody's, in milliseconds. */
  readonly staleAfter?: number;
}

export interface Lock {
  /** @throws RuntimeError if another has taken it for abandoned meanwhile: the machine may have slept */
  check(): Promise<void>;
  release(): Promise<void>;
}

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

const mostAttempts = 50;

const defaults = { beatEvery: 5000, staleAfter: 60_000 };

/**
 * Takes a lock, a file, against other windows, also on other machines that share the folder. A lock whose process is gone,
 * or that shows no sign of life, is taken over.
 * @throws RuntimeError with the code `busy`
 */
export async function takeLock(file: string, options: LockOptions = {}): Promise<Lock> {
  const { beatEvery, staleAfter } = { ...defaults, ...options };
  const own: Holder = { token: randomUUID(), pid: process.pid, host: os.hostname() };
  await mkdir(path.dirname(file), { recursive: true });
  for (let attempt = 0; !(await create(file, own)); attempt++) {
    const holder = await read(file);
    if (attempt >= mostAttempts || !(await isAbandoned(file, holder, staleAfter))) throw busy(holder);
    if (await takeOver(file, own, staleAfter)) break;
  }
  const isOwn = async (): Promise<boolean> => (await read(file))?.token === own.token;
  const beat = setInterval(() => {
    const now = new Date();
    void utimes(file, now, now).catch(() => undefined);
  }, beatEvery);
  beat.unref();
  return {
    async check() {
      if (!(await isOwn())) throw busy(undefined);
    },
    async release() {
      clearInterval(beat);
      if (await isOwn()) await rm(file, { force: true });
    },
  };
}

/**
 * Puts another holder in the place of one that is gone. Those who do so come one after the other, and the lock is never
 * missing meanwhile, so that nobody takes it for free.
 * @returns whether it was done; another may have been first
 */
async function takeOver(file: string, own: Holder, staleAfter: number): Promise<boolean> {
  const turn = `${file}.takeover`;
  if (!(await create(turn, own))) {
    const { mtimeMs } = await stat(turn).catch(() => ({ mtimeMs: Date.now() }));
    // It takes no time: whoever has it is gone.
    if (Date.now() - mtimeMs > staleAfter) await rm(turn, { force: true });
    else await sleep(20);
    return false;
  }
  try {
    if (!(await isAbandoned(file, await read(file), staleAfter))) return false;
    const made = `${file}.${own.token}`;
    await writeFile(made, JSON.stringify(own));
    await rename(made, file);
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

async function create(file: string, own: Holder): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(own)).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new RuntimeError('disk', `${file} can't be written: ${messageOf(error)}`, 'Make the folder writable.');
  }
}

async function read(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isAbandoned(file: string, holder: Holder | undefined, staleAfter: number): Promise<boolean> {
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > staleAfter) return true;
  // Without content it is being made.
  if (holder?.host !== os.hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function busy(holder: Holder | undefined): RuntimeError {
  const who = holder === undefined ? '' : ` (process ${String(holder.pid)} on ${holder.host})`;
  return new RuntimeError(
    'busy',
    `Another window is installing or removing this runtime${who}.`,
    'Wait until it has finished; what it installs serves this window, too.',
  );
}
