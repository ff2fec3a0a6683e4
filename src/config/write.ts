import { findNodeAtLocation, getNodeValue, parseTree, type Node } from 'jsonc-parser';
import type { FormatName } from '../numeric';
import type { TrainingPlan } from '../training';
import { defaults, type ChosenEntry, type LossConfig, type TrainingChoice } from './config';
import { labelOf, parseLossConfig, usualPlan, type ConfigProblem } from './parse';

/** What of a configuration is to be written; the rest of a file stays as it is. */
export type ConfigPart = Partial<LossConfig>;

export type EditedConfig =
  | { readonly text: string; readonly problem: undefined }
  | { readonly text: undefined; readonly problem: ConfigProblem | undefined };

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;
type Path = readonly (string | number)[];

/** A line of a written file is no longer than this where it can be helped. */
const width = 100;

/** In which order properties stand in an object that is written anew, and after which they are added to one that exists. */
const order: readonly string[] = [
  ...['$schema', 'title', 'losses', 'id', 'label', 'constants', 'variants', 'radius', 'formats'],
  ...['task', 'bits', 'file', 'targetColumns', 'radii'],
  ...['loss', 'variant', 'format', 'target', 'targets', 'sweep', 'view', 'from', 'to', 'points'],
  ...['seeds', 'epochs', 'hiddenUnits', 'activation', 'update', 'rate', 'momentum', 'weightRange'],
  ...[
    'backend',
    'compare',
    'plots',
    'axis',
    'error',
    'plottedAgainst',
    'exact',
    'hidden',
    'zeroErrorRadius',
    'training',
  ],
];

/**
 * The text of a new `*.loss.json` that reads back as this: what is as it would be without being said is left out.
 * @throws RangeError for a number that JSON doesn't have
 */
export function writeLossConfig(part: ConfigPart): string {
  const entries = Object.entries(written(part)).filter(([, value]) => value !== undefined) as [string, Json][];
  const lines = inOrder(entries).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${layOut(value, '  ', '  ', name.length + 4)}`,
  );
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The text with the part written into it: only what means something else is changed, everything else keeps its place and
 * its looks. A text that can't be read as a configuration is not touched: its first problem is handed back.
 * @throws RangeError for a number that JSON doesn't have
 */
export function editLossConfig(text: string, name: string, part: ConfigPart): EditedConfig {
  const { config, problems } = parseLossConfig(text, name);
  if (!config) return { text: undefined, problem: problems[0] };
  // A title that no file says is its name.
  const all: ConfigPart = { ...config, title: config.title === name ? '' : config.title };
  const own = written(all);
  // What the file says of the radius goes on to mean the same, whatever the first of the formats is.
  const radius = own['zeroErrorRadius'] === undefined ? {} : { zeroErrorRadius: config.zeroErrorRadius };
  const next: ConfigPart = { ...radius, ...part };
  const usual = usualIn({ formats: config.formats, ...next });
  // What goes without saying depends on the rest: what is said now and will be is compared by the same.
  const before = Object.fromEntries(Object.entries(written(all, usual)).filter(([property]) => property in next));
  const now = { ...own, ...before };
  return { text: edited(text, [], now, { ...own, ...written(next, usual) }), problem: undefined };
}

/** What depends on the rest of a file where it isn't said. */
interface Usual {
  /** Of the zero error radius. */
  readonly format: FormatName;
  readonly plan: TrainingPlan;
}

function usualIn({ formats, training }: ConfigPart): Usual {
  return {
    format: formats?.[0] ?? defaults.formats[0],
    plan: usualPlan(training?.task ?? defaults.task, training?.bits ?? defaults.bits),
  };
}

/** Every property with what is to be written for it; undefined where it is left out. */
type Written = Readonly<Record<string, Json | undefined>>;

function written(part: ConfigPart, usual = usualIn(part)): Written {
  const { title, losses, targets, sweep, view, zeroErrorRadius, training, backend, compare, plots, hidden } = part;
  const unless = <T extends Json>(value: T | undefined, said: Json): T | undefined =>
    value === undefined || isSame(value, said) ? undefined : value;
  const given: Record<string, Json | undefined> = {
    title: unless(title, ''),
    losses: losses && unless(losses.map(writtenLoss), []),
    formats: unless(part.formats, defaults.formats),
    targets: unless(targets, defaults.targets),
    sweep: sweep && unless(withoutUsual({ ...sweep }, { points: defaults.sweep.points }), usualSweep),
    view: view === undefined || view === null ? undefined : { from: view.from, to: view.to },
    backend: unless(backend, defaults.backend),
    compare: unless(compare, []),
    plots: plots && unless(withoutUsual({ ...plots }, defaults.plots), {}),
    hidden:
      hidden &&
      unless(
        hidden.map((curve) => ({ ...curve })),
        [],
      ),
    zeroErrorRadius: zeroErrorRadius && unless(writtenRadius(zeroErrorRadius, usual), {}),
    training: training ? writtenTraining(training, usual) : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([property]) => property in part));
}

const usualSweep: JsonObject = { from: defaults.sweep.from, to: defaults.sweep.to };

function writtenLoss({ entry, label, constants }: ChosenEntry): Json {
  const isUsual = label === labelOf(entry, constants);
  if (isUsual && Object.keys(constants).length === 0) return entry.id;
  return {
    id: entry.id,
    ...(isUsual ? {} : { label }),
    ...withoutUsual({ constants: { ...constants } }, { constants: {} }),
  };
}

function writtenRadius(
  { variants, radius, format, targets, plottedAgainst, hidden }: LossConfig['zeroErrorRadius'],
  usual: Usual,
): JsonObject {
  return withoutUsual(
    {
      variants: variants.map(({ id }) => id),
      ...{ radius, format, targets, plottedAgainst },
      hidden: hidden.map((curve) => ({ ...curve })),
    },
    {
      variants: defaults.variants,
      radius: defaults.radius,
      format: usual.format,
      targets: defaults.radiusTargets,
      plottedAgainst: defaults.plottedAgainst,
      hidden: [],
    },
  );
}

/** Empty where everything is usual: that it is there says that it isn't made of the zero error radius. */
function writtenTraining({ task, bits, file, targetColumns, plan, hidden }: TrainingChoice, usual: Usual): JsonObject {
  const flat = ({ hidden: hiddenUnits, ...rest }: TrainingChoice['plan']): JsonObject => ({ ...rest, hiddenUnits });
  return withoutUsual(
    { task, bits, file, targetColumns, ...flat(plan), hidden: hidden.map((curve) => ({ ...curve })) },
    {
      ...{ task: defaults.task, bits: defaults.bits, file: null, targetColumns: null },
      ...flat(usual.plan),
      hidden: [],
    },
  );
}

function withoutUsual(value: JsonObject, usual: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([name, each]) => !(name in usual && isSame(each, usual[name] ?? null))),
  );
}

/** Two values that mean the same number, text, list or object; the order of properties means nothing, the sign of 0 does. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((each, i) => isSame(each, b[i]));
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => name in b && isSame(a[name], b[name]));
  }
  return Object.is(a, b);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text after every change of the object at the path, one after the other: each moves the places of the others. */
function edited(text: string, path: Path, now: Written, wanted: Written): string {
  const names = [...new Set([...Object.keys(now), ...Object.keys(wanted)])];
  return inOrder(names.map((name) => [name, null])).reduce(
    (changing, [name]) => withProperty(changing, [...path, name], now[name], wanted[name]),
    text,
  );
}

/** @param now what the text means there; what it says may be longer: `{"id": "x"}` for `"x"`, or a default */
function withProperty(text: string, path: Path, now: Json | undefined, wanted: Json | undefined): string {
  const raw = valueAt(text, path);
  // What went without saying, here or in an object, may have to be said from now on.
  if (isSame(now, wanted) && (wanted === undefined || (raw !== undefined && !(isObject(raw) && isObject(wanted)))))
    return text;
  if (wanted === undefined) return raw === undefined ? text : without(text, path);
  if (raw === undefined) return withNew(text, path, wanted);
  if (isSame(raw, wanted)) return text;
  if (isObject(raw) && isObject(wanted) && (now === undefined || isObject(now))) {
    // What is said in the file though it needn't be means the default, and stays unless it is to be something else.
    return edited(text, path, now ?? {}, wanted);
  }
  if (isList(raw) && isList(wanted) && isList(now) && raw.length === now.length)
    return withList(text, path, now, wanted);
  return replaced(text, path, wanted);
}

function withList(text: string, path: Path, now: readonly Json[], wanted: readonly Json[]): string {
  const kept = subsequence(wanted, now);
  if (wanted.length < now.length && kept) {
    const gone = now.map((_, i) => i).filter((i) => !kept.includes(i));
    return gone.reverse().reduce((changing, i) => without(changing, [...path, i]), text);
  }
  if (wanted.length < now.length || now.length === 0) return replaced(text, path, wanted);
  return wanted.reduce<string>(
    (changing, value, i) =>
      i < now.length ? withProperty(changing, [...path, i], now[i], value) : appended(changing, path, value),
    text,
  );
}

/** Where in `all` the items of `some` are, in their order; undefined where they aren't all there. */
function subsequence(some: readonly Json[], all: readonly Json[]): number[] | undefined {
  const places: number[] = [];
  for (const item of some) {
    const from = (places.at(-1) ?? -1) + 1;
    const found = all.findIndex((each, i) => i >= from && isSame(each, item));
    if (found < 0) return undefined;
    places.push(found);
  }
  return places;
}

function valueAt(text: string, path: Path): Json | undefined {
  const node = nodeAt(text, path);
  return node && (getNodeValue(node) as Json);
}

function nodeAt(text: string, path: Path): Node | undefined {
  const root = parseTree(text);
  return root && findNodeAtLocation(root, [...path]);
}

/** jsonc-parser's `modify` would lay out whole lines anew, and takes a digit too many from a list on one line. */
function without(text: string, path: Path): string {
  const value = nodeAt(text, path);
  const node = value?.parent?.type === 'property' ? value.parent : value;
  const parent = node?.parent;
  const siblings = parent?.children ?? [];
  if (!node || !parent) return text;
  const place = siblings.indexOf(node);
  const [before, after] = [siblings[place - 1], siblings[place + 1]];
  const end = node.offset + node.length;
  if (before) return spliced(text, before.offset + before.length, end - before.offset - before.length, '');
  if (after) return spliced(text, node.offset, after.offset - node.offset, '');
  return spliced(text, parent.offset + 1, parent.length - 2, '');
}

function replaced(text: string, path: Path, value: Json): string {
  const node = nodeAt(text, path);
  if (!node) return text;
  const { offset, length } = node;
  const line = lineStart(text, offset);
  const indent = indentAt(text, line);
  return spliced(text, offset, length, layOut(value, indent, unitOf(text), offset - line - indent.length));
}

/** With a property that the object hasn't had, after those that stand before it in a new file, too. */
function withNew(text: string, path: Path, value: Json): string {
  const name = String(path.at(-1));
  const parent = nodeAt(text, path.slice(0, -1));
  if (!parent) return text;
  const siblings = parent.children ?? [];
  const place = order.indexOf(name);
  const earlier = siblings.filter((sibling) => {
    const at = order.indexOf(String(sibling.children?.[0]?.value));
    return at >= 0 && at < place;
  });
  const before = earlier.at(-1);
  const { content, apart } = laidOutIn(text, parent, `${JSON.stringify(name)}: `, value);
  if (before) return spliced(text, before.offset + before.length, 0, `,${apart}${content}`);
  const [first] = siblings;
  if (first) return spliced(text, first.offset, 0, `${content},${apart}`);
  return spliced(text, parent.offset, parent.length, `{${content}}`);
}

function appended(text: string, path: Path, value: Json): string {
  const parent = nodeAt(text, path);
  const last = parent?.children?.at(-1);
  if (!parent || !last) return text;
  const { content, apart } = laidOutIn(text, parent, '', value);
  return spliced(text, last.offset + last.length, 0, `,${apart}${content}`);
}

/** A new item of an object or a list, and what parts it from the others: a new line where those have lines of their own. */
function laidOutIn(text: string, parent: Node, before: string, value: Json): { content: string; apart: string } {
  const [first] = parent.children ?? [];
  const head = first ? text.slice(parent.offset + 1, first.offset) : '';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (!head.includes('\n')) return { content: before + compact(value), apart: ' ' };
  const indent = indentAt(text, lineStart(text, first?.offset ?? parent.offset));
  return {
    content: before + layOut(value, indent, unitOf(text), before.length).replaceAll('\n', eol),
    apart: eol + indent,
  };
}

function spliced(text: string, offset: number, length: number, content: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return text.slice(0, offset) + content.replace(/\r?\n/g, eol) + text.slice(offset + length);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function indentAt(text: string, line: number): string {
  return /^[ \t]*/.exec(text.slice(line))?.[0] ?? '';
}

/** What one level of the text is indented by. */
function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
}

/** JSON as people write it: on one line where it fits, else each item on its own. @param used columns of the first line */
function layOut(value: Json, indent: string, unit: string, used: number): string {
  const short = compact(value);
  const items = isList(value)
    ? value.map((each) => ({ before: '', each }))
    : isObject(value)
      ? inOrder(Object.entries(value)).map(([name, each]) => ({ before: `${JSON.stringify(name)}: `, each }))
      : [];
  if (items.length === 0 || indent.length + used + short.length <= width) return short;
  const inner = indent + unit;
  const lines = items.map(({ before, each }) => inner + before + layOut(each, inner, unit, before.length));
  const [open, close] = isList(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function compact(value: Json): string {
  if (isList(value)) return `[${value.map(compact).join(', ')}]`;
  if (isObject(value)) {
    const items = inOrder(Object.entries(value)).map(([name, each]) => `${JSON.stringify(name)}: ${compact(each)}`);
    return `{${items.join(', ')}}`;
  }
  if (typeof value !== 'number') return JSON.stringify(value);
  if (!Number.isFinite(value)) throw new RangeError(`a configuration can't hold the number ${String(value)}`);
  // The shortest decimal that reads back; JSON has -0, but JSON.stringify hasn't.
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

/** Those that have a usual order in it; then the others, names of constants, as they come. */
function inOrder<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...entries].sort(([a], [b]) => place(a) - place(b));
}
