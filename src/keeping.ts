import type { Config } from './config.ts';
import { type Log, logRefresh } from './operations/logging.ts';
import { createPace } from './pacing.ts';
import { hashed } from './session/keys.ts';
import type { Store } from './session/store.ts';
import { createGrants, type Grants } from './tokens/grants.ts';
import { createSweeper, type Sweeper } from './tokens/sweeper.ts';
import { describe } from './web/problem-page.ts';
import type { TokenPair } from './withings/answers.ts';
import { createWithings, type Withings } from './withings/client.ts';
import type { Result } from './withings/errors.ts';
import { MOST_WAIT_MS } from './withings/turns.ts';

export interface Clocks {
  /** Milliseconds since 1970. With the sandbox embedded, its movable clock runs on top of this one. */
  now: () => number;
  /** Milliseconds of a clock that never steps and that all processes of this host share. */
  monotonic: () => number;
  /** Milliseconds between things that nobody waits for. */
  sleep: (ms: number) => Promise<unknown>;
}

export type KeepingConfig = Pick<
  Config,
  'withings' | 'recover' | 'callsPerMinute' | 'refreshMarginSeconds' | 'sweepSeconds'
>;

/** What keeps people's grants usable, whatever stands in front of it. */
export interface Keeping {
  withings: Withings;
  grants: Grants;
  sweeper: Sweeper;
  /** The longest that one refresh can take, milliseconds. */
  callMs: number;
  /** For what goes wrong where nobody waits for it. */
  report: (error: unknown) => void;
}

/** @param redirectUri the registered callback URL */
export function createKeeping(
  config: KeepingConfig,
  redirectUri: string,
  store: Store,
  { now, monotonic, sleep }: Clocks,
  log: Log,
): Keeping {
  const report = (error: unknown) => log.error({ error: describe(error) }, 'background work failed');
  const pace = createPace(store, config.callsPerMinute, report);
  const withings = createWithings({ ...config.withings, redirectUri, now, pace });
  // One refresh, at its longest: with signatures a nonce is fetched first; each call waits for its turn.
  const callMs = (config.withings.timeoutMs + MOST_WAIT_MS) * (config.withings.auth === 'signature' ? 2 : 1);
  const grants = createGrants({
    ...config,
    cloud: config.withings.cloud,
    recover: config.recover ? recoverWith(withings) : null,
    store,
    withings,
    now,
    monotonic,
    sleep,
    callMs,
    report,
    tell: (id, refusal) => logRefresh(log, hashed(id), refusal),
  });
  const sweeper = createSweeper({ ...config, store, grants, now, sleep, report });
  return { withings, grants, sweeper, callMs, report };
}

function recoverWith(withings: Withings) {
  return async (userId: string): Promise<Result<TokenPair>> => {
    const code = await withings.recover(userId);
    return code.ok ? withings.redeem(code.value) : code;
  };
}
