import { checkTarget, type ChosenEntry } from '../config';
import { subjectAt, type Target } from '../measure';
import { realLoss } from '../losses';
import type { FormatName } from '../numeric';
import type { MeasureTask } from '../protocol';

/** What to measure: each loss in each format for each target. */
export interface Plan {
  readonly losses: readonly ChosenEntry[];
  readonly formats: readonly FormatName[];
  readonly targets: readonly Target[];
  /** Margins, in units of the logit. */
  readonly points: Float64Array;
}

/** A task, and what of the plan it is. */
export interface PlannedTask {
  readonly loss: ChosenEntry;
  readonly format: FormatName;
  readonly target: Target;
  readonly task: MeasureTask;
}

/**
 * The tasks of a plan by their keys, in the order of the plan.
 * @throws LossError for constants or targets that a loss doesn't take
 */
export function planTasks(plan: Plan): Map<string, PlannedTask> {
  const planned = new Map<string, PlannedTask>();
  for (const loss of plan.losses) {
    for (const format of plan.formats) {
      const form = loss.entry.build(loss.constants, format);
      const real = realLoss(loss.entry, loss.constants, format);
      for (const target of plan.targets) {
        checkTarget(loss.entry, target);
        const key = `${loss.key} ${format} ${String(target)}`;
        planned.set(key, {
          loss,
          format,
          target,
          task: {
            key,
            subject: subjectAt(form, target),
            format,
            points: plan.points,
            summary: true,
            exact: true,
            ...(real ? { real } : {}),
          },
        });
      }
    }
  }
  return planned;
}
