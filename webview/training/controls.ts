import type { Format } from '../../src/protocol/measurement';
import type {
  OwnTask,
  TaskSummary,
  TrainingChoices,
  TrainingNumber,
  TrainingSettings,
} from '../../src/protocol/webview';
import { h, setText, uniqueId } from '../common/dom';
import { button, checkGroup, fieldset, NumberField } from '../common/fields';
import { printNumber } from '../common/format';

const formatNames = [
  'float64',
  'float32',
  'bfloat16',
  'float16',
  'float8_e4m3fn',
  'float8_e5m2',
] as const satisfies readonly Format[];

const numbers: readonly { readonly name: TrainingNumber; readonly label: string; readonly integer?: true }[] = [
  { name: 'hidden', label: 'Hidden units', integer: true },
  { name: 'rate', label: 'Learning rate' },
  { name: 'momentum', label: 'Momentum' },
  { name: 'weightRange', label: 'Start weights ±' },
  { name: 'epochs', label: 'Epochs', integer: true },
  { name: 'seeds', label: 'Seeds', integer: true },
];

const updateTitles = { batch: 'per epoch', online: 'per pattern' } as const;
const mostRadii = 6;

interface Actions {
  changed(settings: TrainingSettings): void;
  start(settings: TrainingSettings): void;
  /** @param more epochs */
  goOn(more: number): void;
  choosePatterns(): void;
}

/** The controls of the training dashboard: they hold settings, and call back with every valid change. */
export class TrainingControls {
  readonly element = h('form', { class: 'controls', 'aria-label': 'What to train' });
  /** What is done with them: always in view, also where the controls are closed. */
  readonly actions = h('div', { class: 'starting' });
  private settings: TrainingSettings | undefined;
  private choices: TrainingChoices | undefined;
  private readonly fields = new Map<TrainingNumber | 'bits' | 'more', NumberField>();
  private readonly radii = h('input', { type: 'text', name: 'radii', 'aria-label': 'Zero error radii' });
  private readonly radiiError = h('span', { class: 'field-error', id: uniqueId('error'), role: 'alert' });
  private readonly task = h('select', { name: 'task', 'aria-label': 'Task' });
  private readonly about = h('p', { class: 'about' });
  private readonly summary = h('p', { class: 'summary', id: 'task', role: 'status' });
  private readonly startButton = button('Start', { name: 'start' }, () => {
    this.start();
  });
  private readonly continueButton = button('Continue', { class: 'secondary', name: 'continue' }, () => {
    this.goOn();
  });

  constructor(private readonly callers: Actions) {
    this.radii.setAttribute('aria-describedby', this.radiiError.id);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
    });
    this.task.addEventListener('change', () => {
      this.chooseTask();
    });
    this.radii.addEventListener('input', () => {
      const radii = this.readRadii();
      if (radii) this.change({ radii });
    });
  }

  show(settings: TrainingSettings, choices: TrainingChoices): void {
    this.settings = settings;
    this.choices = choices;
    this.radii.value = settings.radii.map((radius) => printNumber(radius)).join(', ');
    this.task.replaceChildren(
      ...choices.tasks.map(({ id, label }) => h('option', { value: id, selected: id === settings.task }, label)),
    );
    const options = choices.variants.map(({ id, label, notes }) => ({ value: id, label, title: notes }));
    const radii = fieldset('Zero error radii', this.radii, this.radiiError);
    this.element.replaceChildren(
      this.taskBox(settings, choices),
      checkGroup('Variants', 'variant', options, settings.variants, (variants) => {
        this.change({ variants });
      }),
      radii,
      this.numbers(settings, choices),
    );
    this.actions.replaceChildren(this.actionBox());
    this.showTask();
  }

  /** What the host says of the task: the file that was chosen, and what it has in it. */
  showSummary({ text, isWrong }: TaskSummary, chosen: OwnTask | null = null): void {
    if (chosen) {
      this.task.value = 'own';
      this.change({ task: 'own', own: chosen });
      this.showTask();
    }
    setText(this.summary, text);
    this.summary.classList.toggle('wrong', isWrong);
  }

  /** What can be done now. */
  allow({ start, goOn }: { readonly start: boolean; readonly goOn: boolean }): void {
    // Not `disabled`, which would take the focus away from the button that was just pressed.
    this.startButton.setAttribute('aria-disabled', String(!start));
    this.continueButton.setAttribute('aria-disabled', String(!goOn));
  }

  private change(part: Partial<TrainingSettings>): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, ...part };
    this.callers.changed(this.settings);
  }

  private isValid(): boolean {
    const isUsed = (name: string): boolean => name !== 'more' && (name !== 'bits' || this.settings?.task === 'parity');
    const fields = [...this.fields].filter(([name]) => isUsed(name)).map(([, field]) => field.validate());
    const isChosen = this.element.querySelector('[type="checkbox"][aria-invalid="true"]') === null;
    return fields.every(Boolean) && isChosen && this.readRadii() !== undefined;
  }

  private start(): void {
    if (this.startButton.getAttribute('aria-disabled') === 'true' || !this.settings || !this.isValid()) return;
    this.callers.start(this.settings);
  }

  private goOn(): void {
    const more = this.fields.get('more');
    if (this.continueButton.getAttribute('aria-disabled') === 'true' || !more?.validate()) return;
    this.callers.goOn(more.value);
  }

  private chooseTask(): void {
    const chosen = this.choices?.tasks.find(({ id }) => id === this.task.value);
    if (!chosen) return;
    this.change({ task: chosen.id, ...chosen.defaults });
    for (const [name, value] of Object.entries(chosen.defaults ?? {})) {
      const field = this.fields.get(name as TrainingNumber);
      if (field) field.value = value;
    }
    this.showTask();
  }

  private showTask(): void {
    const chosen = this.choices?.tasks.find(({ id }) => id === this.settings?.task);
    setText(this.about, chosen?.about ?? '');
    for (const element of this.element.querySelectorAll<HTMLElement>('[data-task]')) {
      element.hidden = element.dataset['task'] !== chosen?.id;
    }
  }

  private readRadii(): readonly number[] | undefined {
    const [least = 0, most = 0.5] = this.choices?.limits.radius ?? [];
    const parts = this.radii.value.split(/[\s,;]+/).filter((part) => part !== '');
    const radii = parts.map(Number);
    const problem = problemOf(parts, radii, least, most);
    setText(this.radiiError, problem);
    if (problem === '') this.radii.removeAttribute('aria-invalid');
    else this.radii.setAttribute('aria-invalid', 'true');
    return problem === '' ? [...new Set(radii)] : undefined;
  }

  private taskBox(settings: TrainingSettings, { limits }: TrainingChoices): HTMLElement {
    const bits = new NumberField({
      label: 'Bits',
      name: 'bits',
      value: settings.bits,
      minimum: limits.bits[0],
      maximum: limits.bits[1],
      integer: true,
      onInput: (field) => {
        if (field.validate()) this.change({ bits: field.value });
      },
    });
    this.fields.set('bits', bits);
    const choose = button('Choose CSV file…', { class: 'secondary' }, () => {
      this.callers.choosePatterns();
    });
    const targets = h('input', {
      type: 'number',
      name: 'targets',
      min: 1,
      step: 1,
      value: settings.own?.targets ?? '',
      'aria-label': 'Target columns, the last ones; empty where names say it',
    });
    targets.addEventListener('input', () => {
      const { own } = this.settings ?? {};
      const count = targets.value === '' ? null : targets.valueAsNumber;
      if (own && (count === null || (Number.isInteger(count) && count > 0))) {
        this.change({ own: { ...own, targets: count } });
      }
    });
    const label = h(
      'label',
      { class: 'check', 'data-task': 'own' },
      h('span', {}, 'Last columns that are targets'),
      targets,
    );
    choose.dataset['task'] = 'own';
    bits.element.dataset['task'] = 'parity';
    const box = fieldset('Task', this.task, bits.element, choose, label, this.about, this.summary);
    box.classList.add('wide');
    return box;
  }

  private numbers(settings: TrainingSettings, { limits, activations, updates }: TrainingChoices): HTMLElement {
    const fields = numbers.map(({ name, label, integer }) => {
      const field = new NumberField({
        label,
        name,
        value: settings[name],
        minimum: limits[name][0],
        maximum: limits[name][1],
        ...(integer ? { integer } : {}),
        onInput: (typed) => {
          if (typed.validate()) this.change({ [name]: typed.value });
        },
      });
      this.fields.set(name, field);
      return field.element;
    });
    const box = fieldset(
      'Network and learning',
      ...fields,
      choice(
        'Hidden units are',
        'activation',
        activations,
        settings.activation,
        (name) => name,
        (activation) => {
          this.change({ activation });
        },
      ),
      choice(
        'Weights change',
        'update',
        updates,
        settings.update,
        (name) => updateTitles[name],
        (update) => {
          this.change({ update });
        },
      ),
      choice(
        'Loss computed in',
        'format',
        formatNames,
        settings.format,
        (name) => name,
        (format) => {
          this.change({ format });
        },
      ),
    );
    box.classList.add('numbers', 'wide');
    return box;
  }

  private actionBox(): HTMLElement {
    const more = new NumberField({
      label: 'more epochs',
      name: 'more',
      value: 1000,
      minimum: 1,
      maximum: this.choices?.limits.epochs[1] ?? null,
      integer: true,
      onInput: (field) => void field.validate(),
    });
    this.fields.set('more', more);
    return fieldset('Training', this.startButton, this.continueButton, more.element);
  }
}

function problemOf(parts: readonly string[], radii: readonly number[], least: number, most: number): string {
  if (parts.length === 0) return 'Enter one or more radii.';
  const wrong = radii.findIndex((radius) => !(radius >= least && radius <= most));
  if (wrong >= 0) return `${parts[wrong] ?? ''} is not a number from ${String(least)} to ${String(most)}.`;
  return parts.length > mostRadii ? `At most ${String(mostRadii)} radii.` : '';
}

function choice<Value extends string>(
  label: string,
  name: string,
  values: readonly Value[],
  chosen: Value,
  titleOf: (value: Value) => string,
  onChange: (value: Value) => void,
): HTMLElement {
  const select = h(
    'select',
    { name },
    ...values.map((value) => h('option', { value, selected: value === chosen }, titleOf(value))),
  );
  select.addEventListener('change', () => {
    const value = values.find((each) => each === select.value);
    if (value !== undefined) onChange(value);
  });
  return h('label', { class: 'choice' }, h('span', {}, label), select);
}
