import type { RequestHandler } from 'express';
import { Problem } from '../problems/catalogue.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that change something unless the browser says that one of our own pages sent them.
 * Sec-Fetch-Site and Origin cannot be set by a page; one of them must be there, and the former decides. `Origin: null`
 * says nothing beside it: a proxy that adds `Referrer-Policy: no-referrer` makes browsers send it with our own forms.
 */
export function refuseCrossSite(publicUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (SAFE.has(req.method)) return next();
    const site = req.get('Sec-Fetch-Site');
    const origin = req.get('Origin');
    const ours =
      site === undefined
        ? origin === publicUrl
        : site === 'same-origin' && [undefined, 'null', publicUrl].includes(origin);
    if (!ours) throw new Problem('cross-site');
    next();
  };
}
