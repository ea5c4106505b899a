import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from '../problems/catalogue.ts';
import { addressOf } from './address.ts';

/** Requests without the key, before they are no longer answered one by one. */
const GUESSES_A_MINUTE = 60;

/** How a key is brought: by a program (RFC 6750 2.1), or as the password of whatever user by a browser (RFC 7617 2). */
const SCHEMES = {
  Bearer: { challenge: 'Bearer', keyIn: (credentials: string) => credentials },
  Basic: {
    challenge: 'Basic realm="Operator", charset="UTF-8"',
    keyIn: (credentials: string) =>
      Buffer.from(credentials, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, ''),
  },
} as const;

/**
 * Lets in whoever brings the key (the name of the scheme in any case: RFC 9110 11.1), so many requests a minute from one
 * address. Who comes without has a budget of their own, so that guessing takes nothing from whoever has the key.
 */
export function requireKey(key: string, perMinute: number, scheme: keyof typeof SCHEMES): RequestHandler {
  const { challenge, keyIn } = SCHEMES[scheme];
  const expected = digest(key);
  const keyed = limitRate(perMinute);
  const guesses = limitRate(GUESSES_A_MINUTE);
  return (req, res, next) => {
    const [, named = '', brought = ''] = /^(\S+) +(.+)$/.exec(req.get('Authorization') ?? '') ?? [];
    const isScheme = named.toLowerCase() === scheme.toLowerCase();
    // In the same time whatever they bring.
    if (timingSafeEqual(digest(isScheme ? keyIn(brought) : ''), expected)) return keyed(req, res, next);
    return guesses(req, res, (error) => {
      if (error) return next(error);
      res.set('WWW-Authenticate', challenge);
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
