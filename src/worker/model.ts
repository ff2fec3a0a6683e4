import os from 'node:os';
import { compileModel } from '../numeric';
import type { Evaluator } from './evaluator';

/** Points between two looks at the message queue: a few milliseconds' worth. */
const chunk = 32_768;

/** The number format itself: every operation rounded to it, in JavaScript, the same on every machine. */
export function modelEvaluator(version: string): Evaluator {
  const cpu = os.cpus()[0]?.model.trim();
  return {
    identity: {
      backend: 'model',
      device: cpu ? `CPU (${cpu})` : 'CPU',
      version: `Lossfloor ${version}, JavaScript on V8 ${process.versions.v8}`,
    },
    prepare(outputs, variables, format) {
      const kernel = compileModel(outputs, variables, format);
      return {
        async evaluate(inputs, pacer) {
          const count = inputs[0]?.length ?? 0;
          const results = outputs.map(() => new Float64Array(count));
          for (let start = 0; start < count; start += chunk) {
            await pacer.breathe();
            const part = (array: Float64Array): Float64Array => array.subarray(start, start + chunk);
            kernel(Math.min(chunk, count - start), inputs.map(part), results.map(part));
          }
          return results;
        },
      };
    },
  };
}
