/** Messages between the panel of a zero error radius and its webview. Types only. */
import type { TargetSummary } from '../measure';
import type { Format } from './measurement';
import type {
  CancelMessage,
  FailedMessage,
  FinishedMessage,
  PanelOrigin,
  ReadyMessage,
  ReportMessage,
  ShowLogsMessage,
  StartedMessage,
} from './panel';
import type { HiddenIds, LookMessage, SavingMessage } from './saving';

/** A zero-error-radius variant that can be shown. */
export interface VariantItem {
  readonly id: string;
  readonly label: string;
  /** For sentences that name several: "v2", "MikeNet". */
  readonly short: string;
  readonly formula: string;
  readonly notes: string;
  /** Constants other than the radius, which every variant has. */
  readonly constants: readonly VariantConstant[];
  /** The formats that the original computes in, where these are not all. */
  readonly originalFormats: readonly Format[] | null;
}

/** A constant with the value that is measured. */
export interface VariantConstant {
  readonly name: string;
  readonly value: number;
}

export interface ZerSettings {
  readonly variants: readonly string[];
  readonly radius: number;
  readonly format: Format;
  /** Targets that are shown: 0, 1, soft ones between them. */
  readonly targets: readonly number[];
}

/** How the curves of a zero error radius are drawn. */
export interface ZerLook {
  /** What they are plotted against. */
  readonly axes: readonly ('output' | 'logit')[];
}

export interface ZerStateMessage {
  readonly type: 'zer';
  readonly title: string;
  readonly source: string;
  readonly origin: PanelOrigin;
  readonly settings: ZerSettings;
  /** What the legend hides; where left out, what the page has kept. */
  readonly hidden?: HiddenIds;
  /** How it is drawn; where left out, as the page has kept it. */
  readonly look?: ZerLook;
  readonly variants: readonly VariantItem[];
  /** How many of the page's changes had been heard of; where left out, all. */
  readonly heard?: number;
}

/** For one variant and target: arrays of one length each over the output p, and over the logit z. */
export interface ZerCurveMessage {
  readonly type: 'zerCurve';
  readonly generation: number;
  readonly variant: string;
  readonly target: number;
  /** The target as the format stores it. */
  readonly storedTarget: number;
  readonly output: Float64Array;
  readonly replaced: Float64Array;
  readonly logit: Float64Array;
  /** The output at each logit as the format has it, and what it is replaced by. */
  readonly outputAtLogit: Float64Array;
  readonly replacedAtLogit: Float64Array;
  readonly loss: Float64Array;
  readonly gradient: Float64Array;
  /** Plain cross-entropy at the same logits, exactly. */
  readonly exactLoss: Float64Array;
  readonly exactGradient: Float64Array;
  readonly summary: TargetSummary;
}

/** An output next to the border of a radius. All numbers are values of the format, computed in it. */
export interface ZerOutput {
  readonly output: number;
  /** |p − t|. */
  readonly distance: number;
  /** Whether the variant replaces it by its target, so that it counts as no error. */
  readonly counts: boolean;
}

/** Where outputs stop to count as their target, for one variant, on one side of one target. */
export interface ZerBorder {
  readonly variant: string;
  readonly target: number;
  /** Which outputs are meant: those below the target, or above. */
  readonly side: 'below' | 'above';
  /** The target less (or plus) the radius, as one writes it: 0.9 for target 1 and radius 0.1. Null where it is no output. */
  readonly written: number | null;
  /** What the format makes of it, and the next values farther from the target and nearer to it. */
  readonly stored: ZerOutput | null;
  readonly farther: ZerOutput | null;
  readonly nearer: ZerOutput | null;
  /** The farthest output from the target that counts; null where none does, not even the target itself. */
  readonly last: ZerOutput | null;
  /** The next value beyond it; null where all outputs on this side count. */
  readonly beyond: ZerOutput | null;
}

export interface ZerBordersMessage {
  readonly type: 'zerBorders';
  readonly generation: number;
  readonly storedRadius: number;
  /** For each variant and target, a side where there are outputs. */
  readonly borders: readonly ZerBorder[];
}

/** What measuring gives. */
export type ZerResult = ZerCurveMessage | ZerBordersMessage;

export type ToZerWebview = ZerStateMessage | StartedMessage | ZerResult | FinishedMessage | FailedMessage;

export interface ZerChangeMessage {
  readonly type: 'changeZer';
  readonly settings: ZerSettings;
  /** How many changes the page has seen, this one among them. */
  readonly count: number;
}

/** The reader wants to see networks trained with what is shown. */
export interface TrainTheseMessage {
  readonly type: 'train';
  readonly variants: readonly string[];
  readonly radius: number;
}

export type FromZerWebview =
  | ReadyMessage
  | ZerChangeMessage
  | TrainTheseMessage
  | CancelMessage
  | ShowLogsMessage
  | ReportMessage
  | LookMessage<ZerLook>
  | SavingMessage<ZerSettings>;
