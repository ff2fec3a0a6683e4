import os from 'node:os';
import path from 'node:path';
import type { BackendIdentity } from '../../protocol';
import { BackendError, type BackendSettings, type OpenBackend, type Stage } from '../backend';
import { Connection, type BridgeError } from './connection';
import { installHint, PythonEvaluator, type Opened } from './evaluator';
import { frameworkTitles, rulesOf } from './operations';
import { specialValueNotes } from '../specialValues';

/** Where the build puts bridge.py: beside the worker. */
const builtBridge = path.join(__dirname, 'pythonBridge.py');

/** How long importing a framework and opening its device may take unless it is set, in seconds. */
const defaultImportTimeout = 120;

/** How often it is told that an import goes on, in milliseconds. */
const progressEvery = 5000;

/** Opens the `python` backend: the framework of the user's own interpreter, on the best device that it finds. */
export const openPython: OpenBackend = (settings, stage) => openPythonWith(builtBridge, settings, stage);

/** @param bridge the file bridge.py */
export async function openPythonWith(
  bridge: string,
  settings: BackendSettings,
  stage: (reached: Stage, detail?: string) => void,
): ReturnType<OpenBackend> {
  stage('import');
  const interpreter = settings.interpreter ?? (process.platform === 'win32' ? 'python' : 'python3');
  const connection = await Connection.start(interpreter, bridge);
  try {
    const opened = await openFramework(connection, settings, stage);
    const { formats } = opened;
    const notes = await specialValueNotes(new PythonEvaluator(connection, opened, identityOf(opened, [])), formats);
    if (connection.failed) throw connection.failed;
    stage('ready');
    return {
      evaluator: new PythonEvaluator(connection, opened, identityOf(opened, notes)),
      formats,
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function openFramework(
  connection: Connection,
  { framework, device, importTimeout = defaultImportTimeout }: BackendSettings,
  stage: (reached: Stage, detail?: string) => void,
): Promise<Opened> {
  const start = performance.now();
  let at: { readonly stage: Stage; readonly what: string } = { stage: 'import', what: 'Python' };
  connection.onStage = (reached, what) => {
    at = { stage: reached, what };
    stage(reached, what);
  };
  const progress = setInterval(() => {
    stage(at.stage, `${at.what}, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }, progressEvery);
  const timeout = setTimeout(() => {
    const doing = at.stage === 'import' ? `Importing ${at.what}` : `Opening a device for ${at.what}`;
    const message = connection.withLastWords(`${doing} took longer than ${String(importTimeout)} s.`);
    connection.fail(
      new BackendError(
        'unusable',
        message,
        'Raise the time limit for importing, or look why the import takes so long.',
      ),
    );
  }, importTimeout * 1000);
  try {
    const { header, error } = await connection.request({ type: 'open', framework, device }, [], 'starting');
    if (error) throw refusal(error, connection);
    return header['opened'] as Opened;
  } finally {
    clearInterval(progress);
    clearTimeout(timeout);
  }
}

/** What the bridge refused, in words for people. */
function refusal(error: BridgeError, connection: Connection): BackendError {
  const { interpreter } = connection;
  const inside = `Python ("${interpreter}")`;
  switch (error.kind) {
    case 'missing': {
      const hint = installHint(interpreter, error.package ?? 'torch');
      return new BackendError('not-installed', `${inside}: ${error.message}.`, hint);
    }
    case 'no-device':
      return new BackendError('no-device', `${inside}: ${error.message}.`, 'Choose another device, or leave it out.');
    case 'old':
      return new BackendError('unusable', `${inside}: ${error.message}.`, 'Install a newer version of it.');
    case 'memory':
      return new BackendError(
        'no-device',
        `${inside}: the device has not enough memory: ${error.message}.`,
        'Close other programs that use it, or choose the device "cpu".',
      );
    default:
      return new BackendError(
        'unusable',
        connection.withLastWords(`${inside}: ${error.message}.`),
        'Try the import in a terminal with this interpreter, and install the package anew if it fails there, too.',
      );
  }
}

function identityOf(opened: Opened, more: readonly string[]): BackendIdentity {
  const { framework, hardware, device, version, python, executable, flushing, formats, autodiff, troubles } = opened;
  const cpu = os.cpus()[0]?.model.trim();
  const title = frameworkTitles[framework];
  const written = Object.entries(rulesOf[framework]).filter(([, rule]) => typeof rule === 'function');
  const notes = [
    ...(flushing.length === 0
      ? []
      : [`Flushes subnormals to zero${flushing.length === formats.length ? '' : ` in ${flushing.join(', ')}`}.`]),
    ...(written.length === 0
      ? []
      : [
          `${title} has no function for ${written.map(([operator]) => operator).join(', ')}: written out as operations.`,
        ]),
    ...(autodiff ? [] : [`${opened.version} does not differentiate: gradients are those of the formula.`]),
    ...more,
    ...troubles.map((trouble) => `${trouble}.`),
  ];
  return {
    backend: 'python',
    device: hardware === 'gpu' ? (device ?? 'GPU') : cpu ? `CPU (${cpu})` : 'CPU',
    hardware,
    version: `${version}, Python ${python} (${executable})`,
    ...(notes.length === 0 ? {} : { notes }),
  };
}
