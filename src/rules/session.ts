import { analysePython, PythonParser } from '../python';
import type { Finding } from './finding';
import { findingsBy, type FindingsOptions } from './findings';

/**
 * The findings of one text while it is being written. It says exactly what `findingsIn` says of the same text, and
 * sooner: what a change doesn't touch is not parsed again.
 */
export class FindingsSession {
  readonly #options: FindingsOptions;
  readonly #parser = new PythonParser();
  #last: { readonly text: string; readonly findings: readonly Finding[] } | undefined;

  constructor(options: FindingsOptions = {}) {
    this.#options = options;
  }

  /**
   * @param text as it is now; what has changed since the last time is found out
   * @param load brings what other files say, as they are now
   */
  update(text: string, load = this.#options.load): readonly Finding[] {
    if (this.#last?.text === text && !load) return this.#last.findings;
    const parse = this.#parser.parse.bind(this.#parser);
    const analyse = (each: string): ReturnType<typeof analysePython> => analysePython(each, { load }, parse);
    const findings = findingsBy(analyse, text, { ...this.#options, load });
    this.#last = load ? undefined : { text, findings };
    return findings;
  }
}
