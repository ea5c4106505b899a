import type { RequestHandler } from 'express';
import { Problem } from '../problems/catalogue.ts';

/** Nobody is served from a store that is held: what it says of them may not be true any more. */
export function refuseWhileHeld(isHeld: () => Promise<boolean>): RequestHandler {
  return async (_req, _res, next) => {
    if (await isHeld()) throw new Problem('store-held');
    next();
  };
}
