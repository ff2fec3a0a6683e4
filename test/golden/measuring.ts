import { planTasks, type Plan, type PlannedTask } from '../../src/engine/plan';
import type { Curve, Plateau, TargetSummary } from '../../src/protocol';
import { modelEvaluator } from '../../src/worker/model';
import { handleMeasure } from '../../src/worker/requests';

/** What the worker finds for one loss, format and target. */
export interface Measured extends Pick<PlannedTask, 'loss' | 'format' | 'target'> {
  readonly curve: Curve;
  readonly summary: Settled;
}

/** A summary of a loss that doesn't grow on its right side: all but those of soft targets. */
export type Settled = TargetSummary & { readonly floor: Plateau };

export function settled(summary: TargetSummary | null): Settled {
  if (!summary?.floor) throw new Error('no floor was found');
  return { ...summary, floor: summary.floor };
}

/** Plans and measures as a dashboard and the command line do, but in this process. */
export async function measure(plan: Plan): Promise<Measured[]> {
  const planned = planTasks(plan);
  const measured: Measured[] = [];
  await handleMeasure(
    { type: 'measure', id: 0, tasks: [...planned.values()].map(({ task }) => task) },
    modelEvaluator('under test'),
    { breathe: () => Promise.resolve() },
    (message) => {
      if (message.type !== 'measured') throw new Error(`the worker sent ${message.type}`);
      const { loss, format, target } = planned.get(message.key) as PlannedTask;
      measured.push({ loss, format, target, curve: message.curve, summary: settled(message.summary) });
    },
  );
  return measured;
}
