import type { Format, Plateau, SideFailures, TargetSummary } from '../../src/protocol/measurement';
import { h, type Child } from './dom';
import { printNumber, printPlace, printTarget, printThreshold } from './format';
import type { Column } from './table';

/** One row of the table of results. */
export interface SummaryRow {
  readonly id: string;
  readonly label: string;
  readonly format: Format;
  readonly summary: TargetSummary;
  readonly stale: boolean;
}

/** A row that comes with the host's explanation of its floor. */
export interface ExplainedRow extends SummaryRow {
  readonly explanation: string;
}

/** The columns that every dashboard's table of results has. */
export function summaryColumns<Row extends SummaryRow>(first: string): Column<Row>[] {
  const place = (pick: (summary: TargetSummary) => number | null) => (row: Row) => {
    const at = pick(row.summary);
    return at === null ? none('never') : printNumber(at, row.format);
  };
  const plateau = (pick: (summary: TargetSummary) => Plateau | null, otherwise: string) => (row: Row) => {
    const found = pick(row.summary);
    if (!found) return none(otherwise);
    return [
      h('strong', {}, printNumber(found.value, row.format)),
      ' ',
      h('span', { class: 'at' }, `from ${printNumber(found.at, row.format)}`),
    ];
  };
  return [
    { head: first, title: 'What was measured', cell: (row) => row.label, names: true },
    {
      head: 'Target',
      title: 'The target t',
      cell: (row) => (row.summary.target === 'mean' ? 'mean' : printNumber(row.summary.target)),
    },
    { head: 'Format', title: 'The number format that it was computed in', cell: (row) => row.format },
    {
      head: 'Floor',
      title: 'The loss that the right side ends at, and the margin from which on it holds',
      cell: plateau(({ floor }) => floor, 'none'),
      numeric: true,
    },
    {
      head: 'Gradient 0 from (right)',
      title: 'From this margin on, on the right side, the gradient is exactly 0 although the exact one is not',
      cell: place(({ right }) => right.gradientZero),
      numeric: true,
    },
    {
      head: 'Cap',
      title: 'The loss that the wrong side ends at, and the margin from which on it holds',
      cell: plateau(({ cap }) => cap, 'none'),
      numeric: true,
    },
    {
      head: 'Dead from (wrong)',
      title: 'From this margin on, on the wrong side, the gradient is exactly 0: these errors are never corrected',
      cell: place(({ deadFrom }) => deadFrom),
      numeric: true,
    },
    {
      head: 'First NaN',
      title: 'Least margin on either side at which the loss is NaN',
      cell: place(({ firstNaN }) => firstNaN),
      numeric: true,
    },
    {
      head: 'First ∞',
      title: 'Least margin on either side at which the loss is infinite',
      cell: place(({ firstInfinity }) => firstInfinity),
      numeric: true,
    },
    {
      head: 'Negative',
      title: 'The most negative loss, and the margin from which on it holds',
      cell: plateau(({ negative }) => negative, 'never'),
      numeric: true,
    },
  ];
}

function none(text: string): Child {
  return h('span', { class: 'none' }, text);
}

/** What is known of a row in sentences: why it stops, and what else there is to see. */
export function summarySentence({ label, format, summary, explanation }: ExplainedRow): string {
  const { floor, cap, deadFrom, firstNaN, firstInfinity, negative, right, wrong } = summary;
  const findings: string[] = [];
  if (right.gradientNaN !== null) findings.push(`its gradient is NaN from ${printThreshold(right.gradientNaN)}`);
  if (right.gradientInfinity !== null) {
    findings.push(`its gradient is infinite from ${printThreshold(right.gradientInfinity)}`);
  }
  if (cap) {
    findings.push(
      Number.isFinite(cap.value)
        ? `on the wrong side it is never above ${printPlace(cap.value)}`
        : `on the wrong side it is ${Number.isNaN(cap.value) ? 'NaN' : 'infinite'} from ${printThreshold(cap.at)}`,
    );
  }
  if (wrong.gradientNaN !== null) {
    findings.push(`on the wrong side its gradient is NaN from ${printThreshold(wrong.gradientNaN)}`);
  }
  if (deadFrom !== null) {
    findings.push(
      `on the wrong side its gradient is 0 from ${printThreshold(deadFrom)}: these errors are never corrected`,
    );
  }
  if (firstNaN !== null && !Number.isNaN(floor?.value ?? 0) && !Number.isNaN(cap?.value ?? 0)) {
    findings.push(`it is NaN first at ${printThreshold(firstNaN)}`);
  }
  if (firstInfinity !== null && Number.isFinite(floor?.value ?? 0) && Number.isFinite(cap?.value ?? 0)) {
    findings.push(`it is infinite first at ${printThreshold(firstInfinity)}`);
  }
  if (negative && !((floor?.value ?? 0) < 0)) {
    findings.push(`it is negative, ${printNumber(negative.value, format)}, at ${printThreshold(negative.at)}`);
  }
  const name = [label, printTarget(summary.target), format].join(', ');
  const others = findings.join('; ');
  return `${name}: ${explanation}${others && ` ${others.charAt(0).toUpperCase()}${others.slice(1)}.`}`;
}

/** A sentence for the list of findings, the name that it begins with in bold. */
export function sentenceItem(sentence: string, stale: boolean): HTMLElement {
  const end = sentence.indexOf(': ') + 1;
  return h('li', { class: stale ? 'stale' : '' }, h('b', {}, sentence.slice(0, end)), sentence.slice(end));
}

/** Every margin at which something begins, as places on the axis: the wrong side's are negative. */
export function thresholdsOf({
  floor,
  cap,
  deadFrom,
  firstNaN,
  firstInfinity,
  negative,
  right,
  wrong,
}: TargetSummary): number[] {
  const places = (values: readonly (number | null)[], sign: 1 | -1): number[] =>
    values.flatMap((value) => (value === null ? [] : [sign * value]));
  const either = [firstNaN, firstInfinity, negative?.at ?? null];
  return [
    ...places([floor?.at ?? null, ...placesOf(right), ...either], 1),
    ...places([cap?.at ?? null, deadFrom, ...placesOf(wrong), ...either], -1),
  ];
}

function placesOf({ deadZones, ...firsts }: SideFailures): (number | null)[] {
  return [...Object.values(firsts), ...deadZones.map(({ from }) => from)];
}
