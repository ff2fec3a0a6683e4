import type { FormatName } from '../numeric';
import type { BackendName } from '../protocol';
import type { Evaluator } from './evaluator';

/** How far a backend has come on its way to its first result. A crash is named by the stage it happened in. */
export type Stage = 'import' | 'adapter' | 'device' | 'self-test' | 'ready';

/** Why a backend can't be used. */
export type BackendErrorCode =
  /** A package or program that isn't there. */
  | 'not-installed'
  /** It is there, and is not what is needed: no addon, another architecture, an old version. */
  | 'unusable'
  /** It works, and finds no device to compute on. */
  | 'no-device'
  /** The device or the framework does not compute in this number format, or not this operation. */
  | 'unsupported'
  /** It failed while it was computing. */
  | 'failed';

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

/** What the user has set for a backend. */
export interface BackendSettings {
  /** webgpu, cuda: the folder in whose node_modules the package is; the project's own where it isn't given. */
  readonly runtimePath?: string;
  /** python: the interpreter. */
  readonly interpreter?: string;
  /** python: which framework computes; the first that can be imported where it isn't given. */
  readonly framework?: 'torch' | 'tensorflow' | 'keras' | 'jax' | 'numpy';
  /** python: `cuda`, `mps` or `cpu`; the best there is where it isn't given. */
  readonly device?: string;
  /** webgpu: whether an adapter that computes on the CPU will do, as in tests. */
  readonly allowSoftware?: boolean;
}

/**
 * Opens a backend in this process, which no other backend is opened in.
 * @param stage is told each stage as it is reached
 * @throws BackendError
 */
export type OpenBackend = (settings: BackendSettings, stage: (reached: Stage) => void) => Promise<OpenedBackend>;

export type { BackendName };
