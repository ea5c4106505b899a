import { join } from 'node:path';
import { type Db, openDatabase } from '../store/sqlite/database.ts';
import { schema } from './schema.ts';

export type { Db };

/** In the app's own way to open SQLite. `:memory:` keeps nothing. */
export function openSandboxDatabase(dataDir: string): Db {
  const db = openDatabase(dataDir === ':memory:' ? dataDir : join(dataDir, 'sandbox.db'), 'NORMAL');
  db.transaction(() => db.exec(schema));
  return db;
}
