import {
  children,
  constant,
  inOrder as inGraph,
  operation,
  substitute,
  variable,
  variablesOf,
  type Expression,
  type Operation,
} from '../expression';
import { analysePython, Question, type Origin, type Range, type Site } from '../python';
import { areEqual, isScalar, worstErrors } from './comparison';
import type { FormatName } from '../numeric';
import type { Edit, Fix } from './finding';
import { t, type Form, type Hit } from './rule';

/**
 * The change of the text that replaces a hit by its stable form; undefined where there is none that is the same
 * function by exact evaluation and has a smaller error in the format in use.
 */
export function fixOf(hit: Hit): Fix | undefined {
  const improvement = improvementOf(hit);
  if (!improvement) return undefined;
  const edits = hit.site.loss === undefined ? replaceValue(hit) : replaceLoss(hit);
  if (!edits) return undefined;
  return { ...edits, ...improvement };
}

type Improvement = Pick<Fix, 'format' | 'of' | 'side' | 'worstBefore' | 'worstAfter'>;
type Change = Pick<Fix, 'title' | 'edits'>;

function improvementOf(hit: Hit): Improvement | undefined {
  const { form, numbers, formats, site } = hit;
  const template = form.write?.[site.framework.name] ?? form.writeLayer?.[site.framework.name];
  const unstable = form.unstable?.(numbers);
  const stable = form.stable?.(numbers);
  const [format] = formats;
  if (template === undefined || !unstable || !stable || !format) return undefined;
  if (!areEqual(form.meant?.(numbers) ?? unstable, stable)) return undefined;
  // Code of one value is lifted and compared itself, not only what it is meant to be.
  if (site.loss === undefined) {
    const found = scalarOf(hit);
    if (!(found ? isWritten(template, found) : isWritten(template, stable))) return undefined;
  }
  return compare(unstable, stable, format, form.headline, site.framework.differentiates);
}

/**
 * How much better the stable form is on the side that the rule speaks of. It has to be better there and nowhere worse:
 * by value, or, where the value is as good, by gradient.
 */
function compare(
  unstable: Expression,
  stable: Expression,
  format: FormatName,
  headline: Form['headline'],
  differentiates: boolean,
): Improvement | undefined {
  const before = worstErrors(unstable, stable, format);
  const after = worstErrors(stable, stable, format);
  const side = headline?.side ?? 'below';
  for (const of of differentiates ? (['value', 'gradient'] as const) : (['value'] as const)) {
    const isNowhereWorse = before.every((errors, index) =>
      (['below', 'above'] as const).every(
        // A few ULPs more where both are good is the rounding of another kernel; what is lost far below 1 is no matter.
        (each) => (after[index]?.[each][of].absolute ?? 0) <= Math.max(errors[each][of].absolute, goodEnough),
      ),
    );
    if (!isNowhereWorse) return undefined;
    const index = Math.max(
      0,
      before.findIndex(({ target }) => target === headline?.target),
    );
    const worstBefore = before[index]?.[side][of].ulps ?? 0;
    const worstAfter = after[index]?.[side][of].ulps ?? 0;
    if (worstAfter < worstBefore) return { format, of, side, worstBefore, worstAfter };
  }
  return undefined;
}

/** Errors that no one would change code for, in ULPs. */
const goodEnough = 4;

/** What is computed at the site, over the names of the pattern's operands; undefined where that is more than a scalar. */
function scalarOf({ matched, bindings }: Hit): Expression | undefined {
  const names = new Map<Expression, string>(
    [...bindings].flatMap(([name, value]) => (value.kind === 'constant' ? [] : [[value, name] as const])),
  );
  const done = new Map<Expression, Expression>();
  for (const node of inGraph([matched], (each) => (names.has(each) ? [] : children(each)))) {
    const name = names.get(node);
    // What a softmax is taken among has no name: 0, as where it is measured.
    if (name !== undefined || node.kind === 'variable') {
      done.set(node, name === undefined ? constant(0) : variable(name));
      continue;
    }
    if (node.kind === 'withGradient') return undefined;
    if (node.kind === 'constant') done.set(node, node);
    else done.set(node, operation(node.operator, ...node.operands.map((operand) => done.get(operand) ?? operand)));
  }
  const value = done.get(matched);
  return value && isScalar(value) ? value : undefined;
}

const written = new Map<string, Expression | null>();

/** Whether a template's code computes this form, by what the code is lifted to. */
function isWritten(template: string, form: Expression): boolean {
  const lifted = liftTemplate(template);
  return lifted !== undefined && areEqual(lifted, form);
}

/** What a template's code computes, over the names of its placeholders; undefined if that has no value. */
export function liftTemplate(template: string): Expression | undefined {
  const before = written.get(template);
  if (before !== undefined) return before ?? undefined;
  const modules = new Set<string>();
  const code = template.replace(
    /\{([^}]+)\}|\$(-?)(\w+)/g,
    (_, path: string | undefined, sign: string, name: string) => {
      if (path === undefined) return name === 'axis' ? '-1' : `${sign}${name}`;
      modules.add(path.slice(0, path.lastIndexOf('.')));
      return path;
    },
  );
  const imports = [...modules].map((module) => `import ${module}\n`).join('');
  // An operator of names alone belongs to no framework.
  const text = `${imports}import torch\nresult = torch.neg(${code})\n`;
  const analysis = analysePython(text);
  const site = analysis.sites.filter(({ range }) => range.end === text.length - 1).at(-1);
  const negated = site?.alternatives[0]?.[0];
  const value = negated?.kind === 'operation' && negated.operator === 'negate' ? negated.operands[0] : undefined;
  let lifted: Expression | undefined;
  if (value) {
    const names = new Map<string, Expression>();
    for (const name of variablesOf(value)) {
      const origin = analysis.originOfVariable(name);
      const source = origin && text.slice(origin.start, origin.end);
      // What a softmax is taken among has no name: 0, as where it is measured.
      names.set(name, source !== undefined && /^\w+$/.test(source) ? variable(source) : { kind: 'constant', value: 0 });
    }
    lifted = substitute(value, names);
  }
  written.set(template, lifted ?? null);
  return lifted;
}

/** How a value is written at a place, with what has to be changed elsewhere for that. */
interface Source {
  readonly text: string;
  readonly edits: readonly Edit[];
}

function replaceValue(hit: Hit): Change | undefined {
  const { form, site, analysis } = hit;
  const { text } = analysis;
  const template = form.write?.[site.framework.name];
  const own = text.slice(site.range.start, site.range.end);
  if (template === undefined || site.alternatives.length !== 1 || site.calls.length > 0 || site.ofElement)
    return undefined;
  if (!isReplaceable(own, hit)) return undefined;
  const expanded = isWhole(hit, template) ? expand(hit, template, site.range) : undefined;
  const imports = importsFor(hit, template);
  if (!expanded || !imports) return undefined;
  const code = needsParentheses(expanded.text, text, site.range) ? `(${expanded.text})` : expanded.text;
  return {
    title: `Write ${shorten(expanded.text)}`,
    edits: inOrder([...expanded.edits, { ...rangeOf(site.range), text: code }, ...imports]),
  };
}

/** Whether code may go as far as its text says. */
function isReplaceable(own: string, { analysis, site }: Hit): boolean {
  // In place it changes what other names stand for; a comment, or a name given inside, would be lost.
  if (/\w_\(|#|:=|\b(?:yield|await)\b/.test(own)) return false;
  // f'{code=}' prints the code.
  return !/^\s*=\s*[!:}]/.test(analysis.text.slice(site.range.end, site.range.end + 16));
}

/** A criterion of probabilities becomes one of logits, and the activation before it goes. */
function replaceLoss(hit: Hit): Change | undefined {
  const { form, site, analysis, matched, bindings } = hit;
  const { text } = analysis;
  const { name } = site.framework;
  const operand = bindings.get('x');
  if (site.alternatives.length !== 1 || site.calls.length > 0 || !operand) return undefined;
  if (site.object === undefined) {
    const template = form.write?.[name];
    // Further arguments, such as weights, would be lost.
    const [given, ...others] = site.arguments ?? [];
    if (template === undefined || !given || others.length !== 1) return undefined;
    if (!isReplaceable(text.slice(site.range.start, site.range.end), hit)) return undefined;
    if (!isDirect(hit, given, matched) || !isWhole(hit, template)) return undefined;
    const expanded = expand(hit, template, site.range);
    const imports = importsFor(hit, template);
    return (
      expanded &&
      imports && {
        title: `Write ${shorten(expanded.text)}`,
        edits: inOrder([...expanded.edits, { ...rangeOf(site.range), text: expanded.text }, ...imports]),
      }
    );
  }
  const template = form.writeLayer?.[name];
  const path = /\{([^}]+)\}/.exec(template ?? '')?.[1];
  const { made } = site;
  const [prediction] = site.arguments ?? [];
  if (path === undefined || !made || !prediction) return undefined;
  const constructor = /^[\w.]+/.exec(text.slice(made.start, made.end))?.[0];
  const origin = analysis.originOf(matched);
  if (constructor === undefined || !origin) return undefined;
  const criterion: Edit = { start: made.start, end: made.start + constructor.length, text: analysis.spell(path) };
  const imports = importsFor(hit, template ?? '');
  if (!imports || !isOnlyCalledHere(hit, made)) return undefined;
  const layer = origin.made && isOnlyUsedHere(hit) ? withoutLayer(text, origin.made) : undefined;
  if (layer) {
    return {
      title: `Use ${analysis.spell(path)} and remove ${text.slice(origin.made?.start, origin.made?.end)}: the network then gives logits`,
      edits: inOrder([criterion, layer, ...imports]),
    };
  }
  if (!isReplaceable(text.slice(prediction.start, prediction.end), hit)) return undefined;
  const isKept = isDirect(hit, prediction, matched) && isWhole(hit, template ?? '');
  const predicted = isKept ? sourceAt(hit, operand, prediction) : undefined;
  if (!predicted) return undefined;
  return {
    title: `Use ${analysis.spell(path)} and give it ${shorten(predicted.text)}`,
    edits: inOrder([criterion, ...predicted.edits, { ...rangeOf(prediction), text: predicted.text }, ...imports]),
  };
}

/**
 * Whether the criterion is called at the site alone: with another prediction, or in other hands, it would no longer be
 * what is expected of it.
 */
function isOnlyCalledHere({ analysis, site }: Hit, made: Range): boolean {
  const { text } = analysis;
  const calls = analysis.sites.filter((other) => other.made?.start === made.start && other.loss !== undefined);
  if (new Set(calls.map(({ range }) => range.start)).size !== 1) return false;
  if (made.start >= site.range.start && made.end <= site.range.end) return true;
  const name = /(?:^|[\n;])[ \t]*(?:self\.)?(\w+)\s*=\s*$/.exec(text.slice(0, made.start))?.[1];
  return name !== undefined && analysis.ask(usesOf, name) === 2;
}

/** How often a name stands in a text, moves to a device aside. */
const usesOf = new Question((text, name: string) => {
  const moves = new RegExp(`\\b(?:self\\.)?${name}\\s*=\\s*(?:self\\.)?${name}\\.(?:to|cuda|cpu)\\([^()\\n]*\\)`, 'g');
  return text.replaceAll(moves, '').match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
});

/** Whether what the layer gives goes into this loss and nowhere else, as far as the file shows. */
function isOnlyUsedHere({ analysis, site, matched }: Hit): boolean {
  const origin = analysis.originOf(matched);
  if (!origin?.made) return false;
  const { made } = origin;
  const isGiven = (node: Expression): boolean =>
    node.kind === 'operation' && analysis.originOf(node)?.made?.start === made.start;
  for (const other of analysis.sites) {
    if (other.range.start === site.range.start && other.range.end === site.range.end) continue;
    const values = other.alternatives.flat();
    // Where the layer itself is called its value arises; it may not do so twice, or go on into anything else.
    if (
      values.some((value) =>
        isGiven(value) ? analysis.originOf(value)?.start !== origin.start : hasPart(value, isGiven),
      )
    )
      return false;
  }
  const prediction = site.arguments?.[0];
  const name = prediction && /^[A-Za-z_]\w*$/.exec(analysis.text.slice(prediction.start, prediction.end))?.[0];
  return name === undefined || analysis.ask(usesOf, name) === 2;
}

function hasPart(root: Expression, condition: (node: Expression) => boolean): boolean {
  return inGraph([root]).some(condition);
}

/** Takes `, nn.Sigmoid()`, or `, ('out', nn.Sigmoid())`, out of the layers of a network that it ends. */
function withoutLayer(text: string, { start, end }: Range): Edit | undefined {
  const named = /\(\s*(?:'\w*'|"\w*")\s*,\s*$/.exec(text.slice(0, start));
  const closed = named && /^\s*,?\s*\)/.exec(text.slice(end));
  const from = named && closed ? named.index : start;
  const to = named && closed ? end + closed[0].length : end;
  const before = /,\s*$/.exec(text.slice(0, from));
  if (!before || !/^\s*,?\s*[)\]]/.test(text.slice(to))) return undefined;
  // A list may be indexed; what is given to these is run from its first to its last.
  const opening = openingBefore(text, before.index);
  if (opening === undefined || !/(?:Sequential|ModuleList|OrderedDict)\s*\(\s*\[?\s*$/.test(text.slice(0, opening + 1)))
    return undefined;
  return { start: before.index, end: to, text: '' };
}

/** The bracket that is open at a place. */
function openingBefore(text: string, offset: number): number | undefined {
  let depth = 0;
  for (let at = offset - 1; at >= 0 && offset - at < 4000; at--) {
    const character = text.charAt(at);
    if (/[)\]}]/.test(character)) depth++;
    else if (/[([{]/.test(character) && depth-- === 0) return at;
  }
  return undefined;
}

/**
 * Whether the template says all that the code says: nothing is lost between the hit's operations and its operands, such
 * as another shape, the end of a gradient, a type, or an axis.
 */
function isWhole(hit: Hit, template: string): boolean {
  const { analysis, bindings, form, matched, site } = hit;
  const { text } = analysis;
  if (form.culprit === 'softmax' && /softmax/i.test(template)) {
    const softmax = findOperation(matched, 'softmax');
    // Written out, it is taken along the axis of a sum; PyTorch's goes along an axis that depends on the shape.
    if (!softmax || (site.framework.name === 'pytorch' && !analysis.axisOf(softmax))) return false;
  }
  const leaves = new Set(bindings.values());
  const seen = new Set<Expression>();
  const visit = (node: Expression): boolean => {
    if (node.kind !== 'operation' || leaves.has(node) || seen.has(node)) return true;
    seen.add(node);
    if (node.operator === 'stopGradient' || node.operator === 'pick') return false;
    const origin = analysis.originOf(node);
    if (!origin) return false;
    const operands = origin.operands ?? [];
    if (!saysNoMore(hit, node, origin, template)) return false;
    return operands.every(({ value, place }) => {
      if (value.kind !== 'operation' || leaves.has(value)) return true;
      const spread = node.operator === 'divide' && isReduction(value);
      if (spread && !isSpreadBack(hit, value, place)) return false;
      return (spread || isDirect(hit, place, value)) && visit(value);
    });
  };
  return visit(matched) && !text.slice(site.range.start, site.range.end).includes('\\\n');
}

const isReduction = (node: Expression): boolean =>
  node.kind === 'operation' && ['sum', 'mean', 'greatest', 'norm'].includes(node.operator);

/** Whether what was reduced along an axis goes back to where it came from, and not along another axis. */
function isSpreadBack(hit: Hit, value: Expression, place: Range): boolean {
  const { analysis } = hit;
  const { text } = analysis;
  const origin = analysis.originOf(value);
  if (!origin) return false;
  const own = text.slice(origin.start, origin.end);
  const axis = origin.axis && text.slice(origin.axis.start, origin.axis.end);
  const isKept = axis === undefined || axis === '0' || /keep_?dims?\s*=\s*True\b|,\s*True\s*\)$/.test(own);
  if (isDirect(hit, place, value)) return isKept;
  const added = bare(text, place).slice(bare(text, origin).length);
  if (isKept || !bare(text, place).startsWith(bare(text, origin))) return false;
  if (axis === '1') return /^\)*(?:\[:, ?(?:None|\w+\.newaxis)\]?|\.unsqueeze\(1)$/.test(added);
  return axis === '-1' && /^\)*(?:\[\.\.\., ?(?:None|\w+\.newaxis)\]?|\.unsqueeze\(-1)$/.test(added);
}

/** Whether an operation is given nothing but operands, and an axis that the template takes over. */
function saysNoMore(hit: Hit, node: Operation, origin: Origin, template: string): boolean {
  const { text } = hit.analysis;
  // What a layer was made with is not taken over.
  if (origin.made) return /\(\s*\)$/.test(text.slice(origin.made.start, origin.made.end));
  let rest = '';
  let at = origin.start;
  for (const { place } of [...(origin.operands ?? [])].sort((a, b) => a.place.start - b.place.start)) {
    if (place.start < at || place.end > origin.end) continue;
    rest += `${text.slice(at, place.start)}\0`;
    at = place.end;
  }
  rest += text.slice(at, origin.end);
  const list = /[\w\])]\s*\(([^]*)\)\s*$/.exec(rest)?.[1];
  if (list === undefined) return true;
  const axis = origin.axis && text.slice(origin.axis.start, origin.axis.end);
  const takesAxis =
    axis !== undefined &&
    ((template.includes('$axis') && node.operator === hit.form.culprit) ||
      template.includes(`=${axis}`) ||
      template.includes(`, ${axis})`) ||
      (axis === '-1' && node.operator === 'softmax'));
  const keeps = hit.matched.kind === 'operation' && hit.matched.operator === 'divide';
  const isKept = template.includes('keep') || keeps;
  return list.split(',').every((argument) => {
    const [, name = '', value = ''] = /^\s*(?:(\w+)\s*=\s*)?([^]*?)\s*$/.exec(argument) ?? [];
    if (/^[\s()]*\0?[\s()]*$/.test(value)) return name === '' || !/^(?:out|where|dtype)$/.test(name);
    if (value === axis && (name === '' || name === 'axis' || name === 'dim')) return takesAxis;
    if (/^(?:keep_?dims?)?$/.test(name) && value === 'True') return isKept;
    if (/^(?:keep_?dims?)?$/.test(name) && value === 'False') return true;
    return name === '_stacklevel' || (name === 'name' && node !== hit.matched);
  });
}

function expand(hit: Hit, template: string, place: Range): Source | undefined {
  const { analysis, bindings, target, matched, form } = hit;
  const edits: Edit[] = [];
  const uses = new Map<string, number>();
  let failed = false as boolean;
  const text = template.replace(
    /\{([^}]+)\}|\$(-?)(\w+)/g,
    (_, path: string | undefined, sign: string, placeholder: string) => {
      if (path !== undefined) return analysis.spell(path);
      if (placeholder === 'axis') {
        const culprit = form.culprit && findOperation(matched, form.culprit);
        const axis = analysis.axisOf(culprit ?? matched);
        return axis ? analysis.text.slice(axis.start, axis.end) : '';
      }
      const value = placeholder === t.name ? target : bindings.get(placeholder);
      if (value?.kind === 'constant') {
        failed ||= !Number.isFinite(value.value);
        return sign === '-' ? String(-value.value) : String(value.value);
      }
      const source = value && sourceAt(hit, value, place);
      if (!source) {
        failed = true;
        return '';
      }
      const count = (uses.get(placeholder) ?? 0) + 1;
      uses.set(placeholder, count);
      if (count === 1) edits.push(...source.edits);
      // What is computed would be computed twice.
      else if (source.text.includes('(')) failed = true;
      if (sign === '-') return negatedSource(source.text);
      return /[$\w)\]]\s*[*/+-]|[*/+-]\s*\$/.test(template) && !isAtom(source.text) ? `(${source.text})` : source.text;
    },
  );
  if (failed) return undefined;
  // Without an axis the functions' defaults agree, where they have one (`isWhole`).
  const code = text.replace(/, (?:axis|dim)=(?=\))/, '');
  return /=(?=[,)])/.test(code) ? undefined : { text: code, edits };
}

function negatedSource(text: string): string {
  if (/^-[\w.]+$/.test(text)) return text.slice(1);
  return isAtom(text) ? `-${text}` : `-(${text})`;
}

function isAtom(text: string): boolean {
  return /^[\w.]+$|^[\w.]+\([^()]*\)$|^\([^()]*\)$|^[\w.]+\[[^[\]]*\]$/.test(text);
}

/**
 * How a value of the hit is written at a place: as the operand that it is of an operation of the hit, by its own text
 * where that stands inside the place or is a name that still stands for it; else it gets a name where it is computed,
 * so that it isn't computed twice. Undefined where something on the way reshapes it or picks from it: the expression
 * says nothing of that, and what is written would have another shape.
 */
function sourceAt(hit: Hit, value: Expression, place: Range): Source | undefined {
  const { analysis, site, matched } = hit;
  const { text } = analysis;
  const operand =
    site.loss !== undefined && value === hit.target ? placeOfTarget(hit) : directOperand(hit, matched, value);
  if (!operand) return undefined;
  const own = text.slice(operand.start, operand.end);
  if (own.includes('#') || own.trim() === '') return undefined;
  if (operand.start >= place.start && operand.end <= place.end) return { text: own, edits: [] };
  if (operand.start > place.start || operand.within !== site.within) return undefined;
  if (/^[A-Za-z_][\w.]*$/.test(own))
    return isReassigned(hit, own, operand, place) ? undefined : { text: own, edits: [] };
  return hoisted(hit, operand, own, place);
}

type Place = Range & { readonly within: Site['within'] };

function placeOfTarget({ site }: Hit): Place | undefined {
  const place = site.arguments?.[1];
  return place && { ...place, within: site.within };
}

/** Where a value is written as an operand, if the operations from there to the root follow one another directly. */
function directOperand(hit: Hit, node: Expression, value: Expression, seen = new Set<Expression>()): Place | undefined {
  if (node.kind !== 'operation' || seen.has(node)) return undefined;
  seen.add(node);
  const origin = hit.analysis.originOf(node);
  for (const operand of origin?.operands ?? []) {
    if (operand.value === value) return { ...operand.place, within: origin?.within };
  }
  for (const operand of origin?.operands ?? []) {
    const found = directOperand(hit, operand.value, value, seen);
    if (found) return isDirect(hit, operand.place, operand.value) ? found : undefined;
  }
  return undefined;
}

/** Whether what is written at a place is a value as it was computed: the operation itself, or a name given to it. */
function isDirect(hit: Hit, place: Range, value: Expression): boolean {
  const { analysis, site } = hit;
  const origin = analysis.originOf(value);
  if (!origin) return false;
  const { text } = analysis;
  if (bare(text, place) === bare(text, origin) && Math.abs(place.start - origin.start) <= slack) return true;
  const name = text.slice(place.start, place.end);
  return origin.names?.has(name) === true && origin.within === site.within && !isReassigned(hit, name, origin, place);
}

/** Parentheses and spaces that two ranges of the same thing may differ by. */
const slack = 8;

function bare(text: string, { start, end }: Range): string {
  return text.slice(start, end).replace(/^[\s(]+|[\s)]+$/g, '');
}

/**
 * Whether a name, or what its attribute belongs to, may stand for something else at the place than where it was used:
 * where it is bound anew or changed in between, or where that use may not have been the last.
 */
function isReassigned({ analysis }: Hit, name: string, origin: Range, place: Range): boolean {
  const { text } = analysis;
  const region = regionBetween(analysis, origin, place);
  if (region === undefined || region.length > mostBetween || /[^\r\n]{2000}/.test(region)) return true;
  const [base = name] = name.split('.');
  if (region.includes('.step(')) return true;
  if (base !== name && new RegExp(`\\b${base}\\.[\\w.]+\\(|[(,]\\s*${base}\\s*[,)]`).test(region)) return true;
  // In a comprehension or a lambda around the place, names are its own.
  const statement = analysis.statementAt(place.start);
  const around = statement ? text.slice(statement.start, statement.end) : '';
  return [name, base].some((each) => changes(region, each) || bindsInside(around, each));
}

/** A name may be bound anywhere in more text than this, and looking for it would take long. */
const mostBetween = 40_000;

/** What may run between a use and a later place; undefined if the place can be reached without that use. */
function regionBetween(analysis: Hit['analysis'], origin: Range, place: Range): string | undefined {
  const [from, to] = [analysis.pathTo(origin.start), analysis.pathTo(place.start)];
  const last = from.at(-1);
  const depth = last ? to.findIndex(({ block }) => block === last.block) : -1;
  const at = to[depth];
  if (!last || !at || depth !== from.length - 1 || at.statement.start < last.statement.start) return undefined;
  // In a loop around the place what stands below it may have run, too.
  const loop = to.slice(depth).find(({ statement }) => statement.kind === 'loop');
  const end = loop && loop.statement !== last.statement ? Math.max(loop.statement.end, place.start) : place.start;
  return analysis.text.slice(origin.end, end);
}

/** Whether a text binds a name, or changes what it stands for. */
function changes(text: string, name: string): boolean {
  const each = name.replaceAll('.', '\\.');
  const inside = '(?:\\.\\w+|\\[[^\\]\\n]*\\])*';
  const patterns = [
    // Targets of an assignment, and elements and attributes of it.
    `(?:^|[;:])[ \\t]*(?:(?!\\w\\()[^\\n;#])*?(?<![\\w.])${each}${inside}\\s*(?::[^=\\n]*)?(?:,(?:(?!\\w\\()[^=\\n])*)?[)\\]]*\\s*(?:[-+*/@%&|^]|//|\\*\\*|<<|>>)?=(?!=)`,
    `(?<![\\w.])${each}\\s*:=`,
    `\\bfor\\s[^:\\n]*\\b${each}\\b[^:\\n]*\\bin\\b`,
    `\\bas\\s+\\(?(?:[^:\\n]*,\\s*)?${each}\\b`,
    `\\b(?:del|global|nonlocal)\\s[^\\n]*\\b${each}\\b`,
    `\\b(?:def|class)\\s+${each}\\b`,
    `\\bimport\\s[^\\n]*\\b${each}\\b`,
    // In place.
    `(?<![\\w.])${each}${inside}\\.(?:\\w+_|sort|fill|put|shuffle|resize|append|extend|insert|pop|clear|update|reverse|assign\\w*|scatter_\\w*)\\(`,
    `\\w_\\(\\s*${each}\\b`,
    `(?:shuffle|copyto|put|place|putmask|fill_diagonal)\\(\\s*${each}\\b`,
    `\\bout\\s*=\\s*${each}\\b`,
  ];
  return patterns.some((pattern) => new RegExp(pattern, 'm').test(text));
}

/** Whether a comprehension or a lambda in a statement has a variable of that name. */
function bindsInside(statement: string, name: string): boolean {
  const each = name.replaceAll('.', '\\.');
  return new RegExp(`\\bfor\\s[^:]*?\\b${each}\\b[^:]*?\\bin\\b|\\blambda\\b[^:]*\\b${each}\\b[^:]*:`).test(statement);
}

/** Gives a name to what is computed inside an earlier statement, on a line of its own before that statement. */
function hoisted({ analysis }: Hit, origin: Range, own: string, place: Range): Source | undefined {
  const { text } = analysis;
  const statement = analysis.statementAt(origin.start);
  if (!statement || statement.start > origin.start || /[\r\n]/.test(own)) return undefined;
  const lineStart = lineStartAt(text, statement.start);
  const indent = text.slice(lineStart, statement.start);
  if (!/^[ \t]*$/.test(indent)) return undefined;
  // The name has to exist wherever the place is reached: in the same block or in one inside it.
  const placeLine = lineStartAt(text, place.start);
  const placeIndent = /^[ \t]*/.exec(text.slice(placeLine))?.[0] ?? '';
  if (!placeIndent.startsWith(indent)) return undefined;
  // Parts of a condition, a comprehension or a lambda are not always computed.
  if (
    /^(?:if|while|for|elif|with|return\s+lambda)\b|\blambda\b|\bfor\b|\bif\b/.test(
      text.slice(statement.start, statement.end),
    )
  )
    return undefined;
  // Nor is what stands before it in the statement computed after it any more.
  if (text.slice(statement.start, origin.start).includes(')') || regionBetween(analysis, origin, place) === undefined)
    return undefined;
  const name = analysis.ask(freeName);
  if (name === undefined) return undefined;
  const newline = newlineOf(text);
  return {
    text: name,
    edits: [
      { start: statement.start, end: statement.start, text: `${name} = ${own}${newline}${indent}` },
      { start: origin.start, end: origin.end, text: name },
    ],
  };
}

/** A name for logits that the text has nowhere. */
const freeName = new Question((text) => {
  const names = ['logits', 'logit', 'argument'];
  return [...names, ...names.map((name) => `${name}_`), ...names.map((name) => `raw_${name}`)].find(
    (name) => !new RegExp(`\\b${name}\\b`).test(text),
  );
});

/** The line break that a text is written with. */
function newlineOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

function lineStartAt(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
}

/** The imports that the template's names ask for; undefined where one of the names stands for something else. */
function importsFor({ analysis, site }: Hit, template: string): Edit[] | undefined {
  const { text } = analysis;
  const wanted = new Set<string>();
  const start = site.range.start;
  for (const [, path = ''] of template.matchAll(/\{([^}]+)\}/g)) {
    const [root = path] = analysis.spell(path).split('.');
    const statement = analysis.importFor(path);
    if (statement !== undefined) {
      wanted.add(statement);
      if (analysis.ask(standsForMore, root)) return undefined;
    } else if (!isBoundBefore(analysis, root, site)) return undefined;
    const within = site.within;
    const parameters = within?.parameters.map(({ name }) => name) ?? [];
    if (parameters.includes(root) || (within && bindsAnew(text.slice(within.start, within.end), root)))
      return undefined;
    const around = analysis.statementAt(start);
    if (around && bindsInside(text.slice(around.start, around.end), root)) return undefined;
  }
  const newline = newlineOf(text);
  const at = analysis.importPlace;
  const added = [...wanted].map((statement) => `${statement}${newline}`).join('');
  if (added === '') return [];
  // On a line of its own, before its use.
  if (at > start || (at > 0 && !/[\r\n]/.test(text.charAt(at - 1)))) return undefined;
  return [{ start: at, end: at, text: added }];
}

/** Whether a function has a variable of that name. */
function bindsAnew(text: string, name: string): boolean {
  const each = new RegExp(`(?<![\\w.])${name}\\b(?![.(\\w])`);
  return each.test(text) && (text.length > mostBetween || /[^\r\n]{2000}/.test(text) || changes(text, name));
}

/** Whether a name that an import is to bind stands in the file without one. */
const standsForMore = new Question((text, name: string) => {
  const withoutImports = text.replaceAll(/^[ \t]*(?:import|from)\s[^\r\n]*/gm, '');
  return new RegExp(`(?<![\\w.'"])${name}(?![\\w'"])`).test(withoutImports.replaceAll(/#[^\r\n]*/g, ''));
});

/** The line where a name stands first, or may be imported. */
const firstLineWith = new Question(
  (text, name: string) => new RegExp(`^.*(?:\\b${name}\\b|\\bimport[ \\t]*\\*)`, 'm').exec(text)?.[0],
);

/** Whether a module's name is bound where the code of the site runs: in a function later than the file is read. */
function isBoundBefore({ text, ask }: Hit['analysis'], name: string, site: Site): boolean {
  if (site.within !== undefined) return true;
  const firstLine = ask(firstLineWith, name);
  return firstLine !== undefined && text.indexOf(firstLine) < site.range.start;
}

/**
 * Whether code that isn't one operand stands where an operator, or a word, may take a part of it; parentheses do no harm
 * where it isn't known.
 */
function needsParentheses(code: string, text: string, { start, end }: Range): boolean {
  if (isAtom(code) || isOneCall(code)) return false;
  const before = text.slice(Math.max(0, start - 40), start).trimEnd();
  const after = text.slice(end, end + 40);
  const isFree = /(?:[([{,:;]|(?:^|[^=!<>])=|\breturn|[\r\n]|^)$/.test(before) || before === '';
  const isLine = /[\r\n][ \t]*$/.test(text.slice(Math.max(0, start - 40), start));
  return !((isFree || isLine) && /^[ \t]*(?:[)\]},:;#\r\n]|$)/.test(after)) || /[\r\n]/.test(code);
}

/** Whether code is one call: `F.softplus(...)`. */
function isOneCall(code: string): boolean {
  if (!/^[A-Za-z_][\w.]*\(/.test(code) || !code.endsWith(')')) return false;
  let depth = 0;
  for (let index = 0; index < code.length; index++) {
    const character = code.charAt(index);
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character) && --depth === 0 && index < code.length - 1) return false;
  }
  return true;
}

function findOperation(expression: Expression, operator: string): Expression | undefined {
  const seen = new Set<Expression>();
  const visit = (node: Expression): Expression | undefined => {
    if (seen.has(node) || node.kind !== 'operation') return undefined;
    seen.add(node);
    if (node.operator === operator) return node;
    for (const child of node.operands) {
      const found = visit(child);
      if (found) return found;
    }
    return undefined;
  };
  return visit(expression);
}

const rangeOf = ({ start, end }: Range): { start: number; end: number } => ({ start, end });

function inOrder(edits: readonly Edit[]): Edit[] {
  return [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`;
}
