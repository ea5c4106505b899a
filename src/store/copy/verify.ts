import { createHash } from 'node:crypto';
import { DecryptionError, type Encryption } from '../encryption.ts';
import { placeOf } from '../sealed-grant.ts';
import { OPENS_NOTHING } from '../store-key.ts';
import type { Batch, Kind } from './contract.ts';

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
    if (kind === 'meta') continue;
    if (kind !== 'grants' || tried >= ENOUGH) break;
    tried += rows.length;
    opened += rows.filter(({ id, sealed }) => opens(encryption, id, sealed)).length;
  }
  if (opened > 0 || tried === 0) return opened === tried;
  throw new Error(OPENS_NOTHING);
}

function opens(encryption: Encryption, id: string, sealed: string): boolean {
  try {
    encryption.open(sealed, placeOf(id));
    return true;
  } catch (error) {
    if (error instanceof DecryptionError) return false;
    throw error;
  }
}

/** How much there is, and a digest of all of it that does not depend on the order. */
export type Tally = Record<Kind, number> & { digest: bigint };

const LINE_EVERY = 10_000;

/**
 * @param each is waited for before the next batch is read
 * @param onCount is called for every ten thousand records
 */
export async function tally(
  batches: AsyncIterable<Batch>,
  onCount: (records: string) => void,
  each?: (batch: Batch) => Promise<void>,
): Promise<Tally> {
  const none = { meta: 0, grants: 0, subscriptions: 0, sessions: 0, people: 0, endings: 0, restored: 0 };
  const sum: Tally = { ...none, digest: 0n };
  let records = 0;
  for await (const batch of batches) {
    await each?.(batch);
    for (const row of batch.rows) {
      sum.digest ^= BigInt(
        `0x${createHash('sha256')
          .update(batch.kind + JSON.stringify(row))
          .digest('hex')}`,
      );
      records += 1;
      if (records % LINE_EVERY === 0) onCount(number(records));
    }
    sum[batch.kind] += batch.rows.length;
  }
  return sum;
}

export function tallyWords({ grants, sessions }: Tally): string {
  return `${counted(grants, 'connection')}, ${counted(sessions, 'browser')} signed in`;
}

function counted(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function number(n: number): string {
  return n.toLocaleString('en');
}
