export * from './config';
export * from './parse';
export * from './schema';
