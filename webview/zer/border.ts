import type { Format } from '../../src/protocol/measurement';
import type { VariantItem, ZerBorder, ZerBordersMessage, ZerOutput } from '../../src/protocol/webview';
import { h, type Child } from '../common/dom';
import { printNumber, printTarget } from '../common/format';
import type { Column } from '../common/table';
import { joinNames } from './findings';

/** Variants for which the border is the same, to the last float. */
interface BorderGroup {
  readonly names: readonly string[];
  readonly border: ZerBorder;
}

/** A row of the table of borders. */
export interface BorderRow extends BorderGroup {
  readonly format: Format;
  readonly storedRadius: number;
}

/** Borders in the order of the targets that are shown, those that are equal together. */
export function borderRows(
  { borders, storedRadius }: ZerBordersMessage,
  variants: readonly VariantItem[],
  format: Format,
): BorderRow[] {
  const groups = new Map<string, { names: string[]; border: ZerBorder }>();
  for (const border of borders) {
    const { variant, ...rest } = border;
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { names: [], border };
    group.names.push(variants.find(({ id }) => id === variant)?.short ?? variant);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map((group) => ({ ...group, format, storedRadius }))
    .sort((a, b) => b.border.target - a.border.target || a.border.side.localeCompare(b.border.side));
}

/** What the written decimals turn out to be: one sentence for each target and side. */
export function borderSentences(rows: readonly BorderRow[], radius: number): string[] {
  const places = new Map<string, BorderRow[]>();
  for (const row of rows) {
    const key = `${String(row.border.target)} ${row.border.side}`;
    places.set(key, [...(places.get(key) ?? []), row]);
  }
  return [...places.values()].flatMap((same) => sentenceOf(same, radius));
}

function sentenceOf(same: readonly BorderRow[], radius: number): string[] {
  const [first] = same;
  if (!first) return [];
  const { border, format, storedRadius } = first;
  const { written, stored, target } = border;
  if (written === null || !stored) {
    const end = border.side === 'below' ? '0' : '1';
    return [
      `${capital(printTarget(target))}, outputs ${border.side} it: no output is as far off as r = ${printNumber(radius)}, the farthest is ${end}.`,
    ];
  }
  const where = `p = ${printNumber(written)} with ${printTarget(target)}`;
  const relation = `|${printNumber(written)} − ${printNumber(target)}| = ${compared(stored, storedRadius, format)}`;
  const named = (counts: boolean): string[] =>
    same.filter((row) => row.border.stored?.counts === counts).flatMap(({ names }) => names);
  const [inside, outside] = [named(true), named(false)];
  if (storedRadius === 0) {
    const none = outside.length > 0 ? `; for ${joinNames(outside)} not even that` : '';
    return [
      `r = ${printNumber(radius)} is 0 in ${format}: of the outputs only ${printNumber(target)} itself counts as ${printTarget(target)}${none}.`,
    ];
  }
  const radiusName = `r = ${printNumber(radius)} in ${format}`;
  if (outside.length === 0) return [`${where} is inside ${radiusName}: ${relation}.`];
  if (inside.length === 0 && stored.distance !== storedRadius)
    return [`${where} is outside ${radiusName}: ${relation}.${firstOf(same)}`];
  const onBorder = stored.distance === storedRadius;
  const how = (symbol: string): string => (onBorder ? ` (${symbol})` : '');
  const parts = [
    ...(inside.length > 0
      ? [`${joinNames(inside)} ${inside.length > 1 ? 'count' : 'counts'} it as no error${how('≤')}`]
      : []),
    `${joinNames(outside)} ${outside.length > 1 ? 'do' : 'does'} not${how('<')}`,
  ];
  const state = onBorder ? 'exactly on the border of' : stored.distance > storedRadius ? 'outside' : 'inside';
  return [`${where} is ${state} ${radiusName}: ${relation}, and ${parts.join(', ')}.`];
}

/** The first output that counts, where it is one for all. */
function firstOf(same: readonly BorderRow[]): string {
  const firsts = new Set(same.map(({ border }) => border.last?.output));
  const [row] = same;
  const last = row?.border.last;
  if (!row || !last || firsts.size > 1) return '';
  return ` The first output that counts is ${printNumber(last.output, row.format)}.`;
}

/** "0.10000002 > 0.1": printed so that both floats can be recovered. */
function compared({ distance }: ZerOutput, storedRadius: number, format: Format): string {
  const printed = printNumber(distance, format);
  if (distance === storedRadius) return `${printed} = r`;
  return `${printed} ${distance > storedRadius ? '>' : '<'} ${printNumber(storedRadius, format)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The columns of the table "At the border of the radius". */
export const borderColumns: readonly Column<BorderRow>[] = [
  {
    head: 'Border',
    title: 'The target, and the output that one would write for the border',
    names: true,
    cell: ({ border: { target, written, side } }) =>
      written === null
        ? `${printTarget(target)}, ${side} it`
        : [`${printTarget(target)}, `, h('span', { class: 'written' }, `p = ${printNumber(written)}`)],
  },
  { head: 'Variants', title: 'The variants for which it is so', cell: ({ names }) => joinNames(names) },
  {
    head: 'One float farther',
    title: 'The next output farther from the target',
    cell: (row) => outputCell(row, row.border.farther),
  },
  {
    head: 'As written',
    title: 'The output that the format makes of the decimal',
    cell: (row) => outputCell(row, row.border.stored),
  },
  {
    head: 'One float nearer',
    title: 'The next output nearer to the target',
    cell: (row) => outputCell(row, row.border.nearer),
  },
  {
    head: 'First that counts',
    title: 'The output farthest from the target that still counts as the target, found to the last float',
    cell: (row) => firstCell(row),
  },
];

function outputCell({ format, storedRadius }: BorderRow, at: ZerOutput | null): Child | Child[] {
  if (!at) return h('span', { class: 'none' }, '–');
  return [
    h('strong', {}, printNumber(at.output, format)),
    h('span', { class: at.counts ? 'inside' : 'outside' }, at.counts ? '● inside' : '○ outside'),
    h('span', { class: 'at' }, `|p − t| = ${compared(at, storedRadius, format)}`),
  ];
}

function firstCell({ format, border: { last, beyond, side } }: BorderRow): Child | Child[] {
  if (!last) return h('span', { class: 'none' }, 'none, not even the target');
  return [
    h('strong', {}, printNumber(last.output, format)),
    h(
      'span',
      { class: 'at' },
      beyond ? `|p − t| = ${printNumber(last.distance, format)}` : `all outputs ${side} the target count`,
    ),
  ];
}
