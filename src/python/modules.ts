import path from 'node:path';
import { interpretModule } from './interpreter';
import { parsePython } from './parse';
import type { Scope } from './scope';

/** The names of another module of the project, by the name that an import has for it: `models.head`, `.head`. */
export type ModuleLoader = (module: string) => Scope | undefined;

/** Only what may end in a probability is worth reading: that is what other files' losses need to know. */
const worthReading = /igmoid|oftmax|expit/;

/** What is installed, not part of the project. */
const library =
  /^(torch|torchvision|tensorflow|keras|tf_keras|jax|flax|optax|numpy|scipy|np|tf|math|os|sys|re|time|random|json|typing|collections|functools|matplotlib|pandas|sklearn|builtins|<)(\.|\b|$)/;

/** Longer modules are not read for the sake of another. */
const mostCharacters = 400_000;

/** Folders above a file's own in which absolute imports are looked for. */
const levels = 3;

/**
 * Modules that the files of a project import from one another, each read and gone through once. Their own imports of
 * other files are not followed.
 */
export class LocalModules {
  readonly #read: (file: string) => string | undefined;
  readonly #scopes = new Map<string, Scope | undefined>();

  /** @param read the text of a file; undefined if there is none. It must not throw. */
  constructor(read: (file: string) => string | undefined) {
    this.#read = read;
  }

  /** What imports in a file bring. */
  of(file: string): ModuleLoader {
    const found = new Map<string, Scope | undefined>();
    return (module) => {
      if (library.test(module)) return undefined;
      if (found.has(module)) return found.get(module);
      let scope: Scope | undefined;
      for (const candidate of candidates(file, module)) {
        scope = this.#scopeOf(candidate);
        if (scope) break;
      }
      found.set(module, scope);
      return scope;
    };
  }

  #scopeOf(file: string): Scope | undefined {
    if (this.#scopes.has(file)) return this.#scopes.get(file);
    // A module that imports itself, or is looked for while it is read, brings nothing.
    this.#scopes.set(file, undefined);
    const text = this.#read(file);
    if (text === undefined || text.length > mostCharacters || !worthReading.test(text)) return undefined;
    const scope = interpretModule(parsePython(text), text, `m${String(this.#scopes.size)}v`);
    this.#scopes.set(file, scope);
    return scope;
  }
}

/** Whether a text imports a module of its project that says something of probabilities. */
export function importsLocally(text: string, load: ModuleLoader): boolean {
  for (const [, from, imported = ''] of text.matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., ]+))/gm,
  )) {
    const names = from === undefined ? imported.split(',') : [from];
    for (const name of names) {
      const module = name.trim().split(/[ \t]/)[0] ?? '';
      if (module !== '' && load(module)) return true;
    }
  }
  return false;
}

function candidates(file: string, module: string): string[] {
  const [dots = ''] = /^\.*/.exec(module) ?? [];
  const parts = module.slice(dots.length).split('.').filter(Boolean);
  if (parts.length === 0) return [];
  const folder = path.dirname(file);
  const folders =
    dots.length > 0
      ? [path.join(folder, ...Array.from({ length: dots.length - 1 }, () => '..'))]
      : Array.from({ length: levels }, (_, level) => path.join(folder, ...Array.from({ length: level }, () => '..')));
  const beside = dots === '' ? folders.flatMap((each) => besideBy(each, parts)) : [];
  return [
    ...folders.flatMap((each) => [`${path.join(each, ...parts)}.py`, path.join(each, ...parts, '__init__.py')]),
    ...beside,
  ];
}

/** Of a package that was copied without what is above it, `project.nets.model` is looked for in a folder `nets`. */
function besideBy(folder: string, parts: readonly string[]): string[] {
  const at = parts.lastIndexOf(path.basename(folder));
  return at < 0 || at === parts.length - 1 ? [] : [`${path.join(folder, ...parts.slice(at + 1))}.py`];
}
