export * from './exact';
export * from './format';
export { pow } from './kernels';
export * from './model';
export * from './wasm';
