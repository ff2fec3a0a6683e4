import { pointsOf, variantById } from '../config';
import { planTasks } from '../engine';
import { variable } from '../expression';
import { orientation, type TargetSummary } from '../measure';
import type { Curve, EvaluateTask, ZerCurveMessage, ZerSettings } from '../protocol';
import { computedBy, tasksOf, type Measurer, type Run } from './measurer';

/** Outputs, 0 to 1, and margins that the zero error radius dashboard draws. */
const outputs = pointsOf({ from: 0, to: 1, points: 501 });
const margins = pointsOf({ from: -8, to: 8, points: 801 });

/** @throws LossError for settings that can't be measured; whether the backend can be had is seen when it is started */
export function zerRun(settings: ZerSettings, { backends, backend }: Measurer): Run<ZerCurveMessage> {
  const { variants, radius, format, targets } = settings;
  const losses = variants.map((id) => {
    const entry = variantById(id);
    return { key: id, entry, label: entry.label, constants: { radius } };
  });
  const planned = planTasks({ losses, formats: [format], targets, points: margins });
  const replacements: EvaluateTask[] = [...planned].map(([key, { loss, target }]) => {
    const { replacedOutput } = loss.entry.build(loss.constants, format);
    return {
      key,
      outputs: [replacedOutput ?? variable('p')],
      variables: ['p', 't'],
      inputs: [outputs, outputs.map(() => Number(target))],
      format,
    };
  });
  return {
    expected: planned.size,
    start: async (receive, signal) => {
      const replaced = new Map<string, Float64Array>();
      await backends.evaluate(
        backend,
        replacements,
        ({ key, outputs: [values] }) => {
          if (values) replaced.set(key, values);
        },
        signal,
      );
      const send = (key: string, curve: Curve, summary: TargetSummary): void => {
        const task = planned.get(key);
        const values = replaced.get(key);
        if (!task || !values || task.target === 'mean') return;
        const sign = orientation(task.target);
        receive({
          type: 'zerCurve',
          variant: task.loss.key,
          target: task.target,
          output: outputs,
          replaced: values,
          logit: curve.margin.map((m) => sign * m),
          loss: curve.loss,
          gradient: curve.gradient,
          exactLoss: curve.exactLoss,
          exactGradient: curve.exactGradient,
          summary,
        });
      };
      const identity = await backends.measure(
        backend,
        tasksOf(planned.values()),
        ({ key, curve, summary }) => {
          if (summary) send(key, curve, summary);
        },
        signal,
      );
      return computedBy(identity, backends);
    },
  };
}
