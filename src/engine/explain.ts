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

/**
 * Explains results as they come in, each in a sentence or two: why the loss stops there, and, once both targets of a
 * loss and format have been measured, how they differ.
 */
export class Explainer {
  private readonly summaries = new Map<string, TargetSummary>();

  /** @param comparesTargets whether to say how the two targets differ; a panel says it in a place of its own */
  constructor(private readonly comparesTargets = true) {}

  explain({ loss, format: name }: PlannedTask, summary: TargetSummary): string {
    const format = formatByName(name);
    const { entry } = loss;
    const explainable = {
      constants: constantsIn(loss, name),
      build: (constants: Readonly<Record<string, number>>) => entry.build(constants, name),
    };
    const sentences = [explainFloor(explainable, format, summary)];
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
