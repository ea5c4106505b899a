import { jest, test } from '@jest/globals';
import { expectRollingUpgrade, hasVersionBefore } from '../support/version-before.ts';
import { startRedis } from './server.ts';

jest.setTimeout(120_000);

(hasVersionBefore ? test : test.skip)('a rolling upgrade from the version before, on one Redis', async () => {
  await expectRollingUpgrade({ REDIS_URL: (await startRedis()).url });
});
