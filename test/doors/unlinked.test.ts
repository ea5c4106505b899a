import { getMaxListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { deriveKeys } from '../../src/store/keys.ts';
import type { Verdict } from '../../src/tokens/unlinked.ts';
import { createInbox, type InboxParts } from '../../src/webhooks/inbox.ts';
import type { TestApp } from '../support/app.ts';
import { door } from '../support/door.ts';
import { activated, startDoor } from '../support/partner.ts';
import { until } from '../support/until.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const ADDRESS = `/webhooks/withings/${deriveKeys([SECRET]).webhook[0]}`;
const HOUR = 3_600_000;

describe('whoever leaves is not brought back', () => {
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
    const say = (app: TestApp, action: string) =>
      request(app.url).post(ADDRESS).type('form').send({ userid: body.userId, appli: '46', action });
    const token = () => door.partner.post(`/${body.connectionId}/access-token`);
    return { ...door, body, control, calls, state, say, token };
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
    expect((await token()).status).toBe(200); // its chain died, and nobody had left: recovered
  });

  test('a false farewell costs nobody the recovery', async () => {
    const { app, control, say, token } = await partnersPerson();
    app.clock.now += 4 * HOUR; // the access token is too old to tell
    expect((await say(app, 'unlink')).status).toBe(200);
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    await app.settled();
    await control.post('/control/faults').send({ name: 'refuse-refresh', times: 2 });
    app.clock.now += 4 * HOUR;
    expect((await token()).status).toBe(200);
  });

  test('"delete" is a farewell like "unlink", and "update" is none', async () => {
    const { app, calls, say } = await partnersPerson();
    const before = await calls('getmeas');
    await say(app, 'update');
    await until(() => app.logs().includes('"outcome":"heard"'));
    expect(await calls('getmeas')).toBe(before);
    await say(app, 'delete');
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    expect(await calls('getmeas')).toBe(before + 1);
  });

  test('one after the other they cost no more than all at once', async () => {
    const { app, calls, say } = await partnersPerson();
    const before = await calls('getmeas');
    for (let i = 0; i < 10; i += 1) {
      await say(app, i % 2 === 0 ? 'unlink' : 'delete');
      await until(() => app.logs().includes('"outcome":"still-linked"'));
    }
    expect((await calls('getmeas')) - before).toBe(1);
  });
});

describe('the inbox by itself', () => {
  const farewell = (userId: string) => ({ userId, appli: 46, action: 'unlink' as const });

  /** An inbox whose pauses end when the test says so. */
  function inbox(verdicts: Verdict[], more: Partial<InboxParts> = {}) {
    const asked: string[] = [];
    const told: string[] = [];
    const pauses: { ms: number; end: () => void }[] = [];
    const made = createInbox({
      store: { recordNews: async () => true },
      checkUnlinked: async (id) => {
        asked.push(id);
        return verdicts.shift() ?? 'still-linked';
      },
      withings: { cloud: 'eu' },
      now: () => 0,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          pauses.push({ ms, end: () => resolve(undefined) });
          signal.addEventListener('abort', () => resolve(undefined));
        }),
      onError: (error) => {
        throw error;
      },
      onHandled: (_id, _appli, outcome) => told.push(outcome),
      ...more,
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    return { inbox: made, asked, told, pauses, turn };
  }

  test('a check that Withings could not answer is made once more, ten seconds later, and then left', async () => {
    const { inbox: box, told, pauses, turn } = inbox(['undecided', 'undecided']);
    box.put(farewell('1'));
    await turn();
    expect(told).toEqual(['undecided']);
    expect(pauses.map(({ ms }) => ms)).toEqual([10_000]);
    pauses[0]?.end();
    await turn();
    expect(told).toEqual(['undecided', 'undecided']);
    pauses[1]?.end();
    await turn();
    expect(told).toHaveLength(2);
    await box.close();
  });

  test('each person waits for themselves only', async () => {
    const { inbox: box, asked, turn } = inbox([]);
    for (const userId of ['1', '2', '1', '2']) box.put(farewell(userId));
    await turn();
    expect(asked).toEqual(['eu:1', 'eu:2']);
    await box.close();
  });

  test('what came during the pause is checked after it', async () => {
    const { inbox: box, asked, pauses, turn } = inbox([]);
    box.put(farewell('1'));
    await turn();
    box.put(farewell('1'));
    await turn();
    expect(asked).toHaveLength(1);
    pauses[0]?.end();
    await turn();
    expect(asked).toHaveLength(2);
    await box.close();
  });

  test('closing cuts pauses short', async () => {
    const { inbox: box, turn } = inbox(['undecided']);
    box.put(farewell('1'));
    await turn();
    await box.close();
  });

  test('closing waits for what is under way, and leaves what has not begun', async () => {
    const held = door();
    let recorded = 0;
    const recordNews = async () => {
      recorded += 1;
      await held.opened;
      return true;
    };
    const { inbox: box, told, turn } = inbox([], { store: { recordNews } });
    box.put({ userId: '1', appli: 1, action: null });
    await turn();
    box.put({ userId: '1', appli: 1, action: null }); // once more, after the first
    box.put({ userId: '2', appli: 1, action: null });
    let closed = false;
    const closing = box.close().then(() => {
      closed = true;
    });
    box.put({ userId: '3', appli: 1, action: null });
    await turn();
    expect(closed).toBe(false);
    held.open();
    await closing;
    expect([recorded, told]).toEqual([1, ['heard']]);
  });

  test('five thousand are worked on at once; a flood beyond is let go, until there is room again', async () => {
    const held = door();
    let recorded = 0;
    const recordNews = async () => {
      recorded += 1;
      await held.opened;
      return false;
    };
    const { inbox: box, turn } = inbox([], { store: { recordNews } });
    const putAll = (appli: number) => {
      for (let userId = 0; userId < 5100; userId += 1)
        box.put({ userId: String(userId), appli, action: null });
    };
    putAll(1);
    await turn();
    expect(recorded).toBe(5000);
    held.open();
    await turn();
    putAll(4);
    await turn();
    expect(recorded).toBe(10_000);
    await box.close();
  });

  test('that many may wait for the end without Node taking them for a leak', async () => {
    let limit = 0;
    const { inbox: box, turn } = inbox([], {
      async sleep(_ms, signal) {
        limit = getMaxListeners(signal);
      },
    });
    box.put(farewell('1'));
    await turn();
    expect(limit).toBe(5000);
    await box.close();
  });
});
