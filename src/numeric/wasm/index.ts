export { printWasm, type WasmProgram } from './printer';
export { loadWasm } from './program';
