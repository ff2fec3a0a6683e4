import type { Expression } from '../expression';
import { canonicalName, frameworks, type Framework } from './frameworks';
import { interpret, type Origin, type Site } from './interpret';
import { parsePython } from './parse';
import type { Range } from './syntax';
import { alternativesOf } from './values';

/** What Python code computes: the places where it computes something, as expressions. */
export interface PythonAnalysis {
  readonly sites: readonly Site[];
  /** Where a value was computed, or what a variable of an expression stands for. */
  readonly originOf: (expression: Expression) => Origin | undefined;
  /** Whether a value is only ever given to functions that draw samples or take the largest. */
  readonly isOnlySampled: (expression: Expression) => boolean;
  /** How this file would write a library's qualified name, by its imports. */
  readonly spell: (path: string) => string;
}

/** Analyses a Python file, whatever its state; nothing is thrown for what it contains. */
export function analysePython(text: string): PythonAnalysis {
  const { sites, origins, module, isOnlySampled } = interpret(parsePython(text));
  const bindings = new Map<string, string>();
  for (const [name, value] of module.bindings.all()) {
    for (const single of alternativesOf(value)) {
      if (single.kind === 'path' && !name.includes('.'))
        bindings.set(canonicalName(`${single.path}.`).slice(0, -1), name);
    }
  }
  return {
    sites,
    originOf: (expression) => origins.get(expression),
    isOnlySampled,
    spell: (path) => spell(path, bindings),
  };
}

const usual = new Map(frameworks.flatMap((framework) => Object.entries(framework.usual)));

function spell(path: string, bindings: ReadonlyMap<string, string>): string {
  for (const names of [bindings, usual]) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const name = names.get(path.slice(0, end));
      if (name !== undefined) return name + path.slice(end);
    }
  }
  return path;
}

export type { Framework, Origin, Range, Site };
export type { StableForm } from './frameworks';
