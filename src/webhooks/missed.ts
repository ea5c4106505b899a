import type { Changing, DataCalls } from '../withings/data-calls.ts';
import type { Result } from '../withings/errors.ts';
import type { Use } from './subscribe.ts';

/** Clocks differ, and Withings files things a little after they happen. */
const OVERLAP_MS = 2 * 60_000;

const QUESTIONS: [string, Changing][] = [
  ['user.metrics', 'measures'],
  ['user.activity', 'activity'],
  ['user.activity', 'nights'],
];

/**
 * Whether anything came in since a moment, milliseconds since 1970, that these scopes allow to see. Notifications that
 * were missed are not sent again (Withings).
 */
export async function anythingSince(
  use: Use,
  withings: Pick<DataCalls, 'hasChanged'>,
  scope: string[],
  moment: number,
): Promise<Result<boolean>> {
  const since = new Date(moment - OVERLAP_MS);
  for (const [, what] of QUESTIONS.filter(([needed]) => scope.includes(needed))) {
    const answer = await use((token) => withings.hasChanged(token, what, since));
    if (!answer.ok || answer.value) return answer;
  }
  return { ok: true, value: false };
}
