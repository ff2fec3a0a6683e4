export * from './dashboards';
export * from './html';
export * from './trainingPanel';
