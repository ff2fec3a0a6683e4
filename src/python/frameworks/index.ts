import type { Framework, FrameworkName, Meaning } from './framework';
import { jax } from './jax';
import { keras, kerasBackend } from './keras';
import { numpy } from './numpy';
import { pytorch } from './pytorch';
import { tensorflow } from './tensorflow';
import { javascript, tfjs } from './tfjs';

export const frameworks: readonly Framework[] = [
  pytorch,
  tensorflow,
  keras,
  kerasBackend,
  jax,
  numpy,
  tfjs,
  javascript,
];

export interface Known {
  readonly framework: Framework;
  readonly meaning: Meaning;
}

const names = new Map<string, Known>();
const methods = new Map<string, Map<FrameworkName, Known>>();
const renamed: [from: string, to: string][] = [];
for (const framework of frameworks) {
  for (const [name, meaning] of Object.entries(framework.names)) names.set(name, { framework, meaning });
  for (const [name, meaning] of Object.entries(framework.methods ?? {})) {
    const known = methods.get(name) ?? new Map<FrameworkName, Known>();
    methods.set(name, known.set(framework.name, { framework, meaning }));
  }
  renamed.push(...Object.entries(framework.renamed ?? {}));
}

/** So many names are kept at a time. */
const mostRemembered = 4096;

/** The same names stand in code again and again. */
function remembered<T>(find: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    let found = known.get(path);
    if (found === undefined && !known.has(path)) {
      found = find(path);
      if (known.size >= mostRemembered) known.clear();
      known.set(path, found);
    }
    return found as T;
  };
}

/** The name under which a framework's table has it. */
export const canonicalName = remembered((path: string): string => {
  let name = path;
  for (const [from, to] of renamed) {
    if (name.startsWith(from)) name = to + name.slice(from.length);
  }
  return name;
});

export const knownName = remembered(
  (path: string): Known | undefined =>
    names.get(path) ?? names.get(canonicalName(path)) ?? (path.endsWith('_') ? inPlace(path) : undefined),
);

/** PyTorch's functions that overwrite their operand give what those without a score behind their names give. */
function inPlace(path: string): Known | undefined {
  const known = /^torch\.[\w.]*[a-z\d]_$/.test(path) ? names.get(path.slice(0, -1)) : undefined;
  return known?.meaning.does === 'compute' ? known : undefined;
}

/** The language's own functions are known by their names under this one: `builtins.sum`. */
export const builtinPrefix = 'builtins.';

export function isBuiltin(name: string): boolean {
  return names.has(builtinPrefix + name);
}

/** What names are made of: `log` and `sigmoid` of `log_sigmoid`, `Log` and `Sigmoid` of `LogSigmoid`. */
const namePart = /[A-Z]?[a-z]+/g;
let nameParts: ReadonlySet<string> | undefined;

/** The parts of frameworks' names that have these letters in them: of `log` also `logits` and `logsumexp`. */
export function namesWith(letters: string): string[] {
  nameParts ??= new Set([...names.keys(), ...methods.keys()].flatMap((name) => name.match(namePart) ?? []));
  return [...nameParts].filter((part) => part.includes(letters));
}

/** Finds one of these as a part of a name. */
export function isPartOfName(parts: readonly string[]): RegExp {
  return new RegExp(`(?<![a-z])(?:${parts.join('|')})(?![a-z])`);
}

/** Numbers that libraries have names for. */
const numbers: ReadonlyMap<string, number> = new Map(
  ['math', 'numpy', 'torch', 'jax.numpy', 'scipy.constants', 'javascript.Math'].flatMap((module) => [
    [`${module}.pi`, Math.PI],
    [`${module}.PI`, Math.PI],
    [`${module}.e`, Math.E],
    [`${module}.E`, Math.E],
    [`${module}.inf`, Infinity],
    [`${module}.LN2`, Math.LN2],
  ]),
);

/** The number that a qualified name stands for: `math.pi`. */
export function knownNumber(path: string): number | undefined {
  return numbers.get(path) ?? numbers.get(canonicalName(path));
}

/** Frameworks that Python code has nothing to do with. */
const ofJavaScript: ReadonlySet<FrameworkName> = new Set<FrameworkName>(['tfjs', 'javascript']);

/**
 * What a method does, of the first of these frameworks that has it.
 * @param order the frameworks that the tensor may be of, the likeliest first; all those of Python if empty
 */
export function knownMethod(name: string, order: readonly FrameworkName[] = []): Known | undefined {
  const known = methods.get(name);
  if (!known) return undefined;
  if (order.length === 0) return [...known.values()].find(({ framework }) => !ofJavaScript.has(framework.name));
  for (const framework of order) {
    const found = known.get(framework);
    if (found) return found;
  }
  return undefined;
}

const roots: readonly (readonly [module: RegExp, framework: FrameworkName])[] = [
  [/^(torch|torchvision|pytorch_lightning|lightning|transformers|fastai)$/, 'pytorch'],
  [/^(tensorflow|tensorflowjs)$/, 'tensorflow'],
  [/^tfjs$/, 'tfjs'],
  [/^(keras|tf_keras)$/, 'keras'],
  [/^(jax|flax|optax|haiku|equinox)$/, 'jax'],
  [/^(numpy|scipy|cupy|autograd|pandas|sklearn)$/, 'numpy'],
];

/** The framework whose module a qualified name is in, also where its table hasn't the name. */
export const frameworkOfModule = remembered((path: string): Framework | undefined => {
  const root = canonicalName(path).split('.', 1)[0] ?? '';
  const [, name] = roots.find(([module]) => module.test(root)) ?? [];
  return frameworks.find((framework) => framework.name === name);
});

/** What modules are called that nothing binds: `from fastai.basics import *` has brought them, or the file is a piece. */
export const usualModules: ReadonlyMap<string, string> = new Map([
  ['F', 'torch.nn.functional'],
  ['K', 'keras.backend'],
  ['jax', 'jax'],
  ['jnp', 'jax.numpy'],
  ['nn', 'torch.nn'],
  ['np', 'numpy'],
  ['tf', 'tensorflow'],
  ['torch', 'torch'],
]);

/** The frameworks that a text imports, those that differentiate first. */
export function importedFrameworks(text: string): FrameworkName[] {
  const modules = new Set<string>();
  for (const [, from, imported = ''] of text.matchAll(/^[ \t]*(?:from[ \t]+([\w.]+)|import[ \t]+([^\n#]+))/gm)) {
    for (const name of from === undefined ? imported.split(',') : [from]) {
      modules.add(/^[ \t]*(\w+)/.exec(name)?.[1] ?? '');
    }
  }
  const imported = frameworksOf([...modules]);
  if (imported.length > 0) return imported;
  // A piece of a file, or one that is written for others to run: the names are those that everybody uses.
  const used = [...usualModules].filter(([name]) => new RegExp(`(?<![.\\w])${name}\\.\\w`).test(text));
  const usual = used.map(([, module]) => /^\w+/.exec(module)?.[0] ?? '');
  return frameworksOf(/\w\.xp\.\w/.test(text) ? [...usual, 'numpy'] : usual);
}

function frameworksOf(modules: readonly string[]): FrameworkName[] {
  return roots.flatMap(([pattern, framework]) => (modules.some((name) => pattern.test(name)) ? [framework] : []));
}

export { entryOf } from './framework';
export type { Applied, Arguments, Framework, FrameworkName, Meaning } from './framework';
