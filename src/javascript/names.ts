/** What a name is bound to, as far as the text alone says so. */
export interface Binding {
  /** The name in the syntax tree, in which a block has no scope of its own: other than in the text where it hides one. */
  readonly name: string;
  /** Whether it stands for a library or a part of one, the elements of which are attributes. */
  library: boolean;
  /** Whether it stands for an object that is written down where it is declared. */
  object: boolean;
  /** How many loops are around the place where it has been set to zero, if it has. */
  zeroAt: number | undefined;
}

const bindingOf = (name: string): Binding => ({ name, library: false, object: false, zeroAt: undefined });

/** Which declaration a name belongs to. */
export class Names {
  readonly #scopes: Map<string, Binding>[] = [];

  /** A function's own names, or a module's. */
  openFunction(names: Iterable<string>): void {
    const scope = new Map<string, Binding>();
    for (const name of names) scope.set(name, bindingOf(name));
    this.#scopes.push(scope);
  }

  /** Names that are declared in a block; what they hide lives on after it. */
  openBlock(names: Iterable<string>, at: number): void {
    const scope = new Map<string, Binding>();
    for (const name of names) scope.set(name, bindingOf(this.find(name) ? `${name}@${String(at)}` : name));
    this.#scopes.push(scope);
  }

  close(): void {
    this.#scopes.pop();
  }

  find(name: string): Binding | undefined {
    for (let index = this.#scopes.length - 1; index >= 0; index--) {
      const binding = this.#scopes[index]?.get(name);
      if (binding) return binding;
    }
    return undefined;
  }

  /** Binds a name of the innermost scope to something else. */
  bind(name: string, binding: Binding): void {
    this.#scopes.at(-1)?.set(name, binding);
  }
}
