import { h, uniqueId } from './dom';
import { printPlace } from './format';
import { nearest } from './lanes';
import type { PlotContent, PlotOptions, Series } from './plot/content';
import type { Figure, LineChart } from './plot/frame';
import { explainLanes, laneSpace, layOutLanes, type Lane } from './plot/layout';
import { createChart, narrow, paintOnce, updateChart } from './plot/picture';
import type { Theme } from './theme';

export type { ExtraLane, Histogram, Mark, PlotContent, Series } from './plot/content';
export type { Band } from './plotting';

/** One plot: a Chart.js chart with lanes, marks, and a crosshair that pointer and arrow keys move. */
export class Plot {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { role: 'img' });
  private readonly surface: HTMLElement;
  private readonly note = h('p', { class: 'note' });
  private chart: LineChart | undefined;
  private content: PlotContent = { series: [], xRange: [0, 1] };
  private theme: Theme | undefined;
  private lanes: readonly Lane[] = [];
  private at: number | null = null;
  /** Where the keys have moved it, which is drawn a frame later. */
  private wanted: number | null = null;

  constructor(private readonly options: PlotOptions) {
    const heading = h('h2', { id: uniqueId('plot') }, options.title);
    this.surface = h('div', {
      class: 'cursor',
      role: 'slider',
      tabindex: 0,
      'aria-label': `Crosshair of the ${options.title.toLowerCase()} chart`,
      'aria-orientation': 'horizontal',
      'aria-valuemin': 0,
      'aria-valuemax': 1,
      'aria-valuenow': 0,
      'aria-valuetext': 'not placed',
    });
    this.element = h(
      'figure',
      { class: 'plot', 'aria-labelledby': heading.id },
      heading,
      h('div', { class: 'canvas-box' }, this.canvas, this.surface),
      this.note,
    );
    this.listen();
  }

  /** @param summary one sentence that stands for the picture. */
  draw(content: PlotContent, theme: Theme, summary: string): void {
    this.content = content;
    this.theme = theme;
    this.canvas.setAttribute('aria-label', summary);
    this.surface.setAttribute('aria-valuemin', String(content.xRange[0]));
    this.surface.setAttribute('aria-valuemax', String(content.xRange[1]));
    this.lanes = layOutLanes(content, this.options);
    this.note.textContent = explainLanes(this.lanes, this.options);
    const lanes = laneSpace(this.lanes, 'above') + laneSpace(this.lanes, 'beneath');
    this.canvas.parentElement?.style.setProperty('--lanes', `${Math.round(lanes)}px`);
    this.update();
  }

  /**
   * Draws what was drawn last, without the crosshair, on another surface: any context that does what a 2D context does.
   * Of its `canvas` only `width` and `height` are used; they are set, to the size times the scale.
   * @param width in CSS pixels, with the axes
   * @param scale pixels of the canvas for each CSS pixel
   */
  paint(
    context: CanvasRenderingContext2D,
    { width, height, theme, scale = 1 }: { width: number; height: number; theme: Theme; scale?: number },
  ): void {
    const { options, content, lanes } = this;
    paintOnce(context, { options, content, lanes, theme, cursor: null }, { width, height }, scale);
  }

  /** Where the crosshair is, in x; without telling anyone. */
  set cursor(x: number | null) {
    this.wanted = x;
    if (x === this.at) return;
    this.at = x;
    this.surface.setAttribute('aria-valuenow', String(x ?? this.content.xRange[0]));
    this.surface.setAttribute('aria-valuetext', x === null ? 'not placed' : printPlace(x));
    this.chart?.draw();
  }

  private listen(): void {
    const place = (event: PointerEvent): void => {
      const x = this.chart?.scales['x']?.getValueForPixel(event.offsetX);
      if (x !== undefined) this.options.onCursor(this.snap(x), false);
    };
    this.surface.addEventListener('pointermove', place);
    this.surface.addEventListener('pointerdown', place);
    this.surface.addEventListener('pointerleave', () => {
      this.options.onCursor(null, false);
    });
    this.surface.addEventListener('keydown', (event) => {
      const x = this.moved(event.key, event.shiftKey);
      if (x === undefined) return;
      event.preventDefault();
      this.wanted = x;
      this.options.onCursor(x, true);
    });
  }

  /** Where a key takes the crosshair: undefined for keys that do nothing, null for away. */
  private moved(key: string, far: boolean): number | null | undefined {
    if (key === 'Escape') return null;
    const grid = this.grid();
    if (!grid || grid.length === 0) return undefined;
    const last = grid.length - 1;
    const now = this.wanted === null ? last >> 1 : nearest(grid, this.wanted);
    const leap = Math.max(1, Math.round(grid.length / 10));
    const step = far ? leap : 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: now - step,
      ArrowDown: now - step,
      ArrowRight: now + step,
      ArrowUp: now + step,
      PageDown: now - leap,
      PageUp: now + leap,
      Home: 0,
      End: last,
    };
    const next = steps[key];
    return next === undefined ? undefined : grid[Math.min(last, Math.max(0, next))];
  }

  private snap(x: number): number {
    const grid = this.grid();
    return grid && grid.length > 0 ? (grid[nearest(grid, x)] ?? x) : x;
  }

  /** The crosshair steps through the points of the series that has most of them. */
  private grid(): Float64Array | undefined {
    return this.content.series.reduce<Series | undefined>(
      (best, series) => (best && best.x.length >= series.x.length ? best : series),
      undefined,
    )?.x;
  }

  private figure(): Figure | undefined {
    const { options, content, lanes, theme, at } = this;
    return theme && { options, content, lanes, theme, cursor: at };
  }

  private update(): void {
    const figure = this.figure();
    if (!figure) return;
    this.chart ??= createChart(this.canvas, () => this.figure());
    const isNarrow = this.element.clientWidth < narrow;
    updateChart(
      this.chart,
      figure,
      { width: this.element.clientWidth, height: this.canvas.clientHeight },
      {
        responsive: true,
        maintainAspectRatio: false,
        // The text for the x axis depends on the width.
        onResize: () => {
          queueMicrotask(() => {
            if (this.element.clientWidth < narrow !== isNarrow) this.update();
          });
        },
      },
    );
  }
}
