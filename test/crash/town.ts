import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dueAt, type Grant } from '../../src/store/grant.ts';
import { freePort, tempDir, tempDirOnDisk } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type Program, startProgram } from './program.ts';
import { type Provider, startProvider } from './provider.ts';
import { durableGrant, SECRET } from './record.ts';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
/** When a refresh is due and the token still lives. */
export const DUE = 3 * HOUR - 5 * MINUTE;

/** What happens to the program at a statement of its store: see kill-at.mjs. */
export interface Plan {
  /** A regular expression. */
  at: string;
  nth: number | 'every';
  /** Counted from the first statement that this matches; by default from now on. */
  after?: string;
  deed: 'kill before' | 'kill after' | 'tear' | 'pause before' | 'pause after' | 'full' | 'read-only';
  /** Of a torn write, the part that reaches the disk: 0 to 1. */
  keep?: number;
}

/** A provider, a place for the program's data, a person who has connected, and the time of all of them. */
export interface Town {
  provider: Provider;
  dataDir: string;
  program: Program;
  visitor: Visitor;
  /** Time passes, for the program as for the provider. */
  pass(ms: number): void;
  plan(plan: Plan | null): void;
  /** One more process on the same data; `port` of one that is gone: in its place. */
  start(env?: Record<string, string>): Promise<Program>;
  /** The grant as it would be found after a power cut. */
  grant(): Promise<Grant>;
  /** Resolves when the sweeper has nothing left to do. */
  swept(): Promise<void>;
  /** Access tokens that were shown to the provider before they were durable. */
  usedTooEarly: string[];
}

export async function connectedTown(env: Record<string, string> = {}): Promise<Town> {
  const controls = tempDir();
  const dataDir = tempDirOnDisk();
  const begin = Date.now();
  let now = begin;
  const control = (name: string, content: object) => {
    writeFileSync(join(controls, `${name}.new`), JSON.stringify(content));
    renameSync(join(controls, `${name}.new`), join(controls, name)); // never read by halves
  };
  const pass = (ms: number) => {
    now += ms;
    control('clock', { now, passed: now - begin });
  };
  pass(0);

  const port = String(await freePort());
  const provider = await startProvider(() => now, `http://127.0.0.1:${port}`);
  const start = (more: Record<string, string> = {}) =>
    startProgram({
      PORT: port,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATA_DIR: dataDir,
      CRASH_DIR: controls,
      SESSION_SECRET: SECRET,
      WITHINGS_CLIENT_ID: 'far-client',
      WITHINGS_CLIENT_SECRET: 'far-secret',
      WITHINGS_AUTHORIZE_URL: `${provider.url}/sandbox/oauth2_user/authorize2`,
      WITHINGS_API_URL: `${provider.url}/sandbox/`,
      WITHINGS_ISSUER: 'eu',
      SWEEP_SECONDS: '3600', // once, at the start
      ...more,
    });

  const program = await start(env);
  const visitor = visit(program);
  await visitor.connect();
  const { userId } = (await visitor.json('/api/connection')).body;
  const grant = async () => {
    const found = await durableGrant(dataDir, { issuer: 'eu', userId });
    if (!found) throw new Error('The grant is gone');
    return found;
  };

  const durable = new Set([(await grant()).accessToken]);
  const usedTooEarly: string[] = [];
  provider.onUse(async (token) => {
    durable.add((await grant()).accessToken);
    if (!durable.has(token)) usedTooEarly.push(token);
  });

  return {
    provider,
    dataDir,
    program,
    visitor,
    pass,
    plan: (plan) => (plan ? control('plan', plan) : rmSync(join(controls, 'plan'), { force: true })),
    start,
    grant,
    swept: () => until(async () => dueAt(await grant()) === null, 'nothing left to attend to'),
    usedTooEarly,
  };
}
