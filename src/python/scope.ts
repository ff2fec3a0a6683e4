import type { Value } from './values';

/**
 * The names of a module, a function, a class body or a comprehension, as they stand at the statement being evaluated.
 * Attributes and elements that were assigned (`self.p = ...`, `out['p'] = ...`) are kept under their text.
 */
export class Scope {
  values = new Map<string, Value>();

  constructor(
    readonly kind: 'module' | 'function' | 'class' | 'expression',
    readonly parent?: Scope,
  ) {}

  /** Python's order: here, then outward, class bodies around functions left out. */
  find(name: string): Value | undefined {
    const here = this.values.get(name);
    if (here) return here;
    for (let scope = this.parent; scope; scope = scope.parent) {
      const value = scope.kind === 'class' ? undefined : scope.values.get(name);
      if (value) return value;
    }
    return undefined;
  }

  assign(name: string, value: Value): void {
    this.forgetInside(name);
    this.values.set(name, value);
  }

  /** What was known of the attributes and elements of what `name` stood for. */
  forgetInside(name: string): void {
    for (const key of this.values.keys()) {
      if (key.length > name.length && key.startsWith(name) && (key[name.length] === '.' || key[name.length] === '[')) {
        this.values.delete(key);
      }
    }
  }
}
