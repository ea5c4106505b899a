import { describe, expect, test } from '@jest/globals';
import type { Batch, CopyableStore } from '../../src/store/copy/contract.ts';
import { abandonCopy, type CopyOptions, copyStore } from '../../src/store/copy/copy.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { door } from '../support/door.ts';
import { connect, contents, encryption, filled, holdWhenClosed, NOW, type Place } from './places.ts';

const HOUR = 3_600_000;

type NewPlace = () => Promise<Place>;

async function options(source: Place, target: Place, more: Partial<CopyOptions> = {}) {
  const lines: string[] = [];
  const given: CopyOptions = {
    source: await source.openCopy('source'),
    target: await target.openCopy('target'),
    from: 'HERE',
    to: 'THERE',
    encryption,
    now: () => NOW,
    onLine: (line) => void lines.push(line),
    ...more,
  };
  return { ...given, lines };
}

/** Returns what it said. */
export async function copy(source: Place, target: Place, more?: Partial<CopyOptions>): Promise<string> {
  const all = await options(source, target, more);
  await copyStore(all);
  all.source.close();
  all.target.close();
  return all.lines.join('\n');
}

/** The app starts on it, and is stopped again. */
async function starts(place: Place): Promise<boolean> {
  return place.open().then(
    (store) => {
      store.close();
      return true;
    },
    () => false,
  );
}

async function expectMoved(source: Place, target: Place, before: string[]): Promise<void> {
  expect([await starts(source), await starts(target)]).toEqual([false, true]);
  expect(await contents(target)).toEqual(before);
}

async function expectUnmoved(source: Place, target: Place, before: string[]): Promise<void> {
  expect([await starts(source), await starts(target)]).toEqual([true, true]);
  expect(await contents(source)).toEqual(before);
  expect(await contents(target)).toEqual([]);
}

type Fault = 'killed before' | 'killed after' | 'fails' | 'answer lost';

/** Both stores as one program sees them to whom this happens at its n-th step. */
function faulty(n: number, fault: Fault) {
  let steps = 0;
  let isDead = false;
  async function step<T>(work: () => Promise<T>): Promise<T> {
    steps += 1;
    if (isDead) throw new Error('dead');
    if (steps !== n) return work();
    isDead = fault.startsWith('killed');
    if (fault === 'killed before' || fault === 'fails') throw new Error('at that step');
    await work();
    throw new Error('at that step');
  }
  function through(store: CopyableStore): CopyableStore {
    return {
      heldSince: () => step(() => store.heldSince()),
      readMark: () => step(() => store.readMark()),
      swapMark: (from, to) => step(() => store.swapMark(from, to)),
      async *records(now) {
        for await (const batch of store.records(now)) yield await step(async () => batch);
      },
      put: (mark, batch) => step(() => store.put(mark, batch)),
      clear: (mark) => step(() => store.clear(mark)),
      sync: () => step(() => store.sync()),
      close: () => store.close(),
    };
  }
  return { through, happened: () => steps >= n };
}

/** What holds of a copy between two kinds of store, whatever happens on the way. */
export function copyContract(name: string, newSource: NewPlace, newTarget: NewPlace): void {
  const places = async () => {
    const [source, target] = [await filled(await newSource()), await newTarget()];
    return { source, target, before: await contents(source) };
  };

  /** Copies anew, with the next step at fault, until there is no such step. */
  async function atEachStep(
    fault: Fault,
    check: (source: Place, target: Place, before: string[]) => Promise<void>,
  ) {
    for (let n = 1; ; n += 1) {
      const { source, target, before } = await places();
      const { through, happened } = faulty(n, fault);
      const given = await options(source, target);
      const run = copyStore({ ...given, source: through(given.source), target: through(given.target) });
      await run.catch((error) => expect(error).toMatchObject({ message: 'at that step' }));
      given.source.close();
      given.target.close();
      if (!happened()) return expect(n).toBeGreaterThan(20);
      await check(source, target, before);
    }
  }

  describe(`${name}: copied`, () => {
    test('everybody is connected there, and here nobody', async () => {
      const { source, target, before } = await places();
      const here = await source.open();
      expect(await copy(source, target)).toMatch(
        /Copied: 2 connections, 3 browsers signed in\.\n.*start the app on THERE/,
      );
      await expectMoved(source, target, before);
      await expect(source.open()).rejects.toThrow('was copied to THERE');
      await expect(here.endSession('a')).rejects.toThrow('takes no writes');

      const there = await target.open();
      for (const [key, userId] of [
        ['a', '1'],
        ['b', '1'],
        ['c', '2'],
      ] as const) {
        const session = await there.readSession(key, NOW);
        expect(session?.data).toContain(`"of":"${key} – üüü"`);
        expect(session?.grant()).toMatchObject({ userId, leased: false });
      }
      expect(await there.readSubscriptions('eu:1')).toMatchObject({
        state: '{"told":true}',
        newsAt: NOW - HOUR,
      });
      expect(await there.claimDueGrants('eu', NOW, 10)).toEqual(['eu:1']);
      expect(await there.claimSubscriptions('eu', NOW, HOUR, 10)).toEqual(['eu:2']);
      expect(await there.readEnding('gone', NOW)).toMatchObject({
        why: 'disconnected',
        grant: { id: 'eu:gone' },
      });
      expect(await there.readEnding('a', NOW + 5 * HOUR)).toMatchObject({ visitedAt: NOW - HOUR });
      expect((await there.claimOldGrants('eu', NOW, 10)).toSorted()).toEqual(['eu:1', 'eu:2']); // to be looked at
      await there.endSession('a');
      expect(await there.readGrant('eu:1')).not.toBeNull();
      await there.endSession('b');
      expect(await there.readGrant('eu:1')).toBeNull();
    });

    test('again: there is nothing left to do; to another place: it says where everything is', async () => {
      const { source, target, before } = await places();
      await copy(source, target);
      expect(await copy(source, target)).toContain('start the app on THERE');
      await expect(copy(source, await newTarget(), { to: 'ELSEWHERE' })).rejects.toThrow('copied to THERE');
      await expectMoved(source, target, before);

      const other = await newTarget();
      const half = await other.openCopy('target');
      await half.swapMark(null, { state: 'filling', run: 'r', from: 'A', to: 'B', at: NOW });
      await expect(copy(source, other)).rejects.toThrow('A was being copied into this store');
      expect(await starts(other)).toBe(false);
    });

    test('what is over stays behind; a grant that nobody is signed in on goes by itself', async () => {
      const { source, target } = await places();
      await copy(source, target, { now: () => NOW + 6 * HOUR });
      const found = await contents(target);
      expect(found.filter((record) => record.startsWith('sessions')).join()).not.toContain('"key":"a"');
      expect(found).toHaveLength(10);
    });

    test('the key goes along: nobody has another name, and sessions stay bound', async () => {
      const { source, target } = await places();
      const ann = { issuer: 'eu', userId: '363' };
      const here = (await (await filled(source)).open()).grantIdOf(ann);
      expect((await target.open()).grantIdOf(ann)).not.toBe(here); // it has had one of its own
      await copy(source, target);
      expect((await target.open()).grantIdOf(ann)).toBe(here);
    });

    test('more than is read at a time', async () => {
      const [source, target] = [await newSource(), await newTarget()];
      const copying = await source.openCopy('target');
      const mark = { state: 'filling', run: 'r', from: '', to: '', at: NOW } as const;
      await copying.swapMark(null, mark);
      for (const kind of ['grants', 'sessions'] as const) await copying.put(mark, crowd(kind, 1100));
      await copying.swapMark(mark, null);
      copying.close();
      const before = await contents(source);
      expect(before).toHaveLength(3300);
      const said = await copy(source, target);
      expect(said).toContain('1,100 connections, 1,100 browsers');
      await expectMoved(source, target, before);
    });
  });

  describe(`${name}: at each step of the way`, () => {
    test.each(['killed before', 'killed after'] as const)('%s, it is run again', async (fault) => {
      await atEachStep(fault, async (source, target, before) => {
        expect((await starts(source)) && (await starts(target)) && (await contents(target)).length > 0).toBe(
          false,
        );
        await copy(source, target);
        await expectMoved(source, target, before);
      });
    });

    test.each(['killed before', 'killed after'] as const)('%s, it is given up', async (fault) => {
      await atEachStep(fault, async (source, target, before) => {
        const given = await options(source, target);
        const words = await abandonCopy(given, async () => given.target).catch((error) => String(error));
        given.source.close();
        given.target.close();
        if (/was copied to/.test(String(words))) return; // it was closed already
        await expectUnmoved(source, target, before);
      });
    });

    test.each(['fails', 'answer lost'] as const)(
      '%s: all is as it was, or all has arrived',
      async (fault) => {
        await atEachStep(fault, async (source, target, before) => {
          if (!(await starts(source))) {
            await copy(source, target); // only the end of it was left
            return expectMoved(source, target, before);
          }
          await expectUnmoved(source, target, before);
        });
      },
    );
  });

  describe(`${name}: two at once`, () => {
    /** A run that is held before its first record is put. */
    async function held(source: Place, target: Place) {
      const [reached, going] = [door(), door()];
      const given = await options(source, target);
      async function put(...batch: Parameters<CopyableStore['put']>) {
        reached.open();
        await going.opened;
        return given.target.put(...batch);
      }
      const run = copyStore({ ...given, target: { ...given.target, put } }).then(
        () => 'copied',
        (error) => String(error),
      );
      await reached.opened;
      return { run, going };
    }

    test('the later one goes on, the first ends and spoils nothing', async () => {
      const { source, target, before } = await places();
      const first = await held(source, target);
      await copy(source, target);
      first.going.open();
      expect(await first.run).toContain('another run has taken over');
      await expectMoved(source, target, before);
    });

    test('the first ends while the later one copies: nobody gets in between', async () => {
      const { source, target, before } = await places();
      const first = await held(source, target);
      const second = await held(source, target);
      first.going.open();
      expect(await first.run).toContain('another run has taken over');
      expect([await starts(source), await starts(target)]).toEqual([false, false]);
      second.going.open();
      expect(await second.run).toBe('copied');
      await expectMoved(source, target, before);
    });

    test('to another place: the place of the first is empty in the end', async () => {
      const { source, target, before } = await places();
      const other = await newTarget();
      const first = await held(source, other);
      await copy(source, target);
      first.going.open();
      expect(await first.run).toContain('another run has taken over');
      await expectMoved(source, target, before);
      expect([await starts(other), await contents(other)]).toEqual([true, []]);
    });

    test('given up meanwhile: the run ends, and everything is here', async () => {
      const { source, target, before } = await places();
      const first = await held(source, target);
      const given = await options(source, target);
      await abandonCopy(given, async () => given.target);
      first.going.open();
      expect(await first.run).toContain('lost its mark');
      await expectUnmoved(source, target, before);
    });

    test('from another place: the one who begins later goes on, the first is open again', async () => {
      const { source, target, before } = await places();
      const other = await newSource();
      const store = await other.open();
      await connect(store, '9');
      store.close();
      const first = await held(source, target);
      await copy(other, target);
      first.going.open();
      expect(await first.run).toContain('another run has taken over');
      expect([await starts(source), await contents(source)]).toEqual([true, before]);
      expect((await contents(target)).join()).toContain('eu:9');
    });
  });

  describe(`${name}: nothing is copied, and nothing changes,`, () => {
    async function expectRefused(source: Place, target: Place, words: string | RegExp, more = {}) {
      const before = [await contents(source), await contents(target)];
      await expect(copy(source, target, more)).rejects.toThrow(words);
      expect([await contents(source), await contents(target)]).toEqual(before);
    }

    test('into a store that is not empty; the app goes on there', async () => {
      const { source, target } = await places();
      const there = await target.open();
      await connect(there, '9');
      await expectRefused(source, target, 'THERE is not empty: there are grants in it');
      await there.updateSession('of 9', '{"on":1}');
      expect(await starts(source)).toBe(true);
    });

    test('out of one that came back with a backup and is held; afterwards what is not asked about yet goes along', async () => {
      const { source, target } = await places();
      const operator = await source.openRestored();
      await holdWhenClosed(operator, NOW);
      await expectRefused(source, target, 'HERE is held');
      await operator.release();
      await copy(source, target);
      const there = await target.open();
      expect(await there.listRestored('eu', '', 10)).toEqual(['eu:1', 'eu:2']);
    });

    test('into itself', async () => {
      const { source } = await places();
      await expectRefused(source, source, 'was being copied to THERE');
      expect(await starts(source)).toBe(true);
    });

    test('into a store that is being copied itself, or was', async () => {
      const { source, target } = await places();
      const onward = await newTarget();
      await filled(target);
      await copy(target, onward, { to: 'ONWARD' });
      await expectRefused(source, target, 'was copied to ONWARD');
    });

    test('into a store that another one has filled, and may be closed for', async () => {
      const { source, target } = await places();
      const other = await filled(await newSource());
      const given = await options(other, target);
      const dead = async () => Promise.reject(new Error('killed'));
      const killed = { ...given.target, sync: dead, clear: dead };
      const reading = { ...given.source, swapMark: onlyFirst(given.source) };
      await expect(copyStore({ ...given, target: killed, source: reading })).rejects.toThrow('killed');
      await expectRefused(source, target, 'HERE was being copied into this store');
      await copy(other, target);
      expect(await starts(target)).toBe(true);
    });

    test('out of a store that is being filled', async () => {
      const { source, target } = await places();
      const half = await target.openCopy('source');
      await half.swapMark(null, { state: 'filling', run: 'r', from: 'A', to: 'B', at: NOW });
      await expectRefused(target, source, 'A was being copied into this store');
    });

    test('under secrets that open nothing; it is said where they open some', async () => {
      const { source, target } = await places();
      const other = createEncryption(deriveKeys(['another']).seal);
      await expectRefused(source, target, 'SESSION_SECRET opens nothing', { encryption: other });
      expect(await starts(source)).toBe(true);
    });

    test.each([
      ['a record is missing', (batch: Batch) => ({ ...batch, rows: batch.rows.slice(1) }) as Batch],
      [
        'a record is another',
        (batch: Batch) =>
          batch.kind === 'grants'
            ? { ...batch, rows: batch.rows.map((row) => ({ ...row, sealed: `${row.sealed}x` })) }
            : batch,
      ],
    ])('when what has arrived is not what was sent: %s', async (_words, changed) => {
      const { source, target, before } = await places();
      const given = await options(source, target);
      const losing = {
        ...given.target,
        put: (mark: Parameters<CopyableStore['put']>[0], batch: Batch) =>
          given.target.put(mark, changed(batch)),
      };
      await expect(copyStore({ ...given, target: losing })).rejects.toThrow('not what was sent');
      await expectUnmoved(source, target, before);
    });
  });

  test(`${name}: connections under a secret that is not listed are copied as they are, and said`, async () => {
    const { source, target } = await places();
    const seal = (secrets: string[]) => createEncryption(deriveKeys(secrets).seal);
    const older = await source.open(seal(['a secret of the tests', 'older']));
    older.close();
    const only = await source.open(seal(['older', 'a secret of the tests']));
    await connect(only, '3');
    only.close();
    (await source.open(seal(['a secret of the tests', 'older']))).close(); // the key of the store is sealed anew
    expect(await copy(source, target)).toContain('a secret that SESSION_SECRET does not list');
    const both = await target.open(seal(['a secret of the tests', 'older']));
    expect((await both.readGrant('eu:3'))?.userId).toBe('3');
  });
}

/** The program dies after that. */
function onlyFirst(store: CopyableStore): CopyableStore['swapMark'] {
  let swaps = 0;
  return async (from, to) => {
    swaps += 1;
    if (swaps > 1) throw new Error('dead');
    return store.swapMark(from, to);
  };
}

function crowd(kind: 'grants' | 'sessions', size: number): Batch {
  const ids = Array.from({ length: size }, (_, i) => `eu:crowd-${i}`);
  if (kind === 'grants') {
    const sealed = (id: string) => encryption.seal('{}', `grant|${id}`);
    return { kind, rows: ids.map((id) => ({ id, write_id: 'w', sealed: sealed(id), due_at: null })) };
  }
  const times = { idle_until: NOW + HOUR, ends_at: NOW + HOUR };
  return {
    kind,
    rows: ids.map((id) => ({
      key: `of ${id}`,
      grant_id: id,
      data: '{}',
      bound: 'b',
      visited_at: null,
      ...times,
    })),
  };
}
