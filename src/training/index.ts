export * from './csv';
export { activations, type Activation, type Patterns } from './network';
export * from './plan';
export { joined, noRecords, type Records } from './records';
export * from './report';
export type { TrainingCell, TrainingColumn, TrainingRow, TrainingTable } from './table';
export * from './tasks';
export { Trainer, updates, type TrainingJob, type TrainingState, type Update } from './trainer';
