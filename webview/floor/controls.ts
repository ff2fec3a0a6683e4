import type { Format } from '../../src/protocol/measurement';
import type { BackendItem, CatalogueItem, ChosenLoss, ConstantItem, FloorSettings } from '../../src/protocol/webview';
import { h, setText } from '../common/dom';
import { button, checkGroup, fieldset, NumberField } from '../common/fields';
import { BackendControl } from './backends';
import { badge, showBadge } from './badges';

const formatNames = [
  'float64',
  'float32',
  'bfloat16',
  'float16',
  'float8_e4m3fn',
  'float8_e5m2',
] as const satisfies readonly Format[];

const targetOptions = [
  { value: 1, label: '1' },
  { value: 0, label: '0' },
  {
    value: 'mean',
    label: 'mean',
    title: 'The mean of the losses of both targets, as for a batch of one sample of each',
  },
] as const;

const pointLimits = { minimum: 2, maximum: 20_000 };

/** The controls of the floor dashboard: they show settings, and call back with every valid change. */
export class FloorControls {
  readonly element = h('form', { class: 'controls', 'aria-label': 'What to measure' });
  private settings: FloorSettings | undefined;
  private catalogue: readonly CatalogueItem[] = [];
  private readonly backends: BackendControl;
  /** Show the badges of the losses that are listed, for the settings of now. */
  private readonly badges: (() => void)[] = [];

  /**
   * @param probe the reader wants to know which backends can be had
   * @param say has something read to those who don't see it
   */
  constructor(
    private readonly changed: (settings: FloorSettings) => void,
    probe: () => void,
    private readonly say: (text: string) => void,
  ) {
    this.backends = new BackendControl((chosen) => {
      this.change(chosen);
    }, probe);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
    });
  }

  show(settings: FloorSettings, catalogue: readonly CatalogueItem[]): void {
    this.settings = settings;
    this.catalogue = catalogue;
    this.element.replaceChildren(
      this.losses(settings),
      this.formats(settings),
      this.targets(settings),
      this.range(settings),
      ...this.backends.elements,
    );
    this.backends.show(settings);
  }

  /** The reader has changed something that no control shows. */
  follow(part: Partial<FloorSettings>): void {
    if (this.settings) this.settings = { ...this.settings, ...part };
  }

  /** What is known of the backends. */
  know(backends: readonly BackendItem[]): void {
    this.backends.know(backends);
  }

  private change(part: Partial<FloorSettings>): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, ...part };
    for (const show of this.badges) show();
    this.changed(this.settings);
  }

  private changeLosses(losses: readonly ChosenLoss[]): void {
    this.change({ losses });
    const list = this.element.querySelector('fieldset.losses');
    if (this.settings) list?.replaceWith(this.losses(this.settings));
  }

  private losses({ losses }: FloorSettings): HTMLElement {
    this.badges.length = 0;
    const items = losses.map((loss) => this.loss(loss));
    const choice = h('select', { name: 'add', 'aria-label': 'Loss to add' }, ...this.groups());
    const add = button('Add', {}, () => {
      const item = this.catalogue.find(({ id }) => id === choice.value);
      if (!item || !this.settings) return;
      this.changeLosses([...this.settings.losses, chosen(item, this.settings.losses)]);
      this.element.querySelector<HTMLElement>('select[name="add"]')?.focus();
    });
    const empty = items.length === 0 ? [h('p', { class: 'empty' }, 'No loss is chosen. Add one to measure it.')] : [];
    const element = fieldset('Losses', h('ul', {}, ...items), ...empty, h('div', { class: 'add' }, choice, add));
    element.classList.add('losses');
    return element;
  }

  private groups(): HTMLElement[] {
    const frameworks = [...new Set(this.catalogue.map(({ framework }) => framework))];
    return frameworks.map((framework) =>
      h(
        'optgroup',
        { label: framework },
        ...this.catalogue
          .filter((item) => item.framework === framework)
          .map(({ id, label, formula }) => h('option', { value: id, title: formula }, label)),
      ),
    );
  }

  private loss(loss: ChosenLoss): HTMLElement {
    const item = this.catalogue.find(({ id }) => id === loss.id);
    const name = h('span', { title: [loss.formula, item?.notes ?? ''].join('\n') }, loss.label);
    const fields = (item?.constants ?? []).map((constant) => {
      const field = new NumberField({
        label: constant.label,
        name: `${loss.key} ${constant.name}`,
        value: loss.constants[constant.name] ?? constant.default,
        minimum: constant.minimum,
        maximum: constant.maximum,
        onInput: () => {
          if (field.validate()) setText(name, this.changeConstant(loss.key, constant.name, field.value));
        },
      });
      field.element.append(this.badgeOf(loss.key, constant));
      return field.element;
    });
    const remove = button('×', { class: 'icon', 'aria-label': `Remove ${loss.label}`, title: 'Remove' }, () => {
      this.changeLosses((this.settings?.losses ?? []).filter(({ key }) => key !== loss.key));
      this.element.querySelector<HTMLElement>('select[name="add"]')?.focus();
    });
    const order = h('span', { class: 'order' }, this.mover(loss, -1), this.mover(loss, 1), remove);
    return h('li', {}, name, order, h('div', { class: 'fields' }, ...fields), h('code', {}, loss.formula));
  }

  /** @param by -1 moves the loss up, 1 down */
  private mover(loss: ChosenLoss, by: 1 | -1): HTMLButtonElement {
    const { losses = [] } = this.settings ?? {};
    const place = losses.findIndex(({ key }) => key === loss.key) + by;
    const word = by === 1 ? 'down' : 'up';
    const attributes = {
      class: 'icon',
      'aria-label': `Move ${loss.label} ${word}`,
      title: `Move ${word}`,
      name: `${word} ${loss.key}`,
    };
    const mover = button(by === 1 ? '↓' : '↑', attributes, () => {
      if (mover.getAttribute('aria-disabled') !== 'true') this.move(loss.key, place, word);
    });
    // Not `disabled`: the last step of a way up must not lose the focus.
    if (place < 0 || place >= losses.length) mover.setAttribute('aria-disabled', 'true');
    return mover;
  }

  private move(key: string, place: number, word: string): void {
    const { losses = [] } = this.settings ?? {};
    const loss = losses.find((each) => each.key === key);
    if (!loss) return;
    this.changeLosses(losses.filter((each) => each !== loss).toSpliced(place, 0, loss));
    this.element.querySelector<HTMLElement>(`button[name="${CSS.escape(`${word} ${key}`)}"]`)?.focus();
    this.say(`${loss.label} is now ${String(place + 1)} of ${String(losses.length)}.`);
  }

  /** Which of the chosen formats can't hold a constant. */
  private badgeOf(key: string, constant: ConstantItem): HTMLElement {
    const element = badge((format) => this.valueIn(key, constant, format), this.settings?.formats ?? []);
    this.badges.push(() => {
      showBadge(element, (format) => this.valueIn(key, constant, format), this.settings?.formats ?? []);
    });
    return element;
  }

  private valueIn(key: string, constant: ConstantItem, format: Format): number {
    const loss = this.settings?.losses.find((each) => each.key === key);
    return loss?.constants[constant.name] ?? constant.defaultIn[format] ?? constant.default;
  }

  private changeConstant(key: string, name: string, value: number): string {
    let label = '';
    const losses = (this.settings?.losses ?? []).map((loss) => {
      if (loss.key !== key) return loss;
      const constants = { ...loss.constants, [name]: value };
      const item = this.catalogue.find(({ id }) => id === loss.id);
      label = item && loss.label === labelOf(item, loss.constants) ? labelOf(item, constants) : loss.label;
      return { ...loss, label, constants };
    });
    // Without drawing the list anew: the field has the focus.
    this.change({ losses });
    return label;
  }

  private formats({ formats }: FloorSettings): HTMLElement {
    const options = formatNames.map((value) => ({ value, label: value }));
    return checkGroup<Format>('Number formats', 'format', options, formats, (now) => {
      this.change({ formats: now });
    });
  }

  private targets({ targets }: FloorSettings): HTMLElement {
    // Soft targets of a configuration stay choosable beside the usual ones.
    const soft = targets.filter((target) => typeof target === 'number' && target !== 0 && target !== 1);
    const options = [...targetOptions, ...soft.map((value) => ({ value, label: String(value) }))];
    return checkGroup<number | 'mean'>('Targets', 'target', options, targets, (now) => {
      this.change({ targets: now });
    });
  }

  private range({ sweep }: FloorSettings): HTMLElement {
    const update = (): void => {
      // Each end's validity hangs on the other's value.
      if (!fields.map((field) => field.validate()).every(Boolean)) return;
      // The part that was in view was one of the old range.
      this.change({ sweep: { from: from.value, to: to.value, points: points.value }, view: null });
    };
    const order = (): string | undefined => (from.value >= to.value ? '“from” has to be less than “to”.' : undefined);
    const from = new NumberField({
      label: 'from',
      name: 'from',
      value: sweep.from,
      onInput: update,
      check: () => order(),
    });
    const to = new NumberField({ label: 'to', name: 'to', value: sweep.to, onInput: update, check: () => order() });
    const points = new NumberField({
      label: 'points',
      name: 'points',
      value: sweep.points,
      integer: true,
      ...pointLimits,
      onInput: update,
    });
    const fields = [from, to, points];
    return fieldset('Range of the margin', from.element, to.element, points.element);
  }
}

function chosen(item: CatalogueItem, losses: readonly ChosenLoss[]): ChosenLoss {
  const keys = new Set(losses.map(({ key }) => key));
  let key = item.id;
  for (let i = 2; keys.has(key); i++) key = `${item.id}#${i}`;
  return { key, id: item.id, label: item.label, formula: item.formula, constants: {} };
}

/** The label with those constants that are set, as the host makes it; a label of the user's own stays. */
function labelOf({ label, constants: known }: CatalogueItem, constants: Readonly<Record<string, number>>): string {
  const set = known.flatMap(({ name }) => (constants[name] === undefined ? [] : [`${name} ${constants[name]}`]));
  return set.length === 0 ? label : `${label}, ${set.join(', ')}`;
}
