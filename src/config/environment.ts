import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Variables by name, trimmed; an empty one counts as not set. */
export type Environment = Record<string, string>;

/** The process environment over the `.env` file of this folder. */
export function readEnvironment(file = '.env'): Environment {
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...variablesIn(fromFile), ...variablesIn(process.env) };
}

/** What is set, without the spaces around it. */
export function variablesIn(source: Record<string, string | undefined>): Environment {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
}
