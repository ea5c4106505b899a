import { getMaxListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Store } from '../../src/store/store.ts';
import type { Grants } from '../../src/tokens/grants.ts';
import type { Verdict } from '../../src/tokens/unlinked.ts';
import { createInbox, type InboxParts } from '../../src/webhooks/inbox.ts';
import { createNotifications } from '../../src/webhooks/notifications.ts';
import type { Withings } from '../../src/withings/client.ts';
import { content } from '../store/store-contract.ts';
import { door } from '../support/door.ts';
import { until } from '../support/until.ts';

const unlink = (userId: string) => ({ userId, appli: 46, action: 'unlink' as const });

const grantIdOf = ({ issuer, userId }: { issuer: string; userId: string }) => `${issuer}:${userId}`;

/** An inbox whose pauses end when the test says so. */
function inbox(verdicts: Verdict[], more: Partial<InboxParts> = {}) {
  const asked: string[] = [];
  const outcomes: string[] = [];
  const pauses: { ms: number; end: () => void }[] = [];
  const made = createInbox({
    store: { grantIdOf, recordNews: async () => true },
    checkUnlinked: async (id) => {
      asked.push(id);
      return verdicts.shift() ?? 'still-linked';
    },
    withings: { issuer: 'eu' },
    now: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        pauses.push({ ms, end: () => resolve(undefined) });
        signal.addEventListener('abort', () => resolve(undefined));
      }),
    onError: (error) => {
      throw error;
    },
    onHandled: (_id, _appli, outcome) => outcomes.push(outcome),
    ...more,
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { inbox: made, asked, outcomes, pauses, turn };
}

test('a check that Withings could not answer is made once more, ten seconds later, and then left', async () => {
  const { inbox: box, outcomes, pauses, turn } = inbox(['undecided', 'undecided']);
  box.put(unlink('1'));
  await turn();
  expect(outcomes).toEqual(['undecided']);
  expect(pauses.map(({ ms }) => ms)).toEqual([10_000]);
  pauses[0]?.end();
  await turn();
  expect(outcomes).toEqual(['undecided', 'undecided']);
  pauses[1]?.end();
  await turn();
  expect(outcomes).toHaveLength(2);
  await box.close();
});

test('each person waits for themselves only', async () => {
  const { inbox: box, asked, turn } = inbox([]);
  for (const userId of ['1', '2', '1', '2']) box.put(unlink(userId));
  await turn();
  expect(asked).toEqual(['eu:1', 'eu:2']);
  await box.close();
});

test('what came during the pause is checked after it', async () => {
  const { inbox: box, asked, pauses, turn } = inbox([]);
  box.put(unlink('1'));
  await turn();
  box.put(unlink('1'));
  await turn();
  expect(asked).toHaveLength(1);
  pauses[0]?.end();
  await turn();
  expect(asked).toHaveLength(2);
  await box.close();
});

test('closing cuts pauses short', async () => {
  const { inbox: box, turn } = inbox(['undecided']);
  box.put(unlink('1'));
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
  const { inbox: box, outcomes, turn } = inbox([], { store: { grantIdOf, recordNews } });
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
  expect([recorded, outcomes]).toEqual([1, ['recorded']]);
});

test('five thousand are worked on at once; a flood beyond is let go, until there is room again', async () => {
  const held = door();
  let recorded = 0;
  const recordNews = async () => {
    recorded += 1;
    await held.opened;
    return false;
  };
  const { inbox: box, turn } = inbox([], { store: { grantIdOf, recordNews } });
  const putAll = (appli: number) => {
    for (let userId = 0; userId < 5100; userId += 1) box.put({ userId: String(userId), appli, action: null });
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
  box.put(unlink('1'));
  await turn();
  expect(limit).toBe(5000);
  await box.close();
});

test('what a notification says is checked in the background', async () => {
  const outcomes: string[] = [];
  const probe = async () => ({ ok: true, value: null });
  const { inbox: box } = createNotifications({
    publicUrl: 'https://connect.example.com',
    secrets: ['secret'],
    sweepSeconds: 30,
    store: {
      grantIdOf,
      recordNews: async () => true,
      readGrant: async () => ({ ...content, id: 'eu:1', writeId: '', leased: false, restored: false }),
    } as unknown as Store,
    custody: {
      withings: { issuer: 'eu', at: () => ({ probe }) } as unknown as Withings,
      grants: {} as Grants,
    },
    now: () => content.connectedAt,
    onHandled: (_grant, _appli, outcome) => outcomes.push(outcome),
    onError: (error) => outcomes.push(String(error)),
  });
  box.put(unlink('1'));
  await until(() => outcomes.length > 0);
  expect(outcomes).toEqual(['still-linked']);
  await box.close();
});
