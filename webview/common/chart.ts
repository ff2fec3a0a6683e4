import { h, setText, uniqueId } from './dom';
import { printPlace } from './format';
import { nearest } from './lanes';
import type { Mark, PlotContent, PlotOptions, Series } from './plot/content';
import { frameOf, type Figure, type Frame, type LineChart } from './plot/frame';
import { explainLanes, keepingLanes, laneSpace, layOutLanes, type Lane } from './plot/layout';
import { listenToGestures } from './plot/gestures';
import { placedMarks } from './plot/marks';
import { createChart, narrow, paintOnce, updateChart } from './plot/picture';
import type { Band } from './plotting';
import type { Theme } from './theme';

export type { ExtraLane, Histogram, LabelledBand, Mark, PlotContent, Series } from './plot/content';
export type { Band, XAxis } from './plotting';

/** How far a click may be from a mark, in pixels. */
const reach = 10;
/** How far from the screen a plot is drawn already, so that it is there when it is scrolled to. */
const nearby = '20%';
/** What one press of + zooms, and which part of the view an arrow moves it by. */
const keyFactor = 1.5;
const keyPan = 0.2;

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
  private selection: Band | undefined;
  /** What was asked for since it was drawn last: several turns of a wheel come in one frame. */
  private asked: Band | undefined;
  /** What was in view when the reader took hold of it. */
  private grabbed: Band | undefined;
  /** Whether it is on the screen, or nearly: elsewhere nothing is drawn until it comes there. */
  private isSeen = true;
  private isDue = false;

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
    new IntersectionObserver(
      (entries) => {
        this.isSeen = entries.at(-1)?.isIntersecting ?? true;
        if (this.isSeen && this.isDue) this.update();
      },
      { rootMargin: nearby },
    ).observe(this.surface);
  }

  /** @param summary one sentence that stands for the picture. */
  draw(content: PlotContent, theme: Theme, summary: string): void {
    this.content = content;
    this.asked = undefined;
    this.theme = theme;
    this.canvas.setAttribute('aria-label', summary);
    this.surface.setAttribute('aria-valuemin', String(content.xRange[0]));
    this.surface.setAttribute('aria-valuemax', String(content.xRange[1]));
    const lanesNow = layOutLanes(content, this.options);
    this.lanes = content.zoomed === true ? keepingLanes(lanesNow, this.lanes) : lanesNow;
    const notes = [explainLanes(this.lanes, this.options), content.note ?? ''];
    setText(this.note, notes.filter((text) => text !== '').join(' '));
    const lanes = laneSpace(this.lanes, 'above') + laneSpace(this.lanes, 'beneath');
    this.canvas.parentElement?.style.setProperty('--lanes', `${Math.round(lanes)}px`);
    if (this.isSeen) this.update();
    else this.isDue = true;
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
    if (this.isSeen) this.chart?.draw();
    else this.isDue = true;
  }

  /** Shows less, or more where the factor is above 1, around the crosshair if that is in view. */
  zoom(factor: number): void {
    const frame = this.frame();
    if (!frame) return;
    const { left, right } = frame.area;
    const at = this.at === null ? NaN : frame.px(this.at);
    this.zoomAt(factor, at >= left && at <= right ? at : (left + right) / 2);
  }

  /** Moves what is in view by that part of its width. */
  pan(part: number): void {
    const frame = this.frame();
    if (!frame || this.content.zoomed !== true) return;
    this.grabbed = this.asked ?? this.view();
    this.panBy(-part * (frame.area.right - frame.area.left));
  }

  focus(): void {
    this.surface.focus();
  }

  private listen(): void {
    const { options } = this;
    listenToGestures(this.surface, {
      zooms: options.onView !== undefined,
      hover: (at) => {
        const x = this.frame()?.xAt(at);
        if (x !== undefined) options.onCursor(this.snap(x), false);
        this.surface.classList.toggle('on-mark', this.markAt(at) !== undefined);
      },
      leave: () => {
        options.onCursor(null, false);
      },
      click: (at, height) => {
        const mark = this.markAt(at, height);
        if (mark) options.onMark?.(mark);
        else {
          const x = this.frame()?.xAt(at);
          if (x !== undefined) options.onPin?.(this.snap(x));
        }
      },
      selecting: (range) => {
        const frame = this.frame();
        this.selection =
          range && frame ? ordered(this.within(frame, range[0]), this.within(frame, range[1])) : undefined;
        this.chart?.draw();
      },
      select: ([from, to]) => {
        const frame = this.frame();
        if (frame) options.onView?.(ordered(this.within(frame, from), this.within(frame, to)));
      },
      grab: () => {
        this.grabbed = this.view();
      },
      pan: (by) => {
        this.panBy(by);
      },
      zoom: (factor, at) => {
        this.zoomAt(factor, at);
      },
      reset: () => {
        options.onView?.(null);
      },
    });
    this.surface.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (options.onView && this.zoomByKey(event.key, event.shiftKey)) {
        event.preventDefault();
        return;
      }
      const x = this.moved(event.key, event.shiftKey);
      if (x === undefined) return;
      event.preventDefault();
      this.wanted = x;
      options.onCursor(x, true);
    });
  }

  private zoomByKey(key: string, shift: boolean): boolean {
    if (key === '0') this.options.onView?.(null);
    else if (key === '+' || key === '=') this.zoom(1 / keyFactor);
    else if (key === '-' || key === '_') this.zoom(keyFactor);
    // Where all is in view there is nowhere to go, and the crosshair leaps.
    else if (shift && this.content.zoomed === true && key === 'ArrowLeft') this.pan(-keyPan);
    else if (shift && this.content.zoomed === true && key === 'ArrowRight') this.pan(keyPan);
    else return false;
    return true;
  }

  private view(): Band {
    const [from, to] = this.content.xRange;
    return { from, to };
  }

  /** The x of a pixel, or of the end of the axis if it is beyond that. */
  private within({ xAt }: Frame, pixel: number): number {
    const { from, to } = this.view();
    return Math.min(to, Math.max(from, xAt(pixel)));
  }

  private zoomAt(factor: number, at: number): void {
    const frame = this.frame();
    if (!frame) return;
    const { left, right } = frame.area;
    const fixed = Math.min(1, Math.max(0, (at - left) / (right - left)));
    this.show(this.asked ?? this.view(), [fixed - fixed * factor, fixed + (1 - fixed) * factor]);
  }

  private panBy(pixels: number): void {
    const { grabbed } = this;
    const frame = this.frame();
    if (!frame || !grabbed || this.content.zoomed !== true) return;
    const by = -pixels / (frame.area.right - frame.area.left);
    this.show(grabbed, [by, 1 + by]);
  }

  /** Asks for a part of what `range` shows, 0 being its left end and 1 its right one. */
  private show(range: Band, [left, right]: readonly [number, number]): void {
    const { axis } = this.content;
    const [from, to] = [axis?.place(range.from) ?? range.from, axis?.place(range.to) ?? range.to];
    const at = (part: number): number => {
      const place = from + (to - from) * part;
      return axis?.value(place) ?? place;
    };
    this.asked = { from: at(left), to: at(right) };
    this.options.onView?.(this.asked);
  }

  /** The mark at a pixel; at any height where none is given. */
  private markAt(x: number, y?: number): Mark | undefined {
    const frame = this.options.onMark && this.frame();
    if (!frame) return undefined;
    return placedMarks(frame).find(
      ({ at: [markX, markY] }) => Math.abs(markX - x) < reach && (y === undefined || Math.abs(markY - y) < reach),
    )?.mark;
  }

  private frame(): Frame | undefined {
    if (this.isDue) this.update();
    const figure = this.figure();
    return this.chart && figure && frameOf(this.chart, figure);
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
    const { options, content, lanes, theme, at, selection } = this;
    return theme && { options, content, lanes, theme, cursor: at, selection };
  }

  private update(): void {
    const figure = this.figure();
    if (!figure) return;
    this.isDue = false;
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

function ordered(a: number, b: number): Band {
  return { from: Math.min(a, b), to: Math.max(a, b) };
}
