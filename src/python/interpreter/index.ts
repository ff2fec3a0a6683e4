import type { Scope } from '../scope';
import type { Statement } from '../syntax';
import type { Interpretation, InterpretOptions } from './interpretation';
import { Interpreter } from './interpreter';

export type { Condition, Interpretation, InterpretOptions, Origin, Site } from './interpretation';

/** Runs a module abstractly: every statement of it and of its functions once, and functions again where called. */
export function interpret(
  statements: readonly Statement[],
  text: string,
  options: InterpretOptions = {},
): Interpretation {
  return new Interpreter(text, options).module(statements);
}

/**
 * The names of a module for another that imports them.
 * @param prefix of the names of its unknowns, which the other's must not be mistaken for
 */
export function interpretModule(statements: readonly Statement[], text: string, prefix: string): Scope {
  return new Interpreter(text, { prefix }).scopeOf(statements);
}
