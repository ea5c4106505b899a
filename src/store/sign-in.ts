import { type GrantContent, grantId } from './grant.ts';
import type { SignIn } from './sessions.ts';
import type { Store } from './store.ts';

const MAX_TRIES = 10;

/**
 * Stores a new grant together with the session that owns it, in place of whatever grant this person had before. Durable
 * when this resolves. Returns the grant's id.
 */
export async function saveGrant(
  store: Pick<Store, 'readWriteId' | 'signIn'>,
  content: GrantContent,
  entry: Omit<SignIn, 'grant'>,
): Promise<string> {
  const id = grantId(content);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const grant = { id, expected: await store.readWriteId(id), content };
    if (await store.signIn({ ...entry, grant })) return id;
  }
  throw new Error('The grant kept changing while signing in');
}
