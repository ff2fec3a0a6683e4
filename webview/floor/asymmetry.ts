/** Where the two targets of a loss end differently. */
import type { Format, Plateau, TargetSummary } from '../../src/protocol/measurement';
import { printNumber, printThreshold } from '../common/format';

/** A loss in one format whose targets 0 and 1 have both been measured. */
export interface BothTargets {
  readonly label: string;
  readonly format: Format;
  readonly zero: TargetSummary;
  readonly one: TargetSummary;
}

/** Something that is the case from a margin on. */
interface Aspect {
  readonly name: string;
  readonly of: (summary: TargetSummary) => number | null;
}

const aspects: readonly Aspect[] = [
  { name: 'its gradient is 0', of: ({ right }) => right.gradientZero },
  { name: 'its loss is NaN', of: ({ right }) => right.lossNaN },
  { name: 'its gradient is NaN', of: ({ right }) => right.gradientNaN },
  { name: 'its gradient is infinite', of: ({ right }) => right.gradientInfinity },
  { name: 'on the wrong side its gradient is 0', of: ({ deadFrom }) => deadFrom },
  { name: 'on the wrong side its loss is NaN', of: ({ wrong }) => wrong.lossNaN },
  { name: 'on the wrong side its loss is infinite', of: ({ wrong }) => wrong.lossInfinity },
  { name: 'on the wrong side its gradient is NaN', of: ({ wrong }) => wrong.gradientNaN },
  { name: 'on the wrong side its gradient is infinite', of: ({ wrong }) => wrong.gradientInfinity },
];

/** Places that lie nearer to each other than this part of them are the same for a sentence: both print alike. */
const alike = 1e-4;

/**
 * What differs between the targets, in one sentence for each loss and format; empty where nothing does. Margins that
 * differ by rounding alone are no difference.
 */
export function asymmetrySentence({ label, format, zero, one }: BothTargets): string {
  const differences = [
    plateau('stops at', one.floor, zero.floor, format),
    plateau('is capped at', one.cap, zero.cap, format),
    ...aspects.map(({ name, of }) => places(name, of(one), of(zero))),
  ].filter((text) => text !== '');
  if (differences.length === 0) return '';
  return `${label}, ${format}, targets 1 and 0 differ: ${differences.join('; ')}.`;
}

function plateau(verb: string, one: Plateau | null, zero: Plateau | null, format: Format): string {
  if (!one && !zero) return '';
  if (one && zero && Object.is(one.value + 0, zero.value + 0) && near(one.at, zero.at)) return '';
  const say = (found: Plateau | null): string => {
    if (!found) return verb === 'stops at' ? 'does not stop' : 'has no cap';
    const from = `from ${printThreshold(found.at)}`;
    if (found.value === 0) return `is exactly 0 ${from}`;
    if (!Number.isFinite(found.value)) return `is ${printNumber(found.value)} ${from}`;
    return `${verb} ${printNumber(found.value, format)} ${from}`;
  };
  const where = verb === 'stops at' ? '' : 'on the wrong side ';
  return `${where}target 1 ${say(one)}, target 0 ${say(zero)}`;
}

function places(name: string, one: number | null, zero: number | null): string {
  if (one === null && zero === null) return '';
  if (one !== null && zero !== null && near(one, zero)) return '';
  const say = (at: number | null): string => (at === null ? 'never' : `from ${printThreshold(at)}`);
  return `${name} ${say(one)} for target 1, ${say(zero)} for target 0`;
}

function near(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= alike * Math.max(a, b);
}
