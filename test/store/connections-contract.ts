import { describe, expect, test } from '@jest/globals';
import { copyStore } from '../../src/store/copy/copy.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import type { GrantContent } from '../../src/store/grant.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import type { Store } from '../../src/store/store.ts';
import { connect, encryption, NOW, type Place } from './places.ts';
import { content } from './store-contract.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const ended = (at = NOW) => ({ ended: { code: 'refresh-token-refused' as const, at, probedAt: at } });

async function write(store: Store, userId: string, change: Partial<GrantContent>): Promise<void> {
  const id = `eu:${userId}`;
  const writeId = String(await store.readWriteId(id));
  expect(await store.writeGrant(id, writeId, { ...content, userId, ...change }, 0)).not.toBeNull();
}

/** The states that somebody is in, and how many of all are of the demo. */
async function counts(store: Store) {
  const { states } = await store.countConnections();
  return Object.fromEntries(
    states.filter(({ all }) => all > 0).map(({ state, all, demo }) => [state, [all, demo]]),
  );
}

/** What every store knows of connections without opening one. */
export function connectionsContract(name: string, newPlace: () => Promise<Place>): void {
  describe(`${name}: connections`, () => {
    test('are counted by state, whatever changes it', async () => {
      const store = await (await newPlace()).open();
      expect(await counts(store)).toEqual({});
      for (const userId of ['1', '2', '3', '4', '5']) await connect(store, userId);
      expect(await counts(store)).toEqual({ connected: [5, 0] });

      await write(store, '1', { lastRefresh: { at: NOW, outcome: 'withings-unreachable' } });
      await write(store, '2', ended());
      await write(store, '3', { ...ended(), unlinked: true });
      await write(store, '4', { ...ended(NOW + DAY), demo: true });
      expect(await counts(store)).toEqual({
        connected: [1, 0],
        degraded: [1, 0],
        'needs-reconnect': [1, 0],
        unlinked: [2, 1],
      });

      await write(store, '1', { lastRefresh: { at: NOW, outcome: 'refreshed' } });
      await store.eraseGrant('eu:2', NOW);
      await store.endSession('of 3');
      const grant = { id: 'eu:4', expected: await store.readWriteId('eu:4'), content };
      const session = { key: 'again', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR };
      await store.signIn({ grant, session, replaces: 'of 5', attempt: null });
      expect(await counts(store)).toEqual({ connected: [2, 0] });
      while (await store.removeExpired(NOW + 2 * HOUR, 10));
      expect(await counts(store)).toEqual({});
    });

    test('that are open are open since it first began', async () => {
      const store = await (await newPlace()).open();
      for (const userId of ['1', '2']) await connect(store, userId);
      const open = async () => {
        const { open: number, openSince } = await store.countConnections();
        return [number, openSince];
      };
      expect(await open()).toEqual([0, null]);
      await write(store, '1', { intent: { token: 'first', since: NOW + 1000 } });
      await write(store, '2', { intent: { token: 'other', since: NOW + 2000 } });
      await write(store, '1', { intent: { token: 'again', since: NOW + 3000 } });
      await store.claimDueGrants('eu', NOW + HOUR, 10);
      expect(await open()).toEqual([2, NOW + 1000]);
      await write(store, '1', {});
      expect(await open()).toEqual([1, NOW + 2000]);
      await store.endSession('of 2');
      expect(await open()).toEqual([0, null]);
      await connect(store, '2');
      await write(store, '2', { intent: { token: 'later', since: NOW + 4000 } });
      expect(await open()).toEqual([1, NOW + 4000]);
    });

    test('under an old key are counted until they are written', async () => {
      const place = await newPlace();
      const before = await place.open();
      for (const userId of ['1', '2']) await connect(before, userId);
      expect((await before.countConnections()).underOldKey).toBe(0);
      before.close();
      const ring = createEncryption(deriveKeys(['the next secret', 'a secret of the tests']).seal);
      const store = await place.open(ring);
      expect((await store.countConnections()).underOldKey).toBe(2);
      await write(store, '1', {});
      expect((await store.countConnections()).underOldKey).toBe(1);
      await store.eraseGrant('eu:2', NOW);
      expect((await store.countConnections()).underOldKey).toBe(0);
    });

    test('under a key that was taken away are counted apart', async () => {
      const place = await newPlace();
      const first = await place.open();
      for (const userId of ['1', '2', '3']) await connect(first, userId);
      first.close();
      const [next, former] = ['the next secret', 'a secret of the tests'];
      const second = await place.open(createEncryption(deriveKeys([next, former]).seal));
      expect(await second.countConnections()).toMatchObject({ underOldKey: 3, underUnknownKey: 0 });
      await write(second, '1', {});
      second.close();
      const third = await place.open(createEncryption(deriveKeys([next]).seal));
      expect(await third.countConnections()).toMatchObject({ underOldKey: 2, underUnknownKey: 2 });
    });

    test('are listed page by page, by state, with who owns them', async () => {
      const store = await (await newPlace()).open();
      for (const userId of ['1', '2', '3', '4', '5']) await connect(store, userId);
      await write(store, '4', { ...ended(), demo: true, connectedAt: NOW });
      await store.beginSession('eu:1', {
        ...{ key: 'second', data: '{"b":2}', idleUntil: NOW + 1, endsAt: NOW + 1 },
      });
      const list = async (...of: Parameters<Store['listConnections']>) =>
        (await store.listConnections(...of)).map(({ id, state }) => `${id} ${state}`);
      expect(await list(null, null, NOW, 2)).toEqual(['eu:1 connected', 'eu:2 connected']);
      expect(await list(null, 'eu:2', NOW, 9)).toEqual([
        'eu:3 connected',
        'eu:4 needs-reconnect',
        'eu:5 connected',
      ]);
      expect(await list('needs-reconnect', null, NOW, 9)).toEqual(['eu:4 needs-reconnect']);
      expect(await list('connected', 'eu:3', NOW, 9)).toEqual(['eu:5 connected']);
      expect((await store.listConnections('needs-reconnect', null, NOW, 9))[0]?.sessions).toEqual([]);
      const [first] = await store.listConnections(null, null, NOW, 1);
      expect(first).toMatchObject({ issuer: 'eu', state: 'connected' });
      expect(first?.grant()).toMatchObject({ userId: '1', leased: false });
      expect(first?.sessions.map(({ data }) => data).sort()).toEqual(['{"b":2}', '{}']);
      const [later] = await store.listConnections(null, null, NOW + 1, 1);
      expect(later?.sessions).toEqual([{ data: '{}', endsAt: NOW + HOUR }]);
      expect((await store.readOwners('eu:1', NOW)).sort()).toEqual(['{"b":2}', '{}']);
      expect(await store.readOwners('eu:1', NOW + 1)).toEqual(['{}']);
      expect(await store.readOwners('eu:9', NOW)).toEqual([]);
    });

    test('are counted where they were copied to', async () => {
      const [here, there] = [await newPlace(), await newPlace()];
      const store = await here.open();
      for (const userId of ['1', '2', '3']) await connect(store, userId);
      await write(store, '1', { intent: { token: 'first', since: NOW } });
      await write(store, '2', ended());
      const before = await store.countConnections();
      store.close();
      const [source, target] = [await here.openCopy('source'), await there.openCopy('target')];
      const options = { from: 'HERE', to: 'THERE', encryption, now: () => NOW, onLine() {} };
      await copyStore({ ...options, source, target });
      source.close();
      target.close();
      expect(await (await there.open()).countConnections()).toEqual(before);
    });
  });
}
