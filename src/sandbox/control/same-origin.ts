import type { NextFunction, Request, Response } from 'express';

/** Embedded, the sandbox shares a site with the app, so cookies say nothing: browsers must name the page. */
export function sameOriginOnly(req: Request, res: Response, next: NextFunction): void {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  if (!reads && fromElsewhere(req)) {
    res.status(403).json({ error: 'This must come from a page of the sandbox itself, or from no browser.' });
  } else {
    next();
  }
}

function fromElsewhere(req: Request): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = req.headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
