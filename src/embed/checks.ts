import { z } from 'zod';
import { readPath } from '../connect/return-to.ts';
import { issuerAt } from '../withings/clouds.ts';
import { brokenCallbackRule } from '../withings/notify.ts';
import { httpUrl, nearest, oneOf, scopes, shown, text, trueOrFalse, whole } from './option-formats.ts';
import { logger, openedStore, ticking, whoIsSignedIn } from './part-formats.ts';

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

const withings = z.strictObject(
  {
    clientId: text('is missing: it is in the Withings developer dashboard'),
    clientSecret: text('is missing: it is in the Withings developer dashboard'),
    scope: scopes(),
    cloud: oneOf('eu', 'us'),
    auth: oneOf('secret', 'signature'),
    recover: trueOrFalse(),
    apiUrl: httpUrl('/', 'such as https://withings.example/, which ends in a slash').optional(),
    authorizeUrl: httpUrl('', 'such as https://withings.example/oauth2_user/authorize2').optional(),
    issuer: oneOf('eu', 'us'),
    timeoutMs: whole(100, 60_000),
    callsPerMinute: whole(10, 100_000),
  },
  { error: onlyForMissing('is missing', '{ clientId, clientSecret } of your application at Withings') },
);

const connectOptions = z
  .strictObject(
    {
      url: httpUrl('router', 'such as https://app.example.com/withings, without a slash at its end'),
      withings,
      store: openedStore(),
      clocks: ticking(),
      owner: whoIsSignedIn(),
      returnTo: z
        .custom((to) => readPath(to) !== null, { error: ({ input }) => returnWords(input) })
        .optional(),
      webhooks: trueOrFalse(),
      dataFreshSeconds: whole(0, 86_400),
      log: logger(),
    },
    { error: onlyForMissing('are missing', '{ url, withings, store, clocks, owner }') },
  )
  .refine(({ url, returnTo }) => !isOfRouter(url, readPath(returnTo) ?? ''), {
    path: ['returnTo'],
    error: 'must be a page of yours, and none of the addresses of the router',
  })
  .refine(({ withings: { apiUrl, issuer } }) => apiUrl || !issuer, {
    path: ['withings', 'issuer'],
    error: 'says that apiUrl is a gateway to the real Withings: without one leave it out, and write cloud',
  })
  .refine(({ withings }) => cloudsIn(withings).size <= 1, {
    path: ['withings'],
    error: 'names two clouds: cloud, issuer and the one at apiUrl have to be the same',
  })
  .refine(({ url, webhooks, withings: { apiUrl } }) => !webhooks || apiUrl || isCallable(url), {
    path: ['webhooks'],
    error:
      'wants a url that Withings can reach: https, a host name, port 443 or 80, and 255 characters with what is put behind',
  });

/** For a whole object, whose own unknown names have words of their own. What it is instead may hold a secret. */
function onlyForMissing(words: string, wanted: string) {
  return ({ code, input }: { code: string; input?: unknown }) => {
    if (code !== 'invalid_type') return undefined;
    return `${(input ?? null) === null ? words : 'must be an object'}: ${wanted}`;
  };
}

/** The clouds that these speak of; another Withings than theirs is none, and contradicts nothing. */
function cloudsIn({
  cloud,
  issuer,
  apiUrl,
}: {
  cloud?: unknown;
  issuer?: unknown;
  apiUrl?: string | undefined;
}) {
  const spoken = [cloud, issuer, apiUrl === undefined ? undefined : issuerAt(apiUrl)];
  return new Set(spoken.filter((each) => each === 'eu' || each === 'us'));
}

/** Whether this is an address of the router, and no page of the application's. @param path as readPath reads it */
export function isOfRouter(url: string, path: string): boolean {
  const mount = new URL(url).pathname.replace(/\/$/, '').toLowerCase();
  const below = path.toLowerCase().startsWith(`${mount}/`) ? path.slice(mount.length) : '';
  return /^\/(connect|callback|disconnect|webhooks)([/?]|$)/i.test(below);
}

/** Whether Withings takes the address of notifications, whose last step is a secret. */
function isCallable(url: string): boolean {
  return brokenCallbackRule(`${url}/webhooks/withings/${'x'.repeat(43)}`) === null;
}

function returnWords(input: unknown): string {
  const path = typeof input === 'string' && URL.canParse(input) ? new URL(input).pathname : '/';
  const near = readPath(path) ?? '/';
  return `must be a path of your own site, and is ${shown(input)}: write '${near}'`;
}

function unknownWords(path: PropertyKey[], key: string): string {
  const [own, inner] = [Object.keys(connectOptions.shape), Object.keys(withings.shape)];
  const known = path.length > 0 ? inner : own;
  const other = path.length > 0 ? own : inner;
  const words = `${nameOf([...path, key])} is not an option`;
  if (other.includes(key)) return `${words}: it belongs ${path.length > 0 ? 'beside' : 'in'} withings`;
  const near = nearest(key, known);
  if (near) return `${words}: did you mean ${nameOf([...path, near])}`;
  const inside = path.length > 0 ? undefined : nearest(key, inner);
  return inside ? `${words}: did you mean withings.${inside}` : words;
}

function nameOf(path: PropertyKey[]): string {
  return path.length === 0 ? 'options' : path.map(String).join('.');
}
