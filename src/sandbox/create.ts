import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { clocks } from '../time/clocks.ts';
import { readAuthorizeRequest } from './account/authorize-request.ts';
import { redirectAfter } from './account/consent.ts';
import type { Client } from './clients.ts';
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
import { type CreateOptions, checkOptions } from './options.ts';
import type { Person } from './people.ts';
import { reset } from './removals.ts';
import { openSandbox } from './sandbox.ts';
import { type PersonSeed, readPeople } from './seeds.ts';
import { CLIENT } from './settings.ts';
import type { LoggedCall } from './wire/call-log.ts';
import type { Fault, FaultName } from './wire/faults.ts';
import type { World } from './world.ts';

export type {
  Client,
  CreateOptions,
  Fault,
  FaultName,
  FaultSetting,
  Group,
  LoggedCall,
  PairState,
  Person,
  PersonSeed,
  State,
};

/** A Withings of one's own. What is not known (a person, a fault, a moment) throws, in words. */
export interface RunningSandbox {
  /**
   * Its base, with a slash at the end: `oauth2_user/authorize2`, `v2/oauth2`, `measure` and so on lie below, and at the
   * base itself a page to look on.
   */
  url: string;
  client: Client;
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
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

export interface ConsentAnswer {
  /** Default: the first of `people`; the demo user where the URL says so. */
  userId?: number | string;
  /** Which of the permissions asked for are given, comma separated; empty: none. Default: all. */
  scope?: string;
}

/**
 * Starts a Withings of its own on a free port of this machine, in this process and in memory. As many as you like live
 * side by side.
 *
 * @throws TypeError when an option cannot work; Error when the people cannot be read or the port is taken
 */
export async function createSandbox(options: CreateOptions = {}): Promise<RunningSandbox> {
  checkOptions(options);
  const { limits, people, callbackHosts, dataDir = ':memory:', now = clocks.now } = options;
  const { redirectUris = ['http://localhost:3000/callback'], host = '127.0.0.1', port = 0 } = options;
  const client = { ...CLIENT, ...options.client, redirectUris: [...redirectUris] };
  const sandbox = openSandbox({
    now,
    dataDir,
    host,
    clockGoesBack: true,
    clients: [client],
    ...(callbackHosts === undefined ? {} : { callbackHosts }),
    ...(limits === undefined ? {} : { limits }),
    ...(people === undefined ? {} : { people: readPeople(people) }),
  });
  const server = createServer(express().disable('x-powered-by').use(sandbox.router));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    sandbox.close();
    throw error;
  }
  const at = isAnywhere(host) ? 'localhost' : host;
  return {
    url: `http://${at.includes(':') ? `[${at}]` : at}:${(server.address() as AddressInfo).port}/`,
    client: structuredClone(client),
    ...leversOf(sandbox.world),
    async close() {
      sandbox.close();
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What can be done to it from the same process. */
function leversOf(world: World): Omit<RunningSandbox, 'url' | 'client' | 'close'> {
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
      const given = scope?.split(',');
      const agreed = request.scopes.filter(({ name }) => given === undefined || given.includes(name));
      return redirectAfter(world, request, person, agreed);
    },
    weigh: (userId) => weigh(world, personBy(userId)),
    unlink: (userId) => unlinkAll(world, personBy(userId)),
    register(url) {
      checked(parseCallback({ url }), 'register');
      if (!clients.mayCall(url))
        throw new RangeError(`This sandbox calls only ${clients.callableHosts().join(', ')}.`);
      clients.register(clients.all()[0]?.id ?? '', url);
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

function checked<Value>(parsed: Parsed<Value>, what: string): Value {
  if ('problems' in parsed) throw new RangeError(`${what}: ${parsed.problems.join('; ')}`);
  return parsed.value;
}

function isAnywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
