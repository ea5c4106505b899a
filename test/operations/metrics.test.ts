import { expect, test } from '@jest/globals';
import request from 'supertest';
import { inBatches } from '../../src/operations/metrics/batches.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { freePort } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

async function startCounted(env: Record<string, string> = {}) {
  const app = await startApp({ METRICS_PORT: String(await freePort()), ...env });
  return { app, scrape: () => scrape(app) };
}

/** Every series with its value, as Prometheus would store it; our prefix left out. */
async function scrape({ config }: TestApp): Promise<Record<string, number>> {
  const page = await request(`http://127.0.0.1:${config.metricsPort}`).get('/metrics').expect(200);
  const lines = page.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) expect(line).toMatch(/^withings_connect_[a-z0-9_]+(\{[^}]*\})? ([\d.e+-]+|Nan)$/);
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value] = /^withings_connect_(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

test('what a person does is counted, and nothing of the person', async () => {
  const { app, scrape } = await startCounted();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.get('/dashboard');
  app.clock.now += 60_000;
  await visitor.post('/refresh');
  await visitor.get('/nowhere/at-all');
  await app.settled();
  await app.sweep();
  const seen = await scrape();
  expect(seen).toMatchObject({
    'http_requests_total{method="GET",route="/dashboard",status="2xx"}': 1,
    'http_requests_total{method="GET",route="none",status="4xx"}': 1,
    'http_request_duration_seconds_count{route="/dashboard"}': 1,
    'connect_attempts_total{outcome="begun"}': 1,
    'connect_attempts_total{outcome="connected"}': 1,
    'refreshes_total{outcome="refreshed",trigger="button"}': 1,
    refresh_duration_seconds_count: 1,
    'provider_calls_total{endpoint="oauth2.requesttoken",outcome="ok"}': 2,
    'provider_call_duration_seconds_count{service="oauth2"}': 2,
    'provider_turns_total{priority="code",result="at_once"}': 1,
    'connections{state="connected",demo="no"}': 1,
    'connections{state="needs-reconnect",demo="no"}': 0,
    records_under_old_key: 0,
    records_under_unknown_key: 0,
    'connections_ended_total{reason="refused"}': 0, // an increase can only be seen from something on
    'refreshes_total{outcome="client-refused",trigger="sweep"}': 0,
    'store_durable{store="sqlite"}': 1,
    'store_operations_total{operation="signIn"}': 1,
    'sweeps_total{outcome="complete"}': expect.any(Number),
    provider_quota_calls_per_minute: 100_000,
    provider_quota_calls_used: expect.any(Number),
    event_streams_open: 0,
  });
  expect(seen.provider_quota_calls_used).toBeGreaterThan(2);
  const { userId } = (await visitor.json('/api/connection')).body;
  expect(Object.keys(seen).join('\n')).not.toMatch(new RegExp(`${userId}|at-all|"[\\w-]{32,}"`));
  expect(Object.keys(seen).length).toBeLessThan(400);
});

test('a connection that is lost is counted, and is one line that says what was tried', async () => {
  const { app, scrape } = await startCounted();
  const visitor = visit(app);
  await visitor.connect();
  const { userId } = (await visitor.json('/api/connection')).body;
  app.clock.now += 90_000;
  await sandboxOf(app).fault('refuse-refresh', { times: 0 });
  for (let press = 0; press < 2; press += 1) {
    await visitor.post('/refresh');
    app.clock.now += 2 * 3_600_000; // it is asked about again
  }
  expect(await scrape()).toMatchObject({
    'connections_ended_total{reason="refused"}': 1,
    'connections{state="needs-reconnect",demo="no"}': 1,
    'connections{state="connected",demo="no"}': 0,
  });
  const lines = app
    .logs()
    .split('\n')
    .filter((line) => line.includes('"msg":"connection lost"'))
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.any(String),
      grant: expect.stringMatching(/^[\w-]{43}$/),
      reason: 'refused',
      code: 'refresh-token-refused',
      connectedSeconds: 90,
      refreshedSecondsAgo: null,
      tried: 'present token',
      msg: 'connection lost',
    },
  ]);
  expect(app.logs()).not.toContain(userId);
});

test('who disconnects is counted once, and not what was lost before', async () => {
  const { app, scrape } = await startCounted();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.post('/disconnect');
  await visitor.post('/disconnect'); // pressed twice
  expect(await scrape()).toMatchObject({ 'connections_ended_total{reason="disconnected"}': 1 });
  await visitor.connect();
  app.clock.now += 90_000;
  await sandboxOf(app).fault('refuse-refresh', { times: 0 });
  await visitor.post('/refresh');
  await visitor.post('/disconnect');
  expect(await scrape()).toMatchObject({
    'connections_ended_total{reason="disconnected"}': 1,
    'connections_ended_total{reason="refused"}': 1,
  });
});

test('a refresh that hangs shows for how long', async () => {
  const { app, scrape } = await startCounted();
  const visitor = visit(app);
  await visitor.connect();
  app.clock.now += 60_000;
  await sandboxOf(app).fault('lose-reply', { on: 'requesttoken' });
  await visitor.post('/refresh');
  app.clock.now += 3_600_000;
  expect(await scrape()).toMatchObject({
    grants_open: 1,
    grants_open_oldest_seconds: 3600,
    'connections{state="degraded",demo="no"}': 1,
    'refreshes_total{outcome="withings-unreachable",trigger="button"}': 1,
  });
  await app.sweep();
  await app.sweep();
  app.clock.now += 60_000;
  await app.sweep();
  expect(await scrape()).toMatchObject({
    grants_open: 0,
    grants_open_oldest_seconds: 0,
    'connections{state="connected",demo="no"}': 1,
    'refreshes_total{outcome="refreshed",trigger="sweep"}': 1,
  });
});

test('the listener has nothing else, and ends with the program', async () => {
  const { app } = await startCounted();
  const listener = request(`http://127.0.0.1:${app.config.metricsPort}`);
  for (const path of ['/', '/healthz', '/operator', '/metrics/x']) await listener.get(path).expect(404);
  await listener.post('/metrics').expect(405);
  await listener.get('/metrics?x=y').expect('Content-Type', /^text\/plain; version=0\.0\.4/);
  await request(app.url).get('/metrics').expect(404);
  await app.stop();
  await expect(listener.get('/metrics')).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken is said by name, and nothing is left open', async () => {
  const { app } = await startCounted();
  const taken = String(app.config.metricsPort);
  await expect(startApp({ METRICS_PORT: taken })).rejects.toThrow(
    /^METRICS_PORT, METRICS_HOST: .*EADDRINUSE/,
  );
});

test('without a port nothing is counted', async () => {
  const app = await startApp();
  expect(app.config.metricsPort).toBeNull();
  await visit(app).connect();
});

test('what is counted in batches is bounded, in order, and never counted twice', () => {
  const counted: number[] = [];
  const { add, flush } = inBatches<[number]>((number) => counted.push(number));
  for (let number = 0; number < 1001; number += 1) add(number);
  expect(counted).toHaveLength(1000);
  flush();
  flush();
  expect(counted).toEqual(Array.from({ length: 1001 }, (_, number) => number));
});
