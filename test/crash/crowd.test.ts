import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { expect, jest, test } from '@jest/globals';
import { atEnd } from '../support/app.ts';
import { askManyTimes } from '../support/crowd.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

jest.setTimeout(60_000);

const CONNECTIONS = 100;
const REQUESTS_EACH = 100;
const EVERYBODY = CONNECTIONS * REQUESTS_EACH;
/** What the page says; whoever waited longer than a page waits sees it without the data. */
const CONNECTED = '<h1 id="status">Connected</h1>';

test('ten thousand requests at the end of a token, all of them waiting: one refresh, and all are served', async () => {
  const { app, withings } = await startFarApart({ WITHINGS_TIMEOUT_MS: '30000', LOG_LEVEL: 'silent' });
  const visitor = visit(app);
  await visitor.connect();
  app.clock.now += 3 * 3_600_000;
  const door = withings.hold('/v2/oauth2');
  const arrived = arrivals('/dashboard', EVERYBODY);
  const crowd = Array.from({ length: CONNECTIONS }, () =>
    askManyTimes(app.config.port, '/dashboard', visitor.cookies(), REQUESTS_EACH),
  );
  await arrived;
  await door.arrived;
  door.open();
  const answers = (await Promise.all(crowd)).flat();
  expect(answers.filter((answer) => answer.startsWith('200') && answer.includes(CONNECTED))).toHaveLength(
    EVERYBODY,
  );
  expect(door.count()).toBe(1);
});

/** Resolves when so many requests for a path have come in. */
function arrivals(path: string, expected: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onStart = (message: unknown) => {
      const { request } = message as { request: IncomingMessage };
      if (request.url === path) count += 1;
      if (count === expected) resolve();
    };
    diagnostics.subscribe('http.server.request.start', onStart);
    atEnd(() => void diagnostics.unsubscribe('http.server.request.start', onStart));
  });
}
