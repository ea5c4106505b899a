import { expect, test } from '@jest/globals';
import request from 'supertest';
import { openSandboxDatabase } from '../../src/sandbox/database.ts';
import { Pairs } from '../../src/sandbox/oauth2/pairs.ts';
import { People } from '../../src/sandbox/people.ts';
import { randomHex } from '../../src/sandbox/secrets.ts';
import { seeded } from '../../src/sandbox/seeded-people.ts';
import { tempDir } from '../support/machine.ts';
import { authorizeUrl, buildTown, CALLBACK, client, MAREN, TOMAS } from './town.ts';

const DAY = 24 * 3600;

test('a thousand browsers are logged in, and no more: the oldest are logged out', async () => {
  const dataDir = tempDir();
  const { login, clock } = buildTown({ dataDir });
  const isLoggedIn = async (browser: Awaited<ReturnType<typeof login>>) =>
    !(await browser.get(authorizeUrl())).text.includes('Who are you today?');
  const first = await login(MAREN);
  const second = await login(TOMAS);
  const db = openSandboxDatabase(dataDir);
  db.run(
    `INSERT INTO logins (token, consent, user_id, at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 997)
     SELECT 'crowd-' || i, '', ?, ? FROM n`,
    MAREN,
    clock.now,
  );
  db.close();
  await login(MAREN);
  expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([true, true]);
  await login(MAREN);
  expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([false, true]);
});

test('two hundred steps on the scale are kept of each person; a reset forgets them', async () => {
  const { app, connect, getmeas, clock } = buildTown();
  const weigh = async (who: number) =>
    (await request(app).post(`/control/users/${who}/weigh`)).body.measuregrp.grpid;
  const kept = async (who: number) => {
    const at = String(clock.now / 1000);
    const { access_token } = await connect(who);
    const { measuregrps, more } = (await getmeas(access_token, { startdate: at, enddate: at })).body.body;
    expect(more ?? 0).toBe(0);
    return measuregrps.map(({ grpid }: { grpid: number }) => grpid);
  };
  const others = await weigh(TOMAS);
  const first = await weigh(MAREN);
  const second = await weigh(MAREN);
  for (let n = 0; n < 199; n += 1) await weigh(MAREN);
  expect(await kept(MAREN)).not.toContain(first);
  expect(await kept(MAREN)).toContain(second);
  expect(await kept(TOMAS)).toEqual([others]);
  await request(app).post('/control/reset').expect(200);
  expect(await kept(TOMAS)).toEqual([]);
});

/** The pairs that a sandbox remembers, on a clock that the test moves. */
function ledger() {
  const clock = { now: Date.UTC(2026, 0, 15, 9) };
  const db = openSandboxDatabase(':memory:');
  const people = new People(db, seeded);
  const pairs = new Pairs(db, () => clock.now, randomHex, people);
  const consent = (userId: number) =>
    pairs.open({
      clientId: client.id,
      userId,
      scope: 'user.info',
      redirectUri: CALLBACK,
      consentedAt: clock.now,
    });
  return { clock, people, pairs, consent };
}

test('what has been dead for a month is forgotten at the next token; what lives is not', () => {
  const { clock, pairs, consent } = ledger();
  const revoked = consent(MAREN);
  pairs.end(MAREN, client.id, 'revoked');
  const live = consent(MAREN);
  const renewed = pairs.rotate(live, { grace: true });
  clock.now += 29 * DAY * 1000;
  consent(TOMAS);
  expect(pairs.of(MAREN)).toHaveLength(3);
  clock.now += 2 * DAY * 1000;
  consent(TOMAS);
  expect(pairs.byRefreshToken(revoked.refresh_token)).toBeUndefined();
  expect(pairs.byRefreshToken(live.refresh_token)).toBeUndefined();
  expect(pairs.of(MAREN)).toEqual([{ ...renewed, parent: null }]);
});

test('the dead beyond a thousand pairs of a person are forgotten at once, the living and the others not', () => {
  const { pairs, consent } = ledger();
  const others = consent(TOMAS);
  pairs.end(TOMAS, client.id, 'revoked');
  const [first, second] = [consent(MAREN), consent(MAREN)];
  pairs.endChain(first.chain, 'for the test');
  for (let n = 2; n < 1000; n += 1) consent(MAREN);
  expect(pairs.byRefreshToken(first.refresh_token)).toBeDefined();
  consent(MAREN);
  expect(pairs.byRefreshToken(first.refresh_token)).toBeUndefined();
  expect(pairs.byRefreshToken(second.refresh_token)).toMatchObject({ ended_why: null });
  expect(pairs.byRefreshToken(others.refresh_token)).toBeDefined();
});

test('a person has consented a thousand times at most: the one that was renewed longest ago ends', () => {
  const { pairs, consent } = ledger();
  const [first, second] = [consent(MAREN), consent(MAREN)];
  const renewed = pairs.rotate(first, { grace: true });
  for (let n = 2; n < 1000; n += 1) consent(MAREN);
  expect(pairs.byRefreshToken(second.refresh_token)).toMatchObject({ ended_why: null });
  consent(MAREN);
  expect(pairs.byRefreshToken(second.refresh_token)?.ended_why).not.toBeNull();
  expect(pairs.byRefreshToken(renewed.refresh_token)).toMatchObject({ ended_why: null });
});

test('five hundred created people are kept, and what another one allowed is forgotten in a month', () => {
  const { clock, people, pairs, consent } = ledger();
  const person = { account: 'a@b.example', name: 'A', timezone: 'Europe/Paris', heightCm: 170, weightKg: 60 };
  const create = () => people.create(person, client.id).userId;
  const [first, second] = [create(), create()];
  const [gone, kept] = [consent(first), consent(second)];
  for (let n = 2; n < 501; n += 1) create();
  expect([people.find(first), people.find(second)?.userId]).toEqual([undefined, second]);
  clock.now += 31 * DAY * 1000;
  consent(second);
  expect(pairs.byRefreshToken(gone.refresh_token)).toBeUndefined();
  expect(pairs.byRefreshToken(kept.refresh_token)).toBeDefined();
});
