/** The quota of calls to Withings, which all processes share. */
export interface RateLimitStore {
  /**
   * Takes a place among the calls, which are evenly spaced but for `atOnce` that may come together. 0: go; else
   * milliseconds until it makes sense to ask again.
   */
  takeCall(spacingMs: number, atOnce: number): Promise<number>;
}

/** No call is ever due later; a record that says so is from before the clock was started anew. */
export const MAX_AHEAD_MS = 60_000;
