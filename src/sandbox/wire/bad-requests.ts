import express, { type ErrorRequestHandler, type RequestHandler } from 'express';

const limit = '16kb';

/** Forms and JSON, small ones. A body that the host has read already is left as it is. */
export function readBodies(): RequestHandler[] {
  return [express.urlencoded({ extended: false, limit }), express.json({ limit })];
}

/** What a caller got wrong (too large, not JSON, not decodable) is answered here; the rest is the host's. */
export const refuseBadRequests: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  const status = statusOf(error);
  if (status === undefined || res.headersSent) return next(error);
  res.status(status).json({ error: status === 413 ? 'More than 16 KB.' : 'This could not be read.' });
};

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
