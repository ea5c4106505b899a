import { z } from 'zod';
import { brokenCallbackRule } from '../withings/notify.ts';

/** The client that the embedded sandbox knows. */
export const SANDBOX_CLIENT = { id: 'sandbox', secret: 'sandbox-secret' };

const REDIS_URL_WORDS =
  'must be redis://host:6379 or rediss://user:password@host:6379/0, the address of one primary (docs/scaling.md)';

export type Settings = z.output<typeof settings>;

function whole(min: number, max: number, fallback: number) {
  const words = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, words)
    .transform(Number)
    .refine((n) => n >= min && n <= max, words)
    .default(fallback);
}

function httpUrl(words: string, accepts: (url: URL) => boolean) {
  return z.string().refine((value) => {
    if (!URL.canParse(value)) return false;
    const url = new URL(value);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password && accepts(url);
  }, words);
}

/** Every setting: its name, what it may be, and its default. The words follow the name in a fault. */
export const settings = z.object({
  PORT: whole(1, 65535, 3000),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .default('0.0.0.0'),
  PUBLIC_URL: httpUrl(
    'must be an origin such as https://example.com, without path or query',
    (url) => url.pathname === '/' && !url.search && !url.hash,
  ).optional(),
  WITHINGS_CLIENT_ID: z.string().optional(),
  WITHINGS_CLIENT_SECRET: z.string().optional(),
  WITHINGS_SCOPE: z
    .string()
    .regex(
      /^user\.[a-z]+(,user\.[a-z]+)*$/,
      'must be scopes separated by commas, such as user.info,user.metrics',
    )
    .default('user.info,user.metrics,user.activity'),
  WITHINGS_CLOUD: z.enum(['eu', 'us'], 'must be eu or us').default('eu'),
  WITHINGS_AUTH: z.enum(['secret', 'signature'], 'must be secret or signature').default('secret'),
  WITHINGS_AUTHORIZE_URL: httpUrl('must be an http(s) URL without query', (url) => !url.search).optional(),
  WITHINGS_API_URL: httpUrl(
    'must be an http(s) URL that ends in a slash',
    (url) => url.href.endsWith('/') && !url.search,
  ).optional(),
  WITHINGS_TIMEOUT_MS: whole(100, 60_000, 10_000),
  REFRESH_MARGIN_SECONDS: whole(0, 10_800, 600),
  WITHINGS_CALLS_PER_MINUTE: whole(10, 100_000, 120),
  SWEEP_SECONDS: whole(1, 3600, 30),
  SESSION_SECRET: z
    .string()
    .refine((list) => sessionSecrets(list).every(isStrong), {
      message:
        'must be one or more random strings of at least 32 characters, separated by commas (try: openssl rand -hex 32)',
    })
    .refine((list) => new Set(sessionSecrets(list)).size === sessionSecrets(list).length, {
      message: 'names the same secret twice',
    })
    .optional(),
  SESSION_IDLE_DAYS: whole(1, 400, 30),
  SESSION_MAX_DAYS: whole(1, 400, 365),
  DATA_DIR: z.string().default('./data'),
  REDIS_URL: z.string().refine(isRedisUrl, REDIS_URL_WORDS).optional(),
  TRUST_PROXY: whole(0, 10, 0),
  WITHINGS_RECOVER: z.enum(['on', 'off'], 'must be on or off').default('off'),
  WEBHOOKS: z.enum(['on', 'off'], 'must be on or off').default('off'),
  PARTNER_API_KEY: z
    .string()
    .regex(
      /^[\x21-\x7e]{32,512}$/,
      'must be at least 32 characters without spaces (try: openssl rand -hex 32)',
    )
    .refine(isStrong, 'must be random (try: openssl rand -hex 32)')
    .optional(),
  SANDBOX_PORT: whole(1, 65535, 4000),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
      'must be fatal, error, warn, info, debug or silent',
    )
    .default('info'),
});

/** Faults that no single setting shows: what must be set together, and what must not. */
export function contradictions(env: Record<string, string>): string[] {
  const faults: string[] = [];
  const real = env.WITHINGS_CLIENT_ID !== undefined || env.WITHINGS_CLIENT_SECRET !== undefined;
  if (real && (!env.WITHINGS_CLIENT_ID || !env.WITHINGS_CLIENT_SECRET)) {
    faults.push(
      'WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET belong together: set both, or neither to use the sandbox.',
    );
  }
  if (real && sessionSecrets(env.SESSION_SECRET ?? '').length === 0) {
    faults.push(
      'SESSION_SECRET is required with a real Withings application (make one: openssl rand -hex 32).',
    );
  }
  if (real && sessionSecrets(env.SESSION_SECRET ?? '').includes(env.WITHINGS_CLIENT_SECRET ?? '')) {
    faults.push('SESSION_SECRET must not be the client secret: Withings knows that one too.');
  }
  const { PARTNER_API_KEY: key } = env;
  if (
    key !== undefined &&
    [...sessionSecrets(env.SESSION_SECRET ?? ''), env.WITHINGS_CLIENT_SECRET].includes(key)
  ) {
    faults.push('PARTNER_API_KEY must be a secret of its own: your partner knows it.');
  }
  if (real && env.WITHINGS_CLIENT_ID !== SANDBOX_CLIENT.id) {
    for (const name of ['PUBLIC_URL', 'WITHINGS_API_URL', 'WITHINGS_AUTHORIZE_URL']) {
      if (isOpenlyHttp(env[name]))
        faults.push(`${name} must be https, except on this machine itself (localhost).`);
    }
  }
  if (env.WITHINGS_CLIENT_ID === SANDBOX_CLIENT.id && !env.WITHINGS_API_URL) {
    faults.push(
      "WITHINGS_CLIENT_ID is the sandbox's own: set WITHINGS_API_URL and WITHINGS_AUTHORIZE_URL to that sandbox as well.",
    );
  }
  if (!real && (env.WITHINGS_API_URL || env.WITHINGS_AUTHORIZE_URL)) {
    faults.push(
      'WITHINGS_API_URL and WITHINGS_AUTHORIZE_URL need WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET.',
    );
  }
  if (real && env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    faults.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens over connections that nobody checked: remove it.',
    );
  }
  if (
    real &&
    env.WEBHOOKS === 'on' &&
    env.WITHINGS_CLIENT_ID !== SANDBOX_CLIENT.id &&
    isWithings(env.WITHINGS_API_URL)
  ) {
    faults.push(...callbackFaults(env.PUBLIC_URL ?? 'http://localhost'));
  }
  if (env.REDIS_URL && sessionSecrets(env.SESSION_SECRET ?? '').length === 0) {
    faults.push(
      'REDIS_URL needs SESSION_SECRET, the same for every instance (make one: openssl rand -hex 32).',
    );
  }
  return faults;
}

const CALLBACK_RULES = {
  https: 'an https address',
  host: 'a host name that the whole internet knows, not localhost or an IP address',
  port: 'port 443 or 80',
  length: 'at most 255 characters',
};

/** Withings' rules for the addresses that it notifies, asked before Withings says no without saying why. */
function callbackFaults(publicUrl: string): string[] {
  if (!URL.canParse(publicUrl)) return []; // a fault of its own
  const rule = brokenCallbackRule(`${new URL(publicUrl).origin}/webhooks/withings/${'x'.repeat(43)}`);
  return rule === null
    ? []
    : [
        `WEBHOOKS=on needs a PUBLIC_URL that Withings agrees to call: ${CALLBACK_RULES[rule]} (it is ${publicUrl}).`,
      ];
}

/** Withings' own API, of whatever cloud, and not a sandbox. */
function isWithings(apiUrl: string | undefined): boolean {
  if (apiUrl === undefined) return true;
  return URL.canParse(apiUrl) && /(^|\.)withings(med)?\.net$/.test(new URL(apiUrl).hostname);
}

function isOpenlyHttp(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function isRedisUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(value);
  return /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d*)?$/.test(pathname) && !search && !hash;
}

/** The list in SESSION_SECRET, newest first. */
export function sessionSecrets(list: string): string[] {
  return list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

function isStrong(secret: string): boolean {
  return secret.length >= 32 && new Set(secret).size >= 10 && !/changeme|keyboard cat/i.test(secret);
}
