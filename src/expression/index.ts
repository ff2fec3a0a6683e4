export * from './expression';
export * from './differentiate';
export * from './graph';
export * from './match';
export * from './print';
export * from './pattern';
