/** Messages that every panel and its webview exchange, whatever they show. Types only. */
import type { BackendIdentity } from './measurement';

/** A number that JSON does not have, on its way to a webview: `NaN`, `Infinity`, `-Infinity` or `-0`. */
export interface WireNumber {
  readonly $number: string;
}

/** What a panel shows, so that it can be opened again after a restart. The webview keeps it with its state. */
export type PanelOrigin =
  | { readonly kind: 'catalogue' }
  | { readonly kind: 'config'; readonly uri: string }
  | { readonly kind: 'finding'; readonly uri: string; readonly rule: string; readonly offset: number };

/** What a webview keeps by `setState`, for itself and for the serializer of its panel. */
export interface KeptState<Settings> {
  readonly origin: PanelOrigin;
  readonly settings: Settings;
  /** What the legend hides, by the ids of the curves. */
  readonly hidden?: readonly string[];
  /** How it is drawn: of what kind depends on the panel. */
  readonly look?: object;
}

/** Measuring has begun; what comes belongs to this generation, anything older is stale. */
export interface StartedMessage {
  readonly type: 'started';
  readonly generation: number;
  readonly expected: number;
  /** What is being measured: the webview may have asked for something else meanwhile. Where left out, it hasn't. */
  readonly settings?: object;
}

/** Who has computed something. */
export interface ComputedBy {
  readonly identity: BackendIdentity;
  /** What its self-test has shown, in sentences; empty where it has none. */
  readonly selfTest: string;
}

export interface FinishedMessage extends ComputedBy {
  readonly type: 'finished';
  readonly generation: number;
  readonly milliseconds: number;
}

/** Something went wrong, in words for the user. `generation` is 0 for errors of the configuration itself. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly generation: number;
  readonly message: string;
}

export interface ReadyMessage {
  readonly type: 'ready';
}

export interface CancelMessage {
  readonly type: 'cancel';
}

export interface ShowLogsMessage {
  readonly type: 'showLogs';
}

/** The webview lets the host log what it can't show, such as a security-policy violation. */
export interface ReportMessage {
  readonly type: 'report';
  readonly message: string;
}
