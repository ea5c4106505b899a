/** Rings at once, and then no more often than every `pauseMs`; what is pressed meanwhile is not forgotten. */
export interface Throttle {
  press(): void;
  stop(): void;
}

export function createThrottle(ring: () => void, pauseMs: number): Throttle {
  let resting: NodeJS.Timeout | undefined;
  let wanted = false;

  function rest(): void {
    resting = setTimeout(() => {
      resting = undefined;
      if (wanted) press();
    }, pauseMs);
  }

  function press(): void {
    wanted = resting !== undefined;
    if (wanted) return;
    ring();
    rest();
  }

  return { press, stop: () => clearTimeout(resting) };
}
