import type { Sql } from './client.ts';
import { unfit } from './errors.ts';

interface Settings {
  version: string;
  fsync: string;
  pages: string;
  commit: string;
  /** As a connection has it that nobody has changed it on. */
  usual: string;
  standbys: string;
}

/**
 * In one line what survives what.
 *
 * @param isPooled statements of one connection reach different ones of the server: nothing can be set for all of them
 * @throws PostgresError, code `POSTGRES_UNFIT`, for a server that would lose tokens by design
 */
export async function readDurability(db: Sql, isPooled: boolean): Promise<string> {
  const [found] = await db.rows<Settings>(SETTINGS);
  if (!found) throw unfit('PostgreSQL does not say how it keeps data.');
  if (found.fsync === 'off')
    throw unfit('PostgreSQL does not wait for its disk (fsync = off): set it to on.');
  if (found.pages === 'off') {
    throw unfit('A crash of its host may tear pages of PostgreSQL (full_page_writes = off): set it to on.');
  }
  const isLax = (commit: string) => commit === 'off' || commit === 'local';
  if (isLax(found.commit) || (isPooled && isLax(found.usual))) {
    throw unfit(
      `PostgreSQL answers before a change is safe (synchronous_commit = ${found.usual}): set it to on for this role.`,
    );
  }
  const standbys =
    found.standbys === ''
      ? 'there is no synchronous standby: a fail-over to another machine may lose the last changes, and connections with them, unless the service replicates below PostgreSQL'
      : `and on a synchronous standby (${found.standbys})`;
  return `PostgreSQL ${found.version}: every change is on disk before it is used${found.standbys === '' ? '; ' : ', '}${standbys}`;
}

const SETTINGS = `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS pages, current_setting('synchronous_commit') AS commit,
  (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS usual,
  current_setting('synchronous_standby_names') AS standbys`;
