/** What the charts need of the editor's colour theme. */
export interface Theme {
  readonly highContrast: boolean;
  readonly background: string;
  readonly foreground: string;
  /** Labels and axes. */
  readonly muted: string;
  readonly grid: string;
  readonly strip: string;
  /** Colours for series, each told from the background. */
  readonly palette: readonly string[];
  readonly fontFamily: string;
  readonly fontSize: number;
}

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const paletteNames = ['blue', 'red', 'green', 'purple', 'orange', 'yellow'] as const;
const fallbackPalette = ['#3794ff', '#f14c4c', '#89d185', '#b180d7', '#d18616', '#cca700'];

/** Least contrast of lines to the background (WCAG 2.2, 1.4.11). */
const lineContrast = 3;

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--vscode-${name}`).trim();
  const { classList } = document.body;
  const highContrast = classList.contains('vscode-high-contrast') || classList.contains('vscode-high-contrast-light');
  const background = over(parse(read('editor-background') || '#ffffff'), [255, 255, 255, 1]);
  const foreground = over(parse(read('editor-foreground') || read('foreground') || '#000000'), background);
  const blend = (share: number): string => print(mix(background, foreground, share));
  return {
    highContrast,
    background: print(background),
    foreground: print(foreground),
    muted: blend(highContrast ? 1 : 0.72),
    grid: blend(highContrast ? 0.3 : 0.12),
    strip: blend(highContrast ? 0 : 0.045),
    palette: paletteNames.map((name, i) => {
      const colour = over(parse(read(`charts-${name}`) || (fallbackPalette[i] ?? '')), background);
      return print(distinguishable(colour, background, foreground));
    }),
    fontFamily: read('font-family') || 'system-ui, sans-serif',
    fontSize: Number.parseFloat(read('font-size')) || 13,
  };
}

/** Calls back when the editor changes its theme: it rewrites the variables on <html> and the classes of <body>. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}

/** How one series differs from the others, by more than colour. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: readonly number[];
  readonly shape: 'circle' | 'triangle' | 'rect' | 'rectRot' | 'crossRot' | 'star';
  readonly fill: 'hollow' | 'solid' | 'dot' | 'bar';
}

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2, 6, 2], [14, 4]];
const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'crossRot', 'star'] as const;

const fills = ['hollow', 'solid', 'dot', 'bar'] as const;
/** How far towards the colour of text: so that a line shows on one of the same colour. */
const shifts = [0, 0.55, 0.25, 0.7] as const;

/**
 * Colour and point shape tell the loss, what is in the shape the backend, the dash pattern all the rest. From the seventh
 * loss on, colours and shapes come again, lighter or darker and with something else in the shape.
 */
export function seriesStyle(theme: Theme, loss: number, rest: number, backend = 0): SeriesStyle {
  const colour = parse(theme.palette[loss % theme.palette.length] ?? theme.foreground);
  const variation = backend + Math.floor(loss / shapes.length);
  return {
    colour: print(mix(colour, parse(theme.foreground), shifts[variation % shifts.length] ?? 0)),
    dash: dashes[rest % dashes.length] ?? [],
    shape: shapes[loss % shapes.length] ?? 'circle',
    fill: fills[variation % fills.length] ?? 'hollow',
  };
}

/** The exact curve: in the colour of text. */
export function exactStyle({ foreground }: Theme): SeriesStyle {
  return { colour: foreground, dash: [], shape: 'circle', fill: 'hollow' };
}

/** Of the bars under the curves. */
export function histogramColour({ foreground, highContrast }: Theme): string {
  return faded(foreground, highContrast ? 0.45 : 0.22);
}

/** The colour with that opacity. */
export function faded(colour: string, alpha: number): string {
  const [red, green, blue] = parse(colour);
  return print([red, green, blue, alpha]);
}

function distinguishable(colour: Colour, background: Colour, foreground: Colour): Colour {
  let result = colour;
  for (let share = 0.1; share <= 1 && contrast(result, background) < lineContrast; share += 0.1) {
    result = mix(colour, foreground, share);
  }
  return result;
}

function contrast(a: Colour, b: Colour): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  const linear = (channel: number): number =>
    channel <= 10.3 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function mix(a: Colour, b: Colour, share: number): Colour {
  const at = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * share);
  return [at(0), at(1), at(2), 1];
}

function over(colour: Colour, background: Colour): Colour {
  return mix(background, colour, colour[3]);
}

function print([red, green, blue, alpha]: Colour): string {
  return `rgba(${String(red)}, ${String(green)}, ${String(blue)}, ${String(alpha)})`;
}

let context: CanvasRenderingContext2D | null | undefined;

/** Any CSS colour; the canvas knows them all and gives them back as #rrggbb or rgba(). */
function parse(text: string): Colour {
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return [128, 128, 128, 1];
  context.fillStyle = '#808080';
  context.fillStyle = text;
  const normal = context.fillStyle;
  if (normal.startsWith('#')) {
    const value = Number.parseInt(normal.slice(1), 16);
    return [value >> 16, (value >> 8) & 255, value & 255, 1];
  }
  const [red = 128, green = 128, blue = 128, alpha = 1] = (normal.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}
