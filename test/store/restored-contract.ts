import { describe, expect, test } from '@jest/globals';
import type { Store } from '../../src/store/store.ts';
import { connect, fill, holdWhenClosed, NOW, type Place } from './places.ts';
import { content } from './store-contract.ts';

/** What is known of a store that came back with a backup. */
export function restoredContract(name: string, newPlace: () => Promise<Place>): void {
  /** Grants of eu:1 and eu:2. */
  async function held() {
    const place = await newPlace();
    const store = await place.open();
    await fill(store);
    store.close();
    const operator = await place.openRestored();
    expect(await operator.hold(NOW)).toBe(2);
    operator.close();
    return { place, store: await place.open() };
  }
  const list = (store: Store, issuer = 'eu') => store.listRestored(issuer, '', 10);
  const write = async (store: Store, id: string, restored: boolean) => {
    const grant = await store.readGrant(id);
    if (!grant) throw new Error('gone');
    return store.writeGrant(id, grant.writeId, { ...grant, restored }, 0);
  };

  describe(`${name}: a store that came back`, () => {
    test('is held until somebody puts it to use; nothing was before', async () => {
      const { place, store } = await held();
      expect(await store.heldSince()).toBe(NOW);
      const operator = await place.openRestored();
      expect(await operator.release()).toBe(2);
      expect([await operator.heldSince(), await store.heldSince()]).toEqual([null, null]);
      expect(await list(store)).toEqual(['eu:1', 'eu:2']);
      const other = await (await newPlace()).open();
      await fill(other);
      expect([await other.heldSince(), await list(other)]).toEqual([null, []]);
      expect((await other.readGrant('eu:1'))?.restored).toBe(false);
    });

    test('lists what came back, in order, a page at a time, to who can ask about it', async () => {
      const { store } = await held();
      expect(await store.listRestored('eu', '', 1)).toEqual(['eu:1']);
      expect(await store.listRestored('eu', 'eu:1', 1)).toEqual(['eu:2']);
      expect(await store.listRestored('eu', 'eu:2', 1)).toEqual([]);
      expect(await list(store, 'us')).toEqual([]);
    });

    test('says so of a grant and of a session that owns it', async () => {
      const { store } = await held();
      expect((await store.readGrant('eu:1'))?.restored).toBe(true);
      expect((await store.readSession('a', NOW))?.grant()?.restored).toBe(true);
    });

    test('forgets it with the change that says so, and with no other', async () => {
      const { store } = await held();
      expect(await write(store, 'eu:1', true)).toMatchObject({ restored: true });
      expect(await list(store)).toEqual(['eu:1', 'eu:2']);
      expect(await store.writeGrant('eu:1', 'another', { ...content, userId: '1' }, 0)).toBeNull();
      expect(await list(store)).toEqual(['eu:1', 'eu:2']);
      expect(await write(store, 'eu:1', false)).toMatchObject({ restored: false });
      expect(await list(store)).toEqual(['eu:2']);
      expect((await store.readGrant('eu:1'))?.restored).toBe(false);
    });

    test('forgets it when the person connects anew, and when the grant goes', async () => {
      const { store } = await held();
      const grant = {
        id: 'eu:1',
        expected: await store.readWriteId('eu:1'),
        content: { ...content, userId: '1' },
      };
      const times = { idleUntil: NOW + 1000, endsAt: NOW + 1000, visitedAt: null };
      await store.signIn({
        grant,
        session: { key: 'new', data: '{}', ...times },
        replaces: null,
        attempt: null,
      });
      expect(await list(store)).toEqual(['eu:2']);
      await store.eraseGrant('eu:2', NOW);
      expect(await list(store)).toEqual([]);
      await connect(store, '2');
      expect((await store.readGrant('eu:2'))?.restored).toBe(false);
    });

    test('is marked anew when it comes back once more', async () => {
      const { place, store } = await held();
      await write(store, 'eu:1', false);
      const operator = await place.openRestored();
      await operator.release();
      store.close();
      await holdWhenClosed(operator, NOW + 1);
      operator.close();
      const again = await place.open();
      expect([await again.heldSince(), await list(again)]).toEqual([NOW + 1, ['eu:1', 'eu:2']]);
    });
  });
}
