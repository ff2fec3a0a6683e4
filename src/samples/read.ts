import { readCsv } from './csv';
import { SamplesError } from './errors';
import { grouped, megabytes, sampleLimits } from './limits';
import { npyMagic, readNpy, type NumberArray, type SampleNumbers } from './npy';
import { readNpz } from './npz';
import { chunksOf, Pace, readExactly, type ByteSource, type ReadingOptions } from './source';

/** The logits of a file, and their targets, if it has any: one for each. */
export interface SampleFile {
  readonly name: string;
  readonly logits: SampleNumbers;
  /** Between 0 and 1. */
  readonly targets: SampleNumbers | null;
  /** How many of the logits are NaN, and how many infinite. */
  readonly nan: number;
  readonly infinite: number;
  /** What the reader of it should know, in sentences: what was taken for what. */
  readonly notes: readonly string[];
}

const zipMagic = Uint8Array.of(0x50, 0x4b);
const pickleMagic = 0x80;

/** Elements between two looks at the clock. */
const turn = 262_144;

/**
 * Reads a .npy, .npz or CSV file; by what it begins with, whatever its name. Nothing of it is ever run.
 * @throws SamplesError with the file's name, saying what is wrong and what to do; ReadingCancelled
 */
export async function readSamples(source: ByteSource, options: ReadingOptions = {}): Promise<SampleFile> {
  try {
    return await read(source, options);
  } catch (error) {
    if (error instanceof SamplesError) throw new SamplesError(`${source.name}: ${error.message}`);
    throw error;
  }
}

interface Columns {
  readonly logits: SampleNumbers;
  readonly targets: SampleNumbers | null;
  readonly notes: readonly string[];
}

async function read(source: ByteSource, { signal, progress }: ReadingOptions): Promise<SampleFile> {
  const pace = new Pace(signal);
  const columns = await columnsOf(source, pace, (done, total) => progress?.(done, total));
  const { logits, targets } = columns;
  if (targets) await checkTargets(logits, targets, pace);
  const counts = { nan: 0, infinite: 0 };
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] as number;
    if (Number.isNaN(value)) counts.nan++;
    else if (!Number.isFinite(value)) counts.infinite++;
    if (i % turn === 0) await pace.breathe();
  }
  return { name: source.name, ...columns, ...counts };
}

async function columnsOf(
  source: ByteSource,
  pace: Pace,
  progress: (done: number, total: number) => void,
): Promise<Columns> {
  if (source.size === 0) throw new SamplesError('It is empty.');
  await pace.breathe();
  const start = await readExactly(source, 0, Math.min(8, source.size));
  const begins = (magic: Uint8Array): boolean => magic.every((byte, i) => start[i] === byte);
  const isNamed = (ending: string): boolean => source.name.toLowerCase().endsWith(`.${ending}`);
  let done = 0;
  const count = (bytes: number, total: number): void => progress((done += bytes), total);
  if (begins(npyMagic) || isNamed('npy')) {
    const chunks = chunksOf(source, 0, source.size, pace, (bytes) => count(bytes, source.size));
    const array = await readNpy({ about: 'It', size: source.size, chunks }, pace);
    return { ...(await logitsOf(array, pace)), targets: null };
  }
  if (begins(zipMagic) || isNamed('npz')) {
    const { logits, targets, others } = await readNpz(source, pace, count);
    return archived(logits, targets, others, pace);
  }
  if (start[0] === pickleMagic || /\.(pkl|pickle|pt|pth)$/i.test(source.name)) {
    throw new SamplesError(
      'It is a pickle, which would run code when it is read; it is never read. Save the numbers: np.save("logits.npy", z), of a PyTorch tensor z.detach().cpu().float().numpy().',
    );
  }
  if (source.size > sampleLimits.bytes) {
    throw new SamplesError(
      `It has ${megabytes(source.size)}, and at most ${megabytes(sampleLimits.bytes)} are taken. Take a part of it: head -n 5000000 logits.csv > part.csv`,
    );
  }
  const chunks = chunksOf(source, 0, source.size, pace, (bytes) => count(bytes, source.size));
  const { logits, targets, others } = await readCsv(chunks, pace);
  return { logits, targets, notes: leftOut('column', others) };
}

async function archived(
  logits: NumberArray,
  targets: NumberArray | null,
  others: readonly string[],
  pace: Pace,
): Promise<Columns> {
  const { logits: values, notes } = await logitsOf(logits, pace);
  const [a, b] = [squeezed(logits.shape), squeezed(targets?.shape ?? [])];
  if (targets && a.length > 1 && b.length > 1 && values.length !== logits.values.length) {
    throw new SamplesError(
      `Its logits and its targets both have two columns, ${shapeText(logits.shape)} and ${shapeText(targets.shape)}. For a softmax of two classes give the index of the class: targets=t.argmax(1). If each column is a sample of its own, give both flat: logits=z.ravel(), targets=t.ravel().`,
    );
  }
  const sameShape = a.length < 2 || b.length < 2 || a.join() === b.join();
  if (targets && !sameShape) {
    throw new SamplesError(
      `Its logits have the shape ${shapeText(logits.shape)}, its targets ${shapeText(targets.shape)}. Every logit needs one target, at the same place.`,
    );
  }
  return { logits: values, targets: targets?.values ?? null, notes: [...notes, ...leftOut('array', others)] };
}

function leftOut(what: 'array' | 'column', others: readonly string[]): string[] {
  if (others.length === 0) return [];
  const names = others.slice(0, 8).map((name) => JSON.stringify(name.slice(0, 40)));
  const more = others.length > names.length ? ` and ${String(others.length - names.length)} more` : '';
  return [`Left out: the ${what}${others.length > 1 ? 's' : ''} ${names.join(', ')}${more}.`];
}

/** The logits of an array, one for each sample. */
async function logitsOf(
  { shape, type, values }: NumberArray,
  pace: Pace,
): Promise<{ readonly logits: SampleNumbers; readonly notes: readonly string[] }> {
  if (type.kind === 'bool') {
    throw new SamplesError('Its logits are of dtype bool: these are targets or predictions. Save the logits.');
  }
  const long = squeezed(shape);
  if (long.length <= 1 || hasOneChannel(shape)) return { logits: values, notes: [] };
  if (shape.length === 2 && shape[1] === 2) {
    const notes = ['Two columns: taken as a softmax of two classes. The logit is the second less the first.'];
    return { logits: await differences(values, pace), notes };
  }
  throw new SamplesError(
    `Its shape is ${shapeText(shape)}, and a sample has one logit: (N,), (N, 1), or (N, 2) for a softmax of two classes. If every element is a binary logit of its own (multi-label, segmentation), save it flat: z.ravel(). Of a softmax of more classes take one against the others: z[:, k] - logsumexp(np.delete(z, k, 1), 1).`,
  );
}

/** Images, or sequences, of one class: the axis of the channels, the second or the last, has length 1. */
function hasOneChannel(shape: readonly number[]): boolean {
  return shape.length > 2 && (shape[1] === 1 || shape.at(-1) === 1);
}

async function differences(values: SampleNumbers, pace: Pace): Promise<Float64Array> {
  const logits = new Float64Array(values.length / 2);
  for (let i = 0; i < logits.length; i++) {
    logits[i] = (values[2 * i + 1] as number) - (values[2 * i] as number);
    if (i % turn === 0) await pace.breathe();
  }
  return logits;
}

function squeezed(shape: readonly number[]): number[] {
  return shape.filter((each) => each !== 1);
}

function shapeText(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
}

async function checkTargets(logits: SampleNumbers, targets: SampleNumbers, pace: Pace): Promise<void> {
  if (targets.length !== logits.length) {
    throw new SamplesError(
      `It has ${grouped(logits.length)} logits and ${grouped(targets.length)} targets. Every logit needs one.`,
    );
  }
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] as number;
    if (!(target >= 0 && target <= 1)) {
      const signs = target === -1 ? ' For labels of -1 and 1 save (t + 1) / 2.' : '';
      throw new SamplesError(
        `Target ${grouped(i + 1)} of ${grouped(targets.length)} is ${String(target)}; targets lie between 0 and 1.${signs}`,
      );
    }
    if (i % turn === 0) await pace.breathe();
  }
}
