import { type CallCount, HOUR_MS, hourOf } from '../store/call-counts.ts';
import { type Finding, ok, warn } from './finding.ts';

const BUSY_DAY = 0.7;

/** What was used of Withings' quota, all instances together. @param now milliseconds since 1970 */
export function checkQuota(counts: CallCount[], callsPerMinute: number, now: number): Finding[] {
  const since = (hours: number) => {
    const those = counts.filter(({ hour }) => hour > hourOf(now) - hours * HOUR_MS);
    return {
      calls: those.reduce((all, { calls }) => all + calls, 0),
      busy: those.reduce((all, { busy }) => all + busy, 0),
    };
  };
  const [hour, day] = [since(2), since(24)];
  const allowed = callsPerMinute * 1440;
  const used = `${number(hour.calls)} calls in this hour and the one before, ${number(day.calls)} in a day, of ${number(allowed)} allowed`;
  return [
    day.calls > BUSY_DAY * allowed ? warn(`${used}.`, 'Talk to Withings about the quota.') : ok(`${used}.`),
    day.busy > 0
      ? warn(
          `Withings has refused ${number(day.busy)} calls of the last day as too many (601), ${number(hour.busy)} of them just now.`,
          'Does another program use this client id? Is WITHINGS_CALLS_PER_MINUTE what Withings allows?',
        )
      : ok('Withings has refused none of the last day as too many (601).'),
  ];
}

const number = (n: number) => n.toLocaleString('en');
