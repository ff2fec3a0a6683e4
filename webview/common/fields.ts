import { h, uniqueId, type Child } from './dom';
import { printNumber } from './format';

export interface NumberFieldOptions {
  readonly label: string;
  readonly name: string;
  readonly value: number;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly integer?: boolean;
  /** Something was typed; whether it is valid, `validate` says. */
  readonly onInput: (field: NumberField) => void;
  /** A condition beyond the range: what is wrong, in words. */
  readonly check?: (value: number) => string | undefined;
}

/** A number input that says at its place what is wrong with what was typed. */
export class NumberField {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly message: HTMLElement;

  constructor(private readonly options: NumberFieldOptions) {
    const { label, name, value, minimum, maximum, integer = false } = options;
    this.message = h('span', { class: 'field-error', id: uniqueId('error'), role: 'alert' });
    this.input = h('input', {
      type: 'number',
      name,
      step: integer ? 1 : 'any',
      value: inputText(value),
      min: minimum ?? false,
      max: maximum ?? false,
      'aria-describedby': this.message.id,
    });
    this.element = h('span', { class: 'field' }, h('label', {}, h('span', {}, label), this.input), this.message);
    this.input.addEventListener('input', () => {
      options.onInput(this);
    });
  }

  /** What is typed, valid or not. */
  get value(): number {
    return this.input.valueAsNumber;
  }

  set value(value: number) {
    if (document.activeElement !== this.input) this.input.value = inputText(value);
    this.validate();
  }

  /** Whether the value can be used; if not, the field says why. */
  validate(): boolean {
    const problem = this.problem();
    this.message.textContent = problem ?? '';
    if (problem === undefined) this.input.removeAttribute('aria-invalid');
    else this.input.setAttribute('aria-invalid', 'true');
    return problem === undefined;
  }

  private problem(): string | undefined {
    const { minimum, maximum, integer, check } = this.options;
    const value = this.input.valueAsNumber;
    if (Number.isNaN(value)) return 'Enter a number.';
    if (integer === true && !Number.isInteger(value)) return 'Enter a whole number.';
    if (typeof minimum === 'number' && value < minimum) return `At least ${printNumber(minimum)}.`;
    if (typeof maximum === 'number' && value > maximum) return `At most ${printNumber(maximum)}.`;
    return check?.(value);
  }
}

/** A number input takes no ∞ and no -0; what is printed otherwise it takes. */
function inputText(value: number): string {
  return Number.isFinite(value) ? printNumber(value) : '';
}

export interface CheckOption<Value> {
  readonly value: Value;
  readonly label: string;
  readonly title?: string;
}

/** Check boxes of which at least one stays checked. */
export function checkGroup<Value extends string | number>(
  legend: string,
  name: string,
  options: readonly CheckOption<Value>[],
  chosen: readonly Value[],
  onChange: (chosen: Value[]) => void,
): HTMLFieldSetElement {
  const message = h('span', { class: 'field-error', id: uniqueId('error'), role: 'alert' });
  const boxes = options.map(({ value }) =>
    h('input', { type: 'checkbox', name, value, checked: chosen.includes(value), 'aria-describedby': message.id }),
  );
  const labels = options.map(({ label, title = '' }, i) =>
    h('label', { class: 'check', title }, boxes[i] as HTMLInputElement, h('span', {}, label)),
  );
  for (const box of boxes) {
    box.addEventListener('change', () => {
      const now = options.filter((_, i) => boxes[i]?.checked).map(({ value }) => value);
      message.textContent = now.length === 0 ? 'Choose at least one.' : '';
      for (const each of boxes) {
        if (now.length === 0) each.setAttribute('aria-invalid', 'true');
        else each.removeAttribute('aria-invalid');
      }
      if (now.length > 0) onChange(now);
    });
  }
  return fieldset(legend, ...labels, message);
}

export function fieldset(legend: string, ...children: readonly Child[]): HTMLFieldSetElement {
  return h('fieldset', {}, h('legend', {}, legend), h('div', { class: 'fields' }, ...children));
}

export function button(
  label: string,
  attributes: Readonly<Record<string, string>>,
  onClick: () => void,
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', onClick);
  return element;
}
