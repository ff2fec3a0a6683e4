import { h, showItems, type Child } from './dom';

export interface Column<Row> {
  readonly head: string;
  /** What the head means, for those who point at it or have it read. */
  readonly title: string;
  readonly cell: (row: Row) => Child | readonly Child[];
  /** The cell names the row. */
  readonly names?: boolean;
  readonly numeric?: boolean;
}

/** A table in a box that scrolls sideways by itself, so that the page never has to. */
export class Table<Row> {
  readonly element: HTMLElement;
  private readonly body = h('tbody');

  constructor(
    id: string,
    caption: string,
    private readonly columns: readonly Column<Row>[],
  ) {
    const heads = columns.map(({ head, title, numeric = false }) =>
      h('th', { scope: 'col', title, class: numeric ? 'numeric' : '' }, head),
    );
    this.element = h(
      'div',
      { class: 'table-box', role: 'region', 'aria-label': caption, tabindex: 0 },
      h('table', { id }, h('caption', {}, caption), h('thead', {}, h('tr', {}, ...heads)), this.body),
    );
  }

  fill(rows: readonly Row[], isStale: (row: Row) => boolean = () => false): void {
    const made = rows.map((row) =>
      h('tr', { class: isStale(row) ? 'stale' : '' }, ...this.columns.map((column) => cellOf(column, row))),
    );
    showItems(this.body, made);
  }
}

function cellOf<Row>(column: Column<Row>, row: Row): HTMLElement {
  const content = column.cell(row);
  const children = typeof content === 'string' || content instanceof Node ? [content] : content;
  return column.names === true
    ? h('th', { scope: 'row' }, ...children)
    : h('td', { class: column.numeric === true ? 'numeric' : '' }, ...children);
}
