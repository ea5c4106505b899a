import { describe, type Log } from './logging.ts';

/**
 * Hears what nobody caught, and logs it once. A promise that nobody waited for has cost one piece of work, as a request
 * that failed does, and a broken stream one conversation: the program goes on. Anything else was thrown in the middle
 * of something, and nobody knows what it left half-done in memory: `end` is called, once. The store is as it is after
 * a kill, which custody stands.
 */
export function catchTheRest(log: Log, end: () => void): void {
  let ending = false;
  process.on('uncaughtException', (error, origin) => {
    log.error({ error: describe(error), origin }, 'nobody caught this');
    if (ending || origin === 'unhandledRejection' || isOfOneStream(error)) return;
    ending = true;
    end();
  });
}

function isOfOneStream({ code = '' }: NodeJS.ErrnoException): boolean {
  return /^(EPIPE|ECONN\w+|ETIMEDOUT|EIO|ENOTCONN|ERR_STREAM_\w+|ERR_HTTP_\w+)$/.test(code);
}
