import type { Connection } from './connection.ts';

export interface Durability {
  /** One line for the log: what survives what. */
  words: string;
  /** A change that was answered survives a crash of the host that Redis runs on. */
  durable: boolean;
  /** Ask WAITAOF after each change. */
  waitForFile: boolean;
  /** Why this server must not be used; null: it may. */
  refused: string | null;
}

const SILENT =
  'Redis does not say how it keeps data: its operator must see to appendonly yes, appendfsync always and noeviction';

type Kept = Pick<Durability, 'words' | 'durable' | 'waitForFile'>;

/** Reads how this server keeps what it is given. Managed servers hide CONFIG; what INFO tells is enough for most. */
export async function readDurability({ command }: Pick<Connection, 'command'>): Promise<Durability> {
  const info = String(await command('INFO').catch(() => ''));
  const told = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const setting = await command('CONFIG', 'GET', 'appendfsync').catch(() => null);
  const sync = Array.isArray(setting) && typeof setting[1] === 'string' ? setting[1] : null;

  const version = told('valkey_version') ?? told('redis_version') ?? 'unknown';
  const server = `${told('valkey_version') ? 'Valkey' : 'Redis'} ${version}`;
  if (info === '') return { words: SILENT, durable: false, waitForFile: false, refused: null };
  const kept = judge(told('aof_enabled') === '1', sync, hasWaitAof(version));
  return {
    ...kept,
    words: `${server}: ${kept.words}`,
    refused: whyNot(told('role'), told('maxmemory_policy')),
  };
}

function judge(appends: boolean, sync: string | null, canWait: boolean): Kept {
  if (!appends) {
    const words = 'a restart of Redis loses connections (appendonly is off)';
    return { words, durable: false, waitForFile: false };
  }
  if (sync === 'always') {
    return { words: 'every change is on disk before it is used', durable: true, waitForFile: false };
  }
  // WAITAOF narrows the gap and does not close it: some servers answer before the sync, and readers do not wait at all.
  const words = `a crash of its host may lose the last ${sync === 'no' ? 'half minute' : 'second'}, and connections with it (appendfsync ${sync ?? 'hidden'}${canWait ? ', WAITAOF narrows that' : ''}); set it to always`;
  return { words, durable: false, waitForFile: canWait };
}

function whyNot(role: string | undefined, policy: string | undefined): string | null {
  if (role === 'slave') return 'REDIS_URL leads to a replica: it must be the primary.';
  if (policy === undefined || policy === 'noeviction') return null;
  return `Redis throws tokens away when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`;
}

/** WAITAOF came with Redis 7.2; every Valkey has it. */
function hasWaitAof(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 7 || (major === 7 && minor >= 2);
}
