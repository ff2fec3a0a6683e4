import { SamplesError } from './errors';

const logitNames = ['logits', 'logit', 'z', 'x', 'scores', 'outputs'];
const targetNames = ['targets', 'target', 'labels', 'label', 'y', 't'];

/** Which of several columns or arrays are which. */
export interface Picked {
  readonly logits: string;
  readonly targets: string | null;
  readonly others: readonly string[];
}

/** Whether one of them has a name that is known. */
export function isNamed(names: readonly string[]): boolean {
  return names.some((name) => isOneOf(logitNames, name) || isOneOf(targetNames, name));
}

/**
 * Picks by name; a single one may have any.
 * @param what they are, for messages
 * @throws SamplesError if it isn't clear which they are, with the names that there are
 */
export function pickColumns(names: readonly string[], what: 'array' | 'column'): Picked {
  const targets = names.filter((name) => isOneOf(targetNames, name));
  const named = names.filter((name) => isOneOf(logitNames, name));
  const [only] = names;
  const logits =
    named.length === 0 && names.length === 1 && targets.length === 0 && only !== undefined ? [only] : named;
  const [logit, anotherLogit] = logits;
  const [target, anotherTarget] = targets;
  if (logit === undefined) {
    throw new SamplesError(`None of its ${what}s has the name of logits: ${listed(names)}. ${advice(what)}`);
  }
  if (anotherLogit !== undefined) {
    throw new SamplesError(`More than one ${what} may be the logits: ${listed(logits)}. ${advice(what)}`);
  }
  if (anotherTarget !== undefined) {
    throw new SamplesError(`More than one ${what} may be the targets: ${listed(targets)}. ${advice(what)}`);
  }
  return {
    logits: logit,
    targets: target ?? null,
    others: names.filter((name) => name !== logit && name !== target),
  };
}

function isOneOf(known: readonly string[], name: string): boolean {
  return known.includes(name.trim().toLowerCase());
}

function advice(what: 'array' | 'column'): string {
  return `Name one ${what} of logits (${logitNames.join(', ')}) and, if there are targets, one of them (${targetNames.join(', ')}).`;
}

/** The first names, in quotes. */
function listed(names: readonly string[]): string {
  const first = names.slice(0, 12).map((name) => JSON.stringify(name.slice(0, 60)));
  return first.join(', ') + (names.length > first.length ? ` and ${String(names.length - first.length)} more` : '');
}
