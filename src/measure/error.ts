import { compileExact, formats, neighbour, ulpDistance, type ExactFunction, type NumberFormat } from '../numeric';
import { margin, type Subject } from './subject';

/**
 * How far a computed loss lies from the mathematical one, and whose fault it is. `design` is what clips, caps, radii
 * and epsilons do: the same formula in exact arithmetic, less the mathematical loss. `rounding` is what the number
 * format does: the computed loss less the formula in exact arithmetic. Their sum is the error.
 */
export interface LossError {
  /**
   * Values of the format between the computed and the exact loss, the latter rounded to it; null where either is NaN.
   * An infinity counts as the value after the largest.
   */
  readonly ulp: number | null;
  /** |computed - exact| / |exact|, as a float64; NaN where the exact loss is 0 or either is NaN. */
  readonly relative: number;
  readonly design: number;
  readonly rounding: number;
}

/** Measures the errors of a subject's loss in a format: a function of the margin and the loss that was computed there. */
export function lossErrors(subject: Subject, format: NumberFormat): (at: number, computed: number) => LossError {
  const ideal = compileExact(subject.exactLoss, [margin]);
  const own = compileExact(subject.loss, [margin]);
  return (at, computed) => {
    const exact = ideal.round(formats.float64, at);
    const ownExact = own.round(formats.float64, at);
    const nearest = ideal.round(format, at);
    const comparable = !Number.isNaN(computed) && !Number.isNaN(nearest);
    return {
      ulp: comparable ? Number(ulpDistance(format, computed, nearest)) : null,
      relative: Math.abs(computed - exact) / Math.abs(exact),
      design: ownExact - exact,
      rounding: computed - ownExact,
    };
  };
}

/**
 * An exact value rounded to float64, and to a format from there where that is sure to be the same: unless the float64 is
 * where the format's rounding changes.
 *
 * @returns the value as float64, and as the nearest of the format
 */
export function roundedTwice(
  exact: ExactFunction,
  format: NumberFormat,
  at: number,
): { readonly wide: number; readonly nearest: number } {
  const wide = exact.round(formats.float64, at);
  if (format.name === 'float64' || !Number.isFinite(wide) || wide === 0) return { wide, nearest: format.round(wide) };
  const [below, above] = [neighbour(formats.float64, wide, -1n), neighbour(formats.float64, wide, 1n)];
  const isSure = format.round(below) === format.round(above);
  return { wide, nearest: isSure ? format.round(wide) : exact.round(format, at) };
}

/** Values of the format between each computed value and the exact one, as `LossError.ulp`; NaN where either is NaN. */
export function ulpErrors(format: NumberFormat, computed: Float64Array, nearest: Float64Array): Float64Array {
  return computed.map((value, i) => {
    const exact = nearest[i] as number;
    if (Number.isNaN(value) || Number.isNaN(exact)) return NaN;
    return value === exact ? 0 : Number(ulpDistance(format, value, exact));
  });
}
