import { CLOUDS } from '../withings/clouds.ts';
import { refusedCallback } from './callback.ts';
import type { Environment } from './environment.ts';
import { secretsIn } from './formats.ts';
import { isThisMachine, proxyFault } from './proxy.ts';
import { hasClient, isSandboxClient } from './withings.ts';

/** What must be set together, and what must not: when it is wrong, and what to say then. */
const RULES: [isBroken: (env: Environment) => boolean, fault: string][] = [
  [
    (env) => hasClient(env) && !(env.WITHINGS_CLIENT_ID && env.WITHINGS_CLIENT_SECRET),
    'WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET belong together: set both, or neither to use the sandbox.',
  ],
  [
    (env) => hasClient(env) && secretsIn(env.SESSION_SECRET).length === 0,
    'SESSION_SECRET is required with a real Withings application (make one: openssl rand -hex 32).',
  ],
  [
    (env) => secretsIn(env.SESSION_SECRET).some((secret) => secret === env.WITHINGS_CLIENT_SECRET),
    'SESSION_SECRET must not be the client secret: Withings knows that one too.',
  ],
  [
    ({ PARTNER_API_KEY: key, SESSION_SECRET, WITHINGS_CLIENT_SECRET }) =>
      key !== undefined && [...secretsIn(SESSION_SECRET), WITHINGS_CLIENT_SECRET].includes(key),
    'PARTNER_API_KEY must be a secret of its own: your partner knows it.',
  ],
  [
    ({ OPERATOR_KEY: key, PARTNER_API_KEY, SESSION_SECRET, WITHINGS_CLIENT_SECRET }) =>
      key !== undefined &&
      [...secretsIn(SESSION_SECRET), WITHINGS_CLIENT_SECRET, PARTNER_API_KEY].includes(key),
    'OPERATOR_KEY must be a secret of its own.',
  ],
  ...['PUBLIC_URL', 'WITHINGS_API_URL', 'WITHINGS_AUTHORIZE_URL'].map((name): (typeof RULES)[number] => [
    (env) => hasClient(env) && !isSandboxClient(env) && isOpenlyHttp(env[name]),
    `${name} must be https, except on this machine itself (localhost).`,
  ]),
  [
    (env) => isSandboxClient(env) && !env.WITHINGS_API_URL,
    "WITHINGS_CLIENT_ID is the sandbox's own: set WITHINGS_API_URL and WITHINGS_AUTHORIZE_URL to that sandbox as well.",
  ],
  [
    (env) => env.WITHINGS_ISSUER !== undefined && (!env.WITHINGS_API_URL || isSandboxClient(env)),
    'WITHINGS_ISSUER says that WITHINGS_API_URL is a gateway to the real Withings: without one, or with a sandbox, remove it.',
  ],
  [
    (env) => !hasClient(env) && Boolean(env.WITHINGS_API_URL || env.WITHINGS_AUTHORIZE_URL),
    'WITHINGS_API_URL and WITHINGS_AUTHORIZE_URL need WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET.',
  ],
  [
    (env) => hasClient(env) && env.NODE_TLS_REJECT_UNAUTHORIZED === '0',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens over connections that nobody checked: remove it.',
  ],
  ...['REDIS_URL', 'DATABASE_URL'].map((name): (typeof RULES)[number] => [
    (env) => env[name] !== undefined && secretsIn(env.SESSION_SECRET).length === 0,
    `${name} needs SESSION_SECRET, the same for every instance (make one: openssl rand -hex 32).`,
  ]),
  [
    ({ PORT = '3000', METRICS_PORT }) => METRICS_PORT !== undefined && METRICS_PORT === PORT,
    'METRICS_PORT must be another one than PORT.',
  ],
  [
    (env) => env.REDIS_URL !== undefined && env.DATABASE_URL !== undefined,
    'REDIS_URL and DATABASE_URL are both set: tokens have one place, remove one of them.',
  ],
];

/** Faults that no single setting shows. */
export function brokenRules(env: Environment): string[] {
  const faults = RULES.filter(([isBroken]) => isBroken(env)).map(([, fault]) => fault);
  return [...faults, ...notificationFaults(env), ...proxyFaults(env)];
}

function isOpenlyHttp(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isThisMachine(hostname);
}

/** Withings' rules for the addresses that it notifies, asked before Withings says no without saying why. */
function notificationFaults(env: Environment): string[] {
  const refused = env.WEBHOOKS === 'on' ? refusedCallback(env, `/webhooks/withings/${'x'.repeat(43)}`) : null;
  if (refused === null) return [];
  return [
    `WEBHOOKS=on needs a PUBLIC_URL that Withings agrees to call: ${refused.rule} (it is ${refused.publicUrl}).`,
  ];
}

function proxyFaults(env: Environment): string[] {
  const { WITHINGS_CLOUD, WITHINGS_API_URL } = env;
  const apiUrl = WITHINGS_API_URL ?? CLOUDS[WITHINGS_CLOUD === 'us' ? 'us' : 'eu'].apiUrl;
  if (!hasClient(env) || !URL.canParse(apiUrl)) return []; // the latter is a fault of its own
  const fault = proxyFault(env, apiUrl);
  return fault === null ? [] : [fault];
}
