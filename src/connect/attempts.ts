import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Attempt, AttemptResult, TakenAttempt } from '../store/attempts.ts';
import { hashed } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { ownCookie } from '../web/cookies.ts';
import type { Withings } from '../withings/client.ts';

/** The attempts of browsers to connect: begun by a click, bound to the browser, spent by being read. */
export interface Attempts {
  /** Begins one and tells this browser its id. Returns the state to send along: 256 random bits. */
  begin(req: Request, res: Response, attempt: Attempt): Promise<string>;
  /** Takes the attempt of this browser and state; a repeated visit with the same answer waits for the first. */
  take(req: Request, state: string, answer: string): Promise<Taken>;
  finish(state: string, result: AttemptResult): Promise<void>;
  /** The key of an attempt in the store. It is of one cloud: in the other nobody knows it. */
  keyOf(state: string): string;
}

export type Taken = TakenAttempt | { outcome: 'no-cookie' };

export interface AttemptsOptions {
  store: Store;
  withings: Pick<Withings, 'cloud'>;
  now: () => number;
  publicUrl: string;
  /** How long a repeated visit waits for the first one, in milliseconds. */
  timeoutMs: number;
  /** Who is signed in, where somebody has to be: an attempt is theirs, not of whoever uses the browser after them. */
  ownerOf?: (req: Request) => string;
}

const TTL_MS = 10 * 60_000;
const PER_BROWSER = 8;
const POLL_MS = 50;

export function createAttempts(options: AttemptsOptions): Attempts {
  const { store, withings, now, publicUrl, timeoutMs, ownerOf } = options;
  const cookie = ownCookie(publicUrl, 'connect');
  const keyOf = (state: string) => hashed(`${withings.cloud} ${state}`);
  const bearerOf = (req: Request, browser: string) =>
    hashed(ownerOf ? `${browser} ${ownerOf(req)}` : browser);

  /** The id this browser brings, if it has an attempt here: an id that somebody made up is not adopted. */
  async function knownBrowser(req: Request): Promise<string | null> {
    const browser = cookie.read(req);
    return browser && (await store.knowsBrowser(bearerOf(req, browser), now())) ? browser : null;
  }

  return {
    async begin(req, res, attempt) {
      const browser = (await knownBrowser(req)) ?? random256();
      const state = random256();
      const expiresAt = now() + TTL_MS;
      await store.beginAttempt({
        ...attempt,
        state: keyOf(state),
        browser: bearerOf(req, browser),
        expiresAt,
        perBrowser: PER_BROWSER,
      });
      cookie.set(res, browser, TTL_MS);
      return state;
    },

    async take(req, state, answer) {
      const browser = cookie.read(req);
      if (!browser) return { outcome: 'no-cookie' };
      const claim = { state: keyOf(state), browser: bearerOf(req, browser), answer: hashed(answer) };
      const polls = Math.ceil(timeoutMs / POLL_MS);
      for (let poll = 0; poll < polls; poll += 1) {
        const taken = await store.takeAttempt({ ...claim, now: now() });
        if (taken.outcome !== 'pending') return taken;
        await sleep(POLL_MS);
      }
      return { outcome: 'pending' };
    },

    keyOf,
    finish: (state, result) => store.finishAttempt(keyOf(state), result),
  };
}

function random256(): string {
  return randomBytes(32).toString('base64url');
}
