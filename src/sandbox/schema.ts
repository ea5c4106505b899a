/** Times are milliseconds since 1970 on the sandbox's own clock. */
export const schema = `
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS logins (
  token TEXT PRIMARY KEY,
  consent TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS created_people (
  id INTEGER PRIMARY KEY,
  person TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS callbacks (
  client_id TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (client_id, url)
) STRICT;

CREATE TABLE IF NOT EXISTS codes (
  code TEXT PRIMARY KEY,
  client_id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  redirect_uri TEXT NOT NULL,
  scope TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  dies_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS pairs (
  id INTEGER PRIMARY KEY,
  chain TEXT NOT NULL,
  parent INTEGER REFERENCES pairs (id),
  client_id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  scope TEXT NOT NULL,
  access_token TEXT NOT NULL UNIQUE,
  refresh_token TEXT NOT NULL UNIQUE,
  issued_at INTEGER NOT NULL,
  unlinks_at INTEGER,
  used_at INTEGER,
  replaced_at INTEGER,
  spent_why TEXT,
  ended_why TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS pairs_of_user ON pairs (user_id, client_id);
CREATE INDEX IF NOT EXISTS pairs_of_parent ON pairs (parent);
CREATE INDEX IF NOT EXISTS pairs_by_age ON pairs (issued_at);

CREATE TABLE IF NOT EXISTS nonces (
  nonce TEXT PRIMARY KEY,
  client_id TEXT NOT NULL,
  issued_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS weigh_ins (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS subscriptions (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  appli INTEGER NOT NULL,
  url TEXT NOT NULL,
  comment TEXT NOT NULL,
  told_until INTEGER NOT NULL,
  failing_since INTEGER,
  UNIQUE (user_id, client_id, appli, url)
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY,
  subscription INTEGER NOT NULL,
  url TEXT NOT NULL,
  body TEXT NOT NULL,
  rounds INTEGER NOT NULL,
  due_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS faults (
  name TEXT PRIMARY KEY,
  times INTEGER NOT NULL,
  target TEXT,
  delay_ms INTEGER
) STRICT;

CREATE TABLE IF NOT EXISTS counters (
  endpoint TEXT NOT NULL,
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (endpoint, outcome)
) STRICT;
`;
