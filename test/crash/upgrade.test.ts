import { jest, test } from '@jest/globals';
import { tempDir } from '../support/machine.ts';
import { expectRollingUpgrade, hasVersionBefore } from '../support/version-before.ts';

jest.setTimeout(120_000);

(hasVersionBefore ? test : test.skip)('a rolling upgrade from the version before, on one DATA_DIR', () =>
  expectRollingUpgrade({ DATA_DIR: tempDir() }),
);
