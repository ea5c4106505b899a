import type { Grant } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Result } from '../withings/errors.ts';
import { confirmed, fingerprint, rejected } from './changes.ts';
import { createRenewal, type RenewalParts } from './renewal.ts';
import { backoffFor, isDue, isUsable, mayProbe } from './timing.ts';

/** A token that can be used now, or why there is none. */
export type Fresh = { state: 'usable'; grant: Grant } | Unusable;

export type Unusable =
  | { state: 'gone' }
  | { state: 'needs-reconnect'; grant: Grant; code: string }
  | { state: 'unavailable'; grant: Grant; code: string; retryAfterSeconds: number };

export type Used<T> = { state: 'answered'; grant: Grant; answer: Result<T> } | Unusable;

/** Keeps people's grants usable. */
export interface Grants {
  /** The grant as it is kept now; null: it is gone. */
  read(id: string): Promise<Grant | null>;
  /** The grant with a usable access token. While the old one lives nobody waits for its renewal. */
  fresh(id: string): Promise<Fresh>;
  /** The same for a token that leaves this program: renewed first where that is due; where that fails, the old one. */
  lasting(id: string): Promise<Fresh>;
  /** Makes a data call. A token that Withings turns down is renewed once and the call repeated once. */
  use<T>(id: string, call: (accessToken: string) => Promise<Result<T>>): Promise<Used<T>>;
  /** Renews now, whatever the age of the token, unless Withings wants quiet. */
  refresh(id: string): Promise<Fresh>;
  /** Finishes what a crash, a lost answer or a missing visitor left open. */
  attend(id: string): Promise<void>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface GrantsParts extends RenewalParts {
  store: Pick<Store, 'readGrant' | 'writeGrant'>;
  refreshMarginSeconds: number;
  /** Told of what went wrong where nobody waits for it. */
  onError: (error: unknown) => void;
}

export function createGrants(parts: GrantsParts): Grants {
  const { store, now, withings, refreshMarginSeconds, onError } = parts;
  const renewal = createRenewal(parts);
  /** One renewal per grant and process, whoever asks; between processes the lease does the same. */
  const renewing = new Map<string, Promise<Grant | null>>();
  const underWay = new Set<Promise<void>>();
  const stale = (grant: Grant) => isDue(grant, refreshMarginSeconds, now());

  function inBackground(work: Promise<unknown>): void {
    const done = work.then(() => {}, onError).finally(() => underWay.delete(done));
    underWay.add(done);
  }

  function renew(id: string, stale: (grant: Grant) => boolean): Promise<Grant | null> {
    const running = renewing.get(id);
    if (running) return running;
    const started = renewal.renew(id, stale).finally(() => renewing.delete(id));
    renewing.set(id, started);
    // Whoever waits for the renewal hears of its failure; the proof that follows has nobody waiting.
    const proof = (grant: Grant | null) => (grant && isUnproven(grant) ? renewal.prove(grant) : undefined);
    inBackground(started.then(proof, () => {}));
    return started;
  }

  function judge(grant: Grant | null): Fresh {
    if (!grant) return { state: 'gone' };
    if (grant.cloud !== withings.cloud) return elsewhere(grant);
    if (grant.ended) return { state: 'needs-reconnect', grant, code: grant.ended.code };
    if (isUsable(grant, now())) return { state: 'usable', grant };
    const failed = grant.lastRefresh && grant.lastRefresh.outcome !== 'refreshed';
    return {
      state: 'unavailable',
      grant,
      code: failed ? grant.lastRefresh.outcome : 'withings-unreachable',
      retryAfterSeconds: Math.max(1, Math.ceil(backoffFor(grant, now()) / 1000)),
    };
  }

  async function fresh(id: string): Promise<Fresh> {
    const grant = await store.readGrant(id);
    if (!grant) return { state: 'gone' };
    if (grant.cloud !== withings.cloud) return elsewhere(grant);
    const maySend = !grant.leased && backoffFor(grant, now()) === 0;
    if (isUsable(grant, now())) {
      if (stale(grant) && maySend) inBackground(renew(id, stale));
      return { state: 'usable', grant };
    }
    if (!grant.ended) return judge(await renew(id, stale));
    if (mayProbe(grant, now()) && maySend) inBackground(renew(id, (current) => current.ended !== null));
    return judge(grant);
  }

  /** Remembers that Withings turned this token down, unless its successor is being fetched this moment. */
  async function reject(id: string, accessToken: string): Promise<void> {
    const grant = await store.readGrant(id);
    if (!grant || grant.leased || grant.accessToken !== accessToken) return;
    await store.writeGrant(id, grant.writeId, rejected(grant), 0);
  }

  return {
    read: (id) => store.readGrant(id),
    fresh,

    async lasting(id) {
      const first = await fresh(id);
      return first.state === 'usable' && stale(first.grant) ? judge(await renew(id, stale)) : first;
    },

    async use(id, call) {
      const first = await fresh(id);
      if (first.state !== 'usable') return first;
      const { grant } = first;
      const answer = await call(grant.accessToken);
      if (answer.ok && isUnproven(grant)) {
        inBackground(store.writeGrant(id, grant.writeId, confirmed(grant), 0));
      }
      if (!isRejected(answer)) return { state: 'answered', grant, answer };

      await reject(id, grant.accessToken);
      const after = judge(await renew(id, (current) => current.accessToken === grant.accessToken));
      if (after.state !== 'usable') return after;
      const second = await call(after.grant.accessToken);
      if (isRejected(second)) await reject(id, after.grant.accessToken);
      return { state: 'answered', grant: after.grant, answer: second };
    },

    async refresh(id) {
      const pressed = await store.readGrant(id);
      return judge(pressed && (await renew(id, (current) => current.accessToken === pressed.accessToken)));
    },

    async attend(id) {
      const grant = await store.readGrant(id);
      if (!grant || grant.leased) return;
      if (isUnproven(grant) && isUsable(grant, now())) await renewal.prove(grant);
      else await renew(id, (current) => current.accessToken === grant.accessToken);
    },

    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Tokens of one cloud mean nothing in the other, and would only be refused there. */
function elsewhere(grant: Grant): Unusable {
  return { state: 'unavailable', grant, code: 'other-cloud', retryAfterSeconds: 3600 };
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
