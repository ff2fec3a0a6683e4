import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Dawn from 'webgpu';
import { BackendError } from '../backend';

/** The npm package `webgpu`: Dawn, with its version. */
export interface LoadedDawn {
  readonly create: typeof Dawn.create;
  readonly version: string;
}

const install = 'Install the WebGPU runtime, or name the folder that has it in its node_modules.';

/**
 * Loads the package, which no bundle holds: it is some megabytes of compiled code for each platform.
 * @param runtimePath the folder in whose node_modules it is; where Node finds it from here if it isn't given
 * @throws BackendError
 */
export async function loadDawn(runtimePath: string | undefined): Promise<LoadedDawn> {
  if (process.versions['electron'] !== undefined) {
    throw new BackendError(
      'unusable',
      `WebGPU (Dawn) can't run inside Electron ${process.versions['electron']}, which refuses the memory that it hands out, and ends the process.`,
      'Let the backend run on a Node.js of its own: install Node.js 20 or later, and name it in the settings.',
    );
  }
  const require = createRequire(path.join(path.resolve(runtimePath ?? __dirname), 'from.js'));
  let description: string;
  let version: string;
  try {
    description = require.resolve('webgpu/package.json');
    version = (require(description) as { readonly version: string }).version;
  } catch (error) {
    const where = runtimePath === undefined ? '' : ` in the node_modules of ${runtimePath}`;
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
      throw new BackendError('not-installed', `The npm package "webgpu" is not installed${where}.`, install);
    }
    throw new BackendError('unusable', `The npm package "webgpu"${where} is damaged: ${reasonOf(error)}`, install);
  }
  const folder = path.dirname(description);
  // As the package itself chooses.
  const platform = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  const program = path.join(folder, 'dist', platform, 'dawn.node');
  if (!existsSync(program)) {
    throw new BackendError(
      'unusable',
      `webgpu ${version} in ${folder} has no program for this platform, ${platform}: ${program} is missing.`,
      'Install the package for this platform; it has programs for Linux and Windows on x64 and arm64, and for macOS.',
    );
  }
  try {
    const { create } = (await import(pathToFileURL(path.join(folder, 'index.js')).href)) as typeof Dawn;
    return { create, version };
  } catch (error) {
    throw new BackendError(
      'unusable',
      `webgpu ${version} in ${folder} can't be loaded: ${reasonOf(error)}`,
      `Install it anew for ${platform}. On Linux it needs the GNU C library 2.31 or later, on Windows the Visual C++ runtime.`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
