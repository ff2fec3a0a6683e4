/** Messages between the panels of the extension host and their webviews. Types only. */
import type { TargetSummary } from '../measure';
import type { BackendIdentity, Curve, Format } from './measurement';

/** A loss that can be chosen. */
export interface CatalogueItem {
  readonly id: string;
  readonly label: string;
  readonly framework: string;
  readonly family: string;
  readonly formula: string;
  readonly notes: string;
  readonly constants: readonly ConstantItem[];
}

export interface ConstantItem {
  readonly name: string;
  readonly label: string;
  readonly default: number;
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** A loss that is chosen, with its constants. `key` tells two choices of the same loss apart. */
export interface ChosenLoss {
  readonly key: string;
  readonly id: string;
  readonly label: string;
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** Everything a floor dashboard shows is made from these. */
export interface FloorSettings {
  readonly losses: readonly ChosenLoss[];
  readonly formats: readonly Format[];
  readonly targets: readonly (number | 'mean')[];
  readonly sweep: { readonly from: number; readonly to: number; readonly points: number };
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
}

/** Start afresh: the first message after `ready`, and again when the configuration changes outside the webview. */
export interface FloorStateMessage {
  readonly type: 'floor';
  readonly title: string;
  /** Name of the file it comes from, empty where there is none. */
  readonly source: string;
  readonly origin: PanelOrigin;
  readonly settings: FloorSettings;
  readonly catalogue: readonly CatalogueItem[];
}

/** Measuring has begun; what comes belongs to this generation, anything older is stale. */
export interface StartedMessage {
  readonly type: 'started';
  readonly generation: number;
  readonly expected: number;
  /** What is being measured: the webview may have asked for something else meanwhile. Where left out, it hasn't. */
  readonly settings?: FloorSettings | ZerSettings;
}

export interface CurveMessage {
  readonly type: 'curve';
  readonly generation: number;
  readonly lossKey: string;
  readonly format: Format;
  readonly target: number | 'mean';
  readonly curve: Curve;
  readonly summary: TargetSummary;
  /** Why the right side ends where it does, in sentences. */
  readonly explanation: string;
}

export interface FinishedMessage {
  readonly type: 'finished';
  readonly generation: number;
  readonly identity: BackendIdentity;
  readonly milliseconds: number;
}

/** Something went wrong, in words for the user. `generation` is 0 for errors of the configuration itself. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly generation: number;
  readonly message: string;
}

export type ToFloorWebview = FloorStateMessage | StartedMessage | CurveMessage | FinishedMessage | FailedMessage;

export interface ReadyMessage {
  readonly type: 'ready';
}

export interface FloorChangeMessage {
  readonly type: 'changeFloor';
  readonly settings: FloorSettings;
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

export type FromFloorWebview = ReadyMessage | FloorChangeMessage | CancelMessage | ShowLogsMessage | ReportMessage;

/** A zero-error-radius variant that can be shown. */
export interface VariantItem {
  readonly id: string;
  readonly label: string;
  readonly notes: string;
}

export interface ZerSettings {
  readonly variants: readonly string[];
  readonly radius: number;
  readonly format: Format;
  /** Binary targets that are shown. */
  readonly targets: readonly number[];
}

export interface ZerStateMessage {
  readonly type: 'zer';
  readonly title: string;
  readonly source: string;
  readonly origin: PanelOrigin;
  readonly settings: ZerSettings;
  readonly variants: readonly VariantItem[];
}

/** For one variant and target: arrays of one length each over the output p, and over the logit z. */
export interface ZerCurveMessage {
  readonly type: 'zerCurve';
  readonly generation: number;
  readonly variant: string;
  readonly target: number;
  readonly output: Float64Array;
  readonly replaced: Float64Array;
  readonly logit: Float64Array;
  readonly loss: Float64Array;
  readonly gradient: Float64Array;
  /** Plain cross-entropy at the same logits, exactly. */
  readonly exactLoss: Float64Array;
  readonly exactGradient: Float64Array;
  readonly summary: TargetSummary;
}

export type ToZerWebview = ZerStateMessage | StartedMessage | ZerCurveMessage | FinishedMessage | FailedMessage;

export interface ZerChangeMessage {
  readonly type: 'changeZer';
  readonly settings: ZerSettings;
}

export type FromZerWebview = ReadyMessage | ZerChangeMessage | CancelMessage | ShowLogsMessage | ReportMessage;
