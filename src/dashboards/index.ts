export * from './dashboards';
export * from './html';
