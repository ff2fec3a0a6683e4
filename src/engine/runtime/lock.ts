import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const holder = parse(text);
    if (attempt >= 10 || !(await isAbandoned(file, holder, staleAfter))) throw busy(holder);
    // Only one of several who see it gets the file away; and if it was another's by then, that one gets it back.
    const aside = `${file}.${own.token}`;
    try {
      await rename(file, aside);
    } catch {
      continue;
    }
    const taken = await readFile(aside, 'utf8').catch(() => undefined);
    if (taken !== undefined && taken !== text) {
      await rename(aside, file);
      throw busy(parse(taken));
    }
    await rm(aside, { force: true });
  }
  const isOwn = async (): Promise<boolean> => parse(await readFile(file, 'utf8').catch(() => ''))?.token === own.token;
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

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
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
