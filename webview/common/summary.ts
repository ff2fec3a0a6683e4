import type { Format, Plateau, SideFailures, TargetSummary } from '../../src/protocol/measurement';
import { h, type Child } from './dom';
import { button } from './fields';
import { printNumber, printPlace, printTarget, printThreshold } from './format';
import type { Column } from './table';

/** One row of the table of results. */
export interface SummaryRow {
  readonly id: string;
  readonly label: string;
  readonly format: Format;
  readonly summary: TargetSummary;
  readonly stale: boolean;
  /** The side on which the loss is negative: 1 for the right one; left out where that isn't known. */
  readonly negativeSide?: 1 | -1 | undefined;
}

/** Shows a place of the row's curve: a margin, negative on the wrong side. */
export type GoThere = (row: SummaryRow, at: number) => void;

/** A row that comes with the host's explanation of its floor. */
export interface ExplainedRow extends SummaryRow {
  readonly explanation: string;
}

/**
 * The columns that every dashboard's table of results has.
 * @param go what a click on a place does; without it places are text
 */
export function summaryColumns<Row extends SummaryRow>(first: string, go?: GoThere): Column<Row>[] {
  type Side = (summary: TargetSummary, at: number) => 1 | -1 | undefined;
  const placed = (row: Row, at: number, side: Side): Child => {
    const text = printNumber(at, row.format);
    const sign = side(row.summary, at);
    return go && sign !== undefined && Number.isFinite(at) ? placeButton(text, () => go(row, sign * at)) : text;
  };
  const place = (pick: (summary: TargetSummary) => number | null, side: Side) => (row: Row) => {
    const at = pick(row.summary);
    return at === null ? none('never') : placed(row, at, side);
  };
  const plateau =
    (pick: (summary: TargetSummary) => Plateau | null, otherwise: string, side: (row: Row) => Side) => (row: Row) => {
      const found = pick(row.summary);
      if (!found) return none(otherwise);
      return [
        h('strong', {}, printNumber(found.value, row.format)),
        ' ',
        h('span', { class: 'at' }, 'from ', placed(row, found.at, side(row))),
      ];
    };
  const right: Side = () => 1;
  const wrong: Side = () => -1;
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
      cell: plateau(
        ({ floor }) => floor,
        'none',
        () => right,
      ),
      numeric: true,
    },
    {
      head: 'Gradient 0 from (right)',
      title: 'From this margin on, on the right side, the gradient is exactly 0 although the exact one is not',
      cell: place((summary) => summary.right.gradientZero, right),
      numeric: true,
    },
    {
      head: 'Cap',
      title: 'The loss that the wrong side ends at, and the margin from which on it holds',
      cell: plateau(
        ({ cap }) => cap,
        'none',
        () => wrong,
      ),
      numeric: true,
    },
    {
      head: 'Dead from (wrong)',
      title: 'From this margin on, on the wrong side, the gradient is exactly 0: these errors are never corrected',
      cell: place(({ deadFrom }) => deadFrom, wrong),
      numeric: true,
    },
    {
      head: 'First NaN',
      title: 'Least margin on either side at which the loss is NaN',
      cell: place(({ firstNaN }) => firstNaN, sideOf('lossNaN')),
      numeric: true,
    },
    {
      head: 'First ∞',
      title: 'Least margin on either side at which the loss is infinite',
      cell: place(({ firstInfinity }) => firstInfinity, sideOf('lossInfinity')),
      numeric: true,
    },
    {
      head: 'Negative',
      title: 'The most negative loss, and the margin from which on it holds',
      cell: plateau(
        ({ negative }) => negative,
        'never',
        ({ negativeSide }) =>
          () =>
            negativeSide,
      ),
      numeric: true,
    },
  ];
}

function none(text: string): Child {
  return h('span', { class: 'none' }, text);
}

/** The side on which something begins first. */
function sideOf(name: 'lossNaN' | 'lossInfinity'): (summary: TargetSummary, at: number) => 1 | -1 {
  return ({ right }, at) => (right[name] === at ? 1 : -1);
}

/** A part of a sentence: text, or a place in it: a margin, negative on the wrong side. */
type Piece = string | { readonly text: string; readonly at: number };

/** What is known of a row in sentences: why it stops, and what else there is to see. */
export function summarySentence(row: ExplainedRow): string {
  return textOf(summaryPieces(row));
}

/** The same, its places apart from the text. */
export function summaryPieces(row: ExplainedRow): Piece[] {
  const { label, format, summary, explanation } = row;
  const findings = findingsOf(row).filter((finding) => !explanation.includes(`The ${textOf(finding).slice(4)}.`));
  const others = findings.flatMap((finding, i): Piece[] => {
    const [first = '', ...rest] = finding;
    const text = typeof first === 'string' ? first : first.text;
    return i === 0 ? [` ${text.charAt(0).toUpperCase()}${text.slice(1)}`, ...rest] : ['; ', ...finding];
  });
  const name = [label, printTarget(summary.target), format].join(', ');
  return joined([`${name}: `, ...explained(explanation, summary), ...others, ...(others.length > 0 ? ['.'] : [])]);
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
}

function findingsOf({ format, summary, negativeSide }: ExplainedRow): Piece[][] {
  const { floor, cap, deadFrom, firstNaN, firstInfinity, negative, right, wrong } = summary;
  const from = (at: number, side: 1 | -1): Piece => ({ text: printThreshold(at), at: side * at });
  const findings: Piece[][] = [];
  if (right.gradientNaN !== null) findings.push(['its gradient is NaN from ', from(right.gradientNaN, 1)]);
  if (right.gradientInfinity !== null)
    findings.push(['its gradient is infinite from ', from(right.gradientInfinity, 1)]);
  if (cap) {
    const what = Number.isNaN(cap.value) ? 'NaN' : 'infinite';
    findings.push(
      Number.isFinite(cap.value)
        ? [`on the wrong side it is never above ${printPlace(cap.value)}`]
        : [`on the wrong side it is ${what} from `, from(cap.at, -1)],
    );
  }
  if (wrong.gradientNaN !== null) {
    findings.push(['on the wrong side its gradient is NaN from ', from(wrong.gradientNaN, -1)]);
  }
  if (deadFrom !== null) {
    findings.push([
      'on the wrong side its gradient is 0 from ',
      from(deadFrom, -1),
      ': these errors are never corrected',
    ]);
  }
  findings.push(...insideZones(summary));
  if (firstNaN !== null && !Number.isNaN(floor?.value ?? 0) && !Number.isNaN(cap?.value ?? 0)) {
    findings.push(['it is NaN first at ', from(firstNaN, sideOf('lossNaN')(summary, firstNaN))]);
  }
  if (firstInfinity !== null && Number.isFinite(floor?.value ?? 0) && Number.isFinite(cap?.value ?? 0)) {
    findings.push(['it is infinite first at ', from(firstInfinity, sideOf('lossInfinity')(summary, firstInfinity))]);
  }
  if (negative && !((floor?.value ?? 0) < 0)) {
    const text = printThreshold(negative.at);
    const place: Piece = negativeSide === undefined ? text : { text, at: negativeSide * negative.at };
    findings.push([`it is negative, ${printNumber(negative.value, format)}, at `, place]);
  }
  return findings;
}

/** Dead zones that end again, or are followed by something else: what is said of the outermost doesn't tell of them. */
function insideZones({ right, wrong, deadFrom }: TargetSummary): Piece[][] {
  const on = ({ deadZones }: SideFailures, outermost: number | null, side: 1 | -1): Piece[][] =>
    fewOf(deadZones.filter(({ from }) => from !== outermost)).map(({ from, to, count }) => [
      `${side === 1 ? '' : 'on the wrong side '}its gradient is 0 ${count === 1 ? '' : `in ${String(count)} ranges `}between `,
      { text: printPlace(from), at: side * from },
      ' and ',
      { text: printPlace(to), at: side * to },
    ]);
  return [...on(right, right.gradientZero, 1), ...on(wrong, deadFrom, -1)];
}

/** More ranges than this are said in one. */
const mostRanges = 2;

function fewOf(zones: SideFailures['deadZones']): { from: number; to: number; count: number }[] {
  const [first] = zones;
  const last = zones.at(-1);
  if (zones.length <= mostRanges || !first || !last) return zones.map((zone) => ({ ...zone, count: 1 }));
  return [{ from: first.from, to: last.to, count: zones.length }];
}

/** The host's explanation is about the right side; its thresholds are found in its text by their numbers. */
function explained(explanation: string, { floor, right }: TargetSummary): Piece[] {
  const known = [
    floor?.at,
    ...[right.gradientZero, right.gradientNaN, right.gradientInfinity, right.lossNaN, right.lossInfinity],
  ].filter((at) => typeof at === 'number');
  return explanation.split(/((?<=\bfrom )\d+(?:\.\d+)?(?:e[+-]?\d+)?)/).map((text, i): Piece => {
    const at = i % 2 === 1 ? known.find((each) => Number(printThreshold(each)) === Number(text)) : undefined;
    return at === undefined ? text : { text, at };
  });
}

/** With neighbouring texts as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else result.push(piece);
  }
  return result;
}

/**
 * A sentence for the list of findings, the name that it begins with in bold.
 * @param go what a click on a place in it does; without it places are text
 */
export function sentenceItem(
  sentence: string | readonly Piece[],
  stale: boolean,
  go?: (at: number) => void,
): HTMLElement {
  const [first = '', ...rest] = typeof sentence === 'string' ? [sentence] : sentence;
  const opening = typeof first === 'string' ? first : first.text;
  const end = opening.indexOf(': ') + 1;
  const children = rest.map((piece): Child => {
    if (typeof piece === 'string') return piece;
    return go && Number.isFinite(piece.at) ? placeButton(piece.text, () => go(piece.at)) : piece.text;
  });
  return h('li', { class: stale ? 'stale' : '' }, h('b', {}, opening.slice(0, end)), opening.slice(end), ...children);
}

function placeButton(text: string, onClick: () => void): HTMLElement {
  return button(text, { class: 'place', title: 'Go there: show what happens around this margin' }, onClick);
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
