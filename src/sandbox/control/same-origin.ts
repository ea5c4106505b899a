import { isIP } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { World } from '../world.ts';

/** Embedded, the sandbox shares a site with the app, so cookies say nothing: browsers must name the page. */
export function sameOriginOnly({ publicHost }: World): RequestHandler {
  return (req: Request, res: Response, next: NextFunction): void => {
    const reads = req.method === 'GET' || req.method === 'HEAD';
    if (!reads && (fromElsewhere(req) || (fromBrowser(req) && !isOurName(req.headers.host, publicHost)))) {
      res
        .status(403)
        .json({ error: 'This must come from a page of the sandbox itself, or from no browser.' });
    } else {
      next();
    }
  };
}

/** A name that anyone could point at this machine (DNS rebinding) is not ours, though Origin and Host agree. */
function isOurName(host: string | undefined, publicHost: string | null): boolean {
  if (host === publicHost) return true;
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}

function fromBrowser(req: Request): boolean {
  return req.headers.origin !== undefined || req.headers['sec-fetch-site'] !== undefined;
}

function fromElsewhere(req: Request): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = req.headers;
  if (origin === undefined) return false;
  // What browsers send with our own forms where a proxy adds `Referrer-Policy: no-referrer`.
  if (origin === 'null' && site === 'same-origin') return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
