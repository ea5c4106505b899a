import { describe, expect, test } from '@jest/globals';
import type { SpentAttempt } from '../../src/store/attempts.ts';
import { ENDINGS_KEPT_MS } from '../../src/store/endings.ts';
import type { GrantContent } from '../../src/store/grant.ts';
import { RECORD_VERSION } from '../../src/store/sealed-grant.ts';
import { ENDLESS_MS } from '../../src/store/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import { rateLimitContract } from './rate-limit-contract.ts';

const NOW = 1_750_000_000_000;
const HOUR = 3_600_000;
const ENDLESS = NOW + ENDLESS_MS;

export interface StoreUnderTest {
  store: Store;
  /** A second handle on the same data, as another process has it. */
  another: Store;
  /** The clock of the store itself, on which leases run. */
  hostClock: { now: number };
}

export const content: GrantContent = {
  v: RECORD_VERSION,
  issuer: 'eu',
  userId: '363',
  demo: false,
  askedScope: ['user.metrics'],
  scope: ['user.metrics'],
  connectedAt: NOW,
  accessToken: 'access-0',
  accessIssuedAt: NOW,
  accessExpiresAt: NOW + 3 * HOUR,
  accessRefused: false,
  refreshToken: 'refresh-0',
  refreshIssuedAt: NOW,
  refreshExpiresAt: NOW + 365 * 24 * HOUR,
  previousRefreshToken: null,
  intent: null,
  lastRefresh: null,
  backoffUntil: 0,
  proveAfter: 0,
  ended: null,
  unlinked: false,
  history: [],
};

const attempt: SpentAttempt = { id: 'attempt', answer: 'answer', expiresAt: NOW + HOUR };

/** What every store promises. The custody of tokens rests on each of these lines. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const signIn = async (
    store: Store,
    key: string,
    more: Partial<{ id: string; replaces: string; content: GrantContent; visitedAt: number }> = {},
  ) => {
    const id = more.id ?? 'eu:363';
    return store.signIn({
      grant: { id, expected: await store.readWriteId(id), content: more.content ?? content },
      session: {
        key,
        data: '{"a":1}',
        idleUntil: NOW + HOUR,
        endsAt: NOW + 2 * HOUR,
        visitedAt: more.visitedAt ?? null,
      },
      replaces: more.replaces ?? null,
      attempt,
    });
  };
  const grantOf = async (store: Store, id = 'eu:363') => {
    const grant = await store.readGrant(id);
    if (!grant) throw new Error('There is no such grant');
    return grant;
  };

  describe(`${name}: what is to be given back`, () => {
    const claim = (store: Store, now = NOW) => store.claimRevocations('eu', now, 1000, 10);

    test.each([
      ['the last session ends', (store: Store) => store.endSession('key')],
      ['it lapses', (store: Store) => store.removeExpired(NOW + HOUR, 10)],
      ['the grant is erased', (store: Store) => store.eraseGrant('eu:363', NOW)],
      [
        'the browser signs in as somebody else',
        (store: Store) =>
          signIn(store, 'next', { id: 'eu:364', content: { ...content, userId: '364' }, replaces: 'key' }),
      ],
    ])('whose a grant was stays when %s, and is given to one', async (_what, leave) => {
      const { store, another } = await open();
      await signIn(store, 'key');
      expect(await claim(store)).toEqual([]);
      await leave(store);
      const claimed = (await Promise.all([claim(store), claim(another)])).flat();
      const person = { issuer: 'eu', userId: '363', demo: false };
      expect(claimed).toEqual([{ id: 'eu:363', person, since: NOW, tries: 1 }]);
    });

    test('not while another session owns the grant, nor after the person has signed in again', async () => {
      const { store } = await open();
      await signIn(store, 'one');
      await signIn(store, 'two');
      await store.endSession('one');
      expect(await claim(store)).toEqual([]);
      await store.endSession('two');
      await signIn(store, 'again');
      expect(await claim(store)).toEqual([]);
      expect(await store.claimRevocation('eu:363', NOW, 1000)).toBeNull();
      await store.settleRevocation('eu:363', 'revoked'); // of one that was under way: it says nothing of the new grant
      await store.endSession('again');
      expect(await claim(store)).toMatchObject([{ since: NOW, tries: 1 }]);
    });

    test('of another issuer it waits', async () => {
      const { store } = await open();
      await signIn(store, 'key', { content: { ...content, issuer: 'us' } });
      await store.endSession('key');
      expect(await claim(store)).toEqual([]);
      expect(await store.claimRevocations('us', NOW, 1000, 10)).toHaveLength(1);
    });

    test('it is under way until it is settled, or its time is over; then it is due again, or gone', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      await store.endSession('key');
      expect(await store.claimRevocation('eu:363', NOW, 1000)).toMatchObject({ tries: 1 });
      expect(await another.revocationsUnderWay(NOW)).toEqual(['eu:363']);
      expect(await another.claimRevocation('eu:363', NOW, 1000)).toBeNull();
      expect(await another.revocationsUnderWay(NOW + 1000)).toEqual([]); // whoever was at it has died
      expect(await another.claimRevocation('eu:363', NOW + 1000, 1000)).toMatchObject({
        since: NOW,
        tries: 2,
      });
      await another.settleRevocation('eu:363', { dueAt: NOW + HOUR });
      expect(await store.revocationsUnderWay(NOW + 1000)).toEqual([]);
      expect(await claim(store, NOW + HOUR - 1)).toEqual([]);
      expect(await claim(store, NOW + HOUR)).toMatchObject([{ since: NOW, tries: 3 }]);
      await store.settleRevocation('eu:363', 'revoked');
      expect(await claim(store, NOW + 99 * HOUR)).toEqual([]);
    });

    test('a lease by a clock that was ahead holds nobody up', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      await store.endSession('key');
      await store.claimRevocation('eu:363', NOW + 99 * HOUR, 1000);
      expect(await store.revocationsUnderWay(NOW)).toEqual([]);
      expect(await store.claimRevocation('eu:363', NOW, 1000)).not.toBeNull();
    });
  });

  describe(`${name}: how a session has ended`, () => {
    const visitedAt = NOW - HOUR;
    const grant = { id: 'eu:363', issuer: 'eu' };
    const beginOther = (store: Store, key: string) =>
      store.beginSession('eu:363', { key, data: '{}', idleUntil: ENDLESS, endsAt: ENDLESS, visitedAt });

    test.each([
      ['it lapses', 'session-idle', HOUR, (store: Store) => store.removeExpired(NOW + HOUR, 10)],
      [
        'it lapses on its last day',
        'session-max',
        2 * HOUR,
        async (store: Store) => {
          await store.touchSession('key', { at: visitedAt, idleUntil: NOW + 9 * HOUR, isRemembered: true });
          await store.removeExpired(NOW + 3 * HOUR, 10);
        },
      ],
      [
        'another browser ends it',
        'logged-out',
        0,
        async (store: Store) => {
          await beginOther(store, 'other');
          await store.endOtherSessions('other', NOW);
        },
      ],
      ['its grant is erased', 'disconnected', 0, (store: Store) => store.eraseGrant('eu:363', NOW)],
      [
        'it has lapsed and is erased',
        'session-idle',
        HOUR,
        (store: Store) => store.eraseGrant('eu:363', NOW + HOUR),
      ],
    ] as const)('is remembered when %s', async (_what, why, after, end) => {
      const { store, another } = await open();
      await signIn(store, 'key', { visitedAt });
      expect(await store.readEnding('key', NOW)).toBeNull();
      await end(store);
      const ending = { why, at: NOW + after, visitedAt, grant, outcome: null };
      expect(await another.readEnding('key', NOW + 3 * HOUR)).toEqual(ending);
      expect(await store.readEnding('nobody', NOW)).toBeNull();
    });

    test('is known before it is cleared away', async () => {
      const { store } = await open();
      await signIn(store, 'key', { visitedAt });
      const ending = { why: 'session-idle', at: NOW + HOUR, visitedAt, grant, outcome: null };
      expect(await store.readEnding('key', NOW + HOUR)).toEqual(ending);
    });

    test.each([
      ['its browser ends it', (store: Store) => store.endSession('key')],
      ['it makes room for another', (store: Store) => signIn(store, 'next', { replaces: 'key' })],
    ])('is not remembered when %s', async (_what, end) => {
      const { store } = await open();
      await signIn(store, 'key', { visitedAt });
      await end(store);
      expect(await store.readEnding('key', NOW + HOUR)).toBeNull();
    });

    test('nor of a session that is no browser’s, until one has been here', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      await signIn(store, 'visited');
      await store.touchSession('visited', { at: visitedAt, idleUntil: NOW + HOUR, isRemembered: true });
      expect(await store.readEnding('key', NOW + HOUR)).toBeNull();
      await store.removeExpired(NOW + HOUR, 10);
      expect(await store.readEnding('key', NOW + HOUR)).toBeNull();
      expect(await store.readEnding('visited', NOW + HOUR)).toMatchObject({ visitedAt });
    });

    test('a visit is remembered to the day, also when the idle limit moves no more', async () => {
      const { store } = await open();
      const session = { key: 'key', data: '{}', idleUntil: ENDLESS, endsAt: ENDLESS, visitedAt: NOW };
      const first = { id: 'eu:363', expected: null, content };
      await store.signIn({ grant: first, session, replaces: null, attempt: null });
      const seen = async () => (await store.readSession('key', NOW))?.visitedAt;
      await store.touchSession('key', { at: NOW + 24 * HOUR, idleUntil: ENDLESS, isRemembered: true });
      expect(await seen()).toBe(NOW);
      await store.touchSession('key', { at: NOW + 24 * HOUR + 1, idleUntil: ENDLESS, isRemembered: true });
      expect(await seen()).toBe(NOW + 24 * HOUR + 1);
    });

    test('says what came of the permission when that is settled, and whose it was no longer', async () => {
      const { store, another } = await open();
      for (const key of ['one', 'two']) await signIn(store, key, { visitedAt });
      await signIn(store, 'other', { id: 'eu:364', visitedAt });
      await store.removeExpired(NOW + HOUR, 10);
      await store.claimRevocation('eu:363', NOW + HOUR, 1000);
      await store.settleRevocation('eu:363', { dueAt: NOW + 2 * HOUR });
      expect(await store.readEnding('one', NOW + HOUR)).toMatchObject({ grant, outcome: null });
      await store.settleRevocation('eu:363', 'revoked');
      for (const key of ['one', 'two']) {
        expect(await another.readEnding(key, NOW + HOUR)).toMatchObject({ grant: null, outcome: 'revoked' });
      }
      expect(await store.readEnding('other', NOW + HOUR)).toMatchObject({ outcome: null });
    });

    test('of one that was settled says nothing when the person has connected again', async () => {
      const { store } = await open();
      await signIn(store, 'key', { visitedAt });
      await store.removeExpired(NOW + HOUR, 10);
      await signIn(store, 'again');
      await store.settleRevocation('eu:363', 'revoked'); // of one that was under way
      expect(await store.readEnding('key', NOW + HOUR)).toMatchObject({ grant, outcome: null });
    });

    test('is forgotten in the end, a few at a time', async () => {
      const { store } = await open();
      for (let i = 0; i < 5; i += 1) await signIn(store, `key-${i}`, { visitedAt });
      await store.eraseGrant('eu:363', NOW);
      const kept = NOW + ENDINGS_KEPT_MS - 1;
      while (await store.removeExpired(kept, 2));
      expect(await store.readEnding('key-0', kept)).not.toBeNull();
      expect(await store.readEnding('key-0', kept + 1)).toBeNull();
      for (let steps = 0; await store.removeExpired(kept + 1, 2); steps += 1) expect(steps).toBeLessThan(10);
      expect(await store.readEnding('key-0', kept)).toBeNull();
    });
  });

  describe(`${name}: refresh tokens that grow old`, () => {
    const DAY = 24 * HOUR;
    const old = { ...content, refreshExpiresAt: NOW + 35 * DAY };
    const claim = (store: Store, now = NOW) => store.claimOldGrants('eu', now, 10);

    test('are named in good time, spread over a month, each to one for an hour', async () => {
      const { store, another } = await open();
      const ids = Array.from({ length: 40 }, (_, i) => `eu:${i}`);
      for (const id of ids) await signIn(store, `of ${id}`, { id });
      expect(await store.claimOldGrants('eu', NOW + 299 * DAY, 99)).toEqual([]);
      const half = await store.claimOldGrants('eu', NOW + 315 * DAY, 99);
      expect(half.length).toBeGreaterThan(5);
      expect(half.length).toBeLessThan(35);
      expect(await another.claimOldGrants('eu', NOW + 315 * DAY, 99)).toEqual([]);
      expect(await another.claimOldGrants('eu', NOW + 315 * DAY + HOUR, 99)).toHaveLength(half.length);
      expect(new Set(await store.claimOldGrants('eu', NOW + 330 * DAY, 99))).toEqual(new Set(ids));
    });

    test('are named until they are renewed; of a grant that has ended, or of the demo, never', async () => {
      const { store } = await open();
      await signIn(store, 'key', { content: old });
      expect(await claim(store)).toEqual(['eu:363']);
      expect(await claim(store, NOW + HOUR)).toEqual(['eu:363']);
      const ended = { code: 'refresh-token-refused' as const, at: NOW, probedAt: NOW };
      for (const change of [content, { ...old, ended }, { ...old, demo: true }]) {
        await store.writeGrant('eu:363', String(await store.readWriteId('eu:363')), change, 0);
        expect(await claim(store, NOW + 2 * HOUR)).toEqual([]);
      }
    });

    test('not of another issuer, and not while somebody has a lease; with the grant they are gone', async () => {
      const { store } = await open();
      await signIn(store, 'key', { content: { ...old, issuer: 'us' } });
      expect(await claim(store)).toEqual([]);
      await signIn(store, 'key', { content: old });
      await store.writeGrant('eu:363', String(await store.readWriteId('eu:363')), old, 60_000);
      expect(await claim(store)).toEqual([]);
      await store.eraseGrant('eu:363', NOW);
      expect(await claim(store, NOW + 9 * HOUR)).toEqual([]);
    });

    test('also where a clock that was ahead has put them off', async () => {
      const { store } = await open();
      await signIn(store, 'key', { content: { ...content, refreshExpiresAt: NOW + 400 * DAY } });
      expect(await claim(store)).toEqual(['eu:363']);
    });
  });

  describe(`${name}: issuers and names`, () => {
    test('what is due is given to who speaks to its issuer', async () => {
      const { store } = await open();
      const intent = { token: 't', since: NOW };
      await signIn(store, 'key', { content: { ...content, issuer: 'us', intent } });
      expect(await store.claimDueGrants('eu', NOW, 10)).toEqual([]);
      expect(await store.claimSubscriptions('eu', NOW, 1, 10)).toEqual([]);
      expect(await store.claimDueGrants('us', NOW + HOUR, 10)).toEqual(['eu:363']);
      expect(await store.claimSubscriptions('us', NOW + HOUR, 1, 10)).toEqual(['eu:363']);
    });

    test('a person has one name in it, whoever asks, and at each issuer another', async () => {
      const { store, another } = await open();
      const id = store.grantIdOf({ issuer: 'eu', userId: '363' });
      expect(id).toMatch(/^[\w-]{43}$/);
      expect(another.grantIdOf({ issuer: 'eu', userId: '363' })).toBe(id);
      expect(store.grantIdOf({ issuer: 'us', userId: '363' })).not.toBe(id);
      expect((await open()).store.grantIdOf({ issuer: 'eu', userId: '363' })).not.toBe(id);
    });
  });

  describe(`${name}: sessions`, () => {
    test('a session is read with its grant, in one piece', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      const session = await another.readSession('key', NOW);
      expect(session?.data).toBe('{"a":1}');
      expect(session?.grant()).toMatchObject({ ...content, id: 'eu:363', leased: false });
      expect(await store.readSession('other', NOW)).toBeNull();
    });

    test('writing updates what exists and never creates', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      expect(await store.updateSession('key', '{"a":2}')).toBe(true);
      expect((await store.readSession('key', NOW))?.data).toBe('{"a":2}');
      expect(await store.updateSession('nobody', '{}')).toBe(false);
      await store.touchSession('nobody', { at: NOW, idleUntil: NOW + HOUR, isRemembered: false });
      expect(await store.readSession('nobody', NOW)).toBeNull();
    });

    test('writing touches no grant', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      const before = await grantOf(store);
      await store.updateSession('key', JSON.stringify({ withings: { refreshToken: 'evil' } }));
      await store.touchSession('key', { at: NOW, idleUntil: NOW + 2 * HOUR, isRemembered: false });
      expect(await grantOf(store)).toEqual(before);
    });

    test('an ended session stays ended, whoever still writes', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      await store.endSession('key');
      expect(await another.updateSession('key', '{}')).toBe(false);
      await another.touchSession('key', { at: NOW, idleUntil: NOW + HOUR, isRemembered: false });
      expect(await store.readSession('key', NOW)).toBeNull();
    });

    test('it ends at its idle limit, which a touch moves, but never past the absolute one', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      expect(await store.readSession('key', NOW + HOUR - 1)).not.toBeNull();
      expect(await store.readSession('key', NOW + HOUR)).toBeNull();
      await store.touchSession('key', { at: NOW, idleUntil: NOW + 10 * HOUR, isRemembered: false });
      expect(await store.readSession('key', NOW + 2 * HOUR - 1)).not.toBeNull();
      expect(await store.readSession('key', NOW + 2 * HOUR)).toBeNull();
    });

    test('over, it stays so: a visit that began before does not bring it back', async () => {
      const { store } = await open();
      await signIn(store, 'key', { visitedAt: NOW });
      await store.touchSession('key', { at: NOW + HOUR, idleUntil: NOW + 2 * HOUR, isRemembered: true });
      expect(await store.readSession('key', NOW + HOUR)).toBeNull();
      expect(await store.readEnding('key', NOW + HOUR)).toMatchObject({ visitedAt: NOW });
    });

    test('a touch that would move its idle limit by a minute or less is not written', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      await store.touchSession('key', { at: NOW, idleUntil: NOW + HOUR + 60_000, isRemembered: false });
      expect(await store.readSession('key', NOW + HOUR)).toBeNull();
      await store.touchSession('key', { at: NOW, idleUntil: NOW + HOUR + 60_001, isRemembered: false });
      expect(await store.readSession('key', NOW + HOUR + 60_000)).not.toBeNull();
    });

    test('the grant goes with its last session, not before', async () => {
      const { store } = await open();
      await signIn(store, 'one');
      await signIn(store, 'two');
      await store.endSession('one');
      expect(await store.readGrant('eu:363')).not.toBeNull();
      await store.endSession('two');
      expect(await store.readGrant('eu:363')).toBeNull();
    });

    test('erasing a grant ends every session that owns it, and no other', async () => {
      const { store } = await open();
      await signIn(store, 'one');
      await signIn(store, 'two');
      await signIn(store, 'other', { id: 'eu:364' });
      await store.eraseGrant('eu:363', NOW);
      expect(await store.readGrant('eu:363')).toBeNull();
      for (const key of ['one', 'two']) expect(await store.readSession(key, NOW)).toBeNull();
      expect((await store.readSession('other', NOW))?.grant()?.id).toBe('eu:364');
    });
  });

  describe(`${name}: signing in`, () => {
    test('replaces the session before; the grant of somebody else goes with it', async () => {
      const { store } = await open();
      await signIn(store, 'old', { id: 'eu:1' });
      await signIn(store, 'new', { id: 'eu:2', replaces: 'old' });
      expect(await store.readSession('old', NOW)).toBeNull();
      expect(await store.readGrant('eu:1')).toBeNull();
      expect((await store.readSession('new', NOW))?.grant()?.id).toBe('eu:2');
    });

    test('of the same person: the grant is replaced in place and stays owned by all', async () => {
      const { store } = await open();
      await signIn(store, 'old');
      await signIn(store, 'new', { replaces: 'old', content: { ...content, accessToken: 'access-9' } });
      expect(await store.readSession('old', NOW)).toBeNull();
      expect((await store.readSession('new', NOW))?.grant()?.accessToken).toBe('access-9');
    });

    test('fails as a whole when the grant changed meanwhile', async () => {
      const { store, another } = await open();
      await signIn(store, 'old');
      const before = await grantOf(store);
      await another.writeGrant(before.id, before.writeId, { ...content, accessToken: 'access-1' }, 0);
      const stale = {
        grant: { id: before.id, expected: before.writeId, content },
        session: { key: 'new', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR },
        replaces: 'old',
        attempt,
      };
      expect(await store.signIn(stale)).toBe(false);
      expect(await store.signIn({ ...stale, grant: { ...stale.grant, expected: null } })).toBe(false);
      expect(await store.readSession('new', NOW)).toBeNull();
      expect(await store.readSession('old', NOW)).not.toBeNull();
      expect((await grantOf(store)).accessToken).toBe('access-1');
    });

    test('ends the lease of a refresh that was under way', async () => {
      const { store } = await open();
      await signIn(store, 'one');
      const before = await grantOf(store);
      const leased = await store.writeGrant(before.id, before.writeId, content, 60_000);
      await signIn(store, 'two');
      expect((await grantOf(store)).leased).toBe(false);
      expect(await store.writeGrant(before.id, leased?.writeId ?? '', content, 0)).toBeNull();
    });
  });

  describe(`${name}: grants`, () => {
    test('compare-and-set: of many who read the same, one writes', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      const { id, writeId } = await grantOf(store);
      const writes = Array.from({ length: 200 }, (_, i) =>
        (i % 2 ? store : another).writeGrant(id, writeId, { ...content, accessToken: `access-${i}` }, 0),
      );
      const winners = (await Promise.all(writes)).filter((grant) => grant !== null);
      expect(winners).toHaveLength(1);
      expect(await grantOf(another)).toEqual(winners[0]);
    });

    test('write-ids are random and never come again, and what does not exist is not written', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      const seen = new Set<string>();
      for (let i = 0; i < 100; i += 1) {
        const { id, writeId } = await grantOf(store);
        expect(writeId).toMatch(/^[\w-]{22}$/); // 128 bits
        seen.add(writeId);
        await store.writeGrant(id, writeId, content, 0);
      }
      expect(seen.size).toBe(100);
      const { id, writeId } = await grantOf(store);
      await store.eraseGrant(id, NOW);
      expect(await store.writeGrant(id, writeId, content, 0)).toBeNull();
      expect(await store.readGrant(id)).toBeNull();
    });

    test('a lease runs on the clock of the store, ends by itself or when given back', async () => {
      const { store, another, hostClock } = await open();
      await signIn(store, 'key');
      const first = await grantOf(store);
      const leased = await store.writeGrant(first.id, first.writeId, content, 5000);
      expect([leased?.leased, (await grantOf(another)).leased]).toEqual([true, true]);
      hostClock.now += 4999;
      expect((await grantOf(another)).leased).toBe(true);
      hostClock.now += 1;
      expect((await grantOf(another)).leased).toBe(false);
      const again = await store.writeGrant(first.id, leased?.writeId ?? '', content, 5000);
      await store.writeGrant(first.id, again?.writeId ?? '', content, 0);
      expect((await grantOf(another)).leased).toBe(false);
    });

    test('a lease from before the host was started anew does not count', async () => {
      const { store, hostClock } = await open();
      hostClock.now = 900_000_000;
      await signIn(store, 'key');
      const { id, writeId } = await grantOf(store);
      await store.writeGrant(id, writeId, content, 5000);
      hostClock.now = 1000;
      expect((await grantOf(store)).leased).toBe(false);
    });

    test('what is open is listed when its time comes, unless somebody is at it', async () => {
      const { store, hostClock } = await open();
      await signIn(store, 'key');
      const intent = { token: 'f', since: NOW };
      const write = async (change: Partial<GrantContent>, leaseMs = 0) => {
        const { id, writeId } = await grantOf(store);
        await store.writeGrant(id, writeId, { ...content, ...change }, leaseMs);
        return store.claimDueGrants('eu', NOW, 10);
      };
      expect(await write({})).toEqual([]);
      expect(await write({ intent })).toEqual(['eu:363']);
      expect(await write({ previousRefreshToken: 'refresh-0' })).toEqual(['eu:363']);
      expect(await write({ intent, backoffUntil: NOW + 1 })).toEqual([]);
      expect(await write({ intent, proveAfter: NOW + 1 })).toEqual([]);
      expect(await write({ intent: { token: 'f', since: NOW + 1 } })).toEqual([]);
      expect(await write({ intent, backoffUntil: NOW + 2 * HOUR })).toEqual(['eu:363']); // by a clock that was ahead
      expect(
        await write({ intent, ended: { code: 'refresh-token-refused', at: NOW, probedAt: NOW } }),
      ).toEqual([]);
      expect(await write({ intent }, 5000)).toEqual([]);
      hostClock.now += 5000;
      expect(await store.claimDueGrants('eu', NOW, 0)).toEqual([]);
      expect(await store.claimDueGrants('eu', NOW, 10)).toEqual(['eu:363']);
    });

    test('whoever is given one is the only one for a minute, unless it is written', async () => {
      const { store, another } = await open();
      const open3 = { ...content, intent: { token: 'f', since: NOW } };
      for (const id of ['eu:1', 'eu:2', 'eu:3']) {
        await signIn(store, `key ${id}`, { id });
        await store.writeGrant(id, String(await store.readWriteId(id)), open3, 0);
      }
      const claimed = await Promise.all([store, another].map((each) => each.claimDueGrants('eu', NOW, 2)));
      expect(claimed.flat().sort()).toEqual(['eu:1', 'eu:2', 'eu:3']);
      expect(await store.claimDueGrants('eu', NOW + 59_999, 10)).toEqual([]);
      await store.writeGrant('eu:2', String(await store.readWriteId('eu:2')), open3, 0);
      expect(await another.claimDueGrants('eu', NOW, 10)).toEqual(['eu:2']);
      expect((await another.claimDueGrants('eu', NOW + 60_000, 10)).sort()).toEqual(['eu:1', 'eu:2', 'eu:3']);
    });
  });

  describe(`${name}: expiry`, () => {
    test('a few at a time: sessions past their limit with their grants, and old attempts', async () => {
      const { store } = await open();
      for (let i = 0; i < 5; i += 1) {
        await signIn(store, `key-${i}`, { id: `eu:${i}` });
        await store.spendAttempt({ ...attempt, id: `failed-${i}` });
      }
      await store.touchSession('key-4', { at: NOW, idleUntil: NOW + 2 * HOUR, isRemembered: false });
      const later = NOW + HOUR;
      for (let steps = 0; await store.removeExpired(later, 2); steps += 1) expect(steps).toBeLessThan(10);
      expect(await store.readGrant('eu:0')).toBeNull();
      expect(await store.readGrant('eu:4')).not.toBeNull();
      // Known a while longer: a clock that is a little ahead must not let one be spent twice.
      expect(await store.spendAttempt({ ...attempt, id: 'failed-0' })).toEqual({ outcome: 'pending' });
      expect(await store.spendAttempt(attempt)).toMatchObject({ outcome: 'finished' });
      for (let steps = 0; await store.removeExpired(later + HOUR, 2); steps += 1)
        expect(steps).toBeLessThan(10);
      expect(await store.readGrant('eu:4')).toBeNull();
    });
  });

  describe(`${name}: attempts`, () => {
    test('of many who ask, one takes; the others learn how it ended', async () => {
      const { store, another } = await open();
      const asked = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? store : another).spendAttempt(attempt)),
      );
      const outcomes = asked.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'pending')).toHaveLength(49);
      const result = { kind: 'problem', code: 'access-denied' } as const;
      await store.finishAttempt('attempt', result);
      expect(await another.spendAttempt(attempt)).toEqual({ outcome: 'finished', result });
    });

    test('a sign-in finishes its attempt, also one that the store has forgotten', async () => {
      const { store, another } = await open();
      await store.spendAttempt(attempt);
      await signIn(store, 'key');
      const connected = { outcome: 'finished', result: { kind: 'connected' } };
      expect(await another.spendAttempt(attempt)).toEqual(connected);
      await saveOther(store);
      expect(await another.spendAttempt({ ...attempt, id: 'never spent' })).toEqual(connected);
    });

    test('with another answer it is spent, whether or not it connected', async () => {
      const { store } = await open();
      expect(await store.spendAttempt(attempt)).toEqual({ outcome: 'taken' });
      expect(await store.spendAttempt({ ...attempt, answer: 'else' })).toEqual({ outcome: 'spent' });
      await signIn(store, 'key');
      expect(await store.spendAttempt({ ...attempt, answer: 'else' })).toEqual({ outcome: 'spent' });
    });

    async function saveOther(store: Store) {
      const session = { key: 'other', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR };
      const grant = { id: 'eu:9', expected: null, content };
      await store.signIn({ grant, session, replaces: null, attempt: { ...attempt, id: 'never spent' } });
    }
  });

  describe(`${name}: transferring a session`, () => {
    const next = { key: 'next', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + 2 * HOUR };

    test('the new session owns the grant, the old one is spent', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      expect(await store.transferSession('key', NOW, next, null)).toBe(true);
      expect((await another.readSession('next', NOW))?.grant()).toMatchObject(content);
      expect(await another.readSession('key', NOW)).toBeNull();
      expect(await another.transferSession('key', NOW, { ...next, key: 'thief' }, null)).toBe(false);
      expect(await store.readSession('thief', NOW)).toBeNull();
    });

    test('of many that come together one is served', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((key, i) =>
          [store, another][i % 2]?.transferSession('key', NOW, { ...next, key }, null),
        ),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test('not after its time, and what the browser had before ends', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      await signIn(store, 'before', { id: 'eu:364' });
      expect(await store.transferSession('key', NOW + HOUR, next, 'before')).toBe(false);
      expect(await store.readGrant('eu:364')).not.toBeNull();
      expect(await store.transferSession('key', NOW, next, 'before')).toBe(true);
      expect(await store.readGrant('eu:364')).toBeNull();
    });

    test('another session on a grant that exists, and only on such', async () => {
      const { store, another } = await open();
      expect(await store.beginSession('eu:363', next)).toBe(false);
      await signIn(store, 'key');
      const before = await grantOf(store);
      expect(await store.beginSession('eu:363', next)).toBe(true);
      expect(await grantOf(another)).toEqual(before);
      await another.endSession('key');
      expect((await another.readSession('next', NOW))?.grantId).toBe('eu:363');
    });

    test('a session that is stored under the key gives way', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      expect(await store.updateSession('key', '{"a":2}')).toBe(true);
      await signIn(store, 'key');
      expect((await store.readSession('key', NOW))?.data).toBe('{"a":1}');
      await store.endSession('key');
      expect(await store.readGrant('eu:363')).toBeNull();
      await signIn(store, 'key');
      await signIn(store, 'key', { id: 'eu:364', replaces: 'key' });
      expect((await store.readSession('key', NOW))?.grantId).toBe('eu:364');
      expect(await store.readGrant('eu:363')).toBeNull();
    });
  });

  describe(`${name}: the other sessions on a grant`, () => {
    const on = (key: string, hours = 1) => ({
      key,
      data: JSON.stringify({ of: key }),
      idleUntil: NOW + hours * HOUR,
      endsAt: NOW + hours * HOUR,
    });
    const keysIn = (sessions: string[]) => sessions.map((data) => JSON.parse(data).of).toSorted();

    test('the one that lasts the longest is known, until it is over', async () => {
      const { store, another } = await open();
      await signIn(store, 'short');
      const long = { key: 'long', data: '{}', idleUntil: NOW + 3 * HOUR, endsAt: NOW + 9 * HOUR };
      expect(await another.readLongestSession('eu:363', NOW)).toEqual({
        idleUntil: NOW + HOUR,
        endsAt: NOW + 2 * HOUR,
      });
      await store.beginSession('eu:363', long);
      const { idleUntil, endsAt } = long;
      expect(await another.readLongestSession('eu:363', NOW)).toEqual({ idleUntil, endsAt });
      expect(await store.readLongestSession('eu:363', idleUntil)).toBeNull();
      expect(await store.readLongestSession('eu:nobody', NOW)).toBeNull();
    });

    test('are named and ended, but for endless ones, and for those on other grants', async () => {
      const { store, another } = await open();
      await signIn(store, 'own');
      await signIn(store, 'stranger', { id: 'eu:364' });
      for (const session of [on('a'), on('b'), { ...on('endless'), idleUntil: ENDLESS, endsAt: ENDLESS }])
        await store.beginSession('eu:363', session);
      expect(keysIn(await another.readOtherSessions('own', NOW))).toEqual(['a', 'b']);
      const before = await grantOf(store);
      expect(keysIn(await another.endOtherSessions('own', NOW))).toEqual(['a', 'b']);
      expect(await store.endOtherSessions('own', NOW)).toEqual([]);
      for (const key of ['a', 'b']) expect(await store.readSession(key, NOW)).toBeNull();
      for (const key of ['own', 'endless', 'stranger'])
        expect(await store.readSession(key, NOW)).not.toBeNull();
      expect(await grantOf(store)).toEqual(before);
    });

    test('are neither named nor ended once their time is over, nor by one whose own is', async () => {
      const { store } = await open();
      await signIn(store, 'own');
      await store.beginSession('eu:363', on('short', 0.5));
      await store.beginSession('eu:363', on('long', 2));
      expect(keysIn(await store.readOtherSessions('own', NOW + 0.6 * HOUR))).toEqual(['long']);
      for (const key of ['own', 'nobody']) {
        expect(await store.readOtherSessions(key, NOW + 1.5 * HOUR)).toEqual([]);
        expect(await store.endOtherSessions(key, NOW + 1.5 * HOUR)).toEqual([]);
      }
      expect(await store.readSession('long', NOW + 1.5 * HOUR)).not.toBeNull();
    });

    test('a sign-in at the same moment is before or after, and no grant loses its last session', async () => {
      const { store, another } = await open();
      await signIn(store, 'own');
      for (let round = 0; round < 10; round += 1) {
        const keys = [`${round}-a`, `${round}-b`];
        const [first, ended, second] = await Promise.all([
          another.beginSession('eu:363', on(keys[0] as string)),
          store.endOtherSessions('own', NOW),
          another.beginSession('eu:363', on(keys[1] as string)),
        ]);
        expect([first, second]).toEqual([true, true]);
        const left = keysIn(await store.readOtherSessions('own', NOW));
        expect([...keysIn(ended), ...left].toSorted()).toEqual(keys);
        await store.endOtherSessions('own', NOW);
      }
      expect((await store.readSession('own', NOW))?.grant()).toMatchObject(content);
    });
  });

  describe(`${name}: where people live`, () => {
    test('it is kept beside the grant, the last that was said', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      expect(await store.readTimezone('eu:363')).toBeNull();
      expect(await store.writeTimezone('eu:363', 'Europe/Paris')).toBe(true);
      expect(await another.writeTimezone('eu:363', 'Pacific/Auckland')).toBe(true);
      expect(await store.readTimezone('eu:363')).toBe('Pacific/Auckland');
      await signIn(store, 'again'); // connected once more
      const before = await grantOf(store);
      await store.writeGrant(before.id, before.writeId, content, 0);
      expect(await store.readTimezone('eu:363')).toBe('Pacific/Auckland');
    });

    test('without a grant nothing is kept, and no name that this program cannot tell days by is given', async () => {
      const { store } = await open();
      expect(await store.writeTimezone('eu:363', 'Europe/Paris')).toBe(false);
      await signIn(store, 'key');
      expect(await store.readTimezone('eu:363')).toBeNull();
      await store.writeTimezone('eu:363', '<b>Atlantis</b>');
      expect(await store.readTimezone('eu:363')).toBeNull();
    });

    test.each([
      ['is erased', (store: Store) => store.eraseGrant('eu:363', NOW)],
      ['ends with its last session', (store: Store) => store.endSession('key')],
    ])('it goes with the grant that %s', async (_how, end) => {
      const { store } = await open();
      await signIn(store, 'key');
      await store.writeTimezone('eu:363', 'Europe/Paris');
      await end(store);
      await store.claimRevocation('eu:363', NOW, 1000); // as the outbox does next
      await signIn(store, 'key');
      expect(await store.readTimezone('eu:363')).toBeNull();
    });
  });

  describe(`${name}: subscriptions`, () => {
    test('they are kept beside the grant and touch nothing of it', async () => {
      const { store, another } = await open();
      await signIn(store, 'key');
      const before = await grantOf(store);
      expect(await store.readSubscriptions('eu:363')).toBeNull();
      expect(await store.writeSubscriptions('eu:363', '{"a":1}', NOW + HOUR)).toBe(true);
      expect(await store.recordNews('eu:363', ['nights'], NOW)).toBe(true);
      expect(await another.readSubscriptions('eu:363')).toEqual({
        state: '{"a":1}',
        newsAt: NOW,
        newsOf: { measures: 0, activity: 0, nights: NOW },
      });
      expect(await store.recordNews('eu:363', ['measures', 'activity'], NOW + 1)).toBe(true);
      expect(await store.writeSubscriptions('eu:363', '{"a":2}', NOW + HOUR)).toBe(true);
      expect(await store.readSubscriptions('eu:363')).toEqual({
        state: '{"a":2}',
        newsAt: NOW + 1,
        newsOf: { measures: NOW + 1, activity: NOW + 1, nights: NOW },
      });
      expect(await grantOf(another)).toEqual(before);
    });

    test('news can come first', async () => {
      const { store } = await open();
      await signIn(store, 'key');
      expect(await store.recordNews('eu:363', ['nights'], NOW)).toBe(true);
      expect(await store.readSubscriptions('eu:363')).toMatchObject({ state: null, newsAt: NOW });
      expect(await store.claimSubscriptions('eu', NOW, HOUR, 10)).toEqual(['eu:363']);
    });

    test('without a grant there are none, and they end with it', async () => {
      const { store } = await open();
      expect(await store.writeSubscriptions('eu:363', '{}', NOW)).toBe(false);
      expect(await store.recordNews('eu:363', ['nights'], NOW)).toBe(false);
      await signIn(store, 'key');
      await store.writeSubscriptions('eu:363', '{}', NOW);
      await store.endSession('key');
      expect(await store.readSubscriptions('eu:363')).toBeNull();
      expect(await store.claimSubscriptions('eu', NOW, HOUR, 10)).toEqual([]);
    });

    test('due are those never looked at and those whose time has come; each is given to one', async () => {
      const { store, another } = await open();
      for (const id of ['eu:1', 'eu:2', 'eu:3']) await signIn(store, `key ${id}`, { id });
      await store.writeSubscriptions('eu:2', '{}', NOW);
      await store.writeSubscriptions('eu:3', '{}', NOW + 1);
      const claimed = [
        await store.claimSubscriptions('eu', NOW, HOUR, 1),
        await another.claimSubscriptions('eu', NOW, HOUR, 9),
      ];
      expect(claimed.flat().sort()).toEqual(['eu:1', 'eu:2']);
      expect(await store.claimSubscriptions('eu', NOW + 1, HOUR, 10)).toEqual(['eu:3']);
      expect(await store.claimSubscriptions('eu', NOW + HOUR - 1, HOUR, 10)).toEqual([]);
      expect(await store.claimSubscriptions('eu', NOW + HOUR, HOUR, 10)).toHaveLength(2);
      expect((await store.readSubscriptions('eu:2'))?.state).toBe('{}');
      await signIn(store, 'again', { id: 'eu:3' });
      expect(await store.claimSubscriptions('eu', NOW, HOUR, 10)).toContain('eu:3');
    });
  });

  rateLimitContract(name, open);
}
