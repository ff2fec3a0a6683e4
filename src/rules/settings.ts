import type { FormatName } from '../numeric';
import type { Severity } from './finding';

/** What a rule's findings count as; `off` silences it. */
export type SeveritySetting = Severity | 'off';

export type KerasBackend = 'tensorflow' | 'torch' | 'jax';

/** What a project or a user says about how to look at code; the editor and the command line share it. */
export interface FinderSettings {
  /** By rule id. A rule that is not named keeps its own severity. */
  readonly severities?: Readonly<Record<string, SeveritySetting>>;
  /** What Keras 3 runs on, where the code does not say. */
  readonly kerasBackend?: KerasBackend;
  /** The number format trained in, where the code does not say. */
  readonly format?: FormatName;
}
