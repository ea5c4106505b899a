import { describe, expect, test } from '@jest/globals';
import { type CopyMark, FROZEN } from '../../src/store/copy/mark.ts';
import type { Store } from '../../src/store/store.ts';
import { quotaOf } from '../../src/tokens/quota.ts';
import { fill, NOW, type Place } from './places.ts';
import { content } from './store-contract.ts';

const HOUR = 3_600_000;

type Reads =
  | 'grantIdOf'
  | 'revocationsUnderWay'
  | 'readSession'
  | 'readEnding'
  | 'readOtherSessions'
  | 'readLongestSession'
  | 'readGrant'
  | 'readWriteId'
  | 'readSubscriptions'
  | 'readTimezone'
  | 'readCallCounts'
  | 'heldSince'
  | 'listRestored'
  | 'readCalls'
  | 'countConnections'
  | 'listConnections'
  | 'readOwners';
type Writes = Exclude<keyof Store, Reads | 'pubsub' | 'encryption' | 'close'>;

const session = { key: 'new', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR };

/** Each of them changes something in a store that was filled. */
const WRITES: Record<Writes, (store: Store) => Promise<unknown>> = {
  updateSession: (store) => store.updateSession('a', '{}'),
  touchSession: (store) =>
    store.touchSession('a', { at: NOW, idleUntil: NOW + 9 * HOUR, isRemembered: false }),
  endSession: (store) => store.endSession('a'),
  removeExpired: (store) => store.removeExpired(NOW + 100 * HOUR, 10),
  writeGrant: async (store) => store.writeGrant('eu:2', String(await store.readWriteId('eu:2')), content, 0),
  claimDueGrants: (store) => store.claimDueGrants('eu', NOW, 10),
  claimOldGrants: (store) => store.claimOldGrants('eu', NOW + 360 * 24 * HOUR, 10),
  eraseGrant: (store) => store.eraseGrant('eu:1', NOW),
  claimRevocations: (store) => store.claimRevocations('eu', NOW, 1000, 10),
  claimRevocation: (store) => store.claimRevocation('eu:gone', NOW, 1000),
  settleRevocation: (store) => store.settleRevocation('eu:gone', 'revoked'),
  spendAttempt: (store) => store.spendAttempt({ id: 'new', answer: 'a', expiresAt: NOW + HOUR }),
  finishAttempt: (store) => store.finishAttempt('taken', { kind: 'connected' }),
  signIn: (store) =>
    store.signIn({ grant: { id: 'eu:3', expected: null, content }, session, replaces: null, attempt: null }),
  beginSession: (store) => store.beginSession('eu:1', session),
  transferSession: (store) => store.transferSession('a', NOW, session, null),
  endOtherSessions: (store) => store.endOtherSessions('a', NOW),
  writeSubscriptions: (store) => store.writeSubscriptions('eu:1', '{}', NOW),
  recordNews: (store) => store.recordNews('eu:1', ['measures'], NOW),
  claimSubscriptions: (store) => store.claimSubscriptions('eu', NOW, HOUR, 10),
  writeTimezone: (store) => store.writeTimezone('eu:1', 'Asia/Kolkata'),
  takeCalls: (store) => store.takeCalls(WANTED, quotaOf(120, 100_000)),
  endCalls: (store) => store.endCalls('an id', 1, 0, NOW),
  probe: (store) => store.probe(),
};

const WANTED = { priority: 'data', calls: 1, person: null, process: 'one', known: 0 } as const;

const mark: CopyMark = { state: 'frozen', run: 'a-run', from: 'HERE', to: 'THERE', at: NOW };

/** A store with a mark takes no write, from nobody, and says why; without it everything goes on. */
export function frozenContract(name: string, newPlace: () => Promise<Place>): void {
  describe(`${name}: while it is being copied`, () => {
    async function marked() {
      const place = await newPlace();
      const store = await place.open();
      await fill(store);
      const copy = await place.openCopy('source');
      expect(await copy.swapMark(null, mark)).toBe(true);
      return { place, store, copy };
    }

    test.each(Object.entries(WRITES))('%s fails, for those who have it open', async (_name, write) => {
      const { store, copy } = await marked();
      const code = expect.stringMatching(/^(SQLITE|REDIS|POSTGRES)_/); // a page says that the store is away
      await expect(write(store)).rejects.toMatchObject({ message: expect.stringContaining(FROZEN), code });
      expect(await copy.swapMark(mark, null)).toBe(true);
      await write(store);
    });

    test('it can be read', async () => {
      const { store } = await marked();
      expect((await store.readSession('a', NOW))?.grant()?.userId).toBe('1');
      expect((await store.readGrant('eu:2'))?.userId).toBe('2');
      expect(await store.readWriteId('eu:2')).not.toBeNull();
      expect(await store.readSubscriptions('eu:1')).toMatchObject({
        state: '{"told":true}',
        newsAt: NOW - HOUR,
      });
    });

    test('only who knows the mark changes it', async () => {
      const { copy } = await marked();
      const other = { ...mark, run: 'another-run' };
      expect(await copy.swapMark(null, other)).toBe(false);
      expect(await copy.swapMark(other, null)).toBe(false);
      expect(await copy.readMark()).toEqual(mark);
      expect(await copy.swapMark(mark, other)).toBe(true);
      expect(await copy.readMark()).toEqual(other);
    });

    test('only who has the mark fills and clears it', async () => {
      const { place, copy } = await marked();
      const row = {
        key: 'k',
        grant_id: 'eu:1',
        data: '{}',
        idle_until: NOW + HOUR,
        ends_at: NOW + HOUR,
        bound: '',
        visited_at: null,
      };
      const other = { ...mark, run: 'another-run' };
      await expect(copy.put(other, { kind: 'sessions', rows: [row] })).rejects.toThrow('lost its mark');
      await expect(copy.clear(other)).rejects.toThrow('lost its mark');
      await copy.swapMark(mark, null);
      const store = await place.open();
      expect(await store.readSession('k', NOW)).toBeNull();
      expect(await store.readSession('a', NOW)).not.toBeNull();
    });

    test('nobody else writes after it has', async () => {
      const { store, copy } = await marked();
      const row = {
        key: 'k',
        grant_id: 'eu:1',
        data: '{}',
        idle_until: NOW + HOUR,
        ends_at: NOW + HOUR,
        bound: '',
        visited_at: null,
      };
      await copy.put(mark, { kind: 'sessions', rows: [row] });
      await expect(store.updateSession('a', '{}')).rejects.toThrow(FROZEN);
      await copy.clear(mark);
      await expect(store.takeCalls(WANTED, quotaOf(120, 100_000))).rejects.toThrow(FROZEN);
    });

    test.each([
      ['frozen', /was being copied to THERE.*migrate-store -- HERE THERE.*--abandon HERE THERE/],
      ['closed', /was copied to THERE on \d{4}-\d\d-\d\d: start the app on that one/],
      ['claimed', /HERE was being copied into this store.*--abandon HERE THERE/],
      ['filling', /HERE was being copied into this store/],
      ['filled', /HERE was being copied into this store/],
    ] as const)('%s: the app does not start on it, and says what to do', async (state, words) => {
      const { place, copy } = await marked();
      await copy.swapMark(mark, { ...mark, state });
      await expect(place.open()).rejects.toThrow(words);
    });
  });
}
