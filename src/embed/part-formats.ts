import { z } from 'zod';
import type { Clocks } from '../time/clocks.ts';

// Options that do something: whether they can, as far as that shows before they have to.

/** One of each thing that a store does. */
const STORE_METHODS = [
  'readSession',
  'signIn',
  'readGrant',
  'writeGrant',
  'claimDueGrants',
  'claimRevocations',
  'spendAttempt',
  'listConnections',
  'readOwners',
  'removeExpired',
  'probe',
  'close',
];
const MS_OF_1973 = 1e11;
const CLOCKS_WORDS = "is missing: import { clocks } from 'withings-connect' and hand them over";
const STORE_WORDS = "must be an open store: openStore('sqlite:./data', { secrets: [secret] })";

export function openedStore() {
  return z.custom((store) => has(store, ...STORE_METHODS), { error: storeWords });
}

export function ticking() {
  const isWhole = (clocks: unknown) => has(clocks, 'now', 'monotonic', 'sleep');
  return z
    .custom<Clocks>(isWhole, { error: CLOCKS_WORDS, abort: true })
    .refine(countsInMs, 'must count in milliseconds: now() since 1970');
}

export function whoIsSignedIn() {
  return z.custom(isFunction, 'must be a function: (req) => who is signed in, or null for nobody');
}

export function logger() {
  const isOne = (log: unknown) => has(log, 'info', 'warn', 'error');
  return z.custom(isOne, 'must have info, warn and error, as pino has').optional();
}

function storeWords({ input }: { input?: unknown }): string {
  return has(input, 'then') ? 'is still being opened: await openStore(…)' : STORE_WORDS;
}

function countsInMs({ now, monotonic }: Clocks): boolean {
  return [now(), monotonic()].every(Number.isFinite) && now() > MS_OF_1973;
}

function has(value: unknown, ...methods: string[]): boolean {
  const object = value as Record<string, unknown> | null | undefined;
  return methods.every((method) => isFunction(object?.[method]));
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
