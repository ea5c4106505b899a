import { randomBytes } from 'node:crypto';
import { type ConnectionClass, classOf, UNREADABLE } from './connections.ts';
import { DecryptionError, type Encryption } from './encryption.ts';
import { dueAt, type Grant, type GrantContent, grantContent, renewAt } from './grant.ts';

/** What a store holds of a grant; all else is within `sealed`. */
export interface SealedGrant extends ConnectionClass {
  /** Random, 128 bits. */
  writeId: string;
  sealed: string;
  dueAt: number | null;
  renewAt: number | null;
}

/** Seals a grant for its own id, with a write-id that was never used before. */
export function sealGrant(id: string, grant: GrantContent, encryption: Encryption): SealedGrant {
  return {
    writeId: randomBytes(16).toString('base64url'),
    sealed: resealGrant(id, grant, encryption),
    dueAt: dueAt(grant),
    renewAt: renewAt(id, grant),
    ...classOf(grant),
  };
}

/** What is kept beside a grant that was sealed before. */
export function classOfSealed(id: string, sealed: string, encryption: Encryption): ConnectionClass {
  try {
    return classOf(openGrant(id, sealed, encryption));
  } catch (error) {
    if (error instanceof DecryptionError) return UNREADABLE;
    throw error;
  }
}

export function resealGrant(id: string, grant: GrantContent, encryption: Encryption): string {
  return encryption.seal(JSON.stringify(contentOf(grant)), placeOf(id));
}

/** A grant that had another id, and that nothing at hand opened when it was given this one. */
interface Wrapped {
  old: string;
  sealed: string;
  issuer: string;
}

export function wrapGrant(id: string, grant: Wrapped, encryption: Encryption): string {
  return encryption.seal(JSON.stringify({ wrapped: grant }), placeOf(id));
}

/** @throws DecryptionError */
export function openGrant(id: string, sealed: string, encryption: Encryption): GrantContent {
  const found: StoredRecord & { wrapped?: Wrapped } = JSON.parse(encryption.open(sealed, placeOf(id)));
  if (found.wrapped) {
    const { old, issuer, sealed: inner } = found.wrapped;
    return { ...openGrant(old, inner, encryption), issuer };
  }
  const record = upgraded(found);
  if (!isGrantContent(record)) throw new DecryptionError('unreadable');
  return record;
}

/**
 * Asked, and the record itself is handed on: fields that only a newer version knows survive what this one writes, and
 * so does that version's number.
 */
function isGrantContent(record: unknown): record is GrantContent {
  return grantContent.safeParse(record).success;
}

/** What a grant is sealed for: in another grant's place it does not open. */
export function placeOf(id: string): string {
  return `grant|${id}`;
}

/** The rest stands beside what is sealed. */
function contentOf(grant: GrantContent & Partial<Grant>): GrantContent {
  const { id: _id, writeId: _writeId, leased: _leased, restored: _restored, ...content } = grant;
  return content;
}

type StoredRecord = Record<string, unknown>;

/** Each makes a record of one version into one of the next, beginning with 0: the first had no number. */
const UPGRADES: ((record: StoredRecord) => StoredRecord)[] = [
  ({ quietUntil, left = false, history = [], ...rest }) => ({
    ...rest,
    history,
    backoffUntil: quietUntil,
    unlinked: left,
  }),
  ({ cloud, ...rest }) => ({ ...rest, issuer: cloud }),
];

export const RECORD_VERSION = UPGRADES.length;

function upgraded(record: StoredRecord): StoredRecord {
  const version = Number(record.v ?? 0);
  if (version >= RECORD_VERSION) return record;
  const current = UPGRADES.slice(version).reduce((older, upgrade) => upgrade(older), record);
  return { ...current, v: RECORD_VERSION };
}
