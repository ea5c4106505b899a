import { randomUUID } from 'node:crypto';
import express, { type Request, type RequestHandler } from 'express';
import { Problem } from '../problems/catalogue.ts';

declare global {
  namespace Express {
    interface Request {
      /** Names this request on its page, in its answer and in the log. Ours alone: nothing from outside. */
      id: string;
    }
  }
}

const MAX_ADDRESS = 8192;

export const requestId: RequestHandler = (req, res, next) => {
  req.id = randomUUID();
  res.set('X-Request-Id', req.id);
  next();
};

/** No address of ours is long. */
export const addressLimit: RequestHandler = (req, _res, next) => {
  if (req.originalUrl.length > MAX_ADDRESS) throw new Problem('address-too-long');
  next();
};

/** The forms of this site carry a few short fields: larger or other input is refused. */
export const bodyLimits: RequestHandler[] = [
  express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 100 }),
  onlyBodiesOf('application/x-www-form-urlencoded'),
];

/** @param type media type; a request without a body has none */
export function onlyBodiesOf(type: string): RequestHandler {
  return (req, _res, next) => {
    const carriesBody =
      req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
    if (carriesBody && !req.is(type)) throw new Problem('unsupported-type');
    next();
  };
}

/** For a path whose other methods were answered above: says which they are. */
export function onlyMethods(allow: string): RequestHandler {
  return (req, res) => {
    res.set('Allow', allow);
    if (req.method !== 'OPTIONS') throw new Problem('method-not-allowed');
    res.status(204).end();
  };
}

/** Whether a browser shows the answer as a page, as far as it says so: no script fetches it, no image, no frame. */
export function isForPage(req: Request): boolean {
  return (req.get('Sec-Fetch-Dest') ?? 'document') === 'document';
}

/** Only a person who opens a page may begin or spend something: no prefetch, no image or frame of another site. */
export const onlyNavigation: RequestHandler = (req, _res, next) => {
  const purpose = `${req.get('Sec-Purpose') ?? ''} ${req.get('Purpose') ?? ''} ${req.get('X-Purpose') ?? ''} ${req.get('X-Moz') ?? ''}`;
  if (!isForPage(req) || /prefetch|prerender|preview/i.test(purpose)) throw new Problem('not-ahead-of-time');
  next();
};
