import type { BackendChoice, BackendName } from '../../src/protocol/measurement';
import type { BackendItem } from '../../src/protocol/webview';
import { h, setText, uniqueId } from '../common/dom';
import { button, fieldset } from '../common/fields';

/** What computes, and what else is compared with it. */
export interface ChosenBackends {
  readonly backend: BackendChoice;
  readonly compare: readonly BackendName[];
}

const names: readonly BackendChoice[] = ['auto', 'model', 'cuda', 'webgpu', 'python'];

/** What a state is called where a word has to do. */
const words: Readonly<Record<BackendItem['state'], string>> = {
  unknown: 'not looked at yet',
  starting: 'starting',
  ready: 'ready',
  refused: 'can’t be used',
};

interface Row {
  readonly name: BackendChoice;
  readonly radio: HTMLInputElement;
  readonly mark: HTMLElement;
  readonly about: HTMLElement;
  readonly box: HTMLInputElement | null;
}

/** Lists every backend with what is known of it: one computes, others can be compared with it. */
export class BackendControl {
  readonly elements: readonly HTMLElement[];
  private readonly rows: readonly Row[];
  private items: readonly BackendItem[] = [];
  private chosen: ChosenBackends = { backend: 'auto', compare: [] };

  constructor(changed: (chosen: ChosenBackends) => void, probe: () => void) {
    this.rows = names.map((name) => this.row(name, changed));
    const list = this.rows.map(({ name, radio, mark, about }) =>
      h(
        'div',
        { class: 'backend', 'data-backend': name },
        h('label', { class: 'check' }, radio, h('span', {}, name), mark),
        about,
      ),
    );
    const boxes = this.rows.flatMap(({ name, box }) =>
      box ? [h('label', { class: 'check' }, box, h('span', {}, name))] : [],
    );
    const look = button(
      'Look for all',
      { class: 'secondary', title: 'Open every backend, to see what can be used' },
      probe,
    );
    const backend = fieldset('Backend', ...list, look);
    const compare = fieldset('Compare with', ...boxes);
    backend.classList.add('backends');
    compare.classList.add('compare');
    this.elements = [backend, compare];
  }

  show(chosen: ChosenBackends): void {
    this.chosen = chosen;
    for (const { name, radio, box } of this.rows) {
      radio.checked = name === chosen.backend;
      if (!box) continue;
      box.checked = name !== chosen.backend && chosen.compare.some((each) => each === name);
      // A backend is not compared with itself.
      box.disabled = name === chosen.backend;
    }
  }

  /** What is known of them now. In place: whoever has the focus keeps it. */
  know(items: readonly BackendItem[]): void {
    this.items = items;
    for (const { name, radio, mark, about, box } of this.rows) {
      const item = this.items.find((each) => each.name === name);
      setText(about, item?.about ?? '');
      setText(mark, name === 'auto' || !item ? '' : words[item.state]);
      mark.className = `state ${item?.state ?? ''}`;
      radio.title = item?.title ?? '';
      if (box) box.title = item ? `${item.title}: ${item.about}` : '';
    }
  }

  private row(name: BackendChoice, changed: (chosen: ChosenBackends) => void): Row {
    const about = h('p', { class: 'about', id: uniqueId('backend') });
    const radio = h('input', { type: 'radio', name: 'backend', value: name, 'aria-describedby': about.id });
    const choose = (chosen: ChosenBackends): void => {
      this.show(chosen);
      changed(chosen);
    };
    radio.addEventListener('change', () => {
      choose({ backend: name, compare: this.chosen.compare.filter((each) => each !== name) });
    });
    const mark = h('span', { class: 'state' });
    if (name === 'auto') return { name, radio, mark, about, box: null };
    const box = h('input', { type: 'checkbox', name: 'compare', value: name, 'aria-describedby': about.id });
    box.addEventListener('change', () => {
      const others = this.chosen.compare.filter((each) => each !== name);
      // In the order of the list, whatever the order of the clicks.
      const compare = names.filter(
        (each): each is BackendName => each !== 'auto' && (each === name ? box.checked : others.includes(each)),
      );
      choose({ backend: this.chosen.backend, compare });
    });
    return { name, radio, mark, about, box };
  }
}
