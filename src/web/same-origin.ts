import type { RequestHandler } from 'express';
import { Problem } from '../problems/catalogue.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that change something unless the browser says that one of our own pages sent them.
 * Sec-Fetch-Site and Origin cannot be set by a page; whichever is there must agree, and one of them must be.
 */
export function refuseCrossSite(publicUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (SAFE.has(req.method)) return next();
    const site = req.get('Sec-Fetch-Site');
    const origin = req.get('Origin');
    const ours =
      (site !== undefined || origin !== undefined) &&
      (site === undefined || site === 'same-origin') &&
      (origin === undefined || origin === publicUrl);
    if (!ours) throw new Problem('cross-site');
    next();
  };
}
