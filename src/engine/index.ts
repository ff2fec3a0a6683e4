export * from './backends';
export * from './explain';
export * from './plan';
export * from './workerClient';
