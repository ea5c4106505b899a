import { statSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import { type Finding, fails, ok, warn } from './finding.ts';

/** Faults with which the app does not start. */
export function checkFaults(faults: string[]): Finding[] {
  const todo = 'The app does not start, and nothing else was looked at.';
  return faults.map((fault) => fails(fault, todo));
}

/** What the app starts with, and what is hardly meant. @param warnings of the settings */
export function checkSettings(config: Config, env: Environment, warnings: string[], file: string): Finding[] {
  const doubts = warnings.map((warning) => warn(warning, 'See docs/operations.md.'));
  return [
    ...(doubts.length > 0 ? doubts : [ok('The app starts with these settings.')]),
    ...checkMode(file),
    ...checkSecrets(config),
    ...checkExamples(env),
  ];
}

function checkMode(file: string): Finding[] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return [];
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return (mode & 0o077) === 0
    ? [ok(`${file} is its owner's alone (mode ${octal}).`)]
    : [
        warn(
          `${file} has mode ${octal}: others on this machine read the secrets in it.`,
          `chmod 600 ${file}`,
        ),
      ];
}

function checkSecrets({ sessionSecrets, partnerApiKey, operatorKey }: Config): Finding[] {
  const all: [string, string[]][] = [
    ['SESSION_SECRET', sessionSecrets],
    ['PARTNER_API_KEY', partnerApiKey === null ? [] : [partnerApiKey]],
    ['OPERATOR_KEY', operatorKey === null ? [] : [operatorKey]],
  ];
  const weak = all.filter(([, secrets]) => secrets.some((secret) => bitsOf(secret) < ENOUGH_BITS));
  if (weak.length === 0)
    return all.some(([, secrets]) => secrets.length > 0) ? [ok('The secrets look random.')] : [];
  return weak.map(([name]) =>
    warn(
      `${name} does not look random.`,
      `Make one with: openssl rand -hex 32.${name === 'SESSION_SECRET' ? ' The old one stays behind it, after a comma.' : ''}`,
    ),
  );
}

const ENOUGH_BITS = 100;

/** A guess from above: words of a sentence, runs and repetitions count for what they are. */
function bitsOf(secret: string): number {
  const once = /^(.+?)\1+$/.exec(secret)?.[1] ?? secret;
  if (/^[a-z]+([ _.-][a-z]+)+$/i.test(once)) return once.split(/[ _.-]/).length * 12;
  const codes = [...once].map((letter) => letter.charCodeAt(0));
  const fresh = codes.filter((code, i) => Math.abs(code - (codes[i - 1] ?? -9)) > 1);
  return fresh.length * Math.log2(new Set(codes).size);
}

/** What examples say in place of a value. */
const EXAMPLE = /\bexample\.(com|org|net)\b|\byour[-_.]|<[^>]+>|\bx{4,}\b|\buser:password@/i;

function checkExamples(env: Environment): Finding[] {
  const names = ['PUBLIC_URL', 'WITHINGS_CLIENT_ID', 'WITHINGS_CLIENT_SECRET', 'REDIS_URL', 'DATABASE_URL'];
  return names
    .filter((name) => EXAMPLE.test(env[name] ?? ''))
    .map((name) => warn(`${name} is that of an example.`, `Set ${name} to your own.`));
}
