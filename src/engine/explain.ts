import { explainAsymmetry, explainFloor, type TargetSummary } from '../measure';
import { formatByName, type FormatName } from '../numeric';
import type { ChosenEntry } from '../config';
import type { PlannedTask } from './plan';

/** The numbers that a chosen loss is computed with in a format: those that were set, the others at their defaults. */
export function constantsIn({ entry, constants }: ChosenEntry, format: FormatName): Record<string, number> {
  return Object.fromEntries(
    entry.constants.map(({ name, defaultIn, default: always }) => [
      name,
      constants[name] ?? defaultIn?.[format] ?? always,
    ]),
  );
}

/** Sentences about floors that were found before: to find one is to measure variations of the loss. */
const explained = new WeakMap<TargetSummary, Map<string, string>>();

function floorSentence({ loss, format: name }: PlannedTask, summary: TargetSummary): string {
  const { entry } = loss;
  const known = explained.get(summary) ?? new Map<string, string>();
  explained.set(summary, known);
  const constants = constantsIn(loss, name);
  const key = `${entry.id} ${JSON.stringify(constants)}`;
  const found =
    known.get(key) ??
    explainFloor({ constants, build: (varied) => entry.build(varied, name) }, formatByName(name), summary);
  known.set(key, found);
  return found;
}

/**
 * Explains results as they come in, each in a sentence or two: why the loss stops there, and, once both targets of a
 * loss and format have been measured, how they differ.
 */
export class Explainer {
  private readonly summaries = new Map<string, TargetSummary>();

  /** @param comparesTargets whether to say how the two targets differ; a panel says it in a place of its own */
  constructor(private readonly comparesTargets = true) {}

  explain(task: PlannedTask, summary: TargetSummary): string {
    const { loss, format: name } = task;
    const format = formatByName(name);
    const sentences = [floorSentence(task, summary)];
    const keyOf = (target: unknown): string => `${loss.key} ${name} ${String(target)}`;
    this.summaries.set(keyOf(summary.target), summary);
    const [zero, one] = [this.summaries.get(keyOf(0)), this.summaries.get(keyOf(1))];
    if (this.comparesTargets && zero && one && (summary === zero || summary === one)) {
      const difference = explainAsymmetry(format, zero, one);
      if (difference) sentences.push(difference);
    }
    return sentences.join(' ');
  }
}
