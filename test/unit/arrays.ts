/** Files as NumPy writes them, byte by byte: the tests need no Python. */
import { deflateRawSync } from 'node:zlib';

export interface NpyOptions {
  readonly fortran?: boolean;
  readonly version?: 1 | 2 | 3;
  /** The header's text, where it isn't to be made of the rest. */
  readonly header?: string;
}

/** A .npy file with these bytes of data. */
export function npy(descr: string, shape: readonly number[], data: Uint8Array, options: NpyOptions = {}): Uint8Array {
  const { fortran = false, version = 1, header } = options;
  const shapeText = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const order = fortran ? 'True' : 'False';
  const text = header ?? `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shapeText}, }`;
  const prefix = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1)}\n`;
  const start = Buffer.alloc(prefix);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(padded.length, 8);
  else start.writeUInt32LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), data]);
}

/** The bytes of numbers as an element type stores them. */
export function stored(descr: string, values: readonly number[]): Uint8Array {
  const [, order, kind = '', size = ''] = /^([<>|])(\w)(\d+)$/.exec(descr) ?? [];
  const width = Number(size);
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  const little = order !== '>';
  for (const [i, value] of values.entries()) {
    const at = i * width;
    if (kind === 'f' && width === 8) view.setFloat64(at, value, little);
    else if (kind === 'f' && width === 4) view.setFloat32(at, value, little);
    else if (kind === 'f') view.setUint16(at, value, little);
    else if (width === 8) view.setBigInt64(at, BigInt(value), little);
    else if (width === 4) view.setInt32(at, value, little);
    else if (width === 2) view.setInt16(at, value, little);
    else view.setInt8(at, value);
  }
  return bytes;
}

/** A .npy file of numbers in one dimension. @param values of float16 their bits */
export function vector(descr: string, values: readonly number[]): Uint8Array {
  return npy(descr, [values.length], stored(descr, values));
}

export interface ZipOptions {
  readonly deflate?: boolean;
  readonly encrypted?: boolean;
  readonly method?: number;
  /** Instead of the true ones. */
  readonly crc?: number;
  readonly size?: number;
}

/** A zip archive, as np.savez writes it, or broken in a way that is asked for. */
export function zip(files: Readonly<Record<string, Uint8Array>>, options: ZipOptions = {}): Uint8Array {
  const { deflate = false, encrypted = false, crc, size } = options;
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflate ? deflateRawSync(content) : content;
    // The key of what is encrypted comes first.
    const data = encrypted ? Buffer.concat([Buffer.alloc(12), packed]) : packed;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(encrypted ? 1 : 0, 2);
    common.writeUInt16LE(options.method ?? (deflate ? 8 : 0), 4);
    common.writeUInt32LE(crc ?? crcOf(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name)]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name)]));
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}

/** Bit by bit: shares nothing with the reader's table. */
function crcOf(bytes: Uint8Array): number {
  let state = 0xffffffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0xedb88320 : 0);
  }
  return (state ^ 0xffffffff) >>> 0;
}

/** mulberry32 */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
