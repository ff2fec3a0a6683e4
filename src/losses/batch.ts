import { compileModel } from '../numeric/model';
import type { NumberFormat } from '../numeric/format';
import { LossError, type LossForm } from './entry';

/** Samples of a batch: the logit and the target of each, values of the format. */
export interface Batch {
  readonly logits: Float64Array;
  readonly targets: Float64Array;
}

/** What a framework reports for a batch: one number, and its derivative by each logit. */
export interface BatchLoss {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** The samples that count, by their place in the batch. */
  readonly chosen: readonly number[];
}

/** The mean of a loss over a batch. @throws LossError unless there is a target for each logit */
export function batchMean(form: LossForm, batch: Batch, format: NumberFormat): BatchLoss {
  const { loss, gradient } = lossOfEach(form, batch, format);
  return meanOf(loss, gradient, [...loss.keys()], format);
}

/**
 * Online hard example mining: the mean of the `k` greatest losses of a batch. Easier samples get no gradient at all, not
 * even a small one, as with `loss.topk(k).mean()` in PyTorch, whose backward pass scatters into zeros. NaN counts as
 * greater than any number, as it does for topk; of equal losses the first are chosen, where topk promises no order.
 *
 * @throws LossError unless there is a target for each logit, and 1 <= k <= the size of the batch, as topk wants it
 */
export function hardestMean(form: LossForm, batch: Batch, k: number, format: NumberFormat): BatchLoss {
  const { loss, gradient } = lossOfEach(form, batch, format);
  if (!Number.isInteger(k) || k < 1 || k > loss.length) {
    throw new LossError(
      `k must be a whole number from 1 to ${String(loss.length)}, the size of the batch, not ${String(k)}`,
    );
  }
  // Stable, so that of equal losses the first come first.
  const hardestFirst = [...loss.keys()].sort((a, b) => byHardness(loss[a] as number, loss[b] as number));
  return meanOf(loss, gradient, hardestFirst.slice(0, k), format);
}

function byHardness(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : b > a ? 1 : -1;
}

function lossOfEach(
  { loss, gradient }: LossForm,
  { logits, targets }: Batch,
  format: NumberFormat,
): { readonly loss: Float64Array; readonly gradient: Float64Array } {
  if (logits.length !== targets.length) {
    throw new LossError(
      `a batch has a target for each logit, not ${String(targets.length)} for ${String(logits.length)}`,
    );
  }
  const each = { loss: new Float64Array(logits.length), gradient: new Float64Array(logits.length) };
  compileModel([loss, gradient], ['z', 't'], format)(logits.length, [logits, targets], [each.loss, each.gradient]);
  return each;
}

/** Reductions add up in the compute type, from first to last here, and store the mean rounded once. */
function meanOf(
  losses: Float64Array,
  gradients: Float64Array,
  chosen: readonly number[],
  format: NumberFormat,
): BatchLoss {
  const compute = format.computeFormat === 'float32' ? Math.fround : (x: number): number => x;
  const sum = chosen.reduce((total, i) => compute(total + (losses[i] as number)), 0);
  const gradient = new Float64Array(losses.length);
  for (const i of chosen) gradient[i] = format.round(compute((gradients[i] as number) / chosen.length));
  return { loss: format.round(compute(sum / chosen.length)), gradient, chosen };
}
