/** Messages between the panel of a precision floor and its webview about the user's own logits. Types only. */
import type { SampleCounts } from '../measure';
import type { BackendName, Format } from './measurement';

/** The file whose logits are shown. */
export interface LoadedSamples {
  readonly name: string;
  /** Where it can be read again, after a restart; null for what only the page could read. */
  readonly uri: string | null;
  readonly count: number;
  readonly hasTargets: boolean;
  readonly nan: number;
  readonly infinite: number;
  /** What was taken for what, in sentences. */
  readonly notes: readonly string[];
}

/** Which samples there are now; null for none. Any reading has come to its end. */
export interface SamplesMessage {
  readonly type: 'samples';
  readonly loaded: LoadedSamples | null;
}

/** How many bytes of a file have been read. */
export interface SamplesReadingMessage {
  readonly type: 'samplesReading';
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

/** A file that can't be taken, in words for the user. What was there before stays. */
export interface SamplesErrorMessage {
  readonly type: 'samplesError';
  readonly message: string;
}

/** The margins of the samples over the range of the plots. */
export interface SamplesHistogramMessage {
  readonly type: 'samplesHistogram';
  /** Ascending, one more than counts. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
  /** What lies elsewhere and how it was counted, in sentences. */
  readonly about: string;
}

/** What a curve's loss does at the samples of its target. */
export interface SampleResult {
  readonly lossKey: string;
  readonly label: string;
  readonly format: Format;
  readonly target: number;
  readonly backend: BackendName;
  readonly counts: SampleCounts;
  readonly sentence: string;
}

/** What has been computed at the samples so far: replaces what was there before. */
export interface SamplesResultsMessage {
  readonly type: 'samplesResults';
  readonly results: readonly SampleResult[];
  /** How many there will be, and how much of all is done, from 0 to 1. */
  readonly expected: number;
  readonly done: number;
  /** Why there are not all, in words; empty where there are, or will be. */
  readonly problem: string;
}

/** A part of a dropped file is wanted, which only the page can read. */
export interface SamplesReadMessage {
  readonly type: 'samplesRead';
  readonly id: string;
  readonly offset: number;
  readonly length: number;
}

export type ToSamplesView =
  | SamplesMessage
  | SamplesReadingMessage
  | SamplesErrorMessage
  | SamplesHistogramMessage
  | SamplesResultsMessage
  | SamplesReadMessage;

/** The reader wants to choose a file. */
export interface ChooseSamplesMessage {
  readonly type: 'chooseSamples';
}

/** A file was dropped on the page. Nothing of it is read before the host asks. */
export interface DroppedSamplesMessage {
  readonly type: 'droppedSamples';
  /** The page's name for it, which it hands the parts back by. */
  readonly id: string;
  readonly name: string;
  readonly size: number;
}

/** A part that was wanted; null where the page can't read it any more. */
export interface SamplesPartMessage {
  readonly type: 'samplesPart';
  readonly id: string;
  readonly offset: number;
  readonly bytes: Uint8Array | null;
}

/** Files of the workspace were dropped on the page; or, after a restart, the one that it had is to be read again. */
export interface DroppedUrisMessage {
  readonly type: 'droppedUris';
  readonly uris: readonly string[];
}

export interface ForgetSamplesMessage {
  readonly type: 'forgetSamples';
}

/** Stop reading, or computing at the samples. */
export interface CancelSamplesMessage {
  readonly type: 'cancelSamples';
}

export type FromSamplesView =
  | ChooseSamplesMessage
  | DroppedSamplesMessage
  | SamplesPartMessage
  | DroppedUrisMessage
  | ForgetSamplesMessage
  | CancelSamplesMessage;
