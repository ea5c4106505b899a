/** So many at once; the others wait for as long as the server goes on answering, and not a moment longer. */
export interface Queue {
  /** @throws what `fail` was given while this one waited */
  enter(): Promise<void>;
  leave(): void;
  /** Everybody who waits now has waited in vain. */
  fail(error: Error): void;
}

export function createQueue(atOnce: number): Queue {
  let free = atOnce;
  let waiting: { go: () => void; fail: (error: Error) => void }[] = [];
  let next = 0;
  return {
    async enter() {
      if (free > 0) free -= 1;
      else await new Promise<void>((go, fail) => void waiting.push({ go, fail }));
    },
    leave() {
      const first = waiting[next];
      if (!first) {
        free += 1;
        return;
      }
      next += 1;
      if (next === waiting.length) [waiting, next] = [[], 0];
      first.go();
    },
    fail(error) {
      const failed = waiting.slice(next);
      [waiting, next] = [[], 0];
      for (const each of failed) each.fail(error);
    },
  };
}
