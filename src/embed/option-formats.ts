import { z } from 'zod';
import { distance } from '../config/misspelt.ts';

// What an option may be, and what is said of one that is something else: with the nearest that would do.

/** @param words for none, and for what is no text */
export function text(words: string) {
  return z.string(words).min(1, words);
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

/** @param kind `/`: it ends in a slash; `router`: it does not, and has no query either */
export function httpUrl(kind: '' | '/' | 'router', example: string) {
  const fits = (value: string) =>
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol) &&
    (kind === '/' ? value.endsWith('/') : !value.endsWith('/')) &&
    (kind !== 'router' || !/[?#]/.test(value));
  const words = ({ input }: { input?: unknown }) => {
    const meant = urlMeant(String(input ?? ''), kind);
    return `must be an http(s) URL ${example}, and is ${shown(input)}${fits(meant) ? `: write '${meant}'` : ''}`;
  };
  return z.string({ error: words }).refine(fits, { error: words });
}

function urlMeant(written: string, kind: string): string {
  const isLocal = /^(localhost|127\.)/.test(written);
  const whole = /^\w+:\/\//.test(written) ? written : `${isLocal ? 'http' : 'https'}://${written}`;
  const bare = whole.replace(kind === 'router' ? /[?#].*$/ : /$^/, '').replace(/\/+$/, '');
  return kind === '/' ? `${bare}/` : bare;
}

/** What was meant, perhaps: no more than two letters away. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, distance: distance(written.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 ? best.each : undefined;
}

/** Never what a secret is: only options that hold none are shown. */
export function shown(input: unknown): string {
  return typeof input === 'string' ? `'${input}'` : input === undefined ? 'missing' : JSON.stringify(input);
}
