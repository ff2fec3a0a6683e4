import type { ReadyBackend, Stage } from '../../protocol';
import { launchOf, type LaunchPlaces, type LaunchSettings } from '../launch';
import { WorkerClient, type Log } from '../workerClient';
import type { RuntimeName } from './manifest';

/**
 * Opens a backend from a folder, in a process of its own that ends with it.
 * @throws BackendRefused, WorkerFailed, RequestCancelled
 */
export type Probe = (
  name: RuntimeName,
  folder: string,
  signal?: AbortSignal,
  onStage?: (stage: Stage, detail?: string) => void,
) => Promise<ReadyBackend>;

export interface ProbeOptions {
  /** The built worker, a file for `fork`. */
  readonly workerPath: string;
  readonly log: Log;
  readonly settings: () => LaunchSettings;
  readonly places: LaunchPlaces;
}

/** Kernels may be compiled for a new GPU when a runtime is opened for the first time. */
const startWithin = 900_000;

export function workerProbe({ workerPath, log, settings, places }: ProbeOptions): Probe {
  return async (name, folder, signal, onStage) => {
    const own = name === 'cuda' ? { cudaPath: folder } : { webgpuPath: folder };
    const launch = launchOf(name, { ...settings(), ...own }, places);
    const client = new WorkerClient({
      workerPath,
      log,
      backend: name,
      startWithin,
      settings: launch.settings,
      ...(launch.env ? { env: launch.env } : {}),
      ...(launch.execPath === undefined ? {} : { execPath: launch.execPath }),
      ...(onStage ? { onStage } : {}),
    });
    try {
      return await client.open(signal);
    } finally {
      client.dispose();
    }
  };
}
