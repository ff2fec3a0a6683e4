import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BackendName, BackendSettings } from '../protocol';
import type { BackendLaunch } from './backends';

/** What a user can set of all backends. */
export interface LaunchSettings {
  /** The folder in whose node_modules @tensorflow/tfjs-node-gpu is. */
  readonly cudaPath?: string | undefined;
  /** Folders with libraries that it needs: CUDA, cuDNN. */
  readonly cudaLibraryPath?: string | undefined;
  /** The folder in whose node_modules webgpu is. */
  readonly webgpuPath?: string | undefined;
  /** The Python interpreter. */
  readonly python?: string | undefined;
  readonly pythonFramework?: BackendSettings['framework'];
  readonly pythonDevice?: string | undefined;
  /** How long Python may take to import a framework, in seconds. */
  readonly pythonImportTimeout?: number | undefined;
  /** A Node.js for backends that don't run in an editor's own. */
  readonly node?: string | undefined;
  /** Whether an adapter that computes on the CPU may serve as WebGPU's. */
  readonly allowSoftwareAdapter?: boolean | undefined;
}

/** Where packages may be: the folder that was set, those that were installed, the one of Lossfloor itself. */
export interface LaunchPlaces {
  /** Of Lossfloor: the folder with package.json. */
  readonly root: string;
  /** Where runtimes are installed, if they are; each in a folder of its package's name. */
  readonly installed?: string | undefined;
  /** Where compiled GPU kernels are kept. */
  readonly cache?: string | undefined;
}

const packages = { cuda: '@tensorflow/tfjs-node-gpu', webgpu: 'webgpu' } as const;

/** How a backend is to be started. */
export function launchOf(
  name: Exclude<BackendName, 'model'>,
  settings: LaunchSettings,
  places: LaunchPlaces,
): BackendLaunch {
  if (name === 'python') {
    const { python, pythonFramework, pythonDevice, pythonImportTimeout } = settings;
    return {
      settings: {
        ...(python === undefined ? {} : { interpreter: python }),
        ...(pythonFramework === undefined ? {} : { framework: pythonFramework }),
        ...(pythonDevice === undefined ? {} : { device: pythonDevice }),
        ...(pythonImportTimeout === undefined ? {} : { importTimeout: pythonImportTimeout }),
      },
      likely: false,
    };
  }
  const set = name === 'cuda' ? settings.cudaPath : settings.webgpuPath;
  const folders = [set, places.installed && path.join(places.installed, name), places.root];
  const folder = set ?? folders.find((each) => each !== undefined && has(each, packages[name]));
  const node = name === 'webgpu' ? nodeFor(settings.node) : undefined;
  const env = name === 'cuda' ? cudaEnvironment(settings, places, folder) : undefined;
  return {
    settings: {
      ...(folder === undefined ? {} : { runtimePath: folder }),
      ...(name === 'webgpu' && settings.allowSoftwareAdapter ? { allowSoftware: true } : {}),
    },
    ...(env ? { env } : {}),
    ...(node === undefined ? {} : { execPath: node }),
    likely: folder !== undefined && has(folder, packages[name]),
  };
}

function has(folder: string, name: string): boolean {
  return existsSync(path.join(folder, 'node_modules', name, 'package.json'));
}

/** TensorFlow reads these when it is loaded, and has no other way to be told. */
function cudaEnvironment(
  { cudaLibraryPath }: LaunchSettings,
  { cache }: LaunchPlaces,
  folder: string | undefined,
): Record<string, string> {
  const libraries = [
    folder && path.join(folder, 'node_modules', packages.cuda, 'deps', 'lib'),
    cudaLibraryPath,
    process.env['LD_LIBRARY_PATH'],
  ];
  return {
    // The order that nvidia-smi lists them in, by which the GPU is named.
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    // Otherwise it takes all of the GPU's memory.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    // Warnings name the libraries that it misses.
    TF_CPP_MIN_LOG_LEVEL: '1',
    LD_LIBRARY_PATH: libraries.filter(Boolean).join(path.delimiter),
    // A GPU that is newer than the library has its kernels compiled at first: once.
    CUDA_CACHE_MAXSIZE: String(4 * 2 ** 30),
    ...(cache === undefined ? {} : { CUDA_CACHE_PATH: cache }),
  };
}

/** Electron does not give external memory to buffers, which Dawn needs: a real Node.js where there is one. */
function nodeFor(set: string | undefined): string | undefined {
  if (set !== undefined) return set;
  if (process.versions['electron'] === undefined) return undefined;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
}
