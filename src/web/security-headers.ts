import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The headers of every answer. Differences from helmet's defaults, and why:
 * - CSP begins from nothing: the pages need one stylesheet and forms to this site; the dashboard and two pages beside it have a script;
 * - `same-origin` instead of `no-referrer`: with the latter browsers send `Origin: null` with our own forms, which
 *   the same-origin check could not tell from a stranger's;
 * - HSTS only on https, and never for localhost: browsers would keep to it for every other program of that machine.
 */
export function securityHeaders(publicUrl: string): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: [ownScript],
        connectSrc: [ownScript],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: true,
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: /^https:(?!\/\/localhost(:|$))/.test(publicUrl)
      ? { maxAge: 63_072_000, includeSubDomains: true }
      : false,
    xFrameOptions: { action: 'deny' },
  });
}

function ownScript(req: IncomingMessage): string {
  return /^\/(dashboard|inspect|explore)(\?|$)/.test(req.url ?? '') ? "'self'" : "'none'";
}

/** For everything that depends on who asks. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};
