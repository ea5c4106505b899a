import { isIP } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { World } from '../world.ts';

/**
 * Embedded, the sandbox shares a site with the app, so cookies say nothing: browsers must name the page. Of what is only
 * read they need not say where it is read from, so there the name that it is asked by decides.
 */
export function sameOriginOnly({ ownHosts }: Pick<World, 'ownHosts'>): RequestHandler {
  return (req: Request, res: Response, next: NextFunction): void => {
    const reads = req.method === 'GET' || req.method === 'HEAD';
    const isOurs = isOurName(req.headers.host, ownHosts);
    if (reads ? !isOurs : fromElsewhere(req) || (fromBrowser(req) && !isOurs)) {
      const error = reads
        ? 'This is read under localhost, an address, or the name that the sandbox was set up for.'
        : 'This must come from a page of the sandbox itself, or from no browser.';
      res.status(403).json({ error });
    } else {
      next();
    }
  };
}

/** A name that anyone could point at this machine (DNS rebinding) is not ours, though Origin and Host agree. */
function isOurName(host: string | undefined, ownHosts: readonly string[]): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  // Nobody owns a name without a dot, such as that of a container, but who runs the network.
  return ownHosts.some((own) => own === host || own === name) || /^[\w-]+$/.test(name) || isIP(name) !== 0;
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
