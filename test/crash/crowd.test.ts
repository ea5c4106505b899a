import { expect, jest, test } from '@jest/globals';
import { arrivals, askManyTimes } from '../support/crowd.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

jest.setTimeout(120_000);

const CONNECTIONS = 100;
const REQUESTS_EACH = 100;
const PATH = '/api/measures';
const EVERYBODY = CONNECTIONS * REQUESTS_EACH;

test('ten thousand requests at the end of a token, all of them waiting: one refresh, and all are served', async () => {
  // Without the scope for measures an answer is short, but it is given to whoever has a live token only.
  const env = { WITHINGS_TIMEOUT_MS: '30000', LOG_LEVEL: 'silent', WITHINGS_SCOPE: 'user.info' };
  const { app, withings } = await startFarApart(env);
  const visitor = visit(app);
  await visitor.connect();
  app.clock.now += 3 * 3_600_000;
  const door = withings.hold('/v2/oauth2');
  const arrived = arrivals(PATH, EVERYBODY);
  const crowd = Array.from({ length: CONNECTIONS }, () =>
    askManyTimes(app.config.port, {
      path: PATH,
      cookie: visitor.cookies(),
      times: REQUESTS_EACH,
      words: '"code":"scope-missing"',
    }),
  );
  await arrived;
  await door.arrived;
  door.open();
  const served = await Promise.all(crowd);
  expect(served.reduce((sum, n) => sum + n)).toBe(EVERYBODY);
  expect(door.count()).toBe(1);
});
