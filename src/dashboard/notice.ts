import type { Request, Response } from 'express';
import { z } from 'zod';
import { PROBLEMS } from '../problems/catalogue.ts';
import type { Encryption } from '../store/encryption.ts';
import { sealedCookie } from '../web/cookies.ts';
import { refusalCode } from '../withings/errors.ts';
import { otherBrowsers, relative } from './words.ts';

/** What came of a button, said once on the next page: sealed in a cookie, as it is nothing to keep. */
const notice = z.discriminatedUnion('what', [
  z.object({ what: z.literal('refreshed') }),
  z.object({ what: z.literal('too soon'), last: z.number() }),
  z.object({ what: z.literal('refused'), code: refusalCode }),
  z.object({ what: z.literal('others logged out'), browsers: z.number() }),
]);

export type Notice = z.infer<typeof notice>;

export interface Notices {
  leave(res: Response, notice: Notice): void;
  /** In words; null: there is none. */
  take(req: Request, res: Response): string | null;
}

const TTL_MS = 60_000;

export function createNotices(encryption: Encryption, publicUrl: string, now: () => number): Notices {
  const cookie = sealedCookie(encryption, publicUrl, 'notice', notice);
  return {
    leave: (res, left) => cookie.set(res, left, TTL_MS),
    take(req, res) {
      const [found] = cookie.readAll(req);
      cookie.clear(req, res);
      return found ? wordsFor(found, now()) : null;
    },
  };
}

function wordsFor(found: Notice, now: number): string {
  switch (found.what) {
    case 'refreshed':
      return 'Refreshed: Withings gave new tokens.';
    case 'too soon':
      return `The last refresh was ${relative(found.last, now)}. Once a minute is enough, so we asked nothing.`;
    case 'others logged out':
      return `Logged out: ${otherBrowsers(found.browsers)}.`;
    case 'refused':
      return `${PROBLEMS[found.code].title}. ${PROBLEMS[found.code].advice}`;
  }
}
