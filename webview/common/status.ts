import type { BackendIdentity, BackendName, Hardware } from '../../src/protocol/measurement';
import type { ComputedBy } from '../../src/protocol/webview';
import { button } from './fields';
import { h, setText } from './dom';

const backends: Readonly<Record<BackendName, string>> = {
  model: 'model (every operation rounded to the format)',
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  python: 'Python',
};

const hardwareTitles: Readonly<Record<Hardware, string>> = {
  gpu: 'GPU',
  cpu: 'CPU',
  'software-gpu': 'software adapter, computes on the CPU',
};

/** Device, hardware and version. */
export function identityText({ device, hardware, version }: BackendIdentity): string {
  // A processor is called one already.
  const kind = hardware === 'cpu' && device.startsWith('CPU') ? [] : [hardwareTitles[hardware]];
  return [device, ...kind, `version ${version}`].join(' · ');
}

/** Something to know about who computed what is shown. */
export interface Remark {
  readonly about: string;
  readonly text: string;
}

/** What is peculiar about a backend's numbers: its notes, and what its self-test has shown. */
export function remarksOf({ identity, selfTest }: ComputedBy): Remark[] {
  return [...(identity.notes ?? []), ...(selfTest ? [selfTest] : [])].map((text) => ({
    about: identity.backend,
    text,
  }));
}

/** What is known about the measurement that is shown. */
export interface RunState {
  readonly generation: number;
  readonly expected: number;
  readonly received: number;
  /** How many of them had been measured for an earlier run. */
  readonly remembered: number;
  readonly finished: boolean;
  readonly error: string;
  readonly identity: BackendIdentity | null;
  readonly selfTest: string;
  /** Whether it is that of this run, and not of the one before. */
  readonly isCurrent: boolean;
  readonly milliseconds: number;
}

export const noRun: RunState = {
  generation: 0,
  expected: 0,
  received: 0,
  remembered: 0,
  finished: false,
  error: '',
  identity: null,
  selfTest: '',
  isCurrent: false,
  milliseconds: 0,
};

interface RunMessage {
  readonly type: string;
  readonly generation?: number;
  readonly expected?: number;
  readonly identity?: BackendIdentity;
  readonly selfTest?: string;
  readonly computed?: ComputedBy | null;
  /** Of a backend that is compared with: how many of its results don't come. */
  readonly missing?: number;
  readonly remembered?: boolean;
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
      selfTest: run.selfTest,
      milliseconds: run.milliseconds,
    };
  }
  if (generation !== run.generation && !(type === 'failed' && generation === 0)) return undefined;
  if (type === 'failed') return { ...run, error: message.message ?? '' };
  if (type === 'finished') {
    const { identity = null, selfTest = '', milliseconds = 0 } = message;
    return { ...run, finished: true, identity, selfTest, isCurrent: true, milliseconds };
  }
  if (type === 'compared') return { ...run, expected: run.expected - (message.missing ?? 0) };
  if (type === 'reference') return { ...run, ...message.computed, isCurrent: true };
  if (type === 'difference') return run;
  return { ...run, received: run.received + 1, remembered: run.remembered + (message.remembered === true ? 1 : 0) };
}

/** Progress while measuring, what went wrong, and who computed what is shown. */
export class Status {
  readonly progress: HTMLElement;
  readonly error: HTMLElement;
  readonly footer: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly count = h('span', { class: 'count' });
  private readonly message = h('p');
  private readonly line = h('p');
  private readonly list = h('ul', { tabindex: 0, 'aria-label': 'About these numbers' });
  private readonly more = h('details', {}, h('summary', {}, 'About these numbers'), this.list);
  private shown = '';

  /** @param doing what the progress is of */
  constructor(
    actions: { cancel(): void; showLogs(): void },
    private readonly doing = 'Measuring',
  ) {
    this.bar = h('progress', { 'aria-label': doing, max: 1, value: 0 });
    this.footer = h('footer', { id: 'identity' }, this.line, this.more);
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

  /**
   * @param remarks what else there is to know about who computed
   * @param count how far it is, in words; otherwise how many results there are
   */
  show(run: RunState, busy: boolean, remarks: readonly Remark[] = [], count = ''): void {
    this.progress.classList.toggle('idle', !busy);
    this.progress.inert = !busy;
    this.bar.max = Math.max(1, run.expected);
    this.bar.value = run.received;
    const results = run.expected > 0 ? `${String(run.received)} of ${String(run.expected)}` : this.doing;
    setText(this.count, count || results);
    this.error.hidden = run.error === '';
    setText(this.message, run.error);
    const { identity, selfTest } = run;
    this.footer.hidden = identity === null;
    if (!identity) return;
    const duration =
      run.milliseconds < 1000
        ? `${String(Math.round(run.milliseconds))} ms`
        : `${(run.milliseconds / 1000).toFixed(1)} s`;
    const before = run.isCurrent ? 'others are still measured' : 'the numbers of the run before are still shown';
    const known = run.remembered > 0 ? `, ${String(run.remembered)} of ${String(run.received)} known from before` : '';
    const when = run.finished ? `${duration}${known}` : before;
    setText(this.line, `Computed by ${backends[identity.backend]} · ${identityText(identity)} · ${when}`);
    const all = [...remarksOf({ identity, selfTest }), ...remarks];
    this.more.hidden = all.length === 0;
    const key = JSON.stringify(all);
    if (key === this.shown) return;
    this.shown = key;
    this.list.replaceChildren(...all.map(({ about, text }) => h('li', {}, h('b', {}, `${about}: `), text)));
  }
}
