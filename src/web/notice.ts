import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Encryption } from '../store/encryption.ts';
import { sealedCookie } from './cookies.ts';
import { isForPage } from './requests.ts';

/** What came of a button, said once on the next page: sealed in a cookie, as it is nothing to keep. */
export interface Notices {
  leave(res: Response, words: string): void;
  /** Null: there is none. */
  take(req: Request, res: Response): string | null;
  /** Nobody is told any more: somebody else may be here. */
  clear(req: Request, res: Response): void;
}

const TTL_MS = 60_000;

export function createNotices(encryption: Encryption, publicUrl: string): Notices {
  const cookie = sealedCookie(encryption, publicUrl, 'notice', z.string());
  return {
    leave: (res, words) => cookie.set(res, words, TTL_MS),
    take(req, res) {
      if (req.method === 'HEAD') return null; // nobody sees that
      // A script that renews the page of another tab would take what is meant for whoever has pressed.
      if (!isForPage(req)) return null;
      const [words] = cookie.readAll(req);
      cookie.clear(req, res);
      return words ?? null;
    },
    clear: cookie.clear,
  };
}
