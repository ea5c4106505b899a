import type { List } from '../withings/data/records.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { Use } from './subscribe.ts';

/** Clocks differ, and Withings files things a little after they happen. */
const OVERLAP_MS = 2 * 60_000;

/**
 * Whether anything came in since a moment, milliseconds since 1970, that these scopes allow to see. Notifications that
 * were missed are not sent again (Withings).
 */
export async function anythingSince(
  use: Use,
  withings: Pick<DataCalls, 'measuresChanged' | 'activity' | 'nights'>,
  scope: string[],
  moment: number,
): Promise<Result<boolean>> {
  const since = new Date(moment - OVERLAP_MS);
  const questions: [string, (token: string) => Promise<Result<List<unknown>>>][] = [
    ['user.metrics', (token) => withings.measuresChanged(token, [...MEASTYPES.keys()], since)],
    ['user.activity', (token) => withings.activity(token, since)],
    ['user.activity', (token) => withings.nights(token, since)],
  ];
  for (const [, ask] of questions.filter(([needed]) => scope.includes(needed))) {
    const answer = await use(ask);
    if (!answer.ok || answer.value.rows.length > 0) return answer.ok ? { ok: true, value: true } : answer;
  }
  return { ok: true, value: false };
}
