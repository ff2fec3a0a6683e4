import type { Format } from '../../src/protocol/measurement';
import { h } from './dom';
import { printNumber } from './format';
import { Table } from './table';

/** What one curve of a plot was drawn from. */
export interface DataSet {
  readonly id: string;
  readonly label: string;
  /** Format that x and y are values of; the exact values are float64. */
  readonly format: Format;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly exact?: Float64Array;
}

/** More rows than this make the page slow; the numbers of long sweeps are for the command line. */
const mostRows = 500;

/** The numbers behind a plot, one curve at a time, made when they are asked for. */
export class DataView {
  readonly element: HTMLDetailsElement;
  private readonly choice = h('select');
  private readonly table: Table<number>;
  private readonly note = h('p', { class: 'note' });
  private sets: readonly DataSet[] = [];

  /** @param kind `ULP`: y are counts of values, and there is nothing exact */
  constructor(title: string, xHead: string, yHead: string, kind: 'values' | 'ULP' = 'values') {
    const caption = `Data of the ${title.toLowerCase()} chart`;
    const at = (pick: (set: DataSet) => Float64Array | undefined, exact: boolean) => (row: number) => {
      const set = this.chosen();
      const value = set && pick(set)?.[row];
      return value === undefined ? '' : printNumber(value, exact ? 'float64' : set?.format);
    };
    this.table = new Table<number>('', caption, [
      { head: xHead, title: 'Where it was computed', cell: at((set) => set.x, false), numeric: true },
      ...(kind === 'ULP'
        ? [
            {
              head: yHead,
              title: 'Values of the number format from the exact value',
              cell: at((set) => set.y, true),
              numeric: true,
            },
          ]
        : [
            { head: yHead, title: 'As computed in the number format', cell: at((set) => set.y, false), numeric: true },
            {
              head: 'exact',
              title: 'The mathematical value, rounded to float64',
              cell: at((set) => set.exact, true),
              numeric: true,
            },
          ]),
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
    this.element.addEventListener('toggle', () => {
      this.fill();
    });
    this.choice.addEventListener('change', () => {
      this.fill();
    });
  }

  show(sets: readonly DataSet[]): void {
    this.sets = sets;
    const wanted = this.choice.value;
    const known = Array.from(this.choice.options, (option) => `${option.value} ${option.text}`).join('\n');
    if (known !== sets.map((set) => `${set.id} ${set.label}`).join('\n')) {
      this.choice.replaceChildren(...sets.map((set) => h('option', { value: set.id }, set.label)));
      if (sets.some((set) => set.id === wanted)) this.choice.value = wanted;
    }
    this.fill();
  }

  private chosen(): DataSet | undefined {
    return this.sets.find((set) => set.id === this.choice.value) ?? this.sets[0];
  }

  private fill(): void {
    if (!this.element.open) return;
    const count = this.chosen()?.x.length ?? 0;
    this.table.fill(Array.from({ length: Math.min(count, mostRows) }, (_, i) => i));
    this.note.textContent = count > mostRows ? `The first ${String(mostRows)} of ${String(count)} points.` : '';
  }
}
