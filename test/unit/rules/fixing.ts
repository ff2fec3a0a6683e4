import assert from 'node:assert/strict';
import {
  absolute,
  add,
  children,
  constant,
  divide,
  exp,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  operation,
  softplus,
  sqrt,
  structuralKey,
  substitute,
  subtract,
  variable,
  variablesOf,
  type Expression,
} from '../../../src/expression';
import { analysePython, type PythonAnalysis, type Range, type Site } from '../../../src/python';
import { applyEdits, applyFixes, findingsIn, type Edit, type Finding, type FindingsOptions } from '../../../src/rules';
import { areEqual } from '../../../src/rules/comparison';
import { syntaxErrorsIn } from '../../../src/rules/syntax';

/*
 * What every fix has to leave behind: code that parses, in which the place is no longer found and nothing else is found
 * in its stead, and in which every value that there was before is the same exact value.
 */

/** A tensor of two elements, so that a sum that got lost, or was taken of something else, is noticed. */
type Pair = readonly [Expression, Expression];

const both = (value: Expression): Pair => [value, value];

function lower(root: Expression): Pair {
  const done = new Map<Expression, Pair>();
  const visit = (node: Expression): Pair => {
    const known = done.get(node);
    if (known) return known;
    const pair = lowerNode(node, children(node).map(visit));
    done.set(node, pair);
    return pair;
  };
  return visit(root);
}

function lowerNode(node: Expression, operands: readonly Pair[]): Pair {
  if (node.kind === 'variable') return [variable(`${node.name} 1`), variable(`${node.name} 2`)];
  if (node.kind === 'constant') return both(node);
  const [first = both(node), second = first] = operands;
  if (node.kind === 'withGradient') return first;
  const [a, b] = first;
  const among = (operator: 'softmax' | 'logSoftmax' | 'logSumExp'): Pair => [
    operation(operator, a, b, ...operands.slice(1).flat()),
    operation(operator, b, a, ...operands.slice(1).flat()),
  ];
  const mean = (p: Expression, q: Expression): Expression => divide(add(p, q), 2);
  const variance = (): Expression => {
    const half = divide(subtract(a, b), 2);
    return multiply(half, half);
  };
  switch (node.operator) {
    case 'sum':
      return both(add(a, b));
    case 'mean':
      return both(mean(a, b));
    case 'product':
      return both(multiply(a, b));
    case 'greatest':
      return both(maximum(a, b));
    case 'least':
      return both(minimum(a, b));
    case 'norm':
      return both(sqrt(add(multiply(a, a), multiply(b, b))));
    case 'variance':
      return both(variance());
    case 'deviation':
      return both(sqrt(variance()));
    case 'matmul':
      return both(add(multiply(a, second[0]), multiply(b, second[1])));
    case 'determinant':
      return both(subtract(multiply(a, a), multiply(b, b)));
    case 'xlogy':
      return [multiply(a, log(second[0])), multiply(b, log(second[1]))];
    case 'pick':
      return [b, a];
    case 'nanToNum':
    case 'stopGradient':
      return first;
    case 'softmax':
    case 'logSoftmax': {
      // What it is taken among is the other element, whatever the lifted expression calls it.
      return [operation(node.operator, a, b), operation(node.operator, b, a)];
    }
    case 'logSumExp':
      if (operands.length === 1) return among('logSumExp');
      break;
    case 'inverse':
    case 'index':
    case 'oneHot':
    case 'unit':
    case 'cosine':
    case 'wave':
    case 'uniform':
    case 'given':
    case 'nonNegative':
    case 'multiplyNoNan':
    case 'divideNoNan':
    case 'entropy': {
      // Any function will do that tells its operands apart.
      const marker = Array.from(node.operator).reduce((sum, letter) => sum + letter.charCodeAt(0), 0) / 997;
      const mixed = (index: 0 | 1): Expression =>
        operands.reduce<Expression>((sum, pair, place) => add(sum, multiply(place + 2, pair[index])), constant(marker));
      return [mixed(0), mixed(1)];
    }
    default:
  }
  return [
    operation(node.operator, ...operands.map(([each]) => each)),
    operation(node.operator, ...operands.map(([, each]) => each)),
  ];
}

/** The value of a site, for each combination of definitions that reach it. */
function valuesOf(site: Site): Expression[] {
  return site.alternatives.map(([value, target]) => {
    assert(value);
    const t = target ?? variable('no target');
    switch (site.loss) {
      case 'torch:bce':
        return negate(add(multiply(t, log(value)), multiply(subtract(1, t), log(subtract(1, value)))));
      case 'torch:bce-with-logits':
        return subtract(softplus(value), multiply(t, value));
      default:
        return value;
    }
  });
}

/** Where a place of the text before is in the text after; undefined inside what was replaced. */
function moved({ start, end }: Range, edits: readonly Edit[]): Range | undefined {
  let [from, to] = [start, end];
  for (const edit of edits) {
    const growth = edit.text.length - (edit.end - edit.start);
    const isInsertion = edit.start === edit.end;
    if (isInsertion ? edit.start <= start : edit.end <= start) from += growth;
    else if (edit.start < start && edit.end > start) return undefined;
    if (isInsertion ? edit.start <= start || edit.start < end : edit.start < end) {
      if (edit.end > end) return undefined;
      to += growth;
    }
  }
  return { start: from, end: to };
}

const keyOf = ({ start, end }: Range, site: Site): string =>
  `${String(start)}-${String(end)} ${site.loss === undefined ? 'value' : site.loss === 'objective' ? 'objective' : 'loss'} ${String(site.calls.length)}`;

/** Parentheses that a fix has put around what it wrote. */
function trimmed(text: string, { start, end }: Range): Range {
  let [from, to] = [start, end];
  while (/[\s(]/.test(text[from] ?? 'x') && /[\s)]/.test(text[to - 1] ?? 'x') && from < to) {
    const inner = text.slice(from + 1, to - 1);
    let depth = 0;
    if (text[from] === '(' && Array.from(inner).some((each) => (depth += each === '(' ? 1 : each === ')' ? -1 : 0) < 0))
      break;
    from++;
    to--;
  }
  return { start: from, end: to };
}

const squeezed = (text: string): string => text.replaceAll(/\s+/g, '');

/** Names for variables that the two analyses share: what stands at their origin, by the place it had before. */
function namers(
  before: PythonAnalysis,
  after: PythonAnalysis,
  edits: readonly Edit[],
): readonly [(name: string) => string, (name: string) => string] {
  const byPlace = new Map<string, string>();
  const byText = new Map<string, string>();
  // What a loss comes to is compared where the loss is.
  const losses = new Map<string, string>();
  const isLoss = (analysis: PythonAnalysis, { start, end }: Range): boolean =>
    analysis.sites.some(({ loss, range }) => loss !== undefined && range.start === start && range.end === end);
  const textOf = (analysis: PythonAnalysis, name: string): string => {
    const origin = analysis.originOfVariable(name);
    // Weights, and what a softmax is taken among.
    return origin ? squeezed(analysis.text.slice(origin.start, origin.end)) : 'unknown';
  };
  const nameBefore = (name: string): string => {
    const origin = before.originOfVariable(name);
    if (origin && isLoss(before, origin)) return `the loss at ${String(origin.start)}`;
    return `${textOf(before, name)}${origin && !origin.anywhere ? ` at ${String(origin.start)}` : ''}`;
  };
  for (const site of before.sites) {
    const place = site.loss === undefined ? undefined : moved(site.range, edits);
    if (place) losses.set(`${String(place.start)}-${String(place.end)}`, `the loss at ${String(site.range.start)}`);
  }
  for (const site of before.sites) {
    for (const name of variablesOf(...site.alternatives.flat())) {
      const origin = before.originOfVariable(name);
      const place = origin && moved(origin, edits);
      if (place) byPlace.set(`${String(place.start)}-${String(place.end)} ${textOf(before, name)}`, nameBefore(name));
      const text = textOf(before, name);
      if (!byText.has(text)) byText.set(text, nameBefore(name));
    }
  }
  return [
    nameBefore,
    (name) => {
      const origin = after.originOfVariable(name);
      const text = textOf(after, name);
      const loss = origin && isLoss(after, origin) && losses.get(`${String(origin.start)}-${String(origin.end)}`);
      if (loss) return loss;
      const known = origin && byPlace.get(`${String(origin.start)}-${String(origin.end)} ${text}`);
      return known ?? byText.get(text) ?? text;
    },
  ];
}

const renamed = (value: Expression, name: (name: string) => string): Expression =>
  substitute(value, new Map(variablesOf(value).map((each) => [each, variable(name(each))])));

/** Equal by exact evaluation, at positive points where too few others are in the domain. */
function sameValue(a: Expression, b: Expression): boolean {
  const [first, second] = [lower(a), lower(b)];
  return first.every((left, index) => {
    const right = second[index] ?? left;
    if (structuralKey(left) === structuralKey(right) || areEqual(left, right)) return true;
    const within = (inside: (x: Expression) => Expression): boolean => {
      const bindings = new Map(variablesOf(left, right).map((name) => [name, inside(variable(name))]));
      return areEqual(substitute(left, bindings), substitute(right, bindings));
    };
    return within((x) => add(absolute(x), 0.5)) || within((x) => exp(negate(absolute(x))));
  });
}

/** Asserts that each value that was computed before is computed after it, at the same place, as the same number. */
export function assertSameValues(before: string, edits: readonly Edit[], replaced: Range): void {
  const after = applyEdits(before, edits);
  const [first, second] = [analysePython(before), analysePython(after)];
  const [nameBefore, nameAfter] = namers(first, second, edits);
  const sites = new Map<string, Site[]>();
  for (const site of second.sites) {
    const key = keyOf(trimmed(after, site.range), site);
    sites.set(key, [...(sites.get(key) ?? []), site]);
  }
  const seen = new Map<string, number>();
  const removesLayer = edits.some(({ text }) => text === '');
  let compared = 0;
  for (const site of first.sites) {
    const place = moved(site.range, edits);
    // Without its last layer a network gives something else, and its loss takes that.
    if (!place || (removesLayer && site.range.start !== replaced.start)) continue;
    const key = keyOf(trimmed(after, place), site);
    if (site.calls.length > 0) continue;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    const other = sites.get(key)?.[count];
    if (!other) continue;
    const [wanted, got] = [valuesOf(site), valuesOf(other)];
    const [[prediction] = []] = site.alternatives;
    // Of a list of layers only the last is known, so that nothing is known of what it was given.
    if (
      removesLayer &&
      prediction?.kind === 'operation' &&
      prediction.operands.every(({ kind }) => kind === 'variable')
    ) {
      assert.equal(other.loss, `${String(site.loss)}-with-logits`);
      compared++;
      continue;
    }
    wanted.forEach((value, index) => {
      const now = got[index];
      assert(now, `fewer alternatives at ${after.slice(place.start, place.end)}`);
      const [left, right] = [renamed(value, nameBefore), renamed(now, nameAfter)];
      assert(
        sameValue(left, right),
        `another value of\n${before.slice(site.range.start, site.range.end)}\nas\n${after.slice(place.start, place.end)}\n${structuralKey(left)}\n${structuralKey(right)}`,
      );
    });
    if (site.range.start <= replaced.start && site.range.end >= replaced.end) compared++;
  }
  if (compared > 0) return;
  // Nothing is computed there any more: what is left is an operand.
  const place = moved(replaced, edits);
  assert(place);
  const rest = squeezed(after.slice(place.start, place.end)).replace(/^\((.*)\)$/, '$1');
  const values = first.sites
    .filter(({ range, loss }) => range.start === replaced.start && range.end === replaced.end && loss === undefined)
    .flatMap(({ alternatives }) => alternatives.map(([value]) => value));
  const probe = `import torch\nprobe = torch.neg(${rest})\n`;
  const analysis = analysePython(probe);
  const [value] = analysis.sites.at(-1)?.alternatives[0] ?? [];
  assert(value && values.length === 1 && values[0], `nothing to compare at ${rest}`);
  const origin = (name: string): string => {
    const range = analysis.originOfVariable(name);
    return range ? probe.slice(range.start, range.end) : name;
  };
  assert(
    sameValue(negate(renamed(values[0], nameBefore)), renamed(value, origin)),
    `another value of ${before.slice(replaced.start, replaced.end)} as ${rest}`,
  );
}

const describe = (text: string, { rule, range }: Finding): string =>
  `${rule}: ${text.slice(range.start, range.end)} at ${String(range.start)}`;

const loud = (finding: Finding): boolean => finding.severity !== 'hint';

/** Asserts all that a fix promises, of each by itself and of all of them. @returns how many there were. */
export function assertFixesHold(text: string, options: FindingsOptions = {}): number {
  const language = options.language ?? 'python';
  const find = (of: string): Finding[] => findingsIn(of, options);
  const findings = find(text);
  let fixes = 0;
  for (const finding of findings) {
    const { fix } = finding;
    if (!fix) continue;
    fixes++;
    assertInOrder(fix.edits, text);
    const after = applyEdits(text, fix.edits);
    const told = `${describe(text, finding)}\n${after}`;
    assert(syntaxErrorsIn(after, language) <= syntaxErrorsIn(text, language), `does not parse: ${told}`);
    const left = findingsIn(after, { ...options, fixes: false });
    const place = moved(finding.range, fix.edits);
    assert(place, `the place is gone: ${told}`);
    const fixed = left.filter(
      ({ rule, range }) => rule === finding.rule && range.start >= place.start && range.end <= place.end,
    );
    const nested = findings.filter(
      ({ rule, range }) =>
        rule === finding.rule && range.start >= finding.range.start && range.end <= finding.range.end,
    );
    assert(fixed.length < nested.length, `still found: ${told}`);
    const known = new Set(
      findings.filter(loud).flatMap(({ rule, range }) => {
        const at = moved(range, fix.edits);
        return at ? [`${rule} ${String(at.start)}`] : [];
      }),
    );
    const fresh = left.filter(
      (each) =>
        loud(each) &&
        !known.has(`${each.rule} ${String(each.range.start)}`) &&
        // What stands inside what was kept has moved with it.
        !findings.some(
          (other) =>
            other.rule === each.rule &&
            text.slice(other.range.start, other.range.end) === after.slice(each.range.start, each.range.end),
        ),
    );
    assert.deepEqual(
      fresh.map((each) => describe(after, each)),
      [],
      `newly found: ${told}`,
    );
    if (language === 'python') {
      try {
        assertSameValues(text, fix.edits, finding.range);
      } catch (error) {
        throw new Error(`${told}\n${String(error)}`, { cause: error });
      }
    }
  }
  if (fixes > 1) {
    const all = applyFixes(text, find);
    assert(syntaxErrorsIn(all.text, language) <= syntaxErrorsIn(text, language), all.text);
    const [before, after] = [findings, findingsIn(all.text, options)].map((each) => each.filter(loud).length);
    assert((after ?? 0) <= (before ?? 0) - 0, all.text);
    assert(
      findingsIn(all.text, options).every(({ fix }) => !fix),
      `fixes are left: ${all.text}`,
    );
  }
  return fixes;
}

function assertInOrder(edits: readonly Edit[], text: string): void {
  let at = 0;
  for (const { start, end } of edits) {
    assert(start >= at && end >= start && end <= text.length, JSON.stringify(edits));
    at = end;
  }
}
