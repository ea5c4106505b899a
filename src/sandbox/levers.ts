import { readAuthorizeRequest } from './account/authorize-request.ts';
import { redirectAfter } from './account/consent.ts';
import type { Scope } from './account/scopes.ts';
import { advance, unlinkAll, weigh } from './control/actions.ts';
import {
  type FaultSetting,
  type Parsed,
  parseCallback,
  parseClock,
  parseFault,
} from './control/control-input.ts';
import { describePair, describeState, type PairState, type State } from './control/state.ts';
import type { Group } from './data/measures/groups.ts';
import type { Person } from './people.ts';
import { reset } from './removals.ts';
import type { LoggedCall } from './wire/call-log.ts';
import type { Fault, FaultName } from './wire/faults.ts';
import type { World } from './world.ts';

/** What can be done to it from the same process. What is not known (a person, a fault, a moment) throws, in words. */
export interface Levers {
  clock: {
    /** Milliseconds since 1970, as this Withings sees it. */
    now(): number;
    /** Moves on by so many seconds: 10,800 make an access token expire. */
    advance(seconds: number): void;
  };
  faults: {
    /** Breaks the next call, or so many; docs/sandbox.md says what each name does. */
    set(name: FaultName, setting?: FaultSetting): void;
    /** The one of this name, or all. */
    clear(name?: FaultName): void;
    /** What is still to come. */
    all(): Fault[];
  };
  /** Who lives there, the demo user last. Whom the application creates is in `state()`. */
  people: readonly Person[];
  /**
   * What the person's browser would do on Withings' pages: opens the authorize URL, logs in, answers. Returns where the
   * browser is sent, the callback URL with `code` and `state`, or with `error` where nothing is agreed to.
   */
  consent(authorizeUrl: string | URL, answer?: ConsentAnswer): string;
  /** The person steps on the scale; subscribers are notified. Returns the group as `getmeas` will have it. */
  weigh(userId: number | string): Group;
  /** The person removes the application in Withings: its tokens die. Returns how many pairs of them did. */
  unlink(userId: number | string): number;
  /** Registers one more callback URL. */
  register(url: string): void;
  /** What an access or refresh token and its twin are worth now; undefined: no such token was ever given out. */
  introspect(token: string): PairState | undefined;
  /** The last 500 calls of the API, the oldest first, no secret in them whole. */
  calls(): LoggedCall[];
  /** Everything at once, as `GET control/state` has it. */
  state(): State;
  /** Everything as it was at the start. */
  reset(): void;
}

export interface ConsentAnswer {
  /** Default: the first of `people`; the demo user where the URL says so. */
  userId?: number | string;
  /** Which of the permissions asked for are given, comma separated; empty: none. Default: all. */
  scope?: string;
}

export function leversOf(world: World): Levers {
  const { callLog, changes, clients, clock, faults, pairs, people } = world;

  function personBy(userId: number | string): Person {
    const person = people.find(userId);
    if (person) return person;
    const known = people.all().map((each) => each.userId);
    throw new RangeError(`Nobody has the userId ${userId}; known: ${known.join(', ')}.`);
  }

  return {
    clock: {
      now: clock.now,
      advance(seconds) {
        const { advanceSeconds } = checked(parseClock({ advanceSeconds: seconds }), 'clock.advance');
        if (!advance(world, advanceSeconds))
          throw new RangeError('The clock goes thirty years ahead and no further.');
      },
    },
    faults: {
      set(name, setting = {}) {
        faults.set(checked(parseFault({ ...setting, name }), 'faults.set'));
        changes.publish();
      },
      clear(name) {
        faults.clear(name === undefined ? name : checked(parseFault({ name }), 'faults.clear').name);
        changes.publish();
      },
      all: () => faults.all(),
    },
    people: structuredClone(people.residents()), // sandboxes side by side share theirs
    consent(authorizeUrl, { userId, scope } = {}) {
      const read = readAuthorizeRequest(new Map(new URL(authorizeUrl).searchParams), clients);
      if (read.outcome !== 'valid') throw new Error(`Withings refuses this authorize URL: ${read.outcome}.`);
      const { request } = read;
      const first = people.residents().find(({ demo }) => demo === request.demo);
      const person = personBy(userId ?? first?.userId ?? 'of nobody');
      return redirectAfter(world, request, person, agreedTo(request.scopes, scope));
    },
    weigh: (userId) => weigh(world, personBy(userId)),
    unlink: (userId) => unlinkAll(world, personBy(userId)),
    register(url) {
      checked(parseCallback({ url }), 'register');
      if (!clients.mayCall(url))
        throw new RangeError(`This sandbox calls only ${clients.callableHosts().join(', ')}.`);
      clients.register(clients.all()[0]?.id ?? '', url);
      changes.publish();
    },
    introspect(token) {
      const pair = pairs.byAccessToken(token) ?? pairs.byRefreshToken(token);
      return pair && describePair(pair, clock.now());
    },
    calls: () => callLog.all().toReversed(),
    state: () => describeState(world),
    reset: () => reset(world),
  };
}

/** A permission that nobody asked for cannot be ticked. */
function agreedTo(asked: readonly Scope[], scope: string | undefined): readonly Scope[] {
  if (scope === undefined) return asked;
  const ticked = scope.split(',').filter(Boolean);
  const strange = ticked.filter((name) => !asked.some((each) => each.name === name));
  if (strange.length === 0) return asked.filter(({ name }) => ticked.includes(name));
  const known = asked.map(({ name }) => name).join(', ');
  throw new RangeError(`Not asked for: ${strange.join(', ')}; asked for: ${known}.`);
}

function checked<Value>(parsed: Parsed<Value>, what: string): Value {
  if ('problems' in parsed) throw new RangeError(`${what}: ${parsed.problems.join('; ')}`);
  return parsed.value;
}
