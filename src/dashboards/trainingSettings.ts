import { defaults, type HiddenTraining, type LossConfig, type TrainingChoice } from '../config';
import type { HiddenIds, TaskItem, TrainingChoices, TrainingSettings } from '../protocol';
import {
  activations,
  bundledTask,
  parityBits,
  taskIds,
  trainingDefaults,
  trainingLimits,
  TrainingError,
  updates,
  type Patterns,
} from '../training';
import { variantItems } from './settings';

const initial: TrainingSettings = { ...trainingDefaults, task: defaults.task, bits: defaults.bits, own: null };

/** Settings with those that are given; a state that was kept may be another version's. */
export function trainingSettings(given: Partial<TrainingSettings>): TrainingSettings {
  const known = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => name in initial && (value as unknown) !== undefined),
  );
  const settings = { ...initial, ...known };
  return taskIds.includes(settings.task) ? settings : { ...settings, task: initial.task };
}

/**
 * What a configuration trains: where it says nothing, the variants of its zero error radius.
 * @param uriOf a file that the configuration names
 */
export function trainingSettingsOf(
  { training, zeroErrorRadius }: Pick<LossConfig, 'training' | 'zeroErrorRadius'>,
  uriOf: (file: string) => string,
): TrainingSettings {
  if (!training) {
    const { variants, radius, format } = zeroErrorRadius;
    return trainingSettings({ variants: variants.map(({ id }) => id), radii: [radius], format });
  }
  const { task, bits, file, targetColumns, plan } = training;
  const own = file === null ? null : { uri: uriOf(file), name: nameIn(file), targets: targetColumns };
  return trainingSettings({ ...plan, task, bits, own });
}

function nameIn(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** The same as a configuration says it; its file is named by its URI. */
export function trainingChoice(settings: TrainingSettings, hidden: HiddenIds): TrainingChoice {
  const { task, bits, own, ...plan } = settings;
  return {
    ...{ task, bits, plan },
    file: own?.uri ?? null,
    targetColumns: own?.targets ?? null,
    hidden: hiddenTraining(hidden, settings),
  };
}

/** By the ids of the page. */
export function trainingIds(hidden: readonly HiddenTraining[]): string[] {
  return hidden.map(idOf);
}

/** Those of the ids that are of curves these settings have. */
export function hiddenTraining(
  ids: HiddenIds,
  { variants, radii }: Pick<TrainingSettings, 'variants' | 'radii'>,
): HiddenTraining[] {
  const chosen = new Set(ids);
  return radii
    .flatMap((radius) => variants.map((variant) => ({ variant, radius })))
    .filter((each) => chosen.has(idOf(each)));
}

function idOf({ variant, radius }: HiddenTraining): string {
  return `${variant} ${String(radius)}`;
}

/** What the page lets the user choose from. */
export function trainingChoices(): TrainingChoices {
  return {
    variants: variantItems(),
    tasks: taskIds.map(taskItem),
    activations,
    updates,
    limits: { ...trainingLimits, bits: [parityBits.minimum, parityBits.maximum] },
  };
}

function taskItem(id: TrainingSettings['task']): TaskItem {
  if (id === 'own') {
    const about =
      'A CSV file of one pattern a line, targets from 0 to 1. Columns named in… are inputs, those named out… or target… are targets.';
    return { id, label: 'Your own patterns', about, defaults: null };
  }
  const { label, about, hidden, epochs, rate } = bundledTask(id);
  return { id, label: id === 'parity' ? 'Parity' : label, about, defaults: { hidden, epochs, rate } };
}

/** @throws TrainingError for a task that doesn't come with Lossfloor, or bits that parity can't have */
export function bundledPatterns({ task, bits }: Pick<TrainingSettings, 'task' | 'bits'>): Patterns {
  if (task === 'own') throw new TrainingError('the patterns are in a file');
  return bundledTask(task, bits).patterns;
}

/** "8-3-8 network, 8 patterns, 59 weights". */
export function taskSummary({ hidden }: Pick<TrainingSettings, 'hidden'>, patterns: Patterns): string {
  const { count, inputs, outputs } = patterns;
  const weights = hidden * (inputs + 1) + outputs * (hidden + 1);
  return `${[inputs, hidden, outputs].map(String).join('-')} network, ${String(count)} patterns, ${String(weights)} weights`;
}
