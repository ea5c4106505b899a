import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';

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

/** Which environment variable a setting comes from. */
const registry = z.registry<{ variable: string }>();

/** Says where a setting comes from. The last step of its schema: what is built on top does not inherit it. */
export function from<Schema extends z.ZodType>(variable: string, schema: Schema): Schema {
  registry.add(schema, { variable });
  return schema;
}

/** The variables of all settings, those in groups too. */
export function variableNames(settings: z.ZodObject): string[] {
  return Object.values(settings.shape).flatMap((setting) =>
    setting instanceof z.ZodObject ? variableNames(setting) : nameOf(setting),
  );
}

/** The text of each setting, in the shape that the schema parses. */
export function textsFor(settings: z.ZodObject, env: Environment): Record<string, unknown> {
  const textOf = (setting: z.core.$ZodType) =>
    setting instanceof z.ZodObject ? textsFor(setting, env) : env[nameOf(setting)];
  return Object.fromEntries(Object.entries(settings.shape).map(([name, setting]) => [name, textOf(setting)]));
}

/** What is wrong, each fault beginning with the name of its variable. */
export function faultsIn(settings: z.ZodObject, { issues }: z.ZodError): string[] {
  const settingAt = (path: PropertyKey[]) =>
    path.reduce<z.core.$ZodType>(
      (at, key) => (at instanceof z.ZodObject ? at.shape[String(key)] : undefined) ?? at,
      settings,
    );
  return issues.map(({ path, message }) => `${nameOf(settingAt(path))} ${message}.`);
}

function nameOf(setting: z.core.$ZodType): string {
  const found = registry.get(setting);
  if (!found) throw new Error('A setting without a variable');
  return found.variable;
}
