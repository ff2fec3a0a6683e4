import { pointsOf, variantById, type BackendChoice } from '../config';
import { chooseBackend, Explainer, planTasks, type WorkerClient } from '../engine';
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
  readonly worker: WorkerClient;
  readonly backend: BackendChoice;
  /** Whether the workspace is trusted. */
  readonly trusted: boolean;
  readonly entries: EntrySource;
}

type Unnumbered<Message extends { readonly generation: number }> = Omit<Message, 'generation'>;

/** Measuring that is ready to begin: how many results will come, and how to get them. */
export interface Run<Message extends { readonly generation: number }> {
  readonly expected: number;
  start(receive: (message: Unnumbered<Message>) => void, signal: AbortSignal): Promise<BackendIdentity>;
}

/** @throws LossError or BackendUnavailable for settings that can't be measured */
export function floorRun(settings: FloorSettings, { worker, backend, trusted, entries }: Measurer): Run<CurveMessage> {
  const planned = planTasks({
    losses: chosenEntries(settings, entries),
    formats: settings.formats,
    targets: settings.targets,
    points: pointsOf(settings.sweep),
  });
  const name = chooseBackend(backend, trusted);
  const explainer = new Explainer();
  return {
    expected: planned.size,
    start: (receive, signal) =>
      worker.measure(
        name,
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

/** @throws LossError or BackendUnavailable for settings that can't be measured */
export function zerRun(settings: ZerSettings, { worker, backend, trusted }: Measurer): Run<ZerCurveMessage> {
  const { variants, radius, format, targets } = settings;
  const losses = variants.map((id) => {
    const entry = variantById(id);
    return { key: id, entry, label: entry.label, constants: { radius } };
  });
  const planned = planTasks({ losses, formats: [format], targets, points: margins });
  const name = chooseBackend(backend, trusted);
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
      await worker.evaluate(
        name,
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
      return worker.measure(
        name,
        [...planned.values()].map(({ task }) => task),
        ({ key, curve, summary }) => {
          if (summary) send(key, curve, summary);
        },
        signal,
      );
    },
  };
}
