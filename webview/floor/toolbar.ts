import type { FloorLook, FloorSettings } from '../../src/protocol/webview';
import { h, setText, uniqueId } from '../common/dom';
import { button } from '../common/fields';
import { collapsible } from '../common/settings';
import { printView } from './view';

/** What the horizontal axis is proportional to. */
export type Spacing = NonNullable<FloorSettings['spacing']>;

export const defaultLook: FloorLook = { errorOf: 'loss', targets: 'overlaid' };

export interface ToolbarActions {
  /** @param factor less than 1 shows less */
  zoom(factor: number): void;
  /** By that part of the view. */
  pan(part: number): void;
  whole(): void;
  look(look: FloorLook): void;
  spacing(spacing: Spacing): void;
}

const factor = 2;

/** Zoom by buttons, what is in view in words, and how it is shown. */
export class Toolbar {
  readonly element: HTMLElement;
  /** What else the plots understand. */
  readonly help: HTMLElement;
  private readonly place = h('output', { class: 'view', id: 'view' });
  private readonly whole: HTMLButtonElement;
  private readonly moves: readonly HTMLButtonElement[];
  private readonly errorOf: Switch<FloorLook['errorOf']>;
  private readonly targets: Switch<FloorLook['targets']>;
  private readonly spacing: Switch<Spacing>;
  private current: FloorLook;

  constructor(look: FloorLook, actions: ToolbarActions) {
    this.current = look;
    const change = (part: Partial<FloorLook>): void => {
      this.current = { ...this.current, ...part };
      actions.look(this.current);
    };
    const step = (sign: string, name: string, also: string, act: () => void): HTMLButtonElement =>
      button(sign, { class: 'secondary', 'aria-label': name, title: `${name}. Also: ${also}` }, act);
    this.whole = step('All', 'All: back to the whole range', 'double click, or 0', () => {
      actions.whole();
    });
    this.moves = [
      step('←', 'Move left', 'Shift and an arrow key, Shift and drag', () => {
        actions.pan(-0.25);
      }),
      step('→', 'Move right', 'Shift and an arrow key, Shift and drag', () => {
        actions.pan(0.25);
      }),
    ];
    this.errorOf = new Switch(
      'Error of',
      'look-error',
      [
        ['loss', 'loss'],
        ['gradient', 'gradient'],
      ],
      look.errorOf,
      (errorOf) => {
        change({ errorOf });
      },
    );
    this.targets = new Switch(
      'Targets',
      'look-targets',
      [
        ['overlaid', 'overlaid'],
        ['beside', 'side by side'],
      ],
      look.targets,
      (targets) => {
        change({ targets });
      },
    );
    this.spacing = new Switch(
      'Axis',
      'look-axis',
      [
        ['margin', 'margin'],
        ['ordinal', 'float ordinal'],
      ],
      'margin',
      (spacing) => {
        actions.spacing(spacing);
      },
      'By float ordinal each value of the number format is equally wide, of the coarsest where there are several',
    );
    this.element = h(
      'div',
      { class: 'toolbar', role: 'group', 'aria-label': 'What is in view' },
      h(
        'div',
        { class: 'zoom' },
        step('+', 'Zoom in', 'Ctrl or ⌘ and the wheel, +, or drag over a range', () => {
          actions.zoom(1 / factor);
        }),
        step('−', 'Zoom out', 'Ctrl or ⌘ and the wheel, -', () => {
          actions.zoom(factor);
        }),
        ...this.moves,
        this.whole,
        this.place,
      ),
      collapsible(
        'View',
        h('div', { class: 'switches' }, this.errorOf.element, this.spacing.element, this.targets.element),
      ),
    );
    this.help = h(
      'p',
      { class: 'note help' },
      'Drag over a range to see it, Shift+drag to move, Ctrl or ⌘ and the wheel to zoom, double click for all. On a crosshair: arrows, + − 0, Shift+arrows. Click keeps the crosshair.',
    );
  }

  set look(look: FloorLook) {
    this.current = look;
    this.errorOf.value = look.errorOf;
    this.targets.value = look.targets;
  }

  show({ view, sweep, targets, spacing = 'margin' }: FloorSettings): void {
    const [from, to] = printView(view ?? sweep);
    setText(this.place, `a from ${from} to ${to}`);
    for (const each of [this.whole, ...this.moves]) {
      each.setAttribute('aria-disabled', String(view === null));
    }
    this.targets.element.hidden = targets.length < 2;
    this.spacing.value = spacing;
  }
}

/** Radio buttons in a row. */
class Switch<Value extends string> {
  readonly element: HTMLElement;
  private readonly radios: readonly HTMLInputElement[];

  constructor(
    legend: string,
    name: string,
    options: readonly (readonly [Value, string])[],
    chosen: Value,
    onChange: (value: Value) => void,
    title = '',
  ) {
    const label = h('span', { id: uniqueId('switch'), class: 'switch-label' }, legend);
    this.radios = options.map(([value]) => {
      const radio = h('input', { type: 'radio', name, value, checked: value === chosen });
      radio.addEventListener('change', () => {
        onChange(value);
      });
      return radio;
    });
    const labels = options.map(([, text], i) =>
      h('label', { class: 'check' }, this.radios[i] ?? '', h('span', {}, text)),
    );
    this.element = h(
      'div',
      { class: 'switch', role: 'radiogroup', 'aria-labelledby': label.id, title },
      label,
      ...labels,
    );
  }

  set value(value: Value) {
    for (const radio of this.radios) radio.checked = radio.value === value;
  }
}
