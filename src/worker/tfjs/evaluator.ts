import type { Expression } from '../../expression';
import type { NumberFormat } from '../../numeric';
import type { BackendIdentity } from '../../protocol';
import { BackendError } from '../backend';
import type { Evaluator, Pacer, Prepared } from '../evaluator';
import { printTensors, type TensorProgram } from './printer';
import type { Tensor, Tfjs } from './tensors';

/** Computes expressions with TensorFlow.js, on whichever of its backends is in force. */
export class TensorEvaluator implements Evaluator {
  /** @param chunk the most points at once: some milliseconds' worth, since nothing stops an operation that runs */
  constructor(
    private readonly tf: Tfjs,
    readonly identity: BackendIdentity,
    private readonly chunk: number,
  ) {}

  prepare(outputs: readonly Expression[], variables: readonly string[], format: NumberFormat): Prepared {
    const program = printTensors(this.tf, outputs, variables, format);
    return {
      evaluate: async (inputs, pacer) => {
        if (inputs.length !== variables.length) {
          throw new RangeError(`${String(variables.length)} variables, but values for ${String(inputs.length)}`);
        }
        const count = inputs[0]?.length ?? 0;
        if (inputs.some((input) => input.length !== count)) {
          throw new RangeError(`values of ${variables.join(', ')} differ in number`);
        }
        const results = outputs.map(() => new Float64Array(count));
        await this.run(program, inputs, results, pacer);
        return results;
      },
    };
  }

  private async run(
    program: TensorProgram,
    inputs: readonly Float64Array[],
    results: readonly Float64Array[],
    pacer: Pacer,
  ): Promise<void> {
    const count = inputs[0]?.length ?? 0;
    for (let start = 0; start < count; start += this.chunk) {
      await pacer.breathe();
      const end = Math.min(start + this.chunk, count);
      const part = (array: Float64Array): Float64Array => array.subarray(start, end);
      this.compute(program, inputs.map(part), results.map(part));
    }
  }

  /** Whatever happens, no tensor is left behind. @throws BackendError */
  private compute(program: TensorProgram, inputs: readonly Float64Array[], results: readonly Float64Array[]): void {
    const { tf } = this;
    const tensors: Tensor[] = [];
    try {
      for (const input of inputs) tensors.push(tf.tensor1d(Float32Array.from(input), 'float32'));
      const computed = program(tensors);
      tensors.push(...computed);
      computed.forEach((tensor, j) => {
        const values = tensor.dataSync();
        // What has no variables in it was computed once.
        if (tensor.rank === 0) results[j]?.fill(values[0] as number);
        else results[j]?.set(values);
      });
    } catch (error) {
      throw failure(error, this.identity.device);
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }
}

function failure(error: unknown, device: string): unknown {
  if (error instanceof BackendError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const isMemory = /\bOOM\b|out of memory|RESOURCE_EXHAUSTED|failed to allocate/i.test(reason);
  return new BackendError(
    'failed',
    `TensorFlow failed on ${device}: ${reason}`,
    isMemory
      ? 'Close what else uses the memory of the GPU, or ask for fewer points.'
      : 'Check the CUDA runtime, or choose the backend "model".',
  );
}
