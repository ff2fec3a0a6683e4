import { h, setText, type Child } from '../common/dom';
import { printNumber } from '../common/format';
import { Table } from '../common/table';
import type { Shown } from './shown';

interface Row {
  readonly shown: Shown;
  readonly what: 'loss' | 'gradient';
}

/** The logits in the order in which the host sends them. */
const logits: readonly (readonly [head: string, title: string])[] = [
  ['+0', 'z = +0'],
  ['−0', 'z = −0'],
  ['+least', 'z is the smallest number above 0, a subnormal one'],
  ['−least', 'z is the largest number below 0, a subnormal one'],
  ['+max', 'z is the largest finite number'],
  ['−max', 'z is the most negative finite number'],
  ['+∞', 'z = +∞'],
  ['−∞', 'z = −∞'],
  ['NaN', 'z is not a number'],
];

/** Loss and gradient at the logits where floats end. */
export class Specials {
  readonly element: HTMLElement;
  private readonly table = new Table<Row>(
    'specials',
    'Loss and gradient at special logits z, each above its exact value. What is not finite although the exact value is, is framed.',
    [
      { head: 'Curve', title: 'What was measured', cell: ({ shown }) => shown.label, names: true },
      { head: 'Format', title: 'The number format', cell: ({ shown }) => shown.message.format },
      { head: 'Value', title: 'Loss, or gradient', cell: ({ what }) => what },
      ...logits.map(([head, title], i) => ({ head, title, cell: (row: Row) => cell(row, i), numeric: true })),
    ],
  );

  private readonly count = h('span', { class: 'count' });
  private readonly box: HTMLDetailsElement;
  private shown: readonly Shown[] = [];

  constructor() {
    const heading = h('h2', { id: 'specials-title' }, 'Where floats end');
    this.box = h('details', {}, h('summary', {}, heading, this.count), this.table.element);
    this.box.addEventListener('toggle', () => {
      this.fill();
    });
    this.element = h('section', { class: 'results specials', 'aria-labelledby': heading.id }, this.box);
  }

  show(shown: readonly Shown[]): void {
    this.element.hidden = shown.length === 0;
    this.shown = shown;
    setText(this.count, countText(shown));
    this.fill();
  }

  private fill(): void {
    if (!this.box.open) return;
    const rows = this.shown.flatMap((each): Row[] => [
      { shown: each, what: 'loss' },
      { shown: each, what: 'gradient' },
    ]);
    this.table.fill(rows, ({ shown: { stale } }) => stale);
  }
}

/** How many values there are which aren't finite although they should be. */
function countText(shown: readonly Shown[]): string {
  const values = shown.flatMap(({ message: { specials } }) =>
    [...specials.margin.keys()].flatMap((i) =>
      isMissing(specials.margin, i)
        ? []
        : [isOdd(specials.loss[i], specials.exactLoss[i]), isOdd(specials.gradient[i], specials.exactGradient[i])],
    ),
  );
  const count = values.filter(Boolean).length;
  return `z = ±0, ±∞, NaN and the like: ${String(count)} of ${String(values.length)} values are not finite although the exact ones are`;
}

/** A format without infinities has no such logit. */
function isMissing(margins: Float64Array, i: number): boolean {
  return (i === 6 || i === 7) && Number.isNaN(margins[i]);
}

function isOdd(value = NaN, exact = NaN): boolean {
  return !Number.isFinite(value) && Number.isFinite(exact);
}

function cell({ shown: { message }, what }: Row, i: number): readonly Child[] {
  const { specials, format, target } = message;
  const margin = specials.margin[i] ?? NaN;
  const value = (what === 'loss' ? specials.loss : specials.gradient)[i] ?? NaN;
  const exact = (what === 'loss' ? specials.exactLoss : specials.exactGradient)[i] ?? NaN;
  if (isMissing(specials.margin, i)) return [h('span', { class: 'none' }, 'no ∞')];
  const odd = isOdd(value, exact);
  const z = target === 'mean' || target >= 0.5 ? margin : -margin;
  return [
    h('span', { class: odd ? 'odd' : '', title: `z = ${printNumber(z, format)}` }, printNumber(value, format)),
    h('span', { class: 'exact', title: printNumber(exact) }, `exact ${printNumber(Number(exact.toPrecision(8)))}`),
  ];
}
