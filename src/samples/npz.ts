import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { Crc32 } from './crc';
import { ReadingCancelled, SamplesError } from './errors';
import { grouped, megabytes, sampleLimits } from './limits';
import { pickColumns } from './names';
import { readNpy, type NumberArray } from './npy';
import { chunksOf, readExactly, type ByteSource, type Pace } from './source';

/** The arrays of an archive that are logits and targets. */
export interface ArchivedArrays {
  readonly logits: NumberArray;
  readonly targets: NumberArray | null;
  /** Arrays that are neither. */
  readonly others: readonly string[];
}

/** No archive of logits has more; a damaged directory may. */
const mostEntries = 1000;

const stored = 0;
const deflated = 8;

/** @throws SamplesError */
export async function readNpz(
  source: ByteSource,
  pace: Pace,
  progress: (bytes: number, total: number) => void,
): Promise<ArchivedArrays> {
  const zip = await openZip(source);
  try {
    const entries = await arraysOf(zip);
    const picked = pickColumns([...entries.keys()], 'array');
    const wanted = [picked.logits, ...(picked.targets === null ? [] : [picked.targets])];
    const total = wanted.reduce((sum, name) => sum + (entries.get(name)?.compressedSize ?? 0), 0);
    const read = (name: string): Promise<NumberArray> =>
      readEntry(zip, entries.get(name) as Entry, source, pace, (bytes) => progress(bytes, total));
    const logits = await read(picked.logits);
    const targets = picked.targets === null ? null : await read(picked.targets);
    return { logits, targets, others: picked.others };
  } finally {
    zip.close();
  }
}

/** What yauzl reads the directory by. */
class SourceReader extends RandomAccessReader {
  constructor(private readonly source: ByteSource) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    readExactly(this.source, position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        callback(null, bytes.length);
      },
      (error: unknown) => callback(error as Error),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

async function openZip(source: ByteSource): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(new SourceReader(source), source.size, { autoClose: false });
  } catch (error) {
    throw damaged(error);
  }
}

/** The arrays by their names, without the `.npy` that each has. */
async function arraysOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const arrays = new Map<string, Entry>();
  let count = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      if (++count > mostEntries) throw new SamplesError(`It has more than ${grouped(mostEntries)} files in it.`);
      if (!entry.fileName.endsWith('.npy')) continue;
      const name = entry.fileName.slice(0, -'.npy'.length);
      if (arrays.has(name)) throw new SamplesError(`It has two arrays named "${name}". Save it again with np.savez.`);
      arrays.set(name, entry);
    }
  } catch (error) {
    throw damaged(error);
  }
  if (arrays.size > 0) return arrays;
  throw new SamplesError(
    'It is a zip archive without any .npy array, such as those of torch.save are, whose pickled objects are never read. Save the numbers: np.savez("logits.npz", logits=z, targets=t); of a PyTorch tensor z.detach().cpu().float().numpy().',
  );
}

async function readEntry(
  zip: ZipFile,
  entry: Entry,
  source: ByteSource,
  pace: Pace,
  progress: (bytes: number) => void,
): Promise<NumberArray> {
  const about = `Its array "${entry.fileName}"`;
  if (entry.isEncrypted()) throw new SamplesError(`${about} is encrypted. Save it without a password.`);
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    throw new SamplesError(
      `${about} is compressed by the method ${String(entry.compressionMethod)}, and only that of np.savez_compressed is known.`,
    );
  }
  const size = entry.uncompressedSize;
  // Twice the limit holds the two columns of float64; the header of the array decides.
  if (entry.compressionMethod === deflated && size > 2 * sampleLimits.bytes) {
    throw new SamplesError(
      `${about} has ${megabytes(size)} when it is unpacked, and at most ${megabytes(sampleLimits.bytes)} are taken. Save a part of it: np.savez_compressed("part.npz", logits=z[:1_000_000]).`,
    );
  }
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const raw = chunksOf(source, fileDataStart, fileDataStart + entry.compressedSize, pace, progress);
    const chunks = checked(entry.compressionMethod === deflated ? inflated(raw) : raw, about, entry);
    return await readNpy({ about, size, chunks }, pace);
  } catch (error) {
    throw damaged(error);
  }
}

async function* inflated(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw();
  // What goes wrong comes out of the loop as well.
  pipeline(Readable.from(raw), inflate, () => undefined);
  for await (const chunk of inflate) yield chunk as Uint8Array;
}

/** The same chunks, and an error if they are more or others than the archive says: it may be damaged, or made to fill the memory. */
async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  about: string,
  { uncompressedSize, crc32 }: Entry,
): AsyncGenerator<Uint8Array> {
  const crc = new Crc32();
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > uncompressedSize) {
      throw new SamplesError(`${about} is larger than the archive says. The file is damaged: save it again.`);
    }
    crc.add(chunk);
    // The last bytes are handed on only once it is known that they are right.
    if (size === uncompressedSize && crc.value !== crc32) {
      throw new SamplesError(`${about} is damaged: its check sum (CRC-32) is wrong. Copy or save the file again.`);
    }
    yield chunk;
  }
}

function damaged(error: unknown): Error {
  if (error instanceof SamplesError || error instanceof ReadingCancelled) return error;
  return new SamplesError(
    `It is no archive that can be read: ${(error as Error).message}. Copy it again, or save it again with np.savez.`,
  );
}
