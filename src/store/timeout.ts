/** Waits so long for an answer and no longer. */
export interface Timeouts {
  /** @throws what `tooLate` makes, when the answer has not come in time; it may still take effect */
  for<T>(work: Promise<T>, ms: number, tooLate: () => Error): Promise<T>;
}

const TICK_MS = 100;
/** A tick that comes later than this was held up by work of our own. */
const ON_TIME_MS = 120;
/** However busy we are: after so many ticks nobody waits any longer. */
const MAX_TICKS = 100;

/**
 * Time is counted in ticks of our own event loop, and only in those that come on time: while this process is too busy
 * to read the answers that have arrived, nothing is held against the server that sent them.
 */
export function createTimeouts(): Timeouts {
  const waiting = new Set<{ remaining: number; ticks: number; giveUp: () => void }>();
  let timer: NodeJS.Timeout | undefined;
  let tickedAt = 0;

  function tick(): void {
    const now = performance.now();
    const isOnTime = now - tickedAt <= ON_TIME_MS;
    tickedAt = now;
    for (const one of waiting) {
      one.ticks += 1;
      if (isOnTime) one.remaining -= 1;
      if (one.remaining <= 0 || one.ticks >= MAX_TICKS) one.giveUp();
    }
  }

  function begin(): void {
    tickedAt = performance.now();
    timer = setInterval(tick, TICK_MS).unref();
  }

  return {
    for(work, ms, tooLate) {
      return new Promise((resolve, reject) => {
        const one = {
          remaining: Math.ceil(ms / TICK_MS),
          ticks: 0,
          giveUp: () => end(() => reject(tooLate())),
        };
        function end(settle: () => void): void {
          waiting.delete(one);
          if (waiting.size === 0) {
            clearInterval(timer);
            timer = undefined;
          }
          settle();
        }
        waiting.add(one);
        if (timer === undefined) begin();
        work.then(
          (value) => end(() => resolve(value)),
          (error) => end(() => reject(error)),
        );
      });
    },
  };
}
