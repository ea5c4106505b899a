import { join } from 'node:path';
import type { CopyableStore } from '../../src/store/copy/contract.ts';
import { createEncryption, type Encryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import type { RestorableStore } from '../../src/store/restored.ts';
import type { NewSession } from '../../src/store/sessions.ts';
import { openSqliteRestored } from '../../src/store/sqlite/backup.ts';
import { openSqliteCopy } from '../../src/store/sqlite/copy.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { content } from './store-contract.ts';

export const NOW = Date.now();
const HOUR = 3_600_000;

export const encryption = createEncryption(deriveKeys(['a secret of the tests']).seal);

const OPENING = { encryption, issuer: 'eu' };

/** A store of its own, in every way that it can be opened; whatever is opened is closed at the end. */
export interface Place {
  /** As the app does. */
  open(seal?: Encryption): Promise<Store>;
  /** As the copy does. */
  openCopy(role: 'source' | 'target'): Promise<CopyableStore>;
  /** As the operator does after a restore. */
  openRestored(): Promise<RestorableStore>;
}

export async function sqlitePlace(): Promise<Place> {
  const file = join(tempDir(), 'connect.db');
  return {
    open: async (seal = encryption) => closing(openSqliteStore(file, seal, () => 0)),
    openCopy: async () => closing(openSqliteCopy(file, OPENING)),
    openRestored: async () => closing(openSqliteRestored(file, OPENING, false)),
  };
}

/** A store of several instances hears a moment later that the last of them has closed it. */
export function holdWhenClosed(operator: RestorableStore, at: number): Promise<void> {
  return until(() => operator.hold(at).then(Boolean, () => false), 'nobody has it open');
}

export function closing<T extends { close(): void }>(store: T): T {
  let isOpen = true;
  const close = () => {
    if (isOpen) store.close();
    isOpen = false;
  };
  atEnd(close);
  return { ...store, close };
}

/** Three sessions on two grants, one of them due and with subscriptions. */
export async function fill(store: Store, now = NOW): Promise<void> {
  const session = (key: string, hours: number) => ({
    key,
    data: `{"of":"${key} – ${'ü'.repeat(3)}"}`,
    idleUntil: now + hours * HOUR,
    endsAt: now + 2 * hours * HOUR,
  });
  await connect(store, 'gone', { ...session('gone', 1), visitedAt: now });
  await store.eraseGrant('eu:gone', now); // the permission is to be given back, and the browser told so

  await connect(store, '1', { ...session('a', 5), visitedAt: now - HOUR });
  await store.beginSession('eu:1', session('b', 30));
  await connect(store, '2', session('c', 10));
  await store.writeSubscriptions('eu:1', '{"told":true}', now + 7 * HOUR);
  await store.recordNews('eu:1', ['measures'], now - HOUR);
  const writeId = String(await store.readWriteId('eu:1'));
  await store.writeGrant('eu:1', writeId, { ...content, userId: '1', intent: { token: 't', since: now } }, 0);
}

export async function connect(
  store: Store,
  userId: string,
  session: NewSession = { key: `of ${userId}`, data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR },
): Promise<void> {
  const grant = { id: `eu:${userId}`, expected: null, content: { ...content, userId } };
  await store.signIn({ grant, session, replaces: null, attempt: null });
}

export async function filled(place: Place): Promise<Place> {
  const store = await place.open();
  await fill(store);
  store.close();
  return place;
}

/** Every record that is there, in some order that is always the same. */
export async function contents(place: Place): Promise<string[]> {
  const copy = await place.openCopy('source');
  const found: string[] = [];
  for await (const { kind, rows } of copy.records(0)) {
    if (kind === 'meta') continue; // its key; a store that was opened has one
    found.push(...rows.map((row) => `${kind} ${JSON.stringify(row)}`));
  }
  copy.close();
  return found.sort();
}
