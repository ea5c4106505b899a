import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import { unlinked } from './changes.ts';
import type { Fresh, Grants } from './grants.ts';
import { isUsable } from './timing.ts';

export interface UnlinkedParts {
  store: Pick<Store, 'readGrant' | 'writeGrant'>;
  grants: Pick<Grants, 'refresh'>;
  withings: Pick<Withings, 'probe'>;
  now: () => number;
}

/** `unknown`: we have no grant of theirs. `no answer`: nobody could say just now. */
export type Verdict = 'left' | 'not so' | 'no answer' | 'unknown';

/**
 * Looks into the word that somebody has left. Withings' own refusal decides: of the access token first, then of the
 * refresh tokens, by which the grant ends. Between the two it is written down that this is a farewell, so that
 * nothing recovers the grant, now or later: whoever removes us must not find us there again.
 */
export async function checkUnlinked(parts: UnlinkedParts, id: string): Promise<Verdict> {
  const { store, grants, withings, now } = parts;
  const grant = await store.readGrant(id);
  if (!grant) return 'unknown';
  if (grant.leased) return 'no answer'; // a refresh is under way, and our write would throw its pair away
  if (isUsable(grant, now())) {
    const answer = await withings.probe(grant.accessToken, grant.scope, new Date(now()));
    if (answer.ok) return 'not so';
    if (answer.refusal.code !== 'access-token-refused') return 'no answer';
  }
  if (!(await store.writeGrant(id, grant.writeId, unlinked(grant), 0))) return 'no answer';
  return VERDICTS[(await grants.refresh(id)).state];
}

const VERDICTS: Record<Fresh['state'], Verdict> = {
  'needs-reconnect': 'left',
  usable: 'not so',
  unavailable: 'no answer',
  gone: 'unknown',
};
