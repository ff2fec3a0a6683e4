import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import type { RuntimeName } from './manifest';

/** Those whose absence says that a whole package is missing. */
const libraries = {
  'libcuda.so.1': 'the NVIDIA driver',
  'libcudart.so.11.0': 'CUDA 11',
  'libcudnn.so.8': 'cuDNN 8 for CUDA 11',
} as const;

/** Asks the dynamic loader, with the library path that TensorFlow is to have; a library that is no addon is there, too. */
const lookup = `const missing = process.argv.slice(1).filter((name) => {
  try { process.dlopen({ exports: {} }, name, require('os').constants.dlopen.RTLD_LAZY); return false; }
  catch (error) { return /cannot open shared object file/.test(error.message); }
}); console.log(JSON.stringify(missing));`;

/** What the runtime will lack on this machine, in sentences: reasons to expect no GPU. */
export async function problemsOf(name: RuntimeName, libraryPath: string | undefined): Promise<string[]> {
  if (name !== 'cuda' || process.platform !== 'linux') return [];
  const [missing, driver] = await Promise.all([missingLibraries(libraryPath), run('nvidia-smi', ['-L'], {})]);
  const isDriverMissing = missing.includes('libcuda.so.1');
  return [
    ...(isDriverMissing ? ['There is no NVIDIA driver (libcuda.so.1): TensorFlow would compute on the CPU.'] : []),
    ...(!isDriverMissing && !/^GPU \d/m.test(driver ?? '') ? ['nvidia-smi lists no GPU.'] : []),
    ...missing
      .filter((library) => library !== 'libcuda.so.1')
      .map(
        (library) =>
          `${library} is not found: ${libraries[library]} has to be installed, or its folder set as library path.`,
      ),
  ];
}

async function missingLibraries(libraryPath: string | undefined): Promise<(keyof typeof libraries)[]> {
  const path = [libraryPath, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  const env = { ELECTRON_RUN_AS_NODE: '1', ...(path === '' ? {} : { LD_LIBRARY_PATH: path }) };
  const output = await run(process.execPath, ['-e', lookup, ...Object.keys(libraries)], env);
  try {
    return JSON.parse(output ?? '[]') as (keyof typeof libraries)[];
  } catch {
    return [];
  }
}

/** What it prints; undefined if it can't be run, or fails. */
function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000, env: { ...process.env, ...env } }, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
}

/** Bytes that are free where the folder is. */
export async function freeSpace(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
