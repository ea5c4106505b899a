import type { Schedule } from '../scheduling/schedule.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../time/clocks.ts';
import { createWithings, type Withings, type WithingsOptions } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import type { NoAnswer } from '../withings/http.ts';
import type { TokenPair } from '../withings/oauth2.ts';
import { MAX_BACKGROUND_WAIT_MS, MAX_WAIT_MS } from '../withings/rate-limit.ts';
import type { BusyDay } from './daily-use.ts';
import { createGrants, type Grants } from './grants.ts';
import { createHold, type IsHeld, unlessHeld } from './hold.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createRateLimit } from './quota.ts';
import type { RenewalParts } from './renewal.ts';
import { createSweeper, type SweeperParts } from './sweeper.ts';

export interface CustodySettings {
  withings: Omit<
    WithingsOptions,
    'now' | 'rateLimit' | 'onSkipped' | 'onNoAnswer' | 'onCall' | 'onExchange' | 'onTurn'
  >;
  /** Dead refresh tokens are replaced, where the contract with Withings allows it. */
  recover: boolean;
  callsPerMinute: number;
  refreshMarginSeconds: number;
  sweepSeconds: number;
}

export interface CustodyParts {
  store: Store;
  clocks: Clocks;
  /** How each refresh ended, and which connections are lost. `grant` does not say whose it is. */
  onRefresh: RenewalParts['onRefresh'];
  onLost?: RenewalParts['onLost'];
  /** How a permission was given back, or was not: see Outbox. */
  onRevocation: (grant: string, outcome: string) => void;
  /** How many pieces of an answer to this action made no sense, or cannot be, and were left out. */
  onSkipped: (action: string, count: number) => void;
  /** How each call went, and how long its turn was waited for. */
  onCall?: WithingsOptions['onCall'];
  onTurn?: WithingsOptions['onTurn'];
  /** What was said in each, without its secrets. */
  onExchange?: WithingsOptions['onExchange'];
  /** Why a call brought no answer. */
  onNoAnswer: (what: NoAnswer) => void;
  /** Much of what the quota allows in a day was used. */
  onBusyDay: (day: BusyDay) => void;
  /** A round of the sweeper has ended. */
  onSweep?: SweeperParts['onSweep'];
  /** What went wrong where nobody waits for it. */
  onError: (error: unknown) => void;
}

/** What keeps people's grants usable, whatever stands in front of it. */
export interface Custody {
  withings: Withings;
  grants: Grants;
  outbox: Outbox;
  sweeper: Schedule;
  isHeld: IsHeld;
  /** The longest that one refresh can take, milliseconds. */
  callMs: number;
}

export function createCustody(settings: CustodySettings, parts: CustodyParts): Custody {
  const { callsPerMinute, recover, refreshMarginSeconds, sweepSeconds } = settings;
  const { auth, timeoutMs } = settings.withings;
  const { store, clocks, onRevocation, onBusyDay, onError } = parts;
  const isHeld = createHold(store);
  const quota = createRateLimit(callsPerMinute, { ...clocks, store, timeoutMs, onError, onBusyDay });
  const rateLimit = unlessHeld(isHeld, quota);
  const withings = createWithings({
    ...settings.withings,
    now: clocks.now,
    rateLimit,
    onSkipped: parts.onSkipped,
    onCall: parts.onCall,
    onExchange: parts.onExchange,
    onTurn: parts.onTurn,
    onNoAnswer: parts.onNoAnswer,
  });
  // One refresh, at its longest: with signatures a nonce is fetched first; each call waits for its turn.
  const callMs = (timeoutMs + MAX_WAIT_MS) * (auth === 'signature' ? 2 : 1);
  const grants = createGrants({
    ...clocks,
    refreshMarginSeconds,
    recover: recover ? recoverWith(withings) : null,
    store,
    withings: { ...withings, ...withings.at('token') }, // the proof of a pair is custody too
    callMs,
    onError,
    onRefresh: parts.onRefresh,
    onLost: parts.onLost,
  });
  // A nonce is fetched first; in the background each call may wait for its turn for longer.
  const leaseMs = 2 * (timeoutMs + MAX_BACKGROUND_WAIT_MS) + 1000;
  const outbox = createOutbox({ ...clocks, store, withings, leaseMs, onRevocation });
  const sweeper = createSweeper({
    ...clocks,
    sweepSeconds,
    store,
    grants,
    outbox,
    withings,
    isHeld,
    onSweep: parts.onSweep,
    onError,
  });
  return { withings, grants, outbox, sweeper, isHeld, callMs };
}

function recoverWith(withings: Withings) {
  return async (userId: string): Promise<Result<TokenPair>> => {
    const code = await withings.recover(userId);
    return code.ok ? withings.redeem(code.value) : code;
  };
}
