// Writes the tables of docs/sandbox.md from the sandbox's code; with `print` behind it, the page goes to the terminal.
// Where an answer differs from Withings' document, a comment beside the line says `@differs <service> (<mark>): <how>`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAULT_GROUPS } from '../dist/sandbox/control/panel-words.js';
import { SCENARIOS } from '../dist/sandbox/control/scenarios.js';
import { ENDPOINTS, kindOf } from '../dist/sandbox/wire/endpoints.js';
import { callName, strikes } from '../dist/sandbox/wire/faults.js';

const PAGE = fileURLToPath(new URL('sandbox.md', import.meta.url));
const SOURCE = fileURLToPath(new URL('../src/sandbox/', import.meta.url));
const SERVICES = ['authorize', 'refusals', 'data calls', ...ENDPOINTS];

/** Every kind of call, as a fault sees it. @type {import('../dist/sandbox/wire/faults.js').Call[]} */
const CALLS = [
  { endpoint: 'requesttoken', grantType: 'authorization_code' },
  { endpoint: 'requesttoken', grantType: 'refresh_token' },
  ...ENDPOINTS.map((endpoint) => ({ endpoint })),
];

/** Whom a fault strikes that is meant for no call in particular. @param {import('../dist/sandbox/wire/faults.js').FaultName} name */
function reachOf(name) {
  const struck = CALLS.filter((call) => strikes({ name, on: null }, call));
  if (struck.some(({ endpoint }) => kindOf(endpoint) === 'data')) return 'token and data calls';
  return struck.length === 1 ? struck.map(callName).join() : 'token calls';
}

/** @param {(typeof FAULT_GROUPS)[number]} group */
function faultRows({ label, faults }) {
  const rows = faults.map(({ name, title, what }) => {
    const reach = faults.some((fault) => fault.name === 'deny') ? '' : reachOf(name);
    return `| \`${name}\` | ${title}: ${what} | ${reach} |`;
  });
  return [`| **${label}** | | |`, ...rows];
}

/** Every `@differs` of the source, up to the next one or the end of the comment. */
function differences() {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const found = files.sort().flatMap((name) => {
    const comments = readFileSync(SOURCE + name, 'utf8').match(/\/\*\*.*?\*\//gs) ?? [];
    return comments.flatMap((comment) => comment.replace(/\*\/$/, '').split('@differs ').slice(1));
  });
  const rows = found.map((text) => {
    const said = /^([\w ]+) \((\w+)\): (.*)$/s.exec(text.replace(/\s*\n\s*\*?\s*/g, ' ').trim());
    const [, service = '', mark = '', how = ''] = said ?? [];
    if (!SERVICES.includes(service)) throw new Error(`@differs ${text}: of no service`);
    return { service, mark, how };
  });
  return SERVICES.flatMap((service) => rows.filter((row) => row.service === service));
}

/** @type {Record<string, string[]>} */
const TABLES = {
  faults: ['| name | what happens | at |', '|---|---|---|', ...FAULT_GROUPS.flatMap(faultRows)],
  scenarios: [
    '| button | at Withings’ side | a good program | the same by `POST /control/…` |',
    '|---|---|---|---|',
    ...SCENARIOS.map(
      ({ title, what, good, path, fields }) =>
        `| ${title} | ${what.replace('{person}', 'The person')} | ${good} | \`${path} ${JSON.stringify(fields)}\` |`,
    ),
  ],
  differences: [
    '| where | how | mark |',
    '|---|---|---|',
    ...differences().map(
      ({ service, mark, how }) =>
        `| ${/^(auth|ref|data)/.test(service) ? service : `\`${service}\``} | ${how} | ${mark} |`,
    ),
  ],
};

let page = readFileSync(PAGE, 'utf8');
for (const [name, lines] of Object.entries(TABLES)) {
  const place = new RegExp(`(?<=<!-- ${name} -->\n).*?(?=<!-- /${name} -->)`, 's');
  if (!place.test(page)) throw new Error(`docs/sandbox.md has no place for ${name}`);
  page = page.replace(place, () => `\n${lines.join('\n')}\n\n`);
}
if (process.argv[2] === 'print') process.stdout.write(page);
else writeFileSync(PAGE, page);
