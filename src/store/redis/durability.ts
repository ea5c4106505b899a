import type { Connection } from './connection.ts';

export interface Durability {
  /** One line for the log: what survives what. */
  words: string;
  /** A change that was answered survives a crash of the host that Redis runs on. */
  durable: boolean;
  /** Why this server must not be used; null: it may. */
  refused: string | null;
}

const SILENT =
  'Redis does not say how it keeps data: its operator must see to appendonly yes, appendfsync always and noeviction';

/**
 * Reads how durable this server is. Managed servers hide CONFIG; what INFO says is enough for most.
 *
 * @param isVouched its operator says that it keeps a log of its own, which INFO does not tell of
 */
export async function readDurability(
  { command }: Pick<Connection, 'command'>,
  isVouched: boolean,
): Promise<Durability> {
  const info = String(await command('INFO').catch(() => ''));
  if (info === '') return { words: isVouched ? VOUCHED : SILENT, durable: isVouched, refused: null };
  const read = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const setting = await command('CONFIG', 'GET', 'appendfsync').catch(() => null);
  const sync = Array.isArray(setting) && typeof setting[1] === 'string' ? setting[1] : null;

  const valkey = read('valkey_version');
  const server = valkey ? `Valkey ${valkey}` : `Redis ${read('redis_version') ?? 'unknown'}`;
  const appends = read('aof_enabled') === '1';
  return {
    words: `${server}: ${isVouched ? VOUCHED : survival(appends, sync)}`,
    durable: isVouched || (appends && sync === 'always'),
    refused: whyNot(read('role'), read('maxmemory_policy')),
  };
}

const VOUCHED = 'every change is durable before it is used, as its operator says (REDIS_DURABLE)';

function survival(appends: boolean, sync: string | null): string {
  if (!appends) return 'a restart of Redis loses connections (appendonly is off)';
  if (sync === 'always') return 'every change is on disk before it is used';
  const lost = sync === 'no' ? 'half minute' : 'second';
  return `a crash of its host may lose the last ${lost}, and connections with it (appendfsync ${sync ?? 'hidden'}); set it to always`;
}

function whyNot(role: string | undefined, policy: string | undefined): string | null {
  if (role === 'slave') return 'REDIS_URL leads to a replica: it must be the primary.';
  if (policy === undefined || policy === 'noeviction') return null;
  return `Redis throws tokens away when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`;
}
