export * from './config';
export * from './parse';
export * from './project';
export * from './schema';
export * from './write';
