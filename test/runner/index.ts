/** The lanes that run in a plain Node process: node out/test/runner/index.js FOLDER RESULTS TIMEOUT */
import { runTests } from './run';

const [folder, resultsFile, timeout] = process.argv.slice(2);
if (folder === undefined || resultsFile === undefined || timeout === undefined) {
  throw new Error('usage: node out/test/runner/index.js FOLDER RESULTS TIMEOUT (scripts/lane.mjs does it)');
}
void runTests({
  folder,
  resultsFile,
  timeout: Number(timeout),
  say: (line) => {
    console.log(line);
  },
  ours: () => true,
}).then((failures) => {
  // A test that left a server or a timer behind would otherwise keep the lane from ending.
  process.exit(failures === 0 ? 0 : 1);
});
