import { ordinalPoints, pointsOf } from '../config';
import { Explainer, planTasks, RequestCancelled, type PlannedTask, type Remembered } from '../engine';
import { describeDifference, differenceOf, type Computed } from '../measure';
import { coarsest, formatByName } from '../numeric';
import type { BackendIdentity, BackendName, ComputedBy, FloorResult, FloorSettings } from '../protocol';
import { computedBy, type Measurer, type Run, type Unnumbered } from './measurer';
import { chosenEntries } from './settings';

/**
 * What is known already comes at once; only the rest is measured.
 * @throws LossError for settings that can't be measured; whether the backend can be had is seen when it is started
 */
export function floorRun(settings: FloorSettings, { backends, backend, entries, memory }: Measurer): Run<FloorResult> {
  const planned = planTasks({
    losses: chosenEntries(settings, entries),
    formats: settings.formats,
    targets: settings.targets,
    points: pointsFor(settings),
  });
  const compared = [...new Set(settings.compare)].filter((name) => name !== backend);
  return {
    expected: planned.size * (1 + compared.length),
    start: async (receive, signal) => {
      const reference = await unlessAborted(backends.choose(backend, settings.formats, signal), signal);
      // Where the one that was chosen fails, there is nothing to compare with.
      const controller = new AbortController();
      const both = AbortSignal.any([signal, controller.signal]);
      const comparison = new Comparison(planned, reference, receive);
      const others = Promise.all(
        compared.map((name) => measureCompared(name, reference, comparison, { backends, memory }, both, receive)),
      );
      // They are waited for below; until then a cancelled one is nobody's error.
      others.catch(() => undefined);
      const explainer = new Explainer(false);
      try {
        const identity = await measureUnknown(
          reference,
          [...planned.values()],
          { backends, memory },
          (task, { curve, specials, summary, real, remembered }) => {
            const explanation = explainer.explain(task, summary);
            receive(
              curveMessage(task, {
                curve,
                specials,
                summary,
                explanation,
                backend: reference,
                compared: false,
                real,
                remembered,
              }),
            );
            comparison.add(reference, task.task.key, { curve, summary });
          },
          signal,
        );
        const computed = computedBy(identity, backends);
        if (compared.length > 0) receive({ type: 'reference', computed });
        await others;
        return computed;
      } catch (error) {
        controller.abort();
        await Promise.allSettled([others]);
        throw error;
      }
    },
  };
}

function pointsFor({ sweep, view, spacing, formats }: FloorSettings): Float64Array {
  const range = { ...sweep, ...view };
  if (spacing !== 'ordinal' || formats.length === 0) return pointsOf(range);
  return ordinalPoints(formatByName(coarsest(formats)), range);
}

type Measuring = Pick<Measurer, 'backends' | 'memory'>;

/**
 * Hands over what is remembered of the tasks, then measures the others on a backend that is open.
 * @returns who measured them, now or before
 */
async function measureUnknown(
  name: BackendName,
  tasks: readonly PlannedTask[],
  { backends, memory }: Measuring,
  receive: (task: PlannedTask, measured: Remembered & { readonly remembered: boolean }) => void,
  signal: AbortSignal,
): Promise<BackendIdentity> {
  const state = backends.states().find((each) => each.name === name);
  const known = state?.state === 'ready' ? state.identity : undefined;
  // The model computes the same everywhere; of the others, each device and version something of its own.
  const by = name === 'model' || !known ? name : JSON.stringify(known);
  const unknown = new Map<string, PlannedTask>();
  for (const task of tasks) {
    const remembered = name === 'model' || known ? memory.curve(task.task, by) : undefined;
    if (remembered) receive(task, { ...remembered, remembered: true });
    else unknown.set(task.task.key, task);
  }
  if (unknown.size === 0 && known) return known;
  return backends.measure(
    name,
    // Thresholds hang on no points.
    Array.from(unknown.values(), ({ task }) => ({ ...task, summary: memory.summary(task, by) === undefined })),
    (message) => {
      const task = unknown.get(message.key);
      const measured = task && memory.keep(task.task, by, message);
      if (measured) receive(task, { ...measured, remembered: false });
    },
    signal,
  );
}

/** Measures on a backend that is compared with; that it can't be had concerns nobody else. */
async function measureCompared(
  name: BackendName,
  reference: BackendName,
  comparison: Comparison,
  { backends, memory }: Measuring,
  signal: AbortSignal,
  receive: (message: Unnumbered<FloorResult>) => void,
): Promise<void> {
  const { planned } = comparison;
  let missing = planned.size;
  const end = (computed: ComputedBy | null, problem: string): void => {
    receive({ type: 'compared', backend: name, computed, problem, missing });
  };
  if (name === reference) {
    end(null, 'It is what computes already: the choice “auto” has taken it.');
    return;
  }
  try {
    await unlessAborted(backends.choose(name, [], signal), signal);
    const known = backends.states().find((state) => state.name === name);
    const formats = known?.state === 'ready' ? known.formats : [];
    const tasks = [...planned.values()].filter(({ format }) => formats.includes(format));
    const lacking = [...new Set([...planned.values()].map(({ format }) => format))].filter(
      (format) => !formats.includes(format),
    );
    const identity = await measureUnknown(
      name,
      tasks,
      { backends, memory },
      (task, { curve, specials, summary, real, remembered }) => {
        missing--;
        receive(
          curveMessage(task, {
            curve,
            specials,
            summary,
            explanation: '',
            backend: name,
            compared: true,
            real,
            remembered,
          }),
        );
        comparison.add(name, task.task.key, { curve, summary });
      },
      signal,
    );
    const only = `It does not compute in ${lacking.join(', ')}, only in ${formats.join(', ')}.`;
    end(computedBy(identity, backends), lacking.length === 0 ? '' : only);
  } catch (error) {
    if (error instanceof RequestCancelled) throw error;
    end(null, (error as Error).message);
  }
}

/** Pairs what the backends measure with what the reference does, whichever comes first. */
class Comparison {
  readonly #computed = new Map<string, { reference?: Computed; readonly others: Map<BackendName, Computed> }>();

  constructor(
    readonly planned: ReadonlyMap<string, PlannedTask>,
    private readonly reference: BackendName,
    private readonly receive: (message: Unnumbered<FloorResult>) => void,
  ) {}

  add(backend: BackendName, key: string, computed: Computed): void {
    const known = this.#computed.get(key) ?? { others: new Map<BackendName, Computed>() };
    this.#computed.set(key, known);
    if (backend === this.reference) known.reference = computed;
    else known.others.set(backend, computed);
    if (!known.reference) return;
    for (const [name, other] of known.others) this.say(name, key, known.reference, other);
    known.others.clear();
  }

  private say(backend: BackendName, key: string, reference: Computed, other: Computed): void {
    const task = this.planned.get(key);
    if (!task) return;
    const format = formatByName(task.format);
    const difference = differenceOf(format, reference, other);
    this.receive({
      type: 'difference',
      lossKey: task.loss.key,
      format: task.format,
      target: task.target,
      backend,
      reference: this.reference,
      difference,
      description: describeDifference(format, difference, this.reference),
    });
  }
}

/** Opening a backend can take minutes, and goes on where somebody else has begun it: whoever gives up need not wait. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let give = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(new RequestCancelled());
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

type FloorCurve = Extract<Unnumbered<FloorResult>, { readonly type: 'curve' }>;

function curveMessage(
  { loss, format, target }: PlannedTask,
  measured: Omit<FloorCurve, 'type' | 'lossKey' | 'format' | 'target'>,
): FloorCurve {
  return { type: 'curve', lossKey: loss.key, format, target, ...measured };
}
