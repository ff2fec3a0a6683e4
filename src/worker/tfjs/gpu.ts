import { execFile } from 'node:child_process';
import os from 'node:os';

/** What TensorFlow 2.9 loads by name when it looks for a GPU: of the driver, of CUDA 11 and of cuDNN 8. */
export const cudaLibraries = [
  'libcuda.so.1',
  'libcudart.so.11.0',
  'libcublas.so.11',
  'libcublasLt.so.11',
  'libcufft.so.10',
  'libcurand.so.10',
  'libcusolver.so.11',
  'libcusparse.so.11',
  'libcudnn.so.8',
] as const;

/** Whether the dynamic loader finds a library: what it then says of a library that is no addon is another matter. */
export function isLoadable(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, os.constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    return !/cannot open shared object file|no such file/i.test(error instanceof Error ? error.message : String(error));
  }
}

/** What there is of a machine to explain why TensorFlow finds no GPU. */
export interface Machine {
  readonly isLoadable: (library: string) => boolean;
  /** What nvidia-smi prints; empty where it is missing or fails. */
  readonly gpus: string;
  /** The environment's CUDA_VISIBLE_DEVICES. */
  readonly visible: string | undefined;
}

export async function thisMachine(): Promise<Machine> {
  const query = ['--query-gpu=index,uuid,name,driver_version,compute_cap', '--format=csv,noheader'];
  const gpus = await new Promise<string>((resolve) => {
    execFile('nvidia-smi', query, { timeout: 10_000 }, (error, stdout) => {
      resolve(error ? '' : stdout);
    });
  });
  return { isLoadable, gpus, visible: process.env['CUDA_VISIBLE_DEVICES'] };
}

/** Why TensorFlow has found no GPU, as a part of a sentence; undefined if nothing is to be seen. */
export function reasonForNoGpu(libraryVersion: string, machine: Machine): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (!machine.isLoadable('libcuda.so.1')) return 'there is no NVIDIA driver: libcuda.so.1 can’t be loaded';
  // Others want other versions.
  const needed = libraryVersion.startsWith('2.9.') ? cudaLibraries : [];
  const missing = needed.filter((library) => !machine.isLoadable(library));
  if (missing.length > 0) return `${missing.join(', ')} can’t be loaded; it needs CUDA 11 and cuDNN 8`;
  const { visible, gpus } = machine;
  if (visible?.trim() === '' || visible?.trim() === '-1')
    return `CUDA_VISIBLE_DEVICES is "${visible}", which hides every GPU`;
  const gpu = lastGpu(gpus, visible);
  if (gpu === undefined) return gpus === '' ? undefined : 'nvidia-smi lists none';
  return `it does not take ${gpu}, which may be too old or too new for it`;
}

/** @param output of nvidia-smi: a line for each GPU @param visible which of them TensorFlow is shown, all if undefined */
export function lastGpu(output: string, visible: string | undefined): string | undefined {
  const gpus = output
    .split('\n')
    .map((line) => line.split(',').map((each) => each.trim()))
    .filter(([, uuid]) => uuid?.startsWith('GPU-'));
  const wanted = visible
    ?.split(',')
    .map((each) => each.trim())
    .filter(Boolean)
    .at(-1);
  const chosen =
    wanted === undefined ? gpus.at(-1) : gpus.find(([index, uuid]) => index === wanted || uuid?.startsWith(wanted));
  if (!chosen) return undefined;
  const [, , name, driver, capability] = chosen as [string, string, string, string?, string?];
  const details = [
    ...(driver ? [`driver ${driver}`] : []),
    ...(capability ? [`compute capability ${capability}`] : []),
  ];
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}
