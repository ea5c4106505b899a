import { setImmediate as othersFirst } from 'node:timers/promises';
import { every, type Schedule } from '../scheduling/schedule.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import type { Grants } from './grants.ts';
import type { Outbox } from './outbox.ts';

export interface SweeperParts {
  store: Pick<Store, 'claimDueGrants' | 'removeExpired'>;
  grants: Pick<Grants, 'attend'>;
  outbox: Pick<Outbox, 'sendDue'>;
  withings: Pick<Withings, 'issuer'>;
  now: () => number;
  sweepSeconds: number;
  onError: (error: unknown) => void;
}

const GRANTS_AT_ONCE = 20;
/** So many are asked about side by side: a call every half second, however long each takes. */
const SIDE_BY_SIDE = 5;
/** So few rows at a time that the event loop is held for a few milliseconds at most. */
const ROWS_A_STEP = 20;

/** Finishes open refreshes without a visitor, clears away what has expired, and gives permissions back. */
export function createSweeper({
  store,
  grants,
  outbox,
  withings,
  now,
  sweepSeconds,
  onError,
}: SweeperParts): Schedule {
  async function sweep(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted && (await attendDue(stopping))) await othersFirst();
    while (!stopping.aborted && (await store.removeExpired(now(), ROWS_A_STEP))) await othersFirst();
    await outbox.sendDue(stopping);
  }

  /** The oldest first, at the pace that the quota gives. True: there may be more. */
  async function attendDue(stopping: AbortSignal): Promise<boolean> {
    const due = await store.claimDueGrants(withings.issuer, now(), GRANTS_AT_ONCE);
    const left = [...due];
    let attended = 0;
    async function attendNext(): Promise<void> {
      for (let id = left.shift(); id !== undefined && !stopping.aborted; id = left.shift()) {
        // Claimed, so that next time it is the turn of others.
        const hadTurn = await grants.attend(id).catch(onError);
        if (hadTurn !== false) attended += 1;
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, attendNext));
    return due.length === GRANTS_AT_ONCE && attended > 0;
  }

  return every(sweepSeconds, sweep, { onError });
}
