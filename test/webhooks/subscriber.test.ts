import { expect, test } from '@jest/globals';
import type { Grants } from '../../src/tokens/grants.ts';
import { createAddress } from '../../src/webhooks/address.ts';
import type { SubscriptionState } from '../../src/webhooks/state.ts';
import { subscribe } from '../../src/webhooks/subscribe.ts';
import { createSubscriber } from '../../src/webhooks/subscriber.ts';
import { unsubscribeAll } from '../../src/webhooks/unsubscribe.ts';
import type { Withings } from '../../src/withings/client.ts';
import type { DataCalls } from '../../src/withings/data-calls.ts';
import { refuse } from '../../src/withings/errors.ts';
import type { Priority } from '../../src/withings/rate-limit.ts';
import { content } from '../store/store-contract.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('where Withings does not list them so soon again, all that there should be are ended', async () => {
  const ended: string[] = [];
  const address = createAddress('https://c.example', ['new', 'old']);
  await unsubscribeAll(
    {
      address,
      withings: {
        refresh: async () => refuse('withings-timeout'),
        subscriptions: async () => refuse('withings-busy'),
        unsubscribe: async (_token, { appli, callbackUrl }) => {
          ended.push(`${appli} ${callbackUrl}`);
          return { ok: true, value: null };
        },
      },
      now: () => content.connectedAt,
    },
    { ...content, id: 'eu:363', writeId: '', leased: false, restored: false },
  );
  expect(ended).toEqual([1, 2, 4].flatMap((appli) => address.all.map((url) => `${appli} ${url}`)));
});

test('what leads elsewhere is left alone; an older address of ours is let go once the new one is subscribed', async () => {
  const calls: string[] = [];
  const address = createAddress('https://connect.example.com', ['new', 'old']);
  const [current = '', old = ''] = address.all;
  const done = await subscribe(
    (call) => call('token'),
    {
      subscriptions: async () => ({
        ok: true,
        value: [old, 'https://elsewhere.example/'].map((callbackUrl) => ({ appli: 46, callbackUrl })),
      }),
      async subscribe(_token, { callbackUrl }) {
        calls.push(`+ ${callbackUrl}`);
        return { ok: true, value: null };
      },
      async unsubscribe(_token, { callbackUrl }) {
        calls.push(`- ${callbackUrl}`);
        return { ok: true, value: null };
      },
    },
    address,
    ['user.info'],
  );
  expect(done).toEqual({ categories: [46], refusal: null });
  expect(calls).toEqual([`+ ${current}`, `- ${old}`]);
});

/** People who are due, and everything that happens for them, in order. What nobody waits for is asked in the background. */
function subscriber(due: string[], more: { list?: Withings['subscriptions']; read?: Grants['read'] } = {}) {
  const happened: string[] = [];
  const written: { id: string; dueAt: number }[] = [];
  const stored = new Map<string, SubscriptionState>();
  const reported: unknown[] = [];
  const asked: { priority: Priority; signal: AbortSignal }[] = [];
  const clock = { now: 0 };
  const background = {
    subscriptions: more.list ?? (async () => ({ ok: true, value: [] })),
    subscribe: async () => ({ ok: true, value: null }),
    async hasChanged(_token: string, _what: string, since: Date) {
      happened.push(`since ${since.getTime()}`);
      return { ok: true, value: false };
    },
  } as unknown as DataCalls;
  const made = createSubscriber({
    store: {
      claimSubscriptions: async () => due.splice(0, 2),
      readSubscriptions: async (id) => ({
        newsAt: 0,
        newsOf: { measures: 0, activity: 0, nights: 0 },
        state: JSON.stringify(stored.get(id) ?? null),
      }),
      async writeSubscriptions(id, state, dueAt) {
        written.push({ id, dueAt });
        stored.set(id, JSON.parse(state));
        return true;
      },
      recordNews: async () => true,
    },
    grants: {
      read: more.read ?? (async (id) => ({ ...content, id, writeId: '', leased: false, restored: false })),
      async use({ id }, call) {
        happened.push(id);
        return call('token');
      },
    },
    withings: {
      at(priority: Priority, signal: AbortSignal) {
        asked.push({ priority, signal });
        return background;
      },
    } as unknown as Withings,
    address: createAddress('https://connect.example.com', ['secret']),
    now: () => clock.now,
    sweepSeconds: 30,
    onError: (error) => reported.push(error),
  });
  return { subscriber: made, happened, written, reported, asked, clock };
}

test('it goes on until nobody is due', async () => {
  const { subscriber: made, happened } = subscriber(['eu:1', 'eu:2', 'eu:3']);
  await made.wake();
  const calls = (id: string) => [id, id, id, id]; // the list, and 1, 2, 4
  expect(happened).toEqual([...calls('eu:1'), ...calls('eu:2'), ...calls('eu:3')]);
});

test('news are asked for since the last time that they were', async () => {
  const due: string[] = [];
  const { subscriber: made, happened, clock } = subscriber(due);
  for (const hour of [24, 48, 72]) {
    due.push('eu:1');
    clock.now = hour * HOUR;
    await made.wake();
  }
  const asked = happened.filter((what) => what.startsWith('since'));
  expect(asked).toEqual([24, 48].map((hour) => `since ${hour * HOUR - 2 * MINUTE}`));
});

test('a stop ends the wait for a turn, and nobody else is begun', async () => {
  const {
    subscriber: made,
    written,
    asked,
  } = subscriber(['eu:1', 'eu:2'], {
    async list() {
      stopped = made.stop();
      return refuse('withings-busy', { retryAfterSeconds: 1 });
    },
  });
  let stopped = Promise.resolve();
  await made.wake();
  await stopped;
  expect(written.map(({ id }) => id)).toEqual(['eu:1']);
  expect(asked).toMatchObject([{ priority: 'background', signal: { aborted: true } }]);
});

test('what cannot be read is reported, tried again in a day, and keeps nobody waiting', async () => {
  const {
    subscriber: made,
    written,
    reported,
  } = subscriber(['eu:1', 'eu:2'], {
    async read(id) {
      if (id === 'eu:1') throw new Error('no key opens it');
      return { ...content, id, writeId: '', leased: false, restored: false };
    },
  });
  await made.wake();
  expect(written).toEqual([
    { id: 'eu:1', dueAt: 24 * HOUR },
    { id: 'eu:2', dueAt: 24 * HOUR },
  ]);
  expect(reported).toEqual([new Error('no key opens it')]);
});

test.each([
  [120, 120_000],
  [3, 15_000],
  [null, 15_000],
])('Withings asks to wait %j s: they are due after %i ms', async (retryAfterSeconds, dueAt) => {
  const { subscriber: made, written } = subscriber(['eu:1', 'eu:2'], {
    list: async () => refuse('withings-busy', { status: 601, retryAfterSeconds }),
  });
  await made.wake();
  expect(written).toEqual([
    { id: 'eu:1', dueAt },
    { id: 'eu:2', dueAt },
  ]);
});
