import { differentiate, negate, print, substitute, variable, variablesOf, type Expression } from '../expression';
import { lossById, type LossEntry } from '../losses';
import { compileModelAtPoint, formats } from '../numeric';
import type { Target } from '../measure';
import type { Finding } from '../rules';

/** A finding of which there is something to measure. */
export type MeasurableFinding = Finding & { readonly expression: Expression };

/** Whether the finding has a dashboard: whether it is about a function of a number, of losses also of the target. */
export function isMeasurable(finding: Finding): finding is MeasurableFinding {
  return (
    finding.expression !== undefined && variablesOf(finding.expression).every((name) => name === 'x' || name === 't')
  );
}

/** What a panel shows for a finding: the code as it is written beside its stable form. */
export interface FindingLosses {
  readonly shown: readonly LossEntry[];
  /** Those of them that are not in the catalogue. */
  readonly own: readonly LossEntry[];
  readonly targets: readonly Target[];
}

/**
 * The catalogue's losses where the code calls published ones, else losses made of the finding's own expressions. Logarithms of probabilities become losses by their sign. The exact curve
 * of both is the stable form's, where there is one: it is the same function in exact arithmetic.
 */
export function findingLosses(finding: MeasurableFinding, place: string): FindingLosses {
  if (finding.loss) {
    const shown = [lossById(finding.loss.unstable), lossById(finding.loss.stable)];
    return { shown, own: [], targets: [0, 1] };
  }
  const names = variablesOf(finding.expression);
  const sign = isLogProbability(finding.expression, names) ? negate : (x: Expression): Expression => x;
  // Findings are functions of x, losses of the logit z.
  const overLogit = (expression: Expression): Expression =>
    sign(substitute(expression, new Map([['x', variable('z')]])));
  const written = overLogit(finding.expression);
  const stable = finding.stable && overLogit(finding.stable);
  const entry = (id: string, label: string, loss: Expression, notes: string): LossEntry => ({
    id,
    label,
    family: 'bce',
    framework: 'Your code',
    versions: place,
    source: place,
    formula: print(loss),
    constants: [],
    notes,
    build: () => ({ loss, gradient: differentiate(loss, 'z'), ideal: stable ?? written }),
  });
  const own = [
    entry('code/written', `as written: ${finding.title}`, written, finding.message),
    ...(stable ? [entry('code/stable', 'stable form', stable, finding.advice)] : []),
  ];
  return {
    shown: own,
    own,
    // A loss of one target tells by its direction which one.
    targets: names.includes('t') ? [0, 1] : [rises(written) ? 0 : 1],
  };
}

function at(expression: Expression, names: readonly string[], ...values: number[]): number {
  return compileModelAtPoint([expression], names, formats.float64)(...values)[0] as number;
}

/** Never above zero where everything is in range: the logarithm of a probability. */
function isLogProbability(expression: Expression, names: readonly string[]): boolean {
  return [-2, 0.5, 2].every((x) => at(expression, names, ...names.map((name) => (name === 'x' ? x : 0.5))) < 0);
}

function rises(loss: Expression): boolean {
  return at(loss, variablesOf(loss), 2) > at(loss, variablesOf(loss), -2);
}
