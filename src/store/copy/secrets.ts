import { DecryptionError, type Encryption } from '../encryption.ts';
import type { Batch } from './records.ts';

const ENOUGH = 1000;

/**
 * Under other secrets the app would take every connection for damaged. Tried are the first thousand.
 *
 * @returns whether all of them open
 * @throws Error with words for the operator when none does
 */
export async function checkSecrets(batches: AsyncIterable<Batch>, encryption: Encryption): Promise<boolean> {
  let [tried, opened] = [0, 0];
  for await (const { kind, rows } of batches) {
    if (kind !== 'grants' || tried >= ENOUGH) break;
    tried += rows.length;
    opened += rows.filter(({ id, sealed }) => opens(encryption, id, sealed)).length;
  }
  if (opened > 0 || tried === 0) return opened === tried;
  throw new Error(
    'SESSION_SECRET opens nothing in this store: set the one that the app had. If it made its own, that is in the file session-secret in the same folder.',
  );
}

function opens(encryption: Encryption, id: string, sealed: string): boolean {
  try {
    encryption.open(sealed, `grant|${id}`);
    return true;
  } catch (error) {
    if (error instanceof DecryptionError) return false;
    throw error;
  }
}
