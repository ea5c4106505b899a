import { type CopyMark, readMark } from '../copy/mark.ts';
import type { Sql } from './client.ts';
import { PostgresError } from './errors.ts';

export async function readPostgresMark(sql: Sql): Promise<CopyMark | null> {
  const text = await readMarkText(sql);
  return text === null ? null : readMark(text);
}

/** As it was written; null: there is none. */
export async function readMarkText(sql: Sql): Promise<string | null> {
  try {
    const [row] = await sql.rows<{ mark: string }>('SELECT mark FROM @copying');
    return row?.mark ?? null;
  } catch (error) {
    if (error instanceof PostgresError && error.sqlState === '42P01') return null; // there are no tables yet
    throw error;
  }
}
