import type { MeasuredFailure, Plot } from '../rules';

/** What a drawing is coloured with; every pair of them can be told apart without colour, too. */
export interface PlotColours {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly written: string;
  readonly stable: string;
  readonly failure: string;
  readonly shade: number;
}

export type PlotTheme = 'light' | 'dark' | 'highContrast' | 'highContrastLight';

const colours: Readonly<Record<PlotTheme, PlotColours>> = {
  light: {
    ...{ text: '#3b3b3b', faint: '#616161', grid: '#dcdcdc' },
    ...{ written: '#c4290c', stable: '#0063b1', failure: '#c4290c', shade: 0.1 },
  },
  dark: {
    ...{ text: '#cccccc', faint: '#a0a0a0', grid: '#454545' },
    ...{ written: '#ff8a75', stable: '#4daafc', failure: '#ff8a75', shade: 0.16 },
  },
  highContrast: {
    ...{ text: '#ffffff', faint: '#ffffff', grid: '#6fc3df' },
    ...{ written: '#ffb000', stable: '#3ff23f', failure: '#ffb000', shade: 0.3 },
  },
  highContrastLight: {
    ...{ text: '#292929', faint: '#292929', grid: '#0f4a85' },
    ...{ written: '#b5200d', stable: '#0f4a85', failure: '#b5200d', shade: 0.15 },
  },
};

/** A hover shows about 250 pixels at once, and the diagnostic's text stands above. */
const width = 380;
const height = 132;
const frame = { left: 58, right: width - 12, top: 21, bottom: height - 20 };

/** Words in the drawing that a reader may want in their language. */
export interface PlotWords {
  readonly written: string;
  readonly stable: string;
  readonly value: string;
  readonly gradient: string;
}

/** A plot as SVG. */
export function drawPlot(plot: Plot, theme: PlotTheme, words: PlotWords): string {
  const ink = colours[theme];
  const [low, high] = heightOf(plot);
  const across = (x: number): number =>
    frame.left + ((x - plot.from) / (plot.to - plot.from)) * (frame.right - frame.left);
  const up = (y: number): number => frame.bottom - ((y - low) / (high - low)) * (frame.bottom - frame.top);

  const parts: string[] = [];
  const text = (x: number, y: number, content: string, attributes = ''): void => {
    parts.push(`<text x="${num(x)}" y="${num(y)}" ${attributes}>${escape(content)}</text>`);
  };
  const line = (x1: number, y1: number, x2: number, y2: number, attributes: string): void => {
    parts.push(`<line x1="${num(x1)}" y1="${num(y1)}" x2="${num(x2)}" y2="${num(y2)}" ${attributes}/>`);
  };

  for (const tick of ticks(low, high, 4)) {
    line(
      frame.left,
      up(tick),
      frame.right,
      up(tick),
      `stroke="${ink.grid}" stroke-width="${theme.startsWith('high') ? '0.4' : '0.8'}"`,
    );
    text(frame.left - 6, up(tick) + 3.5, printTick(tick), `text-anchor="end" fill="${ink.faint}"`);
  }
  for (const tick of ticks(plot.from, plot.to, 6)) {
    line(across(tick), frame.bottom, across(tick), frame.bottom + 3, `stroke="${ink.faint}"`);
    text(across(tick), frame.bottom + 14, printTick(tick), `text-anchor="middle" fill="${ink.faint}"`);
  }
  for (const gap of gapsOf(plot)) {
    const [from, to] = [across(gap.from), across(gap.to)];
    const size = `x="${num(from)}" y="${frame.top}" width="${num(Math.max(1.5, to - from))}" height="${frame.bottom - frame.top}"`;
    parts.push(`<rect ${size} fill="${ink.failure}" fill-opacity="${ink.shade}"/>`, `<rect ${size} fill="url(#gap)"/>`);
    const edge = gap.open === 'left' ? to : from;
    line(edge, frame.top, edge, frame.bottom, `stroke="${ink.failure}" stroke-width="1" stroke-dasharray="2 2"`);
    if (to - from > 22) {
      // Where the stable form does not run.
      const y = meanWithin(plot, gap) > (low + high) / 2 ? frame.bottom - 10 : frame.top + 18;
      text((from + to) / 2, y, gap.label, `text-anchor="middle" font-weight="600" fill="${ink.failure}"`);
    }
  }
  if (plot.stable)
    parts.push(
      path(
        plot.x,
        plot.stable,
        across,
        up,
        [low, high],
        `stroke="${ink.stable}" stroke-width="1.6" stroke-dasharray="5 3"`,
      ),
    );
  parts.push(path(plot.x, plot.written, across, up, [low, high], `stroke="${ink.written}" stroke-width="2"`));
  parts.push(
    `<rect x="${frame.left}" y="${frame.top}" width="${frame.right - frame.left}" height="${frame.bottom - frame.top}" fill="none" stroke="${ink.faint}" stroke-width="0.8"/>`,
  );

  const target = plot.target === undefined ? '' : `, t = ${String(plot.target)}`;
  text(frame.left - 24, height - 6, 'x', `text-anchor="end" font-style="italic" fill="${ink.text}"`);
  text(
    12,
    (frame.top + frame.bottom) / 2,
    `${words[plot.of]}${target}`,
    `text-anchor="middle" fill="${ink.text}" transform="rotate(-90 12 ${num((frame.top + frame.bottom) / 2)})"`,
  );
  let at = frame.left;
  for (const [name, own, colour, dash] of [
    [plot.names.written, words.written, ink.written, ''],
    [plot.stable ? plot.names.stable : undefined, words.stable, ink.stable, 'stroke-dasharray="5 3"'],
  ] as const) {
    if (name === undefined) continue;
    const label = name.length <= 20 && name !== '' ? name : own;
    line(at, 9, at + 20, 9, `stroke="${colour}" stroke-width="2" ${dash}`);
    text(at + 25, 13, label, `fill="${ink.text}"`);
    at += 25 + 6 * label.length + 16;
  }
  text(width - 12, 13, plot.format, `text-anchor="end" fill="${ink.faint}"`);

  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="11">` +
    `<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<line x1="0" y1="0" x2="0" y2="6" stroke="${ink.failure}" stroke-width="1" stroke-opacity="0.45"/></pattern></defs>` +
    `${parts.join('')}</svg>`
  );
}

/** The same in words, for those who do not see it. */
export function describePlot(plot: Plot): string {
  const failures = gapsOf(plot).map(({ label, from, to, open }) =>
    open === 'left' ? `${label} for x ≤ ${printTick(to)}` : `${label} for x ≥ ${printTick(from)}`,
  );
  const range = `x from ${printTick(plot.from)} to ${printTick(plot.to)}`;
  return `${plot.names.written}, ${plot.of}, ${plot.format}, ${range}${failures.length > 0 ? `: ${failures.join(', ')}` : ''}`;
}

interface Gap {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly open: 'left' | 'right' | 'none';
}

const labels: Readonly<Record<Exclude<MeasuredFailure['becomes'], 'zero'>, string>> = {
  NaN: 'NaN',
  Infinity: '∞',
  '-Infinity': '−∞',
};

/** Where the written form has no finite value, by what it has instead. */
function gapsOf({ x, written, from, to }: Plot): Gap[] {
  const gaps: Gap[] = [];
  const labelAt = (i: number): string | undefined => {
    const y = written[i] as number;
    return Number.isFinite(y) ? undefined : labels[String(y) as keyof typeof labels];
  };
  for (let i = 0; i < x.length; i++) {
    const label = labelAt(i);
    if (label === undefined) continue;
    const first = i;
    while (i + 1 < x.length && labelAt(i + 1) === label) i++;
    const atStart = first === 0;
    const atEnd = i === x.length - 1;
    gaps.push({
      from: atStart ? from : (x[first] as number),
      to: atEnd ? to : (x[i] as number),
      label,
      open: atStart ? 'left' : atEnd ? 'right' : 'none',
    });
  }
  return gaps;
}

/** How high the stable form runs in a gap of the written one. */
function meanWithin({ x, stable }: Plot, { from, to }: Gap): number {
  const inside = [...(stable ?? [])].filter((y, i) => Number.isFinite(y) && inRange(x[i] as number, from, to));
  return inside.reduce((sum, y) => sum + y, 0) / inside.length;
}

function inRange(x: number, from: number, to: number): boolean {
  return x >= from && x <= to;
}

/** What has to be seen: the stable form whole, the written one as far as it does not dwarf it. */
function heightOf({ written, stable }: Plot): readonly [number, number] {
  const finite = (values: Float64Array | undefined): number[] => [...(values ?? [])].filter((y) => Number.isFinite(y));
  const [own, other] = [finite(written), finite(stable)];
  const all = other.length > 0 ? other : own;
  let [low, high] = [Math.min(...all), Math.max(...all)];
  const size = high - low;
  if (other.length > 0 && own.length > 0) {
    low = Math.max(Math.min(low, ...own), low - size);
    high = Math.min(Math.max(high, ...own), high + size);
  }
  if (!(high > low)) [low, high] = [low - (Math.abs(low) || 1), high + (Math.abs(high) || 1)];
  const room = 0.06 * (high - low);
  return [low - room, high + room];
}

/** Pieces of a curve where it is finite; what lies beyond the frame ends at its edge. */
function path(
  x: Float64Array,
  y: Float64Array,
  across: (x: number) => number,
  up: (y: number) => number,
  [low, high]: readonly [number, number],
  attributes: string,
): string {
  let data = '';
  let drawing = false;
  for (let i = 0; i < x.length; i++) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) {
      drawing = false;
      continue;
    }
    data += `${drawing ? 'L' : 'M'}${num(across(x[i] as number))} ${num(up(Math.min(Math.max(value, low), high)))}`;
    drawing = true;
  }
  return `<path d="${data}" fill="none" stroke-linejoin="round" ${attributes}/>`;
}

/** About so many round numbers between two. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= raw) ?? 10) * power;
  const found: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high && found.length < 20; i++) found.push(i * step);
  return found;
}

function printTick(x: number): string {
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text =
    size >= 1e5 || size < 1e-3
      ? x.toExponential(1).replace('.0e', 'e').replace('+', '')
      : String(Number(x.toPrecision(4)));
  return text.replaceAll('-', '−');
}

/** A coordinate: tenths of a pixel are enough. */
function num(x: number): string {
  return String(Number(x.toFixed(1)));
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
