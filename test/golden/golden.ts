import { lossById, type LossEntry, type LossForm } from '../../src/losses';
import { formats, type FormatName, type NumberFormat } from '../../src/numeric/format';
import data from './golden.json';
import ids from './ids.json';

/** The formats that the reference values are given in. */
export const goldenFormats = ['float64', 'float32', 'bfloat16', 'float16'] as const satisfies readonly FormatName[];
export type GoldenFormat = (typeof goldenFormats)[number];

interface Reference {
  readonly family: string;
  /** Formats whose rows come from PyTorch's own operation, not from the formula operation by operation. */
  readonly native: readonly string[];
  /** For each point the bit patterns of loss and gradient. */
  readonly rows: Readonly<Record<GoldenFormat, readonly string[]>>;
  /** The form's own formula in exact arithmetic, where its constants make that differ from the mathematical loss. */
  readonly ownExact?: Readonly<Record<GoldenFormat, readonly string[]>>;
}

interface Data {
  readonly points: readonly (readonly number[])[];
  /** Cross-entropy, its derivative, focal loss with gamma 2, its derivative: to 30 digits, at the rounded point. */
  readonly exact: Readonly<Record<GoldenFormat, readonly (readonly string[])[]>>;
  readonly forms: Readonly<Record<string, Reference>>;
}

const { points, exact, forms }: Data = data;
const named: Readonly<Record<string, { readonly id: string; readonly constants?: Readonly<Record<string, number>> }>> =
  ids;

export interface GoldenForm {
  /** The form's name in the reference data. */
  readonly name: string;
  readonly family: string;
  readonly entry: LossEntry;
  readonly ownExact: Reference['ownExact'];
  readonly build: (format: FormatName) => LossForm;
}

export interface GoldenRow {
  /** The logit, rounded to the format. */
  readonly z: number;
  readonly t: number;
  readonly loss: number;
  readonly gradient: number;
}

/** Every form of the reference data with its entry in the catalogue. */
export const goldenForms: readonly GoldenForm[] = Object.entries(forms).map(([name, { family, ownExact }]) => {
  const place = named[name];
  if (!place) throw new Error(`ids.json has no entry for ${name}`);
  const entry = lossById(place.id);
  return { name, family, entry, ownExact, build: (format) => entry.build(place.constants, format) };
});

/** The points of the reference data in a format. */
export function goldenPoints(format: FormatName): { readonly z: number; readonly t: number }[] {
  return points.map(([logit, target]) => ({ z: formats[format].round(logit as number), t: target as number }));
}

/** The reference rows of a form. */
export function goldenRows(name: string, format: GoldenFormat): GoldenRow[] {
  const rows = forms[name]?.rows[format] ?? [];
  return goldenPoints(format).map((point, i) => {
    const [loss, gradient] = (rows[i] as string).split(' ') as [string, string];
    return { ...point, loss: fromBits(formats[format], loss), gradient: fromBits(formats[format], gradient) };
  });
}

/** The mathematical loss and its derivative at each point, in decimal. */
export function exactRows(family: string, format: GoldenFormat): { readonly loss: string; readonly slope: string }[] {
  return exact[format].map((row) => {
    const [loss, slope] = (family === 'focal' ? row.slice(2) : row) as [string, string];
    return { loss, slope };
  });
}

/** The value of an IEEE bit pattern in hexadecimal. */
function fromBits(format: NumberFormat, bits: string): number {
  const pattern = BigInt(`0x${bits}`);
  const signBit = 1n << BigInt(format.bits - 1);
  const magnitude = pattern & (signBit - 1n);
  if (magnitude > format.ordinal(Infinity)) return NaN;
  const value = format.fromOrdinal(magnitude);
  return pattern & signBit ? -value : value;
}
