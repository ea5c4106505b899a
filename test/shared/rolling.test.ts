import { expect, jest, test } from '@jest/globals';
import request from 'supertest';
import { createSandbox } from '../../src/sandbox/create.ts';
import { atEnd, freePort } from '../support/machine.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { type Instance, startInstance } from './instance.ts';
import { newStore } from './store.ts';

jest.setTimeout(180_000);

const RESTARTS = 10;
const PEOPLE = 6;

test('ten restarts under load: no request fails, each ends by itself with 0, nobody has to reconnect', async () => {
  const { balancer, start } = await town();
  const ports = [String(await freePort()), String(await freePort())];
  const instances = [await start(ports[0]), await start(ports[1])];
  for (const [i, { url }] of instances.entries()) balancer.set(i, url);
  const stopAsking = askWhetherReady(balancer, instances);

  const people = Array.from({ length: PEOPLE }, () => visit(balancer));
  for (const person of people) await person.connect();
  const load = underLoad(people);

  const codes = [];
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const turn = restart % 2;
    codes.push(await instances[turn]?.stop());
    instances[turn] = await start(ports[turn]);
    await balancer.isBack(turn); // the next one is stopped only then
  }
  const { failures, answered } = await load.end();
  stopAsking();

  expect(failures).toEqual([]);
  expect(codes).toEqual(Array(RESTARTS).fill(0));
  expect(answered).toBeGreaterThan(RESTARTS * 10);
  for (const person of people) {
    expect((await person.post('/refresh')).headers.location).toBe('/dashboard');
    expect((await person.json('/api/connection')).body).toMatchObject({
      state: 'connected',
      lastRefresh: { outcome: 'refreshed' },
    });
  }
});

/** A store, a Withings without its limits on the number of calls, and a balancer at the address that browsers know. */
async function town() {
  const store = await newStore();
  const balancer = await startBalancer(await freePort());
  const withings = await createSandbox({ limits: false, redirectUris: [`${balancer.url}/callback`] });
  atEnd(withings.close);
  const start = (port = '') =>
    startInstance({
      PORT: port,
      PUBLIC_URL: balancer.url,
      ...store,
      WITHINGS_CLIENT_ID: withings.client.id,
      WITHINGS_CLIENT_SECRET: withings.client.secret,
      WITHINGS_AUTHORIZE_URL: `${withings.url}oauth2_user/authorize2`,
      WITHINGS_API_URL: withings.url,
      WITHINGS_CALLS_PER_MINUTE: '100000',
      SHUTDOWN_DELAY_SECONDS: '2',
    });
  return { balancer, start };
}

/** What every load balancer does: it asks each instance again and again, and sends people where the answer is yes. */
function askWhetherReady(balancer: Balancer, instances: Instance[]): () => void {
  let isOver = false;
  async function keepAsking(i: number): Promise<void> {
    while (!isOver) {
      const url = instances[i]?.url ?? '';
      const answer = await request(url)
        .get('/readyz')
        .catch(() => null);
      if (!isOver) balancer.set(i, answer?.status === 200 ? url : null);
      await new Promise((wait) => setTimeout(wait, 200));
    }
  }
  for (const i of instances.keys()) void keepAsking(i);
  const stop = () => {
    isOver = true;
  };
  atEnd(stop);
  return stop;
}

/** People who come and go, look, refresh and connect once more, until they are told to stop. */
function underLoad(people: Visitor[]) {
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;

  async function note(
    what: string,
    work: () => PromiseLike<{ status: number; text: string }>,
    expected: number,
  ) {
    const answer = await work();
    answered += 1;
    if (answer.status !== expected) failures.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }

  async function live(person: Visitor): Promise<void> {
    while (!isOver && failures.length < 10) {
      await note('status', () => person.json('/api/connection'), 200);
      await note('page', () => person.get('/dashboard?days=7'), 200);
      await note('refresh', () => person.post('/refresh'), 303);
      await note('connect', () => person.connect(), 303);
    }
  }

  const all = Promise.all(people.map(live));
  return {
    async end() {
      isOver = true;
      await all;
      return { failures, answered };
    },
  };
}
