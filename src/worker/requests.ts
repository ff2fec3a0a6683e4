import { structuralKey, type Expression } from '../expression';
import { margin, summarize, type EvaluateMargins } from '../measure';
import { compileExact, formatByName, formats } from '../numeric';
import type { Curve, EvaluateRequest, FromWorker, MeasureRequest } from '../protocol';
import type { Evaluator, Pacer } from './evaluator';

/** Exact evaluation takes some 50 microseconds a point. */
const exactChunk = 100;

/** Bits at which a zero gradient is taken for a true one: more than any threshold of the formats needs. */
const zeroTestPrecision = 3072;

/** Measures the tasks one after the other, sending each curve as soon as it is there. */
export async function handleMeasure(
  request: MeasureRequest,
  evaluator: Evaluator,
  pacer: Pacer,
  send: (message: FromWorker) => void,
): Promise<void> {
  // Most losses of a request share their exact curve.
  const exactCurves = new Map<string, Float64Array>();
  for (const task of request.tasks) {
    const format = formatByName(task.format);
    const points = task.points.map((point) => format.round(point));
    const { target, loss: computed, gradient: derivative } = task.subject;
    // A loss of another framework is computed by its expression, in the operations of this one.
    const own = task.real?.framework === evaluator.framework ? task.real : undefined;
    const real = own && evaluator.prepareReal?.(own, { kind: 'margin', target, gradient: derivative }, format);
    const prepared = real ?? evaluator.prepare([computed, derivative], [margin], format);
    const evaluate: EvaluateMargins = async (margins) => {
      const [loss, gradient] = (await prepared.evaluate([margins], pacer)) as [Float64Array, Float64Array];
      return { loss, gradient };
    };
    const exact = async (expression: Expression): Promise<Float64Array> => {
      if (!task.exact) return new Float64Array(0);
      const key = `${task.format} ${structuralKey(expression)} ${String(points[0])} ${String(points.at(-1))} ${String(points.length)}`;
      const known = exactCurves.get(key);
      const values = known ?? (await evaluateExactly(expression, points, pacer));
      exactCurves.set(key, values);
      return values;
    };
    const curve: Curve = {
      margin: points,
      ...(await evaluate(points)),
      exactLoss: await exact(task.subject.exactLoss),
      exactGradient: await exact(task.subject.exactGradient),
    };
    const exactGradient = compileExact(task.subject.exactGradient, [margin], { maxPrecision: zeroTestPrecision });
    const summary = task.summary
      ? await summarize(evaluate, task.subject.target, format, (at) => exactGradient.isZero(at) === true)
      : null;
    send({ type: 'measured', id: request.id, key: task.key, curve, summary, real: real !== undefined });
  }
}

async function evaluateExactly(expression: Expression, points: Float64Array, pacer: Pacer): Promise<Float64Array> {
  const exact = compileExact(expression, [margin]);
  const values = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) {
    if (i % exactChunk === 0) await pacer.breathe();
    values[i] = exact.round(formats.float64, points[i] as number);
  }
  return values;
}

/** Evaluates arbitrary expressions over arbitrary variables. */
export async function handleEvaluate(
  request: EvaluateRequest,
  evaluator: Evaluator,
  pacer: Pacer,
  send: (message: FromWorker) => void,
): Promise<void> {
  for (const { key, outputs, variables, inputs, format: name } of request.tasks) {
    const format = formatByName(name);
    const rounded = inputs.map((input) => input.map((value) => format.round(value)));
    send({
      type: 'evaluated',
      id: request.id,
      key,
      outputs: await evaluator.prepare(outputs, variables, format).evaluate(rounded, pacer),
    });
  }
}
