import { inspect } from 'node:util';
import { z } from 'zod';
import { distance } from '../config/misspelt.ts';

// What an option may be, and what is said of one that is something else: with the nearest that would do.

/** Visible characters; what an unset variable turns into when it is put into a text is none. @param words for nothing */
export function text(words: string) {
  return z
    .string(words)
    .min(1, words)
    .regex(
      /^(?!(undefined|null)$)[\x21-\x7e]*$/,
      'must be as Withings shows it, without spaces or line ends',
    );
}

/** One of a few words, or nothing. */
export function oneOf(...values: [string, ...string[]]) {
  const [first, last] = [values[0], values.at(-1)];
  return z
    .enum(values, {
      error: ({ input }) => {
        const near = typeof input === 'string' ? nearest(input, values) : undefined;
        return `must be '${first}' or '${last}', and is ${shown(input)}${near ? `: write '${near}'` : ''}`;
      },
    })
    .optional();
}

/** Withings, "OAuth authorization URL". */
const SCOPES = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'];

/** A list of those, each once, or nothing. */
export function scopes() {
  const words = ({ input }: { input?: unknown }) => {
    const parts = String(input ?? '').split(/[\s,]+/); // of a list, too
    const meant = new Set(parts.flatMap((part) => nearest(part, SCOPES) ?? []));
    const near = meant.size > 0 ? [...meant] : SCOPES.slice(0, 3);
    return `must be a list of scopes, and is ${shown(input)}: write [${near.map((each) => `'${each}'`).join(', ')}]`;
  };
  const fits = (list: string[]) =>
    list.length > 0 && new Set(list).size === list.length && list.every((each) => SCOPES.includes(each));
  return z.array(z.string(), { error: words }).refine(fits, { error: words }).optional();
}

/** What an environment would say for it is no boolean. */
export function trueOrFalse() {
  return z
    .boolean({
      error: ({ input }) => {
        const means = /^(on|true|yes|1)$/i.test(String(input));
        return `must be true or false, and is ${shown(input)}: write ${means}`;
      },
    })
    .optional();
}

/** A whole number between these, both included, or nothing. */
export function whole(least: number, most: number) {
  const words = ({ input }: { input?: unknown }) => {
    const meant = Math.min(Math.max(Math.round(Number(input)), least), most);
    const near = Number.isFinite(meant) ? `: write ${meant}` : '';
    return `must be a whole number from ${least} to ${most}, and is ${shown(input)}${near}`;
  };
  return z
    .number({ error: words })
    .refine((n) => Number.isInteger(n) && n >= least && n <= most, { error: words })
    .optional();
}

/** @param kind `/`: it ends in a slash; `router`: it does not, and `/callback` is put behind it */
export function httpUrl(kind: '' | '/' | 'router', example: string) {
  const fits = (value: string) => faultOf(value, kind) === undefined;
  const words = ({ input }: { input?: unknown }) => {
    const meant = urlMeant(String(input ?? ''), kind);
    const why = faultOf(String(input), kind);
    return `must be an http(s) URL ${example}, and is ${shown(input)}${why && ` (${why})`}${fits(meant) ? `: write '${meant}'` : ''}`;
  };
  return z.string({ error: words }).refine(fits, { error: words, abort: true });
}

/** What is wrong with it, perhaps nothing to speak of; undefined: nothing. */
function faultOf(value: string, kind: string): string | undefined {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) return '';
  const url = new URL(value);
  const faults: [boolean, string][] = [
    [url.username + url.password !== '', 'no place for a user or a password'],
    [/[?#]/.test(value), 'with a query or a fragment'],
    [/\/\/|%(?![\da-f]{2})/i.test(url.pathname), 'with // or a bad escape in its path'],
    [(kind === '/') !== value.endsWith('/'), ''],
    [url.href !== value && url.href !== `${value}/`, 'not as browsers write it'],
    [!isSafe(url), 'readable on the way there: https'],
    [kind === 'router' && /[:*]/.test(url.pathname), 'one address for everybody: no parameters of a route'],
    [kind === 'router' && url.pathname.endsWith('/callback'), '/callback is put behind it'],
    [kind === 'router' && value.length > 255 - '/callback'.length, 'too long: 255 characters with /callback'],
  ];
  return faults.find(([isSo]) => isSo)?.[1];
}

/** On the way to a host that the internet knows, anybody could read a token in plain http. */
function isSafe({ protocol, hostname }: URL): boolean {
  const isNear =
    /^[^.:]+$/.test(hostname) || // localhost, a name in a network of containers
    /^\[(::1\]|f[cd]|fe[89ab])/.test(hostname) ||
    /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$|\.(localhost|test|local|internal)$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isNear);
}

function urlMeant(written: string, kind: string): string {
  const isLocal = /^(localhost|127\.)/.test(written);
  const whole = /^\w+:\/\//.test(written.trim())
    ? written.trim()
    : `${isLocal ? 'http' : 'https'}://${written}`;
  if (!URL.canParse(whole)) return '';
  const url = new URL(whole);
  const path = url.pathname.replace(/\/{2,}/g, '/').replace(kind === 'router' ? /\/callback\/*$/ : /$^/, '');
  if (!isSafe(url)) url.protocol = 'https:';
  const bare = `${url.protocol}//${url.host}${path}`.replace(/\/+$/, '');
  return kind === '/' ? `${bare}/` : bare;
}

/** What was meant, perhaps: no more than two letters away. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, distance: distance(written.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 ? best.each : undefined;
}

/** Never what a secret is: only options that hold none are shown, and of an address no password. */
export function shown(input: unknown): string {
  if (input === undefined) return 'missing';
  const whole = inspect(input, {
    depth: 1,
    breakLength: Infinity,
    maxStringLength: 100,
    customInspect: false,
  });
  return whole.replace(/\/\/.*@/gs, '//…@');
}
