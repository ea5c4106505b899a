import { randomBytes } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { Encryption } from '../store/encryption.ts';
import { sealedCookie } from '../web/cookies.ts';
import { onlyNavigation } from '../web/requests.ts';
import { copied, nameOf, partsOf } from '../withings/exchange.ts';
import { type Cookie, harmless, type Recorder } from './recorder.ts';

/** Which browser an attempt is of: one that has not connected yet has no session to be known by. */
export interface Browsers {
  /** Null: it brings no cookie of ours. */
  of(req: Request): string | null;
  /** Gives it one for an hour from now. */
  know(req: Request, res: Response): string;
}

const TTL_MS = 3_600_000;

export function createBrowsers(encryption: Encryption, publicUrl: string): Browsers {
  const cookie = sealedCookie(encryption, publicUrl, 'inspect', z.string());
  const of = (req: Request) => cookie.readAll(req)[0] ?? null;
  return {
    of,
    know(req, res) {
      const browser = of(req) ?? randomBytes(20).toString('base64url');
      cookie.set(res, browser, TTL_MS);
      return browser;
    },
  };
}

export interface FollowParts {
  recorder: Recorder;
  browsers: Browsers;
  now: () => number;
  onError: (error: unknown) => void;
}

/** Tells the recorder what comes in at the routes to connect, and what goes out. */
export function followAttempts({ recorder, browsers, now, onError }: FollowParts) {
  function begin(req: Request, res: Response, location: string): void {
    const cookies = cookiesIn(res);
    const { name, ...question } = readAuthorize(location);
    recorder.begin(browsers.know(req, res), name, { at: now(), cookies, ...question });
  }

  const arrive: RequestHandler = (req, res, next) => {
    const browser = browsers.of(req);
    const attempt = browser && recorder.arrive(browser, nameOf(String(req.query.state)), partsOf(req.query));
    if (!attempt) return next();
    const finished = () => {
      // What another instance has stored is not told of here.
      if (attempt.outcome === null) attempt.grantId ??= req.session?.withingsId ?? null;
      if (attempt.outcome !== 'connected') return;
      const location = copied(String(res.get('Location')).replace(/[?#].*$/, ''));
      attempt.landed = { at: now(), location, cookies: cookiesIn(res) };
    };
    res.once('finish', harmless(onError, finished, undefined));
    recorder.during(attempt, next);
  };

  const router = Router();
  router.all('/callback', ({ method }, _res, next) => (method === 'GET' ? next() : next('router')));
  router.all('/callback', onlyNavigation, arrive); // nothing else brings an answer
  /** Not at the end of the answer, which a browser that has left never gets. */
  const connected = (req: Request) => recorder.connected(req.session.withingsId ?? null);
  return {
    onBegun: harmless(onError, begin, undefined),
    onConnected: harmless(onError, connected, undefined),
    router,
  };
}

/** Where the browser is sent to ask, as far as it may be told. */
function readAuthorize(location: string) {
  const first = new URL(location);
  const behind = first.searchParams.get('r'); // Withings' logout goes on to there
  const url = behind !== null && URL.canParse(behind) ? new URL(behind) : first;
  const query = Object.fromEntries(url.searchParams);
  return {
    name: nameOf(String(query.state)),
    authorizeUrl: copied(url.origin + url.pathname),
    parts: partsOf(query),
    isOther: url !== first,
  };
}

function cookiesIn(res: Response): Cookie[] {
  return [res.get('Set-Cookie') ?? []].flat().map(cookieOf);
}

function cookieOf(header: string): Cookie {
  const [, name = '', value = '', attributes = ''] = /^([^=]*)=([^;]*);? ?(.*)$/.exec(header) ?? [];
  return { name: copied(name), length: value.length, attributes: copied(attributes) };
}
