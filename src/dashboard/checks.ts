import { LRUCache } from 'lru-cache';
import type { Grant } from '../store/grant.ts';
import type { Clocks } from '../time/clocks.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import { mapResult, type Result } from '../withings/errors.ts';

/** Tries connections out: one call a minute for each at most, in each process; whoever asks again is shown the last. */
export interface Checks {
  check(grant: Grant): Promise<Check>;
}

export interface Check {
  /** Milliseconds since 1970. */
  at: number;
  /** In milliseconds, how long Withings took. */
  result: Result<number>;
  /** Nobody was asked: this is what the last one said. */
  isRepeated: boolean;
}

const EVERY_MS = 60_000;
const MAX_CHECKS = 10_000;

export function createChecks(
  grants: Pick<Grants, 'use'>,
  withings: Pick<Withings, 'probe'>,
  { now, monotonic }: Pick<Clocks, 'now' | 'monotonic'>,
): Checks {
  const known = new LRUCache<string, { at: number; result: Promise<Result<number>> }>({
    maxSize: MAX_CHECKS,
    sizeCalculation: () => 1,
  });
  return {
    async check(grant) {
      const { id, scope } = grant;
      let last = known.get(id);
      const isRepeated = last !== undefined && Math.abs(now() - last.at) < EVERY_MS;
      if (!last || !isRepeated) {
        const at = now();
        const call = async (accessToken: string): Promise<Result<number>> => {
          const begun = monotonic();
          const answer = await withings.probe(accessToken, scope, new Date(at));
          return mapResult(answer, () => monotonic() - begun);
        };
        last = { at, result: grants.use(grant, call) };
        known.set(id, last);
        last.result.catch(() => known.delete(id));
      }
      return { at: last.at, result: await last.result, isRepeated };
    },
  };
}
