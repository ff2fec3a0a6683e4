import type { BackendChoice } from '../config';
import { describeSelfTest, type Backends, type MeasuringMemory, type PlannedTask } from '../engine';
import type { BackendIdentity, ComputedBy } from '../protocol';
import type { EntrySource } from './settings';

/** What is needed to measure for a dashboard. */
export interface Measurer {
  readonly backends: Pick<Backends, 'choose' | 'evaluate' | 'measure' | 'states'>;
  readonly backend: BackendChoice;
  readonly entries: EntrySource;
  /** What was measured before, by any panel. */
  readonly memory: MeasuringMemory;
}

/** The same without its generation, which is the panel's matter: of each message of a union. */
export type Unnumbered<Message> = Message extends { readonly generation: number } ? Omit<Message, 'generation'> : never;

/** Measuring that is ready to begin: how many results will come, and how to get them. */
export interface Run<Message extends { readonly generation: number }> {
  readonly expected: number;
  start(receive: (message: Unnumbered<Message>) => void, signal: AbortSignal): Promise<ComputedBy>;
}

/** What of the plan the worker is sent. */
export function tasksOf(planned: Iterable<PlannedTask>): PlannedTask['task'][] {
  return Array.from(planned, ({ task }) => task);
}

/** Who it was, with what its self-test has shown. */
export function computedBy(identity: BackendIdentity, backends: Measurer['backends']): ComputedBy {
  const known = backends.states().find(({ name }) => name === identity.backend);
  const selfTest = known?.state === 'ready' ? known.selfTest : null;
  return { identity, selfTest: selfTest ? describeSelfTest(selfTest) : '' };
}
