import { pointsOf, variantById } from '../config';
import { planTasks, type PlannedTask } from '../engine';
import { sigmoid, substitute, variable, type Expression } from '../expression';
import { LossError } from '../losses';
import { orientation, type TargetSummary } from '../measure';
import { formatByName } from '../numeric';
import type { Curve, EvaluateTask, ZerResult, ZerSettings } from '../protocol';
import { computedBy, tasksOf, type Measurer, type Run } from './measurer';
import { findBorders, type EvaluateTasks } from './zerBorder';

/** Outputs, 0 to 1, and margins that the zero error radius dashboard draws. */
const outputs = pointsOf({ from: 0, to: 1, points: 501 });
const margins = pointsOf({ from: -8, to: 8, points: 801 });

const p = variable('p');
/** The output as the format has it. */
const output = sigmoid(variable('z'));

/**
 * @throws LossError for settings that can't be measured; whether the backend can be had is seen when it is started
 */
export function zerRun(settings: ZerSettings, { backends, backend }: Measurer): Run<ZerResult> {
  const { variants, radius, format, targets } = settings;
  if (!targets.every((target) => target >= 0 && target <= 1)) throw new LossError('targets lie between 0 and 1');
  const losses = variants.map((id) => {
    const entry = variantById(id);
    return { key: id, entry, label: entry.label, constants: { radius } };
  });
  const planned = planTasks({ losses, formats: [format], targets, points: margins });
  const cases = [...planned].flatMap(([key, { loss, target }]) =>
    target === 'mean' ? [] : [{ key, variant: loss.key, target, replaced: replacedOutputOf(loss, format) }],
  );
  return {
    expected: planned.size + 1,
    start: async (receive, signal) => {
      const evaluate: EvaluateTasks = async (tasks) => {
        const results = new Map<string, readonly Float64Array[]>();
        await backends.evaluate(
          backend,
          tasks,
          ({ key, outputs: values }) => {
            results.set(key, values);
          },
          signal,
        );
        return results;
      };
      const replaced = await evaluate(cases.flatMap((each) => replacementTasks(each, format)));
      const send = (key: string, curve: Curve, summary: TargetSummary): void => {
        const task = planned.get(key);
        const [overOutput] = replaced.get(overOutputs(key)) ?? [];
        const [outputAtLogit, replacedAtLogit] = replaced.get(overLogits(key)) ?? [];
        if (!task || !overOutput || !outputAtLogit || !replacedAtLogit || task.target === 'mean') return;
        const sign = orientation(task.target);
        receive({
          type: 'zerCurve',
          variant: task.loss.key,
          target: task.target,
          storedTarget: formatByName(format).round(task.target),
          output: outputs,
          replaced: overOutput,
          logit: curve.margin.map((m) => sign * m),
          outputAtLogit,
          replacedAtLogit,
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
      receive({
        type: 'zerBorders',
        storedRadius: formatByName(format).round(radius),
        borders: await findBorders(cases, radius, format, evaluate),
      });
      return computedBy(identity, backends);
    },
  };
}

function replacedOutputOf(loss: PlannedTask['loss'], format: ZerSettings['format']): Expression {
  return loss.entry.build(loss.constants, format).replacedOutput ?? p;
}

const overOutputs = (key: string): string => `${key} over p`;
const overLogits = (key: string): string => `${key} over z`;

interface Replacement {
  readonly key: string;
  readonly target: number;
  readonly replaced: Expression;
}

/** The replaced output over the outputs, and over the logits together with the output that it replaces. */
function replacementTasks({ key, target, replaced }: Replacement, format: ZerSettings['format']): EvaluateTask[] {
  const targets = (points: Float64Array): Float64Array => points.map(() => target);
  const logits = margins.map((m) => orientation(target) * m);
  return [
    {
      key: overOutputs(key),
      outputs: [replaced],
      variables: ['p', 't'],
      inputs: [outputs, targets(outputs)],
      format,
    },
    {
      key: overLogits(key),
      outputs: [output, substitute(replaced, new Map([[p.name, output]]))],
      variables: ['z', 't'],
      inputs: [logits, targets(logits)],
      format,
    },
  ];
}
