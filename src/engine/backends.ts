import type { BackendChoice } from '../config';
import type { BackendName } from '../protocol';

/** What is known about a backend before it is started. */
export interface BackendState {
  readonly name: BackendName;
  readonly title: string;
  readonly available: boolean;
  /** Runs programs that a workspace can choose, so not in Restricted Mode. */
  readonly needsTrust: boolean;
  /** Why it can't be used, and what would help. */
  readonly reason?: string;
}

/** An explicit choice of a backend that can't be had. */
export class BackendUnavailable extends Error {}

const notBuiltIn = 'This version of Lossfloor has no evaluator for it. Choose "auto" or "model".';

/** Every backend that a configuration can name. */
export function listBackends(): BackendState[] {
  return [
    {
      name: 'model',
      title: 'The number format itself: every operation rounded to it, in JavaScript and WebAssembly on the CPU',
      available: true,
      needsTrust: false,
    },
    {
      name: 'cuda',
      title: 'TensorFlow on CUDA (@tensorflow/tfjs-node-gpu)',
      available: false,
      needsTrust: true,
      reason: notBuiltIn,
    },
    { name: 'webgpu', title: 'WebGPU (Dawn)', available: false, needsTrust: true, reason: notBuiltIn },
    {
      name: 'python',
      title: 'The selected Python interpreter',
      available: false,
      needsTrust: true,
      reason: notBuiltIn,
    },
  ];
}

/**
 * @param trusted whether backends that run other programs may be used
 * @throws BackendUnavailable for an explicit choice that can't be had: it never falls back silently
 */
export function chooseBackend(choice: BackendChoice, trusted = true): BackendName {
  const backends = listBackends();
  const usable = (backend: BackendState): boolean => backend.available && (trusted || !backend.needsTrust);
  if (choice === 'auto') return (backends.find(usable) as BackendState).name;
  const chosen = backends.find((backend) => backend.name === choice) as BackendState;
  if (!trusted && chosen.needsTrust) {
    throw new BackendUnavailable(`The backend "${choice}" needs a trusted workspace.`);
  }
  if (!chosen.available) {
    throw new BackendUnavailable(`The backend "${choice}" can't be used. ${chosen.reason ?? ''}`.trim());
  }
  return chosen.name;
}
