import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import { unlinked } from './changes.ts';
import type { Grants } from './grants.ts';
import { isUsable } from './state.ts';

export interface UnlinkedParts {
  store: Pick<Store, 'readGrant' | 'writeGrant'>;
  grants: Pick<Grants, 'refresh'>;
  withings: Pick<Withings, 'probe'>;
  now: () => number;
}

export type Verdict = 'unlinked' | 'still-linked' | 'undecided' | 'not-connected';

/**
 * Looks into the word that somebody has removed us in Withings. Withings' own refusal decides: of the access token first,
 * then of the refresh tokens, by which the grant ends. Between the two it is written down that this is an unlink, so
 * that nothing recovers the grant, now or later: whoever removes us must not find us there again.
 */
export async function checkUnlinked(parts: UnlinkedParts, id: string): Promise<Verdict> {
  const { store, grants, withings, now } = parts;
  const grant = await store.readGrant(id);
  if (!grant) return 'not-connected';
  if (grant.leased) return 'undecided'; // a refresh is under way, and our write would throw its pair away
  if (isUsable(grant, now())) {
    const answer = await withings.probe(grant.accessToken, grant.scope, new Date(now()));
    if (answer.ok) return 'still-linked';
    if (answer.refusal.code !== 'access-token-refused') return 'undecided';
  }
  if (!(await store.writeGrant(id, grant.writeId, unlinked(grant), 0))) return 'undecided';
  const refreshed = await grants.refresh(grant, 'background');
  if (refreshed.ok) return 'still-linked';
  const { code, remedy } = refreshed.refusal;
  if (code === 'not-connected') return code;
  return remedy === 'reconnect' ? 'unlinked' : 'undecided';
}
