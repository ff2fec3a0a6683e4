import type { FormatName } from '../numeric';
import type { BackendErrorCode, BackendSettings, Stage } from '../protocol';
import type { Evaluator } from './evaluator';

/** Why a backend can't be used, in words for people: what is wrong, where, and what would help. */
export class BackendError extends Error {
  override readonly name = 'BackendError';

  constructor(
    readonly code: BackendErrorCode,
    message: string,
    /** What to do about it: a full sentence. */
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** A device that has been opened. */
export interface OpenedBackend {
  readonly evaluator: Evaluator;
  readonly formats: readonly FormatName[];
  /** Gives the device back. The process ends soon after. */
  close(): Promise<void>;
}

/**
 * Opens a backend in this process, which no other backend is opened in.
 * @param stage is told each stage as it is reached, and, where one takes long, again with what it is at
 * @throws BackendError
 */
export type OpenBackend = (
  settings: BackendSettings,
  stage: (reached: Stage, detail?: string) => void,
) => Promise<OpenedBackend>;

export type { BackendErrorCode, BackendSettings, Stage };
