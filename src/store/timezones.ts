import { isZone } from '../time/days.ts';

/**
 * Where people live, beside their grants and gone with them. Written on no disk before it counts: whatever is lost comes
 * back with the next answer of Withings. Not sealed: without the key of the store (store-key.ts) nobody can tell whose
 * it is, and of most zones there are millions.
 */
export interface TimezoneStore {
  /** An IANA name; null: none is known. */
  readTimezone(grantId: string): Promise<string | null>;
  /** False: there is no such grant. */
  writeTimezone(grantId: string, zone: string): Promise<boolean>;
}

/** What was stored, if this program can tell days by it. */
export function readZone(stored: unknown): string | null {
  return typeof stored === 'string' && isZone(stored) ? stored : null;
}
