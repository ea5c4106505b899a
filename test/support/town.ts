import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAnswerCache } from '../../src/dashboard/answer-cache.ts';
import { createDataLoader } from '../../src/dashboard/data-loader.ts';
import { createSlowData } from '../../src/dashboard/slow-data.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import type { GrantContent } from '../../src/store/grant.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { begun } from '../../src/tokens/changes.ts';
import { createCustody } from '../../src/tokens/custody.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
const SCOPE = ['user.info', 'user.metrics', 'user.activity'];
const CONNECTED_AT = Date.UTC(2026, 5, 15, 8);
/** Everybody's token has run out. */
export const START = CONNECTED_AT + 4 * HOUR;

export interface TownOptions {
  /** Where it keeps its files. */
  dir: string;
  quota?: number;
  people?: number;
  /** What is different about everybody's grant. */
  change?: Partial<GrantContent>;
}

export type Town = Awaited<ReturnType<typeof createTown>>;

/**
 * People with grants, a Withings that answers everybody, and the real line of calls, custody and loader of one or more
 * processes, on a clock that moves while somebody waits.
 */
export async function createTown({ dir, quota = 120, people = 0, change = {} }: TownOptions) {
  const clock = { now: START };
  const now = () => clock.now;
  const sleep = async (ms: number) => {
    clock.now += ms;
  };
  const { calls, apiUrl, close: closeWithings } = await startWithings(now);
  const file = join(dir, 'connect.db');
  const encryption = createEncryption(deriveKeys([randomBytes(32).toString('hex')]).seal);
  const never = () => new Promise<never>(() => {});
  const closing = [closeWithings];
  const settings = {
    withings: {
      issuer: 'eu' as const,
      clientId: 'client',
      clientSecret: 'the-client-secret',
      scope: SCOPE,
      auth: 'secret' as const,
      authorizeUrl: 'https://account.example/oauth2_user/authorize2',
      apiUrl,
      timeoutMs: 5000,
      redirectUri: 'https://app.example/callback',
      sleep,
    },
    recover: false,
    callsPerMinute: quota,
    refreshMarginSeconds: 600,
    sweepSeconds: 30,
  };
  function startProcess() {
    const store = openSqliteStore(file, encryption, now);
    closing.push(() => store.close());
    const onError = (error: unknown) => {
      throw error;
    };
    const clocks = { now, monotonic: now, sleep };
    const said = {
      onRefresh() {},
      onRevocation() {},
      onSkipped() {},
      onNoAnswer() {},
      onBusyDay() {},
      onError,
    };
    const custody = createCustody(settings, { store, clocks, ...said });
    const { grants, withings } = custody;
    const cached = { now, sleep: never, pubsub: null };
    const answers = createAnswerCache({ ...cached, name: 'pages' });
    const exports = createAnswerCache({ ...cached, name: 'exports' });
    const slowData = { ...createSlowData({ grants, withings, now, onError }), ask() {} };
    const parts = { grants, withings, now, sleep: never, answers, exports, slowData };
    const loader = createDataLoader({ ...parts, refreshMarginSeconds: 600, dataFreshSeconds: 300 });
    return { ...custody, store, loader };
  }
  const process = startProcess();
  for (let person = 1; person <= people; person += 1) {
    const userId = String(person);
    const id = process.store.grantIdOf({ issuer: 'eu', userId });
    const tokens = { accessToken: `access-${person}`, refreshToken: `refresh-${person}` };
    const pair = { userId, ...tokens, scope: SCOPE, expiresInSeconds: 10_800 };
    const own = begun(pair, { issuer: 'eu', demo: false, askedScope: SCOPE }, CONNECTED_AT);
    const session = { key: `key ${person}`, data: '{}', idleUntil: 9e15, endsAt: 9e15 };
    const grant = { id, expected: null, content: own };
    await process.store.signIn({ grant, session, replaces: null, attempt: null });
    const writeId = String(await process.store.readWriteId(id));
    if (change.intent) await process.store.writeGrant(id, writeId, { ...own, ...change }, 0);
  }

  async function grantOf(person: number, store = process.store) {
    const grant = await store.readGrant(store.grantIdOf({ issuer: 'eu', userId: String(person) }));
    if (!grant) throw new Error('nobody');
    return grant;
  }

  /** Whether the page of this person shows data. Who sees none is told when the turn comes. */
  async function view(person: number, { loader, store, grants } = process): Promise<boolean> {
    const { data, stale } = await loader.readAll(await grantOf(person, store), 30, null);
    await grants.settled();
    const isShown = data.measures.ok && data.activity.ok && data.nights.ok && data.devices.ok;
    if (!isShown && !stale?.refusal.retryAfterSeconds) throw new Error('nothing is shown, and no turn told');
    return isShown;
  }

  function close() {
    for (const end of closing.splice(0).reverse()) end();
  }
  return { clock, calls, process, startProcess, grantOf, view, close };
}

/** A Withings that answers everybody, and remembers when and for whom. */
async function startWithings(now: () => number) {
  const calls: { at: number; person: string; action: string }[] = [];
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { action = '', refresh_token = '' } = Object.fromEntries(new URLSearchParams(body));
    const person = (refresh_token || String(req.headers.authorization)).replace(/^\D+/, '');
    calls.push({ at: now(), person, action });
    const token = { access_token: `an-access-${person}`, refresh_token: `a-refresh-${person}` };
    const pair = { ...token, userid: person || '1', scope: SCOPE.join(','), expires_in: 10_800 };
    const lists = { measuregrps: [], activities: [], series: [], devices: [] };
    res.end(JSON.stringify({ status: 0, body: { ...pair, ...lists } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  function close() {
    server.closeAllConnections();
    server.close();
  }
  return { calls, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}
