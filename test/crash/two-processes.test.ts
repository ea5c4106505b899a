import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, jest, test } from '@jest/globals';
import request from 'supertest';
import { freePort } from '../support/machine.ts';
import { REFRESH } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';
import type { Program } from './program.ts';
import { connectedTown, DUE, HOUR, type Town } from './town.ts';

jest.setTimeout(30_000);

async function two() {
  const town = await connectedTown();
  const other = await town.start({ PORT: String(await freePort()) });
  return { town, other };
}

/** The same browser, sent to the other process. */
function elsewhere(other: Program, { program, visitor }: Town) {
  const headers = () => ({ Cookie: visitor.cookies(), Origin: program.url, 'Sec-Fetch-Site': 'same-origin' });
  return {
    json: (path: string) => request(other.url).get(path).set(headers()).set('Accept', 'application/json'),
    post: (path: string) => request(other.url).post(path).set(headers()).type('form').send({}),
  };
}

test('one sees at once what the other does: session, refresh, trouble, disconnection', async () => {
  const { town, other } = await two();
  const { visitor, provider, pass } = town;
  const there = elsewhere(other, town);
  const state = async () => (await there.json('/api/connection')).body;
  expect((await state()).state).toBe('connected');

  pass(HOUR);
  await visitor.post('/refresh');
  const here = (await visitor.json('/api/connection')).body;
  expect(here.lastRefresh.outcome).toBe('refreshed');
  expect(await state()).toEqual(here);

  pass(HOUR);
  await provider.fault('http-500', { on: 'requesttoken' });
  await visitor.post('/refresh');
  expect(await state()).toMatchObject({ state: 'degraded', problem: { code: 'withings-unreachable' } });
  pass(HOUR);
  await there.post('/refresh');
  expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'connected', problem: null });

  expect((await there.post('/disconnect')).status).toBe(303);
  expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
  expect((await visitor.json('/api/measures')).status).toBe(401);
});

test('hundreds of requests to both at the end of a token make one refresh', async () => {
  const { town, other } = await two();
  const { provider, program, visitor, pass } = town;
  pass(DUE + HOUR);
  const cookie = visitor.cookies();
  let open = () => {};
  const isOpen = new Promise<'go on'>((resolve) => {
    open = () => resolve('go on');
  });
  void provider.strike('/v2/oauth2', 'arrival', () => isOpen);

  const crowd = Array.from({ length: 400 }, (_, n) => ask(n % 2 ? program : other, cookie));
  await Promise.all(crowd.map(({ sent }) => sent));
  await Promise.all([program, other].map(({ url }) => request(url).get('/healthz'))); // behind all the others
  open();
  const pages = await Promise.all(crowd.map(({ page }) => page));
  expect(pages.filter((page) => page.includes('<h1 id="status">Connected'))).toHaveLength(400);
  expect(await provider.calls(REFRESH)).toBe(1);
  const second = visit(other);
  expect((await second.json('/api/measures')).status).toBe(401); // and nobody else came in with them
});

function ask({ url }: Program, cookie: string) {
  const call = send(`${url}/dashboard`, { headers: { cookie, connection: 'close' }, agent: false });
  const sent = new Promise<void>((resolve) => call.once('finish', resolve));
  const page = new Promise<string>((resolve, reject) => {
    call.once('error', reject);
    call.once('response', (answer) => resolve(text(answer)));
  });
  call.end();
  return { sent, page };
}
