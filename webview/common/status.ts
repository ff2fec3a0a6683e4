import type { BackendIdentity, BackendName } from '../../src/protocol/measurement';
import { button } from './fields';
import { h, setText } from './dom';

const backends: Readonly<Record<BackendName, string>> = {
  model: 'model (every operation rounded to the format)',
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  python: 'Python',
};

/** What is known about the measurement that is shown. */
export interface RunState {
  readonly generation: number;
  readonly expected: number;
  readonly received: number;
  readonly finished: boolean;
  readonly error: string;
  readonly identity: BackendIdentity | null;
  readonly milliseconds: number;
}

export const noRun: RunState = {
  generation: 0,
  expected: 0,
  received: 0,
  finished: false,
  error: '',
  identity: null,
  milliseconds: 0,
};

interface RunMessage {
  readonly type: string;
  readonly generation?: number;
  readonly expected?: number;
  readonly identity?: BackendIdentity;
  readonly milliseconds?: number;
  readonly message?: string;
}

/**
 * The state after a message about the run; undefined where the message is stale. A run may start only with a newer
 * generation, everything else has to be of the current one; errors of generation 0 are always of now.
 */
export function nextRun(run: RunState, message: RunMessage): RunState | undefined {
  const { type, generation = 0 } = message;
  if (type === 'started') {
    if (generation < run.generation) return undefined;
    return {
      ...noRun,
      generation,
      expected: message.expected ?? 0,
      identity: run.identity,
      milliseconds: run.milliseconds,
    };
  }
  if (generation !== run.generation && !(type === 'failed' && generation === 0)) return undefined;
  if (type === 'failed') return { ...run, error: message.message ?? '' };
  if (type === 'finished') {
    return { ...run, finished: true, identity: message.identity ?? null, milliseconds: message.milliseconds ?? 0 };
  }
  return { ...run, received: run.received + 1 };
}

/** Progress while measuring, what went wrong, and who computed what is shown. */
export class Status {
  readonly progress: HTMLElement;
  readonly error: HTMLElement;
  readonly footer = h('footer', { id: 'identity' });
  private readonly bar = h('progress', { 'aria-label': 'Measuring', max: 1, value: 0 });
  private readonly count = h('span', { class: 'count' });
  private readonly message = h('p');

  constructor(actions: { cancel(): void; showLogs(): void }) {
    this.progress = h(
      'div',
      { class: 'progress', id: 'progress' },
      this.bar,
      this.count,
      button('Cancel', { class: 'secondary' }, () => {
        actions.cancel();
      }),
    );
    this.error = h(
      'div',
      { class: 'error', role: 'alert', hidden: true },
      this.message,
      button('Show Logs', { class: 'secondary' }, () => {
        actions.showLogs();
      }),
    );
  }

  show(run: RunState, busy: boolean): void {
    this.progress.classList.toggle('idle', !busy);
    this.progress.inert = !busy;
    this.bar.max = Math.max(1, run.expected);
    this.bar.value = run.received;
    setText(this.count, run.expected > 0 ? `${String(run.received)} of ${String(run.expected)}` : 'Measuring');
    this.error.hidden = run.error === '';
    setText(this.message, run.error);
    const { identity } = run;
    this.footer.hidden = identity === null;
    if (!identity) return;
    const duration =
      run.milliseconds < 1000
        ? `${String(Math.round(run.milliseconds))} ms`
        : `${(run.milliseconds / 1000).toFixed(1)} s`;
    const parts = [`Computed by ${backends[identity.backend]}`, identity.device, `version ${identity.version}`];
    setText(
      this.footer,
      `${parts.join(' · ')} · ${run.finished ? duration : 'the numbers of the run before are still shown'}`,
    );
  }
}
