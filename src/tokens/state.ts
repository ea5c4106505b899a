import { type Grant, readCode } from '../store/grant.ts';
import type { Cloud } from '../withings/clouds.ts';
import { type RefusalCode, type Refused, type Result, refuse } from '../withings/errors.ts';
import { backoffFor, isUsable } from './timing.ts';

/** What stands between a connection and being well; null when nothing does. */
export function failureOf(grant: Grant, cloud: Cloud): RefusalCode | null {
  if (grant.ended) return readCode(grant.ended.code);
  return grant.cloud === cloud ? lastFailure(grant) : 'other-cloud';
}

/** The grant, if its access token may be used; or why not. @param now milliseconds since 1970 */
export function usable(grant: Grant | null, cloud: Cloud, now: number): Result<Grant> {
  if (!grant) return refuse('not-connected');
  if (grant.ended) return refuse(readCode(grant.ended.code), { remedy: 'reconnect' });
  if (grant.cloud !== cloud) return refuse('other-cloud', { retryAfterSeconds: 3600 });
  return isUsable(grant, now) ? { ok: true, value: grant } : unavailable(grant, now);
}

/** It has not ended, whatever its last refresh was answered: the next may go better. */
function unavailable(grant: Grant, now: number): Refused {
  const retryAfterSeconds = Math.max(1, Math.ceil(backoffFor(grant, now) / 1000));
  const { refusal } = refuse(lastFailure(grant) ?? 'withings-unreachable', { retryAfterSeconds });
  return { ok: false, refusal: { ...refusal, remedy: refusal.remedy === 'report' ? 'report' : 'retry' } };
}

function lastFailure({ lastRefresh }: Grant): RefusalCode | null {
  return lastRefresh === null || lastRefresh.outcome === 'refreshed' ? null : readCode(lastRefresh.outcome);
}
