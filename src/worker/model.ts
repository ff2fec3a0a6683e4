import os from 'node:os';
import { compileModel, loadWasm, pow, printWasm, type ModelKernel, type WasmProgram } from '../numeric';
import type { Evaluator, Pacer } from './evaluator';
import { Threads } from './threads';

/** Points between two looks at the message queue: a few milliseconds' worth. */
const chunk = 32_768;

/** From so many points on, compiling WebAssembly costs less than it saves. */
const worthCompiling = 16_384;

/** From so many points on, other cores help. */
const worthSharing = 200_000;

/**
 * The number format itself: every operation rounded to it, the same on every machine. JavaScript for a few points and
 * for float64; WebAssembly with the same results for many, on all cores for very many.
 */
export function modelEvaluator(version: string): Evaluator {
  const cpu = os.cpus()[0]?.model.trim();
  const threads = new Threads();
  return {
    identity: {
      backend: 'model',
      device: cpu ? `CPU (${cpu})` : 'CPU',
      hardware: 'cpu',
      version: `Lossfloor ${version}, JavaScript and WebAssembly on V8 ${process.versions.v8}`,
    },
    prepare(outputs, variables, format) {
      const simple = compileModel(outputs, variables, format);
      const program = once(() => printWasm(outputs, variables, format));
      const fast = once(() => kernelOf(program()) ?? simple);
      return {
        async evaluate(inputs, pacer) {
          const count = inputs[0]?.length ?? 0;
          if (count < worthCompiling) return inChunks(simple, inputs, outputs.length, pacer);
          const printed = program();
          if (printed && count >= worthSharing) return threads.evaluate(printed, inputs, pacer);
          return inChunks(fast(), inputs, outputs.length, pacer);
        },
      };
    },
  };
}

function kernelOf(program: WasmProgram | undefined): ModelKernel | undefined {
  return program && loadWasm(program, pow);
}

async function inChunks(
  kernel: ModelKernel,
  inputs: readonly Float64Array[],
  outputs: number,
  pacer: Pacer,
): Promise<Float64Array[]> {
  const count = inputs[0]?.length ?? 0;
  const results = Array.from({ length: outputs }, () => new Float64Array(count));
  for (let start = 0; start < count; start += chunk) {
    await pacer.breathe();
    const part = (array: Float64Array): Float64Array => array.subarray(start, start + chunk);
    kernel(Math.min(chunk, count - start), inputs.map(part), results.map(part));
  }
  return results;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
