export * from './backends';
export * from './explain';
export * from './finderClient';
export * from './launch';
export * from './memory';
export * from './plan';
export * from './runtime';
export * from './workerClient';
