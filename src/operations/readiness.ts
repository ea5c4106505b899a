/** Whether a load balancer should send people here, and whether it has been told. */
export interface Readiness {
  /** For whoever asks: the store answers and this process is not on its way out. */
  ask(): Promise<boolean>;
  /**
   * From now on the answer is no. Resolves when whoever keeps asking has heard it and had time to act; at once where
   * nobody asks, as on a laptop.
   */
  end(): Promise<void>;
  /** Nobody should count on this process any more. */
  isEnding(): boolean;
}

export interface ReadinessParts {
  /** Rejects when the store does not answer. */
  ping: () => Promise<void>;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
  sleep: (ms: number) => Promise<unknown>;
}

/** How long to wait for the next question: three turns of whoever asks, within these limits. */
const HEARS_WITHIN_MS = { least: 1500, most: 4000 };
/** Somebody who asks so seldom, or has not asked for so many turns, is not waited for. */
const SELDOM_MS = 60_000;
const MISSED_TURNS = 3;
/** From hearing it to sending nobody here any more. */
const ACTS_WITHIN_MS = 1500;
const LOOK_MS = 50;

export function createReadiness({ ping, monotonic, sleep }: ReadinessParts): Readiness {
  let ending = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let turnMs = Number.POSITIVE_INFINITY;
  let toldAt = Number.POSITIVE_INFINITY;

  return {
    async ask() {
      const at = monotonic();
      turnMs = at - askedAt;
      askedAt = at;
      if (ending) toldAt = Math.min(toldAt, at);
      return (
        !ending &&
        ping().then(
          () => true,
          () => false,
        )
      );
    },

    isEnding: () => ending,

    async end() {
      ending = true;
      const { least, most } = HEARS_WITHIN_MS;
      const turnsMs = Math.max(least, MISSED_TURNS * turnMs);
      if (turnMs > SELDOM_MS || monotonic() - askedAt > turnsMs) return;
      const end = monotonic() + Math.min(most, turnsMs);
      while (monotonic() < (toldAt < end ? toldAt + ACTS_WITHIN_MS : end)) await sleep(LOOK_MS);
    },
  };
}
