import type { FormatName } from '../numeric';
import { measure, printThreshold } from './describe';
import type { Finding, MeasuredFailure } from './finding';
import { measureAtZero, said } from './points';
import type { Form, Rule } from './rule';

/**
 * What the pages of the rules say that is computed: the tables of thresholds, and what their plots are drawn of. The
 * build of the documentation writes it between two comments of each page; a test holds the pages to it.
 */

const formats: readonly FormatName[] = ['float32', 'bfloat16', 'float16', 'float64'];
const states = { NaN: 'NaN', Infinity: 'inf', '-Infinity': '-inf', zero: '0' } as const;

/** The thresholds of a rule's forms, as a table; undefined where none is measured. */
export function thresholdTable(rule: Rule): string | undefined {
  const rows = rule.forms.flatMap(rowsOf);
  const [first] = rows;
  if (!first) return undefined;
  const head = ['form', 'what', 'becomes', 'for', ...formats];
  const lines = [head, head.map(() => '---'), ...new Map(rows.map((row) => [row.join(), row])).values()];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowsOf(form: Form): string[][] {
  const unstable = form.unstable?.(form.typical ?? {});
  if (!unstable) return [];
  const rows = new Map<string, { readonly cells: string[]; readonly order: number }>();
  for (const [index, { failures }] of measured(form).entries()) {
    for (const failure of failures) {
      const key = [failure.target, failure.of, failure.becomes, failure.side].join();
      const row = rows.get(key) ?? { cells: [...headOf(form, failure), ...formats.map(() => '–')], order: rows.size };
      row.cells[4 + index] = printThreshold(failure);
      rows.set(key, row);
    }
  }
  return [...rows.values()].sort((a, b) => a.order - b.order).map(({ cells }) => cells);
}

/** What forms are worth that fail at 0 alone, formats that agree together; undefined if there are none. */
export function tableAtZero(rule: Rule): string | undefined {
  const rows = rule.forms.flatMap(({ name, atZero }) => {
    const agreeing = new Map<string, FormatName[]>();
    for (const { format, value, gradient } of atZero ? measureAtZero(atZero, formats) : []) {
      const cells = [name.replaceAll('|', '\\|'), said(value), said(gradient)].join(' | ');
      agreeing.set(cells, [...(agreeing.get(cells) ?? []), format]);
    }
    return [...agreeing].map(([cells, of]) => `| ${cells} | ${of.join(', ')} |`);
  });
  if (rows.length === 0) return undefined;
  return ['| form | at 0 | its gradient there | in |', '| --- | --- | --- | --- |', ...new Set(rows)].join('\n');
}

function headOf(form: Form, failure: MeasuredFailure): string[] {
  const target = failure.target === undefined ? '' : `, target ${String(failure.target)}`;
  return [
    `${form.name}${target}`.replaceAll('|', '\\|'),
    failure.of,
    states[failure.becomes],
    failure.side === 'above' ? 'x >=' : 'x <=',
  ];
}

function measured(form: Form): ReturnType<typeof measure> {
  const unstable = form.unstable?.(form.typical ?? {});
  return unstable ? measure(unstable, formats) : [];
}

/** What the page's plot is drawn of: the first form that has one. */
export function plottedForms(rule: Rule): Pick<Finding, 'expression' | 'stable' | 'failures'>[] {
  return rule.forms.flatMap((form) => {
    const expression = form.unstable?.(form.typical ?? {});
    const stable = form.stable?.(form.typical ?? {});
    return expression ? [{ expression, ...(stable ? { stable } : {}), failures: measured(form) }] : [];
  });
}

/** What stands between the comments of a rule's page. */
export function measuredPart(rule: Rule, plot: string | undefined): string {
  const table = thresholdTable(rule);
  const parts: string[] = [];
  if (plot !== undefined) parts.push(`![What the form and its stable counterpart come to](${plot})`);
  if (table !== undefined) {
    parts.push(
      table,
      'Computed, not quoted: every operation is rounded to the format, and the first float is found from which on the result stays what the table says. Thresholds are rounded outward to five digits. "0" stands only where the exact value is not 0.',
    );
  }
  const atZero = tableAtZero(rule);
  if (atZero !== undefined) {
    parts.push(
      atZero,
      'Computed, not quoted: the form for a single element, every operation rounded to the format, with the gradient of the formula as a framework takes it.',
    );
  }
  if (table === undefined && atZero === undefined && plot === undefined) {
    parts.push('It does not depend on the size of the input; the finding says what was computed for the code at hand.');
  }
  return parts.join('\n\n');
}
