/** Elements without markup in strings: ids and file names are other people's text and must stay text. */

export type Child = Node | string;

/** Attributes by name; `true` sets an empty one, `false` leaves it out. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

let lastId = 0;

/** An id for `aria-describedby` and the like. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${String(++lastId)}`;
}

/** Sets text only where it changes, so that live regions speak and selections stay. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Gives an element these children. Those that are the same already stay, and what has the focus in them keeps it. */
export function showItems(list: Element, items: readonly HTMLElement[]): void {
  const old = Array.from(list.children);
  items.forEach((item, i) => {
    const before = old[i];
    if (!before) list.append(item);
    else if (!before.isEqualNode(item)) before.replaceWith(item);
  });
  for (const each of old.slice(items.length)) each.remove();
}

/**
 * Runs `work` once for any number of calls until the next frame. The timer is for windows that are covered, where no
 * frame comes.
 */
export function oncePerFrame(work: () => void): () => void {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    const run = (): void => {
      if (!pending) return;
      pending = false;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      work();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, 120);
  };
}

/** Runs `work` when no call has come for that many milliseconds. */
export function debounced(milliseconds: number, work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}
