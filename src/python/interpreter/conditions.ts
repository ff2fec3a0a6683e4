import { children, sameComputation, type Expression } from '../../expression';
import { alternativesOf, type Value } from '../values';
import type { Condition } from './interpretation';

/** Whether it is made of comparisons, and of which value, if that is asked. */
export function isComparison(expression: Expression, of?: Expression): boolean {
  if (expression.kind !== 'operation') return false;
  switch (expression.operator) {
    case 'less':
    case 'lessEqual':
      return of === undefined || expression.operands.some((operand) => sameComputation(operand, of));
    case 'and':
    case 'or':
    case 'not':
      return expression.operands.every((operand) => isComparison(operand, of));
    default:
      return false;
  }
}

/** What a test says; of one of several values that is compared with a number of each of them, if it is that. */
export function conditionsOf(test: Value): readonly Condition[] {
  const conditions = alternativesOf(test).flatMap((single) =>
    single.kind === 'quantity' ? (conditionOf(single.expression) ?? []) : [],
  );
  const isWithNumber = ({ comparison }: Condition): boolean =>
    children(comparison).some((operand) => operand.kind === 'constant');
  return test.kind === 'choice' ? conditions.filter(isWithNumber) : conditions;
}

export function conditionOf(test: Expression, holds = true): Condition | undefined {
  if (test.kind !== 'operation') return undefined;
  if (test.operator === 'not') return conditionOf(test.operands[0] as Expression, !holds);
  return test.operator === 'equal' || isComparison(test) ? { comparison: test, holds } : undefined;
}
