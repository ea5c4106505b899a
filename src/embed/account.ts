import type { AnswerCache } from '../dashboard/answer-cache.ts';
import type { Timezones } from '../dashboard/preferences/timezones.ts';
import { type Connection, connectionOf } from '../problems/connection.ts';
import type { Grant } from '../store/grant.ts';
import type { Disconnect, Disconnected } from '../tokens/disconnect.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import { type Result, refuse } from '../withings/errors.ts';
import { checkedResult } from './call-checks.ts';
import type { Events } from './events.ts';
import type { Owners } from './owners.ts';
import type { Reads } from './reads.ts';

/** The Withings account of one owner, with or without a request of theirs. */
export interface Account extends Reads {
  /** The grant with a live access token, refreshed where that is due; or why there is none. */
  fresh(): Promise<Result<Grant>>;
  /** Makes a data call; a token that Withings rejects is renewed once, and the call repeated once. */
  use<T>(call: (accessToken: string) => Promise<Result<T>>): Promise<Result<T>>;
  /** How the connection stands: never a token. Asks Withings nothing. */
  status(): Promise<Connection>;
  /** Erases the connection here and revokes it at Withings. Null: there was none. */
  disconnect(): Promise<Disconnected | null>;
}

export interface AccountParts {
  owners: Owners;
  grants: Pick<Grants, 'fresh' | 'use'>;
  withings: Pick<Withings, 'removalPage'>;
  answers: Pick<AnswerCache, 'forget'>;
  timezones: Pick<Timezones, 'of'>;
  events: Pick<Events, 'emit'>;
  disconnectGrant: Disconnect;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * @param owner null: nobody, who has no account
 * @param readsOf their data, by who their grant is
 * @param isUrgent false: everybody else's calls go first
 */
export function createAccount(
  parts: AccountParts,
  owner: string | null,
  readsOf: (grantOf: () => Promise<Result<Grant>>) => Reads,
  isUrgent: boolean,
): Account {
  const { owners, grants, withings, answers, timezones, events, disconnectGrant, now } = parts;
  const via = isUrgent ? 'data' : 'background';
  const sessionOf = async () => (owner === null ? null : owners.find(owner));

  async function grantOf(): Promise<Result<Grant>> {
    const grant = (await sessionOf())?.grant();
    return grant ? { ok: true, value: grant } : refuse('not-connected');
  }

  return {
    ...readsOf(grantOf),
    async fresh() {
      const found = await grantOf();
      return found.ok ? grants.fresh(found.value, via) : found;
    },
    async use(call) {
      if (typeof call !== 'function') throw new TypeError('use needs a function: (accessToken) => a Result');
      const found = await grantOf();
      if (!found.ok) return found;
      return grants.use(found.value, async (token) => checkedResult(await call(token)), via);
    },
    async status() {
      const found = await grantOf();
      return found.ok
        ? connectionOf(found.value, await timezones.of(found.value.id), now())
        : connectionOf(null, null, now());
    },
    async disconnect() {
      const session = await sessionOf(); // needs no key to the tokens: leaving must not
      if (owner === null || !session?.grantId) return null;
      const { grantId, person } = session;
      if (person?.demo) {
        await owners.end(owner); // everybody who tries the demo shares one permission
        events.emit('ended', { owner, code: null });
        const { refusal } = refuse('withings-refused');
        return { person, refusal, removalPage: withings.removalPage(person.userId) };
      }
      const all = await owners.of(grantId);
      const disconnected = await disconnectGrant(grantId).finally(() => answers.forget(`${grantId} `));
      for (const each of all) events.emit('ended', { owner: each, code: null });
      return disconnected;
    },
  };
}
