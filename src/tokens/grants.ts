import { type Grant, isOld } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import { noTurn, type Result } from '../withings/errors.ts';
import type { Via } from '../withings/http.ts';
import { confirmed, fingerprint, rejected } from './changes.ts';
import { createRenewal, type RenewalParts, type Renewed, type Trigger } from './renewal.ts';
import { backoffFor, isDue, isUsable, mayProbe, usable } from './state.ts';

/**
 * Keeps people's grants usable. Whoever asks has read the grant just before. What is asked of Withings goes `via` a turn
 * that the caller has, or takes its turn as a visit does.
 */
export interface Grants {
  /** The grant as it is stored now; null: it is gone. */
  read(id: string): Promise<Grant | null>;
  /** The grant with a usable access token, or why there is none. While the old one lives nobody waits for its renewal. */
  fresh(grant: Grant, via?: Via): Promise<Result<Grant>>;
  /** The same for a token that leaves this program: renewed first where that is due; where that fails, the old one. */
  lasting(grant: Grant): Promise<Result<Grant>>;
  /** Makes a data call. A token that Withings rejects is renewed once and the call repeated once. */
  use<T>(grant: Grant, call: (accessToken: string) => Promise<Result<T>>, via?: Via): Promise<Result<T>>;
  /** Renews now, whatever the age of the token, unless Withings has asked to wait. */
  refresh(grant: Grant, via?: Via): Promise<Result<Grant>>;
  /**
   * What a button does that anybody may press: renews at most once a minute.
   *
   * @returns `tooSoon` with the moment when Withings was last asked, milliseconds since 1970, when nothing was asked
   */
  press(grant: Grant): Promise<Result<Grant> | { tooSoon: number }>;
  /**
   * Finishes what a crash, a lost answer or a missing visitor left open.
   *
   * @returns 0, or without a turn for it the milliseconds until it makes sense to try again
   */
  attend(id: string): Promise<number>;
  /**
   * Renews a grant whose refresh token has grown old though nobody came. Any other is written as it is, with when its
   * time will come: those of an older version were stored without. @returns as attend
   */
  renewOld(id: string): Promise<number>;
  /** Asks Withings once about a grant that came back with a backup, after everybody else's calls. @returns as attend */
  verify(id: string): Promise<number>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface GrantsParts extends RenewalParts {
  store: Pick<Store, 'readGrant' | 'writeGrant'>;
  /** Told of what went wrong where nobody waits for it. */
  onError: (error: unknown) => void;
}

export function createGrants(parts: GrantsParts): Grants {
  const { store, now, withings, refreshMarginSeconds, onError } = parts;
  const renewal = createRenewal(parts);
  /** One renewal per grant, priority and process, whoever asks; between them the lease does the same. */
  const renewing = new Map<string, Promise<Renewed>>();
  const underWay = new Set<Promise<void>>();
  const stale = (grant: Grant) => isDue(grant, refreshMarginSeconds, now());

  function inBackground(work: Promise<unknown>): void {
    const done = work.then(() => {}, onError).finally(() => underWay.delete(done));
    underWay.add(done);
  }

  function renew(
    id: string,
    stale: (grant: Grant) => boolean,
    trigger: Trigger,
    via: Via = 'data',
  ): Promise<Renewed> {
    const key = `${typeof via === 'string' ? via : via.priority} ${id}`; // nobody waits behind a lesser priority
    const running = renewing.get(key);
    if (running !== undefined) return running;
    const started = renewal.renew(id, stale, via, trigger).finally(() => renewing.delete(key));
    renewing.set(key, started);
    // Whoever waits for the renewal hears of its failure; whoever stops meanwhile waits for its end.
    inBackground(started.catch(() => {}));
    return started;
  }

  function judge({ grant, waitMs }: Renewed): Result<Grant> {
    const result = usable(grant, withings.issuer, now());
    if ((result.ok && !result.value.restored) || waitMs === 0) return result;
    return noTurn(waitMs);
  }

  async function freshFor(trigger: Trigger, grant: Grant, via?: Via): Promise<Result<Grant>> {
    const result = usable(grant, withings.issuer, now());
    // Nothing that came back with a backup is trusted before Withings was asked.
    if (grant.restored || (!result.ok && !grant.ended))
      return judge(await renew(grant.id, stale, trigger, via));
    const isWanted = result.ok ? stale : isEnded;
    const maySend = !grant.leased && backoffFor(grant, now()) === 0 && mayProbe(grant, now());
    if (isWanted(grant) && maySend) inBackground(renew(grant.id, isWanted, trigger, via));
    return result;
  }

  /** Remembers that Withings rejects this token, unless its successor is being fetched this moment. */
  async function reject(id: string, accessToken: string): Promise<void> {
    const grant = await store.readGrant(id);
    if (!grant || grant.leased || grant.accessToken !== accessToken) return;
    await store.writeGrant(id, grant.writeId, rejected(grant), 0);
  }

  return {
    read: (id) => store.readGrant(id),
    fresh: (grant, via) => freshFor('visit', grant, via),

    async lasting(grant) {
      const result = await freshFor('partner', grant);
      return result.ok && stale(result.value) ? judge(await renew(grant.id, stale, 'partner')) : result;
    },

    async use(grant, call, via) {
      const first = await freshFor('visit', grant, via);
      if (!first.ok) return first;
      const { id, writeId, accessToken } = first.value;
      const answer = await call(accessToken);
      if (answer.ok && isUnproven(first.value)) {
        inBackground(store.writeGrant(id, writeId, confirmed(first.value), 0));
      }
      if (!isRejected(answer)) return answer;

      await reject(id, accessToken);
      const second = judge(await renew(id, holdsTokenOf(first.value), 'visit', via));
      if (!second.ok) return second;
      const repeated = await call(second.value.accessToken);
      if (isRejected(repeated)) await reject(id, second.value.accessToken);
      return repeated;
    },

    async refresh(grant, via) {
      return judge(await renew(grant.id, holdsTokenOf(grant), 'notification', via));
    },

    async press(grant) {
      const last = Math.max(grant.lastRefresh?.at ?? 0, grant.intent?.since ?? 0);
      if (now() >= last && now() - last < PRESS_EVERY_MS) return { tooSoon: last };
      const renewed = await renew(grant.id, holdsTokenOf(grant), 'button');
      return renewed.waitMs > 0 ? noTurn(renewed.waitMs) : judge(renewed);
    },

    async attend(id) {
      const grant = await store.readGrant(id);
      if (!grant || grant.leased) return 0;
      if (!grant.restored && isUnproven(grant) && isUsable(grant, now())) return renewal.prove(grant);
      const { grant: after, waitMs } = await renew(id, holdsTokenOf(grant), 'sweep', 'token');
      if (waitMs > 0) return waitMs;
      return after && isUnproven(after) && isUsable(after, now()) ? renewal.prove(after) : 0;
    },

    async renewOld(id) {
      const grant = await store.readGrant(id);
      if (!grant || grant.leased) return 0;
      if (isOld(id, grant, now())) {
        return (await renew(id, (current) => isOld(id, current, now()), 'age', 'background')).waitMs;
      }
      await store.writeGrant(id, grant.writeId, grant, 0);
      return 0;
    },

    async verify(id) {
      const grant = await store.readGrant(id);
      if (!grant?.restored || grant.leased) return 0;
      return (await renew(id, isRestored, 'restore', 'background')).waitMs;
    },

    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** A press is not a renewal that is due: it must not take others' turns. */
const PRESS_EVERY_MS = 60_000;

/** Its access token is still that one: nobody has renewed it since. */
function holdsTokenOf({ accessToken }: Grant): (current: Grant) => boolean {
  return (current) => current.accessToken === accessToken;
}

function isRestored({ restored }: Grant): boolean {
  return restored;
}

function isEnded({ ended }: Grant): boolean {
  return ended !== null;
}

function isRejected(answer: Result<unknown>): boolean {
  return !answer.ok && answer.refusal.code === 'access-token-refused';
}

/**
 * The present pair has not been used yet, as far as we know. An intent that names the *present* refresh token is
 * about a later refresh, whose answer may be lost: it must outlive the proof of this pair.
 */
function isUnproven(grant: Grant): boolean {
  const isOpen = grant.previousRefreshToken !== null || grant.intent !== null;
  return isOpen && !grant.ended && grant.intent?.token !== fingerprint(grant.refreshToken);
}
