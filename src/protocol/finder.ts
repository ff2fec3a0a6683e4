/** Messages between the extension host and the thread that reads code. Types only. */
import type { ProjectFile } from '../config';
import type {
  Edit,
  Finding,
  FinderSettings,
  Fix,
  Language,
  Plot,
  PlottedFinding,
  RelatedPlace,
  Severity,
} from '../rules';

/** A text that is read, and its name among the texts of its unit: the URI of a document. */
export interface SourceText {
  readonly id: string;
  readonly text: string;
}

/** What is read together: one document, or the code cells of a notebook in their order. */
export interface SourceUnit {
  readonly language: Language;
  readonly notebook: boolean;
  readonly texts: readonly SourceText[];
}

/** Of the text as the changes before it have left it. */
export interface SourceChange extends Edit {
  /** The text's name in its unit. */
  readonly id: string;
}

export interface PlacedRelated extends RelatedPlace {
  readonly id: string;
}

export interface PlacedEdit extends Edit {
  readonly id: string;
}

export interface PlacedFix extends Omit<Fix, 'edits'> {
  readonly edits: readonly PlacedEdit[];
}

/** A finding whose offsets are those of the text of its unit that it is in. */
export interface PlacedFinding extends Omit<Finding, 'related' | 'fix'> {
  readonly id: string;
  readonly related: readonly PlacedRelated[];
  readonly fix?: PlacedFix;
}

/** A finding of a file that is not open, by lines and columns from 0, columns in UTF-16 units. */
export interface FileFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  readonly message: string;
  readonly lens: string;
  /** Of a notebook, which of all its cells. */
  readonly cell?: number;
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Takes in a unit, or what has changed in it, and says what is found there now. */
export interface ReadJob {
  readonly type: 'read';
  readonly key: string;
  /** Undefined where the thread has the unit already. */
  readonly unit?: SourceUnit;
  readonly changes: readonly SourceChange[];
  readonly settings: FinderSettings;
}

/** All fixes of a unit, applied until there is none left. */
export interface FixAllJob extends Omit<ReadJob, 'type'> {
  readonly type: 'fixAll';
}

/** What would silence a finding of a unit. */
export interface SuppressJob extends Omit<ReadJob, 'type'> {
  readonly type: 'suppress';
  readonly finding: Pick<PlacedFinding, 'id' | 'rule' | 'range' | 'statement'>;
  readonly scope: 'line' | 'file';
}

/** Reads the text of a pyproject.toml. */
export interface ProjectJob {
  readonly type: 'project';
  readonly text: string;
}

export interface ScanJob {
  readonly type: 'scan';
  /** The file's URI. */
  readonly key: string;
  readonly file: 'source' | 'notebook';
  readonly language: Language;
  readonly bytes: Uint8Array;
  readonly settings: FinderSettings;
}

export interface PlotJob {
  readonly type: 'plot';
  readonly finding: PlottedFinding;
}

/** The jobs that are about a unit. */
export type UnitJob = ReadJob | FixAllJob | SuppressJob;

export type FinderJob = UnitJob | ScanJob | PlotJob | ProjectJob;

export type ToFinder =
  | { readonly type: 'job'; readonly id: number; readonly job: FinderJob }
  | { readonly type: 'forget'; readonly key: string };

/** The lengths tell whether host and thread speak of the same texts. */
export interface ReadOutcome {
  readonly lengths: Readonly<Record<string, number>>;
}

export interface FixAllOutcome extends ReadOutcome {
  readonly edits: readonly PlacedEdit[];
  readonly applied: number;
}

export interface SuppressOutcome extends ReadOutcome {
  readonly edit: PlacedEdit | undefined;
}

export interface ScanOutcome {
  readonly findings: readonly FileFinding[];
  /** Why the file could not be read, if it couldn't. */
  readonly trouble?: string;
}

/** What each job's `done` message brings, by the job's type. */
export interface FinderOutcomes {
  readonly read: ReadOutcome;
  readonly fixAll: FixAllOutcome;
  readonly suppress: SuppressOutcome;
  readonly scan: ScanOutcome;
  readonly plot: Plot | undefined;
  readonly project: ProjectFile;
}

export type FromFinder =
  /** Some findings of a `read`: few at a time, so that taking them out of a message never takes long. */
  | { readonly type: 'findings'; readonly id: number; readonly findings: readonly PlacedFinding[] }
  | { readonly type: 'done'; readonly id: number; readonly outcome: FinderOutcomes[keyof FinderOutcomes] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
