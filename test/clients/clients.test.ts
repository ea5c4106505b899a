import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';

/** Clients that people have, unchanged; programs/ has what each needs beside itself to speak with Withings. */
const CLIENTS = [
  'arctic@3.7.0',
  'grant@5.4.24',
  'oauth4webapi@3.8.8',
  'passport-oauth2@1.8.0',
  'simple-oauth2@5.1.0',
  'withings-node-oauth2@2.1.1',
];
/** What some of them are used with. */
const FRAMEWORKS = ['express@5.3.0', 'express-session@1.19.0', 'passport@0.7.0'];

/** Where it is not Withings' own text. oauth4webapi has that beside its message, Grant nowhere. */
const SAID: Record<string, string> = { grant: 'no reason', oauth4webapi: 'an error in the response body' };

interface Tokens {
  accessToken?: string;
  refreshToken?: string;
  error?: string;
}

interface Client {
  /** The address of the authorize page, or the path that leads there. */
  begin: string | ((state: string) => string);
  /** Those that are middleware are an app, which answers at the callback with the tokens. */
  app?: RequestListener;
  finish(callback: URL): Promise<Tokens>;
  refresh(tokens: Tokens): Promise<Tokens>;
  weights(tokens: Tokens): Promise<unknown[]>;
  close?(): void;
}

/** A folder of its own: what lies in it finds nothing of ours. */
const dir = mkdtempSync(join(tmpdir(), 'connect-clients-'));

beforeAll(async () => {
  cpSync(join(import.meta.dirname, 'programs'), dir, { recursive: true });
  const install = ['install', '--prefix', dir, '--ignore-scripts', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', [...install, ...CLIENTS, ...FRAMEWORKS], { cwd: dir });
}, 100_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The program that `npm run sandbox` runs, with the client's callback registered. */
async function startSandbox(redirectUri: string) {
  const SANDBOX_PORT = String(await freePort());
  const program = spawn(process.execPath, [resolve(import.meta.dirname, '../../dist/commands/sandbox.js')], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', SANDBOX_PORT, DATA_DIR: tempDir() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(async () => {
    program.kill();
    await once(program, 'close');
  });
  await once(program.stdout, 'data');
  const url = `http://127.0.0.1:${SANDBOX_PORT}/`;
  const control = async (path: string, fields: object) => {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(fields) };
    expect((await fetch(`${url}control/${path}`, init)).status).toBe(200);
  };
  await control('callbacks', { url: redirectUri });
  return { url, control };
}

/** A client at work with a sandbox of its own, and the person who uses it. @param which of the exports of its program */
async function set(name: string, which: 'client' | 'bare' = 'client') {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const redirectUri = `${origin}/connect/withings/callback`;
  const { url, control } = await startSandbox(redirectUri);
  const program = await import(join(dir, `${name}.mjs`));
  const client: Client = program[which]({
    authorizeUrl: `${url}oauth2_user/authorize2`,
    tokenUrl: `${url}v2/oauth2`,
    apiUrl: url,
    clientId: 'sandbox',
    clientSecret: 'sandbox-secret',
    redirectUri,
  });
  atEnd(() => client.close?.());
  if (client.app) await serve(client.app, origin);
  const person = visit({ url: origin });

  /** To Withings, allow, and back. */
  async function connect(): Promise<Tokens> {
    const page =
      typeof client.begin === 'string'
        ? String((await person.get(client.begin)).headers.location)
        : client.begin('a-random-state');
    const back = new URL(await person.consent(new URL(page), 'Allow'));
    if (!client.app) return client.finish(back);
    const answer = await person.get(back.href);
    const last = answer.headers.location ? await person.get(answer.headers.location) : answer;
    if (last.body.error) throw new Error(last.body.error);
    return last.body;
  }
  return { client, connect, control };
}

async function serve(app: RequestListener, origin: string) {
  const server = createServer(app).listen(Number(new URL(origin).port), '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
}

describe.each(CLIENTS.map((client) => client.slice(0, client.lastIndexOf('@'))))('%s', (name) => {
  test('goes from the authorize page to tokens, to data, and past the end of the access token', async () => {
    const { client, connect, control } = await set(name);
    const first = await connect();
    const weights = await client.weights(first);
    expect(weights.length).toBeGreaterThan(0);
    await control('clock', { advanceSeconds: 3 * 3600 + 60 });
    const second = await client.refresh(first);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await client.weights(second)).toEqual(weights);
  });

  test('says that a code was refused', async () => {
    const { connect, control } = await set(name);
    await control('faults', { name: 'refuse-code', times: 1 });
    await expect(connect()).rejects.toThrow(SAID[name] ?? 'invalid code');
  });
});

describe('what its few lines are for', () => {
  test.each([
    ['oauth4webapi', 'property must be a string'],
    ['passport-oauth2', 'Failed to obtain access token'],
  ])('%s alone finds no token in what Withings answers', async (name, words) => {
    const { connect } = await set(name, 'bare');
    await expect(connect()).rejects.toThrow(words);
  });

  test('nor does simple-oauth2, and it does not say so', async () => {
    const { connect } = await set('simple-oauth2', 'bare');
    expect(await connect()).toEqual({});
  });
});
