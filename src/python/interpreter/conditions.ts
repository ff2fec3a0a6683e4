import { children, isComparison, type Expression } from '../../expression';
import { alternativesOf, type Value } from '../values';
import type { Condition } from './interpretation';

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
