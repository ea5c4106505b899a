import type { Schedule } from '../scheduling/schedule.ts';
import { hashed } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../time/clocks.ts';
import type { TokenPair } from '../withings/answers.ts';
import { createWithings, type Withings, type WithingsOptions } from '../withings/client.ts';
import type { Refusal, Result } from '../withings/errors.ts';
import { MAX_WAIT_MS } from '../withings/rate-limit.ts';
import { createGrants, type Grants } from './grants.ts';
import { createRateLimit } from './rate-limit.ts';
import { createSweeper } from './sweeper.ts';

export interface CustodyOptions {
  withings: Omit<WithingsOptions, 'now' | 'rateLimit'>;
  /** Dead refresh tokens are replaced, where the contract with Withings allows it. */
  recover: boolean;
  callsPerMinute: number;
  refreshMarginSeconds: number;
  sweepSeconds: number;
  store: Store;
  clocks: Clocks;
  /** How each refresh ended: null, or why Withings gave no new pair. `grant` does not say whose it is. */
  onRefresh: (grant: string, refusal: Refusal | null) => void;
  /** What went wrong where nobody waits for it. */
  onError: (error: unknown) => void;
}

/** What keeps people's grants usable, whatever stands in front of it. */
export interface Custody {
  withings: Withings;
  grants: Grants;
  sweeper: Schedule;
  /** The longest that one refresh can take, milliseconds. */
  callMs: number;
}

export function createCustody(options: CustodyOptions): Custody {
  const { store, clocks, onRefresh, onError } = options;
  const { auth, timeoutMs } = options.withings;
  const rateLimit = createRateLimit(store, options.callsPerMinute, onError);
  const withings = createWithings({ ...options.withings, now: clocks.now, rateLimit });
  // One refresh, at its longest: with signatures a nonce is fetched first; each call waits for its turn.
  const callMs = (timeoutMs + MAX_WAIT_MS) * (auth === 'signature' ? 2 : 1);
  const grants = createGrants({
    ...clocks,
    refreshMarginSeconds: options.refreshMarginSeconds,
    recover: options.recover ? recoverWith(withings) : null,
    store,
    withings,
    callMs,
    onError,
    onRefresh: (id, refusal) => onRefresh(hashed(id), refusal),
  });
  const sweeper = createSweeper({ ...clocks, sweepSeconds: options.sweepSeconds, store, grants, onError });
  return { withings, grants, sweeper, callMs };
}

function recoverWith(withings: Withings) {
  return async (userId: string): Promise<Result<TokenPair>> => {
    const code = await withings.recover(userId);
    return code.ok ? withings.redeem(code.value) : code;
  };
}
