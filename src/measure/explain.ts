import type { Expression } from '../expression';
import { compileExact, compileModelAtPoint, formats, shortestDecimal, type NumberFormat } from '../numeric';
import type { Plateau, TargetSummary } from './summary';
import { margin, subjectAt, type LossOverLogit, type Subject, type Target } from './subject';

/** A number that a loss takes, and how to build the loss with other values of them. */
export interface Explainable {
  readonly constants: Readonly<Record<string, number>>;
  build(constants: Readonly<Record<string, number>>): LossOverLogit;
}

/** Why the right side ends where it does. */
export interface FloorReason {
  /**
   * `constant`: the formula itself stops, in exact arithmetic, too. `rounding`: only the number format does it.
   * `format`: the exact value is smaller than any number of the format. `failure`: NaN or infinite.
   */
  readonly kind: 'constant' | 'rounding' | 'format' | 'failure';
  /** Constants that move the floor when they change; empty unless there are such. */
  readonly constants: readonly string[];
  /** The formula's own floor in exact arithmetic; 0 where it has none. */
  readonly design: number;
  /** The mathematical loss at the margin from which on the floor holds. */
  readonly exactThere: number;
  /** Floors with a tenth of each of `constants`, as measured in the format. */
  readonly withATenth: readonly { readonly name: string; readonly value: number; readonly floor: number }[];
}

/** Where a loss that falls at all has fallen below every format: e^-800 is less than any float64. */
const far = 800;

/** Two values that differ by less than this part of them are the same for a sentence. */
const alike = 1e-3;

/** A formula that differs from the mathematical loss by more than this part of it is meant to, or has to answer for it. */
const bent = 0.1;

/** Finds out by measuring: the exact formula where the floor begins and far out, each also with other constants. */
export function floorReason(explainable: Explainable, format: NumberFormat, summary: TargetSummary): FloorReason {
  const { target, floor } = summary;
  const farMargin = format.round(Math.min(far, format.max / 4));
  const subjectWith = (constants: Readonly<Record<string, number>>): Subject =>
    subjectAt(explainable.build(constants), target);
  const exactly = (expression: Expression, at: number): number =>
    compileExact(expression, [margin]).round(formats.float64, at);
  const own = subjectWith(explainable.constants);
  const [ownThere, exactThere] = [exactly(own.loss, floor.at), exactly(own.exactLoss, floor.at)];
  const [ownFar, exactFar] = [exactly(own.loss, farMargin), exactly(own.exactLoss, farMargin)];
  const design = Math.abs(ownFar - exactFar) > alike * Math.abs(exactFar) ? ownFar : 0;
  const bentThere = Math.abs(ownThere - exactThere) > bent * Math.abs(exactThere);

  const withATenth = Object.entries(explainable.constants)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => {
      const { loss } = subjectWith({ ...explainable.constants, [name]: value / 10 });
      const [measured] = compileModelAtPoint([loss], [margin], format)(farMargin);
      const matters = bentThere
        ? !same(exactly(loss, floor.at), ownThere)
        : design !== 0 && !same(exactly(loss, farMargin), ownFar);
      return { name, value: value / 10, floor: measured as number, matters };
    })
    .filter(({ matters, floor: other }) => matters || !same(other, floor.value));
  let kind: FloorReason['kind'];
  if (!Number.isFinite(floor.value)) kind = 'failure';
  else if (bentThere || (design !== 0 && floor.value !== 0)) kind = 'constant';
  else kind = Math.abs(exactThere) < format.smallestSubnormal ? 'format' : 'rounding';
  return {
    kind,
    constants: withATenth.filter(({ matters }) => matters || kind === 'failure').map(({ name }) => name),
    design,
    exactThere,
    withATenth: withATenth.map(({ name, value, floor: other }) => ({ name, value, floor: other })),
  };
}

function same(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= alike * Math.max(Math.abs(a), Math.abs(b));
}

/** Why the loss stops where it does, and what its constants would change, in a sentence or two for people. */
export function explainFloor(explainable: Explainable, format: NumberFormat, summary: TargetSummary): string {
  const reason = floorReason(explainable, format, summary);
  const { floor, right } = summary;
  const value = (x: number): string => shortestDecimal(format, x);
  const sentences: string[] = [];
  const from = place(floor.at);
  const stored = reason.constants
    .map((name) => storedComplement(explainable.constants[name] as number, format))
    .filter((text) => text !== undefined)
    .join(' and ');
  switch (reason.kind) {
    case 'failure':
      sentences.push(`Is ${value(floor.value)} from ${from}${stored ? `, because ${stored}` : ''}.`);
      break;
    case 'constant': {
      const names = reason.constants.map((name) => `${name} = ${String(explainable.constants[name])}`).join(' and ');
      const rounded =
        floor.value === 0 || same(floor.value, reason.design)
          ? ''
          : `; exactly it would be ${reason.design.toPrecision(5)}${stored ? `, but ${stored}` : ', rounding does the rest'}`;
      const stops = floor.value === 0 ? 'Is exactly 0' : `Stops at ${value(floor.value)}`;
      sentences.push(`${stops} from ${from}, because of ${names || 'its constants'}${rounded}.`);
      break;
    }
    case 'rounding':
      sentences.push(
        `${floor.value === 0 ? 'Is exactly 0' : `Stops at ${value(floor.value)}`} from ${from} by rounding: the exact loss there is ${reason.exactThere.toPrecision(3)}.`,
      );
      break;
    case 'format':
      sentences.push(`Falls as far as ${format.name} reaches, to ${value(floor.value)} from ${from}.`);
      break;
  }
  if (right.gradientZero !== null && right.gradientZero > 0) {
    sentences.push(`The gradient is 0 from ${place(right.gradientZero)}.`);
  }
  for (const { name, value: tenth, floor: lower } of reason.withATenth) {
    const other = `With ${name} = ${tenth.toPrecision(1)} it would`;
    if (!Number.isFinite(lower)) {
      if (reason.kind !== 'failure') sentences.push(`${other} be ${value(lower)}.`);
    } else if (lower === 0 && floor.value !== 0) sentences.push(`${other} fall to 0.`);
    else if (Math.abs(lower) < Math.abs(floor.value)) sentences.push(`${other} stop at ${value(lower)}.`);
  }
  return sentences.join(' ');
}

/** How the format stores 1 less a small constant, where that is not what was written: `1 - 1e-7 is stored as 1 - 2^-23`. */
function storedComplement(constant: number, format: NumberFormat): string | undefined {
  if (!(constant > 0 && constant < 0.01)) return undefined;
  const gap = 1 - format.round(1 - format.round(constant));
  if (Math.abs(gap - constant) <= alike * constant) return undefined;
  const exponent = Math.log2(gap);
  const written = gap === 0 ? '1' : `1 - ${Number.isInteger(exponent) ? `2^${String(exponent)}` : gap.toPrecision(3)}`;
  return `1 - ${String(constant)} is stored as ${written}`;
}

/** How the two targets of a loss differ on the right side, in a sentence; undefined where they don't. */
export function explainAsymmetry(format: NumberFormat, zero: TargetSummary, one: TargetSummary): string | undefined {
  const [a, b] = [zero.floor, one.floor];
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
  const rounded = Number(at.toPrecision(5));
  return String(rounded >= at ? rounded : Number((at + 0.5 * 10 ** (Math.floor(Math.log10(at)) - 4)).toPrecision(5)));
}
