/** Binary floating-point number formats: rounding, neighbours and ordinals. Every value is held as a float64. */

export const formatNames = ['float64', 'float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'] as const;
export type FormatName = (typeof formatNames)[number];

/**
 * A number format. Its values are counted by *ordinals*: 0 for zero, 1 for the smallest subnormal, one more for each
 * next value, the same negated below zero. Distances in ULPs, neighbours, bisection and sampling uniformly over bit
 * patterns are arithmetic on ordinals. They are bigint because float64 has more than 2^53 of them.
 */
export interface NumberFormat {
  readonly name: FormatName;
  /** Bits of a stored value. */
  readonly bits: number;
  /** Bits of the significand, the hidden one included. */
  readonly precision: number;
  /** Exponent of the smallest normal number, which is 2 to this power. */
  readonly minExponent: number;
  readonly max: number;
  readonly smallestNormal: number;
  readonly smallestSubnormal: number;
  /** E4M3FN has no infinities: what is too large becomes NaN. */
  readonly hasInfinity: boolean;
  /** The format that the frameworks' kernels compute in before they store a value of this format. */
  readonly computeFormat: 'float64' | 'float32';
  /** To the nearest value of the format, ties to even. */
  readonly round: (x: number) => number;
  /** @param x a finite value of the format, or an infinity, which has the ordinal after the largest's. */
  readonly ordinal: (x: number) => bigint;
  /** @param ordinal between those of the two infinities. */
  readonly fromOrdinal: (ordinal: bigint) => number;
}

const buffer = new DataView(new ArrayBuffer(8));

/** The exponent of the power of two at or below |x|, for finite x other than 0. */
export function exponentOf(x: number): number {
  buffer.setFloat64(0, x);
  const biased = (buffer.getUint32(0) >>> 20) & 0x7ff;
  return biased === 0 ? exponentOf(x * 2 ** 54) - 54 : biased - 1023;
}

/** A float64 and its two halves, the upper one second: every platform that VS Code runs on is little-endian. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

interface Parameters {
  readonly bits: number;
  readonly precision: number;
  readonly minExponent: number;
  readonly max: number;
  readonly hasInfinity?: boolean;
}

function makeFormat(name: FormatName, parameters: Parameters): NumberFormat {
  const { bits, precision, minExponent, max, hasInfinity = true } = parameters;
  const tooLarge = hasInfinity ? Infinity : NaN;
  const smallestSubnormal = 2 ** (minExponent - precision + 1);
  const hidden = 2 ** (precision - 1);

  // 2^(e + 53 - precision) * 1.5, e being the exponent of x: adding it rounds to the precision. Its upper word for e = 0,
  // and what to add to that for the smallest normal number.
  const shifterWord = ((1023 + 53 - precision) << 20) | 0x80000;
  const lowestWord = minExponent * 0x100000;
  const round = (x: number): number => {
    const size = Math.abs(x);
    // The shifter must not overflow; and a NaN has no order.
    if (!(size < 2 * max)) return size === size ? Math.sign(x) * tooLarge : x;
    double[0] = x;
    const exponentWord = ((words[1] as number) & 0x7ff00000) - 0x3ff00000;
    words[1] = Math.max(exponentWord, lowestWord) + shifterWord;
    words[0] = 0;
    const shifter = double[0];
    const rounded = x + shifter - shifter;
    // Zero keeps its sign.
    if (rounded === 0) return x * 0;
    return Math.abs(rounded) > max ? Math.sign(rounded) * tooLarge : rounded;
  };
  const magnitude = (x: number): number => {
    if (x === 0) return 0;
    const exponent = Math.max(exponentOf(x), minExponent);
    return (exponent - minExponent) * hidden + x / 2 ** (exponent - precision + 1);
  };
  const maxMagnitude = magnitude(max);

  return Object.freeze<NumberFormat>({
    name,
    bits,
    precision,
    minExponent,
    max,
    hasInfinity,
    smallestNormal: 2 ** minExponent,
    smallestSubnormal,
    computeFormat: 'float32',
    round,
    ordinal: (x) => BigInt(Math.sign(x)) * BigInt(Number.isFinite(x) ? magnitude(Math.abs(x)) : maxMagnitude + 1),
    fromOrdinal: (ordinal) => {
      const count = Math.abs(Number(ordinal));
      const sign = ordinal < 0n ? -1 : 1;
      if (count > maxMagnitude) return sign * tooLarge;
      if (count < hidden) return sign * count * smallestSubnormal;
      const exponent = Math.floor(count / hidden) - 1;
      return sign * (count - exponent * hidden) * 2 ** (exponent + minExponent - precision + 1);
    },
  });
}

const float64: NumberFormat = Object.freeze<NumberFormat>({
  name: 'float64',
  bits: 64,
  precision: 53,
  minExponent: -1022,
  max: Number.MAX_VALUE,
  smallestNormal: 2 ** -1022,
  smallestSubnormal: Number.MIN_VALUE,
  hasInfinity: true,
  computeFormat: 'float64',
  round: (x) => x,
  ordinal: (x) => {
    buffer.setFloat64(0, Math.abs(x));
    return x < 0 ? -buffer.getBigUint64(0) : buffer.getBigUint64(0);
  },
  fromOrdinal: (ordinal) => {
    buffer.setBigUint64(0, ordinal < 0n ? -ordinal : ordinal);
    return ordinal < 0n ? -buffer.getFloat64(0) : buffer.getFloat64(0);
  },
});

const float32: NumberFormat = Object.freeze<NumberFormat>({
  ...makeFormat('float32', { bits: 32, precision: 24, minExponent: -126, max: (2 - 2 ** -23) * 2 ** 127 }),
  round: Math.fround,
});

/** The number formats by name. Sources: IEEE 754-2019; bfloat16 as in oneDNN and XLA; the 8-bit ones of OCP FP8 1.0. */
export const formats: Readonly<Record<FormatName, NumberFormat>> = Object.freeze({
  float64,
  float32,
  bfloat16: makeFormat('bfloat16', { bits: 16, precision: 8, minExponent: -126, max: (2 - 2 ** -7) * 2 ** 127 }),
  float16: makeFormat('float16', { bits: 16, precision: 11, minExponent: -14, max: 65504 }),
  float8_e4m3fn: makeFormat('float8_e4m3fn', { bits: 8, precision: 4, minExponent: -6, max: 448, hasInfinity: false }),
  float8_e5m2: makeFormat('float8_e5m2', { bits: 8, precision: 3, minExponent: -14, max: 57344 }),
});

/** Few enough values to measure every one of them. */
export function isExhaustible(format: NumberFormat): boolean {
  return format.bits <= 16;
}

/** Every finite value of the format from 0 up, in order. @throws RangeError for a format that is not exhaustible. */
export function nonNegativeValues(format: NumberFormat): Float64Array {
  if (!isExhaustible(format)) throw new RangeError(`${format.name} has too many values to list`);
  const count = Number(format.ordinal(format.max)) + 1;
  return Float64Array.from({ length: count }, (_, i) => format.fromOrdinal(BigInt(i)));
}

/** The next value above (`steps` > 0) or below; counts through both zeros as one. */
export function neighbour(format: NumberFormat, x: number, steps: bigint): number {
  return format.fromOrdinal(format.ordinal(x) + steps);
}

/** How many values of the format lie between two of its values, the farther one included. */
export function ulpDistance(format: NumberFormat, a: number, b: number): bigint {
  const distance = format.ordinal(a) - format.ordinal(b);
  return distance < 0n ? -distance : distance;
}

/** The format with the fewest values, of equally many that with the shortest significand; float32 of none. */
export function coarsest(names: readonly FormatName[]): FormatName {
  const [first = 'float32', ...others] = names;
  return others.reduce((best, name) => {
    const [a, b] = [formats[name], formats[best]];
    return a.bits < b.bits || (a.bits === b.bits && a.precision < b.precision) ? name : best;
  }, first);
}

/** The format's value of that name. @throws RangeError naming the known formats. */
export function formatByName(name: string): NumberFormat {
  const format = formatNames.find((known) => known === name);
  if (!format) throw new RangeError(`unknown number format "${name}"; known are ${formatNames.join(', ')}`);
  return formats[format];
}

/** The shortest decimal that the format reads back as this value. */
export function shortestDecimal(format: NumberFormat, x: number): string {
  if (Object.is(x, -0)) return '-0';
  if (!Number.isFinite(x)) return String(x);
  for (let digits = 1; digits < 17; digits++) {
    const text = x.toPrecision(digits);
    if (format.round(Number(text)) === x) return String(Number(text));
  }
  return String(x);
}
