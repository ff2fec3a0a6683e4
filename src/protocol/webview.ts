/** Messages between the panels of the extension host and their webviews. Types only. */
import type { Difference, TargetSummary } from '../measure';
import type { BackendState } from './backend';
import type { BackendChoice, BackendIdentity, BackendName, Curve, Format } from './measurement';

/** A number that JSON does not have, on its way to a webview: `NaN`, `Infinity`, `-Infinity` or `-0`. */
export interface WireNumber {
  readonly $number: string;
}

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
  /** What computes; `auto` is what the user has set, and else a GPU where there is one. */
  readonly backend: BackendChoice;
  /** What else computes the same, to be compared with it. */
  readonly compare: readonly BackendName[];
}

/** A backend that can be chosen, and what is known of it. */
export interface BackendItem {
  readonly name: BackendChoice;
  /** What it is, in words. */
  readonly title: string;
  readonly state: BackendState['state'];
  /** What is known of it, in words: its device, how far it has come, or why it can't be used and what to do. */
  readonly about: string;
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

/** What is known of each backend, `auto` among them: sent with the state and whenever it changes. */
export interface BackendsMessage {
  readonly type: 'backends';
  readonly backends: readonly BackendItem[];
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
  /** Why the right side ends where it does, in sentences; empty for a backend that is only compared with. */
  readonly explanation: string;
  readonly backend: BackendName;
  /** Whether it is one of those that are compared with, and not what was chosen. */
  readonly compared: boolean;
  /** Whether the framework's own function computed it, and not our expression in its operations. */
  readonly real: boolean;
}

/** How a curve of a backend that is compared with differs from that of the one chosen. */
export interface DifferenceMessage {
  readonly type: 'difference';
  readonly generation: number;
  readonly lossKey: string;
  readonly format: Format;
  readonly target: number | 'mean';
  readonly backend: BackendName;
  readonly reference: BackendName;
  readonly difference: Difference;
  /** The same in sentences. */
  readonly description: string;
}

/** A backend that is compared with has measured all it can, or nothing. */
export interface ComparedMessage {
  readonly type: 'compared';
  readonly generation: number;
  readonly backend: BackendName;
  /** Who it is; null where it could not be had. */
  readonly computed: ComputedBy | null;
  /** Why it has not measured everything, and what to do about it; empty where it has. */
  readonly problem: string;
  /** How many of the curves that were announced do not come. */
  readonly missing: number;
}

/** The backend that was chosen has measured everything; those that are compared with it go on. */
export interface ReferenceMessage {
  readonly type: 'reference';
  readonly generation: number;
  readonly computed: ComputedBy;
}

/** Who has computed something. */
export interface ComputedBy {
  readonly identity: BackendIdentity;
  /** What its self-test has shown, in sentences; empty where it has none. */
  readonly selfTest: string;
}

/** What measuring for a floor dashboard gives, one by one. */
export type FloorResult = CurveMessage | DifferenceMessage | ComparedMessage | ReferenceMessage;

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

export type ToFloorWebview =
  FloorStateMessage | BackendsMessage | StartedMessage | FloorResult | FinishedMessage | FailedMessage;

export interface ReadyMessage {
  readonly type: 'ready';
}

export interface FloorChangeMessage {
  readonly type: 'changeFloor';
  readonly settings: FloorSettings;
}

/** Open every backend, to see whether it can be used. */
export interface ProbeMessage {
  readonly type: 'probe';
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

export type FromFloorWebview =
  ReadyMessage | FloorChangeMessage | ProbeMessage | CancelMessage | ShowLogsMessage | ReportMessage;

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
