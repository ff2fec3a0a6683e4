import { h, uniqueId } from '../dom';

export interface MenuItem {
  readonly label: string;
  readonly title: string;
  readonly choose: () => void;
}

/** A button that opens a list of things to do: by pointer, or by keys as the menus of desktops. */
export class Menu {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly list: HTMLElement;
  private readonly items: readonly HTMLButtonElement[];

  constructor(label: string, items: readonly MenuItem[]) {
    this.items = items.map((item) => this.item(item));
    const id = uniqueId('menu');
    this.list = h('div', { class: 'menu-list', role: 'menu', id, 'aria-label': label, hidden: true }, ...this.items);
    this.button = h(
      'button',
      {
        type: 'button',
        class: 'secondary menu-button',
        'aria-haspopup': 'menu',
        'aria-expanded': 'false',
        'aria-controls': id,
      },
      label,
    );
    this.element = h('div', { class: 'menu' }, this.button, this.list);
    this.listen();
  }

  /** Whether there is anything to choose it for. */
  set enabled(enabled: boolean) {
    this.button.disabled = !enabled;
    if (!enabled) this.close(false);
  }

  private item({ label, title, choose }: MenuItem): HTMLButtonElement {
    const element = h('button', { type: 'button', role: 'menuitem', tabindex: -1, title }, label);
    element.addEventListener('click', () => {
      this.close(true);
      choose();
    });
    return element;
  }

  private listen(): void {
    this.button.addEventListener('click', () => {
      if (this.list.hidden) this.open(0);
      else this.close(true);
    });
    this.element.addEventListener('keydown', (event) => {
      if (this.key(event.key)) event.preventDefault();
    });
    this.element.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && this.element.contains(event.relatedTarget))) this.close(false);
    });
  }

  /** @returns whether the key has meant something */
  private key(key: string): boolean {
    const last = this.items.length - 1;
    if (this.list.hidden) {
      if (key !== 'ArrowDown' && key !== 'ArrowUp') return false;
      this.open(key === 'ArrowDown' ? 0 : last);
      return true;
    }
    const now = this.items.findIndex((item) => item === document.activeElement);
    const next = { ArrowDown: now >= last ? 0 : now + 1, ArrowUp: now <= 0 ? last : now - 1, Home: 0, End: last }[key];
    if (next !== undefined) {
      this.items[next]?.focus();
      return true;
    }
    if (key === 'Escape') {
      this.close(true);
      return true;
    }
    if (key.length !== 1 || key === ' ') return false;
    // A letter goes to the next item that begins with it.
    const order = [...this.items.slice(now + 1), ...this.items.slice(0, now + 1)];
    order.find((item) => item.textContent.toLowerCase().startsWith(key.toLowerCase()))?.focus();
    return true;
  }

  private open(at: number): void {
    if (this.button.disabled) return;
    this.list.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    // Towards the side where there is room.
    this.list.classList.remove('rightward');
    this.list.classList.toggle('rightward', this.list.getBoundingClientRect().left < 0);
    this.items[at]?.focus();
  }

  private close(back: boolean): void {
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    if (back) this.button.focus();
  }
}
