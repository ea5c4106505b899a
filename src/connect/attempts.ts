import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { AttemptResult, Spending, SpentAttempt } from '../store/attempts.ts';
import { openSealed } from '../store/encryption.ts';
import { hashed } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { sealedCookie } from '../web/cookies.ts';
import type { Withings } from '../withings/client.ts';

/** What a browser set out to do. */
export interface Attempt {
  demo: boolean;
  /** A path of this site; null: where people usually go. */
  returnTo: string | null;
}

/** The attempts of browsers to connect: begun by a click, bound to the browser, good for ten minutes and once. */
export interface Attempts {
  /** Begins one. Everything about it lies sealed in the state that this returns, and nothing in the store. */
  begin(req: Request, res: Response, attempt: Attempt): string;
  /** Whether this browser began that state, and may still finish it. Spends nothing. */
  open(req: Request, state: string): OpenedAttempt;
  /** Spends it, with what Withings sent back; a repeated visit with the same answer waits for the first. */
  spend(attempt: BegunAttempt, answer: string): Promise<Spending & { mark: SpentAttempt }>;
  finish(mark: SpentAttempt, result: AttemptResult): Promise<void>;
}

export type OpenedAttempt =
  | { outcome: 'open'; attempt: BegunAttempt }
  | { outcome: 'no-cookie' | 'unknown' | 'expired' };

export interface BegunAttempt extends Attempt {
  /** Names it without opening it. The text of a state would not do: base64 has several for the same bytes. */
  id: string;
  /** Names the browser that began it. */
  browser: string;
  expiresAt: number;
}

export interface AttemptsOptions {
  store: Pick<Store, 'spendAttempt' | 'finishAttempt' | 'encryption'>;
  withings: Pick<Withings, 'issuer'>;
  now: () => number;
  publicUrl: string;
  /** How long a repeated visit waits for the first one, in milliseconds. */
  timeoutMs: number;
  /** Who is signed in, where somebody has to be: an attempt is theirs, not of whoever uses the browser after them. */
  ownerOf?: (req: Request) => string;
}

const TTL_MS = 10 * 60_000;
const POLL_MS = 50;
/** A longer return address lies in the cookie, and its hash in the state, which Withings has to carry. */
const MAX_IN_STATE = 160;
const MAX_IN_COOKIE = 4;

const stateContent = z.object({
  issuer: z.string(),
  bearer: z.string(),
  demo: z.boolean(),
  to: z.string().nullable(),
  expiresAt: z.number(),
  id: z.string(),
});

const cookieContent = z.object({ browser: z.string(), returns: z.array(z.string()) });

export function createAttempts(options: AttemptsOptions): Attempts {
  const { store, withings, now, publicUrl, timeoutMs, ownerOf } = options;
  const { encryption } = store;
  /** A value that we did not seal is nobody's: an id that somebody made up is not adopted. */
  const cookie = sealedCookie(encryption, publicUrl, 'connect', cookieContent);
  const bearerOf = (req: Request, browser: string) =>
    hashed(ownerOf ? `${browser} ${ownerOf(req)}` : browser);

  return {
    begin(req, res, { demo, returnTo }) {
      const [known] = cookie.readAll(req);
      const browser = known?.browser ?? random160();
      const isLong = returnTo !== null && returnTo.length > MAX_IN_STATE;
      const returns = [...(known?.returns ?? []), ...(isLong ? [returnTo] : [])].slice(-MAX_IN_COOKIE);
      cookie.set(res, { browser, returns }, TTL_MS);
      const content: z.infer<typeof stateContent> = {
        issuer: withings.issuer,
        bearer: bearerOf(req, browser),
        demo,
        to: isLong ? hashed(returnTo) : returnTo,
        expiresAt: now() + TTL_MS,
        id: random160(),
      };
      return encryption.seal(JSON.stringify(content), 'state');
    },

    open(req, state) {
      const brought = cookie.readAll(req);
      if (brought.length === 0) return { outcome: 'no-cookie' };
      const content = openSealed(encryption, state, 'state', stateContent);
      const own = brought.find(({ browser }) => bearerOf(req, browser) === content?.bearer);
      if (content?.issuer !== withings.issuer || !own) return { outcome: 'unknown' };
      if (content.expiresAt <= now()) return { outcome: 'expired' };
      const { to, demo, expiresAt, id } = content;
      const returnTo = to?.startsWith('/') ? to : (own.returns.find((path) => hashed(path) === to) ?? null);
      return { outcome: 'open', attempt: { id, browser: own.browser, demo, returnTo, expiresAt } };
    },

    async spend({ id, expiresAt }, answer) {
      const mark = { id, answer: hashed(answer), expiresAt };
      const polls = Math.ceil(timeoutMs / POLL_MS);
      for (let poll = 0; poll < polls; poll += 1) {
        const spending = await store.spendAttempt(mark);
        if (spending.outcome !== 'pending') return { ...spending, mark };
        await sleep(POLL_MS);
      }
      return { outcome: 'pending', mark };
    },

    finish: ({ id }, result) => store.finishAttempt(id, result),
  };
}

function random160(): string {
  return randomBytes(20).toString('base64url');
}
