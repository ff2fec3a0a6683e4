import type { Patterns } from './network';
import reading from './reading.json';

export const taskIds = ['encoder', 'xor', 'parity', 'reading', 'own'] as const;
export type TaskId = (typeof taskIds)[number];

/** Tasks that come with Lossfloor: all but the user's own file. */
export type BundledTask = Exclude<TaskId, 'own'>;

/** How many bits the parity task may have. */
export const parityBits = { minimum: 2, maximum: 8 } as const;

/** Something that can't be trained as it was asked for. The message is for the user. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/** What a network learns, and what it is usually learnt with. */
export interface TrainingTask {
  readonly label: string;
  readonly about: string;
  readonly patterns: Patterns;
  readonly hidden: number;
  readonly epochs: number;
  readonly rate: number;
}

/** @param bits of the parity task */
export function bundledTask(id: BundledTask, bits = 4): TrainingTask {
  switch (id) {
    case 'encoder':
      return {
        label: '8-3-8 encoder',
        about: 'Each of 8 patterns has one unit on, in the input and in the target: 1 target in 8 is 1.',
        patterns: encoder(8),
        hidden: 3,
        epochs: 2000,
        rate: 0.1,
      };
    case 'xor':
      return {
        label: 'XOR',
        about: '2 inputs; the target is 1 where one of them is 1 and not both.',
        patterns: parity(2),
        hidden: 4,
        epochs: 2000,
        rate: 0.1,
      };
    case 'parity':
      return {
        label: `${String(bits)}-bit parity`,
        about: 'The target is 1 where an odd number of the inputs is 1.',
        patterns: parity(bits),
        hidden: 2 * bits,
        epochs: 2000,
        rate: 0.1,
      };
    case 'reading':
      return {
        label: 'Spelling to sound',
        about:
          'Made-up words of an onset, a vowel, a coda and, or not, a final e; the targets are features of sounds. ' +
          'Every tenth word is an exception to the rule.',
        patterns: patternsOf(reading.words.map(({ input, target }) => [digits(input), digits(target)])),
        hidden: 30,
        epochs: 500,
        rate: 0.005,
      };
  }
}

/** @param rows of inputs and targets, each of the same lengths */
export function patternsOf(
  rows: readonly (readonly [input: readonly number[], target: readonly number[]])[],
): Patterns {
  const [first] = rows;
  return {
    count: rows.length,
    inputs: first?.[0].length ?? 0,
    outputs: first?.[1].length ?? 0,
    input: Float64Array.from(rows.flatMap(([input]) => input)),
    target: Float64Array.from(rows.flatMap(([, target]) => target)),
  };
}

function digits(text: string): number[] {
  return Array.from(text, Number);
}

function encoder(size: number): Patterns {
  return patternsOf(
    Array.from({ length: size }, (_, i) => {
      const row = Array.from({ length: size }, (__, j) => (i === j ? 1 : 0));
      return [row, row];
    }),
  );
}

function parity(bits: number): Patterns {
  if (!Number.isInteger(bits) || bits < parityBits.minimum || bits > parityBits.maximum) {
    throw new TrainingError(
      `parity needs ${String(parityBits.minimum)} to ${String(parityBits.maximum)} bits, not ${String(bits)}`,
    );
  }
  return patternsOf(
    Array.from({ length: 2 ** bits }, (_, i) => {
      const row = Array.from({ length: bits }, (__, j) => (i >> (bits - 1 - j)) & 1);
      return [row, [row.reduce((odd, bit) => odd ^ bit, 0)]];
    }),
  );
}
