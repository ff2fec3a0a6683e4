import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { ReadingCancelled, SamplesError } from './errors';

/** Bytes that can be read from any place: of a file, of memory, of a page that holds a dropped file. */
export interface ByteSource {
  /** As the user knows it: the file's name without its folder. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** The bytes from `offset` on: `length` of them, or fewer where the end comes first. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface ReadingOptions {
  readonly signal?: AbortSignal;
  /** Told now and then how many bytes of how many have been read. */
  readonly progress?: (done: number, total: number) => void;
}

/** How many bytes are read at once. */
const chunkBytes = 2 ** 20;

/** How long work may keep the event loop from other things, in milliseconds. */
const longestTurn = 12;

/** Lets others have their turn, and ends what was cancelled. */
export class Pace {
  private since = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** To be called at least every few milliseconds. @throws ReadingCancelled */
  async breathe(): Promise<void> {
    if (performance.now() - this.since > longestTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      this.since = performance.now();
    }
    if (this.signal?.aborted) throw new ReadingCancelled();
  }
}

/** @throws SamplesError where the file can't be read, which includes that it ends before `end` */
export async function* chunksOf(
  source: ByteSource,
  start: number,
  end: number,
  pace: Pace,
  progress: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end;) {
    await pace.breathe();
    const wanted = Math.min(chunkBytes, end - offset);
    const bytes = await readExactly(source, offset, wanted);
    offset += wanted;
    progress(wanted);
    yield bytes;
  }
}

/** @throws SamplesError if there are not so many */
export async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  throw new SamplesError(
    `It ends after ${String(offset + bytes.length)} bytes, and ${String(offset + length)} belong to it: it has changed while it was read, or it was cut off. Save it again.`,
  );
}

/** Bytes that are at hand. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/**
 * A file on disk, open until `use` has come to its end.
 * @throws SamplesError where it can't be opened
 */
export async function withFile<Result>(file: string, use: (source: ByteSource) => Promise<Result>): Promise<Result> {
  const handle = await opened(file);
  try {
    const { size } = await handle.stat();
    return await use({
      name: path.basename(file),
      size,
      read: async (offset, length) => {
        const buffer = new Uint8Array(length);
        const { bytesRead } = await handle.read(buffer, 0, length, offset).catch((error: unknown) => unreadable(error));
        return buffer.subarray(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}

async function opened(file: string): Promise<Awaited<ReturnType<typeof open>>> {
  const name = path.basename(file);
  const refuse = (error: unknown): never => unreadable(error, `${name}: It`);
  // Opening a pipe would wait until somebody writes to it.
  const status = await stat(file).catch(refuse);
  if (!status.isFile()) throw new SamplesError(`${name}: It is no file but a folder or a device.`);
  return open(file, 'r').catch(refuse);
}

function unreadable(error: unknown, what = 'It'): never {
  throw new SamplesError(`${what} can't be read: ${(error as Error).message}`);
}
