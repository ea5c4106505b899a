/** The clock of a script in a page, whose timers run out when a test says so. */
export function createTimers() {
  const timers = new Map<number, { run: () => void; ms: number }>();
  let last = 0;
  return {
    clock: {
      setTimeout(run: () => void, ms: number) {
        last += 1;
        timers.set(last, { run, ms });
        return last;
      },
      clearTimeout: (id = 0) => void timers.delete(id),
    },
    /** Milliseconds that each was begun with. */
    waits: () => [...timers.values()].map(({ ms }) => ms),
    /** Another one has another id. */
    ids: () => [...timers.keys()],
    /** The first of them. */
    runOut() {
      const [[id, timer] = []] = timers;
      timers.delete(Number(id));
      timer?.run();
    },
  };
}
