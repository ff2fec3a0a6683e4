import { RequestCancelled, type Backends } from '../engine';
import type { ComputedBy, TrainingProgressMessage, TrainingSettings } from '../protocol';
import {
  joined,
  noRecords,
  planTraining,
  reportTraining,
  type Patterns,
  type PlannedRun,
  type Records,
  type TrainingState,
} from '../training';

/** What trains. */
export type TrainingBackends = Pick<Backends, 'train'>;

/** How often the page gets a new picture at most, in milliseconds. */
const drawEvery = 200;
/** Of the extension host's time, at most one part in so many goes into pictures. */
const share = 10;

/**
 * Networks of one choice of settings: trained, stopped, continued. It keeps what was recorded and where each network
 * stands, so that nothing is lost when its page is hidden, or when training is cancelled.
 */
export class TrainingRun {
  #planned: Map<string, PlannedRun>;
  readonly #records = new Map<string, Records>();
  readonly #states = new Map<string, TrainingState>();
  #running: AbortController | undefined;

  /** @throws TrainingError or LossError for settings that can't be trained */
  constructor(
    private settings: TrainingSettings,
    private readonly patterns: Patterns,
    private readonly backends: TrainingBackends,
  ) {
    this.#planned = planTraining(settings, patterns);
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Where the network that has come farthest stands. */
  get epoch(): number {
    return Math.max(0, ...[...this.#states.values()].map(({ epoch }) => epoch));
  }

  /** Trains on to an epoch. @throws RequestCancelled once it was cancelled, and what the worker throws */
  async train(until: number, tell: () => void): Promise<ComputedBy> {
    const settings = { ...this.settings, epochs: until };
    this.#planned = planTraining(settings, this.patterns, this.#states);
    this.settings = settings;
    const running = new AbortController();
    this.#running = running;
    let pause = 0;
    let timer: NodeJS.Timeout | undefined;
    // What comes together is told together: of each variant all seeds.
    const tellSoon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        const before = performance.now();
        tell();
        pause = Math.max(drawEvery, share * (performance.now() - before));
      }, pause);
    };
    tell();
    try {
      const tasks = Array.from(this.#planned, ([key, { job }]) => ({ ...job, key }));
      const identity = await this.backends.train(
        tasks,
        ({ key, records, state }) => {
          this.#records.set(key, joined(this.#records.get(key) ?? noRecords, records));
          this.#states.set(key, state);
          tellSoon();
        },
        running.signal,
      );
      return { identity, selfTest: '' };
    } finally {
      clearTimeout(timer);
      this.#running = undefined;
      tell();
    }
  }

  cancel(): void {
    this.#running?.abort(new RequestCancelled());
  }

  /** How far everything is, for the page. */
  progress(): Omit<TrainingProgressMessage, 'generation'> {
    const { epochs } = this.settings;
    const trained = [...this.#states.values()].reduce((sum, { epoch }) => sum + Math.min(epoch, epochs), 0);
    return {
      type: 'trainingProgress',
      settings: this.settings,
      done: trained,
      expected: this.#planned.size * epochs,
      isRunning: this.isRunning,
      canContinue: this.#states.size > 0,
      report: reportTraining(this.#planned, this.#records),
    };
  }
}
