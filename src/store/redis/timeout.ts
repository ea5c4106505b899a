/** Waits so long for an answer and no longer. */
export interface Timeouts {
  /** @throws what `tooLate` makes, when the answer has not come in time; it may still take effect */
  for<T>(work: Promise<T>, ms: number, tooLate: () => Error): Promise<T>;
}

const TURN_MS = 100;
/** A turn that comes later than this was held up by work of our own. */
const ON_TIME_MS = 120;
/** However busy we are: after so many turns nobody waits any longer. */
const MAX_TURNS = 100;

/**
 * Time is counted in turns of our own event loop, and only in those that come on time: while this process is too busy
 * to read the answers that have arrived, nothing is held against the server that sent them.
 */
export function createTimeouts(): Timeouts {
  const waiting = new Set<{ left: number; turns: number; giveUp: () => void }>();
  let timer: NodeJS.Timeout | undefined;
  let turnedAt = 0;

  function turn(): void {
    const now = performance.now();
    const isOnTime = now - turnedAt <= ON_TIME_MS;
    turnedAt = now;
    for (const one of waiting) {
      one.turns += 1;
      if (isOnTime) one.left -= 1;
      if (one.left <= 0 || one.turns >= MAX_TURNS) one.giveUp();
    }
  }

  function begin(): void {
    turnedAt = performance.now();
    timer = setInterval(turn, TURN_MS).unref();
  }

  return {
    for(work, ms, tooLate) {
      return new Promise((resolve, reject) => {
        const one = { left: Math.ceil(ms / TURN_MS), turns: 0, giveUp: () => end(() => reject(tooLate())) };
        function end(tell: () => void): void {
          waiting.delete(one);
          if (waiting.size === 0) {
            clearInterval(timer);
            timer = undefined;
          }
          tell();
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
