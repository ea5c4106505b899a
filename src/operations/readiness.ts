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

/** Somebody who has asked within this time will ask again. */
const ASKS_AGAIN_WITHIN_MS = 30_000;
/** How long to wait for that. */
const HEARS_WITHIN_MS = 4000;
/** From hearing it to sending nobody here any more. */
const ACTS_WITHIN_MS = 1500;
const LOOK_MS = 50;

export function createReadiness({ ping, monotonic, sleep }: ReadinessParts): Readiness {
  let ending = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.POSITIVE_INFINITY;

  return {
    async ask() {
      askedAt = monotonic();
      if (ending) toldAt = Math.min(toldAt, askedAt);
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
      const begun = monotonic();
      ending = true;
      if (begun - askedAt > ASKS_AGAIN_WITHIN_MS) return;
      while (monotonic() < Math.min(begun + HEARS_WITHIN_MS, toldAt + ACTS_WITHIN_MS)) await sleep(LOOK_MS);
    },
  };
}
