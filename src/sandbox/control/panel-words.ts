import { FAULT_WORDS } from '../wire/fault-words.ts';
import { DELIVERY, type Fault, INSTEAD, RULES } from '../wire/faults.ts';
import { SCENARIOS, stillSet } from './scenarios.ts';
import type { GrantState, PairState, State, UserState } from './state.ts';
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

/** A fault that is still to come. */
export function faultWords({ name, times, on }: Fault) {
  const often = times === 0 ? 'until you end it' : times === 1 ? 'once' : `${times} times`;
  return { name, ...FAULT_WORDS[name], when: [often, on ? `at ${on}` : ''].filter(Boolean).join(', ') };
}

/** What can be set, in the groups of the list to choose from. */
export const FAULT_GROUPS = [
  { label: 'In place of an answer: nothing is done', names: INSTEAD },
  { label: 'On the way back: the work is done', names: DELIVERY },
  { label: 'Other rules', names: RULES },
].map(({ label, names }) => ({ label, faults: names.map((name) => ({ name, ...FAULT_WORDS[name] })) }));

/** The eight scenarios for whoever connected last; `who` is nobody before that. */
export function scenarioWords({ faults, users }: State) {
  const since = ({ grants }: UserState) => grants.filter(isLive).map((grant) => grant.since);
  const connected = users
    .flatMap((user) => since(user).map((at) => ({ user, at })))
    .sort((one, other) => (one.at < other.at ? 1 : -1));
  const who = connected[0]?.user;
  return SCENARIOS.map((scenario) => {
    const { path, fields, title, what, good } = scenario;
    const set = stillSet(scenario, faults);
    const person = path.endsWith('weigh') ? (who ?? users[0]) : who;
    const isAboutSomebody = path.includes('<id>');
    return {
      title,
      what: what.replace('{person}', person?.name ?? 'The person'),
      good,
      path: path.replace('<id>', String(person?.userId)),
      fields: Object.entries(Object.keys(fields).length > 0 ? fields : { now: 1 }),
      isPossible: !isAboutSomebody || person !== undefined,
      set: set ? { name: set.name, isLasting: set.times === 0 } : null,
    };
  });
}

function isLive({ pairs }: GrantState): boolean {
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
