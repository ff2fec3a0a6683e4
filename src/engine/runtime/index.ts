export { unpack, type UnpackOptions } from './archive';
export { download, fits, sizeAt, type Checksum, type DownloadOptions } from './download';
export { RuntimeError, type RuntimeErrorCode } from './error';
export * from './installer';
export { takeLock, type Lock, type LockOptions } from './lock';
export {
  definitionOf,
  packageOf,
  runtimeNames,
  withEnvironment,
  type Artifact,
  type Platform,
  type RuntimeDefinition,
  type RuntimeName,
  type RuntimeSources,
  type Unsupported,
} from './manifest';
export { problemsOf } from './preflight';
export { workerProbe, type Probe, type ProbeOptions } from './probe';
