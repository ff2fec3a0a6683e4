import { pointsOf, variantById, type BackendChoice } from '../config';
import { Explainer, planTasks, type Backends } from '../engine';
import { variable } from '../expression';
import { orientation, type TargetSummary } from '../measure';
import type {
  BackendIdentity,
  Curve,
  CurveMessage,
  EvaluateTask,
  FloorSettings,
  ZerCurveMessage,
  ZerSettings,
} from '../protocol';
import { chosenEntries, type EntrySource } from './settings';

/** What is needed to measure for a dashboard. */
export interface Measurer {
  readonly backends: Backends;
  readonly backend: BackendChoice;
  readonly entries: EntrySource;
}

type Unnumbered<Message extends { readonly generation: number }> = Omit<Message, 'generation'>;

/** Measuring that is ready to begin: how many results will come, and how to get them. */
export interface Run<Message extends { readonly generation: number }> {
  readonly expected: number;
  start(receive: (message: Unnumbered<Message>) => void, signal: AbortSignal): Promise<BackendIdentity>;
}

/** @throws LossError for settings that can't be measured; whether the backend can be had is seen when it is started */
export function floorRun(settings: FloorSettings, { backends, backend, entries }: Measurer): Run<CurveMessage> {
  const planned = planTasks({
    losses: chosenEntries(settings, entries),
    formats: settings.formats,
    targets: settings.targets,
    points: pointsOf(settings.sweep),
  });
  const explainer = new Explainer();
  return {
    expected: planned.size,
    start: (receive, signal) =>
      backends.measure(
        backend,
        [...planned.values()].map(({ task }) => task),
        ({ key, curve, summary }) => {
          const task = planned.get(key);
          if (!task || !summary) return;
          receive({
            type: 'curve',
            lossKey: task.loss.key,
            format: task.format,
            target: task.target,
            curve,
            summary,
            explanation: explainer.explain(task, summary),
          });
        },
        signal,
      ),
  };
}

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
      return backends.measure(
        backend,
        [...planned.values()].map(({ task }) => task),
        ({ key, curve, summary }) => {
          if (summary) send(key, curve, summary);
        },
        signal,
      );
    },
  };
}
