import { structuralKey, type Expression } from '../expression';
import { margin, orientation, roundedTwice, summarize, ulpErrors, type EvaluateMargins, type Target } from '../measure';
import { compileExact, formatByName, type NumberFormat } from '../numeric';
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
  const exactCurves = new Map<string, ExactValues>();
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
    const exact = async (expression: Expression, at: Float64Array): Promise<ExactValues> => {
      if (!task.exact) return { wide: new Float64Array(0), nearest: new Float64Array(0) };
      const key = [task.format, structuralKey(expression), at[0], at[2], at.at(-1), at.length].join(' ');
      const known = exactCurves.get(key);
      const values = known ?? (await evaluateExactly(expression, format, at, pacer));
      exactCurves.set(key, values);
      return values;
    };
    const curveAt = async (at: Float64Array): Promise<Curve> => {
      const computed = await evaluate(at);
      const exactLoss = await exact(task.subject.exactLoss, at);
      const exactGradient = await exact(task.subject.exactGradient, at);
      const errors = (values: Float64Array, { nearest }: ExactValues): Float64Array =>
        task.exact ? ulpErrors(format, values, nearest) : new Float64Array(0);
      return {
        margin: at,
        ...computed,
        exactLoss: exactLoss.wide,
        exactGradient: exactGradient.wide,
        lossUlp: errors(computed.loss, exactLoss),
        gradientUlp: errors(computed.gradient, exactGradient),
      };
    };
    const curve = await curveAt(points);
    const specials = await curveAt(specialMargins(target, format));
    const exactGradient = compileExact(task.subject.exactGradient, [margin], { maxPrecision: zeroTestPrecision });
    const summary = task.summary
      ? await summarize(evaluate, task.subject.target, format, (at) => exactGradient.isZero(at) === true)
      : null;
    send({ type: 'measured', id: request.id, key: task.key, curve, specials, summary, real: real !== undefined });
  }
}

/** Exact values as float64, and as the format's nearest. */
interface ExactValues {
  readonly wide: Float64Array;
  readonly nearest: Float64Array;
}

async function evaluateExactly(
  expression: Expression,
  format: NumberFormat,
  points: Float64Array,
  pacer: Pacer,
): Promise<ExactValues> {
  const exact = compileExact(expression, [margin]);
  const values = { wide: new Float64Array(points.length), nearest: new Float64Array(points.length) };
  for (let i = 0; i < points.length; i++) {
    if (i % exactChunk === 0) await pacer.breathe();
    const { wide, nearest } = roundedTwice(exact, format, points[i] as number);
    values.wide[i] = wide;
    values.nearest[i] = nearest;
  }
  return values;
}

/** Margins of the logits at which floats end. */
function specialMargins(target: Target, format: NumberFormat): Float64Array {
  const { smallestSubnormal: least, max } = format;
  const logits = [0, -0, least, -least, max, -max, Infinity, -Infinity, NaN];
  return Float64Array.from(logits, (z) => orientation(target) * z);
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
