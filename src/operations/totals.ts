/** What the store knows at this moment, of all instances together. */
export interface Totals {
  states: { state: string; all: number; demo: number }[];
  /** Records that a former SESSION_SECRET has sealed. */
  underOldKey: number;
  /** Of these, what none of those at hand opens. */
  underUnknownKey: number;
  /** Unfinished refreshes and unproven pairs, and since when the oldest is one; milliseconds since 1970. */
  open: number;
  openSince: number | null;
  /** How many calls count now, of those that the quota allows in a minute. */
  calls: number;
}

/** A quarter of Withings' eight hours: by then a sweeper should have finished it many times. */
const LATE_MS = 2 * 3_600_000;

/** The head line, one fact each. @param now milliseconds since 1970 */
export function totalsWords(totals: Totals, callsPerMinute: number, now: number): string[] {
  const { states, open, openSince, underOldKey, calls } = totals;
  const all = states.reduce((sum, each) => sum + each.all, 0);
  const demos = states.reduce((sum, { demo }) => sum + demo, 0);
  const kinds = states.filter((each) => each.all > 0).map((each) => `${number(each.all)} ${each.state}`);
  const age = openSince === null ? 0 : Math.max(0, now - openSince);
  return [
    `${counted(all, 'connection')}${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}${demos > 0 ? ` (${number(demos)} of the demo)` : ''}`,
    openSince === null
      ? 'no refresh is open'
      : `${counted(open, 'open refresh', 'es')}, the oldest for ${duration(age)}${age >= LATE_MS ? ': after eight hours it may be lost' : ''}`,
    `${number(calls)} of ${number(callsPerMinute)} calls used in this minute`,
    ...(underOldKey > 0 ? [`${counted(underOldKey, 'record')} under an old SESSION_SECRET`] : []),
  ];
}

function counted(n: number, what: string, plural = 's'): string {
  return `${number(n)} ${what}${n === 1 ? '' : plural}`;
}

function number(n: number): string {
  return n.toLocaleString('en');
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return 'less than a minute';
  return minutes < 120 ? counted(minutes, 'minute') : counted(Math.floor(minutes / 60), 'hour');
}
