import type { LossEntry } from '../losses';
import type { TaskItem, TrainingChoices, TrainingSettings } from '../protocol';
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

const initial: TrainingSettings = { ...trainingDefaults, task: 'encoder', bits: 4, own: null };

/** Settings with those that are given; a state that was kept may be another version's. */
export function trainingSettings(given: Partial<TrainingSettings>): TrainingSettings {
  const known = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => name in initial && (value as unknown) !== undefined),
  );
  const settings = { ...initial, ...known };
  return taskIds.includes(settings.task) ? settings : { ...settings, task: initial.task };
}

/** What the page lets the user choose from. */
export function trainingChoices(entries: readonly LossEntry[]): TrainingChoices {
  return {
    variants: entries.filter(({ family }) => family === 'zer').map(({ id, label, notes }) => ({ id, label, notes })),
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
