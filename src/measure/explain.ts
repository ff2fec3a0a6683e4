import type { Expression } from '../expression';
import { compileExact, compileModelAtPoint, formats, shortestDecimal, type NumberFormat } from '../numeric';
import type { Plateau, TargetSummary } from './summary';
import { margin, subjectAt, type LossOverLogit, type Subject, type Target } from './subject';

/** A number that a loss takes, and how to build the loss with other values of them. */
export interface Explainable {
  readonly constants: Readonly<Record<string, number>>;
  /** @throws where it can't be built with these */
  build(constants: Readonly<Record<string, number>>): LossOverLogit;
}

/** What another value of a constant would do, as measured. */
export interface Alternative {
  readonly name: string;
  readonly value: number;
  readonly floor: number;
}

/** Why the right side ends where it does. */
export interface FloorReason {
  /**
   * `constant`: the formula itself stops, in exact arithmetic, too. `rounding`: only the number format does it.
   * `format`: the exact value is smaller than any number of the format. `exact`: the mathematical loss ends there, too.
   * `failure`: NaN or infinite.
   */
  readonly kind: 'constant' | 'rounding' | 'format' | 'exact' | 'failure';
  /** Constants that move the floor when they change; empty unless there are such. */
  readonly constants: readonly string[];
  /** The formula's own end in exact arithmetic. */
  readonly design: number;
  /** The mathematical loss at the margin from which on the floor holds. */
  readonly exactThere: number;
  /** Floors with a tenth of each constant that changes them. */
  readonly alternatives: readonly Alternative[];
}

/** Where a loss that falls at all has fallen below every format: e^-800 is less than any float64. */
const far = 800;

/** Two values that differ by less than this part of them are the same for a sentence. */
const alike = 1e-3;

/** How much farther out than the border of a floor to look, as a factor: on the border a comparison can go either way. */
const beyond = 1.01;

/** Finds out by measuring: the formula in exact arithmetic just beyond the floor's border and far out, also with other constants. */
export function floorReason(
  explainable: Explainable,
  format: NumberFormat,
  target: Target,
  floor: Plateau,
): FloorReason {
  const there = Math.min(floor.at * beyond, format.max / 4);
  const farOut = format.round(Math.min(Math.max(far, there), format.max / 4));
  const subjectWith = (constants: Readonly<Record<string, number>>): Subject =>
    subjectAt(explainable.build(constants), target);
  const exactly = (expression: Expression, at: number): number =>
    compileExact(expression, [margin]).round(formats.float64, at);
  const own = subjectWith(explainable.constants);
  const [design, exactFar] = [exactly(own.loss, farOut), exactly(own.exactLoss, farOut)];
  const collapses = (loss: Expression): boolean =>
    Math.abs(exactly(loss, there)) < alike * Math.abs(exactly(own.exactLoss, there));

  const alternatives: (Alternative & { readonly matters: boolean })[] = [];
  const collapsed = collapses(own.loss);
  for (const [name, constant] of Object.entries(explainable.constants)) {
    const value = Number((constant / 10).toPrecision(6));
    const other = attempt(() => subjectWith({ ...explainable.constants, [name]: value }));
    if (value === 0 || !other) continue;
    const [measured] = compileModelAtPoint([other.loss], [margin], format)(farOut) as [number];
    const moves = !same(measured, floor.value);
    const matters = moves || (collapsed && !collapses(other.loss));
    if (matters) alternatives.push({ name, value, floor: measured, matters: moves || collapsed });
  }

  let kind: FloorReason['kind'];
  if (!Number.isFinite(floor.value)) kind = 'failure';
  else if (floor.value !== 0 && same(floor.value, exactFar)) kind = 'exact';
  else if (collapsed || (floor.value !== 0 && !same(design, exactFar))) kind = 'constant';
  else kind = Math.abs(exactly(own.exactLoss, floor.at)) < format.smallestSubnormal ? 'format' : 'rounding';
  return {
    kind,
    constants: alternatives.filter(({ matters }) => matters).map(({ name }) => name),
    design,
    exactThere: exactly(own.exactLoss, floor.at),
    alternatives: alternatives.map(({ name, value, floor: other }) => ({ name, value, floor: other })),
  };
}

/** Not every constant can be had at a tenth of its value. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function same(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= alike * Math.max(Math.abs(a), Math.abs(b));
}

/** Why the loss stops where it does, and what its constants would change, in a sentence or two for people. */
export function explainFloor(explainable: Explainable, format: NumberFormat, summary: TargetSummary): string {
  const { floor, right, target } = summary;
  const plateau = floor && explainPlateau(explainable, format, target, floor);
  const sentences = [plateau?.why ?? 'Grows with the logit, as the loss of a soft target does.'];
  if (right.gradientZero !== null && right.gradientZero > 0) {
    sentences.push(`The gradient is 0 from ${place(right.gradientZero)}.`);
  }
  if (right.gradientNaN !== null && floor && Number.isFinite(floor.value)) {
    sentences.push(`The gradient is NaN from ${place(right.gradientNaN)}.`);
  }
  return [...sentences, ...(plateau?.otherwise ?? [])].join(' ');
}

/** Why the floor is there, and what other constants would do. */
function explainPlateau(
  explainable: Explainable,
  format: NumberFormat,
  target: Target,
  floor: Plateau,
): { readonly why: string; readonly otherwise: readonly string[] } {
  const reason = floorReason(explainable, format, target, floor);
  const value = (x: number): string => shortestDecimal(format, x);
  const from = place(floor.at);
  const stops = floor.value === 0 ? 'Is exactly 0' : `Stops at ${value(floor.value)}`;
  const named = reason.constants.map((name) => `${name} = ${String(explainable.constants[name])}`).join(' and ');
  const stored = storedAs(Object.entries(explainable.constants), format, floor.value);
  let why: string;
  switch (reason.kind) {
    case 'failure':
      why = `Is ${value(floor.value)} from ${from}${stored ? `, because ${stored}` : ''}.`;
      break;
    case 'constant': {
      const rounded = floor.value !== 0 && !same(floor.value, reason.design);
      const remark = rounded
        ? `; exactly it would be ${reason.design.toPrecision(5)}, ${stored ? `but ${stored}` : 'rounding does the rest'}`
        : '';
      why = `${stops} from ${from}, because of ${named || 'the formula'}${remark}.`;
      break;
    }
    case 'rounding':
      why = `${stops} from ${from} by rounding: the exact loss there is ${reason.exactThere.toPrecision(3)}.`;
      break;
    case 'exact':
      why = `Ends at ${value(floor.value)} from ${from}, as the exact loss does.`;
      break;
    case 'format':
      why = `Falls as far as ${format.name} reaches, to ${value(floor.value)} from ${from}.`;
      break;
  }
  const otherwise: string[] = [];
  for (const { name, value: tenth, floor: other } of reason.alternatives) {
    const withIt = `With ${name} = ${String(tenth)} it would`;
    if (!Number.isFinite(other)) {
      if (reason.kind !== 'failure') otherwise.push(`${withIt} be ${value(other)}.`);
    } else if (other === 0 && floor.value !== 0) otherwise.push(`${withIt} fall to 0.`);
    else if (Math.abs(other) < Math.abs(floor.value)) otherwise.push(`${withIt} stop at ${value(other)}.`);
  }
  return { why, otherwise };
}

/**
 * How the format stores a small constant, or 1 less it, where that is another number and the floor is that number (or
 * fails because 1 less it is 1): `1 - 1e-7 is stored as 1 - 2^-23`.
 */
function storedAs(
  constants: readonly (readonly [string, number])[],
  format: NumberFormat,
  floor: number,
): string | undefined {
  for (const [name, constant] of constants) {
    if (!(constant > 0 && constant < 0.01)) continue;
    const stored = format.round(constant);
    const gap = 1 - format.round(1 - stored);
    if (gap === 0 && !Number.isFinite(floor)) return `1 - ${String(constant)} is stored as 1`;
    if (same(stored, constant)) {
      if (same(gap, constant) || !same(gap, Math.abs(floor))) continue;
      const exponent = Math.log2(gap);
      const power = Number.isInteger(exponent) ? `2^${String(exponent)}` : gap.toPrecision(3);
      return `1 - ${String(constant)} is stored as 1 - ${power}`;
    }
    if (same(stored, Math.abs(floor))) return `${name} is stored as ${stored.toPrecision(5)}`;
  }
  return undefined;
}

/** How the two targets of a loss differ on the right side, in a sentence; undefined where they don't. */
export function explainAsymmetry(format: NumberFormat, zero: TargetSummary, one: TargetSummary): string | undefined {
  const [a, b] = [zero.floor, one.floor];
  if (!a || !b) return undefined;
  if (same(a.value, b.value) && (same(a.at, b.at) || Math.abs(a.at - b.at) < 1)) return undefined;
  const describe = (target: Target, { value, at }: Plateau): string =>
    `target ${String(target)} ${ending(value, format)} from ${place(at)}`;
  return `The targets differ: ${describe(0, a)}, ${describe(1, b)}.`;
}

function ending(value: number, format: NumberFormat): string {
  if (value === 0) return 'is exactly 0';
  return `${Number.isFinite(value) ? 'stops at' : 'is'} ${shortestDecimal(format, value)}`;
}

/** A margin to five digits, rounded outward, so that what is said of all margins beyond it is true. */
function place(at: number): string {
  if (at === 0) return '0';
  const rounded = Number(at.toPrecision(5));
  return String(rounded >= at ? rounded : Number((at + 0.5 * 10 ** (Math.floor(Math.log10(at)) - 4)).toPrecision(5)));
}
