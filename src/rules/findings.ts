import { children, match, variablesOf, type Expression } from '../expression';
import { analysePython, type PythonAnalysis, type Range, type Site } from '../python';
import type { FormatName } from '../numeric';
import { lensOf, measure, messageOf } from './describe';
import type { Finding, RelatedPlace, Severity } from './finding';
import { rules } from './rules';
import type { Form, Rule } from './rule';

export interface FindingsOptions {
  /** Only these rules, by id; all of them unless said otherwise. */
  readonly rules?: ReadonlySet<string>;
}

/** The unstable forms in a Python text, in the order of the text. Whatever the text contains, nothing is thrown. */
export function findingsIn(text: string, options: FindingsOptions = {}): Finding[] {
  const wanted = rules.filter((rule) => (options.rules?.has(rule.id) ?? true) && mentions(text, rule));
  if (wanted.length === 0) return [];
  const analysis = analysePython(text);
  const found = new Map<string, Hit>();
  for (const site of analysis.sites) {
    for (const hit of hitsAt(site, wanted, analysis)) {
      const key = `${hit.rule.id} ${String(hit.rule.forms.indexOf(hit.form))} ${String(site.range.start)} ${String(site.range.end)}`;
      const known = found.get(key);
      if (!known || preferred(hit, known)) found.set(key, hit);
    }
  }
  return [...found.values()]
    .map((hit) => new Report(text, analysis, hit).finding())
    .sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
}

function mentions(text: string, rule: Rule): boolean {
  return rule.triggers.every((group) => group.some((word) => text.includes(word)));
}

interface Hit {
  readonly rule: Rule;
  readonly form: Form;
  readonly site: Site;
  /** What the form's operand stands for. */
  readonly operand: Expression;
  /** The matched expression. */
  readonly matched: Expression;
  readonly target: Expression | undefined;
}

/**
 * The forms that are found at a site. Where branches leave other values there as well, one that computes the same
 * operation and then limits it or adds an epsilon shows that the author has seen to it, and nothing is said. What is
 * unknown, or has nothing to do with it, says nothing in favour of the unstable one.
 */
function hitsAt(site: Site, wanted: readonly Rule[], analysis: PythonAnalysis): Hit[] {
  const hits = wanted.flatMap((rule) => rule.forms.flatMap((form) => hitOf(site, rule, form, analysis) ?? []));
  if (hits.length === 0 || site.alternatives.length === 1) return hits;
  const others = site.alternatives.flatMap(([value]) => (value && !mayBeUnstable(value, site) ? [value] : []));
  return hits.filter(({ form }) => !others.some((value) => find(value, form.culprit)));
}

function hitOf(site: Site, rule: Rule, form: Form, analysis: PythonAnalysis): Hit | undefined {
  if (site.loss !== form.ofLoss) return undefined;
  for (const [value, target] of site.alternatives) {
    const bindings = value && match(form.pattern, value);
    const operand = bindings?.get('x');
    if (!value || !operand || variablesOf(operand).length === 0) continue;
    if (rule.sparesSampling && analysis.isOnlySampled(value)) continue;
    if (!canReachFailure(form, operand, site)) continue;
    return { rule, form, site, operand, matched: value, target };
  }
  return undefined;
}

/** Number formats that a site's values may have. */
function formatsOf(site: Site): readonly FormatName[] {
  return site.wide ? ['float64'] : site.framework.formats;
}

/** Whether what the operand is known to be bounded by leaves room for the form to fail, in any of its formats. */
function canReachFailure(form: Form, operand: Expression, site: Site): boolean {
  // A softmax's failure depends on how far its logits lie apart.
  const [low, high] = form.culprit === 'sigmoid' ? boundsOf(operand) : unbounded;
  if (low === -Infinity && high === Infinity) return true;
  return measure(form.unstable, formatsOf(site)).some(({ failures }) =>
    failures.some(
      ({ of, becomes, side, from }) =>
        of === form.headline.of &&
        (becomes !== 'zero' || of === 'gradient') &&
        (side === 'below' ? low <= from : high >= from),
    ),
  );
}

const unbounded = [-Infinity, Infinity] as const;

/** Between which numbers an expression is known to lie by its outermost operation. */
function boundsOf(expression: Expression): readonly [number, number] {
  if (expression.kind !== 'operation') return unbounded;
  const constantAt = (index: number, otherwise: number): number => {
    const operand = expression.operands[index];
    return operand?.kind === 'constant' ? operand.value : otherwise;
  };
  switch (expression.operator) {
    case 'clip':
      return [constantAt(1, -Infinity), constantAt(2, Infinity)];
    case 'maximum':
      return [Math.max(constantAt(0, -Infinity), constantAt(1, -Infinity)), Infinity];
    case 'minimum':
      return [-Infinity, Math.min(constantAt(0, Infinity), constantAt(1, Infinity))];
    case 'tanh':
    case 'sign':
      return [-1, 1];
    case 'sigmoid':
    case 'softmax':
      return [0, 1];
    case 'absolute':
    case 'softplus':
    case 'exp':
      return [0, Infinity];
    default:
      return unbounded;
  }
}

/** Whether the value is one of the unstable forms, or may be one as far as is known. */
function mayBeUnstable(value: Expression, site: Site): boolean {
  return rules.some((rule) => rule.forms.some((form) => site.loss === form.ofLoss && couldMatch(form.pattern, value)));
}

/** Whether the pattern fits if the unknown parts of the expression are what it wants them to be. */
function couldMatch(pattern: Expression, expression: Expression): boolean {
  if (pattern.kind === 'variable' || expression.kind === 'variable') return true;
  if (pattern.kind === 'constant') return expression.kind === 'constant' && expression.value === pattern.value;
  if (pattern.kind !== 'operation' || expression.kind !== 'operation') return false;
  return (
    pattern.operator === expression.operator &&
    pattern.operands.every((operand, index) => {
      const other = expression.operands[index];
      return other !== undefined && couldMatch(operand, other);
    })
  );
}

/** Of two hits at the same place: one where gradients are recorded, then one that needs no call to be unstable. */
function preferred(hit: Hit, known: Hit): boolean {
  if (hit.site.gradients !== known.site.gradients) return hit.site.gradients;
  return hit.site.calls.length < known.site.calls.length;
}

/** Writes up one hit. */
class Report {
  readonly #text: string;
  readonly #analysis: PythonAnalysis;
  readonly #hit: Hit;

  constructor(text: string, analysis: PythonAnalysis, hit: Hit) {
    this.#text = text;
    this.#analysis = analysis;
    this.#hit = hit;
  }

  finding(): Finding {
    const { rule, form, site } = this.#hit;
    const { framework, range, statement } = site;
    const failures = measure(form.unstable, formatsOf(site));
    const advice = this.#advice();
    const differentiates = framework.differentiates && site.gradients;
    return {
      rule: rule.id,
      severity: this.#severity(differentiates),
      range,
      statement,
      related: this.#related(),
      expression: form.unstable,
      stable: form.stable,
      ...(form.losses ? { loss: form.losses } : {}),
      title: rule.title,
      advice,
      message: messageOf(rule, form, failures, { operand: this.#nameOf(this.#hit.operand), advice, differentiates }),
      lens: `⚠ ${lensOf(rule, form, failures)}`,
      failures,
    };
  }

  #severity(differentiates: boolean): Severity {
    const { rule, site } = this.#hit;
    if (site.test) return 'hint';
    return differentiates || rule.severity !== 'warning' ? rule.severity : 'information';
  }

  #advice(): string {
    const { form, site, operand, target } = this.#hit;
    const { stable } = site.framework;
    const wanted = site.object !== undefined && form.advice.layer ? form.advice.layer : form.advice.form;
    const template = stable[wanted] ?? stable[form.advice.form] ?? 'the stable form';
    const written = this.#sourceOf(operand) ?? 'x';
    const negated = /^[\w.]+$|^[\w.]+\([^()]*\)$|^\(.*\)$/.test(written) ? `-${written}` : `-(${written})`;
    const [same, opposite] = form.advice.of === 'x' ? [written, negated] : [negated, written];
    const names: Readonly<Record<string, string>> = {
      x: same,
      '-x': opposite,
      t: (target && this.#sourceOf(target)) ?? 't',
    };
    return template.replace(/\{([^}]+)\}|(?:-x|\bx|\bt)\b/g, (part, path: string | undefined) =>
      path === undefined ? (names[part] ?? part) : this.#analysis.spell(path),
    );
  }

  /** The source text of a value as it can be written at the site: on one line, and of the same function. */
  #sourceOf(value: Expression): string | undefined {
    const origin = this.#analysis.originOf(value);
    if (!origin || origin.within !== this.#hit.site.within) return undefined;
    const text = this.#text.slice(origin.start, origin.end);
    return text.length <= 40 && !/[\r\n#]/.test(text) ? text : undefined;
  }

  #nameOf(value: Expression): string | undefined {
    const text = this.#sourceOf(value);
    return text !== undefined && text.length <= 24 ? text : undefined;
  }

  #related(): RelatedPlace[] {
    const { form, site, matched } = this.#hit;
    const { range, calls } = site;
    const related: RelatedPlace[] = [];
    const origin = this.#analysis.originOf(find(matched, form.culprit) ?? matched);
    const culprit = origin?.made ?? origin;
    if (culprit && !inside(culprit, range)) {
      related.push({ start: culprit.start, end: culprit.end, message: `the ${form.culprit} is here` });
    }
    const call = calls.at(-1);
    if (call) related.push({ start: call.start, end: call.end, message: `called here with a ${form.culprit}` });
    return related;
  }
}

/** The first operation of that kind in the expression. */
function find(expression: Expression, operator: string): Expression | undefined {
  if (expression.kind === 'operation' && expression.operator === operator) return expression;
  for (const child of children(expression)) {
    const found = find(child, operator);
    if (found) return found;
  }
  return undefined;
}

function inside(inner: Range, outer: Range): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
