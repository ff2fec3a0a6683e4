import path from 'node:path';
import { findProject, projectFileName, type Project } from '../config';
import { textOf } from '../worker/moduleTexts';
import { Lines } from './lines';

/** The settings of the projects that files belong to. */
export class Projects {
  readonly #known = new Map<string, Promise<Project<string> | undefined>>();
  readonly #complain: (problem: string) => void;

  /** @param complain is told what is wrong in a project's file, once for each file */
  constructor(complain: (problem: string) => void) {
    this.#complain = complain;
  }

  /** The project of what is in a folder. */
  of(folder: string): Promise<Project<string> | undefined> {
    const known = this.#known.get(folder);
    if (known) return known;
    const found = this.#find(folder);
    this.#known.set(folder, found);
    return found;
  }

  async #find(folder: string): Promise<Project<string> | undefined> {
    const file = path.join(folder, projectFileName);
    const text = textOf(file);
    // Only of this folder: what is above is asked for and remembered by itself.
    const project = await findProject(folder, {
      parentOf: () => undefined,
      readProjectFile: () => Promise.resolve(text),
    });
    if (project) {
      const lines = new Lines(text ?? '');
      for (const { message, start } of project.problems) {
        const { line, column } = lines.position(start);
        this.#complain(`${path.relative('', file) || file}:${String(line)}:${String(column)}: ${message}`);
      }
      return project;
    }
    const parent = path.dirname(folder);
    return parent === folder ? undefined : this.of(parent);
  }
}
