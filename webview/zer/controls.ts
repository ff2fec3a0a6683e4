import type { Format } from '../../src/protocol/measurement';
import type { VariantItem, ZerSettings } from '../../src/protocol/webview';
import { h } from '../common/dom';
import { button, checkGroup, fieldset, NumberField } from '../common/fields';
import { axes, type Axis } from './figures';

const formatNames = [
  'float64',
  'float32',
  'bfloat16',
  'float16',
  'float8_e4m3fn',
  'float8_e5m2',
] as const satisfies readonly Format[];

const radiusLimits = { minimum: 0, maximum: 0.5 };

/** What a soft target is until the reader types another. */
const softDefault = 0.5;

const axisLabels: Readonly<Record<Axis, string>> = { output: 'output p', logit: 'logit z' };

interface Actions {
  changed(settings: ZerSettings): void;
  axesChanged(axes: readonly Axis[]): void;
  train(settings: ZerSettings): void;
}

/** The controls of the zero error radius dashboard: they show settings, and call back with every valid change. */
export class ZerControls {
  readonly element = h('form', { class: 'controls', 'aria-label': 'What to measure' });
  private settings: ZerSettings | undefined;
  private readonly axesBox = h('div', { class: 'axes' });

  constructor(
    private readonly actions: Actions,
    shownAxes: readonly Axis[],
  ) {
    this.axes = shownAxes;
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
    });
  }

  show(settings: ZerSettings, variants: readonly VariantItem[]): void {
    this.settings = settings;
    this.element.replaceChildren(
      this.radius(settings),
      this.variants(settings, variants),
      this.format(settings),
      this.targets(settings),
      this.axesBox,
      this.training,
    );
  }

  /** What the curves are plotted against. Boxes that say so already stay as they are, and keep the focus. */
  set axes(shown: readonly Axis[]) {
    const checked = Array.from(this.axesBox.querySelectorAll<HTMLInputElement>(':checked'), ({ value }) => value);
    if (checked.length === shown.length && shown.every((axis) => checked.includes(axis))) return;
    const options = axes.map((value) => ({ value, label: axisLabels[value] }));
    const group = checkGroup('Plotted against', 'axis', options, shown, (now) => {
      this.actions.axesChanged(now);
    });
    this.axesBox.replaceChildren(group);
  }

  private change(part: Partial<ZerSettings>): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, ...part };
    this.actions.changed(this.settings);
  }

  private radius({ radius }: ZerSettings): HTMLElement {
    const slider = h('input', {
      type: 'range',
      id: 'radius',
      'aria-label': 'Zero error radius',
      min: radiusLimits.minimum,
      max: radiusLimits.maximum,
      step: 0.01,
      value: radius,
    });
    const field = new NumberField({
      label: 'r',
      name: 'radius-value',
      value: radius,
      ...radiusLimits,
      onInput: (typed) => {
        if (!typed.validate()) return;
        slider.valueAsNumber = typed.value;
        this.change({ radius: typed.value });
      },
    });
    slider.addEventListener('input', () => {
      field.value = slider.valueAsNumber;
      this.change({ radius: slider.valueAsNumber });
    });
    const element = fieldset('Zero error radius', slider, field.element);
    element.classList.add('radius');
    return element;
  }

  private variants({ variants: chosen }: ZerSettings, variants: readonly VariantItem[]): HTMLElement {
    const options = variants.map(({ id, label, notes }) => ({ value: id, label, title: notes }));
    return checkGroup('Variants', 'variant', options, chosen, (now) => {
      this.change({ variants: now });
    });
  }

  private format({ format }: ZerSettings): HTMLElement {
    const choice = h(
      'select',
      { name: 'format', 'aria-label': 'Number format' },
      ...formatNames.map((name) => h('option', { value: name, selected: name === format }, name)),
    );
    choice.addEventListener('change', () => {
      const name = formatNames.find((each) => each === choice.value);
      if (name) this.change({ format: name });
    });
    return fieldset('Number format', choice);
  }

  private targets({ targets }: ZerSettings): HTMLElement {
    let soft = targets.find(isSoft) ?? softDefault;
    const kinds: readonly string[] = targets.map((target) => (isSoft(target) ? 'soft' : String(target)));
    const options = ['1', '0', 'soft'].map((value) => ({ value, label: value }));
    const element = checkGroup('Targets', 'target', options, kinds, (now) => {
      this.change({ targets: now.map((kind) => (kind === 'soft' ? soft : Number(kind))) });
    });
    const box = element.querySelector<HTMLInputElement>('input[value="soft"]');
    const field = new NumberField({
      label: 't',
      name: 'soft-target',
      value: soft,
      minimum: 0,
      maximum: 1,
      check: (value) => (isSoft(value) ? undefined : 'This target has a box of its own.'),
      onInput: (typed) => {
        if (!typed.validate() || !box) return;
        soft = typed.value;
        // Who types a target wants to see it.
        box.checked = true;
        box.dispatchEvent(new Event('change'));
      },
    });
    field.element.classList.add('soft');
    box?.closest('label')?.after(field.element);
    return element;
  }

  private get training(): HTMLElement {
    return button('Train with these…', { class: 'secondary', name: 'train' }, () => {
      if (this.settings) this.actions.train(this.settings);
    });
  }
}

function isSoft(target: number): boolean {
  return target > 0 && target < 1;
}
