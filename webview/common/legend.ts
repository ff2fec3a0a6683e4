import { h, setText } from './dom';
import { drawMarker } from './markers';
import { histogramColour, type SeriesStyle, type Theme } from './theme';

export interface LegendEntry {
  readonly id: string;
  readonly label: string;
  /** What the label is short for. */
  readonly title: string;
  readonly style: SeriesStyle;
  readonly exact?: boolean;
  readonly stale?: boolean;
  /** No curve but bars under them, which are always shown. */
  readonly bars?: boolean;
}

/** Values of one series at the crosshair, one for each column of the legend. */
export type Readings = ReadonlyMap<string, readonly string[]>;

/** Names the series, hides and shows them, and says their values at the crosshair. */
export class Legend {
  readonly element: HTMLElement;
  private readonly caption: HTMLElement;
  private readonly body = h('tbody');
  private readonly hidden: Set<string>;
  private shown = '';

  constructor(
    private readonly place: string,
    private readonly columns: readonly string[],
    hidden: readonly string[],
    private readonly changed: (hidden: readonly string[]) => void,
  ) {
    this.hidden = new Set(hidden);
    this.caption = h('caption', {}, place);
    const heads = columns.map((column) => h('th', { scope: 'col', class: 'numeric' }, column));
    this.element = h(
      'table',
      { id: 'legend' },
      this.caption,
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Curve'), ...heads)),
      this.body,
    );
  }

  /** Ids of what is hidden, whether it is among the entries or not. */
  get hiddenIds(): readonly string[] {
    return [...this.hidden];
  }

  /** Hides these and no others, without telling anyone. */
  hide(ids: readonly string[]): void {
    this.hidden.clear();
    for (const id of ids) this.hidden.add(id);
  }

  isHidden(id: string): boolean {
    return this.hidden.has(id);
  }

  draw(entries: readonly LegendEntry[], theme: Theme): void {
    const key = JSON.stringify([entries, theme, [...this.hidden]]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.name : '';
    this.body.replaceChildren(...entries.map((entry) => this.row(entry, theme)));
    for (const box of this.body.querySelectorAll('input')) if (focused && box.name === focused) box.focus();
  }

  /** @param at where the crosshair is, in words; empty where there is none. */
  read(at: string, readings: Readings): void {
    setText(this.caption, at || this.place);
    for (const row of this.body.rows) {
      const values = readings.get(row.dataset['id'] ?? '') ?? [];
      Array.from(row.cells)
        .slice(1)
        .forEach((cell, i) => {
          setText(cell, values[i] ?? '');
        });
    }
  }

  private row(entry: LegendEntry, theme: Theme): HTMLElement {
    const box = h('input', { type: 'checkbox', name: `show-${entry.id}`, checked: !this.hidden.has(entry.id) });
    box.addEventListener('change', () => {
      if (box.checked) this.hidden.delete(entry.id);
      else this.hidden.add(entry.id);
      this.changed([...this.hidden]);
    });
    const parts = [swatch(entry, theme), h('span', {}, entry.label)];
    const label = entry.bars
      ? h('span', { class: 'bars', title: entry.title }, ...parts)
      : h('label', { title: entry.title }, box, ...parts);
    const values = this.columns.map((column) => h('td', { class: 'numeric', 'data-label': column }));
    const row = h('tr', { class: entry.stale ? 'stale' : '' }, h('th', { scope: 'row' }, label), ...values);
    row.dataset['id'] = entry.id;
    return row;
  }
}

/** In CSS pixels. */
export const swatchWidth = 40;
const height = 14;

function swatch(entry: LegendEntry, theme: Theme): HTMLCanvasElement {
  const scale = Math.max(2, window.devicePixelRatio);
  const canvas = h('canvas', {
    class: 'swatch',
    width: swatchWidth * scale,
    height: height * scale,
    'aria-hidden': 'true',
  });
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  context.scale(scale, scale);
  drawSwatch(context, entry, theme, [0, height / 2]);
  return canvas;
}

/** As wide as `swatchWidth`, from a point in the middle of its left edge. */
export function drawSwatch(
  context: CanvasRenderingContext2D,
  { style, exact = false, bars = false }: LegendEntry,
  theme: Theme,
  [left, middle]: readonly [number, number],
): void {
  context.save();
  if (bars) {
    context.fillStyle = histogramColour(theme);
    const heights = [0.25, 0.6, 1, 0.8, 0.35];
    const each = 6;
    heights.forEach((part, i) => {
      const size = part * height;
      context.fillRect(
        left + (swatchWidth - heights.length * each) / 2 + i * each,
        middle + height / 2 - size,
        each,
        size,
      );
    });
    context.restore();
    return;
  }
  context.strokeStyle = exact ? theme.foreground : style.colour;
  context.lineWidth = exact ? 1 : 2.4;
  context.setLineDash(exact ? [] : [...style.dash]);
  context.beginPath();
  context.moveTo(left, middle);
  context.lineTo(left + swatchWidth, middle);
  context.stroke();
  const place = [left + swatchWidth / 2, middle] as const;
  if (!exact) drawMarker(context, style, place, { radius: 3.5, width: 1.5, ground: theme.background });
  context.restore();
}
