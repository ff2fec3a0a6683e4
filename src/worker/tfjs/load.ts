import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import { BackendError } from '../backend';
import type { Tfjs } from './tensors';

export const packageName = '@tensorflow/tfjs-node-gpu';

/** TensorFlow.js with TensorFlow below it. */
export interface LoadedTensorFlow {
  readonly tf: Tfjs & { ready(): Promise<void> };
  /** Of the npm package. */
  readonly version: string;
  /** Of TensorFlow's library. */
  readonly libraryVersion: string;
  /** Whether TensorFlow has registered a GPU. Where it finds none it computes on the CPU without a word. */
  readonly isUsingGpu: boolean;
}

/** Whose programs are to be loaded: those of this process unless it is a test. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
}

const install =
  'Install the CUDA runtime with the command "Install CUDA Runtime", or name the folder that has it in its node_modules.';

const anew = `Install the runtime anew, or give another folder that has ${packageName} with all that it needs.`;

/** Platforms with a TensorFlow that knows CUDA. */
const platforms: readonly string[] = ['linux x64', 'win32 x64'];

/**
 * Loads the package, which no bundle holds: with TensorFlow it is more than a gigabyte.
 * @param runtimePath the folder in whose node_modules it is; where Node finds it from here if it isn't given
 * @throws BackendError
 */
export function loadTensorFlow(
  runtimePath: string | undefined,
  { platform, arch }: Platform = process,
): LoadedTensorFlow {
  if (!platforms.includes(`${platform} ${arch}`)) {
    throw new BackendError(
      'unusable',
      `TensorFlow on CUDA exists for Linux and Windows on x64, and this is ${platform} on ${arch}.`,
      'Choose the backend "webgpu", which uses the GPUs of every maker, or "python" with a framework for this device.',
    );
  }
  const load = createRequire(path.join(path.resolve(runtimePath ?? __dirname), 'from.js'));
  let description: string;
  try {
    description = load.resolve(`${packageName}/package.json`);
  } catch {
    const where = runtimePath === undefined ? '' : ` in the node_modules of ${runtimePath}`;
    throw new BackendError('not-installed', `The npm package "${packageName}" is not installed${where}.`, install);
  }
  const folder = path.dirname(description);
  const version = versionOf(description);
  restoreUtilities();
  let loaded: LoadedTensorFlow['tf'];
  try {
    loaded = load(packageName) as LoadedTensorFlow['tf'];
  } catch (error) {
    throw refusal(error, `${packageName} ${version} in ${folder}`, folder);
  }
  const backend: Partial<NodeBackend> = loaded.backend() as object;
  if (typeof backend.isUsingGpuDevice !== 'boolean') {
    // TensorFlow.js goes on without a word with another backend, its own in JavaScript.
    throw new BackendError(
      'unusable',
      `${packageName} ${version} in ${folder} could not start TensorFlow: its addon, tfjs_binding.node, is not the one of this version.`,
      anew,
    );
  }
  return {
    tf: loaded,
    version,
    libraryVersion: backend.binding?.TF_Version ?? 'of unknown version',
    isUsingGpu: backend.isUsingGpuDevice,
  };
}

/** What the backend of tfjs-node says of itself. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version?: string };
}

/** The package calls two functions that Node 23 has no more, in its first operation. */
export function restoreUtilities(): void {
  const utilities = util as { isNullOrUndefined?: unknown; isArray?: unknown };
  utilities.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  utilities.isArray ??= Array.isArray;
}

function versionOf(description: string): string {
  try {
    return String((JSON.parse(readFileSync(description, 'utf8')) as { readonly version?: unknown }).version);
  } catch (error) {
    throw new BackendError('unusable', `${description} can't be read: ${messageOf(error)}`, install);
  }
}

function refusal(error: unknown, what: string, folder: string): BackendError {
  const reason = messageOf(error);
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (reason.includes('tfjs_binding.node) can not be found')) {
    return new BackendError(
      'unusable',
      `${what} is only the half of it that is JavaScript: its addon, tfjs_binding.node, is missing, as after an installation without scripts.`,
      install,
    );
  }
  if (code === 'MODULE_NOT_FOUND') {
    const missing = /Cannot find module '([^']+)'/.exec(reason)?.[1] ?? 'a package';
    return new BackendError('unusable', `${what} needs ${missing}, which is not installed.`, anew);
  }
  if (code === 'ERR_DLOPEN_FAILED') return refusalOfLibrary(reason, what, folder);
  return new BackendError('unusable', `${what} can't be loaded: ${reason}`, anew);
}

/** What the dynamic loader says, in words for people. */
function refusalOfLibrary(reason: string, what: string, folder: string): BackendError {
  const [first = reason] = reason.split('\n');
  const missing = /^(?:.*: )?(\S+?): cannot open shared object file/.exec(first)?.[1];
  if (missing !== undefined) {
    const name = path.basename(missing);
    const isTensorFlow = name.startsWith('libtensorflow');
    return new BackendError(
      'unusable',
      `${what} can't be loaded: the library ${name} is missing.`,
      isTensorFlow
        ? `It belongs into ${path.join(folder, 'deps', 'lib')}. ${anew}`
        : `Install ${name}, or add its folder to the library path of the CUDA runtime in the settings.`,
    );
  }
  const symbol = /undefined symbol: (\S+)/.exec(first)?.[1];
  const library = /(\S+?\.(?:so|node|dll)[\w.]*)/.exec(first)?.[1];
  const name = library === undefined ? 'its addon' : path.basename(library);
  if (symbol !== undefined) {
    return new BackendError(
      'unusable',
      `${what} can't be loaded: ${name} needs ${symbol}, which the TensorFlow library that it finds does not have: it is of another version.`,
      anew,
    );
  }
  const needed = /version [`'](GLIBC(?:XX)?_[\d.]+)' not found/.exec(first)?.[1];
  if (needed !== undefined) {
    return new BackendError(
      'unusable',
      `${what} can't be loaded: ${name} needs ${needed}, which this system is too old for.`,
      'Choose another backend, or run it on a newer system.',
    );
  }
  if (/invalid ELF header|wrong ELF class|file too short|not a valid Win32|Exec format/i.test(first)) {
    return new BackendError(
      'unusable',
      `${what} can't be loaded: ${name} is not a library for this platform, or is broken: ${first}`,
      anew,
    );
  }
  const isThere = existsSync(path.join(folder, 'deps', 'lib'));
  return new BackendError(
    'unusable',
    `${what} can't be loaded: ${first}${isThere ? '' : '. Its folder deps/lib, with TensorFlow itself, is missing'}.`,
    anew,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
