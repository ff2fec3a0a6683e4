// Runs a program for as long as the process that asked for it lives.
//
//   fork('guard.mjs', [folder, program, ...args])
//
// When the IPC channel closes (the asking process disconnected, ended, crashed or was killed: a handler in that process
// would miss the last two), the program is ended with its whole process group, and the folder is removed if one is named.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, program, ...args] = process.argv.slice(2);
if (program === undefined)
  throw new Error('guard.mjs is started by startGuarded in process.mjs, with a program to run');

const child = spawn(program, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });

/** @param {NodeJS.Signals} signal */
function signalGroup(signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}

/** @param {number} status */
function leave(status) {
  // What the program started may outlive it: the group is what ends.
  signalGroup('SIGKILL');
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(status);
}

child.on('error', (error) => {
  console.error(`${program} could not be started: ${error.message}`);
  leave(1);
});
child.on('exit', (code, signal) => {
  if (signal !== null && process.connected) console.error(`${program} was ended by ${signal}`);
  leave(code ?? 1);
});
process.on('disconnect', () => {
  signalGroup('SIGTERM');
  setTimeout(() => {
    leave(1);
  }, 3000);
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    signalGroup('SIGTERM');
  });
}
