import {
  constant,
  differentiate,
  inOrder,
  isTensorOperator,
  structuralKey,
  substitute,
  variablesOf,
  type Expression,
} from '../expression';
import { compileExact, compileModelAtPoint, formatByName, ulpDistance, type FormatName } from '../numeric';
import { t, x } from './rule';
import { knownFailuresOf } from './thresholds';
import { tabledErrors, type ErrorsBySide, type WorstError, type WorstErrors } from './worstErrors';

/** Random points at which two forms have to agree, and decimal digits that they have to share there. */
const agreementPoints = 24;
const agreementDigits = 25;

const remembered = new Map<string, unknown>();

function once<T>(key: string, compute: () => T): T {
  if (!remembered.has(key)) remembered.set(key, compute());
  return remembered.get(key) as T;
}

/** The values of a loss at both targets; another value as it is. */
function atTargets(expression: Expression): Expression[] {
  if (!variablesOf(expression).includes(t.name)) return [expression];
  return [0, 1].map((target) => substitute(expression, new Map([[t.name, constant(target)]])));
}

/** Whether an expression has a value among scalars. */
export function isScalar(expression: Expression): boolean {
  return inOrder([expression]).every((node) => node.kind !== 'operation' || !isTensorOperator(node.operator));
}

/**
 * Whether two forms of the variable x (and the target t) are the same function by exact evaluation at random points:
 * wherever both are defined there, to 25 digits, and they are so somewhere.
 */
export function areEqual(a: Expression, b: Expression): boolean {
  if (!isScalar(a) || !isScalar(b)) return false;
  return once(`equal ${structuralKey(a)} ${structuralKey(b)}`, () => {
    const names = [...new Set(variablesOf(a, b))].filter((name) => name !== t.name);
    const others = atTargets(b);
    return atTargets(a).every((left, index) => {
      const right = others[index] ?? others[0];
      if (!right) return false;
      const [first, second] = [left, right].map((each) => compileExact(each, names, { maxPrecision: 1536 }));
      if (!first || !second) return false;
      const random = randomNumbers(7);
      let compared = 0;
      for (let point = 0; point < agreementPoints; point++) {
        const values = names.map(() =>
          point < 3 ? ([0, 1, -1][point] ?? 0) : (random() - 0.5) * 2 ** (random() * 12 - 4),
        );
        const [p, q] = [first.decimal(agreementDigits, ...values), second.decimal(agreementDigits, ...values)];
        if (p === undefined || q === undefined || p === 'NaN' || q === 'NaN') continue;
        if (p !== q) return false;
        compared++;
      }
      return compared >= agreementPoints / 4;
    });
  });
}

/** Numbers in [0, 1), the same every time (the minimal standard generator of Park and Miller). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * The worst errors of a form of x in a format against the exact value and gradient of a reference: at magnitudes from
 * 2^-24 to 2^10 of both signs and around its own thresholds. An infinity counts as the value after the largest.
 */
export function worstErrors(form: Expression, reference: Expression, name: FormatName): readonly ErrorsBySide[] {
  const [key, ofReference] = [structuralKey(form), structuralKey(reference)];
  return once(
    `worst ${name} ${key} ${ofReference}`,
    () => tabledErrors(key, ofReference, name) ?? measuredErrors(form, reference, name),
  );
}

/** The same, measured. */
export function measuredErrors(form: Expression, reference: Expression, name: FormatName): readonly ErrorsBySide[] {
  const forms = atTargets(form);
  const references = atTargets(reference);
  return forms.map((each, index) => ({
    target: forms.length === 1 ? undefined : index === 0 ? 0 : 1,
    ...worstOf(each, references[index] ?? reference, name),
  }));
}

function worstOf(
  form: Expression,
  reference: Expression,
  name: FormatName,
): { readonly below: WorstErrors; readonly above: WorstErrors } {
  const format = formatByName(name);
  const points = new Set<number>([0]);
  for (let exponent = -24; exponent <= 10; exponent += 0.25) {
    const magnitude = format.round(2 ** exponent);
    if (magnitude > 0 && magnitude <= format.max) points.add(magnitude).add(-magnitude);
  }
  for (const { from } of knownFailuresOf(form, name)) {
    const ordinal = format.ordinal(from);
    for (let step = -2n; step <= 2n; step++) points.add(format.fromOrdinal(ordinal + step));
  }
  const computed = compileModelAtPoint([form, differentiate(form, x.name)], [x.name], format);
  const exact = [reference, differentiate(reference, x.name, 'mathematical')].map((each) =>
    compileExact(each, [x.name], { maxPrecision: 768 }),
  );
  const none: WorstError = { ulps: 0, absolute: 0 };
  const below = [none, none];
  const above = [none, none];
  const ulpOfOne = format.fromOrdinal(format.ordinal(1) + 1n) - 1;
  for (const point of points) {
    const results = computed(point);
    exact.forEach((each, index) => {
      const wanted = each.round(format, point);
      // Where the exact value is undefined, or too large for the format, no way of computing it is better.
      if (!Number.isFinite(wanted)) return;
      const got = results[index] ?? NaN;
      const ulps = Number.isNaN(got) ? Infinity : Number(ulpDistance(format, got, wanted));
      const absolute =
        Math.abs(wanted) < 1 && Number.isFinite(got) ? Math.min(ulps, Math.abs(got - wanted) / ulpOfOne) : ulps;
      const worst = point < 0 ? below : above;
      const before = worst[index] ?? none;
      worst[index] = { ulps: Math.max(before.ulps, ulps), absolute: Math.max(before.absolute, absolute) };
    });
  }
  const named = ([value = none, gradient = none]: readonly WorstError[]): WorstErrors => ({ value, gradient });
  return { below: named(below), above: named(above) };
}
