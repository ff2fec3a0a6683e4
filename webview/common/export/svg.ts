/** A 2D context that writes SVG: as much of one as Chart.js and our own painting call. */

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
  lineDashOffset: number;
  miterLimit: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  dash: readonly number[];
  matrix: Matrix;
  /** Id of what is clipped to. */
  clip: string;
}

const start: State = {
  fillStyle: '#000000',
  strokeStyle: '#000000',
  lineWidth: 1,
  lineCap: 'butt',
  lineJoin: 'miter',
  lineDashOffset: 0,
  miterLimit: 10,
  globalAlpha: 1,
  font: '10px sans-serif',
  textAlign: 'start',
  textBaseline: 'alphabetic',
  dash: [],
  matrix: [1, 0, 0, 1, 0, 0],
  clip: '',
};

/** How far below the given height the baseline lies, in sizes of the font. */
const baselines: Readonly<Record<CanvasTextBaseline, number>> = {
  alphabetic: 0,
  ideographic: -0.12,
  bottom: -0.22,
  middle: 0.35,
  hanging: 0.73,
  top: 0.8,
};

let lastClip = 0;

/** Records what is drawn; `content` is the elements so far, without the `<svg>` around them. */
export class SvgContext {
  /** Only its size is looked at. */
  readonly canvas = { width: 0, height: 0 };
  private readonly parts: string[] = [];
  private readonly states: State[] = [];
  private state: State = { ...start };
  private path = '';
  private readonly ruler = document.createElement('canvas').getContext('2d');

  /** What Chart.js and our own painting take for a context. */
  get asContext(): CanvasRenderingContext2D {
    return this as unknown as CanvasRenderingContext2D;
  }

  get content(): string {
    return this.parts.join('\n');
  }

  /** Elements that were recorded elsewhere, moved. */
  append(content: string, x: number, y: number): void {
    this.parts.push(`<g transform="translate(${print(x)} ${print(y)})">\n${content}\n</g>`);
  }

  get fillStyle(): string {
    return this.state.fillStyle;
  }
  set fillStyle(value: string) {
    this.state.fillStyle = value;
  }
  get strokeStyle(): string {
    return this.state.strokeStyle;
  }
  set strokeStyle(value: string) {
    this.state.strokeStyle = value;
  }
  get lineWidth(): number {
    return this.state.lineWidth;
  }
  set lineWidth(value: number) {
    if (value > 0) this.state.lineWidth = value;
  }
  get lineCap(): CanvasLineCap {
    return this.state.lineCap;
  }
  set lineCap(value: CanvasLineCap) {
    this.state.lineCap = value;
  }
  get lineJoin(): CanvasLineJoin {
    return this.state.lineJoin;
  }
  set lineJoin(value: CanvasLineJoin) {
    this.state.lineJoin = value;
  }
  get lineDashOffset(): number {
    return this.state.lineDashOffset;
  }
  set lineDashOffset(value: number) {
    this.state.lineDashOffset = value;
  }
  get miterLimit(): number {
    return this.state.miterLimit;
  }
  set miterLimit(value: number) {
    this.state.miterLimit = value;
  }
  get globalAlpha(): number {
    return this.state.globalAlpha;
  }
  set globalAlpha(value: number) {
    this.state.globalAlpha = value;
  }
  get font(): string {
    return this.state.font;
  }
  set font(value: string) {
    this.state.font = value;
  }
  get textAlign(): CanvasTextAlign {
    return this.state.textAlign;
  }
  set textAlign(value: CanvasTextAlign) {
    this.state.textAlign = value;
  }
  get textBaseline(): CanvasTextBaseline {
    return this.state.textBaseline;
  }
  set textBaseline(value: CanvasTextBaseline) {
    this.state.textBaseline = value;
  }

  save(): void {
    this.states.push({ ...this.state });
  }

  restore(): void {
    this.state = this.states.pop() ?? this.state;
  }

  setLineDash(dash: readonly number[]): void {
    this.state.dash = [...dash];
  }

  getLineDash(): number[] {
    return [...this.state.dash];
  }

  setTransform(...matrix: Matrix): void {
    this.state.matrix = matrix;
  }

  resetTransform(): void {
    this.state.matrix = start.matrix;
  }

  translate(x: number, y: number): void {
    this.multiply([1, 0, 0, 1, x, y]);
  }

  scale(x: number, y: number): void {
    this.multiply([x, 0, 0, y, 0, 0]);
  }

  rotate(angle: number): void {
    this.multiply([Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0]);
  }

  beginPath(): void {
    this.path = '';
  }

  closePath(): void {
    if (this.path) this.path += 'Z';
  }

  moveTo(x: number, y: number): void {
    if (isPlace(x, y)) this.path += `M${this.at(x, y)}`;
  }

  lineTo(x: number, y: number): void {
    if (isPlace(x, y)) this.path += `${this.path ? 'L' : 'M'}${this.at(x, y)}`;
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.path += `Q${this.at(cx, cy)} ${this.at(x, y)}`;
  }

  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void {
    this.path += `C${this.at(ax, ay)} ${this.at(bx, by)} ${this.at(x, y)}`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    const [right, bottom] = [x + width, y + height];
    this.path += `M${this.at(x, y)}L${this.at(right, y)}L${this.at(right, bottom)}L${this.at(x, bottom)}Z`;
  }

  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise = false): void {
    const place = (angle: number): readonly [number, number] => [
      x + radius * Math.cos(angle),
      y + radius * Math.sin(angle),
    ];
    const turn = 2 * Math.PI;
    const sweep = counterclockwise ? 0 : 1;
    const given = (to - from) * (sweep ? 1 : -1);
    // A full circle has no end that tells where it goes: two halves.
    const length = given >= turn ? turn : ((given % turn) + turn) % turn;
    const size = print(radius * this.size());
    this.lineTo(...place(from));
    for (const share of [0.5, 1]) {
      const angle = from + (sweep ? 1 : -1) * length * share;
      this.path += `A${size} ${size} 0 0 ${String(sweep)} ${this.at(...place(angle))}`;
    }
  }

  fill(): void {
    if (this.path) this.element('path', { d: this.path, ...this.paint('fill') });
  }

  stroke(): void {
    if (this.path) this.element('path', { d: this.path, fill: 'none', ...this.strokes() });
  }

  clip(): void {
    const id = `clip${String(++lastClip)}`;
    const within = this.state.clip ? ` clip-path="url(#${this.state.clip})"` : '';
    this.parts.push(`<clipPath id="${id}"${within}><path d="${this.path}"/></clipPath>`);
    this.state.clip = id;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.apart(() => {
      this.rect(x, y, width, height);
      this.fill();
    });
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.apart(() => {
      this.rect(x, y, width, height);
      this.stroke();
    });
  }

  /** What is recorded begins empty, and is only wiped as a whole. */
  clearRect(): void {
    return;
  }

  fillText(text: string, x: number, y: number): void {
    this.text(text, x, y, this.paint('fill'));
  }

  strokeText(text: string, x: number, y: number): void {
    this.text(text, x, y, { fill: 'none', ...this.strokes() });
  }

  measureText(text: string): TextMetrics {
    if (!this.ruler) throw new Error('There is no canvas to measure text by.');
    this.ruler.font = this.state.font;
    return this.ruler.measureText(text);
  }

  private text(text: string, x: number, y: number, attributes: Readonly<Record<string, string>>): void {
    const { font, textAlign, textBaseline, matrix } = this.state;
    const [, before = '', size = '10', family = 'sans-serif'] = /^(.*?)([\d.]+)px(?:\/\S+)?\s+(.+)$/.exec(font) ?? [];
    const weight = /\b(bold|bolder|lighter|[1-9]00)\b/.exec(before)?.[0];
    const anchor = { center: 'middle', right: 'end', end: 'end' }[textAlign as string];
    const [a, b, c, d] = matrix;
    const isPlain = a === 1 && b === 0 && c === 0 && d === 1;
    const below = y + baselines[textBaseline] * Number(size);
    const [px, py] = isPlain ? this.point(x, below) : [x, below];
    this.element(
      'text',
      {
        x: print(px),
        y: print(py),
        ...(isPlain ? {} : { transform: `matrix(${matrix.map(print).join(' ')})` }),
        'font-family': family,
        'font-size': size,
        ...(weight === undefined ? {} : { 'font-weight': weight }),
        ...(anchor === undefined ? {} : { 'text-anchor': anchor }),
        ...attributes,
      },
      text,
    );
  }

  private paint(what: 'fill' | 'stroke'): Record<string, string> {
    const { globalAlpha, fillStyle, strokeStyle } = this.state;
    const { colour, alpha } = partsOf(what === 'fill' ? fillStyle : strokeStyle);
    const opacity = alpha * globalAlpha;
    return { [what]: colour, ...(opacity < 1 ? { [`${what}-opacity`]: print(opacity) } : {}) };
  }

  private strokes(): Record<string, string> {
    const { lineWidth, lineCap, lineJoin, dash, lineDashOffset } = this.state;
    const size = this.size();
    return {
      ...this.paint('stroke'),
      'stroke-width': print(lineWidth * size),
      ...(lineCap === 'butt' ? {} : { 'stroke-linecap': lineCap }),
      ...(lineJoin === 'miter' ? {} : { 'stroke-linejoin': lineJoin }),
      ...(dash.length === 0 ? {} : { 'stroke-dasharray': dash.map((length) => print(length * size)).join(' ') }),
      // A canvas takes no notice of what is no number.
      ...(!lineDashOffset ? {} : { 'stroke-dashoffset': print(lineDashOffset * size) }),
    };
  }

  private element(name: string, attributes: Readonly<Record<string, string>>, text?: string): void {
    const clip = this.state.clip ? { 'clip-path': `url(#${this.state.clip})` } : {};
    this.parts.push(svgElement(name, { ...attributes, ...clip }, text === undefined ? undefined : escapeXml(text)));
  }

  /** Without touching the path that is being made. */
  private apart(work: () => void): void {
    const { path } = this;
    this.path = '';
    work();
    this.path = path;
  }

  private multiply([a, b, c, d, e, f]: Matrix): void {
    const [A, B, C, D, E, F] = this.state.matrix;
    this.state.matrix = [
      A * a + C * b,
      B * a + D * b,
      A * c + C * d,
      B * c + D * d,
      A * e + C * f + E,
      B * e + D * f + F,
    ];
  }

  private point(x: number, y: number): readonly [number, number] {
    const [a, b, c, d, e, f] = this.state.matrix;
    return [a * x + c * y + e, b * x + d * y + f];
  }

  private at(x: number, y: number): string {
    return this.point(x, y).map(print).join(' ');
  }

  /** How much larger lengths become. */
  private size(): number {
    const [a, b, c, d] = this.state.matrix;
    return Math.sqrt(Math.abs(a * d - b * c));
  }
}

/** @param content markup: text has to be escaped */
export function svgElement(name: string, attributes: Readonly<Record<string, string>>, content?: string): string {
  const all = Object.entries(attributes).map(([attribute, value]) => ` ${attribute}="${escapeXml(value)}"`);
  return `<${name}${all.join('')}${content === undefined ? '/>' : `>${content}</${name}>`}`;
}

export function escapeXml(text: string): string {
  // Control characters can't be in XML at all.
  const allowed = text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '');
  return allowed.replace(/[&<>"]/g, (character) => `&#${String(character.codePointAt(0))};`);
}

function isPlace(x: number, y: number): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

/** Pixels to a hundredth. */
function print(x: number): string {
  return String(Math.round(x * 100) / 100);
}

/** Colour and opacity apart: not every program that reads SVG knows rgba(). */
function partsOf(style: string): { readonly colour: string; readonly alpha: number } {
  const [, red, green, blue, alpha] =
    /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:[\s,/]+([\d.]+))?\s*\)$/.exec(style) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return { colour: style, alpha: 1 };
  return { colour: `rgb(${red}, ${green}, ${blue})`, alpha: Number(alpha ?? 1) };
}
