/** The picture of a dashboard on one sheet: title, findings, legend, plots under each other, who computed it. */
import type { Plot } from '../chart';
import { drawSwatch, swatchWidth, type LegendEntry } from '../legend';
import type { Theme } from '../theme';
import type { ExportContent, ExportPicture } from './content';
import { SvgContext, svgElement } from './svg';
import { computedLine, constantsText } from './text';

/** In CSS pixels. */
const width = 1000;
const margin = 28;
const room = width - 2 * margin;
/** Pixels of the PNG for each. */
const scale = 2;
const plotHeights = { least: 260, most: 720 } as const;

/** What is drawn on: a canvas, or a file of vectors. */
interface Surface {
  readonly context: CanvasRenderingContext2D;
  plot(plot: Plot, at: { readonly x: number; readonly y: number; readonly height: number }): void;
}

/** Something on the sheet: how high it is, and how to draw it at a height. */
interface Block {
  readonly height: number;
  draw(surface: Surface, y: number): void;
}

/** @throws Error where the browser has no canvas that large */
export async function toPng(content: ExportContent, picture: ExportPicture, theme: Theme): Promise<Uint8Array> {
  const canvas = document.createElement('canvas');
  const context = contextOf(canvas);
  const blocks = blocksOf(content, picture, theme, context);
  canvas.width = width * scale;
  canvas.height = heightOf(blocks) * scale;
  context.scale(scale, scale);
  const plot: Surface['plot'] = (each, { x, y, height }) => {
    const own = contextOf(document.createElement('canvas'));
    each.paint(own, { width: room, height, theme, scale });
    context.drawImage(own.canvas, x, y, room, height);
  };
  drawAll({ context, plot }, blocks, theme);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (!blob) throw new Error('The picture is too large to be drawn.');
  return new Uint8Array(await blob.arrayBuffer());
}

export function toSvg(content: ExportContent, picture: ExportPicture, theme: Theme): string {
  const sheet = new SvgContext();
  const blocks = blocksOf(content, picture, theme, sheet.asContext);
  const plot: Surface['plot'] = (each, { x, y, height }) => {
    const own = new SvgContext();
    each.paint(own.asContext, { width: room, height, theme });
    sheet.append(own.content, x, y);
  };
  drawAll({ context: sheet.asContext, plot }, blocks, theme);
  const height = String(heightOf(blocks));
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: String(width),
    height,
    viewBox: `0 0 ${String(width)} ${height}`,
  };
  return `${svgElement('svg', attributes, `\n${sheet.content}\n`)}\n`;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('There is no canvas to draw on.');
  return context;
}

function heightOf(blocks: readonly Block[]): number {
  return Math.ceil(blocks.reduce((sum, block) => sum + block.height, 2 * margin));
}

function drawAll(surface: Surface, blocks: readonly Block[], theme: Theme): void {
  const { context } = surface;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, heightOf(blocks));
  let y = margin;
  for (const block of blocks) {
    block.draw(surface, y);
    y += block.height;
  }
}

function blocksOf(
  content: ExportContent,
  { plots, legend }: ExportPicture,
  theme: Theme,
  ruler: CanvasRenderingContext2D,
): Block[] {
  const { foreground, muted, fontSize } = theme;
  const lines = (text: string, style: Partial<TextStyle> = {}): Block =>
    textBlock(text, { size: fontSize, colour: foreground, bold: false, before: 0, ...style }, theme, ruler);
  const { title, source, incomplete, sentences, losses, formats, computed, version, date } = content;
  const formulas = losses.map((loss) => {
    const constants = constantsText(loss);
    return `${loss.label} [${loss.id}]: ${loss.formula}${constants && `, ${constants}`}`;
  });
  const small = { size: fontSize - 1, colour: muted };
  return [
    lines(title, { size: fontSize * 1.5, bold: true }),
    ...(source ? [lines(source, small)] : []),
    ...(incomplete ? [lines(incomplete, { bold: true, before: 6 })] : []),
    ...sentences.map((sentence, i) => lines(sentence, { before: i === 0 ? 10 : 3 })),
    legendBlock(legend, theme, ruler),
    ...plots.flatMap((plot) => [
      lines(plot.element.querySelector('h2')?.textContent ?? '', { bold: true, size: fontSize * 1.1, before: 16 }),
      plotBlock(plot),
      lines(plot.element.querySelector('.note')?.textContent ?? '', small),
    ]),
    ...formulas.map((formula, i) => lines(formula, { ...small, before: i === 0 ? 16 : 2 })),
    lines(`Number formats: ${formats.join(', ')}`, { ...small, before: 6 }),
    ...computed.map(({ identity }) => lines(`Computed by ${computedLine(identity)}`, { ...small, before: 2 })),
    lines(`Lossfloor ${version}, ${date.toISOString().slice(0, 10)}`, { ...small, before: 2 }),
  ];
}

interface TextStyle {
  readonly size: number;
  readonly colour: string;
  readonly bold: boolean;
  /** Room above. */
  readonly before: number;
}

function textBlock(
  text: string,
  { size, colour, bold, before }: TextStyle,
  { fontFamily }: Theme,
  ruler: CanvasRenderingContext2D,
): Block {
  const font = `${bold ? '600 ' : ''}${String(size)}px ${fontFamily}`;
  ruler.font = font;
  const lines = text === '' ? [] : wrapped(text, room, (part) => ruler.measureText(part).width);
  const line = size * 1.4;
  return {
    height: lines.length === 0 ? 0 : before + lines.length * line,
    draw: ({ context }, y) => {
      context.font = font;
      context.fillStyle = colour;
      context.textAlign = 'left';
      context.textBaseline = 'middle';
      lines.forEach((part, i) => {
        context.fillText(part, margin, y + before + (i + 0.5) * line);
      });
    },
  };
}

/** The text in lines of at most that width; words that are longer are broken. */
function wrapped(text: string, most: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (measure(longer) <= most) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = word;
    while (measure(line) > most && line.length > 1) {
      let count = line.length - 1;
      while (count > 1 && measure(line.slice(0, count)) > most) count--;
      lines.push(line.slice(0, count));
      line = line.slice(count);
    }
  }
  return line ? [...lines, line] : lines;
}

function legendBlock(entries: readonly LegendEntry[], theme: Theme, ruler: CanvasRenderingContext2D): Block {
  const font = `${String(theme.fontSize)}px ${theme.fontFamily}`;
  ruler.font = font;
  const line = theme.fontSize * 1.6;
  const before = 12;
  let [x, row] = [0, 0];
  const placed = entries.map((entry) => {
    const needed = swatchWidth + 8 + ruler.measureText(entry.label).width;
    if (x > 0 && x + needed > room) [x, row] = [0, row + 1];
    const place = { entry, x: margin + x, row };
    x += needed + 24;
    return place;
  });
  return {
    height: entries.length === 0 ? 0 : before + (row + 1) * line,
    draw: ({ context }, y) => {
      for (const { entry, x: left, row: at } of placed) {
        const middle = y + before + (at + 0.5) * line;
        drawSwatch(context, entry, theme, [left, middle]);
        context.font = font;
        context.fillStyle = theme.foreground;
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.fillText(entry.label, left + swatchWidth + 8, middle);
      }
    },
  };
}

/** As high as it is shown. */
function plotBlock(plot: Plot): Block {
  const shown = plot.element.querySelector('canvas')?.clientHeight ?? 0;
  const height = Math.min(plotHeights.most, Math.max(plotHeights.least, shown));
  return {
    height: height + 4,
    draw: (surface, y) => {
      surface.plot(plot, { x: margin, y: y + 4, height });
    },
  };
}
