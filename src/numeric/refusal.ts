import type { TensorOperator } from '../expression';

/** What evaluators throw at an operator that they don't print. */
export function withoutValue(operator: TensorOperator): RangeError {
  return new RangeError(`${operator} has no value among scalars`);
}
