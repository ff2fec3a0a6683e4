/** Messages on the pipe to and from the bridge: a header in JSON, and arrays of numbers behind it. */

const magic = Buffer.from('LFB1');
/** Magic bytes, then the header's length. */
const prefixLength = 8;
/** More than any header has, so that garbage isn't waited for. */
const longestHeader = 1 << 22;
/** Of bytes that are no message, so many are shown. */
const shownBytes = 60;
/** More than any answer has, in bytes. */
const longestArray = 2 ** 31;

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: readonly Buffer[];
}

/** Bytes that are no message. */
export class Garbage extends Error {
  /** @param bytes the first of them */
  constructor(readonly bytes: Buffer) {
    super(`bytes that are no message: ${printable(bytes)}`);
  }
}

/** What people can read of it, in quotes. */
export function printable(bytes: Buffer): string {
  const text = bytes.subarray(0, shownBytes).toString('latin1');
  return JSON.stringify(text.replace(/[^\x20-\x7e\n]/g, '.'));
}

/** The parts of a message, to be written one after the other. */
export function encodeFrame(header: Readonly<Record<string, unknown>>, arrays: readonly Buffer[] = []): Buffer[] {
  const text = Buffer.from(JSON.stringify({ ...header, arrays: arrays.map((array) => array.length) }));
  const prefix = Buffer.alloc(prefixLength);
  magic.copy(prefix);
  prefix.writeUInt32LE(text.length, magic.length);
  return [Buffer.concat([prefix, text]), ...arrays];
}

/** Takes what comes through the pipe, in pieces of any size, and gives the messages in it. */
export class FrameReader {
  private readonly pieces: Buffer[] = [];
  private available = 0;
  private header: Readonly<Record<string, unknown>> | undefined;
  private headerLength: number | undefined;

  /** The messages that are complete with this piece. @throws Garbage */
  push(piece: Buffer): Frame[] {
    this.pieces.push(piece);
    this.available += piece.length;
    const frames: Frame[] = [];
    for (let frame = this.next(); frame; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): Frame | undefined {
    if (this.headerLength === undefined) {
      const start = this.peek(prefixLength);
      // Seen as early as possible: what isn't ours may well never send more.
      if (!start.subarray(0, magic.length).equals(magic.subarray(0, Math.min(magic.length, start.length)))) {
        throw new Garbage(this.peek(shownBytes));
      }
      if (start.length < prefixLength) return undefined;
      const length = start.readUInt32LE(magic.length);
      if (length > longestHeader) throw new Garbage(this.peek(shownBytes));
      this.take(prefixLength);
      this.headerLength = length;
    }
    if (!this.header) {
      if (this.available < this.headerLength) return undefined;
      this.header = parseHeader(this.take(this.headerLength));
    }
    const lengths = arrayLengths(this.header);
    if (this.available < lengths.reduce((sum, length) => sum + length, 0)) return undefined;
    const frame = { header: this.header, arrays: lengths.map((length) => this.take(length)) };
    this.header = undefined;
    this.headerLength = undefined;
    return frame;
  }

  /** Up to so many bytes, without taking them. */
  private peek(count: number): Buffer {
    const [first] = this.pieces;
    if (first && first.length >= count) return first.subarray(0, count);
    return Buffer.concat(this.pieces).subarray(0, count);
  }

  /** So many bytes, which must be there; a copy, since typed arrays want their own alignment. */
  private take(count: number): Buffer {
    const taken = Buffer.from(new ArrayBuffer(count));
    let filled = 0;
    while (filled < count) {
      const piece = this.pieces[0] as Buffer;
      const part = piece.subarray(0, count - filled);
      part.copy(taken, filled);
      filled += part.length;
      if (part.length === piece.length) this.pieces.shift();
      else this.pieces[0] = piece.subarray(part.length);
    }
    this.available -= count;
    return taken;
  }
}

function parseHeader(text: Buffer): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(text.toString());
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Garbage(text);
}

function arrayLengths(header: Readonly<Record<string, unknown>>): number[] {
  const { arrays } = header;
  const isLength = (each: unknown): each is number =>
    typeof each === 'number' && Number.isInteger(each) && each >= 0 && each <= longestArray;
  if (Array.isArray(arrays) && arrays.every(isLength)) return arrays;
  throw new Garbage(Buffer.from(JSON.stringify(header)));
}

/** The numbers for the pipe: as float32 unless `wide`, which is exact for values of the narrower formats. */
export function encodeNumbers(values: Float64Array, wide: boolean): Buffer {
  const array = wide ? values : new Float32Array(values);
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** The numbers of an array that came, a view of it if `wide`. @param bytes as a `FrameReader` gives them: aligned */
export function decodeNumbers(bytes: Buffer, wide: boolean): Float64Array | Float32Array {
  return wide
    ? new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)
    : new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
