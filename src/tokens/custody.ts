import type { Config } from '../config/config.ts';
import { type Log, logRefresh } from '../operations/logging.ts';
import { describe } from '../problems/page.ts';
import { hashed } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { TokenPair } from '../withings/answers.ts';
import { createWithings, type Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import { MAX_WAIT_MS } from '../withings/rate-limit.ts';
import { createGrants, type Grants } from './grants.ts';
import { createRateLimit } from './rate-limit.ts';
import { createSweeper, type Sweeper } from './sweeper.ts';

export interface Clocks {
  /** Milliseconds since 1970. With the sandbox embedded, its movable clock runs on top of this one. */
  now: () => number;
  /** Milliseconds of a clock that never steps and that all processes of this host share. */
  monotonic: () => number;
  /** Milliseconds between things that nobody waits for. */
  sleep: (ms: number) => Promise<unknown>;
}

export type CustodyConfig = Pick<
  Config,
  'withings' | 'recover' | 'callsPerMinute' | 'refreshMarginSeconds' | 'sweepSeconds'
>;

/** What keeps people's grants usable, whatever stands in front of it. */
export interface Custody {
  withings: Withings;
  grants: Grants;
  sweeper: Sweeper;
  /** The longest that one refresh can take, milliseconds. */
  callMs: number;
  /** For what goes wrong where nobody waits for it. */
  onError: (error: unknown) => void;
}

/** @param redirectUri the registered callback URL */
export function createCustody(
  config: CustodyConfig,
  redirectUri: string,
  store: Store,
  { now, monotonic, sleep }: Clocks,
  log: Log,
): Custody {
  const onError = (error: unknown) => log.error({ error: describe(error) }, 'background work failed');
  const rateLimit = createRateLimit(store, config.callsPerMinute, onError);
  const withings = createWithings({ ...config.withings, redirectUri, now, rateLimit });
  // One refresh, at its longest: with signatures a nonce is fetched first; each call waits for its turn.
  const callMs = (config.withings.timeoutMs + MAX_WAIT_MS) * (config.withings.auth === 'signature' ? 2 : 1);
  const grants = createGrants({
    ...config,
    recover: config.recover ? recoverWith(withings) : null,
    store,
    withings,
    now,
    monotonic,
    sleep,
    callMs,
    onError,
    onRefresh: (id, refusal) => logRefresh(log, hashed(id), refusal),
  });
  const sweeper = createSweeper({ ...config, store, grants, now, sleep, onError });
  return { withings, grants, sweeper, callMs, onError };
}

function recoverWith(withings: Withings) {
  return async (userId: string): Promise<Result<TokenPair>> => {
    const code = await withings.recover(userId);
    return code.ok ? withings.redeem(code.value) : code;
  };
}
