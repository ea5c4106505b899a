import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';

/** Variables by name, trimmed; an empty one counts as not set. */
export type Environment = Record<string, string>;

/**
 * The process environment over the `.env` file of this folder.
 *
 * @throws Error with words for the operator when there is a `.env` that cannot be read
 */
export function readEnvironment(file = '.env'): Environment {
  const fromFile = existsSync(file) ? parseEnv(readText(file)) : {};
  return { ...variablesIn(fromFile), ...variablesIn(process.env) };
}

/**
 * A file that an editor or a shell of any system has written: PowerShell writes UTF-16, and many put a mark in front.
 *
 * @param subject what the operator calls it
 * @throws Error with words for the operator
 */
export function readText(file: string, subject = file): string {
  try {
    const bytes = readFileSync(file);
    const isLittleEndian = (bytes[0] === 0xff && bytes[1] === 0xfe) || bytes[1] === 0;
    const isBigEndian = (bytes[0] === 0xfe && bytes[1] === 0xff) || bytes[0] === 0;
    const encoding = isLittleEndian ? 'utf-16le' : isBigEndian ? 'utf-16be' : 'utf-8';
    return new TextDecoder(encoding).decode(bytes); // which drops the mark
  } catch (error) {
    throw new Error(`${subject} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** What is set, without the spaces around it. */
export function variablesIn(source: Record<string, string | undefined>): Environment {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
}

/** Where a setting comes from, and what docs/settings.md and .env.example say of it. */
interface Source {
  variable: string;
  isSecret: boolean;
  meaning: string;
  /** What happens where nothing is set, for settings without a default of their own. */
  unset: string | undefined;
}

const registry = z.registry<Source>();

/** Says where a setting comes from. The last step of its schema: what is built on top does not inherit it. */
export function from<Schema extends z.ZodType>(
  variable: string,
  schema: Schema,
  meaning: string,
  unset?: string,
): Schema {
  registry.add(schema, { variable, isSecret: false, meaning, unset });
  return schema;
}

/** The same of a secret, which a file may hold as well: its path is in the variable with `_FILE` behind its name. */
export function secretFrom<Schema extends z.ZodType>(
  variable: string,
  schema: Schema,
  meaning: string,
  unset?: string,
): Schema {
  registry.add(schema, { variable, isSecret: true, meaning, unset });
  return schema;
}

/** The variables of all settings, those in groups too. */
export function variableNames(settings: z.ZodObject): string[] {
  return sourcesOf(settings).flatMap(({ variable, isSecret }) =>
    isSecret ? [variable, `${variable}_FILE`] : variable,
  );
}

/** Those whose values nobody may see. */
export function secretNames(settings: z.ZodObject): string[] {
  return sourcesOf(settings).flatMap(({ variable, isSecret }) => (isSecret ? variable : []));
}

/** Every setting with its schema, in the order of the file, those in groups too. */
export function sourcesOf(settings: z.ZodObject): (Source & { schema: z.core.$ZodType })[] {
  return Object.values(settings.shape).flatMap((setting) =>
    setting instanceof z.ZodObject ? sourcesOf(setting) : { ...sourceOf(setting), schema: setting },
  );
}

/** The text of each setting, in the shape that the schema parses. */
export function textsFor(settings: z.ZodObject, env: Environment): Record<string, unknown> {
  const textOf = (setting: z.core.$ZodType) =>
    setting instanceof z.ZodObject ? textsFor(setting, env) : env[sourceOf(setting).variable];
  return Object.fromEntries(Object.entries(settings.shape).map(([name, setting]) => [name, textOf(setting)]));
}

/** What is wrong, each fault beginning with the name of its variable. */
export function faultsIn(settings: z.ZodObject, { issues }: z.ZodError): string[] {
  const settingAt = (path: PropertyKey[]) =>
    path.reduce<z.core.$ZodType>(
      (at, key) => (at instanceof z.ZodObject ? at.shape[String(key)] : undefined) ?? at,
      settings,
    );
  return issues.map(({ path, message }) => `${sourceOf(settingAt(path)).variable} ${message}.`);
}

function sourceOf(setting: z.core.$ZodType) {
  const found = registry.get(setting);
  if (!found) throw new Error('A setting without a variable');
  return found;
}
