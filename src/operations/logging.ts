import { createRequire } from 'node:module';
import type { Request, RequestHandler } from 'express';
import { type Logger, pino } from 'pino';
import type { PinoPretty } from 'pino-pretty';
import type { Observer } from './observer.ts';

export type Log = Logger;

/** JSON lines, one an event; readable ones where a person looks at them. */
export function createLog(level: string, output: NodeJS.WritableStream & { isTTY?: boolean }): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  output.off('error', unread).on('error', unread);
  return pino(options, output.isTTY ? readable(output) : output);
}

/** What makes the lines readable is loaded where somebody reads them. */
function readable(destination: NodeJS.WritableStream): NodeJS.WritableStream {
  const pretty: typeof PinoPretty = createRequire(import.meta.url)('pino-pretty');
  return pretty({ ignore: 'requestId', singleLine: true, destination });
}

/** Whoever read the log is gone (EPIPE): no reason to stop serving. */
function unread(): void {}

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
export function logRequests(
  log: Log,
  now: () => number,
  { onRequest }: Pick<Observer, 'onRequest'>,
): RequestHandler {
  return (req, res, next) => {
    const begun = now();
    res.once('finish', () => {
      const route = routeOf(req);
      const milliseconds = Math.round(now() - begun);
      const level = HEALTH.has(route) ? 'debug' : 'info'; // asked every second by whoever watches over us
      log[level](
        { requestId: req.id, method: req.method, route, status: res.statusCode, milliseconds },
        'request',
      );
      onRequest({ method: req.method, route, status: res.statusCode, milliseconds });
    });
    next();
  };
}

function routeOf({ route, baseUrl, originalUrl }: Request): string {
  if (route) return baseUrl + String(route.path);
  return originalUrl.startsWith('/assets/') ? '/assets' : 'none';
}

/** What happens while nobody waits for it, one line each. `grant`: a name that does not say whose it is. */
export function backgroundLog(log: Log): Observer {
  return {
    ...SILENT,
    onError(error) {
      log.error({ error: describe(error) }, 'background work failed');
    },
    onRefresh(grant, refusal) {
      log[refusal ? levelOf(refusal) : 'info']({ grant, outcome: refusal?.code ?? 'refreshed' }, 'refresh');
    },
    onLost(grant, { tried, ...lost }) {
      log.warn({ grant, ...lost, tried: tried.join(', ') }, 'connection lost');
    },
    onRevocation(grant, outcome) {
      log[outcome === 'revoked' || outcome === 'demo' ? 'info' : 'warn']({ grant, outcome }, 'revocation');
    },
    onNoAnswer(what) {
      log.warn(what, 'no answer from Withings');
    },
    onBusyDay(day) {
      log.warn(day, 'most of what Withings allows in a day is used');
    },
    onSkipped(action, count) {
      log.warn({ action, count }, 'odd data left out');
    },
    onHandled(grant, appli, outcome) {
      log.info({ grant, appli, outcome }, 'notification');
    },
  };
}

/** Of these there is no line: requests have one already, and the rest is for counting. */
const SILENT = {
  onRequest() {},
  onConnecting() {},
  onDisconnected() {},
  onCall: () => () => {},
  onTurn() {},
  onStreams() {},
  onSweep: () => () => {},
} satisfies Partial<Observer>;

/** Loud where only the operator can help: a wrong client secret stops everybody's renewals. */
export function levelOf({ remedy }: { remedy: string }): 'warn' | 'error' {
  return remedy === 'report' ? 'error' : 'warn';
}

/** What a log may know of an error: its kind and where it came from; messages of a 4xx can quote the request. */
export function describe(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { kind: typeof error };
  const { name, message, stack, code, status } = error as Partial<Error> & {
    code?: unknown;
    status?: unknown;
  };
  if (typeof status === 'number' && status < 500) return { kind: name, code };
  return { kind: name, code, message, stack: stack?.split('\n').slice(1, 8).join('\n') };
}
