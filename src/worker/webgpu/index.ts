/** The backend `webgpu`: expressions as compute shaders on a GPU, by Dawn (npm `webgpu`). */
import type { BackendIdentity } from '../../protocol';
import { BackendError, type OpenBackend } from '../backend';
import { chooseAdapter, deviceName, isSoftware } from './adapter';
import { DeviceEvaluator } from './device';
import { loadDawn } from './load';
import { describeUnits, findUnits } from './units';

export { deviceName, isSoftware, type AdapterDescription } from './adapter';
export { findUnits } from './units';
export { DeviceEvaluator, type DeviceOptions } from './device';
export type { Units } from './library';
export { printWgsl } from './printer';

/** Points of one dispatch on a GPU, and on an adapter that computes on the CPU. */
const [gpuChunk, softwareChunk] = [1 << 20, 1 << 16];

export const openWebgpu: OpenBackend = async ({ runtimePath, allowSoftware = false }, stage) => {
  stage('import');
  const dawn = await loadDawn(runtimePath);
  stage('adapter');
  // It has to outlive what is made by it.
  let gpu: GPU | undefined = dawn.create([]);
  const adapter = await chooseAdapter(gpu, allowSoftware);
  stage('device');
  const name = deviceName(adapter.info);
  const device = await adapter.requestDevice().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(
      'no-device',
      `${name} gives no WebGPU device: ${reason}`,
      'Another program may use up the GPU, or its driver be too old.',
    );
  });
  const software = isSoftware(adapter.info);
  const largestChunk = software ? softwareChunk : gpuChunk;
  const identity: BackendIdentity = {
    backend: 'webgpu',
    device: name,
    version: `webgpu ${dawn.version} (Dawn)`,
    hardware: software ? 'software-gpu' : 'gpu',
  };
  const close = async (): Promise<void> => {
    device.destroy();
    await device.lost;
    gpu = undefined;
  };
  try {
    const units = await findUnits((tried) => new DeviceEvaluator(device, identity, { units: tried, largestChunk }));
    const notes = [
      describeUnits(units),
      'Formats narrower than float32 are computed in float32 and rounded after every operation: the device’s own 16-bit units are not used.',
      'logGamma and digamma lose relative accuracy next to their zeros.',
    ];
    return {
      evaluator: new DeviceEvaluator(device, { ...identity, notes }, { units, largestChunk }),
      formats: ['float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
