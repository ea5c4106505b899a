import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { activated, startDoor } from '../support/partner.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;

/** A partner with a connection, whose tokens live three hours. */
async function connectedByPartner(env: Record<string, string> = {}) {
  const door = await startDoor(env);
  const { body } = await door.partner.post('', { code: await activated(door.contract) });
  const ask = () => door.partner.post(`/${body.connectionId}/access-token`);
  const control = request(door.withings.url);
  return { ...door, ask, control };
}

describe('what is handed out', () => {
  test('is renewed first where that is due, once for all who ask', async () => {
    const { app, ask, control } = await connectedByPartner();
    app.clock.now += 180 * MINUTE - 2000; // good for two seconds more
    const given = await Promise.all([ask(), ask(), ask()]);
    for (const { body } of given) {
      expect(body.expiresAt).toBe(new Date(app.clock.now + 180 * MINUTE).toISOString());
    }
    await app.settled();
    const { counters } = (await control.get('/control/state')).body;
    expect(counters['requesttoken refresh_token']).toEqual({ ok: 1 });
  });

  test('is the old one for as long as it lives where renewing fails', async () => {
    const { app, ask, control } = await connectedByPartner();
    const first = (await ask()).body;
    await control.post('/control/faults').send({ name: 'http-500', times: 0, on: 'requesttoken' });
    app.clock.now += 180 * MINUTE - 2000;
    const given = await ask();
    expect(given.status).toBe(200);
    expect(given.body).toEqual(first);
    app.clock.now += MINUTE;
    expect((await ask()).status).toBe(503);
  });

  test('is on record however quiet the log is, and where it is silent on none', async () => {
    const { app, ask } = await connectedByPartner({ LOG_LEVEL: 'error' });
    await ask();
    const lines = app.logs().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'access token for a partner',
      outcome: 'given',
      grant: expect.any(String),
      requestId: expect.any(String),
    });
    await app.restart({ LOG_LEVEL: 'silent' });
    expect((await ask()).status).toBe(200);
    expect(app.logs().trim().split('\n')).toHaveLength(1);
  });
});

test('a partner’s connection is subscribed to at once, like any other', async () => {
  const { control } = await connectedByPartner({ WEBHOOKS: 'on' });
  await until(async () => {
    const { counters } = (await control.get('/control/state')).body;
    return counters['notify subscribe']?.ok === 6;
  });
});
