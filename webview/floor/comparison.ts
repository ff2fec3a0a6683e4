import type { BackendName, Threshold, ThresholdDifference, ThresholdName } from '../../src/protocol/measurement';
import type { ComparedMessage, DifferenceMessage } from '../../src/protocol/webview';
import { h, setText } from '../common/dom';
import { printNumber, printTarget, printUlp } from '../common/format';
import { identityText } from '../common/status';
import { sentenceItem } from '../common/summary';
import { Table } from '../common/table';

/** A difference, with the name of its loss as the reader knows it. */
export interface NamedDifference {
  readonly label: string;
  readonly stale: boolean;
  readonly message: DifferenceMessage;
}

/** One thing that differs. */
interface Row {
  readonly label: string;
  readonly stale: boolean;
  readonly message: DifferenceMessage;
  readonly what: string;
  readonly title: string;
  readonly other: string;
  readonly reference: string;
  readonly apart: string;
}

const thresholdNames: Readonly<Record<ThresholdName, string>> = {
  floor: 'Floor',
  cap: 'Cap',
  lossNaN: 'NaN from',
  lossInfinity: '∞ from',
  gradientNaN: 'Gradient NaN from',
  gradientInfinity: 'Gradient ∞ from',
  gradientZero: 'Gradient 0 from',
};

/** What differs between the backend that was chosen and those that are compared with it. */
export class ComparisonView {
  readonly element: HTMLElement;
  private readonly heading = h('h2', { id: 'comparison-title' }, 'Comparison of backends');
  private readonly backends = h('ul', { id: 'compared' });
  private readonly sentences = h('ul', { id: 'differences', class: 'sentences' });
  private readonly table = new Table<Row>(
    'comparison',
    'What differs, and by how many values of the format (ULP). Places are margins a.',
    [
      { head: 'Loss', title: 'What was measured', cell: (row) => row.label, names: true },
      {
        head: 'Target',
        title: 'The target t',
        cell: ({ message: { target } }) => (target === 'mean' ? 'mean' : printNumber(target)),
      },
      { head: 'Format', title: 'The number format', cell: ({ message }) => message.format },
      { head: 'What', title: 'What differs', cell: (row) => h('span', { title: row.title }, row.what) },
      { head: 'Backend', title: 'The backend that is compared', cell: ({ message }) => message.backend },
      { head: 'Value', title: 'What the backend gives', cell: (row) => row.other, numeric: true },
      { head: 'Reference', title: 'The backend that was chosen', cell: ({ message }) => message.reference },
      { head: 'Its value', title: 'What the reference gives', cell: (row) => row.reference, numeric: true },
      {
        head: 'ULP apart',
        title: 'Values of the number format from the one to the other',
        cell: (row) => row.apart,
        numeric: true,
      },
    ],
  );

  constructor() {
    this.element = h(
      'section',
      { class: 'results comparison', 'aria-labelledby': this.heading.id, hidden: true },
      this.heading,
      this.backends,
      this.sentences,
      this.table.element,
    );
  }

  /** @param compared the backends that were asked for, and what became of those that have come to their end */
  show(
    compared: readonly { readonly name: BackendName; readonly message: ComparedMessage | undefined }[],
    differences: readonly NamedDifference[],
  ): void {
    this.element.hidden = compared.length === 0;
    this.backends.replaceChildren(...compared.map(({ name, message }) => backendLine(name, message)));
    this.sentences.replaceChildren(
      ...differences.map(({ label, stale, message: { target, format, backend, reference, description } }) =>
        sentenceItem(
          `${[label, printTarget(target), format].join(', ')}, ${backend} against ${reference}: ${description}`,
          stale,
        ),
      ),
    );
    const rows = differences.flatMap(rowsOf);
    this.table.fill(rows, ({ stale }) => stale);
    this.table.element.hidden = rows.length === 0;
    setText(this.heading, compared.length === 0 ? '' : 'Comparison of backends');
  }
}

function backendLine(name: BackendName, message: ComparedMessage | undefined): HTMLElement {
  const text = message
    ? [message.computed ? identityText(message.computed.identity) : '', message.problem].filter(Boolean).join(' · ')
    : 'is being measured';
  const failed = message?.computed === null;
  return h(
    'li',
    { class: failed ? 'refused' : '', 'data-backend': name },
    h('b', {}, name),
    failed ? ': ' : ' · ',
    text,
  );
}

function rowsOf({ label, stale, message }: NamedDifference): Row[] {
  const { format, difference } = message;
  const base = { label, stale, message };
  const thresholds = difference.thresholds.map((each): Row => ({ ...base, ...thresholdCells(each, format) }));
  const curves = (['loss', 'gradient'] as const).flatMap((name): Row[] => {
    const { differing, largest, unlike, flushed } = difference[name];
    const rows: Row[] = [];
    const at = (margin: number): string => `${capitalized(name)} at a = ${printNumber(margin, format)}`;
    if (largest) {
      rows.push({
        ...base,
        what: at(largest.margin),
        title: `The largest difference of those at ${String(differing)} points; ${String(flushed)} are 0 instead of a subnormal number`,
        other: printNumber(largest.other, format),
        reference: printNumber(largest.reference, format),
        apart: printUlp(largest.ulp),
      });
    }
    if (unlike) {
      rows.push({
        ...base,
        what: at(unlike.first.margin),
        title: `The first of ${String(unlike.count)} points at which one is NaN or infinite, and the other is something else`,
        other: printNumber(unlike.first.other, format),
        reference: printNumber(unlike.first.reference, format),
        apart: '',
      });
    }
    return rows;
  });
  return [...thresholds, ...curves];
}

function thresholdCells(
  { name, side, reference, other, ulp }: ThresholdDifference,
  format: DifferenceMessage['format'],
): Pick<Row, 'what' | 'title' | 'other' | 'reference' | 'apart'> {
  const print = (threshold: Threshold | null): string => {
    if (!threshold) return name === 'floor' || name === 'cap' ? 'none' : 'never';
    const at = printNumber(threshold.at, format);
    return threshold.value === null ? at : `${printNumber(threshold.value, format)} from ${at}`;
  };
  return {
    what: thresholdNames[name] + (side === 'wrong' && name !== 'cap' ? ' (wrong side)' : ''),
    title: side === 'wrong' ? 'On the wrong side' : 'On the right side',
    other: print(other),
    reference: print(reference),
    apart: ulp === null ? '' : printUlp(ulp),
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
