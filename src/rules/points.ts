import { differentiate, type Expression } from '../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../numeric';
import { x } from './rule';

/** A function of x that fails at one number and nowhere beside it: a norm whose gradient is NaN at 0. */
export interface Point {
  readonly value: Expression;
  /** Its gradient, where a framework computes another than that of the value's formula. */
  readonly gradient?: Expression;
}

export interface AtPoint {
  readonly format: FormatName;
  readonly value: number;
  readonly gradient: number;
}

/** What the function and its gradient are at 0, in each format. */
export function measureAtZero({ value, gradient }: Point, formats: readonly FormatName[]): readonly AtPoint[] {
  const functions = [value, gradient ?? differentiate(value, x.name)];
  return formats.map((name) => {
    const [result = NaN, slope = NaN] = compileModelAtPoint(functions, [x.name], formatByName(name))(0);
    return { format: name, value: result, gradient: slope };
  });
}

/** A number as it is said: in five digits, and infinities as Python prints them. */
export function said(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const rounded = Number(value.toPrecision(5));
  return Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential().replace('+', '');
}
