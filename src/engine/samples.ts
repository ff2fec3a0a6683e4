import {
  describeSamples,
  margin,
  marginsOf,
  sampleBlock,
  SampleCounter,
  type SampleCounts,
  type Samples,
  type TargetSummary,
} from '../measure';
import { compileExact } from '../numeric';
import type { BackendChoice } from '../protocol';
import type { Backends } from './backends';
import type { PlannedTask } from './plan';
import { RequestCancelled } from './workerClient';

/** Bits at which a zero gradient is taken for a true one; the worker's summaries take as many. */
const zeroTestPrecision = 3072;

/** How long the event loop may be kept, in milliseconds. */
const longestTurn = 12;

/** What a loss does at a user's samples. */
export interface MeasuredSamples {
  readonly counts: SampleCounts;
  /** The same in words. */
  readonly sentence: string;
}

/** A curve and what was measured of it. */
export interface SampledCurve {
  readonly planned: PlannedTask;
  readonly summary: TargetSummary;
  /** Whose summary it is; it computes the samples, too. */
  readonly backend: BackendChoice;
}

/**
 * Evaluates loss and gradient at every sample that has the curve's target, by what computed the curve, rounded to its format
 * first, and counts.
 * @throws RequestCancelled, and as `Backends.measure`
 */
export async function measureSamples(
  { planned: { task, target, format }, summary, backend }: SampledCurve,
  samples: Samples,
  backends: Pick<Backends, 'measure'>,
  signal?: AbortSignal,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<MeasuredSamples> {
  const counter = new SampleCounter(summary);
  const breathe = breathing(signal);
  const total = samples.logits.length;
  // Measured as the curve was, so that a framework's own function computes it where that computed the curve.
  const { key, subject, format: name, real } = task;
  const part = { key, subject, format: name, summary: false, exact: false, ...(real ? { real } : {}) };
  for (let start = 0; start < total; start += sampleBlock) {
    await breathe();
    const end = Math.min(total, start + sampleBlock);
    const points = marginsOf(samples, target, start, end);
    if (points.length > 0) {
      await backends.measure(
        backend,
        [{ ...part, points }],
        ({ curve }) => counter.add(curve.margin, curve.loss, curve.gradient),
        signal,
      );
    }
    progress(end, total);
  }
  const exact = compileExact(task.subject.exactGradient, [margin], { maxPrecision: zeroTestPrecision });
  const counts = await counter.result((at) => exact.isZero(at) === true, breathe);
  return { counts, sentence: describeSamples(format, counts, summary) };
}

/** Gives other work its turn now and then. @throws RequestCancelled, from what it returns */
export function breathing(signal?: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since > longestTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    if (signal?.aborted) throw new RequestCancelled();
  };
}
