export * from './active';
export * from './dashboards';
export * from './html';
export * from './trainingPanel';
