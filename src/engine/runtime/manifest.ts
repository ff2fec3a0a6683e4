import type { Checksum } from './download';
import packages from './packages.json';

/** What can be installed: each is the folder of a backend, with packages in its node_modules. */
export type RuntimeName = 'cuda' | 'webgpu';

export const runtimeNames: readonly RuntimeName[] = ['cuda', 'webgpu'];

/** Whose programs are wanted. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
}

/** Where from, as the user has set it. */
export interface RuntimeSources {
  /** A registry of npm packages; that of npm unless it is given. */
  readonly registry?: string | undefined;
  /** What stands for https://storage.googleapis.com, where TensorFlow's own libraries are. */
  readonly mirror?: string | undefined;
  /** SHA-256 of artifacts, by their ids, in hexadecimal. They count where Lossfloor itself knows none. */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
}

/** What is not set, as the environment has it for npm and for the package's own installation. */
export function withEnvironment(sources: RuntimeSources = {}, env: NodeJS.ProcessEnv = process.env): RuntimeSources {
  return {
    ...sources,
    registry: sources.registry ?? env['npm_config_registry'],
    mirror: sources.mirror ?? env['TFJS_NODE_CDN_STORAGE'],
  };
}

/** A file to be downloaded and unpacked. */
export interface Artifact {
  /** Its name in settings and messages. */
  readonly id: string;
  readonly url: string;
  /** Undefined where nobody knows what it has to be: it can't be installed. */
  readonly checksum: Checksum | undefined;
  /** The folder that it goes to, in that of the runtime, with forward slashes. */
  readonly to: string;
  /** Names at the front of its paths that are left out. */
  readonly strip: number;
  readonly keep?: (name: string) => boolean;
}

/** What a runtime is made of on a platform. */
export interface RuntimeDefinition {
  readonly name: RuntimeName;
  readonly title: string;
  /** The npm package that it is there for. */
  readonly package: string;
  readonly version: string;
  readonly artifacts: readonly Artifact[];
}

/** Why a platform has no such runtime, in a sentence, and what to do about it. */
export interface Unsupported {
  readonly reason: string;
  readonly remedy: string;
}

interface Package {
  readonly place: string;
  readonly version: string;
  readonly integrity: string;
}

const defaultRegistry = 'https://registry.npmjs.org';
const defaultMirror = 'https://storage.googleapis.com';

export const packageOf = { cuda: '@tensorflow/tfjs-node-gpu', webgpu: 'webgpu' } as const;

/** What of webgpu's package is for a platform. */
const webgpuFolders: Readonly<Record<string, string>> = {
  'linux x64': 'linux-x64',
  'linux arm64': 'linux-arm64',
  'darwin x64': 'darwin-universal',
  'darwin arm64': 'darwin-universal',
  'win32 x64': 'win32-x64',
  'win32 arm64': 'win32-arm64',
};

/** What has to be installed for a runtime on a platform. */
export function definitionOf(
  name: RuntimeName,
  platform: Platform,
  sources: RuntimeSources = {},
): RuntimeDefinition | Unsupported {
  return name === 'webgpu' ? webgpu(platform, sources) : cuda(platform, sources);
}

function webgpu({ platform, arch }: Platform, sources: RuntimeSources): RuntimeDefinition | Unsupported {
  const folder = webgpuFolders[`${platform} ${arch}`];
  if (folder === undefined) {
    return {
      reason: `WebGPU (Dawn) has programs for Linux and Windows on x64 and arm64 and for macOS, and this is ${platform} on ${arch}.`,
      remedy: 'Choose the backend "model", which runs everywhere.',
    };
  }
  const artifacts = packages.webgpu.map((each): Artifact => {
    const artifact = npmArtifact(each, sources);
    const isProgram = artifact.id === packageOf.webgpu;
    // Nine tenths of it are programs for other platforms.
    return isProgram
      ? { ...artifact, keep: (file) => !file.startsWith('dist/') || file.startsWith(`dist/${folder}/`) }
      : artifact;
  });
  return {
    name: 'webgpu',
    title: 'WebGPU runtime (Dawn)',
    package: packageOf.webgpu,
    version: versionIn(packages.webgpu, packageOf.webgpu),
    artifacts,
  };
}

function cuda({ platform, arch }: Platform, sources: RuntimeSources): RuntimeDefinition | Unsupported {
  if (platform !== 'linux' || arch !== 'x64') {
    const isWindows = platform === 'win32' && arch === 'x64';
    return {
      reason: isWindows
        ? `TensorFlow.js ${versionIn(packages.cuda, packageOf.cuda)} has no finished addon for Windows.`
        : `TensorFlow on CUDA is to be had for Linux on x64, and this is ${platform} on ${arch}.`,
      remedy: isWindows
        ? 'Build the package by its own instructions and use "Locate Existing", or choose the backend "webgpu".'
        : 'Choose the backend "webgpu", which uses the GPUs of every maker.',
    };
  }
  const version = versionIn(packages.cuda, packageOf.cuda);
  const mirror = withoutSlash(sources.mirror ?? defaultMirror);
  const place = `node_modules/${packageOf.cuda}`;
  const native = (id: string, path: string, to: string, strip: number): Artifact => {
    const sha256 = sources.checksums?.[id];
    return { id, url: `${mirror}/${path}`, checksum: sha256 === undefined ? undefined : { sha256 }, to, strip };
  };
  return {
    name: 'cuda',
    title: 'CUDA runtime (TensorFlow 2.9.1 for TensorFlow.js)',
    package: packageOf.cuda,
    version,
    artifacts: [
      ...packages.cuda.map((each) => npmArtifact(each, sources)),
      // As the package's own scripts/install.js has them. Neither is published with a checksum.
      native(
        'libtensorflow',
        'tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz',
        `${place}/deps`,
        0,
      ),
      native(
        'tfjs-binding',
        `tf-builds/pre-built-binary/napi-v8/${version}/GPU-linux-${version}.tar.gz`,
        `${place}/lib/napi-v8`,
        1,
      ),
    ],
  };
}

function npmArtifact({ place, version, integrity }: Package, { registry }: RuntimeSources): Artifact {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const file = `${name.slice(name.lastIndexOf('/') + 1)}-${version}.tgz`;
  const url = `${withoutSlash(registry ?? defaultRegistry)}/${name}/-/${file}`;
  return { id: name, url, checksum: { integrity }, to: place, strip: 1 };
}

function versionIn(list: readonly Package[], name: string): string {
  return list.find(({ place }) => place === `node_modules/${name}`)?.version ?? 'of unknown version';
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
