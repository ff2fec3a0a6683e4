/** Messages by which a page has what it shows saved or copied. Types only. */

export type ExportKind = 'png' | 'svg' | 'csv' | 'json';

/**
 * Which curves are not drawn, by their ids: of a precision floor key of the loss, format, target, and backend where it is
 * only compared with; of a radius variant and target; "exact" and a number. A space between the parts.
 */
export type HiddenIds = readonly string[];

/** The reader has hidden or shown a curve. Nothing is measured for it. */
export interface HideMessage {
  readonly type: 'hide';
  readonly hidden: HiddenIds;
}

/** The reader wants to see the same drawn otherwise. Nothing is measured for it. */
export interface LookMessage<Look> {
  readonly type: 'look';
  readonly look: Look;
}

/** Write everything that is set into the configuration that the panel is of, or with `as` into one that is chosen. */
export interface SaveConfigMessage<Settings> {
  readonly type: 'saveConfig';
  readonly settings: Settings;
  readonly hidden: HiddenIds;
  readonly as: boolean;
}

/** Save what the page has made of what it shows. */
export interface SaveMessage {
  readonly type: 'save';
  readonly suggestedName: string;
  readonly kind: ExportKind;
  readonly content: string | Uint8Array;
}

/** Put a report into the clipboard, with what it takes to have the same again. */
export interface CopyReportMessage<Settings> {
  readonly type: 'copyReport';
  /** Markdown. */
  readonly text: string;
  readonly settings: Settings;
  readonly hidden: HiddenIds;
}

export type SavingMessage<Settings> =
  HideMessage | SaveConfigMessage<Settings> | SaveMessage | CopyReportMessage<Settings>;
