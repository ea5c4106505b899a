import type { TimezoneStore } from '../../store/timezones.ts';
import { isZone } from '../../time/days.ts';
import type { List } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';

/** Where people live, as the answers of Withings say. */
export interface Timezones {
  /** What was said last. Null: nothing yet. */
  of(grantId: string): Promise<string | null>;
  /** What the first of these answers says that says anything, to be known from now on; else what was said last. */
  follow(grantId: string, answers: Result<List<unknown>>[]): Promise<string | null>;
}

export function createTimezones(store: TimezoneStore): Timezones {
  return {
    of: (grantId) => store.readTimezone(grantId),
    async follow(grantId, answers) {
      const known = await store.readTimezone(grantId);
      const said = answers
        .map((answer) => (answer.ok ? answer.value.timezone : null))
        .find((zone) => zone !== null && isZone(zone));
      if (!said || said === known) return known;
      await store.writeTimezone(grantId, said).catch(() => false); // the next answer says it again
      return said;
    },
  };
}
