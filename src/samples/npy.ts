import { elementType, type ElementType } from './dtype';
import { SamplesError } from './errors';
import { parseHeader } from './header';
import { checkArray } from './limits';
import type { Pace } from './source';

/** Numbers as they are kept: float32 where that holds each of them. */
export type SampleNumbers = Float32Array | Float64Array;

/** An array that was read, its elements in C order. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly values: SampleNumbers;
}

/** The bytes of a .npy file one after the other, and how many there are. */
export interface NpyBytes {
  /** What messages call it. */
  readonly about: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What every .npy file begins with. */
export const npyMagic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** More than NumPy ever writes for numbers. */
const longestHeader = 65_536;

/** Elements between two looks at the clock. */
const turn = 65_536;

/**
 * Reads an array of numbers. What it is and whether it is all there is known from its header, before the rest is read.
 * @throws SamplesError
 */
export async function readNpy({ about, size, chunks }: NpyBytes, pace: Pace): Promise<NumberArray> {
  const bytes = new ByteStream(chunks);
  try {
    const start = await bytes.take(10);
    if (start.length < 10 || !npyMagic.every((byte, i) => start[i] === byte)) {
      throw new SamplesError(`${about} is not a .npy file: it does not begin as one. Save the array with np.save.`);
    }
    const [major = 0] = start.subarray(6);
    if (major < 1 || major > 3) {
      throw new SamplesError(`${about} is a .npy file of version ${String(major)}; 1, 2 and 3 are known.`);
    }
    const prefix = major === 1 ? start : joined(start, await bytes.take(2));
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
    const length = major === 1 ? view.getUint16(8, true) : prefix.length < 12 ? 0 : view.getUint32(8, true);
    if (length > longestHeader) {
      throw new SamplesError(
        `${about} has a header of ${String(length)} bytes: it is damaged, or no array of numbers.`,
      );
    }
    const text = await bytes.take(length);
    if (text.length < length || prefix.length < (major === 1 ? 10 : 12))
      throw cutOff(about, size, prefix.length + length);
    const header = parseHeader(new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(text));
    const type = elementType(header.descr);
    const { shape } = header;
    if (shape.includes(0)) throw new SamplesError(`${about} has no elements: its shape is (${shape.join(', ')}).`);
    const count = shape.reduce((product, each) => product * each, 1);
    checkSize(about, shape, count * type.bytes, count);
    const whole = prefix.length + length + count * type.bytes;
    if (size < whole) throw cutOff(about, size, whole);
    const stored = await elements(bytes, type, count, pace);
    if (stored.count < count) throw cutOff(about, size - (count - stored.count) * type.bytes, whole);
    const { values } = stored;
    return { shape, type, values: header.fortranOrder ? await inOrderOfC(values, shape, pace) : values };
  } finally {
    await bytes.end();
  }
}

/** Two columns are two values of one sample. */
function checkSize(about: string, shape: readonly number[], bytes: number, count: number): void {
  const columns = shape.length === 2 && shape[1] === 2 ? 2 : 1;
  checkArray(about, shape[0] ?? 1, count / columns, bytes);
}

function cutOff(about: string, size: number, whole: number): SamplesError {
  return new SamplesError(
    `${about} is cut off: it has ${String(size)} bytes, and by its header it should have ${String(whole)}. Copy or save it again.`,
  );
}

async function elements(
  bytes: ByteStream,
  { bytes: width, wide, read }: ElementType,
  count: number,
  pace: Pace,
): Promise<{ readonly values: SampleNumbers; readonly count: number }> {
  const values = wide ? new Float64Array(count) : new Float32Array(count);
  let at = 0;
  while (at < count) {
    const part = await bytes.take(Math.min(turn, count - at) * width);
    const view = new DataView(part.buffer, part.byteOffset, part.length);
    const end = at + Math.floor(part.length / width);
    if (end === at) break;
    for (let offset = 0; at < end; at++, offset += width) values[at] = read(view, offset);
    await pace.breathe();
  }
  return { values, count: at };
}

/** The same elements as C keeps them: the last index runs fastest, where in Fortran it is the first. */
async function inOrderOfC(values: SampleNumbers, shape: readonly number[], pace: Pace): Promise<SampleNumbers> {
  if (shape.filter((each) => each !== 1).length < 2) return values;
  const ordered = values.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, each) => product * each, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = values[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      const next = (index[axis] as number) + 1;
      from += stride;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= next * stride;
    }
    if (to % turn === 0) await pace.breathe();
  }
  return ordered;
}

/** Bytes that come in chunks of any length, taken in others. */
class ByteStream {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private left: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** So many bytes, or fewer where the end comes first. */
  async take(length: number): Promise<Uint8Array> {
    while (this.left.length < length) {
      const next = await this.chunks.next();
      if (next.done === true) break;
      this.left = this.left.length === 0 ? next.value : joined(this.left, next.value);
    }
    const taken = this.left.subarray(0, length);
    this.left = this.left.subarray(length);
    return taken;
  }

  async end(): Promise<void> {
    await this.chunks.return?.();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
