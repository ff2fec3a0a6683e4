import {
  divide,
  log,
  matchPattern,
  multiply,
  apply,
  anything,
  either,
  square,
  suchThat,
  type Expression,
  type Pattern,
} from '../../expression';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { measureAtZero, said } from '../points';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { otherBases, rootOf, sigmoidOf, toBase } from './shapes';
import { carriesGradient, isInsideTraining, isOutsideTraining, isTested, nameOf, sayAtZero } from './zeros';

/**
 * Logarithms of values that are exactly 0 as a matter of course: an intersection of boxes that don't meet, what a ReLU
 * gives, a distance of signals, a difference of two distribution functions.
 */

/** Why a value is 0. */
interface Zero {
  readonly part: Expression;
  /** In words, as a sentence begins. */
  readonly where: string;
  /** Of ordinary inputs, not only of a perfect fit or of silence. */
  readonly isOrdinary: boolean;
}

const power: Pattern = either(apply('sum', square(anything)), apply('mean', square(anything)), apply('norm', anything));
const energy: Pattern = either(power, square(power), rootOf(power));
const isEnergy = (node: Expression): boolean => matchPattern(energy, node) !== undefined;

const distribution: Pattern = either(sigmoidOf(anything), apply('normalCdf', anything), apply('erf', anything));
const isDistribution = (node: Expression): boolean => matchPattern(distribution, node) !== undefined;

/** More operations than these above what is 0 are not gone through. */
const mostSteps = 12;

/** @returns undefined of what is never 0, and of what nothing is known of */
function zeroIn(node: Expression, steps = 0): Zero | undefined {
  if (node.kind === 'withGradient') return zeroIn(node.value, steps);
  if (node.kind !== 'operation' || steps > mostSteps) return undefined;
  const [a, b] = node.operands as [Expression, Expression];
  const of = (part: Expression): Zero | undefined => zeroIn(part, steps + 1);
  switch (node.operator) {
    case 'pick':
    case 'stopGradient':
    case 'absolute':
    case 'sqrt':
      return of(a);
    case 'multiply':
      return of(a) ?? of(b);
    case 'divide':
      if (isEnergy(a) && isEnergy(b)) {
        return { part: node, where: ofSilence, isOrdinary: false };
      }
      return of(a);
    case 'maximum':
      return isLimit(a, b) || isLimit(b, a) ? { part: node, where: atLimit, isOrdinary: true } : undefined;
    case 'clip':
      return isLimit(b, a) ? { part: node, where: atLimit, isOrdinary: true } : undefined;
    case 'subtract':
      return isDistribution(a) && isDistribution(b) ? { part: node, where: ofEqual, isOrdinary: true } : undefined;
    default:
      return undefined;
  }
}

const atLimit = 'Where the limit of 0 holds';
const ofEqual = 'Where both parts of the difference round to the same number';
const ofSilence = 'Where the sum above the line is 0 (silence)';

/** Whether the limit is 0, and the value can lie below. */
const isLimit = (limit: Expression, value: Expression): boolean =>
  limit.kind === 'constant' && limit.value === 0 && intervalOf(value).low < 0;

const argumentOf = ({ bindings }: Hit): Expression => bindings.get('x') as Expression;

function severityAt(hit: Hit): false | Severity {
  const { site, matched } = hit;
  const argument = argumentOf(hit);
  const zero = zeroIn(argument);
  if (!zero || !site.framework.differentiates || isTested(argument, hit) || isTested(zero.part, hit)) return false;
  if (!carriesGradient(matched, hit)) return false;
  if (isOutsideTraining(hit)) return 'hint';
  return zero.isOrdinary || isInsideTraining(hit) ? 'information' : 'hint';
}

const form = (name: string, pattern: Pattern, factor: number): Form => ({
  pattern: suchThat(pattern, (bindings) => zeroIn(bindings.get('x') as Expression) !== undefined),
  name,
  atZero: { value: factor === 1 ? log(x) : multiply(log(x), factor) },
  says: (hit) => {
    const zero = zeroIn(argumentOf(hit));
    const code = zero && nameOf(hit, zero.part);
    const { message, lens } = sayAtZero(
      hit,
      `${zero?.where ?? ''}${code === undefined ? '' : ` (\`${code}\`)`}`,
      'log of 0',
    );
    if (zero?.where !== ofSilence) return { message, lens };
    const [below] = measureAtZero({ value: log(divide(1, x)) }, hit.formats);
    return { message: `${message} Where the sum below it is 0 (no error) it is ${said(below?.value ?? NaN)}.`, lens };
  },
  guard: severityAt,
  advice: 'limit the argument from below by a small number, or add one to it; where a mask follows, apply it before',
});

export const logOfZero: Rule = {
  id: 'log-of-zero',
  title: 'log of what can be 0',
  entries: ['NS54'],
  severity: 'information',
  triggers: [['log', 'Log']],
  forms: [
    form('log(x)', apply('log', operand), 1),
    ...otherBases.map((base) => form(`${base.name}(x)`, toBase(base, operand), base.factor)),
  ],
};
