export * from './backends';
export * from './explain';
export * from './finderClient';
export * from './launch';
export * from './plan';
export * from './runtime';
export * from './scannerThreads';
export * from './workerClient';
