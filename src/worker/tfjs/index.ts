/** The backend `cuda`: expressions as operations of TensorFlow, by @tensorflow/tfjs-node-gpu. */
import os from 'node:os';
import { add, multiply, variable } from '../../expression';
import { formats } from '../../numeric';
import type { BackendIdentity } from '../../protocol';
import { BackendError, type OpenBackend } from '../backend';
import type { Evaluator } from '../evaluator';
import { specialValueNotes } from '../specialValues';
import { TensorEvaluator } from './evaluator';
import { lastGpu, reasonForNoGpu, thisMachine } from './gpu';
import { loadTensorFlow, packageName } from './load';

export { TensorEvaluator } from './evaluator';
export { lastGpu, reasonForNoGpu, thisMachine, type Machine } from './gpu';
export { loadTensorFlow, packageName, restoreUtilities, type Platform } from './load';
export { printTensors } from './printer';
export type { Tfjs } from './tensors';

/** Points at once: on a GPU starting an operation costs more than a hundred thousand points; a CPU likes its cache. */
const [gpuChunk, cpuChunk] = [1 << 20, 1 << 16];

export const openTfjs: OpenBackend = async ({ runtimePath }, stage) => {
  stage('import');
  const { tf, version, libraryVersion, isUsingGpu } = loadTensorFlow(runtimePath);
  stage(
    'device',
    isUsingGpu ? 'TensorFlow may compile its kernels for this GPU first, once: that can take many minutes' : undefined,
  );
  const machine = await thisMachine();
  const gpu = lastGpu(machine.gpus, machine.visible) ?? 'NVIDIA GPU';
  const identity: BackendIdentity = {
    backend: 'cuda',
    device: isUsingGpu ? gpu : cpuName(reasonForNoGpu(libraryVersion, machine)),
    version: `${packageName} ${version} (TensorFlow ${libraryVersion})`,
    // TensorFlow falls back to the CPU without a word: nothing but its own answer makes this a GPU.
    hardware: isUsingGpu ? 'gpu' : 'cpu',
  };
  const chunk = isUsingGpu ? gpuChunk : cpuChunk;
  try {
    const evaluator = new TensorEvaluator(tf, identity, chunk);
    const notes = [
      ...((await flushesSubnormals(evaluator)) ? ['Flushes subnormals to zero.'] : []),
      ...(await specialValueNotes(evaluator, ['float32'])),
    ];
    return {
      evaluator: new TensorEvaluator(tf, notes.length === 0 ? identity : { ...identity, notes }, chunk),
      formats: ['float32'],
      // TensorFlow gives memory back to the GPU when its process ends, and not before.
      close: () => Promise.resolve(),
    };
  } catch (error) {
    if (error instanceof BackendError && isUsingGpu) {
      throw new BackendError(
        'no-device',
        `The first operation failed. ${error.message}`,
        'The GPU may be too new for this TensorFlow (it is built for CUDA 11), or its memory be in use by another program.',
      );
    }
    throw error;
  }
};

function cpuName(reason: string | undefined): string {
  const cpu = os.cpus()[0]?.model.trim();
  const because = reason === undefined ? '' : `: ${reason}`;
  return `CPU (TensorFlow found no usable GPU${because}${cpu ? `; ${cpu}` : ''})`;
}

/** Whether results below the smallest normal number, or such operands, become 0: with few points, or with many. */
export async function flushesSubnormals(evaluator: Evaluator): Promise<boolean> {
  const x = variable('x');
  const float32 = formats.float32;
  const { smallestNormal, smallestSubnormal } = float32;
  const prepared = evaluator.prepare([multiply(x, 0.5), add(x, x), multiply(x, 2 ** 24)], ['x'], float32);
  for (const count of [4, 8192]) {
    const values = Float64Array.from(
      { length: count },
      (_, i) => [smallestNormal, smallestNormal / 2][i % 2] as number,
    );
    values[0] = smallestSubnormal * 3;
    const outputs = await prepared.evaluate([values], { breathe: () => Promise.resolve() });
    if (outputs.some((output) => output.includes(0))) return true;
  }
  return false;
}
