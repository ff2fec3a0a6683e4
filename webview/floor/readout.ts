import { h, setText } from '../common/dom';
import { printHexadecimal, printNumber, printPlace, printUlp } from '../common/format';
import { nearest } from '../common/lanes';
import { Table } from '../common/table';
import type { Shown } from './shown';

interface Row {
  readonly shown: Shown;
  /** The point nearest to the crosshair; undefined where there is no crosshair. */
  readonly at: number | undefined;
}

/** Every value at the crosshair, printed so that the float can be recovered. */
export class Readout {
  readonly element: HTMLElement;
  private readonly caption: Element | null;
  private readonly table: Table<Row>;

  constructor() {
    const value = (name: 'margin' | 'loss' | 'gradient') => (row: Row) => {
      const { curve, message } = row.shown;
      return cell(row, curve[name], (x) => printNumber(x, message.format), true);
    };
    const exact = (name: 'exactLoss' | 'exactGradient') => (row: Row) =>
      cell(row, row.shown.curve[name], (x) => printNumber(x), true);
    const ulp = (name: 'lossUlp' | 'gradientUlp') => (row: Row) =>
      cell(row, row.shown.curve[name], (x) => (Number.isNaN(x) ? 'undefined' : printUlp(x)), false);
    this.table = new Table<Row>('crosshair', 'At the crosshair', [
      { head: 'Curve', title: 'What was measured', cell: ({ shown }) => shown.label, names: true },
      { head: 'Format', title: 'The number format', cell: ({ shown }) => shown.message.format },
      { head: 'a', title: 'The margin, a value of the format', cell: value('margin'), numeric: true },
      { head: 'Loss', title: 'As computed', cell: value('loss'), numeric: true },
      {
        head: 'Exact loss',
        title: 'The mathematical value, rounded to float64',
        cell: exact('exactLoss'),
        numeric: true,
      },
      { head: 'Error, ULP', title: 'Values of the format from the exact loss', cell: ulp('lossUlp'), numeric: true },
      { head: 'Gradient', title: 'As computed', cell: value('gradient'), numeric: true },
      {
        head: 'Exact gradient',
        title: 'The mathematical value, rounded to float64',
        cell: exact('exactGradient'),
        numeric: true,
      },
      {
        head: 'Error, ULP',
        title: 'Values of the format from the exact gradient',
        cell: ulp('gradientUlp'),
        numeric: true,
      },
    ]);
    this.caption = this.table.element.querySelector('caption');
    this.element = h('div', { class: 'results readout' }, this.table.element);
  }

  /** @param at where the crosshair is, a margin */
  show(shown: readonly Shown[], at: number | null): void {
    this.element.hidden = shown.length === 0;
    if (this.caption) {
      const how = 'Shortest decimals that read back as the same float; point at one for its bits.';
      const none = 'Point at a plot, or click to keep the place.';
      setText(
        this.caption,
        at === null ? `At the crosshair. ${none}` : `At the crosshair, a = ${printPlace(at)}. ${how}`,
      );
    }
    this.table.fill(
      shown.map((each) => ({ shown: each, at: at === null ? undefined : nearest(each.curve.margin, at) })),
      ({ shown: { stale } }) => stale,
    );
  }
}

function cell({ at }: Row, values: Float64Array, print: (x: number) => string, bits: boolean): HTMLElement {
  const value = at === undefined ? undefined : values[at];
  if (value === undefined) return h('span', { class: 'none' }, '–');
  return h('span', { title: bits ? printHexadecimal(value) : '' }, print(value));
}
