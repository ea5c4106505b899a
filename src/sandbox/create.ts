import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { clocks } from '../time/clocks.ts';
import type { Client } from './clients.ts';
import type { FaultSetting } from './control/control-input.ts';
import type { PairState, State } from './control/state.ts';
import type { Group } from './data/measures/groups.ts';
import { type ConsentAnswer, type Levers, leversOf } from './levers.ts';
import { type CreateOptions, checkOptions } from './options.ts';
import type { Person } from './people.ts';
import { openSandbox } from './sandbox.ts';
import { type PersonSeed, readPeople } from './seeds.ts';
import { CLIENT } from './settings.ts';
import type { LoggedCall } from './wire/call-log.ts';
import type { Fault, FaultName } from './wire/faults.ts';

export type {
  Client,
  ConsentAnswer,
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
export interface RunningSandbox extends Levers {
  /**
   * Its base, with a slash at the end: `oauth2_user/authorize2`, `v2/oauth2`, `measure` and so on lie below, and at the
   * base itself a page to look on.
   */
  url: string;
  client: Client;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
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

function isAnywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
