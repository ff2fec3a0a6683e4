export * from './difference';
export * from './error';
export * from './failures';
export * from './subject';
export * from './summary';
export * from './explain';
export * from './samples';
