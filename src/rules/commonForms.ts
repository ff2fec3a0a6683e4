import {
  add,
  clip,
  constant,
  divide,
  exp,
  log,
  log1p,
  logSoftmax,
  maximum,
  minimum,
  multiply,
  negate,
  sigmoid,
  softmax,
  structuralKey,
  substitute,
  subtract,
  variablesOf,
  type Expression,
} from '../expression';
import { failuresOf } from '../measure/failures';
import { formatByName } from '../numeric';
import { isScalar, measuredErrors } from './comparison';
import { rules } from './rules';
import { t, x } from './rule';
import { measuredFormats, writeEntry } from './thresholds';
import { tabledFormats, writeErrors } from './worstErrors';

/** As people write them, the most usual ones. */
const epsilons = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 2 ** -52];

/** Beside a probability also those that only float64 and float32 have room for. */
const besideProbabilities = [...epsilons, 2 ** -23, 1e-11, 1e-20, 1e-30, 1e-38];

/**
 * The values whose failures are measured beforehand, by their structural keys: those of every rule's forms, and those
 * that rules make where they find a form, with the numbers that code has most often. Of a loss one for each target.
 */
export function commonForms(): Map<string, Expression> {
  const values = [...ofRules(), ...logarithms(), ...exponentials()].flatMap(atTargets);
  return new Map(values.map((value) => [structuralKey(value), value]));
}

function* ofRules(): Generator<Expression> {
  for (const { forms } of rules) {
    for (const { unstable, typical = {} } of forms) {
      if (!unstable) continue;
      yield unstable(typical);
      // Of the numbers that are no epsilons one is as usual as the other.
      const small = Object.entries(typical).filter(([, value]) => value < 0.1);
      for (const [name] of small) for (const epsilon of epsilons) yield unstable({ ...typical, [name]: epsilon });
    }
  }
}

/** Of probabilities that an epsilon or a limit is to keep off 0, and of what is left of them to 1. */
function* logarithms(): Generator<Expression> {
  for (const p of [sigmoid(x), softmax(x, 0), exp(logSoftmax(x, 0)), x]) {
    const rest = subtract(1, p);
    for (const e of besideProbabilities) {
      yield log(add(p, e));
      yield log(add(e, p));
      yield log(maximum(p, e));
      yield log(clip(p, e, 1));
      yield log(clip(p, e, 1 - e));
      yield log(add(rest, e));
      yield log(subtract(1 + e, p));
      yield log(maximum(rest, e));
      yield log(clip(rest, e, 1));
      yield log(subtract(1, clip(p, e, 1 - e)));
      yield log(subtract(1, maximum(p, e)));
      yield log(subtract(1, add(p, e)));
      yield multiply(log(add(p, e)), Math.LOG2E);
    }
  }
  for (const p of [sigmoid(x), softmax(x, 0), exp(logSoftmax(x, 0)), x]) {
    const rest = subtract(1, p);
    yield log(p);
    yield log(rest);
    yield log(minimum(p, 1));
    yield subtract(log(p), log1p(negate(p)));
    yield log(divide(p, rest));
    yield subtract(log(p), log(rest));
  }
}

/** Of multiples: of a halved log variance, of an energy. */
function* exponentials(): Generator<Expression> {
  for (const factor of [0.5, 1, 2, 10, 20, 30, 64]) {
    yield exp(multiply(factor, x));
    yield exp(multiply(-factor, x));
  }
}

function atTargets(value: Expression): Expression[] {
  if (!variablesOf(value).includes(t.name)) return [value];
  return [0, 1].map((target) => substitute(value, new Map([[t.name, constant(target)]])));
}

/** What fails again at every pole of the gamma function would be half of the table. */
const longestEntry = 1000;

/** What is to be in the table of a value; undefined where that is too much. */
export function measuredEntry(value: Expression): string | undefined {
  const entry = writeEntry(measuredFormats.map((name) => failuresOf(value, x.name, formatByName(name))));
  return entry.length <= longestEntry ? entry : undefined;
}

/** A form, and the reference that its errors are measured against. */
export interface Pair {
  readonly form: Expression;
  readonly reference: Expression;
}

/** What rules rewrite and what they write instead, each against the latter, by reference and form. */
export function commonPairs(): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { forms } of rules) {
    for (const { unstable, stable, typical = {}, write, writeLayer } of forms) {
      const reference = stable?.(typical);
      if (!unstable || !reference || !(write ?? writeLayer)) continue;
      for (const form of [unstable(typical), reference]) {
        if (isScalar(form) && isScalar(reference))
          pairs.set(`${structuralKey(reference)} ${structuralKey(form)}`, { form, reference });
      }
    }
  }
  return [...pairs.values()];
}

/** What is to be in the table of worst errors, by the structural keys of reference and form. */
export function measuredPairs(): Record<string, Record<string, string>> {
  const entries: Record<string, Record<string, string>> = {};
  for (const { form, reference } of commonPairs()) {
    const entry = writeErrors(tabledFormats.map((name) => measuredErrors(form, reference, name)));
    (entries[structuralKey(reference)] ??= {})[structuralKey(form)] = entry;
  }
  return entries;
}
