/** What there is to say of a backend before, while and after it is opened. Types only. */
import type { BackendIdentity, BackendName, Format } from './measurement';

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
  /** python: how long importing the framework and opening its device may take, in seconds; 120 where it isn't given. */
  readonly importTimeout?: number;
  /** webgpu: whether an adapter that computes on the CPU will do, as in tests. */
  readonly allowSoftware?: boolean;
}

/** How far a function of a backend is from the correctly rounded one of `model`. */
export interface FunctionAccuracy {
  readonly name: string;
  /** The largest distance, in units in the last place of the format. */
  readonly ulp: number;
  /** The argument where that is. */
  readonly at: number;
}

/** What a backend computes beside what `model` computes, looked at when it was opened. */
export interface SelfTest {
  readonly format: Format;
  readonly points: number;
  readonly functions: readonly FunctionAccuracy[];
  /** Where one of the two is NaN, infinite or zero and the other isn't, in words. */
  readonly differences: readonly string[];
  /** Whether results below the smallest normal number, or such arguments, become 0. */
  readonly flushesSubnormals: boolean;
  readonly passed: boolean;
  readonly milliseconds: number;
}

/** A backend that can be used. */
export interface ReadyBackend {
  readonly identity: BackendIdentity;
  readonly formats: readonly Format[];
  /** None of `model`, which others are compared with. */
  readonly selfTest: SelfTest | null;
}

/** Why a backend can't be used, in words for people. */
export interface BackendRefusal {
  readonly code: BackendErrorCode;
  readonly message: string;
  /** What to do about it: a full sentence. */
  readonly remedy: string;
  /** How far it came. */
  readonly stage: Stage | null;
}

/** What is known of a backend. */
export type BackendState = {
  readonly name: BackendName;
  readonly title: string;
  /** Runs programs that a workspace can choose, so not in Restricted Mode. */
  readonly needsTrust: boolean;
} & (
  | { readonly state: 'unknown' }
  | { readonly state: 'starting'; readonly stage: Stage | null; readonly detail?: string }
  | ({ readonly state: 'ready' } & ReadyBackend)
  | ({ readonly state: 'refused' } & BackendRefusal)
);
