import { type Environment, readText } from './environment.ts';

/** What was meant, and what is wrong with how it was written. */
export interface Written {
  env: Environment;
  faults: string[];
}

/**
 * Takes secrets from the files that `…_FILE` names, without the line's end.
 *
 * @param secrets names of variables
 */
export function withSecretFiles(env: Environment, secrets: string[]): Written {
  const faults: string[] = [];
  const found: Environment = {};
  for (const name of secrets) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set: remove one of them.`);
    else {
      try {
        found[name] = secretIn(file, `${name}_FILE`);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
  }
  return { env: { ...env, ...found }, faults };
}

/**
 * The secret that a file holds. What the variable says is not repeated: it may be the secret itself, by mistake.
 *
 * @param variable that names the file
 * @throws Error with words for the operator
 */
export function secretIn(file: string, variable: string): string {
  const subject = `${variable}: the file`;
  const line = readText(file, subject).trim();
  if (line === '') throw new Error(`${subject} is empty.`);
  if (/[\r\n]/.test(line)) throw new Error(`${subject} has more than one line.`);
  if (/[\p{Cc}\uFFFD]/u.test(line))
    throw new Error(`${subject} is no text (openssl rand -hex 32 makes some).`);
  if (QUOTED.test(line)) throw new Error(`${subject} has quotes, which belong to the secret: remove them.`);
  return line;
}

const QUOTED = /^(["'`]).*\1$/s;

/**
 * Finds what stands in quotes: a shell and a `.env` take them away, `docker run --env-file` does not.
 *
 * @param names variables of ours
 */
export function withoutQuotes(env: Environment, names: string[]): Written {
  const quoted = names.filter((name) => QUOTED.test(env[name] ?? ''));
  return {
    env: { ...env, ...Object.fromEntries(quoted.map((name) => [name, (env[name] ?? '').slice(1, -1)])) },
    faults: quoted.map(
      (name) =>
        `${name} is in quotes, which belong to its value here (docker's --env-file keeps them): remove them.`,
    ),
  };
}

const PLACEHOLDER = /\$\{[^}]*\}|\$\(.*\)|^\$[A-Z_][A-Z\d_]*$|\{\{.*\}\}/s;

/**
 * Finds what a shell or a template would have replaced by a value: as a secret, anybody could guess it.
 *
 * @param names variables of ours
 */
export function placeholdersIn(env: Environment, names: string[]): string[] {
  return names
    .filter((name) => PLACEHOLDER.test(env[name] ?? ''))
    .map(
      (name) => `${name} is a placeholder, which a shell or a template would have replaced, and nobody has.`,
    );
}

/**
 * Leaves out what Kubernetes (and Docker's links) set for a service of that name: `metrics` is METRICS_PORT=tcp://10.0.0.7:9100
 * in every container of its namespace, and an address is no port that anybody has meant.
 *
 * @param names variables of ours
 */
export function withoutServiceLinks(
  env: Environment,
  names: string[],
): { env: Environment; warnings: string[] } {
  const linked = names.filter(
    (name) => /^(tcp|udp|sctp):\/\/\S+:\d+$/.test(env[name] ?? '') && /_PORT$/.test(name),
  );
  return {
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !linked.includes(name))),
    warnings: linked.map(
      (name) =>
        `${name} is ${env[name]}, as Kubernetes sets it for a service of that name: it is taken as not set (enableServiceLinks: false, or a number, makes it clear).`,
    ),
  };
}
