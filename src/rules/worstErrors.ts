import type { FormatName } from '../numeric';
import table from './worstErrors.json';

/** Worst errors, infinite where the result is NaN. */
export interface WorstError {
  /** In ULPs of the exact result: values of the format in between. */
  readonly ulps: number;
  /** Of results below 1 in ULPs of 1: what a sum of losses notices of them. */
  readonly absolute: number;
}

export interface WorstErrors {
  readonly value: WorstError;
  /** Of the gradient that the framework takes. */
  readonly gradient: WorstError;
}

/** The same for negative x, for positive x, and of a loss for each target. */
export interface ErrorsBySide {
  readonly target: 0 | 1 | undefined;
  readonly below: WorstErrors;
  readonly above: WorstErrors;
}

/** The formats whose errors an entry holds, in this order. Those of float64 are of the functions of whatever runs this. */
export const tabledFormats = ['float32', 'bfloat16', 'float16'] as const satisfies readonly FormatName[];

/**
 * Worst errors of the forms that rules rewrite, and of what they write instead, against the latter, measured beforehand:
 * `worstErrors.json`, written by `node scripts/thresholds.mjs`. By the structural keys of reference and form. A test
 * measures all of it again.
 */
const measured: Readonly<Record<string, Readonly<Record<string, string>>>> = table;

/** What the table has of a form and its reference, by their structural keys; undefined where that isn't in it. */
export function tabledErrors(form: string, reference: string, name: FormatName): readonly ErrorsBySide[] | undefined {
  const ofReference = Object.hasOwn(measured, reference) ? measured[reference] : undefined;
  const entry = ofReference && Object.hasOwn(ofReference, form) ? ofReference[form] : undefined;
  const index = (tabledFormats as readonly FormatName[]).indexOf(name);
  return entry === undefined || index < 0 ? undefined : readErrors(entry)[index];
}

/**
 * For each format, and of a loss each target, eight numbers: of value and gradient below 0 and above it in ULPs and in
 * ULPs of 1, the latter only where it is another number. Formats stand apart by bars, targets by semicolons.
 */
export function writeErrors(inFormats: readonly (readonly ErrorsBySide[])[]): string {
  const one = ({ ulps, absolute }: WorstError): string =>
    ulps === absolute ? String(ulps) : `${String(ulps)}/${String(absolute)}`;
  return inFormats
    .map((errors) =>
      errors
        .map(({ below, above }) =>
          [below, above].flatMap(({ value, gradient }) => [one(value), one(gradient)]).join(' '),
        )
        .join(';'),
    )
    .join('|');
}

/** The same read again, every number as it was. */
export function readErrors(entry: string): readonly (readonly ErrorsBySide[])[] {
  return entry.split('|').map((errors) => {
    const targets = errors.split(';');
    return targets.map((text, index) => {
      const [first, second, third, fourth] = text.split(' ').map((each): WorstError => {
        const [ulps = '', absolute = ulps] = each.split('/');
        return { ulps: Number(ulps), absolute: Number(absolute) };
      });
      if (!first || !second || !third || !fourth) throw new Error(`no worst errors: ${text}`);
      return {
        target: targets.length === 1 ? undefined : index === 0 ? 0 : 1,
        below: { value: first, gradient: second },
        above: { value: third, gradient: fourth },
      };
    });
  });
}
