import { setImmediate as othersFirst } from 'node:timers/promises';
import { every, type Schedule } from '../scheduling/schedule.ts';
import { CLAIM_MS } from '../store/grants.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import type { Grants } from './grants.ts';
import type { Outbox } from './outbox.ts';

export interface SweeperParts {
  store: Pick<Store, 'claimDueGrants' | 'claimOldGrants' | 'removeExpired'>;
  grants: Pick<Grants, 'attend' | 'renewOld'>;
  outbox: Pick<Outbox, 'sendDue'>;
  withings: Pick<Withings, 'issuer'>;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  sweepSeconds: number;
  onError: (error: unknown) => void;
}

const GRANTS_AT_ONCE = 20;
/** So many are asked about side by side: a call every half second, however long each takes. */
const SIDE_BY_SIDE = 5;
/** Whoever stops waits no longer than this. */
const NAP_MS = 500;
/** So few rows at a time that the event loop is held for a few milliseconds at most. */
const ROWS_A_STEP = 20;

/** Finishes open refreshes without a visitor, clears away what has expired, renews what grows old, and gives permissions back. */
export function createSweeper({
  store,
  grants,
  outbox,
  withings,
  now,
  sleep,
  sweepSeconds,
  onError,
}: SweeperParts): Schedule {
  async function sweep(stopping: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !stopping.aborted) {
      isMore = await attendDue(stopping);
      while (!stopping.aborted && (await store.removeExpired(now(), ROWS_A_STEP))) await othersFirst();
    }
  }

  /** The oldest first, at the pace that the quota gives. True: there may be more. */
  async function attendDue(stopping: AbortSignal): Promise<boolean> {
    const due = await store.claimDueGrants(withings.issuer, now(), GRANTS_AT_ONCE);
    const left = [...due];
    async function attendNext(): Promise<void> {
      for (let id = left.shift(); id !== undefined && !stopping.aborted; id = left.shift()) {
        await attend(id, stopping).catch(onError); // claimed, so that next time it is the turn of others
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, attendNext));
    return due.length > 0; // some of a batch may be left out: somebody is at them
  }

  /** Waits for its turn, for as long as nobody else is given it. */
  async function attend(id: string, stopping: AbortSignal): Promise<void> {
    let left = CLAIM_MS;
    for (let wait = await grants.attend(id); wait > 0; wait = await grants.attend(id)) {
      for (left -= wait; wait > 0 && left > 0 && !stopping.aborted; wait -= NAP_MS) {
        await sleep(Math.min(wait, NAP_MS));
      }
      if (left <= 0 || stopping.aborted) return;
    }
  }

  /** One after the other, after everybody else's calls. What comes to nothing is tried again when its claim is over. */
  async function renewOld(stopping: AbortSignal): Promise<void> {
    for (;;) {
      const old = await store.claimOldGrants(withings.issuer, now(), GRANTS_AT_ONCE);
      if (old.length === 0) return;
      for (const id of old) {
        if (stopping.aborted) return;
        await grants.renewOld(id).catch(onError);
        await othersFirst();
      }
    }
  }

  // Each at its own pace: what is given back waits for its turns longer than an unfinished refresh may.
  const finishing = every(sweepSeconds, sweep, { onError });
  const giving = every(sweepSeconds, outbox.sendDue, { onError });
  const renewing = every(sweepSeconds, renewOld, { onError });
  return {
    start() {
      finishing.start();
      giving.start();
      renewing.start();
    },
    async wake() {
      await finishing.wake();
      await renewing.wake();
      await giving.wake();
    },
    async stop() {
      await Promise.all([finishing.stop(), giving.stop(), renewing.stop()]);
    },
  };
}
