import type { SeedBand, TrainingCurve } from '../../src/protocol/webview';
import { h } from '../common/dom';
import { printNumber } from '../common/format';
import { Table } from '../common/table';

/** More rows than this make the page slow: of longer runs every second epoch is shown, or every third, and so on. */
const mostRows = 500;

interface Row {
  readonly epoch: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The numbers behind a plot, one curve at a time, made when they are asked for. */
export class BandData {
  readonly element: HTMLDetailsElement;
  private readonly choice = h('select');
  private readonly table: Table<Row>;
  private readonly note = h('p', { class: 'note' });
  private curves: readonly TrainingCurve[] = [];

  constructor(
    title: string,
    private readonly band: (curve: TrainingCurve) => SeedBand,
    private readonly nameOf: (curve: TrainingCurve) => string,
  ) {
    const column = (head: string, about: string, pick: (row: Row) => number) => ({
      head,
      title: about,
      cell: (row: Row) => printNumber(pick(row)),
      numeric: true,
    });
    this.table = new Table<Row>('', `Data of the ${title.toLowerCase()} chart`, [
      column('epoch', 'Epochs trained', ({ epoch }) => epoch),
      column('mean', 'Mean over the seeds', ({ mean }) => mean),
      column('least', 'Least of the seeds', ({ low }) => low),
      column('greatest', 'Greatest of the seeds', ({ high }) => high),
    ]);
    this.table.element.querySelector('table')?.removeAttribute('id');
    this.element = h(
      'details',
      { class: 'data' },
      h('summary', {}, 'Show data'),
      h('label', {}, 'Curve ', this.choice),
      this.table.element,
      this.note,
    );
    for (const [target, event] of [
      [this.element, 'toggle'],
      [this.choice, 'change'],
    ] as const) {
      target.addEventListener(event, () => {
        this.fill();
      });
    }
  }

  show(curves: readonly TrainingCurve[]): void {
    const before = this.curves.map(({ id }) => id).join('\n');
    this.curves = curves;
    if (before !== curves.map(({ id }) => id).join('\n')) {
      const wanted = this.choice.value;
      this.choice.replaceChildren(...curves.map((curve) => h('option', { value: curve.id }, this.nameOf(curve))));
      if (curves.some(({ id }) => id === wanted)) this.choice.value = wanted;
    }
    this.fill();
  }

  private fill(): void {
    if (!this.element.open) return;
    const curve = this.curves.find(({ id }) => id === this.choice.value) ?? this.curves[0];
    const count = curve?.epoch.length ?? 0;
    const every = Math.max(1, Math.ceil(count / mostRows));
    const indices = Array.from({ length: count }, (_, i) => i).filter((i) => i % every === 0 || i === count - 1);
    this.table.fill(curve ? indices.map((i) => rowOf(curve, this.band(curve), i)) : []);
    this.note.textContent = every > 1 ? `${String(indices.length)} of ${String(count)} recorded epochs.` : '';
  }
}

function rowOf({ epoch }: TrainingCurve, { mean, low, high }: SeedBand, i: number): Row {
  return { epoch: epoch[i] ?? NaN, mean: mean[i] ?? NaN, low: low[i] ?? NaN, high: high[i] ?? NaN };
}
