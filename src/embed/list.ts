import type { ConnectionState } from '../store/connections.ts';
import type { Store } from '../store/store.ts';
import type { Issuer } from '../withings/clouds.ts';
import { checkedPage } from './call-checks.ts';
import type { Owners } from './owners.ts';

/**
 * Everybody who has connected, but for the demo, a page at a time. Opens no tokens.
 *
 * @param options `after`: the `next` of the page before. `limit`: of connections, each of which may have several owners:
 *   up to 1000
 */
export type List = (options?: { after?: string | null; limit?: number }) => Promise<Page>;

export interface Page {
  people: { owner: string; state: ConnectionState }[];
  /** Null: this was the last. */
  next: string | null;
}

export function createList(
  store: Pick<Store, 'listConnections'>,
  owners: Pick<Owners, 'among'>,
  issuer: Issuer,
  now: () => number,
): List {
  return async (options = {}) => {
    const { after = null, limit = 100 } = checkedPage(options);
    const listed = await store.listConnections(null, after, now(), limit);
    const people = listed
      .filter((connection) => connection.issuer === issuer)
      .flatMap(({ sessions, state }) => owners.among(sessions).map((owner) => ({ owner, state })));
    return { people, next: listed.length < limit ? null : (listed.at(-1)?.id ?? null) };
  };
}
