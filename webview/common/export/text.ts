/** What a page shows as text: CSV, JSON, Markdown. */
import type { BackendIdentity } from '../../../src/protocol/measurement';
import { printNumber } from '../format';
import type { ExportContent, ExportedCurve, ExportedLoss } from './content';

/** Who has computed, in one line. */
export function computedLine({ backend, device, hardware, version }: BackendIdentity): string {
  const kind = { gpu: 'GPU', cpu: 'CPU', 'software-gpu': 'software adapter, computes on the CPU' }[hardware];
  // A processor is called one already.
  const parts = hardware === 'cpu' && device.startsWith('CPU') ? [device] : [device, kind];
  return [backend, ...parts, `version ${version}`].join(' · ');
}

/** The constants that are set: `epsilon = 1e-7`; empty where there are none. */
export function constantsText({ constants }: ExportedLoss): string {
  return Object.entries(constants)
    .map(([name, value]) => `${name} = ${printNumber(value)}`)
    .join(', ');
}

const described = [
  ...['curve', 'name', 'id', 'formula', 'constants', 'format', 'target', 'about'],
  ...['backend', 'computed_by', 'device', 'version', 'lossfloor'],
] as const;

/**
 * A row for each point of each curve, every row saying what it is of. Numbers are the shortest decimals that read back as
 * the same float64, and so as the same value of the format. Before a text that a spreadsheet would take for a formula
 * stands an apostrophe.
 */
export function toCsv({ curves, computed, version }: ExportContent): string {
  const columns = [...new Set(curves.flatMap(({ points }) => points.flatMap((table) => Object.keys(table))))];
  const isGiven = (name: string): boolean =>
    (name !== 'target' && name !== 'about') || curves.some((curve) => curve[name] !== undefined);
  const heads = described.filter(isGiven);
  const rows = curves.flatMap((curve) => {
    const { loss, backend } = curve;
    const identity = computed.find((each) => each.identity.backend === backend)?.identity;
    const about: Readonly<Record<(typeof described)[number], string>> = {
      curve: curve.label,
      name: loss.label,
      id: loss.id,
      formula: loss.formula,
      constants: constantsText(loss),
      format: curve.format,
      target: typeof curve.target === 'number' ? printFloat(curve.target) : (curve.target ?? ''),
      about: curve.about ?? '',
      backend,
      computed_by: curve.real ? 'own function of the framework' : 'expression',
      device: identity?.device ?? '',
      version: identity?.version ?? '',
      lossfloor: version,
    };
    // The target is a number.
    const head = heads.map((name) => (name === 'target' ? about[name] : cell(about[name]))).join(',');
    return curve.points.flatMap((table) => {
      const count = Math.max(0, ...Object.values(table).map((values) => values.length));
      return Array.from({ length: count }, (_, i) => {
        const values = columns.map((name) => (table[name]?.[i] === undefined ? '' : printFloat(table[name][i])));
        return [head, ...values].join(',');
      });
    });
  });
  return [[...heads, ...columns].join(','), ...rows].map((row) => `${row}\r\n`).join('');
}

/** Texts only: spreadsheets take one that begins like a formula for one, unless an apostrophe stands before it. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** `NaN`, `Infinity` and `-0` as Python, JavaScript and R read them. */
function printFloat(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** Everything; NaN, the infinities and -0, which JSON hasn't, are strings, as on the command line. */
export function toJson(content: ExportContent): string {
  const { title, source, version, date, incomplete, computed, losses, formats, sentences, curves, settings } = content;
  return `${jsonOf(
    {
      lossfloor: version,
      date: date.toISOString(),
      title,
      ...(source ? { source } : {}),
      ...(incomplete ? { incomplete } : {}),
      computedBy: computed,
      settings,
      formats,
      losses,
      findings: sentences,
      curves: curves.map(curveOf),
    },
    '',
  )}\n`;
}

function curveOf({ loss, points, ...curve }: ExportedCurve): object {
  return { ...curve, loss: loss.id, constants: loss.constants, points };
}

function jsonOf(value: unknown, indent: string): string {
  if (typeof value === 'number') return jsonNumber(value);
  if (value instanceof Float64Array) return `[${Array.from(value, jsonNumber).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((each) => jsonOf(each, inner))
    : Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .map(([name, each]) => `${JSON.stringify(name)}: ${jsonOf(each, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return items.length === 0
    ? open + close
    : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

function jsonNumber(x: number): string {
  const isPlain = Number.isFinite(x) && !Object.is(x, -0);
  return isPlain ? String(x) : JSON.stringify(printFloat(x));
}

/** For an issue report: the findings as the page words and prints them, who computed them, and the formulas. */
export function toMarkdown(content: ExportContent): string {
  const { title, source, version, date, incomplete, computed, losses, sentences, table } = content;
  const by = computed.map(({ identity, selfTest }) => {
    const notes = [...(identity.notes ?? []), ...(selfTest ? [selfTest] : [])].map((note) => ` ${plain(note)}`);
    return `- ${plain(computedLine(identity))}.${notes.join('')}`;
  });
  return [
    `## ${plain(title)}`,
    ...(source ? [`From \`${source}\`.`] : []),
    ...(incomplete ? [`**${plain(incomplete)}**`] : []),
    ...(sentences.length > 0 ? [sentences.map((sentence) => `- ${plain(sentence)}`).join('\n')] : []),
    ...(table.rows.length > 0
      ? [
          tableOf(
            table.heads,
            table.rows.map((row) => row.map(plain)),
          ),
        ]
      : []),
    '### Formulas',
    tableOf(
      ['Loss', 'Id', 'Formula', 'Constants that are set'],
      losses.map((loss) => [
        plain(loss.label),
        code(loss.id),
        code(loss.formula),
        plain(constantsText(loss) || 'none'),
      ]),
    ),
    '### Computed by',
    [...by, `- Lossfloor ${version}, ${date.toISOString().slice(0, 10)}.`].join('\n'),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text that stays as it is: none of its characters means anything to Markdown. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~#]/g, '\\$&');
}

/** In a table, where a bar would end the cell even in code. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const room = longest > 0 ? ' ' : '';
  return `${fence}${room}${text.replace(/\s+/g, ' ').replaceAll('|', '\\|')}${room}${fence}`;
}
