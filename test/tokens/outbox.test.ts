import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { createOutbox } from '../../src/tokens/outbox.ts';
import { refuse } from '../../src/withings/errors.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { door } from '../support/door.ts';
import { atEnd } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

async function connected() {
  const app = await startApp({ REDIS_URL: '', DATABASE_URL: '' });
  const visitor = visit(app);
  await visitor.connect();
  return { app, visitor, withings: sandboxOf(app) };
}

/** The file of the store, by another hand. */
function fileOf(app: TestApp) {
  const db = openDatabase(join(app.dataDir, 'connect.db'), 'NORMAL');
  atEnd(db.close);
  return db;
}

const stateOf = async (visitor: Visitor) => (await visitor.json('/api/connection')).body.state;

describe('whoever erases the last copy of a connection gives the permission back', () => {
  test.each([
    [
      'the last browser logs out',
      ({ visitor }: Awaited<ReturnType<typeof connected>>) => visitor.post('/logout'),
    ],
    [
      'a session lapses',
      async ({ app }) => {
        app.clock.now += 181 * DAY;
      },
    ],
    ['the browser connects as somebody else', ({ visitor }) => visitor.connect('/connect?mode=demo')],
  ] as [string, (town: Awaited<ReturnType<typeof connected>>) => Promise<unknown>][])(
    '%s',
    async (_what, leave) => {
      const town = await connected();
      await leave(town);
      expect(await town.withings.calls('revoke')).toBe(0);
      await town.app.sweep();
      await town.app.sweep();
      expect(await town.withings.calls('revoke')).toBe(1);
      const { users } = await town.withings.state();
      const theirs = users.filter(({ demo }) => !demo);
      expect(JSON.stringify(theirs)).not.toContain('"live"');
    },
  );

  test('not while another browser has it', async () => {
    const { app, visitor, withings } = await connected();
    await visit(app).connect();
    await visitor.post('/logout');
    await app.sweep();
    expect(await withings.calls('revoke')).toBe(0);
  });

  test('not when the person has connected again', async () => {
    const { app, visitor, withings } = await connected();
    await visitor.post('/logout');
    await visitor.connect();
    app.clock.now += DAY;
    await app.sweep();
    expect(await withings.calls('revoke')).toBe(0);
    expect(await stateOf(visitor)).toBe('connected');
  });

  test('never of another issuer: it waits until that one is back', async () => {
    const { app, withings: far } = await startFarApart({ REDIS_URL: '', DATABASE_URL: '' });
    const withings = sandboxOf(far, '');
    const visitor = visit(app);
    await visitor.connect();
    await visitor.post('/logout');
    const there = await app.restart({ WITHINGS_ISSUER: 'us' });
    await there.sweep();
    expect(await withings.calls('revoke')).toBe(0);
    await (await there.restart({ WITHINGS_ISSUER: 'eu' })).sweep();
    expect(await withings.calls('revoke')).toBe(1);
  });
});

describe('what Withings does not take', () => {
  test('is tried again, later each time, until it does', async () => {
    const { app, visitor, withings } = await connected();
    await withings.fault('http-500', { on: 'revoke', times: 2 });
    await visitor.post('/disconnect');
    expect((await visitor.get('/')).text).toContain('Withings did not confirm');
    await app.sweep();
    expect(await withings.calls('revoke')).toBe(1);
    for (const [minutes, calls] of [
      [1, 2],
      [1, 2],
      [1, 3],
      [60, 3],
    ] as const) {
      app.clock.now += minutes * MINUTE;
      await app.sweep();
      expect(await withings.calls('revoke')).toBe(calls);
    }
  });

  test('is given up after two weeks, and that is logged', async () => {
    const { app, visitor, withings } = await connected();
    await withings.fault('http-500', { on: 'revoke', times: 0 });
    await visitor.post('/disconnect');
    app.clock.now += 14 * DAY;
    await app.sweep();
    const calls = await withings.calls('revoke');
    expect(app.logs()).toContain('"outcome":"given-up"');
    app.clock.now += DAY;
    await app.sweep();
    expect(await withings.calls('revoke')).toBe(calls);
  });

  test('because nobody can say whose it was: the receipt says so, and shows the page', async () => {
    const { app, visitor, withings } = await connected();
    fileOf(app).exec("UPDATE people SET person = 'store.damaged.text'");
    await visitor.post('/disconnect');
    const receipt = (await visitor.get('/')).text;
    expect(receipt).toContain('Withings was not told');
    expect(receipt).toMatch(/disconnect_partner\/sandbox"/);
    await app.sweep();
    expect(await withings.calls('revoke')).toBe(0);
    expect(fileOf(app).all('SELECT * FROM people')).toEqual([]);
  });
});

test('what Withings says of somebody whom it does not know is believed: there is nothing to give back', async () => {
  const settled: unknown[] = [];
  const unknown = refuse('withings-refused', { status: 503 });
  const due = [{ id: 'a', person: { issuer: 'eu', userId: '1', demo: false }, since: 0, tries: 1 }];
  const outbox = createOutbox({
    store: {
      claimRevocations: async () => due.splice(0),
      claimRevocation: async () => null,
      settleRevocation: async (_id, outcome) => void settled.push(outcome),
      revocationsUnderWay: async () => [],
    },
    withings: { issuer: 'eu', revoke: async () => unknown },
    now: () => 0,
    sleep: async () => {},
    leaseMs: 1000,
    onRevocation: () => {},
  });
  await outbox.sendDue(new AbortController().signal);
  expect(settled).toEqual(['revoked']);
});

describe('visitors of the demo share one permission', () => {
  test.each(['/disconnect', '/logout'])('%s ends their own session, and nobody else’s', async (way) => {
    const app = await startApp();
    const [one, other] = [visit(app), visit(app)];
    for (const visitor of [one, other]) await visitor.connect('/connect?mode=demo');
    await one.post(way);
    expect(await stateOf(one)).toBe('not-connected');
    expect(await stateOf(other)).toBe('connected');
    await other.post(way);
    await app.sweep();
    expect(await sandboxOf(app).calls('revoke')).toBe(0);
  });

  test('the receipt says no more than that', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    expect((await visitor.get('/disconnect')).text).toContain('we end your session and leave the permission');
    await visitor.post('/disconnect');
    const receipt = (await visitor.get('/')).text;
    expect(receipt).toContain('You have left the demo');
    expect(receipt).not.toContain('Disconnected');
  });
});

test('a code that comes while the permission is being revoked waits, and is never exchanged for tokens that die', async () => {
  const { app, withings } = await startFarApart({ WITHINGS_TIMEOUT_MS: '60000' });
  const [leaving, coming] = [visit(app), visit(app)];
  await leaving.connect();
  const callback = await coming.consent(await coming.begin(), 'Allow');
  const revocation = withings.hold('/v2/signature'); // it fetches a nonce first
  const left = leaving.post('/disconnect').then((answer) => answer);
  await revocation.arrived;
  const exchange = withings.hold('/v2/oauth2');
  const [waiting, goOn] = [door(), door()];
  app.clock.sleep = async () => {
    waiting.open();
    await goOn.opened;
  };
  const came = coming.get(callback).then((answer) => answer);
  await Promise.race([waiting.opened, exchange.arrived]);
  expect(exchange.count()).toBe(0);
  exchange.open();
  revocation.open();
  await left;
  goOn.open();
  // The sandbox takes the code for dead then. Had it been exchanged at once, its tokens would have died in our hands.
  expect((await came).text).toContain('code-refused');
  expect(await stateOf(coming)).toBe('not-connected');
  await coming.connect();
  expect((await coming.json('/api/measures')).status).toBe(200);
});
