/** Messages between the panel that trains networks and its webview. Types only. */
import type { Activation, TaskId, TrainingPlan, TrainingReport, Update } from '../training';
import type {
  CancelMessage,
  FailedMessage,
  FinishedMessage,
  PanelOrigin,
  ReadyMessage,
  ReportMessage,
  ShowLogsMessage,
} from './panel';
import type { HiddenIds, SavingMessage } from './saving';
import type { VariantItem } from './zer';

export type {
  Activation,
  SeedBand,
  SeedResult,
  TaskId,
  TrainingCurve,
  TrainingPlan,
  TrainingReport,
  TrainingRow,
  TrainingTable,
  Update,
} from '../training';

/** The user's own patterns. */
export interface OwnTask {
  readonly uri: string;
  readonly name: string;
  /** How many of the last columns are targets; null where their names say it. */
  readonly targets: number | null;
}

export interface TrainingSettings extends TrainingPlan {
  readonly task: TaskId;
  /** Of the parity task. */
  readonly bits: number;
  readonly own: OwnTask | null;
}

/** A task that can be chosen, with what it is usually learnt with. */
export interface TaskItem {
  readonly id: TaskId;
  readonly label: string;
  readonly about: string;
  readonly defaults: Pick<TrainingPlan, 'hidden' | 'epochs' | 'rate'> | null;
}

export interface TrainingChoices {
  readonly variants: readonly Pick<VariantItem, 'id' | 'label' | 'formula' | 'notes' | 'constants'>[];
  readonly tasks: readonly TaskItem[];
  readonly activations: readonly Activation[];
  readonly updates: readonly Update[];
  /** Least and greatest value of each number. */
  readonly limits: Readonly<Record<TrainingNumber | 'radius' | 'bits', readonly [number, number]>>;
}

export type TrainingNumber = 'seeds' | 'epochs' | 'hidden' | 'rate' | 'momentum' | 'weightRange';

/** Everything afresh. */
export interface TrainingStateMessage {
  readonly type: 'training';
  readonly title: string;
  /** Name of the file it comes from, empty where there is none. */
  readonly source: string;
  readonly origin: PanelOrigin;
  readonly settings: TrainingSettings;
  /** What the legend hides, by variant and radius; where left out, what the page has kept. */
  readonly hidden?: HiddenIds;
  readonly choices: TrainingChoices;
  /** What the settings make: "8 patterns, 8 inputs, 8 outputs"; or what is wrong with them. */
  readonly task: TaskSummary;
  /** How many of the page's changes had been heard of; where left out, all. */
  readonly heard?: number;
}

export interface TaskSummary {
  readonly text: string;
  readonly isWrong: boolean;
}

/** The task was changed, or its file was read. */
export interface TrainingTaskMessage {
  readonly type: 'task';
  /** The file that the user has just chosen. */
  readonly chosen: OwnTask | null;
  readonly task: TaskSummary;
}

/** How far all runs have come. */
export interface TrainingProgressMessage {
  readonly type: 'trainingProgress';
  readonly generation: number;
  /** What is trained. */
  readonly settings: TrainingSettings;
  /** Epochs of all runs together, trained and to be trained. */
  readonly done: number;
  readonly expected: number;
  readonly isRunning: boolean;
  /** Whether runs can go on from where they stand: none has been begun else. */
  readonly canContinue: boolean;
  readonly report: TrainingReport;
}

export type ToTrainingWebview =
  TrainingStateMessage | TrainingTaskMessage | TrainingProgressMessage | FinishedMessage | FailedMessage;

/** Settings that nothing is done about until training begins. */
export interface TrainingChangeMessage {
  readonly type: 'changeTraining';
  readonly settings: TrainingSettings;
  /** How many changes the page has seen, this one among them. */
  readonly count: number;
}

/** Begins anew, with these settings. */
export interface TrainMessage {
  readonly type: 'startTraining';
  readonly settings: TrainingSettings;
}

/** Goes on from where the runs stand. */
export interface ContinueMessage {
  readonly type: 'continueTraining';
  /** Epochs that the run which has come farthest is trained on; the others catch up. */
  readonly more: number;
}

/** The user wants to choose a file of patterns. */
export interface ChoosePatternsMessage {
  readonly type: 'choosePatterns';
}

export type FromTrainingWebview =
  | ReadyMessage
  | TrainingChangeMessage
  | TrainMessage
  | ContinueMessage
  | ChoosePatternsMessage
  | CancelMessage
  | ShowLogsMessage
  | ReportMessage
  | SavingMessage<TrainingSettings>;
