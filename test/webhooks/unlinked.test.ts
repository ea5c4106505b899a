import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { deriveKeys } from '../../src/store/keys.ts';
import type { TestApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { until } from '../support/until.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const ADDRESS = `/webhooks/withings/${deriveKeys([SECRET]).webhook[0]}`;
const HOUR = 3_600_000;

describe('whoever removes us in Withings is not brought back', () => {
  /** A person whom the partner made, whose dead tokens may be recovered, and who is subscribed to. */
  async function partnersPerson() {
    const door = await startDoor({ WITHINGS_RECOVER: 'on', WEBHOOKS: 'on', SESSION_SECRET: SECRET });
    const { body } = await door.partner.post('', { code: await activated(door.contract) });
    await door.app.sweep();
    const control = request(door.withings.url);
    const calls = async (endpoint: string) => {
      const { counters } = (await control.get('/control/state')).body;
      return Object.values<number>(counters[endpoint] ?? {}).reduce((sum, n) => sum + n, 0);
    };
    const state = async () => (await door.partner.get(`/${body.connectionId}`)).body.state;
    const notify = (app: TestApp, action: string) =>
      request(app.url).post(ADDRESS).type('form').send({ userid: body.userId, appli: '46', action });
    const token = () => door.partner.post(`/${body.connectionId}/access-token`);
    return { ...door, body, control, calls, state, notify, token };
  }

  test.each([0, 4 * HOUR])('not now, not at the hourly probe; its token %i ms old', async (age) => {
    const { app, body, control, calls, state, token } = await partnersPerson();
    app.clock.now += 11_000 + age;
    await control.post(`/control/users/${body.userId}/unlink`).send({});
    await until(() => app.logs().includes('"outcome":"unlinked"'));
    expect(await state()).toBe('needs-reconnect');
    app.clock.now += 2 * HOUR;
    await token();
    await app.settled();
    await app.sweep();
    expect(await calls('recoverauthorizationcode')).toBe(0);
    expect((await token()).body.problem.code).toBe('connection-ended');
  });

  test('connecting again makes it a connection like any other', async () => {
    const { app, body, control, contract, partner, state, token } = await partnersPerson();
    app.clock.now += 11_000;
    await control.post(`/control/users/${body.userId}/unlink`).send({});
    await until(async () => (await state()) === 'needs-reconnect');
    app.clock.now += 11_000;
    const code = await contract.recover(body.userId);
    if (!code.ok) throw new Error(code.refusal.code);
    await partner.post('', { code: code.value });
    await control.post('/control/faults').send({ name: 'refuse-refresh', times: 2 });
    app.clock.now += 4 * HOUR;
    expect((await token()).status).toBe(200); // its chain died, and nobody had removed us: recovered
  });

  test('a false unlink costs nobody the recovery', async () => {
    const { app, control, notify, token } = await partnersPerson();
    app.clock.now += 4 * HOUR; // the access token is too old to tell
    expect((await notify(app, 'unlink')).status).toBe(200);
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    await app.settled();
    await control.post('/control/faults').send({ name: 'refuse-refresh', times: 2 });
    app.clock.now += 4 * HOUR;
    expect((await token()).status).toBe(200);
  });

  test('"delete" is checked like "unlink", and "update" is not', async () => {
    const { app, calls, notify } = await partnersPerson();
    const before = await calls('getmeas');
    await notify(app, 'update');
    await until(() => app.logs().includes('"outcome":"recorded"'));
    expect(await calls('getmeas')).toBe(before);
    await notify(app, 'delete');
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    expect(await calls('getmeas')).toBe(before + 1);
  });

  test('one after the other they cost no more than all at once', async () => {
    const { app, calls, notify } = await partnersPerson();
    const before = await calls('getmeas');
    for (let i = 0; i < 10; i += 1) {
      await notify(app, i % 2 === 0 ? 'unlink' : 'delete');
      await until(() => app.logs().includes('"outcome":"still-linked"'));
    }
    expect((await calls('getmeas')) - before).toBe(1);
  });
});
