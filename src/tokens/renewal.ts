import type { Grant } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import { type Refusal, type RefusalCode, type Result, refuse } from '../withings/errors.ts';
import type { Via } from '../withings/http.ts';
import type { TokenPair } from '../withings/oauth2.ts';
import type { Turn } from '../withings/rate-limit.ts';
import { confirmed, dead, intending, postponed, recovered, rejected, renewed, unproven } from './changes.ts';
import { backoffFor, mayProbe, type Reason, reasonFor } from './state.ts';

export interface RenewalParts {
  store: Pick<Store, 'readGrant' | 'writeGrant'>;
  /** Grants of another issuer are left alone. */
  withings: Pick<Withings, 'issuer' | 'refresh' | 'probe' | 'turn' | 'callsPerRefresh'>;
  /** A pair of a new chain for a user whose tokens are dead; null where the contract with Withings has no such call. */
  recover: ((userId: string) => Promise<Result<TokenPair>>) | null;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
  sleep: (ms: number) => Promise<unknown>;
  refreshMarginSeconds: number;
  /** The longest that one refresh call can take, milliseconds. */
  callMs: number;
  /** Told how each refresh call ended: null, or why Withings gave no new pair. */
  onRefresh: (id: string, refusal: Refusal | null, how: Refreshing) => void;
  /** Told when a grant is given up. */
  onLost?: ((id: string, lost: Lost) => void) | undefined;
}

/** Who wants a refresh. */
export type Trigger = 'visit' | 'button' | 'sweep' | 'age' | 'restore' | 'partner' | 'notification';

export interface Refreshing {
  trigger: Trigger;
  /** A pair of a new chain was asked for, in place of a dead one. */
  isRecovery: boolean;
  milliseconds: number;
}

/** What may be known of a connection that is lost: nothing of whose it was. */
export interface Lost {
  reason: 'refused' | 'unlinked' | 'restored';
  code: RefusalCode;
  /** What Withings was asked, in this order. */
  tried: ('present token' | 'previous token' | 'recovery')[];
  connectedSeconds: number;
  /** Since the last refresh that went well; null: there was none. */
  refreshedSecondsAgo: number | null;
}

export interface Renewal {
  /**
   * Renews a grant for as long as it is `stale`, once. Resolves whether that went well or not. Every step is durable
   * before the next: docs/custody.md says why each is there.
   *
   * @param via a turn with calls enough, or the priority at which it takes one
   */
  renew(id: string, stale: (grant: Grant) => boolean, via: Via, trigger: Trigger): Promise<Renewed>;
  /**
   * Uses an unproven access token once, cheaply, so that the refresh token before it can be let go.
   *
   * @returns 0, or without a turn for it the milliseconds until it makes sense to try again
   */
  prove(grant: Grant): Promise<number>;
}

/** The grant as it is afterwards; null: it is gone. */
export interface Renewed {
  grant: Grant | null;
  /** Nothing was asked and nothing written, for want of a turn: milliseconds until it makes sense to try again. Else 0. */
  waitMs: number;
}

/** How often to look whether another process is done with its call. */
const LOOK_EVERY_MS = 25;

type Sent =
  | { outcome: 'written'; grant: Grant }
  | { outcome: 'lost' }
  | { outcome: 'refused'; grant: Grant; code: RefusalCode };

export function createRenewal(parts: RenewalParts): Renewal {
  const { store, withings, now, monotonic, sleep, refreshMarginSeconds, callMs, onRefresh, onLost } = parts;
  /** Longer than two calls, so that a lease ends only if its holder was killed or stopped. */
  const leaseMs = 2 * callMs + 1000;
  const timeoutMs = callMs + 500;

  async function renew(
    id: string,
    stale: (grant: Grant) => boolean,
    via: Via,
    trigger: Trigger,
  ): Promise<Renewed> {
    const end = monotonic() + timeoutMs;
    for (;;) {
      const grant = await store.readGrant(id);
      if (!grant || !mayBeRenewed(grant) || !stale(grant)) return { grant, waitMs: 0 };
      const renewed = grant.leased ? null : await inTurn(grant, via, trigger);
      if (renewed || monotonic() > end) return renewed ?? { grant, waitMs: 0 };
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Null: somebody else wrote, read again. */
  async function inTurn(grant: Grant, via: Via, trigger: Trigger): Promise<Renewed | null> {
    if (backoffFor(grant, now()) > 0) return { grant, waitMs: 0 };
    const turn = await turnFor(grant, via); // before anything is written: who has none leaves nothing behind
    if (typeof turn === 'number') return { grant, waitMs: turn };
    try {
      const after = await askWithings(grant, turn, trigger);
      return after && { grant: after, waitMs: 0 };
    } finally {
      if (turn !== via) turn.end();
    }
  }

  /** The one at hand if it is good for all that a refresh may take; a call more, between its steps, might have to wait. */
  async function turnFor(grant: Grant, via: Via): Promise<Turn | number> {
    const calls = callsToRefresh(grant, withings);
    if (typeof via !== 'string' && via.left() >= calls) return via;
    const priority = typeof via === 'string' ? via : via.priority;
    return withings.turn({ priority, calls, person: grant.id, isBegun: typeof via !== 'string' });
  }

  function mayBeRenewed(grant: Grant): boolean {
    return grant.issuer === withings.issuer && mayProbe(grant, now());
  }

  /**
   * A refusal counts when the present and the previous token are refused at a record that nobody changed. Null: somebody
   * else wrote, read again.
   */
  async function askWithings(grant: Grant, turn: Turn, trigger: Trigger): Promise<Grant | null> {
    const why = reasonFor(grant, refreshMarginSeconds, now()); // before the intent is written
    let sent = await send(grant, grant.refreshToken, turn, why, trigger);
    if (sent.outcome === 'refused' && sent.grant.previousRefreshToken !== null) {
      sent = await send(sent.grant, sent.grant.previousRefreshToken, turn, why, trigger);
    }
    if (sent.outcome === 'lost') return null;
    if (sent.outcome === 'written') return sent.grant;
    return recover(sent.grant, lostBy(sent), trigger);
  }

  /** The old chain is known to be dead: what may be left is a new one, unless its end was the person's will. */
  async function recover(refused: Grant, code: RefusalCode, trigger: Trigger): Promise<Grant | null> {
    if (!parts.recover || isTheirWill(refused)) return giveUp(refused, code, []);
    const mine = await store.writeGrant(refused.id, refused.writeId, refused, 2 * leaseMs); // three calls in place of one
    if (!mine) return null;
    const begun = monotonic();
    const pair = await parts.recover(mine.userId);
    const milliseconds = monotonic() - begun;
    onRefresh(mine.id, pair.ok ? null : pair.refusal, { trigger, isRecovery: true, milliseconds });
    if (!pair.ok) {
      if (isFinal(pair.refusal)) return giveUp(mine, code, ['recovery']);
      return write(mine, postponed(mine, pair.refusal, now()));
    }
    const isTheirs = pair.value.userId === mine.userId;
    return write(mine, isTheirs ? recovered(mine, pair.value, now()) : postponed(mine, SOMEBODY_ELSE, now()));
  }

  /** Told once: an ended grant is asked about again now and then. */
  async function giveUp(grant: Grant, code: RefusalCode, tried: Lost['tried']): Promise<Grant | null> {
    const at = now();
    const after = await write(grant, dead(grant, code, at));
    if (after === null || grant.ended !== null) return after;
    const { unlinked, previousRefreshToken, connectedAt, history } = grant;
    const refreshed = history.findLast(({ what }) => what === 'refreshed' || what === 'recovered');
    onLost?.(grant.id, {
      reason: unlinked ? 'unlinked' : grant.restored ? 'restored' : 'refused',
      code,
      tried: ['present token', ...(previousRefreshToken === null ? [] : PREVIOUS), ...tried],
      connectedSeconds: Math.round((at - connectedAt) / 1000),
      refreshedSecondsAgo: refreshed ? Math.round((at - refreshed.last) / 1000) : null,
    });
    return after;
  }

  /** Intent and lease first, then the call, then what came of it. */
  async function send(
    before: Grant,
    token: string,
    turn: Turn,
    why: Reason,
    trigger: Trigger,
  ): Promise<Sent> {
    const begun = monotonic();
    const mine = await store.writeGrant(before.id, before.writeId, intending(before, token, now()), leaseMs);
    if (!mine || monotonic() - begun > leaseMs / 2) return { outcome: 'lost' }; // or we were stopped meanwhile

    const sentAt = monotonic();
    const answer = await withings.refresh(token, turn);
    const milliseconds = monotonic() - sentAt;
    onRefresh(mine.id, answer.ok ? null : answer.refusal, { trigger, isRecovery: false, milliseconds });
    if (!answer.ok && answer.refusal.code === 'refresh-token-refused') {
      return { outcome: 'refused', grant: mine, code: answer.refusal.code };
    }
    const after = await write(mine, answered(mine, token, answer, why));
    // Lost: somebody wrote meanwhile and theirs counts. A pair of ours is dropped unused, which harms nothing.
    return after ? { outcome: 'written', grant: after } : { outcome: 'lost' };
  }

  /** What the record becomes by Withings' answer to `token`, if that was no refusal of the token itself. */
  function answered(grant: Grant, token: string, answer: Result<TokenPair>, why: Reason): Grant {
    if (!answer.ok) return postponed(grant, answer.refusal, now());
    const isTheirs = [null, grant.userId].includes(answer.value.userId);
    return isTheirs
      ? renewed(grant, token, answer.value, now(), why)
      : postponed(grant, SOMEBODY_ELSE, now());
  }

  function write(grant: Grant, change: Grant): Promise<Grant | null> {
    return store.writeGrant(grant.id, grant.writeId, change, 0);
  }

  return {
    renew,
    async prove(grant) {
      if (grant.issuer !== withings.issuer) return 0;
      const answer = await withings.probe(grant.accessToken, grant.scope, new Date(now()));
      if (!answer.ok && !answer.refusal.sent) return (answer.refusal.retryAfterSeconds ?? 1) * 1000;
      if (answer.ok) await write(grant, confirmed(grant));
      else if (answer.refusal.code === 'access-token-refused') await write(grant, rejected(grant));
      else await write(grant, unproven(grant, now()));
      return 0;
    },
  };
}

const PREVIOUS: Lost['tried'] = ['previous token'];

/** How many calls a refresh takes, should Withings refuse the first of two tokens. */
export function callsToRefresh(grant: Grant, { callsPerRefresh }: Pick<Withings, 'callsPerRefresh'>): number {
  return (grant.previousRefreshToken === null ? 1 : 2) * callsPerRefresh;
}

/** Or may have been: of a grant that came back with a backup nobody knows whether they have disconnected since. */
function isTheirWill({ unlinked, restored }: Grant): boolean {
  return unlinked || restored;
}

/** Why the person has to connect again. */
function lostBy({ grant, code }: { grant: Grant; code: RefusalCode }): RefusalCode {
  return grant.restored && !grant.ended ? 'lost-by-restore' : code;
}

/** Withings has decided; anything else may go better next time. */
function isFinal({ code, remedy }: Refusal): boolean {
  return remedy === 'reconnect' || code === 'withings-refused' || code === 'access-token-refused';
}

/** Tokens of another person must never end up in this one's grant. */
const { refusal: SOMEBODY_ELSE } = refuse('withings-unreadable', { status: 0 });
