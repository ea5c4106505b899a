import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEncryption } from '../../src/store/encryption.ts';
import type { Grant } from '../../src/store/grant.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { tempDir } from '../support/machine.ts';

export const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

/** What is durable at this moment. Read from a copy, so that looking neither mends nor locks anything. */
async function fromCopy<T>(dataDir: string, read: (file: string) => Promise<T> | T): Promise<T> {
  const copy = tempDir();
  try {
    for (const name of ['connect.db', 'connect.db-wal']) {
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(copy, name));
    }
    return await read(join(copy, 'connect.db'));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

export function durableGrant(
  dataDir: string,
  person: { issuer: string; userId: string },
): Promise<Grant | null> {
  return fromCopy(dataDir, async (file) => {
    const store = openSqliteStore(file, createEncryption(deriveKeys([SECRET]).seal), () => 0);
    const grant = await store.readGrant(store.grantIdOf(person));
    store.close();
    return grant;
  });
}

export function countSessions(dataDir: string): Promise<number> {
  return fromCopy(dataDir, (file) => {
    const db = openDatabase(file, 'NORMAL');
    const sessions = db.all('SELECT key FROM sessions');
    db.close();
    return sessions.length;
  });
}
