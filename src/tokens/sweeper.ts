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

const GRANTS_A_SWEEP = 20;
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
    for (const id of await store.claimDueGrants(withings.issuer, now(), GRANTS_A_SWEEP)) {
      if (stopping.aborted) return;
      await grants.attend(id).catch(onError); // claimed, so that next time it is the turn of others
    }
    while (!stopping.aborted && (await store.removeExpired(now(), ROWS_A_STEP))) await othersFirst();
    await outbox.sendDue(stopping);
  }

  return every(sweepSeconds, sweep, { onError });
}
