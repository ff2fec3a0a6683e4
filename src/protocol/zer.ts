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
import type { HiddenIds, SavingMessage } from './saving';

/** A zero-error-radius variant that can be shown. */
export interface VariantItem {
  readonly id: string;
  readonly label: string;
  readonly formula: string;
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
  /** What the legend hides; where left out, what the page has kept. */
  readonly hidden?: HiddenIds;
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

export type FromZerWebview =
  ReadyMessage | ZerChangeMessage | CancelMessage | ShowLogsMessage | ReportMessage | SavingMessage<ZerSettings>;
