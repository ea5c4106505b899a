import type { Fault } from '../wire/faults.ts';
import type { GrantState, PairState, State } from './state.ts';
import { DAY, HOUR, MINUTE, spanWords, timeWords } from './time-words.ts';
import { drawTimeline } from './timeline.ts';

const SHOWN_PAIRS = 4;
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

export function grantWords(grant: GrantState, app: string, now: number) {
  const shown = grant.pairs.slice(0, SHOWN_PAIRS);
  return {
    app,
    scope: grant.scope.split(',').join(', '),
    since: timeWords(grant.since),
    live: isLive(grant),
    timeline: drawTimeline(shown, now),
    pairs: shown.map(pairWords),
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
