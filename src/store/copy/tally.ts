import { createHash } from 'node:crypto';
import type { Batch, Kind } from './records.ts';

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
  const sum: Tally = { grants: 0, subscriptions: 0, sessions: 0, attempts: 0, digest: 0n };
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

export function tallyWords({ grants, sessions, attempts }: Tally): string {
  return `${counted(grants, 'connection')}, ${counted(sessions, 'browser')} signed in, ${counted(attempts, 'attempt')} to connect`;
}

function counted(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function number(n: number): string {
  return n.toLocaleString('en');
}
