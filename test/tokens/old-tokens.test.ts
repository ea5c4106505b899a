import { describe, expect, test } from '@jest/globals';
import type { TestApp } from '../support/app.ts';
import { tempDir } from '../support/machine.ts';
import { activated, startDoor } from '../support/partner.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { createTown } from '../support/town.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const DAY = 86_400_000;
const REFRESH = 'requesttoken refresh_token';

/** A connection that only a partner's server keeps, and that nobody asks for anything. */
async function keptByPartner(env: Record<string, string> = {}) {
  const { app, withings, partner, contract } = await startDoor(env);
  const { body } = await partner.post('', { code: await activated(contract) });
  const isUsable = async () => (await partner.post(`/${body.connectionId}/access-token`)).status === 200;
  const far = sandboxOf(withings, '');
  return { app, isUsable, withings: far, refreshes: () => far.calls(REFRESH) };
}

async function pass(app: TestApp, days: number, step = 5): Promise<void> {
  for (let passed = 0; passed < days; passed += step) {
    app.clock.now += step * DAY;
    await app.sweep();
    app.clock.now += 2 * 60_000; // a new pair is tried out a minute later
    await app.sweep();
  }
}

describe('a refresh token lives a year; a connection that nobody comes for outlives it', () => {
  test('kept by a partner, for fourteen months', async () => {
    const { app, isUsable, refreshes } = await keptByPartner();
    await pass(app, 295);
    expect(await refreshes()).toBe(0);
    await pass(app, 40);
    expect(await refreshes()).toBe(1);
    await pass(app, 85);
    expect(await refreshes()).toBe(1);
    expect(await isUsable()).toBe(true);
  });

  test('kept by a partner, with notifications on', async () => {
    const { app, isUsable } = await keptByPartner({ WEBHOOKS: 'on' });
    await pass(app, 425, 25);
    expect(await isUsable()).toBe(true);
  });

  test('in a browser that may stay away for longer', async () => {
    const { app } = await startFarApart({ SESSION_IDLE_DAYS: '400' });
    const visitor = visit(app);
    await visitor.connect();
    await pass(app, 390, 30);
    const { state, lastRefresh } = (await visitor.json('/api/connection')).body;
    expect([state, lastRefresh.outcome]).toEqual(['connected', 'refreshed']);
  });

  test('when this program was off for weeks around the day', async () => {
    const { app, isUsable, refreshes } = await keptByPartner();
    await pass(app, 290);
    app.clock.now += 70 * DAY;
    await app.sweep();
    expect(await refreshes()).toBe(1);
    app.clock.now += 60 * DAY;
    expect(await isUsable()).toBe(true);
  });

  test('when Withings was away on the day: again and again, and not too often', async () => {
    const { app, isUsable, withings, refreshes } = await keptByPartner();
    await pass(app, 290);
    await withings.fault('http-500', { times: 0, on: 'requesttoken' });
    await pass(app, 60);
    const tried = await refreshes();
    expect(tried).toBeGreaterThan(1);
    expect(tried).toBeLessThanOrEqual(24); // twice in each of twelve steps
    await withings.clearFaults();
    await pass(app, 5);
    app.clock.now += 60 * DAY;
    expect(await isUsable()).toBe(true);
  });

  test('and so does one of a store that did not know when that is', async () => {
    const { app, isUsable, refreshes } = await keptByPartner({ REDIS_URL: '', DATABASE_URL: '' });
    const { openDatabase } = await import('../../src/store/sqlite/database.ts');
    const db = openDatabase(`${app.dataDir}/connect.db`, 'NORMAL');
    db.run('UPDATE grants SET renew_at = 0');
    await app.sweep();
    expect(db.get('SELECT renew_at FROM grants')?.renew_at).toBeGreaterThan(app.clock.now + 299 * DAY);
    db.close();
    expect(await refreshes()).toBe(0);
    await pass(app, 400, 10);
    expect(await isUsable()).toBe(true);
  });
});

test('where turns are rare, everybody who is old by then has one', async () => {
  const town = await createTown({ dir: tempDir(), people: 40, quota: 10 });
  town.clock.now += 350 * DAY;
  const begun = town.clock.now;
  await town.process.sweeper.wake();
  expect(new Set(town.calls.map(({ person }) => person)).size).toBe(40);
  expect(town.clock.now - begun).toBeGreaterThan(7 * 60_000); // others have half of it
  town.close();
});
