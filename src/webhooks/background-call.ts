import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Result } from '../withings/errors.ts';

/** Makes one call for this person, after a pause. */
export type BackgroundCall = <T>(
  grant: Grant,
  call: (token: string) => Promise<Result<T>>,
) => Promise<Result<T>>;

/** About ten calls a person: 80 of the 120 a minute that Withings allows an application. */
export const PACE_OF_CALLS_MS = 250;

export function createBackgroundCall(
  grants: Pick<Grants, 'use'>,
  sleep: (ms: number) => Promise<unknown>,
): BackgroundCall {
  return async (grant, call) => {
    await sleep(PACE_OF_CALLS_MS);
    return grants.use(grant, call);
  };
}
