import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from '../problems/catalogue.ts';
import { addressOf } from '../web/address.ts';

/** Requests without the key, before they are no longer answered one by one. */
const GUESSES_A_MINUTE = 60;

/**
 * Lets in whoever brings the key (RFC 6750 2.1; the scheme in any case: RFC 9110 11.1), so many requests a minute from
 * one address. Who comes without has a budget of their own, so that guessing takes nothing from whoever has the key.
 */
export function requireKey(key: string, perMinute: number): RequestHandler {
  const expected = digest(key);
  const keyed = limitRate(perMinute);
  const guesses = limitRate(GUESSES_A_MINUTE);
  return (req, res, next) => {
    const [, brought = ''] = /^bearer +(.+)$/i.exec(req.get('Authorization') ?? '') ?? [];
    // In the same time whatever they bring.
    if (timingSafeEqual(digest(brought), expected)) return keyed(req, res, next);
    return guesses(req, res, (error) => {
      if (error) return next(error);
      res.set('WWW-Authenticate', 'Bearer');
      next(new Problem('unauthorized'));
    });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: addressOf,
    validate: false, // its advice about proxies goes to the console; TRUST_PROXY is ours to explain
    handler: (_req, _res, next) => next(new Problem('too-many-requests')),
  });
}
