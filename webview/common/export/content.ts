import type { BackendName, Format, TargetSummary } from '../../../src/protocol/measurement';
import type { ComputedBy } from '../../../src/protocol/webview';
import type { Plot } from '../chart';
import type { LegendEntry } from '../legend';

/** A loss as it was chosen. */
export interface ExportedLoss {
  readonly label: string;
  readonly id: string;
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** One curve with everything that is known of it. */
export interface ExportedCurve {
  readonly label: string;
  readonly loss: ExportedLoss;
  readonly format: Format;
  /** Where a curve is of one. */
  readonly target?: number | 'mean';
  /** What else it is of, in words. */
  readonly about?: string;
  readonly backend: BackendName;
  /** Whether a framework's own function computed it, and not our expression of it. */
  readonly real: boolean;
  readonly summary?: TargetSummary;
  readonly explanation?: string;
  /** Columns of the same length by their names; several where there are points of several kinds. */
  readonly points: readonly Readonly<Record<string, Float64Array>>[];
  /** The same where floats end. */
  readonly specials?: Readonly<Record<string, Float64Array>>;
}

/** Texts as the page shows them. */
export interface ExportedTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All that the page shows, at one moment, but for the pictures. */
export interface ExportContent {
  readonly title: string;
  /** The file that it is of, or empty. */
  readonly source: string;
  readonly version: string;
  readonly date: Date;
  /** Why it is not all of what was asked for; empty where it is. */
  readonly incomplete: string;
  readonly computed: readonly ComputedBy[];
  readonly losses: readonly ExportedLoss[];
  readonly formats: readonly Format[];
  readonly sentences: readonly string[];
  readonly table: ExportedTable;
  readonly curves: readonly ExportedCurve[];
  readonly settings: object;
}

/** The texts of a table, as they stand there. */
export function tableTexts(element: HTMLElement): ExportedTable {
  const textsIn = (row: HTMLTableRowElement): string[] => Array.from(row.cells, textOf);
  const rows = Array.from(element.querySelectorAll('tr'));
  const [head, ...body] = rows.map(textsIn);
  return { heads: head ?? [], rows: body };
}

/** The texts of the items of a list. */
export function itemTexts(list: HTMLElement): string[] {
  return Array.from(list.children, textOf);
}

function textOf(element: Element): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}

/** What a picture is made of besides. */
export interface ExportPicture {
  readonly plots: readonly Plot[];
  readonly legend: readonly LegendEntry[];
}
