import { setImmediate as othersFirst } from 'node:timers/promises';
import { every, type Schedule } from '../scheduling/schedule.ts';
import { CLAIM_MS } from '../store/grants.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import type { Grants } from './grants.ts';
import type { IsHeld } from './hold.ts';
import type { Outbox } from './outbox.ts';

export interface SweeperParts {
  store: Pick<Store, 'claimDueGrants' | 'claimOldGrants' | 'removeExpired' | 'listRestored'>;
  grants: Pick<Grants, 'attend' | 'renewOld' | 'verify'>;
  outbox: Pick<Outbox, 'sendDue'>;
  withings: Pick<Withings, 'issuer'>;
  isHeld: IsHeld;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  sweepSeconds: number;
  /** Told when a round of finishing begins; what it returns is told whether it came to its end. */
  onSweep?: (() => (isComplete: boolean) => void) | undefined;
  onError: (error: unknown) => void;
}

const GRANTS_AT_ONCE = 20;
/** So many are asked about side by side: a call every half second, however long each takes. */
const SIDE_BY_SIDE = 5;
/** Whoever stops waits no longer than this. */
const NAP_MS = 500;
/** So few rows at a time that the event loop is held for a few milliseconds at most. */
const ROWS_A_STEP = 20;

/**
 * Finishes open refreshes without a visitor, clears away what has expired, renews what grows old, gives permissions
 * back, and asks about what came back with a backup. Does nothing while the store is held.
 */
export function createSweeper({
  store,
  grants,
  outbox,
  withings,
  isHeld,
  now,
  sleep,
  sweepSeconds,
  onSweep,
  onError,
}: SweeperParts): Schedule {
  async function sweep(stopping: AbortSignal): Promise<void> {
    const ended = onSweep?.();
    let isComplete = false;
    try {
      await finish(stopping);
      isComplete = true;
    } finally {
      ended?.(isComplete);
    }
  }

  async function finish(stopping: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !stopping.aborted) {
      isMore = await attendDue(stopping);
      while (!stopping.aborted && (await store.removeExpired(now(), ROWS_A_STEP))) await othersFirst();
    }
  }

  /** The oldest first, at the pace that the quota gives. True: there may be more. */
  async function attendDue(stopping: AbortSignal): Promise<boolean> {
    const due = await store.claimDueGrants(withings.issuer, now(), GRANTS_AT_ONCE);
    await sideBySide(due, grants.attend, stopping);
    return due.length > 0; // some of a batch may be left out: somebody is at them
  }

  /** Everybody once around, while `attendDue` goes on: it may take hours. */
  async function verifyRestored(stopping: AbortSignal): Promise<void> {
    for (let last: string | undefined = ''; last !== undefined && !stopping.aborted; ) {
      const ids = await store.listRestored(withings.issuer, last, GRANTS_AT_ONCE);
      await sideBySide(ids, grants.verify, stopping);
      last = ids.at(-1);
    }
  }

  async function sideBySide(ids: string[], work: Work, stopping: AbortSignal): Promise<void> {
    const left = [...ids];
    async function doNext(): Promise<void> {
      for (let id = left.shift(); id !== undefined && !stopping.aborted; id = left.shift()) {
        await inTurn(id, work, stopping).catch(onError); // whoever fails is behind the others next time
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, doNext));
  }

  /** Waits for its turn, for as long as nobody else is given it. */
  async function inTurn(id: string, work: Work, stopping: AbortSignal): Promise<void> {
    let left = CLAIM_MS;
    for (let wait = await work(id); wait > 0; wait = await work(id)) {
      for (left -= wait; wait > 0 && left > 0 && !stopping.aborted; wait -= NAP_MS) {
        await sleep(Math.min(wait, NAP_MS));
      }
      if (left <= 0 || stopping.aborted) return;
    }
  }

  /**
   * One after the other, each in its turn: however many are old on one day, all have theirs. What comes to nothing is
   * tried again when its claim is over.
   */
  async function renewOld(stopping: AbortSignal): Promise<void> {
    for (;;) {
      const old = await store.claimOldGrants(withings.issuer, now(), GRANTS_AT_ONCE);
      if (old.length === 0) return;
      for (const id of old) {
        if (stopping.aborted) return;
        await inTurn(id, grants.renewOld, stopping).catch(onError);
        await othersFirst();
      }
    }
  }

  // Each at its own pace: what is given back waits for its turns longer than an unfinished refresh may.
  const all = [sweep, renewOld, outbox.sendDue, verifyRestored].map((work) =>
    every(sweepSeconds, async (stopping) => ((await isHeld()) ? undefined : work(stopping)), { onError }),
  );
  return {
    start() {
      for (const each of all) each.start();
    },
    async wake() {
      for (const each of all) await each.wake();
    },
    async stop() {
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}

/** @returns 0, or without a turn the milliseconds until it makes sense to try again */
type Work = (id: string) => Promise<number>;
