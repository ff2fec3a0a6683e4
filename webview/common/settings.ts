import { h } from './dom';

/** Where the controls stand beside the plots, and not above them; the style sheet has the same number. */
const wide = '(width >= 900px)';

/**
 * The controls, in a box that can be closed. Where they would push the figure off the page it begins closed: what the
 * figure shows comes first.
 */
export function settingsBox(controls: HTMLElement): HTMLElement {
  return collapsible('Settings', controls);
}

/** Something that is closed at first where everything stands in one column, and always open beside the plots. */
export function collapsible(name: string, content: HTMLElement): HTMLElement {
  const box = h('details', { class: 'settings' }, h('summary', {}, name), content);
  const query = matchMedia(wide);
  const follow = (): void => {
    if (query.matches) box.open = true;
  };
  query.addEventListener('change', follow);
  follow();
  return box;
}
