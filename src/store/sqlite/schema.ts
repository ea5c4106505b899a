import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Issuer } from '../../withings/clouds.ts';
import { BATCH } from '../copy/contract.ts';
import type { Encryption } from '../encryption.ts';
import { newerThanKnown } from '../store.ts';
import { type Db, openDatabase, readUserVersion } from './database.ts';
import { classColumns } from './grants.ts';
import { renameAll } from './renaming.ts';

/** See STORE_VERSION. The first takes up files from before there were versions. */
const STEPS: string[] = [
  `CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, grant_id TEXT, data TEXT NOT NULL,
    idle_until INTEGER NOT NULL, ends_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_by_grant ON sessions (grant_id);
  CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (idle_until);
  CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY, write_id TEXT NOT NULL, sealed TEXT NOT NULL,
    attend_at INTEGER, lease_until INTEGER NOT NULL DEFAULT 0, lease_ms INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS grants_to_attend ON grants (attend_at) WHERE attend_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS attempts (
    state TEXT PRIMARY KEY, browser TEXT NOT NULL, demo INTEGER NOT NULL, return_to TEXT NOT NULL,
    expires_at INTEGER NOT NULL, answer TEXT, result TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_by_browser ON attempts (browser, expires_at);
  CREATE INDEX IF NOT EXISTS attempts_by_end ON attempts (expires_at);
  CREATE TABLE IF NOT EXISTS subscriptions (
    grant_id TEXT PRIMARY KEY, state TEXT, due_at INTEGER NOT NULL DEFAULT 0, heard_at INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS subscriptions_due ON subscriptions (due_at);
  CREATE TRIGGER IF NOT EXISTS subscriptions_end AFTER DELETE ON grants BEGIN
    DELETE FROM subscriptions WHERE grant_id = old.id;
  END;
  CREATE TABLE IF NOT EXISTS pace (one INTEGER PRIMARY KEY CHECK (one = 1), next REAL NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS moved (id TEXT NOT NULL, at INTEGER);`,

  `ALTER TABLE grants RENAME COLUMN attend_at TO due_at;
  DROP INDEX grants_to_attend;
  CREATE INDEX grants_due ON grants (due_at) WHERE due_at IS NOT NULL;
  ALTER TABLE subscriptions RENAME COLUMN heard_at TO news_at;
  ALTER TABLE pace RENAME TO rate_limit;
  CREATE TABLE copying (
    one INTEGER PRIMARY KEY CHECK (one = 1), mark TEXT NOT NULL, writing INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  INSERT INTO copying (one, mark)
    SELECT 1, json_object('state', 'closed', 'run', id, 'from', 'DATA_DIR', 'to', 'REDIS_URL', 'at', at)
    FROM moved WHERE at IS NOT NULL;
  DROP TABLE moved;`,
  `DROP TABLE attempts; DROP TABLE rate_limit;
  CREATE TABLE attempts (id TEXT PRIMARY KEY, answer TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX attempts_by_end ON attempts (expires_at);`,

  // Then renameAll.
  `ALTER TABLE sessions ADD COLUMN bound TEXT NOT NULL DEFAULT '';
  CREATE TABLE people (
    id TEXT PRIMARY KEY, issuer TEXT NOT NULL, person TEXT NOT NULL, since INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER, sending_until INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX people_due ON people (due_at) WHERE due_at IS NOT NULL;
  CREATE TRIGGER people_left AFTER DELETE ON grants BEGIN
    UPDATE people SET due_at = 0 WHERE id = old.id AND due_at IS NULL;
  END;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,

  // What is due is found by their own index: everybody has a row.
  `INSERT OR IGNORE INTO subscriptions (grant_id) SELECT id FROM grants;
  DROP INDEX sessions_by_grant;
  CREATE INDEX sessions_by_grant ON sessions (grant_id, idle_until);
  ALTER TABLE subscriptions ADD COLUMN news TEXT NOT NULL DEFAULT '{}';`,

  // How old their tokens are stands in no column: the sweeper looks at each grant once (0).
  `ALTER TABLE grants ADD COLUMN renew_at INTEGER DEFAULT 0;
  CREATE INDEX grants_to_renew ON grants (renew_at) WHERE renew_at IS NOT NULL;
  ALTER TABLE sessions ADD COLUMN visited_at INTEGER;
  CREATE TABLE endings (
    key TEXT PRIMARY KEY, why TEXT NOT NULL, at INTEGER NOT NULL, visited_at INTEGER NOT NULL, grant_id TEXT, outcome TEXT
  ) WITHOUT ROWID;
  CREATE INDEX endings_by_grant ON endings (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX endings_by_age ON endings (at);`,

  `CREATE TABLE restored (grant_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TRIGGER restored_end AFTER DELETE ON grants BEGIN
    DELETE FROM restored WHERE grant_id = old.id;
  END;`,

  // Then classifyAll. Counted where it changes: counting a million rows would hold everybody up.
  `ALTER TABLE grants ADD COLUMN state TEXT NOT NULL DEFAULT 'unreadable';
  ALTER TABLE grants ADD COLUMN demo INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE grants ADD COLUMN open_since INTEGER;
  CREATE INDEX grants_by_state ON grants (state);
  CREATE INDEX grants_open ON grants (open_since) WHERE open_since IS NOT NULL;
  CREATE TABLE connection_counts (
    state TEXT NOT NULL, demo INTEGER NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (state, demo, key)
  ) WITHOUT ROWID;
  INSERT INTO connection_counts
    SELECT state, demo, ${keyOf('grants')}, COUNT(*) FROM grants GROUP BY 1, 2, 3;
  CREATE TRIGGER connections_in AFTER INSERT ON grants BEGIN ${counting('new', 1)} END;
  CREATE TRIGGER connections_out AFTER DELETE ON grants BEGIN ${counting('old', -1)} END;
  CREATE TRIGGER connections_change AFTER UPDATE OF state, demo, sealed ON grants
    WHEN old.state <> new.state OR old.demo <> new.demo OR ${keyOf('old')} <> ${keyOf('new')}
    BEGIN ${counting('old', -1)} ${counting('new', 1)} END;`,
];

/** The id of the key that sealed a row. */
function keyOf(row: string): string {
  return `substr(${row}.sealed, 1, instr(${row}.sealed, '.') - 1)`;
}

function counting(row: 'old' | 'new', by: 1 | -1): string {
  const kind = `${row}.state, ${row}.demo, ${keyOf(row)}`;
  return `INSERT INTO connection_counts SELECT ${kind}, 0
      WHERE NOT EXISTS (SELECT 1 FROM connection_counts WHERE (state, demo, key) = (${kind}));
    UPDATE connection_counts SET n = n + ${by} WHERE (state, demo, key) = (${kind});`;
}

/** After these, records are changed that only the keys can change. */
const RENAMING_STEP = 4;
const CLASSIFYING_STEP = 8;

/** Who opens a store. */
export interface Opening {
  encryption: Encryption;
  /** Who this start speaks to: see renaming.ts. */
  issuer: Issuer;
}

/** What a crash of the host may take: attempts that ended without a sign-in, the rate limit, zones. */
const UNSYNCED = `
  CREATE TABLE IF NOT EXISTS attempts (
    id TEXT PRIMARY KEY, answer TEXT NOT NULL, result TEXT, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_by_end ON attempts (expires_at);
  CREATE TABLE IF NOT EXISTS timezones (grant_id TEXT PRIMARY KEY, zone TEXT NOT NULL) WITHOUT ROWID;
  DROP TABLE IF EXISTS rate_limit;
  CREATE TABLE IF NOT EXISTS calls (
    id TEXT PRIMARY KEY, priority TEXT NOT NULL, calls INTEGER NOT NULL, lent INTEGER NOT NULL,
    person TEXT, process TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS places (
    person TEXT NOT NULL, priority TEXT NOT NULL, calls INTEGER NOT NULL, since REAL NOT NULL, due_at REAL NOT NULL,
    PRIMARY KEY (person, priority)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS borrowing (priority TEXT PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS call_counts (
    hour INTEGER PRIMARY KEY, calls INTEGER NOT NULL, busy INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** Where the store of an installation lies that was given no server for it. */
export function storeFile(dataDir: string): string {
  return join(dataDir, 'connect.db');
}

/** And beside it what no write waits for. */
export function unsyncedFile(store: string): string {
  return join(dirname(store), 'unsynced.db');
}

/** Opens (or makes) the file beside a store that no write waits for. */
export function openUnsyncedFile(store: string): Db {
  const file = unsyncedFile(store);
  keepPrivate(file);
  const db = openDatabase(file, 'NORMAL');
  db.exec(UNSYNCED);
  return db;
}

/**
 * Opens (or makes) the file of a store, brought to the present version.
 *
 * @throws Error with words for the operator when a newer version of this program wrote it; nothing is written then
 */
export function openStoreFile(file: string, opening: Opening): Db {
  refuseNewer(readUserVersion(file), file);
  keepPrivate(file);
  const db = openDatabase(file, 'FULL');
  try {
    migrate(db, file, opening);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Its owner's alone, whatever the umask and the folder; what SQLite puts beside it takes the mode of it. A file that is
 * there is not opened: closing it again would let go of every lock that this process has on it (POSIX, fcntl).
 */
function keepPrivate(file: string): void {
  try {
    if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
    else if (statSync(file).mode & 0o077) chmodSync(file, 0o600);
  } catch {
    // Whoever may not do that is told by SQLite, or is not the owner; or another was there first.
  }
}

/** @throws as openStoreFile */
export function migrate(db: Db, file: string, opening: Opening): void {
  while (versionOf(db) < STEPS.length) db.transaction(() => step(db, opening));
  refuseNewer(versionOf(db), file);
}

/** Asks for the version again, now that it has the lock: another process may have taken this step meanwhile. */
function step(db: Db, { encryption, issuer }: Opening): void {
  const version = versionOf(db);
  const sql = STEPS[version];
  if (sql === undefined) return;
  db.exec(sql);
  if (version + 1 === RENAMING_STEP) renameAll(db, encryption, issuer);
  if (version + 1 === CLASSIFYING_STEP) classifyAll(db, encryption);
  db.exec(`PRAGMA user_version = ${version + 1};`);
}

/** This is no change of what is being copied: see renameAll. A few hundred at a time: a million do not fit into memory. */
function classifyAll(db: Db, encryption: Encryption): void {
  db.run('UPDATE copying SET writing = 1');
  for (let last: string | undefined = ''; last !== undefined; ) {
    const grants: { id: string; sealed: string }[] = db.all(NEXT_GRANTS, last, BATCH);
    for (const grant of grants) {
      const { state, demo, open_since } = classColumns(grant, encryption);
      db.run(
        'UPDATE grants SET state = ?, demo = ?, open_since = ? WHERE id = ?',
        state,
        demo,
        open_since,
        grant.id,
      );
    }
    last = grants.at(-1)?.id;
  }
  db.run('UPDATE copying SET writing = 0');
}

const NEXT_GRANTS = 'SELECT id, sealed FROM grants WHERE id > ? ORDER BY id LIMIT ?';

function versionOf(db: Db): number {
  return Number(db.get<{ user_version: number }>('PRAGMA user_version')?.user_version);
}

function refuseNewer(version: number, file: string): void {
  const words = newerThanKnown(file, version);
  if (words !== null) throw new Error(words);
}
