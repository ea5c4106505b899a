import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from '../problems/catalogue.ts';

/** Refuses whoever does not bring the key (RFC 6750 2.1), in the same time whatever they bring. */
export function requireKey(key: string): RequestHandler {
  const expected = digest(`Bearer ${key}`);
  return (req, res, next) => {
    if (timingSafeEqual(digest(req.get('Authorization') ?? ''), expected)) return next();
    res.set('WWW-Authenticate', 'Bearer');
    throw new Problem('unauthorized');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** So many requests a minute from one address, with the key or without: Withings takes no more from us. */
export function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false, // its advice about proxies goes to the console; TRUST_PROXY is ours to explain
    handler: (_req, _res, next) => next(new Problem('too-many-requests')),
  });
}
