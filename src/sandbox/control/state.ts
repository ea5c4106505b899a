import type { Subscription } from '../notify/subscriptions.ts';
import type { Pair } from '../oauth2/pairs.ts';
import {
  ACCESS_TOKEN_LIFETIME,
  accessTokenState,
  REFRESH_TOKEN_LIFETIME,
  refreshTokenState,
} from '../oauth2/token-state.ts';
import type { Fault } from '../wire/faults.ts';
import type { World } from '../world.ts';

/** What `GET /control/state` says. Times are ISO texts, but `clock.now`: milliseconds, as the clock counts. */
export interface State {
  clock: ClockState;
  /** Whether repeated calls and too many of them are refused. */
  limits: boolean;
  faults: Fault[];
  counters: Record<string, Record<string, number>>;
  users: UserState[];
}

export interface ClockState {
  now: number;
  iso: string;
  offsetSeconds: number;
}

export interface UserState {
  userId: number;
  name: string;
  demo: boolean;
  grants: GrantState[];
  subscriptions: SubscriptionState[];
}

/** One consent and all the pairs that followed from it, newest first. */
export interface GrantState {
  clientId: string;
  scope: string;
  since: string;
  pairs: PairState[];
}

export interface PairState {
  accessToken: string;
  state: 'live' | 'dead';
  accessExpiresAt: string;
  refreshToken: string;
  refreshState: 'live' | 'in grace' | 'dead';
  refreshExpiresAt: string;
  issuedAt: string;
  used: boolean;
  /** When this refresh token first bought a new pair. */
  replacedAt: string | null;
  /** Why the refresh token is as it is, unless it is simply live. */
  why: string | null;
}

/** One subscription to notifications. */
export interface SubscriptionState {
  clientId: string;
  appli: number;
  callbackUrl: string;
  comment: string;
  /** Since when no notification has come through. */
  failingSince: string | null;
}

export function describeState(world: World): State {
  const subscriptions = world.subscriptions.all();
  return {
    clock: describeClock(world),
    limits: world.guard.isOn,
    faults: world.faults.all(),
    counters: world.counters.all(),
    users: world.people.all().map(({ userId, name, demo }) => ({
      userId,
      name,
      demo,
      grants: describeGrants(world.pairs.of(userId), world.clock.now()),
      subscriptions: subscriptions.filter(({ user_id }) => user_id === userId).map(describeSubscription),
    })),
  };
}

export function describeClock({ clock }: Pick<World, 'clock'>): ClockState {
  const now = clock.now();
  return { now, iso: iso(now), offsetSeconds: clock.offset / 1000 };
}

function describeGrants(newestFirst: Pair[], now: number): GrantState[] {
  const grants = new Map<string, GrantState>();
  for (const pair of newestFirst) {
    const later = grants.get(pair.chain)?.pairs ?? [];
    grants.set(pair.chain, {
      clientId: pair.client_id,
      scope: pair.scope,
      since: iso(pair.issued_at),
      pairs: [...later, describePair(pair, now)],
    });
  }
  return [...grants.values()];
}

function describeSubscription(subscription: Subscription): SubscriptionState {
  const { client_id, appli, url, comment, failing_since } = subscription;
  const failingSince = failing_since === null ? null : iso(failing_since);
  return { clientId: client_id, appli, callbackUrl: url, comment, failingSince };
}

export function describePair(pair: Pair, now: number): PairState {
  const refresh = refreshTokenState(pair, now);
  return {
    accessToken: shortened(pair.access_token),
    state: accessTokenState(pair, now).state === 'dead' ? 'dead' : 'live',
    accessExpiresAt: iso(pair.issued_at + ACCESS_TOKEN_LIFETIME),
    refreshToken: shortened(pair.refresh_token),
    refreshState: refresh.state,
    refreshExpiresAt: iso(pair.issued_at + REFRESH_TOKEN_LIFETIME),
    issuedAt: iso(pair.issued_at),
    used: pair.used_at !== null,
    replacedAt: pair.replaced_at === null ? null : iso(pair.replaced_at),
    why: refresh.why,
  };
}

function shortened(token: string): string {
  return `${token.slice(0, 4)}…`;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
