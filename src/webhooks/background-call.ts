import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Result } from '../withings/errors.ts';

/** What was in the way, and for how long Withings asks to wait. */
export interface Trouble {
  code: string;
  retryAfterSeconds: number | null;
}

export type Paced<T> = { ok: true; value: T } | { ok: false; trouble: Trouble };

/** Makes one call for this person, after a pause. */
export type BackgroundCall = <T>(
  grant: Grant,
  call: (token: string) => Promise<Result<T>>,
) => Promise<Paced<T>>;

/** About ten calls a person: 80 of the 120 a minute that Withings allows an application. */
export const PACE_OF_CALLS_MS = 250;

export function createBackgroundCall(
  grants: Pick<Grants, 'use'>,
  sleep: (ms: number) => Promise<unknown>,
): BackgroundCall {
  return async (grant, call) => {
    await sleep(PACE_OF_CALLS_MS);
    const used = await grants.use(grant.id, call);
    switch (used.state) {
      case 'answered':
        return used.answer.ok ? used.answer : { ok: false, trouble: used.answer.refusal };
      case 'unavailable':
        return { ok: false, trouble: { code: used.code, retryAfterSeconds: used.retryAfterSeconds } };
      case 'needs-reconnect':
        return { ok: false, trouble: { code: used.code, retryAfterSeconds: null } };
      case 'gone':
        return { ok: false, trouble: { code: 'not-connected', retryAfterSeconds: null } };
    }
  };
}
