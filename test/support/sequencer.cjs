const { default: TestSequencer } = require('@jest/test-sequencer');

/** Most of their time they wait, for other processes and for clocks; the rest of the tests fill it. */
const FIRST = ['/torture/', '/crash/', '/operations/process', '/tokens/interleavings'];

module.exports = class LongestFirst extends TestSequencer {
  /** @override @type {TestSequencer['sort']} */
  async sort(tests) {
    const sorted = await super.sort(tests);
    const isFirst = (/** @type {{ path: string }} */ { path }) => FIRST.some((part) => path.includes(part));
    return [...sorted.filter(isFirst), ...sorted.filter((test) => !isFirst(test))];
  }
};
