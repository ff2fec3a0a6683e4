import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, messageOf, RuntimeError } from './error';

/** What a file has to be: `sha256` in hexadecimal, or what a registry states, `sha512-...` in base 64. */
export type Checksum = { readonly sha256: string } | { readonly integrity: string };

export interface DownloadOptions {
  readonly url: string;
  readonly checksum: Checksum;
  /** Where it goes to. */
  readonly file: string;
  readonly signal?: AbortSignal;
  /** Is told bytes that have come, also those of an attempt before. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** How long the server may send nothing, in milliseconds. */
  readonly silentWithin?: number;
  /** The pause before the second attempt, in milliseconds; it doubles with each further one. */
  readonly firstPause?: number;
}

const mostAttempts = 5;
const defaultSilence = 30_000;
const defaultPause = 500;

/**
 * Downloads a file, going on where an earlier attempt was broken off, and holds it to its checksum. A file that is there
 * and right is not downloaded again.
 * @throws RuntimeError
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, checksum, url, signal } = options;
  await mkdir(path.dirname(file), { recursive: true });
  if (await fits(file, checksum)) {
    const { size } = await stat(file);
    options.onProgress?.(size, size);
    return;
  }
  await rm(file, { force: true });
  const part = `${file}.part`;
  let pause = options.firstPause ?? defaultPause;
  let wasResumed = false;
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted) throw cancelled();
    try {
      wasResumed = await receive(options, part);
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (!(error instanceof Interrupted) || attempt === mostAttempts) throw failure(error, url);
      await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
      pause *= 2;
      continue;
    }
    if (await fits(part, checksum)) break;
    // The first half may be of another file than the second: once more, from the beginning.
    await forget(part);
    if (!wasResumed || attempt === mostAttempts) {
      throw new RuntimeError(
        'integrity',
        `What came from ${url} is not the file that Lossfloor was made for: its checksum is another.`,
        'Try again later, or over another network; if a mirror is set, check that it serves the original files.',
      );
    }
  }
  await rename(part, file);
  await rm(validatorOf(part), { force: true });
}

/** The size that a server states; undefined if it can't be asked. */
export async function sizeAt(url: string, signal?: AbortSignal): Promise<number | undefined> {
  try {
    const timeout = AbortSignal.timeout(10_000);
    const response = await fetch(url, {
      method: 'HEAD',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const size = Number(response.headers.get('content-length') ?? NaN);
    return response.ok && size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}

/** The connection broke: another attempt may go on from here. */
class Interrupted extends Error {}

/** What tells whether the file on the server is still the one of which a part is there. */
function validatorOf(part: string): string {
  return `${part}.from`;
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(validatorOf(part), { force: true });
}

/** @returns whether a part was there already */
async function receive(options: DownloadOptions, part: string): Promise<boolean> {
  const { url, signal, onProgress, silentWithin = defaultSilence } = options;
  const there = await stat(part).then(
    ({ size }) => size,
    () => 0,
  );
  const [from, validator] = there > 0 ? await readValidator(part) : [];
  const resumes = there > 0 && from === url;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silentWithin);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silentWithin);
  };
  try {
    const response = await fetch(url, {
      headers: {
        // Else the length would be that of something else, and parts could not be joined.
        'accept-encoding': 'identity',
        ...(resumes ? { range: `bytes=${String(there)}-` } : {}),
        ...(resumes && validator ? { 'if-range': validator } : {}),
      },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    if (new URL(url).protocol === 'https:' && new URL(response.url).protocol !== 'https:') {
      throw new RuntimeError(
        'download',
        `${url} leads to ${response.url}, which is not encrypted.`,
        'Use another mirror.',
      );
    }
    if (response.status === 416) {
      // All of it is there, or more than that: the checksum tells.
      await response.body?.cancel();
      return true;
    }
    if (response.status >= 500 || response.status === 408 || response.status === 429) {
      await response.body?.cancel();
      throw new Interrupted(`the server answers ${String(response.status)} ${response.statusText}`);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new RuntimeError(
        'download',
        `${url} can't be downloaded: the server answers ${String(response.status)} ${response.statusText}.`,
        'Check the network and its proxy, or set a mirror that has the file.',
      );
    }
    const start = response.status === 206 ? rangeStart(response) : 0;
    if (start !== 0 && start !== there) throw new Interrupted('the server sends another part than was asked for');
    await writeFile(
      validatorOf(part),
      `${url}\n${response.headers.get('etag') ?? response.headers.get('last-modified') ?? ''}`,
    );
    const length = Number(response.headers.get('content-length') ?? NaN);
    const total = Number.isFinite(length) ? start + length : undefined;
    const file = await open(part, start > 0 ? 'a' : 'w');
    let received = start;
    try {
      onProgress?.(received, total);
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        heard();
        await file.writeFile(chunk);
        received += chunk.length;
        onProgress?.(received, total);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && received < total) throw new Interrupted('the connection broke');
    return start > 0;
  } catch (error) {
    if (error instanceof RuntimeError || error instanceof Interrupted || signal?.aborted) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EACCES' || code === 'EROFS') {
      throw new RuntimeError(
        'disk',
        `${part} can't be written: ${messageOf(error)}`,
        'Make room there, and try again.',
      );
    }
    if (silence.signal.aborted)
      throw new Interrupted(`the server has sent nothing for ${String(silentWithin / 1000)} s`);
    const cause = error instanceof Error ? error.cause : undefined;
    throw new Interrupted(cause === undefined ? messageOf(error) : messageOf(cause));
  } finally {
    clearTimeout(timer);
  }
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
}

async function readValidator(part: string): Promise<[string?, string?]> {
  try {
    return (await readFile(validatorOf(part), 'utf8')).split('\n') as [string?, string?];
  } catch {
    return [];
  }
}

function failure(error: unknown, url: string): unknown {
  if (!(error instanceof Interrupted)) return error;
  return new RuntimeError(
    'download',
    `${url} can't be downloaded: ${error.message}.`,
    'Check the network and its proxy, and try again: what has come is kept. A mirror can be set.',
  );
}

/** Whether the file is there and is what it has to be. */
export async function fits(file: string, checksum: Checksum): Promise<boolean> {
  const [algorithm, wanted, encoding] =
    'sha256' in checksum
      ? (['sha256', checksum.sha256.toLowerCase(), 'hex'] as const)
      : ([
          checksum.integrity.split('-')[0] as string,
          checksum.integrity.slice(checksum.integrity.indexOf('-') + 1),
          'base64',
        ] as const);
  const hash = createHash(algorithm);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  return hash.digest(encoding) === wanted;
}
