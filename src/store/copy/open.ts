import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openRedisCopy, type RedisCopyOptions } from '../redis/copy.ts';
import { openSqliteCopy } from '../sqlite/copy.ts';
import type { CopyableStore } from './copyable.ts';

/**
 * Opens a store to copy it, or to fill it.
 *
 * @param address `sqlite:DIR` or `redis://…`
 */
export async function openCopyable(
  address: string,
  options: Omit<RedisCopyOptions, 'url'>,
): Promise<CopyableStore> {
  if (!address.startsWith('sqlite:')) return openRedisCopy({ url: address, ...options });
  const dir = address.slice('sqlite:'.length);
  const file = join(dir, 'connect.db');
  if (options.role === 'target') mkdirSync(dir, { recursive: true, mode: 0o700 });
  else if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  return openSqliteCopy(file);
}
