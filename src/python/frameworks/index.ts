import type { Framework, Meaning } from './framework';
import { jax } from './jax';
import { keras, kerasBackend } from './keras';
import { numpy } from './numpy';
import { pytorch } from './pytorch';
import { tensorflow } from './tensorflow';

export const frameworks: readonly Framework[] = [pytorch, tensorflow, keras, kerasBackend, jax, numpy];

export interface Known {
  readonly framework: Framework;
  readonly meaning: Meaning;
}

const names = new Map<string, Known>();
const methods = new Map<string, Known>();
const renamed: [from: string, to: string][] = [];
for (const framework of frameworks) {
  for (const [name, meaning] of Object.entries(framework.names)) names.set(name, { framework, meaning });
  for (const [name, meaning] of Object.entries(framework.methods ?? {})) {
    if (!methods.has(name)) methods.set(name, { framework, meaning });
  }
  renamed.push(...Object.entries(framework.renamed ?? {}));
}

/** The name under which a framework's table has it. */
export function canonicalName(path: string): string {
  let name = path;
  for (const [from, to] of renamed) {
    if (name.startsWith(from)) name = to + name.slice(from.length);
  }
  return name;
}

export function knownName(path: string): Known | undefined {
  return names.get(path) ?? names.get(canonicalName(path));
}

export function knownMethod(name: string): Known | undefined {
  return methods.get(name);
}

export type { Applied, Arguments, Framework, FrameworkName, Meaning, StableForm } from './framework';
