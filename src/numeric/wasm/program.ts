import type { ModelKernel } from '../model';
import type { WasmProgram } from './printer';

/** What is used of it: TypeScript declares WebAssembly with the DOM only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/**
 * Compiles a program for this thread; its kernel takes any number of points.
 *
 * Stands on nothing outside itself, so that its text can be sent to a thread.
 * @param pow `kernels.pow`
 */
export function loadWasm(program: WasmProgram, pow: (base: number, exponent: number) => number): ModelKernel {
  const { bytes, imports, capacity, inputs, outputs } = program;
  const scalar = Object.fromEntries(
    [...imports.keys()].map((name) => {
      // Of one operand or of two; what is too much is ignored.
      const named = (x: number, y: number): number => Math[name as 'atan2'](x, y);
      return [name, name === 'pow' ? pow : named];
    }),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { scalar });
  const run = exports['run'] as (bytes: number) => void;
  const memory = new Float64Array((exports['memory'] as { readonly buffer: ArrayBuffer }).buffer);
  return (count, from, to) => {
    for (let start = 0; start < count; start += capacity) {
      const size = Math.min(capacity, count - start);
      for (let i = 0; i < inputs; i++) {
        memory.set((from[i] as Float64Array).subarray(start, start + size), i * capacity);
      }
      run(8 * size);
      for (let j = 0; j < outputs; j++) {
        const at = (inputs + j) * capacity;
        (to[j] as Float64Array).set(memory.subarray(at, at + size), start);
      }
    }
  };
}
