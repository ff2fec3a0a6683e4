import type { Format } from '../../src/protocol/measurement';

/** Bits of the significand and the exponent of the smallest normal number, of the formats that JavaScript can't round to. */
const small = {
  bfloat16: { precision: 8, minExponent: -126 },
  float16: { precision: 11, minExponent: -14 },
  float8_e4m3fn: { precision: 4, minExponent: -6 },
  float8_e5m2: { precision: 3, minExponent: -14 },
} as const;

/**
 * A number as short as it can be so that it still reads back as the same value of the format. In ASCII, so that it can
 * be pasted into code.
 */
export function printNumber(x: number, format: Format = 'float64'): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '-∞';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  let digits = 1;
  while (digits < 17 && !readsBack(Number(x.toPrecision(digits)), x, format)) digits++;
  return layOut(x, digits);
}

/** Whether `decimal` rounds to `x`, a value of the format other than 0; ties count as no. */
function readsBack(decimal: number, x: number, format: Format): boolean {
  if (format === 'float64') return decimal === x;
  if (format === 'float32') return Math.fround(decimal) === x;
  const { precision, minExponent } = small[format];
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  const spacing = 2 ** (Math.max(exponent, minExponent) - precision + 1);
  // Below a power of two the values lie twice as close.
  const inward = Math.abs(decimal) < Math.abs(x) && exponent > minExponent && Math.abs(x) === 2 ** exponent;
  return Math.abs(decimal - x) < spacing / (inward ? 4 : 2);
}

/** For sentences and ticks: four significant digits, no trailing zeros. */
export function printPlace(x: number): string {
  if (!Number.isFinite(x) || x === 0) return printNumber(x);
  return printNumber(Number(x.toPrecision(4)));
}

/** A margin from which on something is the case: five digits, rounded outward, so that it is true of all beyond. */
export function printThreshold(at: number): string {
  if (!Number.isFinite(at) || at <= 0) return printPlace(at);
  const rounded = Number(at.toPrecision(5));
  const step = 10 ** (Math.floor(Math.log10(at)) - 4);
  return printNumber(rounded >= at ? rounded : Number((at + step / 2).toPrecision(5)));
}

/** As Python prints it: decimal where that is short, else with an exponent of at least two digits. */
function layOut(x: number, digits: number): string {
  const [mantissa = '', exponentText = '0'] = x.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 9) return x.toFixed(Math.max(0, digits - 1 - exponent));
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A power of ten as on an axis: 10⁻⁷. */
export function printPowerOfTen(exponent: number): string {
  if (exponent === 0) return '1';
  if (exponent === 1) return '10';
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => superscripts[Number(digit)] ?? '');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** For figures: four significant digits, with a real minus sign and powers of ten. */
export function printTick(x: number): string {
  const [mantissa = '', exponent] = printPlace(x).replace(/^-/, '−').split('e');
  return exponent === undefined ? mantissa : `${mantissa}×${printPowerOfTen(Number(exponent))}`;
}

/** For ticks that lie so far apart: with as many digits as tell neighbours apart. */
export function printTickOf(x: number, step: number): string {
  if (x === 0 || !(step > 0)) return printTick(x);
  const digits = Math.floor(Math.log10(Math.abs(x)) + 1e-9) - Math.floor(Math.log10(step) + 1e-9) + 1;
  if (digits <= 4) return printTick(x);
  return printNumber(Number(x.toPrecision(Math.min(17, digits)))).replace(/^-/, '−');
}

/** The float itself, as C and Python print it: 0x1.fffffep-24. Empty for what isn't finite. */
export function printHexadecimal(x: number): string {
  if (!Number.isFinite(x)) return '';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (x === 0) return `${sign}0x0.0p+0`;
  let size = Math.abs(x);
  let exponent = 0;
  // Powers of two: exact.
  for (; size >= 2; exponent++) size /= 2;
  for (; size < 1; exponent--) size *= 2;
  const digits = ((size - 1) * 2 ** 52).toString(16).padStart(13, '0').replace(/0+$/, '');
  return `${sign}0x1.${digits || '0'}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent))}`;
}

/** A count of values of a format: all of its digits where they are few. */
export function printUlp(count: number): string {
  return count < 1e6 ? String(count) : count.toExponential(1).replace('e+', 'e');
}

export function printTarget(target: number | 'mean'): string {
  return target === 'mean' ? 'mean of both targets' : `target ${printNumber(target)}`;
}
