import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { deriveKeys } from '../../src/store/keys.ts';
import type { Store } from '../../src/store/store.ts';
import type { Grants } from '../../src/tokens/grants.ts';
import { createAddress } from '../../src/webhooks/address.ts';
import { endSubscriptions } from '../../src/webhooks/ending.ts';
import { createSubscriber } from '../../src/webhooks/subscriber.ts';
import type { Withings } from '../../src/withings/client.ts';
import { refuse } from '../../src/withings/errors.ts';
import { content } from '../store/store-contract.ts';
import { startApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const OLD = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const NEW = 'Zq8Wn3RvTb6Yx1Kc5Lm9Pd2Sg7Hf4JeA';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function startListening(env: Record<string, string> = {}) {
  const app = await startApp({ WEBHOOKS: 'on', SESSION_SECRET: OLD, ...env });
  const visitor = visit(app);
  await visitor.connect();
  await app.sweep();
  const { userId } = (await visitor.json('/api/connection')).body;
  return { app, visitor, userId, sandbox: sandboxOf(app) };
}

describe('whoever leaves is not told of any more, though Withings refuses to revoke', () => {
  test('also when the access token died hours ago', async () => {
    const { app, visitor, sandbox } = await startListening();
    expect(await sandbox.subscriptions()).toHaveLength(6);
    app.clock.now += 4 * HOUR;
    await sandbox.fault('http-500', { times: 1, on: 'revoke' });
    await visitor.post('/disconnect');
    expect(await sandbox.subscriptions()).toEqual([]);
    expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
  });

  test('also at the address of an older secret', async () => {
    const { app, visitor, sandbox } = await startListening();
    await app.restart({ SESSION_SECRET: `${NEW},${OLD}` });
    expect((await sandbox.subscriptions())[0]?.callbackUrl).toContain(deriveKeys([OLD]).webhook[0]);
    await sandbox.fault('http-500', { times: 1, on: 'revoke' });
    await visitor.post('/disconnect');
    expect(await sandbox.subscriptions()).toEqual([]);
  });

  test('what does not lead here is left alone', async () => {
    const { app, partner, contract, withings } = await startDoor({ WEBHOOKS: 'on' });
    const { body } = await partner.post('', { code: await activated(contract) });
    const control = request(withings.url);
    const calls = async (endpoint: string) =>
      (await control.get('/control/state')).body.counters[endpoint]?.ok ?? 0;
    await until(async () => (await calls('notify subscribe')) === 6);
    const token = (await partner.post(`/${body.connectionId}/access-token`)).body.accessToken;
    await contract.subscribe(token, { appli: 1, callbackUrl: `${app.url}/` });
    app.clock.now += 11_000;
    await control.post('/control/faults').send({ name: 'http-500', times: 1, on: 'revoke' });
    expect((await partner.delete(`/${body.connectionId}`)).body.revoked).toBe(false);
    expect(await calls('notify revoke')).toBe(6);
  });
});

describe('one look', () => {
  test('connecting again while it lasts makes another one due at once', async () => {
    const { app, withings } = await startFarApart({ WEBHOOKS: 'on' });
    const control = request(withings.url);
    await control.post('/control/faults').send({ name: 'partial-scope', times: 1 });
    const visitor = visit(app);
    const door = withings.hold('/notify');
    await visitor.connect();
    await door.arrived;
    app.clock.now += 12_000;
    await visitor.connect(); // with every scope this time
    door.open();
    await app.sweep(); // the look under way, and the one that Withings finds too soon
    await app.sweep();
    app.clock.now += 16_000;
    await app.sweep();
    const { counters } = (await control.get('/control/state')).body;
    expect(counters['notify subscribe']).toEqual({ ok: 6 });
  });

  test('an address that Withings cannot reach is said to be that', async () => {
    const { app } = await startFarApart({ WEBHOOKS: 'on', PUBLIC_URL: 'http://127.0.0.1:9' });
    const visitor = visit(app);
    const { pathname, search } = new URL(await visitor.consent(await visitor.begin(), 'Allow'));
    expect((await visitor.get(pathname + search)).status).toBe(303);
    await app.sweep();
    const page = (await visitor.get('/dashboard')).text;
    expect(page).toContain('Withings cannot reach this site to tell it of news');
  });

  test('what was missed is asked for until an answer comes', async () => {
    const { app, visitor, userId, sandbox } = await startListening({ WITHINGS_SCOPE: 'user.metrics' });
    await sandbox.unsubscribe(userId);
    app.clock.now += HOUR;
    await sandbox.weigh(userId);
    app.clock.now += 24 * HOUR;
    await sandbox.fault('status-522', { times: 0, on: 'getmeas' });
    await app.sweep();
    await sandbox.clearFaults();
    expect((await visitor.get('/dashboard')).text).not.toContain(', last <time');
    app.clock.now += 6 * MINUTE;
    await app.sweep();
    expect((await visitor.get('/dashboard')).text).toContain(', last <time');
  });

  test('whose connection has ended is asked about by nobody', async () => {
    const { app, visitor, sandbox } = await startListening();
    app.clock.now += 4 * HOUR;
    await sandbox.fault('refuse-refresh', { times: 2 });
    await visitor.json('/api/measures');
    expect((await visitor.json('/api/connection')).body.state).toBe('needs-reconnect');
    const before = (await sandbox.state()).counters;
    app.clock.now += 25 * HOUR;
    await app.sweep();
    await app.settled();
    expect((await sandbox.state()).counters).toEqual(before);
  });
});

test('where Withings does not list them so soon again, all that there should be are ended, spaced out', async () => {
  const happened: unknown[] = [];
  const address = createAddress('https://c.example', ['new', 'old']);
  await endSubscriptions(
    {
      address,
      withings: {
        refresh: async () => refuse('withings-timeout'),
        subscriptions: async () => refuse('withings-busy'),
        unsubscribe: async (_token, { appli, callbackUrl }) => {
          happened.push(`${appli} ${callbackUrl}`);
          return { ok: true, value: null };
        },
      },
      now: () => content.connectedAt,
      pause: async () => happened.push('pause'),
    },
    { ...content, id: 'eu:363', writeId: '', leased: false },
  );
  const ended = [1, 2, 4].flatMap((appli) => address.all.flatMap((url) => ['pause', `${appli} ${url}`]));
  expect(happened).toEqual(ended);
  expect(ended).toHaveLength(12);
});

describe('the subscriber by itself', () => {
  /** Two people who are due, and everything that happens for them, in order. */
  function subscriber(list: () => ReturnType<Withings['subscriptions']>) {
    const happened: string[] = [];
    const written: { id: string; dueAt: number }[] = [];
    const grant = (id: string) => ({ ...content, id, writeId: '', leased: false });
    const made = createSubscriber({
      store: {
        claimSubscriptions: async () => ['eu:1', 'eu:2'],
        readSubscriptions: async () => null,
        writeSubscriptions: async (id: string, _state: string, dueAt: number) => {
          written.push({ id, dueAt });
          return true;
        },
        recordNews: async () => true,
      } satisfies Partial<Store>,
      grants: {
        read: async (id) => grant(id),
        use: async ({ id }, call) => {
          happened.push(id);
          return call('token');
        },
      } satisfies Partial<Grants>,
      withings: {
        subscriptions: list,
        subscribe: async () => ({ ok: true, value: null }),
      } as unknown as Withings,
      address: createAddress('https://connect.example.com', ['secret']),
      now: () => 0,
      sleep: async (ms) => happened.push(`${ms} ms`),
      sweepSeconds: 30,
      onError: (error) => {
        throw error;
      },
    });
    return { subscriber: made, happened, written };
  }

  test('calls and people are spaced out', async () => {
    const { subscriber: made, happened } = subscriber(async () => ({ ok: true, value: [] }));
    await made.round();
    const calls = (id: string) => Array.from({ length: 4 }, () => ['250 ms', id]).flat(); // the list, and 1, 2, 4
    expect(happened).toEqual([...calls('eu:1'), '5000 ms', ...calls('eu:2')]);
  });

  test.each([
    [120, 120_000],
    [3, 15_000],
    [null, 15_000],
  ])('Withings asks to wait %j s: they are due after %i ms', async (retryAfterSeconds, dueAt) => {
    const { subscriber: made, written } = subscriber(async () =>
      refuse('withings-busy', { status: 601, retryAfterSeconds }),
    );
    await made.round();
    expect(written).toEqual([
      { id: 'eu:1', dueAt },
      { id: 'eu:2', dueAt },
    ]);
  });
});
