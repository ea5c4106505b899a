import { whyNoConnection } from '../connection-faults.ts';
import { FROZEN } from '../copy/mark.ts';

/** PostgreSQL did not do what was asked, or did not say so in time. Carries neither address nor password. */
export class PostgresError extends Error {
  readonly code: 'POSTGRES_UNAVAILABLE' | 'POSTGRES_REFUSED' | 'POSTGRES_UNFIT' | 'POSTGRES_FROZEN';
  /** The server's own code (PostgreSQL, appendix A); '' where it did not answer. */
  readonly sqlState: string;

  constructor(code: PostgresError['code'], message: string, sqlState = '') {
    super(message);
    this.code = code;
    this.sqlState = sqlState;
  }
}

/** @param words for the operator */
export function unfit(words: string): PostgresError {
  return new PostgresError('POSTGRES_UNFIT', words);
}

export const tooLate = () => new PostgresError('POSTGRES_UNAVAILABLE', 'PostgreSQL did not answer in time');

/** It is committed, and nobody knows whether on a standby as well: the wait for that was cancelled. */
export const inDoubt = () =>
  new PostgresError('POSTGRES_UNAVAILABLE', 'PostgreSQL did not say that its standby has a change', '01000');

/** What the triggers of the copy raise. */
export const FROZEN_STATE = 'WC001';

export const DISK_FULL = '53100';
export const TOO_MANY_CONNECTIONS = '53300';

const DEADLOCK = '40P01';
const SERIALIZATION = '40001';

/** It was rolled back to make room for another: again it may go well. */
export function mayGoWellAgain(error: unknown): boolean {
  return error instanceof PostgresError && [DEADLOCK, SERIALIZATION].includes(error.sqlState);
}

/** A connection on which it happened leads to a server that takes no writes, or is on its way out. */
export function isOfTheServer(error: unknown): boolean {
  if (!(error instanceof PostgresError)) return false;
  const { sqlState } = error;
  return (
    sqlState === '' ||
    sqlState === '25006' || // read_only_sql_transaction: it has become a standby
    sqlState.startsWith('57P') || // shutting down, crashed, starting up
    sqlState.startsWith('08') // connection exceptions
  );
}

/** Connection exceptions; too many connections; waited too long, for a lock or in all; shutting down or starting. */
const UNAVAILABLE = /^(08|53300|55P03|57014|57P)/;

/** What the server says most when something is set wrongly, by its code; any other code stands for itself. */
const WORDS: Record<string, string> = {
  '28P01': 'PostgreSQL refuses this user or password',
  '28000': 'PostgreSQL lets this user in neither from here nor this way (pg_hba.conf)',
  '3D000': 'PostgreSQL has no database of that name',
  '42P01': 'this database has no store of ours, or only a part of it: start the app first',
  '42501': 'this user of PostgreSQL may not do all that is needed (docs/scaling.md)',
  [DISK_FULL]: 'the disk of PostgreSQL is full',
  [TOO_MANY_CONNECTIONS]:
    'PostgreSQL has as many connections as it allows (max_connections, or the limit of this role)',
  '55P03': 'PostgreSQL did not answer in time',
  '57014': 'PostgreSQL did not answer in time',
  '57P03': 'PostgreSQL is starting: it will serve in a moment',
  '25006':
    'PostgreSQL takes no writes: it is a standby, and the address must lead to the primary, or default_transaction_read_only is on',
};

/** The driver's own words, which have no code. */
const NO_TLS = 'The server does not support SSL connections';
/** Of any other fault of a connection that has no code. */
const NO_POSTGRES = 'what answers there hangs up, or is no PostgreSQL';

/** Messages of the server may quote what was sent: its code is repeated, and nothing else. */
export function explained(error: unknown): PostgresError {
  if (error instanceof PostgresError) return error;
  const { code, severity, syscall, message } = error as Partial<
    NodeJS.ErrnoException & { severity: unknown }
  >;
  if (typeof severity !== 'string' || typeof code !== 'string') {
    if (syscall === 'open' || syscall === 'read')
      return unfit(
        `DATABASE_URL names a file (sslrootcert, sslcert or sslkey) that cannot be read (${String(code)}).`,
      );
    if (/timeout/i.test(message ?? '')) return tooLate();
    const why = message === NO_TLS ? 'it speaks no TLS there' : (whyNoConnection(error) ?? NO_POSTGRES);
    return new PostgresError('POSTGRES_UNAVAILABLE', `there is no connection to PostgreSQL: ${why}`);
  }
  if (code === FROZEN_STATE) return new PostgresError('POSTGRES_FROZEN', FROZEN, code);
  const words = WORDS[code] ?? `PostgreSQL refused a statement of ours (${code})`;
  return new PostgresError(UNAVAILABLE.test(code) ? 'POSTGRES_UNAVAILABLE' : 'POSTGRES_REFUSED', words, code);
}
