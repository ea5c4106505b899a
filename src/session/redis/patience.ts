/** Waits so long for an answer and no longer. */
export interface Patience {
  /** @throws what `tooLate` makes, when the answer has not come in time; it may still take effect */
  for<T>(work: Promise<T>, ms: number, tooLate: () => Error): Promise<T>;
}

const TURN_MS = 100;

/**
 * Time is counted in turns of our own event loop, so that a second in which this process was too busy to read an
 * answer is not held against the server that had sent it.
 */
export function createPatience(): Patience {
  const waiting = new Set<{ turns: number; giveUp: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  function turn(): void {
    for (const one of waiting) {
      one.turns -= 1;
      if (one.turns <= 0) one.giveUp();
    }
  }

  return {
    for(work, ms, tooLate) {
      return new Promise((resolve, reject) => {
        const one = { turns: Math.ceil(ms / TURN_MS), giveUp: () => end(() => reject(tooLate())) };
        function end(tell: () => void): void {
          waiting.delete(one);
          if (waiting.size === 0) {
            clearInterval(timer);
            timer = undefined;
          }
          tell();
        }
        waiting.add(one);
        timer ??= setInterval(turn, TURN_MS);
        work.then(
          (value) => end(() => resolve(value)),
          (error) => end(() => reject(error)),
        );
      });
    },
  };
}
