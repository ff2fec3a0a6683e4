// Starting other programs, for every script here: finding them on the PATH, running them to the end with their output
// kept for the error message, and starting them so that they never outlive us. Node built-ins only, as the set-up uses it.
import { fork, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * What is said to a person without a stack trace: what is wrong, where, and what to do.
 */
export class Complaint extends Error {}

/**
 * @param {string} name
 * @returns {string | undefined} the program's path, if it is on the PATH
 */
export function onPath(name) {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The environment for npm and for VS Code: without what npm and a surrounding VS Code set for their own children.
 * `npm test` hands its own configuration down as variables (the project's ignore-scripts=true among them, with which
 * `npm rebuild` builds nothing and says nothing), and a terminal inside VS Code sets VSCODE_* that a server obeys.
 * @param {Record<string, string>} [more]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(more = {}) {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(lifecycle|package|node_execpath|execpath|command|config_(global|ignore_scripts|local_prefix|location|nodedir|omit|include|prefix))/i.test(
        name,
      ) &&
      (!name.startsWith('VSCODE_') || name.startsWith('VSCODE_TEST')) &&
      name !== 'NODE_ENV' &&
      name !== 'ELECTRON_RUN_AS_NODE',
  );
  return { ...Object.fromEntries(inherited), ...more };
}

/**
 * Runs a program to its end, quietly: its output is shown only if it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, failure?: string, lines?: number }} [options] failure: what to say
 *   if it fails; lines: of its output, so many at most
 * @returns {Promise<string>} its output
 */
export function run(program, args, { cwd = root, env = process.env, failure, lines = 60 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    const fail = (/** @type {string} */ how) => {
      // npm says what is wrong first and how it is used after that, a compiler the other way round.
      const all = output.trimEnd().split('\n');
      const shown = all.length <= lines ? all : [...all.slice(0, lines / 2), '  ...', ...all.slice(-lines / 2)];
      reject(
        new Complaint(
          `${failure ?? 'A command failed.'}\n  ${program} ${args.join(' ')}\n  in ${cwd}: ${how}\n${shown.join('\n')}\n`,
        ),
      );
    };
    child.on('error', (error) => {
      fail(error.message);
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else fail(signal === null ? `exit status ${String(code)}` : `ended by ${signal}`);
    });
  });
}

/**
 * Starts a program under a guard (guard.mjs), which ends it with everything it has started and removes the folder as
 * soon as `stop` is called or this process is gone, however it went.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, remove?: string, show?: boolean }} [options] show: its output is ours
 */
export function startGuarded(program, args, { cwd = root, env = process.env, remove, show = false } = {}) {
  // Detached: a Ctrl-C in the terminal reaches us, and the guard hears of it by losing us, after we said our last word.
  const guard = fork(path.join(root, 'scripts/guard.mjs'), [remove ?? '', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  /** @type {Set<() => void>} */
  const listeners = new Set();
  for (const stream of [guard.stdout, guard.stderr]) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
      if (show) process.stdout.write(text);
      for (const listener of listeners) listener();
    });
  }
  let ended = false;
  /** @type {Promise<number>} */
  const exited = new Promise((resolve) => {
    // Not 'close', which never comes once the channel has been disconnected from this side.
    guard.on('exit', (code) => {
      // What it said last is still on its way through the pipes.
      setTimeout(() => {
        ended = true;
        for (const listener of listeners) listener();
        resolve(code ?? 1);
      }, 50);
    });
  });
  return {
    output: () => output,
    /** Its exit status. */
    exited,
    /**
     * Resolves with the match once the program has printed it.
     * @param {RegExp} pattern
     * @param {number} timeout in milliseconds
     * @returns {Promise<RegExpMatchArray>}
     */
    printed(pattern, timeout) {
      return new Promise((resolve, reject) => {
        const finish = (/** @type {() => void} */ settle) => {
          listeners.delete(look);
          clearTimeout(timer);
          settle();
        };
        const look = () => {
          const match = pattern.exec(output);
          if (match) {
            finish(() => {
              resolve(match);
            });
          } else if (ended) {
            finish(() => {
              reject(new Complaint(`${program} ended before it was ready. It said:\n${output}`));
            });
          }
        };
        const timer = setTimeout(() => {
          finish(() => {
            reject(new Complaint(`${program} was not ready after ${String(timeout / 1000)} s. It said:\n${output}`));
          });
        }, timeout);
        listeners.add(look);
        look();
      });
    },
    stop: async () => {
      if (guard.connected) guard.disconnect();
      await exited;
    },
  };
}

/** @type {Set<string>} */
const temporaryFolders = new Set();

/** @param {string} folder */
function removeFolder(folder) {
  temporaryFolders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

process.on('exit', () => {
  for (const folder of temporaryFolders) removeFolder(folder);
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  const end = () => {
    // Without this a signal ends the process with no further ado, and the folders stay. Who else listens, ends it.
    if (process.listeners(signal).every((listener) => listener === end))
      process.exit(128 + os.constants.signals[signal]);
  };
  process.on(signal, end);
}

/**
 * A folder for the time of some work.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTemporaryFolder(work) {
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'lossfloor-'));
  temporaryFolders.add(folder);
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
  }
}

/**
 * Runs a script's main function and turns what it throws into a message and an exit status.
 * @param {() => Promise<number | void>} main
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Complaint ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * @param {number} since as from Date.now()
 */
export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
