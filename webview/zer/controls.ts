import type { Format } from '../../src/protocol/measurement';
import type { VariantItem, ZerSettings } from '../../src/protocol/webview';
import { h } from '../common/dom';
import { checkGroup, fieldset, NumberField } from '../common/fields';

const formatNames = [
  'float64',
  'float32',
  'bfloat16',
  'float16',
  'float8_e4m3fn',
  'float8_e5m2',
] as const satisfies readonly Format[];

const radiusLimits = { minimum: 0, maximum: 0.5 };

/** The controls of the zero error radius dashboard: they show settings, and call back with every valid change. */
export class ZerControls {
  readonly element = h('form', { class: 'controls', 'aria-label': 'What to measure' });
  private settings: ZerSettings | undefined;

  constructor(private readonly changed: (settings: ZerSettings) => void) {
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
    );
  }

  private change(part: Partial<ZerSettings>): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, ...part };
    this.changed(this.settings);
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
    const soft = targets.filter((target) => target !== 0 && target !== 1);
    const options = [1, 0, ...soft].map((value) => ({ value, label: String(value) }));
    return checkGroup('Targets', 'target', options, targets, (now) => {
      this.change({ targets: now });
    });
  }
}
