import type { Value } from './values';

/**
 * What names stand for at a point of the program, as a layer of assignments over an earlier point. A layer that
 * another stands on is not changed any more, so that branches, which share what was before them, cost what they assign.
 */
export class Bindings {
  readonly #own = new Map<string, Value | undefined>();
  readonly #depth: number;

  constructor(readonly base?: Bindings) {
    this.#depth = base ? base.#depth + 1 : 0;
  }

  get(name: string): Value | undefined {
    const here = this.#own.get(name);
    if (here !== undefined || this.#own.has(name)) return here;
    return this.base?.get(name);
  }

  set(name: string, value: Value | undefined): void {
    this.#own.set(name, value);
  }

  /** A layer to assign in, on top of this one, or of a copy of it where there are many below. */
  layer(): Bindings {
    if (this.#depth < mostLayers) return new Bindings(this);
    const copy = new Bindings();
    for (const [name, value] of this.all()) copy.set(name, value);
    return new Bindings(copy);
  }

  /** Names assigned since `earlier`. */
  namesSince(earlier: Bindings): Set<string> {
    const names = this.base && this.base !== earlier ? this.base.namesSince(earlier) : new Set<string>();
    for (const name of this.#own.keys()) names.add(name);
    return names;
  }

  all(): Map<string, Value> {
    const all = this.base?.all() ?? new Map<string, Value>();
    for (const [name, value] of this.#own) {
      if (value) all.set(name, value);
      else all.delete(name);
    }
    return all;
  }
}

const mostLayers = 24;

/**
 * The names of a module, a function, a class body or a comprehension, as they stand at the statement being evaluated.
 * Attributes and elements that were assigned (`self.p = ...`, `out['p'] = ...`) are kept under their text.
 */
export class Scope {
  bindings = new Bindings();
  readonly #composite = new Set<string>();

  constructor(
    readonly kind: 'module' | 'function' | 'class' | 'expression',
    readonly parent?: Scope,
  ) {}

  /** Python's order: here, then outward, class bodies around functions left out. */
  find(name: string): Value | undefined {
    const here = this.bindings.get(name);
    if (here) return here;
    for (let scope = this.parent; scope; scope = scope.parent) {
      const value = scope.kind === 'class' ? undefined : scope.bindings.get(name);
      if (value) return value;
    }
    return undefined;
  }

  assign(name: string, value: Value): void {
    this.#forgetInside(name);
    if (/[.[]/.test(name)) this.#composite.add(name);
    this.bindings.set(name, value);
  }

  /** Drops what was known of the attributes and elements of what `name` stood for. */
  #forgetInside(name: string): void {
    for (const key of this.#composite) {
      if (key.length > name.length && key.startsWith(name) && (key[name.length] === '.' || key[name.length] === '[')) {
        this.bindings.set(key, undefined);
      }
    }
  }
}
