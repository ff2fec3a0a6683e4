import type { Value } from './values';

/**
 * What names stand for at a point of the program, as a layer of assignments over an earlier point. A layer that
 * another stands on is not changed any more, so that branches, which share what was before them, cost what they assign.
 */
export class Bindings {
  /** Made with the first assignment: most layers are of branches that assign nothing. */
  #own: Map<string, Value | undefined> | undefined;
  readonly #depth: number;

  constructor(readonly base?: Bindings) {
    this.#depth = base ? base.#depth + 1 : 0;
  }

  get(name: string): Value | undefined {
    // A loop, and not through `base` as a method: most of what is looked up stands many layers below.
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let layer: Bindings | undefined = this; layer; layer = layer.base) {
      const own = layer.#own;
      if (!own) continue;
      const here = own.get(name);
      if (here !== undefined || own.has(name)) return here;
    }
    return undefined;
  }

  set(name: string, value: Value | undefined): void {
    (this.#own ??= new Map()).set(name, value);
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
    if (this.#own) for (const name of this.#own.keys()) names.add(name);
    return names;
  }

  all(): Map<string, Value> {
    const all = this.base?.all() ?? new Map<string, Value>();
    for (const [name, value] of this.#own ?? []) {
      if (value) all.set(name, value);
      else all.delete(name);
    }
    return all;
  }
}

const mostLayers = 24;

/** What follows the name in the text under which an element at a computed position is kept. */
export const computedElement = '[?';

/** `a` of `a`, `a.b` and `a[0]`. */
function rootOf(key: string): string {
  const dot = key.indexOf('.');
  const bracket = key.indexOf('[');
  const end = dot < 0 ? bracket : bracket < 0 ? dot : Math.min(dot, bracket);
  return end < 0 ? key : key.slice(0, end);
}

/**
 * The names of a module, a function, a class body or a comprehension, as they stand at the statement being evaluated.
 * Attributes and elements that were assigned (`self.p = ...`, `out['p'] = ...`) are kept under their text.
 */
export class Scope {
  bindings = new Bindings();
  #composite: Set<string> | undefined;

  constructor(
    readonly kind: 'module' | 'function' | 'class' | 'expression',
    readonly parent?: Scope,
    /** Of a function the names that are its own wherever they stand in it, bound there or not yet. */
    readonly locals?: ReadonlySet<string>,
  ) {}

  /** Python's order: here, then outward, class bodies around functions left out. */
  find(name: string): Value | undefined {
    const here = this.bindings.get(name);
    if (here) return here;
    if (this.locals?.has(rootOf(name))) return undefined;
    for (let scope = this.parent; scope; scope = scope.parent) {
      const value = scope.kind === 'class' ? undefined : scope.bindings.get(name);
      if (value) return value;
      if (scope.locals?.has(rootOf(name))) return undefined;
    }
    return undefined;
  }

  assign(name: string, value: Value): void {
    if (this.#composite) this.#forgetInside(name, this.#composite);
    if (name.includes('.') || name.includes('[')) (this.#composite ??= new Set()).add(name);
    this.bindings.set(name, value);
  }

  /** Drops what was known of elements whose positions are computed: what is put at another one may be put there. */
  forgetComputedElements(name: string): void {
    if (!this.#composite) return;
    for (const key of this.#composite) if (key.startsWith(name + computedElement)) this.bindings.set(key, undefined);
  }

  /** Drops what was known of the attributes and elements of what `name` stood for. */
  #forgetInside(name: string, composite: ReadonlySet<string>): void {
    for (const key of composite) {
      if (key.length > name.length && key.startsWith(name) && (key[name.length] === '.' || key[name.length] === '[')) {
        this.bindings.set(key, undefined);
      }
    }
  }
}
