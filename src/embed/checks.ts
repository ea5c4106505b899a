import { z } from 'zod';
import { readPath } from '../connect/return-to.ts';
import { httpUrl, nearest, oneOf, shown, text, trueOrFalse, whole } from './option-formats.ts';

/**
 * Throws for options that are missing or cannot work, all of them in one error, in words and with the nearest right
 * value: whoever calls from JavaScript has no compiler that says so.
 *
 * @throws TypeError
 */
export function checkOptions(options: unknown): void {
  const { error } = connectOptions.safeParse(options);
  if (!error) return;
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownWords(issue.path, key))
      : [`${nameOf(issue.path)} ${issue.message}`],
  );
  throw new TypeError(`createConnect:${faults.map((fault) => `\n  - ${fault}`).join('')}`);
}

const SCOPES = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'];
const CLOCKS_WORDS = "is missing: import { clocks } from 'withings-connect' and hand them over";
const STORE_WORDS = "must be an open store: openStore('sqlite:./data', { secrets: [secret] })";

const withings = z.strictObject(
  {
    clientId: text('is missing: it is in the Withings developer dashboard'),
    clientSecret: text('is missing: it is in the Withings developer dashboard'),
    scope: z
      .array(z.string(), { error: ({ input }) => scopeWords(input) })
      .refine((list) => list.length > 0 && list.every((each) => /^user\.[a-z]+$/.test(each)), {
        error: ({ input }) => scopeWords(input),
      })
      .optional(),
    cloud: oneOf('eu', 'us'),
    auth: oneOf('secret', 'signature'),
    recover: trueOrFalse(),
    apiUrl: httpUrl('/', 'such as https://withings.example/, which ends in a slash').optional(),
    authorizeUrl: httpUrl('', 'such as https://withings.example/oauth2_user/authorize2').optional(),
    issuer: oneOf('eu', 'us'),
    timeoutMs: whole(100, 60_000),
    callsPerMinute: whole(10, 100_000),
  },
  { error: onlyForMissing('is missing: { clientId, clientSecret } of your application at Withings') },
);

const connectOptions = z
  .strictObject(
    {
      url: httpUrl('router', 'such as https://app.example.com/withings, without a slash at its end'),
      withings,
      store: z.custom((store) => has(store, 'readSession', 'signIn', 'close'), { error: storeWords }),
      clocks: z.custom((clocks) => has(clocks, 'now', 'monotonic', 'sleep'), CLOCKS_WORDS),
      owner: z.custom(isFunction, 'must be a function: (req) => who is signed in, or null for nobody'),
      returnTo: z
        .custom((to) => readPath(to) !== null, { error: ({ input }) => returnWords(input) })
        .optional(),
      webhooks: trueOrFalse(),
      dataFreshSeconds: whole(0, 86_400),
      log: z
        .custom((log) => has(log, 'info', 'warn', 'error'), 'must have info, warn and error, as pino has')
        .optional(),
    },
    { error: onlyForMissing('are missing: { url, withings, store, clocks, owner }') },
  )
  .refine(({ url, webhooks, withings: { apiUrl } }) => !webhooks || apiUrl || isRegistrable(url), {
    path: ['webhooks'],
    error: 'wants a url that Withings can reach: https and a host name',
  });

function has(value: unknown, ...methods: string[]): boolean {
  const object = value as Record<string, unknown> | null | undefined;
  return methods.every((method) => isFunction(object?.[method]));
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** For a whole object, whose own unknown names have words of their own. */
function onlyForMissing(words: string) {
  return ({ code }: { code: string }) => (code === 'invalid_type' ? words : undefined);
}

function isRegistrable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && hostname.includes('.') && !/^[\d.]+$|^\[/.test(hostname);
}

function scopeWords(input: unknown): string {
  const parts = String(input ?? '')
    .split(/[\s,]+/)
    .filter(Boolean); // of a list, too
  const meant = parts.map((part) => nearest(part, SCOPES) ?? part);
  const near = meant.length > 0 ? meant : SCOPES.slice(0, 3);
  return `must be a list of scopes, and is ${shown(input)}: write [${near.map((each) => `'${each}'`).join(', ')}]`;
}

function storeWords({ input }: { input?: unknown }): string {
  return has(input, 'then') ? 'is still being opened: await openStore(…)' : STORE_WORDS;
}

function returnWords(input: unknown): string {
  const path = typeof input === 'string' && URL.canParse(input) ? new URL(input).pathname : '/';
  const near = readPath(path) ?? '/';
  return `must be a path of your own site, and is ${shown(input)}: write '${near}'`;
}

function unknownWords(path: PropertyKey[], key: string): string {
  const known = Object.keys(path.length > 0 ? withings.shape : connectOptions.shape);
  const near =
    nearest(key, known) ?? (path.length > 0 ? undefined : nearest(key, Object.keys(withings.shape)));
  const inside = near && !known.includes(near) ? `withings.${near}` : near && nameOf([...path, near]);
  return `${nameOf([...path, key])} is not an option${inside ? `: did you mean ${inside}` : ''}`;
}

function nameOf(path: PropertyKey[]): string {
  return path.length === 0 ? 'options' : path.map(String).join('.');
}
