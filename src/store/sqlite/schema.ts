import { MOVED_SCHEMA } from './moved.ts';

export const SQLITE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
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
  ${MOVED_SCHEMA}
`;
