import { z } from 'zod';

/** A whole number, in decimal digits. */
export function whole(min: number, max: number) {
  const words = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, words)
    .transform(Number)
    .refine((n) => n >= min && n <= max, words);
}

export function oneOf<const Values extends [string, ...string[]]>(...values: Values) {
  return z.enum(values, `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
}

export const onOrOff = oneOf('on', 'off').transform((value) => value === 'on');

export const host = z.string().regex(/^[\w.:-]+$/, 'must be a host name or an address');

export const origin = httpUrl(
  'must be an origin such as https://example.com, without path or query',
  (url) => url.pathname === '/' && !url.search && !url.hash,
);

export const pageUrl = httpUrl('must be an http(s) URL without query', (url) => !url.search);

/** Paths are appended to it. */
export const baseUrl = httpUrl(
  'must be an http(s) URL that ends in a slash',
  (url) => url.href.endsWith('/') && !url.search,
);

function httpUrl(words: string, accepts: (url: URL) => boolean) {
  return z.string().refine((value) => {
    if (!URL.canParse(value)) return false;
    const url = new URL(value);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password && accepts(url);
  }, words);
}

/** With a user and a password perhaps; what is behind the last @ is the host. */
const storeUrl = z.string().refine(
  (url) => {
    const [, userAndPassword = ''] = /^\w+:\/\/(.*)@/s.exec(url) ?? [];
    return !/[@/#?\s]|:.*:|%(?![\da-f]{2})/i.test(userAndPassword);
  },
  {
    message:
      'has a user or a password that is not encoded: write % as %25, @ as %40, : as %3A, / as %2F, # as %23, ? as %3F',
    abort: true,
  },
);

export const redisUrl = storeUrl.refine((value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(value);
  return /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d*)?$/.test(pathname) && !search && !hash;
}, 'must be redis://host:6379 or rediss://user:password@host:6379/0, the address of one primary (docs/scaling.md)');

export const databaseUrl = storeUrl
  .refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname, pathname, hash } = new URL(value);
    return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && /^\/[^/]+$/.test(pathname) && !hash;
  }, 'must be postgres://user:password@host:5432/database?sslmode=verify-full, the address of one primary (docs/scaling.md)')
  .refine(
    isTlsKnown,
    'has a parameter of TLS that means nothing here, so that there might be no TLS: sslmode is disable, require, verify-ca, verify-full or no-verify',
  );

const TLS: Record<string, RegExp> = {
  ssl: /^(true|false|0|1)$/,
  sslmode: /^(disable|prefer|require|verify-ca|verify-full|no-verify)$/,
  sslnegotiation: /^(direct|postgres)$/,
  sslcert: /./,
  sslkey: /./,
  sslrootcert: /./,
};

/** The driver passes over what it does not know, and connects without TLS. */
function isTlsKnown(url: string): boolean {
  const given = URL.canParse(url) ? [...new URL(url).searchParams] : [];
  return given.every(([name, value]) => !/ssl|tls/i.test(name) || TLS[name]?.test(value));
}

export const scopes = z
  .string()
  .regex(
    /^user\.[a-z]+(,user\.[a-z]+)*$/,
    'must be scopes separated by commas, such as user.info,user.metrics',
  )
  .transform((list) => list.split(','));

/** VSCHAR of RFC 6749, as Withings' dashboard shows it; quotes around it and a comment behind it are no part of it. */
export const credential = z
  .string()
  .regex(
    /^(?!["'`])(?!.* #)[\x20-\x7e]*(?<!["'`])$/,
    'must be as the dashboard of Withings shows it, without quotes or a comment',
  );

const OPENSSL = '(try: openssl rand -hex 32)';

/** For programs that send it in a header. */
export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{32,512}$/, `must be at least 32 characters without spaces ${OPENSSL}`)
  .refine(isStrong, `must be random ${OPENSSL}`);

export const secrets = z
  .string()
  .transform(secretsIn)
  .refine(
    (list) => list.every(isStrong),
    `must be one or more random strings of at least 32 characters, separated by commas ${OPENSSL}`,
  )
  .refine((list) => new Set(list).size === list.length, 'names the same secret twice');

/** The secrets in a list, newest first. */
export function secretsIn(list = ''): string[] {
  return list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/** Looks random, and is none of the examples that people copy. */
export function isStrong(secret: string): boolean {
  const isCopied = /changeme|keyboard cat|random characters/i.test(secret);
  return secret.length >= 32 && new Set(secret).size >= 10 && !isCopied;
}
