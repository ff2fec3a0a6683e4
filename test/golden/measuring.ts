import { planTasks, type Plan, type PlannedTask } from '../../src/engine/plan';
import type { Curve, TargetSummary } from '../../src/protocol';
import { modelEvaluator } from '../../src/worker/model';
import { handleMeasure } from '../../src/worker/requests';

/** What the worker finds for one loss, format and target. */
export interface Measured extends Pick<PlannedTask, 'loss' | 'format' | 'target'> {
  readonly curve: Curve;
  readonly summary: TargetSummary;
}

/** Plans and measures as a dashboard and the command line do, but in this process. */
export async function measure(plan: Plan): Promise<Measured[]> {
  const planned = planTasks(plan);
  const measured: Measured[] = [];
  await handleMeasure(
    { type: 'measure', id: 0, backend: 'model', tasks: [...planned.values()].map(({ task }) => task) },
    modelEvaluator('under test'),
    { breathe: () => Promise.resolve() },
    (message) => {
      if (message.type !== 'measured' || !message.summary) throw new Error(`the worker sent ${message.type}`);
      const { loss, format, target } = planned.get(message.key) as PlannedTask;
      measured.push({ loss, format, target, curve: message.curve, summary: message.summary });
    },
  );
  return measured;
}
