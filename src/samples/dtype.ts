import { SamplesError } from './errors';

/** How the elements of an array are stored. */
export interface ElementType {
  readonly descr: string;
  readonly bytes: number;
  /** Whether it takes float64 to hold every element. */
  readonly wide: boolean;
  readonly kind: 'float' | 'integer' | 'bool';
  readonly read: (view: DataView, offset: number) => number;
}

/**
 * @param descr NumPy's name of an element type: byte order, kind, bytes
 * @throws SamplesError for what is no number, saying how to convert it
 */
export function elementType(descr: string): ElementType {
  const [, order = '', kind = '', size = ''] = /^([<>|=]?)([a-zA-Z?])(\d*)/.exec(descr) ?? [];
  const type = reader(`${kind}${size}`, order !== '>');
  // What stands behind the size is the unit of a time.
  if (type && descr === `${order}${kind}${size}`) return { descr, ...type };
  throw new SamplesError(refusal(descr, kind, size));
}

function reader(name: string, little: boolean): Omit<ElementType, 'descr'> | undefined {
  const float = (bytes: number, read: ElementType['read']): Omit<ElementType, 'descr'> => ({
    bytes,
    wide: bytes > 4,
    kind: 'float',
    read,
  });
  const integer = (bytes: number, read: ElementType['read']): Omit<ElementType, 'descr'> => ({
    bytes,
    wide: bytes > 2,
    kind: 'integer',
    read,
  });
  switch (name) {
    case 'f2':
      return float(2, (view, at) => halfOf(view.getUint16(at, little)));
    case 'f4':
      return float(4, (view, at) => view.getFloat32(at, little));
    case 'f8':
      return float(8, (view, at) => view.getFloat64(at, little));
    case 'i1':
      return integer(1, (view, at) => view.getInt8(at));
    case 'u1':
      return integer(1, (view, at) => view.getUint8(at));
    case 'i2':
      return integer(2, (view, at) => view.getInt16(at, little));
    case 'u2':
      return integer(2, (view, at) => view.getUint16(at, little));
    case 'i4':
      return integer(4, (view, at) => view.getInt32(at, little));
    case 'u4':
      return integer(4, (view, at) => view.getUint32(at, little));
    case 'i8':
      return integer(8, (view, at) => safe(view.getBigInt64(at, little)));
    case 'u8':
      return integer(8, (view, at) => safe(view.getBigUint64(at, little)));
    case 'b1':
    case '?':
      return { bytes: 1, wide: false, kind: 'bool', read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) };
    default:
      return undefined;
  }
}

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new SamplesError(
    `It has the whole number ${String(value)}, which no float64 holds. Save it as float64: x.astype(np.float64).`,
  );
}

/** The value of the bits of a binary16. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (0x400 + fraction) * 2 ** (exponent - 25);
}

function refusal(descr: string, kind: string, size: string): string {
  switch (kind) {
    case 'O':
      return 'Its elements are pickled Python objects (dtype object). Reading them would run code of the file, so they are never read. Save numbers: np.save("logits.npy", np.asarray(x, dtype=np.float32)).';
    case 'V':
      return size === '2'
        ? 'Its elements are raw pairs of bytes (dtype V2): that is how np.save writes bfloat16, and it does not say so. Save it as float32, which holds every bfloat16: np.save("logits.npy", x.astype(np.float32)), of a PyTorch tensor x.float().numpy().'
        : `Its elements are raw bytes (dtype ${descr}). Save numbers: x.astype(np.float32).`;
    case 'c':
      return `Its elements are complex numbers (dtype ${descr}). Save the real parts: x.real.`;
    case 'f':
      return `Its elements are of dtype ${descr}, which differs between machines. Save it as float64: x.astype(np.float64).`;
    case 'U':
    case 'S':
    case 'a':
      return `Its elements are texts (dtype ${descr}). Save numbers: x.astype(np.float32).`;
    case 'm':
    case 'M':
      return `Its elements are times (dtype ${descr}), and no logits.`;
    default:
      return `It has the dtype ${JSON.stringify(descr.slice(0, 40))}, which is none of float16, float32, float64, a whole number or bool. Save it as float32: x.astype(np.float32).`;
  }
}
