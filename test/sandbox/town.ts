import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';

export const CALLBACK = 'http://localhost:3000/callback';
export const client = {
  id: 'sandbox',
  secret: 'sandbox-secret',
  name: 'Test app',
  redirectUris: [CALLBACK, 'https://app.example/'],
};
export const MAREN = 10000001;
export const TOMAS = 10000002;

export interface Tokens {
  userid: number;
  access_token: string;
  refresh_token: string;
  scope: string;
}

type Params = Record<string, string>;

/** A sandbox in an app, mounted twice as the two ways of running it do, with a clock that the test moves. */
export function buildTown(options: Partial<SandboxOptions> = {}) {
  const clock = { now: Date.UTC(2026, 0, 15, 9) };
  const sandbox = openSandbox({
    now: () => clock.now,
    dataDir: ':memory:',
    clients: [client, { id: 'other', secret: 'other-secret', name: 'Other', redirectUris: [CALLBACK] }],
    limits: false,
    ...options,
  });
  const app = express();
  app.use('/sandbox', sandbox.router);
  app.use(sandbox.router);
  return { app, sandbox, ...moves(app, sandbox, clock) };
}

function moves(app: express.Express, sandbox: Sandbox, clock: { now: number }) {
  /** A browser of its own, logged in as one person. */
  async function login(userId: number, base = '') {
    const browser = request.agent(app);
    await browser.post(`${base}/oauth2_user/account_login?b=authorize2`).type('form').send({ user: userId });
    return browser;
  }

  async function consent(browser: Awaited<ReturnType<typeof login>>, params: Params = {}, form: Params = {}) {
    const url = authorizeUrl(params);
    const page = await browser.get(url);
    const ticks = Object.fromEntries(
      [...page.text.matchAll(/name="(user\.[a-z]+)"/g)].map(([, name]) => [name, 'on']),
    );
    const fields = { consent: consentToken(page.text), authorized: '1', ...ticks, ...form };
    return browser.post(url).type('form').send(fields);
  }

  async function authorize(userId: number, params: Params = {}): Promise<string> {
    const browser = params.mode === 'demo' ? request.agent(app) : await login(userId);
    const answer = await consent(browser, params);
    return new URL(String(answer.headers.location)).searchParams.get('code') ?? '';
  }

  function tokenCall(fields: Params) {
    const all = { action: 'requesttoken', client_id: client.id, client_secret: client.secret, ...fields };
    return request(app).post('/v2/oauth2').type('form').send(all);
  }

  function redeem(code: string, fields: Params = {}) {
    return tokenCall({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...fields });
  }

  function refresh(refresh_token: string, fields: Params = {}) {
    return tokenCall({ grant_type: 'refresh_token', refresh_token, ...fields });
  }

  async function connect(userId = MAREN, params: Params = {}): Promise<Tokens> {
    return (await redeem(await authorize(userId, params))).body.body;
  }

  function getmeas(accessToken: string, fields: Params = {}) {
    return request(app)
      .post('/measure')
      .auth(accessToken, { type: 'bearer' })
      .type('form')
      .send({ action: 'getmeas', ...fields });
  }

  /** Any call with an access token; answers the whole envelope. */
  async function data(accessToken: string, path: string, action: string, fields: Params = {}) {
    const sent = { action, ...fields };
    const answer = await request(app)
      .post(path)
      .auth(accessToken, { type: 'bearer' })
      .type('form')
      .send(sent);
    return answer.body;
  }

  /** Moves the sandbox's own clock, which tells whoever waits for it. */
  function advance(seconds: number) {
    return request(app).post('/control/clock').send({ advanceSeconds: seconds });
  }

  function fault(name: string, more: object = {}) {
    return request(app)
      .post('/control/faults')
      .send({ name, ...more });
  }

  async function state() {
    return (await request(app).get('/control/state')).body;
  }

  /** On a real port, for what only a socket can show. */
  async function listen() {
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}`,
      connections: () => new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n))),
      close: () => {
        sandbox.close();
        server.closeAllConnections();
        server.close();
      },
    };
  }

  const pass = (seconds: number) => {
    clock.now += seconds * 1000;
  };
  return {
    clock,
    pass,
    login,
    consent,
    authorize,
    tokenCall,
    redeem,
    refresh,
    connect,
    getmeas,
    data,
    advance,
    fault,
    state,
    listen,
  };
}

export function authorizeUrl(params: Params = {}, base = ''): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    state: 'state-1',
    scope: 'user.info,user.metrics,user.activity',
    redirect_uri: CALLBACK,
    ...params,
  });
  return `${base}/oauth2_user/authorize2?${query}`;
}

export function consentToken(html: string): string {
  return /name="consent" value="([0-9a-f]{40})"/.exec(html)?.[1] ?? '';
}

/** The text of an answer as it was on the wire. */
export function refusal(status: number, error: string, body: object = {}): string {
  return JSON.stringify({ status, body, error });
}
