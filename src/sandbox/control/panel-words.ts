import type { Fault } from '../wire/faults.ts';
import type { GrantState, PairState, State } from './state.ts';

const SHOWN_PAIRS = 4;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dateAndTime = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  timeZone: 'UTC',
});

export function timeWords(iso: string): string {
  return `${dateAndTime.format(new Date(iso))} UTC`;
}

/** In the two largest units: "1 day 3 h". */
export function spanWords(seconds: number): string {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  const parts = [
    days > 0 ? `${days} ${days === 1 ? 'day' : 'days'}` : '',
    hours > 0 ? `${hours} h` : '',
    minutes > 0 ? `${minutes} min` : '',
  ].filter(Boolean);
  return parts.slice(0, 2).join(' ') || `${Math.round(seconds)} s`;
}

export function clockWords({ clock }: State) {
  const ahead = clock.offsetSeconds === 0 ? 'in step with' : `${spanWords(clock.offsetSeconds)} ahead of`;
  return { time: timeWords(clock.iso), offset: `${ahead} the real clock` };
}

/** The buttons of the clock. */
export function jumps(state: State): { seconds: number; label: string }[] {
  const fixed = [
    { seconds: MINUTE, label: '+1 minute' },
    { seconds: 3 * HOUR, label: '+3 hours' },
    { seconds: 9 * HOUR, label: '+9 hours' },
    { seconds: DAY, label: '+1 day' },
    { seconds: 365 * DAY, label: '+1 year' },
  ];
  const left = secondsToExpiry(state);
  return left > MINUTE
    ? [
        ...fixed,
        { seconds: left - MINUTE, label: 'a minute before expiry' },
        { seconds: left + 1, label: 'past expiry' },
      ]
    : fixed;
}

function secondsToExpiry({ clock, users }: State): number {
  const pairs = users.flatMap(({ grants }) => grants).flatMap(({ pairs }) => pairs);
  const live = pairs.filter(({ state }) => state === 'live').map((pair) => Date.parse(pair.accessExpiresAt));
  return Math.floor((Math.max(0, ...live) - clock.now) / 1000);
}

export function faultWords({ name, times, on }: Fault): string {
  const often = times === 0 ? 'until cleared' : times === 1 ? 'once' : `${times} times`;
  return [name, often, on ? `on ${on}` : ''].filter(Boolean).join(', ');
}

export function isLive({ pairs }: GrantState): boolean {
  return pairs.some((pair) => pair.refreshState !== 'dead');
}

export function grantWords(grant: GrantState, app: string) {
  return {
    app,
    scope: grant.scope.split(',').join(', '),
    since: timeWords(grant.since),
    live: isLive(grant),
    pairs: grant.pairs.slice(0, SHOWN_PAIRS).map(pairWords),
    older: Math.max(0, grant.pairs.length - SHOWN_PAIRS),
  };
}

function pairWords(pair: PairState) {
  return {
    accessToken: pair.accessToken,
    accessState: pair.state,
    accessNote: pair.state === 'live' ? `until ${timeWords(pair.accessExpiresAt)}` : '',
    refreshToken: pair.refreshToken,
    refreshState: pair.refreshState,
    refreshNote: pair.why ?? '',
  };
}
