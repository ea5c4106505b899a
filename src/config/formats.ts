import { z } from 'zod';

/** A whole number, in decimal digits. */
export function whole(min: number, max: number, fallback: number) {
  const words = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, words)
    .transform(Number)
    .refine((n) => n >= min && n <= max, words)
    .default(fallback);
}

export function onOrOff() {
  return z
    .enum(['on', 'off'], 'must be on or off')
    .transform((value) => value === 'on')
    .default(false);
}

export function httpUrl(words: string, accepts: (url: URL) => boolean) {
  return z.string().refine((value) => {
    if (!URL.canParse(value)) return false;
    const url = new URL(value);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password && accepts(url);
  }, words);
}

/** One primary: `redis://host:6379`, `rediss://user:password@host:6379/0`. */
export function redisUrl() {
  return z.string().refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname, pathname, search, hash } = new URL(value);
    return /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d*)?$/.test(pathname) && !search && !hash;
  }, 'must be redis://host:6379 or rediss://user:password@host:6379/0, the address of one primary (docs/scaling.md)');
}

/** The secrets in a list, newest first. */
export function secretsIn(list = ''): string[] {
  return list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/** Looks random, and is none of the examples that people copy. */
export function isStrong(secret: string): boolean {
  return secret.length >= 32 && new Set(secret).size >= 10 && !/changeme|keyboard cat/i.test(secret);
}
