import type { Format, Plateau, TargetSummary } from '../../src/protocol/measurement';
import { h, type Child } from './dom';
import { printNumber, printPlace, printTarget } from './format';
import type { Column } from './table';

/** One row of the table of results. */
export interface SummaryRow {
  readonly id: string;
  readonly label: string;
  readonly format: Format;
  readonly summary: TargetSummary;
  readonly stale: boolean;
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

/** "Keras 1–2.2 BCE, target 1, float32: stops at 1.1920933e-07 from a = 15.54; …" */
export function summarySentence({ label, format, summary }: SummaryRow): string {
  const { floor, cap, deadFrom, firstNaN, firstInfinity, negative, right, wrong } = summary;
  const findings = [`${plateauInWords(floor, format)} from a = ${printPlace(floor.at)}`];
  if (right.gradientZero !== null) findings.push(`gradient 0 from ${printPlace(right.gradientZero)}`);
  if (right.gradientNaN !== null) findings.push(`gradient NaN from ${printPlace(right.gradientNaN)}`);
  if (right.gradientInfinity !== null) findings.push(`gradient infinite from ${printPlace(right.gradientInfinity)}`);
  if (cap) {
    findings.push(
      Number.isFinite(cap.value)
        ? `on the wrong side never above ${printPlace(cap.value)}`
        : `on the wrong side ${Number.isNaN(cap.value) ? 'NaN' : 'infinite'} from ${printPlace(cap.at)}`,
    );
  }
  if (wrong.gradientNaN !== null) findings.push(`on the wrong side gradient NaN from ${printPlace(wrong.gradientNaN)}`);
  if (deadFrom !== null) {
    findings.push(`on the wrong side gradient 0 from ${printPlace(deadFrom)}: these errors are never corrected`);
  }
  if (firstNaN !== null && !Number.isNaN(floor.value) && !Number.isNaN(cap?.value ?? 0)) {
    findings.push(`NaN first at ${printPlace(firstNaN)}`);
  }
  if (firstInfinity !== null && Number.isFinite(floor.value) && Number.isFinite(cap?.value ?? 0)) {
    findings.push(`infinite first at ${printPlace(firstInfinity)}`);
  }
  if (negative && !(floor.value < 0)) {
    findings.push(`negative, ${printNumber(negative.value, format)}, at ${printPlace(negative.at)}`);
  }
  const name = [label, printTarget(summary.target), format].join(', ');
  return `${name}: ${findings.join('; ')}.`;
}

function plateauInWords({ value }: Plateau, format: Format): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'infinite' : 'minus infinite';
  if (value === 0) return `exactly ${printNumber(value)}`;
  return value < 0 ? `ends below zero, at ${printNumber(value, format)},` : `stops at ${printNumber(value, format)}`;
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
    ...places([floor.at, ...Object.values<number | null>({ ...right }), ...either], 1),
    ...places([cap?.at ?? null, deadFrom, ...Object.values<number | null>({ ...wrong }), ...either], -1),
  ];
}
