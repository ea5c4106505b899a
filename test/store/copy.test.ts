import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { tempDir } from '../support/machine.ts';
import { connectionsContract } from './connections-contract.ts';
import { copyContract } from './copy-contract.ts';
import { frozenContract } from './frozen.ts';
import { sqlitePlace } from './places.ts';
import { restoredContract } from './restored-contract.ts';
import { SECRET } from './version-zero.ts';

connectionsContract('SQLite', sqlitePlace);
frozenContract('SQLite', sqlitePlace);
copyContract('SQLite to SQLite', sqlitePlace, sqlitePlace);
restoredContract('SQLite', sqlitePlace);

test('a file that was closed before there were versions is closed still', () => {
  const file = join(tempDir(), 'connect.db');
  copyFileSync(resolve(import.meta.dirname, 'fixtures/version-0.db'), file);
  const db = openDatabase(file, 'NORMAL');
  db.exec(`INSERT INTO moved VALUES ('an-id', ${Date.UTC(2026, 5, 1)});
    CREATE TRIGGER moved_pace_INSERT BEFORE INSERT ON pace BEGIN SELECT RAISE(ABORT, 'moved to Redis'); END`);
  db.close();
  expect(() => openSqliteStore(file, createEncryption(deriveKeys([SECRET]).seal), () => 0)).toThrow(
    'was copied to REDIS_URL on 2026-06-01',
  );
});
