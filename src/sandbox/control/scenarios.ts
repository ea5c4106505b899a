import type { Target } from '../wire/endpoints.ts';
import type { Fault, FaultName } from '../wire/faults.ts';

/** Something that happens to every program sooner or later, and the control that makes it happen. */
export interface Scenario {
  title: string;
  /** At Withings' side; `{person}` is whoever connected last. */
  what: string;
  /** What a good program does now. */
  good: string;
  /** Below `/control/`; `<id>` is a person's userId. */
  path: string;
  fields: Record<string, string | number>;
}

const armed = (name: FaultName, times: number, on?: Target) => ({
  path: 'faults',
  fields: { name, times, ...(on ? { on } : {}) },
});

export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'Three hours later',
    what: 'Every access token has expired.',
    good: 'asks once for new tokens, stores both, and only then reads on. Nobody has to sign in.',
    path: 'clock',
    fields: { advanceSeconds: 10_800 },
  },
  {
    title: 'The answer to the next refresh is lost',
    what: 'New tokens are made, and the program never hears of them.',
    good: 'keeps the old refresh token and asks again ten seconds later: it works for eight hours, until the new access token is used.',
    ...armed('lose-reply', 1, 'requesttoken refresh_token'),
  },
  {
    title: 'Withings is down until I say so',
    what: 'Calls for tokens and data get a web page with status 500.',
    good: 'shows what it knew and how old that is, tries again at growing distances, and signs nobody out.',
    ...armed('http-500', 0),
  },
  {
    title: 'She removes the app',
    what: '{person} ends the permission in Withings’ own settings.',
    good: 'learns it from the refusal, stops asking, says so to the person, and offers to connect again.',
    path: 'users/<id>/unlink',
    fields: {},
  },
  {
    title: 'A month away',
    what: 'Thirty days pass, and the scale goes on measuring.',
    good: 'refreshes (a refresh token lives for a year) and reads all that it missed, not the last week alone.',
    path: 'clock',
    fields: { advanceSeconds: 2_592_000 },
  },
  {
    title: 'Only weight is shared',
    what: 'At the next consent the person gives the body measures and nothing else.',
    good: 'reads the scope that was given, asks for nothing else, and says what is not shared.',
    ...armed('only-metrics', 1),
  },
  {
    title: 'Somebody steps on the scale',
    what: '{person} does, now; who subscribed is notified.',
    good: 'shows it without being asked, and counts it once though it hears of it twice.',
    path: 'users/<id>/weigh',
    fields: {},
  },
  {
    title: 'Wrong secret',
    what: 'The secret was made anew: token calls are refused until I say so.',
    good: 'tells its operator, disconnects nobody, and goes on by itself when the secret is right again.',
    ...armed('wrong-secret', 0),
  },
];

/** The fault that a scenario has set and that is still to come. */
export function stillSet({ fields }: Scenario, faults: readonly Fault[]): Fault | undefined {
  return faults.find(({ name, on }) => name === fields.name && on === (fields.on ?? null));
}
