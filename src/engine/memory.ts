import { createHash } from 'node:crypto';
import { structuralKey } from '../expression';
import type { Curve, MeasuredMessage, MeasureTask, TargetSummary } from '../protocol';

/** What was measured of a task. */
export interface Remembered {
  readonly curve: Curve;
  readonly specials: Curve;
  readonly summary: TargetSummary;
  readonly real: boolean;
}

/** Bytes of curves that are kept. */
const mostBytes = 64 * 2 ** 20;
/** Summaries are small; more than these is several days of looking. */
const mostSummaries = 5000;

/**
 * Results of measuring, so that what has not changed is not measured again. The least recently used are forgotten.
 * A result belongs to whoever measured it: another device, or another version of a framework, has its own.
 */
export class MeasuringMemory {
  readonly #curves = new Map<string, Remembered>();
  /** Floors, caps and thresholds: they have nothing to do with the points of the curve. */
  readonly #summaries = new Map<string, TargetSummary>();
  #bytes = 0;

  /** @param by who would measure it: anything that tells two devices or versions apart */
  curve(task: MeasureTask, by: string): Remembered | undefined {
    return recall(this.#curves, curveKey(task, by));
  }

  summary(task: MeasureTask, by: string): TargetSummary | undefined {
    return recall(this.#summaries, summaryKey(task, by));
  }

  /** Keeps what came back for a task; a message without a summary is completed by the one that is known. */
  keep(task: MeasureTask, by: string, message: MeasuredMessage): Remembered | undefined {
    const summary = message.summary ?? this.summary(task, by);
    if (!summary) return undefined;
    const { curve, specials, real } = message;
    const remembered = { curve, specials, summary, real };
    this.#summaries.set(summaryKey(task, by), summary);
    for (const oldest of this.#summaries.keys()) {
      if (this.#summaries.size <= mostSummaries) break;
      this.#summaries.delete(oldest);
    }
    const key = curveKey(task, by);
    if (!this.#curves.has(key)) this.#bytes += bytesOf(remembered);
    this.#curves.set(key, remembered);
    for (const [oldest, each] of this.#curves) {
      if (this.#bytes <= mostBytes || oldest === key) break;
      this.#bytes -= bytesOf(each);
      this.#curves.delete(oldest);
    }
    return remembered;
  }
}

function recall<Value>(from: Map<string, Value>, key: string): Value | undefined {
  const found = from.get(key);
  if (found === undefined) return undefined;
  // A map is in the order in which its keys were set: the last is the most recently used.
  from.delete(key);
  from.set(key, found);
  return found;
}

function summaryKey({ subject, format, real }: MeasureTask, by: string): string {
  const { target, loss, gradient, exactLoss, exactGradient } = subject;
  const hash = createHash('sha256');
  for (const each of [loss, gradient, exactLoss, exactGradient]) hash.update(structuralKey(each)).update('\n');
  return `${by}\n${format} ${String(target)} ${hash.digest('base64')} ${JSON.stringify(real ?? null)}`;
}

function curveKey(task: MeasureTask, by: string): string {
  const hash = createHash('sha256').update(task.points);
  return `${summaryKey(task, by)}\n${String(task.exact)} ${hash.digest('base64')}`;
}

function bytesOf({ curve, specials }: Remembered): number {
  // Seven arrays in each.
  return 7 * (curve.margin.byteLength + specials.margin.byteLength);
}
