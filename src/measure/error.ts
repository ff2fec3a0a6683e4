import { compileExact, formats, ulpDistance, type NumberFormat } from '../numeric';
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
