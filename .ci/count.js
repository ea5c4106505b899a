// One line for people and machines: what the reports in a folder come to. A suite that ended before its tests ran counts
// as one failure; where failures were tried once more, the second time counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir = '', failedSuites] = process.argv.slice(2);

/** @param {string} file */
function read(file) {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  return { passed: numPassedTests, failed: numFailedTests, broken: numRuntimeErrorTestSuites };
}

let [passed, failed] = [0, 0];
for (const name of readdirSync(dir).filter((each) => each.endsWith('.json'))) {
  const file = join(dir, name);
  const first = read(file);
  const last = existsSync(`${file}.again`) ? read(`${file}.again`) : first;
  passed += first.passed + first.failed - last.failed;
  failed += last.failed + last.broken;
}
process.stdout.write(`${passed} passed, ${Math.max(failed, Number(failedSuites))} failed\n`);
