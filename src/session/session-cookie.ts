import { sign, unsign } from 'cookie-signature';
import type { Request, Response } from 'express';
import { DAY_MS } from '../time/clocks.ts';
import { cookieAttributes, cookieName, cookieValues } from '../web/cookies.ts';

export interface SessionCookieOptions {
  publicUrl: string;
  secrets: string[];
  isLive: (id: string) => Promise<boolean>;
}

/** As long as browsers keep one: it outlives its session, so that who comes back is told how that ended. */
const MAX_AGE_MS = 400 * DAY_MS;

/** The cookie with the id of a session, as express-session writes it, among others of its name. */
export function createSessionCookie({ publicUrl, secrets, isLive }: SessionCookieOptions) {
  const name = cookieName(publicUrl, 'session');
  const attributes = cookieAttributes(publicUrl);
  /** What it was called before: a session that began then stays valid, and its cookie is given the new name. */
  const oldName = attributes.secure ? '__Host-session' : 'session';

  /** What this browser brings that we have signed. */
  function ownOf(req: Request): { named: string; value: string; id: string }[] {
    return [name, oldName].flatMap((named) =>
      cookieValues(req, named).flatMap((value) => {
        const id = idIn(value);
        return id === null ? [] : [{ named, value, id }];
      }),
    );
  }

  function idIn(value: string): string | null {
    if (!value.startsWith('s:')) return null;
    const ids = secrets.map((secret) => unsign(value.slice(2), secret));
    return ids.find((id) => id !== false) || null;
  }

  async function firstLive(ids: Set<string>): Promise<string | undefined> {
    for (const id of ids) if (await isLive(id)) return id;
    return undefined;
  }

  return {
    name,
    options: { ...attributes, maxAge: MAX_AGE_MS },

    /** Puts the cookie of a live session in front: express-session takes the first of its name, whatever it is. */
    async choose(req: Request, res: Response): Promise<void> {
      const own = ownOf(req);
      const ids = new Set(own.map(({ id }) => id));
      let [chosen] = own;
      if (ids.size > 1 || chosen?.named === oldName) {
        const live = await firstLive(ids);
        chosen = own.find(({ id }) => id === live);
        if (chosen?.named === oldName) res.cookie(name, chosen.value, { ...attributes, maxAge: MAX_AGE_MS });
      }
      if (chosen) req.headers.cookie = `${name}=${encodeURIComponent(chosen.value)}; ${req.headers.cookie}`;
    },

    /** Ids that we have signed: who guesses one learns nothing, and costs nothing. */
    idsIn: (req: Request) => [...new Set(ownOf(req).map(({ id }) => id))],

    /** Begins its time anew, under the newest secret. */
    renew(res: Response, id: string): void {
      const [newest = ''] = secrets;
      res.cookie(name, `s:${sign(id, newest)}`, { ...attributes, maxAge: MAX_AGE_MS });
    },

    clear(req: Request, res: Response): void {
      const names = new Set([name, ...ownOf(req).map(({ named }) => named)]);
      for (const each of names) res.clearCookie(each, attributes);
    },
  };
}
