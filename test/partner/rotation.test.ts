import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createPartnerConnections } from '../../src/partner/connections.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { activated, startDoor } from '../support/partner.ts';

const OLD = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const NEW = 'Zq8Wn3RvTb6Yx1Kc5Lm9Pd2Sg7Hf4JeA';
const HOUR = 3_600_000;

async function connectedUnderTheOld() {
  const { app, partner, contract } = await startDoor({ SESSION_SECRET: OLD });
  const { body } = await partner.post('', { code: await activated(contract), externalId: 'patient-17' });
  return { app, partner, path: `/${body.connectionId}` };
}

test('asked for under both secrets, a partner’s connection needs only the new one', async () => {
  const { app, partner, path } = await connectedUnderTheOld();
  const both = await app.restart({ SESSION_SECRET: `${NEW},${OLD}` });
  both.clock.now += 4 * HOUR;
  expect((await partner.post(`${path}/access-token`)).status).toBe(200); // renewed, and with that re-sealed
  await both.settled();
  await both.restart({ SESSION_SECRET: NEW });
  const status = await partner.get(path);
  expect(status.body).toMatchObject({ state: 'connected', externalId: 'patient-17' });
  expect((await partner.post(`${path}/access-token`)).status).toBe(200);
});

test('where nobody asked in time, the key is missing, and it can still be ended', async () => {
  const { app, partner, path } = await connectedUnderTheOld();
  const both = await app.restart({ SESSION_SECRET: `${NEW},${OLD}` });
  await both.restart({ SESSION_SECRET: NEW });
  const status = await partner.get(path);
  expect([status.status, status.body.problem.code]).toEqual([503, 'key-missing']);
  expect((await partner.delete(path)).body).toEqual({ revoked: true, removalPage: null });
  expect((await partner.get(path)).status).toBe(404);
});

/** The partner's connections on a store that opens, and a ring of keys that the test chooses. */
async function onStore() {
  const store = openSqliteStore(
    join(tempDir(), 'connect.db'),
    createEncryption(deriveKeys([OLD]).seal),
    () => 0,
  );
  atEnd(() => store.close());
  const tokens = { accessToken: 'access-0', refreshToken: 'refresh-0' };
  const pair = { ...tokens, userId: '363', scope: [], expiresInSeconds: 10_800 };
  const under = (secret: string) =>
    createPartnerConnections({
      store,
      encryption: createEncryption(deriveKeys([secret]).seal),
      withings: { issuer: 'eu', scope: [], redeem: async () => ({ ok: true, value: pair }) },
      outbox: { settled: async () => {} },
      publicUrl: 'https://connect.example.com',
      now: () => 0,
    });
  const made = await under(OLD).connect('code', 'patient-17');
  if (!made.ok) throw new Error(made.refusal.code);
  return { store, under, made: made.value };
}

test('whom the partner means is a help: without the key to it the connection works, and the key may come back', async () => {
  const { under, made } = await onStore();
  const found = await under(NEW).find(made.connectionId);
  expect(found?.externalId()).toBeNull();
  expect(found?.grant()?.userId).toBe('363');
  expect((await under(OLD).find(made.connectionId))?.externalId()).toBe('patient-17');
});

test('a link for a connection that has just ended is not handed out', async () => {
  const { store, under, made } = await onStore();
  await store.eraseGrant(made.grantId, Date.now());
  await expect(under(OLD).handOff(made)).rejects.toMatchObject({ code: 'connection-unknown' });
});
