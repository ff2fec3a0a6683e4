/** Messages between the panel of a precision floor and its webview. Types only. */
import type { Difference, TargetSummary } from '../measure';
import type { BackendState } from './backend';
import type { BackendChoice, BackendName, Curve, Format } from './measurement';
import type {
  CancelMessage,
  ComputedBy,
  FailedMessage,
  FinishedMessage,
  PanelOrigin,
  ReadyMessage,
  ReportMessage,
  ShowLogsMessage,
  StartedMessage,
} from './panel';
import type { FromSamplesView, ToSamplesView } from './samples';
import type { HiddenIds, LookMessage, SavingMessage } from './saving';

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
  /** The default of some number formats, where a framework has one of its own for them. */
  readonly defaultIn: Readonly<Partial<Record<Format, number>>>;
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
  /** The part of the margins that the reader has zoomed to, measured at as many points as the sweep; null for all of it. */
  readonly view: { readonly from: number; readonly to: number } | null;
  /** Where the points lie: at even margins, or at even steps through the values of the coarsest format. Margins where left out. */
  readonly spacing?: 'margin' | 'ordinal';
  /** What computes; `auto` is what the user has set, and else a GPU where there is one. */
  readonly backend: BackendChoice;
  /** What else computes the same, to be compared with it. */
  readonly compare: readonly BackendName[];
}

/** How the plots of a precision floor are drawn. */
export interface FloorLook {
  /** What the error is that of. */
  readonly errorOf: 'loss' | 'gradient';
  /** Several targets in one plot, or each in one of its own. */
  readonly targets: 'overlaid' | 'beside';
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

/** Start afresh: the first message after `ready`, and again when the configuration changes outside the webview. */
export interface FloorStateMessage {
  readonly type: 'floor';
  readonly title: string;
  /** Name of the file it comes from, empty where there is none. */
  readonly source: string;
  readonly origin: PanelOrigin;
  readonly settings: FloorSettings;
  /** What the legend hides; where left out, what the page has kept. */
  readonly hidden?: HiddenIds;
  /** How it is drawn; where left out, as the page has kept it. */
  readonly look?: FloorLook;
  readonly catalogue: readonly CatalogueItem[];
  /** How many of the page's changes had been heard of; where left out, all. */
  readonly heard?: number;
}

/** What is known of each backend, `auto` among them: sent with the state and whenever it changes. */
export interface BackendsMessage {
  readonly type: 'backends';
  readonly backends: readonly BackendItem[];
}

export interface CurveMessage {
  readonly type: 'curve';
  readonly generation: number;
  readonly lossKey: string;
  readonly format: Format;
  readonly target: number | 'mean';
  readonly curve: Curve;
  /**
   * The same where floats end: nine margins, those of the logits 0, -0, the smallest subnormal, minus it, the largest
   * value, minus it, ∞, -∞ and NaN, in this order.
   */
  readonly specials: Curve;
  readonly summary: TargetSummary;
  /** Why the right side ends where it does, in sentences; empty for a backend that is only compared with. */
  readonly explanation: string;
  readonly backend: BackendName;
  /** Whether it is one of those that are compared with, and not what was chosen. */
  readonly compared: boolean;
  /** Whether the framework's own function computed it, and not our expression in its operations. */
  readonly real: boolean;
  /** Whether it was measured for an earlier run, and only remembered for this one. */
  readonly remembered: boolean;
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

/** What measuring for a floor dashboard gives, one by one. */
export type FloorResult = CurveMessage | DifferenceMessage | ComparedMessage | ReferenceMessage;

export type ToFloorWebview =
  FloorStateMessage | BackendsMessage | StartedMessage | FloorResult | FinishedMessage | FailedMessage | ToSamplesView;

export interface FloorChangeMessage {
  readonly type: 'changeFloor';
  readonly settings: FloorSettings;
  /** How many changes the page has seen, this one among them. */
  readonly count: number;
}

/** Open every backend, to see whether it can be used. */
export interface ProbeMessage {
  readonly type: 'probe';
}

export type FromFloorWebview =
  | ReadyMessage
  | FloorChangeMessage
  | ProbeMessage
  | CancelMessage
  | ShowLogsMessage
  | ReportMessage
  | FromSamplesView
  | LookMessage<FloorLook>
  | SavingMessage<FloorSettings>;
