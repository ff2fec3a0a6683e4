import { children, matchPattern, hasVariables, type Expression, type Operator } from '../expression';
import { analyseJavaScript } from '../javascript';
import {
  analysePython,
  isBeyondLimits,
  importsLocally,
  type ModuleLoader,
  type PythonAnalysis,
  type Range,
  type Site,
  type Statement,
} from '../python';
import { formatByName, type FormatName } from '../numeric';
import { boundsOf, lensOf, measure, messageOf } from './describe';
import type { Finding, FormatFailures, RelatedPlace, Severity } from './finding';
import { isTested } from './families/zeros';
import { fixOf } from './fixes';
import { intervalOf } from './interval';
import { rules } from './rules';
import type { FinderSettings } from './settings';
import type { Form, Hit, Rule } from './rule';
import { suppressionsOf } from './suppress';
import { Words } from './words';

export type Language = 'python' | 'javascript' | 'typescript';

export interface FindingsOptions {
  /** Only these rules, by id; all of them unless said otherwise. */
  readonly rules?: ReadonlySet<string>;
  readonly settings?: FinderSettings;
  /** Whether to look for fixes, which takes a moment for each new form: true unless said otherwise. */
  readonly fixes?: boolean;
  /** Brings what the text imports from other modules of its project. */
  readonly load?: ModuleLoader | undefined;
  /** What the text is written in; Python unless said otherwise. */
  readonly language?: Language;
}

/** The unstable forms in a text, in the order of the text. Whatever the text contains, nothing is thrown. */
export function findingsIn(text: string, options: FindingsOptions = {}): Finding[] {
  const wanted = wantedIn(text, options);
  if (wanted.length === 0) return [];
  const language = options.language ?? 'python';
  const analysis =
    language === 'python' ? analysePython(text, { load: options.load }) : analyseJavaScript(text, dialects[language]);
  const found = [...contributionsOf(analysis, wanted, options.settings).values()];
  return report(found, text, options) ?? [];
}

/** The rules that a text may have findings of, by the words in it: cheap. */
export function wantedIn(text: string, options: FindingsOptions): readonly Rule[] {
  const asked = options.rules ? rules.filter((rule) => options.rules?.has(rule.id)) : rules;
  const words = new Words(text);
  let wanted = asked.filter((rule) => mentions(words, rule));
  // What a form begins with may stand in a module that this one imports.
  if ((options.language ?? 'python') === 'python' && options.load && importsLocally(text, options.load)) {
    wanted = asked.filter((rule) => mentionsPartOf(words, rule));
  }
  return wanted.length > 0 && isBeyondLimits(text) ? [] : wanted;
}

/** With the extensions that don't conflict with the language itself. */
const dialects = { javascript: 'jsx', typescript: 'ts' } as const;

/** Whether a text can have findings at all, by the words in it: cheap. */
export function mayContainFindings(text: string): boolean {
  const words = new Words(text);
  return rules.some((rule) => mentions(words, rule));
}

function mentionsPartOf(words: Words, rule: Rule): boolean {
  return rule.triggers.some((group) => group.some(words.has));
}

function mentions(words: Words, rule: Rule): boolean {
  return rule.triggers.every((group) => group.some(words.has));
}

/** A form found at a place, and what is said of it once that has been asked for. */
export class Found {
  finding: Finding | undefined;
  /** Whether it has been written up: where the user's settings silence the rule there is no finding then. */
  isWritten = false;

  constructor(
    readonly hit: Hit,
    /** Where the site is now: the text may have changed since, elsewhere. */
    public range: Range,
  ) {}
}

/** What comes of going through one statement of the module. */
export interface Contribution {
  readonly found: readonly Found[];
  /** Places, and rules whose forms fit there but do no harm, inside functions that are called with these values. */
  readonly spared: readonly { readonly rule: Rule; range: Range }[];
}

/** The forms at the sites of an analysis, by the statements of the module that led there, in the order of the text. */
export function contributionsOf(
  analysis: PythonAnalysis,
  wanted: readonly Rule[],
  settings: FinderSettings = {},
): Map<Statement | undefined, Contribution> {
  const index = (indexOfAll ??= new FormIndex(rules));
  const asked = new Set(wanted);
  const contributions = new Map<Statement | undefined, { found: Found[]; spared: { rule: Rule; range: Range }[] }>();
  for (const site of analysis.sites) {
    if (!index.concerns(site)) continue;
    const spared: Rule[] = [];
    const hit = hitAt(site, index, asked, analysis.around(site.root), settings, spared);
    const isSpared = site.calls.length > 0 && spared.length > 0;
    if (!hit && !isSpared) continue;
    let contribution = contributions.get(site.root);
    if (!contribution) contributions.set(site.root, (contribution = { found: [], spared: [] }));
    const { range } = site;
    if (isSpared) for (const rule of spared) contribution.spared.push({ rule, range });
    if (hit) contribution.found.push(new Found(hit, range));
  }
  const start = (root: Statement | undefined): number => root?.start ?? 0;
  return new Map([...contributions].sort(([a], [b]) => start(a) - start(b)));
}

const placeOf = ({ start, end }: Range): string => `${String(start)} ${String(end)}`;

/**
 * Of all that was found what there is to say, in the order of the text.
 * @param contributions in the order of the text
 * @param isOld of what was found in an earlier text, which can't be written up any more
 * @returns undefined if something has to be said that is too old
 */
export function report(
  contributions: readonly Contribution[],
  text: string,
  { fixes = true, language = 'python' }: FindingsOptions,
  isOld: (contribution: Contribution) => boolean = () => false,
): Finding[] | undefined {
  const best = new Map<string, { readonly each: Found; readonly of: Contribution }>();
  // Places and rules that have nothing to say there of any value that the file calls the function around them with.
  const safe = new Map<string, boolean>();
  for (const contribution of contributions) {
    for (const { rule, range } of contribution.spared) {
      const key = `${placeOf(range)} ${rule.id}`;
      safe.set(key, safe.get(key) ?? true);
    }
    for (const { hit, range } of contribution.found) {
      if (hit.site.calls.length > 0) safe.set(`${placeOf(range)} ${hit.rule.id}`, false);
    }
  }
  for (const contribution of contributions) {
    for (const each of contribution.found) {
      const place = placeOf(each.range);
      if (safe.get(`${place} ${each.hit.rule.id}`) === true) continue;
      const known = best.get(place);
      if (!known || preferred(each.hit, known.each.hit)) best.set(place, { each, of: contribution });
    }
  }
  const reported: Reported[] = [];
  for (const { each, of } of best.values()) {
    if (!each.isWritten) {
      if (isOld(of)) return undefined;
      each.finding = new Report(text, each.hit).finding(fixes);
      each.isWritten = true;
    }
    if (each.finding) reported.push({ finding: each.finding, hit: each.hit });
  }
  const findings = withoutParts(reported).sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  if (findings.length === 0) return findings;
  const isSuppressed = suppressionsOf(text, language);
  return findings.filter((finding) => !isSuppressed(finding));
}

interface Reported {
  readonly finding: Finding;
  readonly hit: Hit;
}

/** Leaves out what another finding says, too. */
function withoutParts(reported: readonly Reported[]): Finding[] {
  const absorbing = reported.filter(({ hit }) => hit.form.absorbs);
  const byStatement = new Map<number, Reported[]>();
  for (const each of reported) {
    const { start } = each.finding.statement;
    const list = byStatement.get(start);
    if (list) list.push(each);
    else byStatement.set(start, [each]);
  }
  const isAbsorbed = (finding: Finding): boolean =>
    absorbing.some(
      (other) =>
        other.finding !== finding &&
        other.hit.form.absorbs?.includes(finding.rule) &&
        inside(finding.range, other.finding.range),
    );
  const yields = ({ finding, hit }: Reported): boolean =>
    hit.form.yields === true &&
    (byStatement.get(finding.statement.start) ?? []).some(
      (other) =>
        other.finding !== finding && !isLower(other.finding.severity, finding.severity) && isPartOf(hit, other.hit),
    );
  return reported.flatMap((each) => (isAbsorbed(each.finding) || yields(each) ? [] : [each.finding]));
}

interface Candidate {
  readonly rule: Rule;
  readonly form: Form;
}

/** Forms by what their values are at the root, or by the loss that they are the prediction of. */
class FormIndex {
  readonly #byRoot = new Map<Operator, Candidate[]>();
  readonly #byLoss = new Map<string, Candidate[]>();

  constructor(wanted: readonly Rule[]) {
    const put = <K>(map: Map<K, Candidate[]>, key: K, candidate: Candidate): void => {
      const list = map.get(key);
      if (list) list.push(candidate);
      else map.set(key, [candidate]);
    };
    for (const rule of wanted) {
      for (const form of rule.forms) {
        if (form.ofLoss) for (const loss of form.ofLoss) put(this.#byLoss, loss, { rule, form });
        else if (form.pattern.roots) for (const root of form.pattern.roots) put(this.#byRoot, root, { rule, form });
        else throw new Error(`a form of ${rule.id} matches any value: its pattern needs an operation at its root`);
      }
    }
  }

  of(site: Site, value: Expression): readonly Candidate[] {
    if (site.loss !== undefined) return this.#byLoss.get(site.loss) ?? noCandidates;
    return value.kind === 'operation' ? (this.#byRoot.get(value.operator) ?? noCandidates) : noCandidates;
  }

  /** Whether any form can fit there: most of what is computed is nothing that a form begins with. */
  concerns(site: Site): boolean {
    return site.alternatives.some(([value]) => value && this.of(site, value).length > 0);
  }
}

const noCandidates: readonly Candidate[] = [];

/** Of all rules, made when it is first asked for: which of them a text mentions differs from one text to the next. */
let indexOfAll: FormIndex | undefined;

/**
 * The form that is found at a site, the most specific one. Where branches leave other values there as well, one that
 * computes the same operation and then limits it or adds an epsilon shows that the author has seen to it, and nothing
 * is said. What is unknown, or has nothing to do with it, says nothing in favour of the unstable one.
 * @param spared is given the rules whose forms fit but do no harm here
 */
function hitAt(
  site: Site,
  index: FormIndex,
  asked: ReadonlySet<Rule>,
  analysis: PythonAnalysis,
  settings: FinderSettings,
  spared: Rule[],
): Hit | undefined {
  let found: Hit | undefined;
  const harmless: Expression[] = [];
  // Those that are of an unstable form, but do no harm.
  const fitting: Expression[] = [];
  for (const [value, target] of site.alternatives) {
    if (!value) continue;
    const before = spared.length;
    const hit = hitOf(site, value, target, index, asked, analysis, settings, spared);
    found ??= hit;
    if (!hit || hit.form.careful) harmless.push(value);
    if (spared.length > before) fitting.push(value);
  }
  const { culprit, careful, repeated } = found?.form ?? {};
  const speaksAgainst = (value: Expression): boolean => {
    if (culprit === undefined || (repeated && !fitting.includes(value))) return false;
    const computed = find(value, culprit);
    return computed !== undefined && !isOfActivation(computed);
  };
  if (found && !careful && harmless.some(speaksAgainst)) return undefined;
  return found;
}

/** What an activation keeps within bounds, as one of several that can be chosen, was not limited with care. */
function isOfActivation(computed: Expression): boolean {
  const [operand] = computed.kind === 'operation' ? computed.operands : [];
  return operand?.kind === 'operation' && ['sigmoid', 'tanh', 'softmax'].includes(operand.operator);
}

function hitOf(
  site: Site,
  value: Expression,
  target: Expression | undefined,
  index: FormIndex,
  asked: ReadonlySet<Rule>,
  analysis: PythonAnalysis,
  settings: FinderSettings,
  spared: Rule[],
): Hit | undefined {
  for (const { rule, form } of index.of(site, value)) {
    if (!asked.has(rule)) continue;
    if (form.frameworks && !form.frameworks.includes(site.framework.name)) continue;
    const differentiates = site.framework.differentiates && site.gradients;
    if (form.ofGradients && !site.framework.differentiates) continue;
    const bindings = matchPattern(form.pattern, value);
    if (!bindings) continue;
    if (site.loss === undefined && !form.ofRandom && !hasVariables(value)) continue;
    const operand = bindings.get('x');
    if (operand && !form.ofRandom && !hasVariables(operand)) continue;
    if (operand && analysis.isSetting(unrecorded(operand))) continue;
    if ((form.sparesSampling || form.ofGradients) && analysis.isOnlySampled(value)) continue;
    const numbers: Record<string, number> = {};
    for (const [name, bound] of bindings) if (bound.kind === 'constant') numbers[name] = bound.value;
    const formats = formatsOf(site, settings);
    const general: Hit = {
      rule,
      form,
      site,
      matched: value,
      bindings,
      numbers,
      target,
      analysis,
      differentiates,
      formats,
      settings,
    };
    const own = form.at ? form.at(general) : form;
    if (!own) continue;
    const hit: Hit = { ...general, form: own };
    if (canReachFailure(hit) && form.guard?.(hit) !== false) return hit;
    spared.push(rule);
  }
  return undefined;
}

/** The value without what keeps gradients off it: `float(x)`. */
const unrecorded = (value: Expression): Expression =>
  value.kind === 'operation' && value.operator === 'stopGradient' ? (value.operands[0] as Expression) : value;

/** The number formats to speak of, the one that values have at the site first. */
function formatsOf(site: Site, settings: FinderSettings): readonly FormatName[] {
  const inUse = site.format ?? (site.framework.differentiates ? settings.format : undefined);
  if (inUse === undefined) return site.framework.formats;
  if (inUse === 'float64') return ['float64'];
  return [inUse, ...site.framework.formats.filter((format) => format !== inUse)];
}

/** Whether what the operand is known to be bounded by leaves room for the form to fail in the format in use. */
function canReachFailure(hit: Hit): boolean {
  const { form, numbers, formats } = hit;
  if (!form.unstable || !form.headline) return true;
  if (isLogOfSelected(hit)) return false;
  const isKeptFromZero = isLogOfTested(hit);
  const { low, high } = boundsOf(hit);
  const { of, side } = form.headline;
  // A constant epsilon may make the form harmless, so that even unbounded operands are measured.
  if (low === -Infinity && high === Infinity && Object.keys(numbers).length === 0 && !isKeptFromZero) return true;
  return measure(form.unstable(numbers), formats.slice(0, 1)).some(({ failures }) =>
    failures.some(
      (failure) =>
        failure.of === of &&
        failure.side === side &&
        (failure.becomes !== 'zero' || of === 'gradient') &&
        !(isKeptFromZero && failure.becomes === '-Infinity') &&
        (side === 'below' ? low <= failure.from : high >= failure.from),
    ),
  );
}

/** Whether it is a logarithm of elements that were selected for not being 0: `log(p[p > 1e-6])`. */
function isLogOfSelected({ matched, site, formats }: Hit): boolean {
  const [argument] = matched.kind === 'operation' && matched.operator === 'log' ? matched.operands : [];
  if (argument?.kind !== 'operation' || argument.operator !== 'pick') return false;
  const { smallestNormal } = formatByName(formats[0] ?? 'float32');
  return intervalOf(argument, site.conditions).low > smallestNormal;
}

/** Whether it is a logarithm of what was compared with 0 on the way: `if p == 0: return c`, then `log(p)`. */
function isLogOfTested({ matched, site }: Hit): boolean {
  if (matched.kind !== 'operation' || matched.operator !== 'log') return false;
  const [argument] = matched.operands;
  return argument !== undefined && isTested(argument, { site });
}

/** Of two hits at the same place: one where gradients are recorded, then one that needs no call to be unstable. */
function preferred(hit: Hit, known: Hit): boolean {
  if (hit.site.gradients !== known.site.gradients) return hit.site.gradients;
  if (hit.rule !== known.rule) return rules.indexOf(hit.rule) < rules.indexOf(known.rule);
  const [worse, better] = [severities.indexOf(severityOf(hit)), severities.indexOf(severityOf(known))];
  if (worse !== better) return worse > better;
  return hit.site.calls.length < known.site.calls.length;
}

const severities: readonly Severity[] = ['hint', 'information', 'warning'];

/** How much the rule makes of the form at this place, where gradients are taken. */
function severityOf(hit: Hit): Severity {
  const guarded = hit.form.guard?.(hit);
  return typeof guarded === 'string' ? guarded : (hit.form.severity ?? hit.rule.severity);
}

const isLower = (a: Severity, b: Severity): boolean => a !== b && (a === 'hint' || b === 'warning');

const lower: Readonly<Record<Severity, Severity>> = { warning: 'information', information: 'hint', hint: 'hint' };

/** Writes up one hit. */
class Report {
  readonly #text: string;
  readonly #hit: Hit;

  constructor(text: string, hit: Hit) {
    this.#text = text;
    this.#hit = hit;
  }

  /** @returns undefined where the user's settings silence the rule. */
  finding(withFix: boolean): Finding | undefined {
    const { rule, form, site, numbers, differentiates, formats } = this.#hit;
    const severity = this.#severity();
    if (severity === 'off') return undefined;
    const { range, statement } = site;
    const expression = form.unstable?.(numbers);
    const stable = form.stable?.(numbers);
    const failures: readonly FormatFailures[] = expression ? measure(expression, formats) : [];
    const advice = this.#advice();
    const fix = withFix ? fixOf(this.#hit) : undefined;
    const bounds = boundsOf(this.#hit);
    const written = { operand: this.#nameOf('x'), differentiates, bounds };
    const saying =
      form.says?.(this.#hit) ??
      (expression && form.headline
        ? {
            message: messageOf(form, form.headline, failures, { ...written, unstable: expression }),
            lens: lensOf(rule, form, failures, bounds),
          }
        : { message: `${rule.title}.`, lens: rule.title });
    return {
      rule: rule.id,
      severity,
      range,
      statement,
      related: this.#related(),
      ...(expression ? { expression } : {}),
      ...(stable ? { stable } : {}),
      ...(form.losses ? { loss: form.losses } : {}),
      title: rule.title,
      advice: advice.code ?? advice.words,
      message: `${saying.message} ${advice.code === undefined ? sentence(advice.words) : `Write ${advice.code} instead.`}`,
      lens: `⚠ ${saying.lens}`,
      failures,
      ...(fix ? { fix } : {}),
    };
  }

  #severity(): Severity | 'off' {
    const { rule, form, site, matched, analysis, differentiates, settings } = this.#hit;
    const set = settings.severities?.[rule.id];
    if (set !== undefined) return set;
    const own = severityOf(this.#hit);
    if (site.test) return 'hint';
    if (form.ofGradients && analysis.isDetached(matched)) return 'hint';
    const fails = form.headline?.of === 'value' && !form.ofGradients;
    if (differentiates || (site.customGradient && fails)) return site.guessed ? lower[own] : own;
    return site.framework.differentiates ? 'hint' : lower[own];
  }

  #advice(): { readonly code: string | undefined; readonly words: string } {
    const { form, site, analysis } = this.#hit;
    const { name } = site.framework;
    const template = (site.object === undefined ? undefined : form.writeLayer?.[name]) ?? form.write?.[name];
    if (template === undefined) return { code: undefined, words: form.advice ?? '' };
    const code = template.replace(
      /\{([^}]+)\}|\$(-?)(\w+)/g,
      (_, path: string | undefined, sign: string, placeholder: string) =>
        path === undefined ? this.#written(placeholder, sign === '-') : analysis.spell(path),
    );
    return { code, words: form.advice ?? '' };
  }

  #written(placeholder: string, isNegated: boolean): string {
    const { bindings, target, matched, analysis, form, site } = this.#hit;
    if (placeholder === 'axis') {
      const axis = analysis.axisOf(form.culprit ? (find(matched, form.culprit) ?? matched) : matched);
      return axis ? this.#text.slice(axis.start, axis.end) : '-1';
    }
    const value = placeholder === 't' ? target : bindings.get(placeholder);
    // A target of literals is nowhere computed: it is written as it stands in the call.
    const [, argument] = placeholder === 't' ? (site.arguments ?? []) : [];
    const written = (value && this.#sourceOf(value)) ?? (argument && this.#inLine(argument)) ?? placeholder;
    if (!isNegated) return written;
    if (/^-[\w.]+$/.test(written)) return written.slice(1);
    return isAtom(written) ? `-${written}` : `-(${written})`;
  }

  /** The source text of a value as it can be written at the site: on one line, and of the same function. */
  #sourceOf(value: Expression): string | undefined {
    const { analysis, site } = this.#hit;
    const origin = analysis.originOf(value);
    if (!origin || (origin.within !== site.within && !origin.anywhere)) return undefined;
    return this.#inLine(origin);
  }

  #inLine({ start, end }: { readonly start: number; readonly end: number }): string | undefined {
    const text = this.#text.slice(start, end);
    return text.length <= 40 && !/[\r\n#]/.test(text) ? text : undefined;
  }

  #nameOf(placeholder: string): string | undefined {
    const value = this.#hit.bindings.get(placeholder);
    const text = value && this.#sourceOf(value);
    return text !== undefined && text.length <= 24 ? text : undefined;
  }

  #related(): RelatedPlace[] {
    const { form, site, matched, analysis } = this.#hit;
    const { range, calls } = site;
    if (form.culprit === undefined) return [];
    const related: RelatedPlace[] = [];
    const origin = analysis.originOf(find(matched, form.culprit) ?? matched);
    const culprit = origin?.made ?? origin;
    if (culprit && !inside(culprit, range)) {
      related.push({ start: culprit.start, end: culprit.end, message: `the ${form.culprit} is here` });
    }
    const call = calls.at(-1);
    if (call) related.push({ start: call.start, end: call.end, message: `called here with a ${form.culprit}` });
    return related;
  }
}

/** Whether a minus sign may be put before the text. */
function isAtom(text: string): boolean {
  return /^[\w.]+$|^[\w.]+\([^()]*\)$|^\([^()]*\)$/.test(text);
}

function sentence(words: string): string {
  return words === '' ? '' : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** The first operation of that kind in the expression, from outside inward. */
function find(expression: Expression, operator: Operator, seen = new Set<Expression>()): Expression | undefined {
  if (seen.has(expression)) return undefined;
  seen.add(expression);
  if (expression.kind === 'operation' && expression.operator === operator) return expression;
  for (const child of children(expression)) {
    const found = find(child, operator, seen);
    if (found) return found;
  }
  return undefined;
}

/** Whether what is found at one place is a part of what is found at another, outside of that one's operands. */
function isPartOf({ matched: part }: Hit, { matched: whole, bindings }: Hit): boolean {
  const seen = new Set<Expression>(bindings.values());
  const consists = (node: Expression): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    return node === part || children(node).some(consists);
  };
  return whole !== part && consists(whole);
}

function inside(inner: Range, outer: Range): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
