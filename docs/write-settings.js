// Prints docs/settings.md from the program's own schema: `npm run --silent settings > docs/settings.md`. With `env` behind
// it, .env.example: `npm run --silent settings env > .env.example`.
import { z } from 'zod';
import { sourcesOf } from '../dist/config/environment.js';
import { settings } from '../dist/config/settings.js';
import { sandboxSettings } from '../dist/sandbox/settings.js';

/** Where a section begins. @type {Record<string, string>} */
const SECTIONS = {
  WITHINGS_CLIENT_ID: 'Your Withings application',
  WITHINGS_RECOVER: 'What is asked of Withings, and when',
  PUBLIC_URL: 'Where people reach this program',
  SESSION_SECRET: 'What is kept',
  METRICS_PORT: 'Who looks after it',
  SANDBOX_PORT: 'The sandbox alone (npm run sandbox)',
};

/** What has no default is shown like this. @type {Record<string, string>} */
const EXAMPLES = {
  REDIS_URL: 'redis://user:password@localhost:6379',
  DATABASE_URL: 'postgres://user:password@localhost:5432/withings?sslmode=verify-full',
};

const { SANDBOX_PORT, SANDBOX_CALLBACK_HOSTS } = sandboxSettings.shape;

const all = [
  ...sourcesOf(settings),
  ofSandbox('SANDBOX_PORT', SANDBOX_PORT),
  ofSandbox('SANDBOX_CALLBACK_HOSTS', SANDBOX_CALLBACK_HOSTS, 'that of PUBLIC_URL'),
];

/** @param {string} variable @param {import('zod').ZodType} schema @param {string} [unset] */
function ofSandbox(variable, schema, unset) {
  return { variable, schema, unset, isSecret: false, meaning: schema.description ?? '' };
}

/** @typedef {typeof all[number]} Setting */

/** Settings under their headings. */
function sections() {
  /** @type {{ heading: string, rows: Setting[] }[]} */
  const found = [];
  for (const setting of all) {
    const heading = SECTIONS[setting.variable];
    if (heading) found.push({ heading, rows: [] });
    found.at(-1)?.rows.push(setting);
  }
  return found;
}

/** As one would write it; empty: there is none. @param {Setting} setting */
function defaultOf({ schema }) {
  const value = z.parse(schema, undefined);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value ?? '');
}

/** What the schema says to a text that nothing can be. @param {Setting} setting */
function mayBe({ schema }) {
  const fault = z.safeParse(schema, '\0').error?.issues[0]?.message ?? '';
  return fault.replace(/^must be /, '');
}

/** @param {string} text */
function linked(text) {
  return text.replaceAll(/docs\/([\w-]+\.md)/g, '[$1]($1)').replaceAll('|', '\\|');
}

/** @param {Setting} setting */
function row(setting) {
  const { variable, isSecret, meaning, unset } = setting;
  const name = isSecret ? `\`${variable}\`, \`${variable}_FILE\`` : `\`${variable}\``;
  const value = defaultOf(setting);
  return `| ${name} | ${value ? `\`${value}\`` : (unset ?? '–')} | ${linked(mayBe(setting))} | ${linked(meaning)} |`;
}

function page() {
  return [
    '# Settings',
    '',
    'Read once at start, from the environment and a `.env` in the working folder; the environment wins, and an empty value',
    'counts as not set. All faults are reported together, and names that are nearly ours. [.env.example](../.env.example) has',
    'the same list to copy. Both are written from the schema (`npm run settings`); a test holds them to it.',
    '',
    'A secret may lie in a file, which `…_FILE` names in place of the setting itself: Docker and Kubernetes hand secrets over',
    'like that. The end of its one line is dropped.',
    ...sections().flatMap(({ heading, rows }) => [
      '',
      `## ${heading}`,
      '',
      '| name | by default | may be | meaning |',
      '|---|---|---|---|',
      ...rows.map(row),
    ]),
    '',
    '## Proxies on the way out',
    '',
    'Calls to Withings go through `HTTPS_PROXY` (or `ALL_PROXY`) unless `NO_PROXY` excepts them, as curl does it: as tunnels',
    'that the proxy cannot look into.',
    '',
    '## A new SESSION_SECRET',
    '',
    'Set `new,old` and restart. Records are sealed anew as they are written, which is at the next renewal of their tokens;',
    'browsers keep the cookie they have. So the old secret may go after `SESSION_MAX_DAYS`. Sooner, whoever signed in before is',
    'logged out, and connections that nobody used since are locked (`key-missing`) until it is put back; partners can prevent',
    'that: [partners.md](partners.md).',
  ];
}

/** In lines of at most 120 characters. @param {string} text */
function comment(text) {
  return [...text.matchAll(/.{1,118}(?: |$)/g)].map(([line]) => `# ${line.trim()}`);
}

function env() {
  return [
    '# Every setting with its default. Copy to .env and uncomment what you need; an empty value counts as not set.',
    '# For a real Withings application: the first two, PUBLIC_URL and SESSION_SECRET. More about each: docs/settings.md',
    ...sections().flatMap(({ heading, rows }) => [
      '',
      `# ── ${heading} ──`,
      ...rows.flatMap((setting) => {
        const { variable, isSecret, meaning } = setting;
        const values = mayBe(setting);
        return [
          ...comment(`${meaning.replaceAll('`', '')}${values ? ` (${values})` : ''}`),
          `# ${variable}=${defaultOf(setting) || (EXAMPLES[variable] ?? '')}`,
          ...(isSecret ? [`# ${variable}_FILE=`] : []),
        ];
      }),
    ]),
  ];
}

process.stdout.write(`${(process.argv[2] === 'env' ? env() : page()).join('\n')}\n`);
