// Every check of the project, on a fresh clone too:  npm test
// Some of them, while developing:                    npm test -- --only unit,lint
//
// The last line says `N passed, M failed` and nothing else. A lane that could not be run, that died half-way or that had
// no test in it counts as a failure, never as nothing.
// Only Node built-ins until the set-up is through.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { e2eLane } from './test-e2e.mjs';
import { editorLane } from './test-editor.mjs';
import { checkLane, nodeLane, sum, testSources } from './lane.mjs';
import { Complaint, root, seconds } from './process.mjs';
import { hostVersions, setUp } from './setup.mjs';

/** @typedef {import('./lane.mjs').LaneResult} LaneResult */

/**
 * @typedef {object} Lane
 * @property {string} name
 * @property {() => Promise<LaneResult>} work
 * @property {Parameters<typeof setUp>[0]} [needs]
 * @property {string} [tests] its folder of tests
 * @property {boolean} [still] checks the sources as they are: needs no build, and may run beside the others of its kind
 */

const tsc = 'node_modules/typescript/bin/tsc';
const projects = ['.', 'webview', 'scripts', 'test/webview'];

/** @type {Lane[]} in this order */
const lanes = [
  { name: 'types', still: true, work: types },
  {
    name: 'lint',
    still: true,
    work: () => checkLane('eslint found problems', 'node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.']),
  },
  {
    name: 'format',
    still: true,
    work: () =>
      checkLane('prettier would change files (npm run format)', 'node_modules/prettier/bin/prettier.cjs', [
        ...['--check', '--log-level', 'warn', '.'],
      ]),
  },
  { name: 'build', work: () => checkLane('the build failed', 'scripts/build.mjs', ['--production', '--tests']) },
  { name: 'unit', tests: 'test/unit', work: () => nodeLane('test/unit', { timeout: 60_000 }) },
  { name: 'fuzz', tests: 'test/fuzz', work: () => nodeLane('test/fuzz', { timeout: 120_000 }) },
  { name: 'golden', tests: 'test/golden', work: () => nodeLane('test/golden', { timeout: 120_000 }) },
  {
    name: 'worker',
    tests: 'test/worker',
    needs: { python: true, vulkan: true },
    work: () => nodeLane('test/worker', { timeout: 60_000 }),
  },
  {
    name: 'webview',
    tests: 'test/webview',
    needs: { browser: true },
    work: () => nodeLane('test/webview', { timeout: 60_000 }),
  },
  ...hostVersions.map((version) => ({
    name: `editor-${version}`,
    tests: 'test/editor',
    needs: { browser: true, hosts: [version] },
    work: () => editorLane(version),
  })),
  { name: 'e2e', tests: 'test/e2e', needs: { browser: true, hosts: [hostVersions[0]] }, work: () => e2eLane() },
];

/** Each TypeScript project by itself, one after the other. */
async function types() {
  const results = [];
  for (const project of projects) {
    results.push(await checkLane(`tsc found problems in ${project}`, tsc, ['-p', project]));
  }
  return sum(...results);
}

/** A test in a folder that no lane runs would be believed to pass. */
function strayTests() {
  const known = lanes.map((lane) => lane.tests);
  return readdirSync(path.join(root, 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !known.includes(`test/${entry.name}`))
    .flatMap((entry) => testSources(`test/${entry.name}`).map((file) => `test/${entry.name}/${file}`));
}

/** @param {string[]} args */
function chosenLanes(args) {
  const names = lanes.map((lane) => lane.name).join(', ');
  if (args.length === 0) return lanes;
  const [flag, list, ...rest] = args;
  if (flag !== '--only' || list === undefined || rest.length > 0) {
    throw new Complaint(`Unknown arguments: ${args.join(' ')}\nThere is only: --only LANE,LANE with ${names}`);
  }
  const wanted = list.split(',');
  const unknown = wanted.find((name) => !lanes.some((lane) => lane.name === name));
  if (unknown !== undefined) throw new Complaint(`There is no lane ${unknown}, only ${names}.`);
  // Tests of what was built some time ago would be tests of something else.
  const needBuild = lanes.some((lane) => wanted.includes(lane.name) && lane.tests !== undefined);
  return lanes.filter((lane) => wanted.includes(lane.name) || (needBuild && lane.name === 'build'));
}

/**
 * @param {Lane} lane
 * @returns {Promise<{ name: string, result: LaneResult, time: string }>}
 */
async function runLane(lane) {
  const start = Date.now();
  /** @type {LaneResult} */
  let result;
  try {
    if (lane.needs !== undefined) await setUp(lane.needs);
    result = await lane.work();
    if (result.passed + result.failures.length === 0) result.failures.push('nothing was checked');
  } catch (error) {
    const text =
      error instanceof Complaint || !(error instanceof Error) ? String(error) : (error.stack ?? error.message);
    console.log(text);
    result = { passed: 0, failures: [`the lane could not be run: ${text.split('\n')[0] ?? ''}`], pending: [] };
  }
  return { name: lane.name, result, time: seconds(start) };
}

async function main() {
  const chosen = chosenLanes(process.argv.slice(2));
  await setUp();
  const everything = {
    browser: chosen.some((lane) => lane.needs?.browser),
    vulkan: chosen.some((lane) => lane.needs?.vulkan),
    hosts: hostVersions.filter((version) => chosen.some((lane) => lane.needs?.hosts?.includes(version))),
  };
  // What can't be set up is a failure of the lanes that need it, and of no other.
  await setUp(everything).catch((/** @type {unknown} */ error) => console.log(String(error)));

  /** @type {Awaited<ReturnType<typeof runLane>>[]} */
  const done = [];
  const still = chosen.filter((lane) => lane.still);
  if (still.length > 0) {
    console.log(`\n== ${still.map((lane) => lane.name).join(', ')}`);
    done.push(...(await Promise.all(still.map(runLane))));
  }
  for (const lane of chosen.filter((each) => !each.still)) {
    console.log(`\n== ${lane.name}`);
    const unbuilt = done.some(({ name, result }) => name === 'build' && result.failures.length > 0);
    done.push(
      unbuilt
        ? { name: lane.name, result: { passed: 0, failures: ['not run: the build failed'], pending: [] }, time: '' }
        : await runLane(lane),
    );
  }

  console.log('\n== summary');
  for (const { name, result, time } of done) {
    const counts = `${String(result.passed).padStart(6)} passed ${String(result.failures.length).padStart(4)} failed`;
    console.log(`${name.padEnd(14)}${counts}${time.padStart(10)}`);
  }
  for (const { name, result } of done) {
    for (const title of result.pending) console.log(`not run here, as the test itself says: [${name}] ${title}`);
  }
  for (const { name, result } of done) {
    for (const failure of result.failures) console.log(`failed: [${name}] ${failure}`);
  }
  const total = sum(...done.map(({ result }) => result));
  for (const file of strayTests()) {
    console.log(`failed: ${file} is in no lane's folder, so nothing runs it`);
    total.failures.push(file);
  }
  const left = lanes.filter((lane) => !chosen.includes(lane)).map((lane) => lane.name);
  if (left.length > 0) console.log(`This was a part only. Lanes NOT run: ${left.join(', ')}`);
  return { passed: total.passed, failed: total.failures.length };
}

const start = Date.now();
let counts = { passed: 0, failed: 1 };
try {
  counts = await main();
} catch (error) {
  console.log(error instanceof Complaint ? error.message : error);
}
console.log(`in ${seconds(start)}`);
console.log(`${String(counts.passed)} passed, ${String(counts.failed)} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
