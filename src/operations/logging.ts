import type { RequestHandler } from 'express';
import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type Log = Logger;

/** JSON lines, one an event; readable ones where a person looks at them. */
export function createLog(level: string, output: NodeJS.WritableStream & { isTTY?: boolean }): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, output.isTTY ? PinoPretty({ ignore: 'requestId', singleLine: true }) : output);
}

/** For what has to be on record however quiet the log is: who was given a token. `silent` alone silences it. */
export function auditLog(log: Log): Log {
  return log.level === 'silent' ? log : log.child({}, { level: 'info' });
}

const HEALTH = new Set(['/healthz', '/readyz']);

/**
 * One line a request, by route pattern: addresses carry codes and states, so no address is ever written.
 *
 * @param now milliseconds since any fixed moment
 */
export function logRequests(log: Log, now: () => number): RequestHandler {
  return (req, res, next) => {
    const begun = now();
    res.once('finish', () => {
      const route = req.route ? req.baseUrl + String(req.route.path) : 'none';
      const milliseconds = Math.round(now() - begun);
      const level = HEALTH.has(route) ? 'debug' : 'info'; // asked every second by whoever watches over us
      log[level](
        { requestId: req.id, method: req.method, route, status: res.statusCode, milliseconds },
        'request',
      );
    });
    next();
  };
}

/**
 * One line a refresh. Loud where only the operator can mend it (a wrong client secret stops everybody's renewals).
 *
 * @param grant a name that does not say whose it is
 */
export function logRefresh(log: Log, grant: string, refusal: { code: string; remedy: string } | null): void {
  const level = refusal === null ? 'info' : refusal.remedy === 'report' ? 'error' : 'warn';
  log[level]({ grant, outcome: refusal?.code ?? 'refreshed' }, 'refresh');
}
