// A lane is one kind of check. What it found is counted from the record that the tests write when they come to their end
// (test/runner/run.ts): no record, a test file that was not loaded or that holds no test, and no test at all are failures,
// whatever the exit status says.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, run, startGuarded, withTemporaryFolder } from './process.mjs';

/**
 * @typedef {object} LaneResult
 * @property {number} passed
 * @property {string[]} failures a line for each
 * @property {string[]} pending tests that say themselves that they can't run here
 */

/** @typedef {import('../test/runner/run.js').RunRecord} RunRecord */

/** Screenshots and logs; ignored by git. */
export const artifacts = path.join(root, 'artifacts');

/**
 * The sources of a lane's tests, relative to its folder.
 * @param {string} folder for example test/unit
 * @returns {string[]}
 */
export function testSources(folder) {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
}

/**
 * @param {string} folder the lane's folder of sources, for example test/unit
 * @param {string} resultsFile
 * @param {string} [trouble] what went wrong around the tests, if something did
 * @returns {LaneResult}
 */
export function readResults(folder, resultsFile, trouble) {
  const failures = trouble === undefined ? [] : [trouble];
  if (!existsSync(resultsFile)) {
    if (trouble === undefined)
      failures.push('the tests ended without having come to their end: no results were written');
    return { passed: 0, failures, pending: [] };
  }
  /** @type {RunRecord} */
  const { files, tests } = JSON.parse(readFileSync(resultsFile, 'utf8'));
  for (const source of testSources(folder)) {
    const built = source.replace(/\.ts$/, '.js');
    if (!files.includes(built))
      failures.push(`${folder}/${source} was not run: it is not in out/ (build with --tests)`);
    else if (!tests.some((test) => test.file === built)) failures.push(`${folder}/${source} holds no test`);
  }
  if (tests.length === 0) failures.push(`${folder}: not a single test was run`);
  const titles = (/** @type {string} */ state) =>
    tests.filter((test) => test.state === state).map((test) => test.title);
  return { passed: titles('passed').length, failures: [...titles('failed'), ...failures], pending: titles('pending') };
}

/**
 * Runs a lane's tests in a Node process.
 * @param {string} folder for example test/unit
 * @param {{ timeout: number, limit?: number, env?: Record<string, string> }} options timeout: for one test;
 *   limit: for all of them; both in milliseconds
 * @returns {Promise<LaneResult>}
 */
export async function nodeLane(folder, { timeout, limit = 1_200_000, env = {} }) {
  if (testSources(folder).length === 0)
    return { passed: 0, failures: [`there is no *.test.ts in ${folder}`], pending: [] };
  return withTemporaryFolder(async (temporary) => {
    const resultsFile = path.join(temporary, 'results.json');
    const tests = startGuarded(
      process.execPath,
      [
        '--enable-source-maps',
        'out/test/runner/index.js',
        path.join(root, 'out', folder),
        resultsFile,
        String(timeout),
      ],
      { env: { ...process.env, ...env }, show: true },
    );
    let trouble;
    const timer = setTimeout(() => {
      trouble = `ended after ${String(limit / 1000)} s, the limit for this lane`;
      void tests.stop();
    }, limit);
    const status = await tests.exited;
    clearTimeout(timer);
    const results = readResults(folder, resultsFile, trouble);
    if (status !== 0 && results.failures.length === 0) {
      results.failures.push(`the test process ended with exit status ${String(status)}`);
    }
    return results;
  });
}

/**
 * A program that either succeeds or fails: it counts as one.
 * @param {string} what
 * @param {string} module of node_modules, to be run by Node
 * @param {string[]} args
 * @returns {Promise<LaneResult>}
 */
export async function checkLane(what, module, args) {
  try {
    const output = await run(process.execPath, [path.join(root, module), ...args], {
      failure: `${what}:`,
      lines: 1000,
    });
    if (output.trim()) console.log(output.trimEnd());
    return { passed: 1, failures: [], pending: [] };
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    return { passed: 0, failures: [what], pending: [] };
  }
}

/** @param {LaneResult[]} results */
export function sum(...results) {
  return {
    passed: results.reduce((total, result) => total + result.passed, 0),
    failures: results.flatMap((result) => result.failures),
    pending: results.flatMap((result) => result.pending),
  };
}

/**
 * An empty folder under artifacts/.
 * @param {string} name
 */
export function freshArtifacts(name) {
  const folder = path.join(artifacts, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Says what came of a lane that was run by itself, and returns the exit status.
 * @param {LaneResult} result
 */
export function conclude(result) {
  for (const title of result.pending) console.log(`not run: ${title}`);
  for (const failure of result.failures) console.log(`failed: ${failure}`);
  console.log(`${String(result.passed)} passed, ${String(result.failures.length)} failed`);
  return result.failures.length === 0 ? 0 : 1;
}
