export * from './exact';
export * from './format';
export * from './model';
