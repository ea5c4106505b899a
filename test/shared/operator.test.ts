import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp } from '../support/app.ts';
import { freePort } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startStoreServer } from './store.ts';

const OPERATOR_KEY = 'an-operators-key-of-thirty-six-chars';
const STATUS = resolve(import.meta.dirname, '../../dist/commands/status.js');
const OF_THE_STORE =
  /^withings_connect_(connections\{|grants_open|records_under_\w+_key|provider_quota_calls_used)/m;

test('operator, status and metrics know a shared store, say when it is away, and know it again', async () => {
  const server = await startStoreServer();
  const { TEST_STORE_TAG: _, ...settings } = server.env;
  const env = { PATH: process.env.PATH, ...settings };
  const status = () => promisify(execFile)(process.execPath, [STATUS], { env });
  await expect(status()).rejects.toMatchObject({ stderr: expect.stringContaining('start the app first') });
  const app = await startApp({
    ...settings,
    OPERATOR_KEY,
    METRICS_PORT: String(await freePort()),
    TEST_STORE_TAG: 'withings-connect-sandbox', // as the program of its own calls it
  });
  await visit(app).connect();
  await visit(app).connect('/connect?mode=demo');
  await app.settled();
  const look = () => request(app.url).get('/operator').auth('x', OPERATOR_KEY);
  const scrape = async () =>
    (await request(`http://127.0.0.1:${app.config.metricsPort}`).get('/metrics').expect(200)).text;

  const { body } = await look().set('Accept', 'application/json').expect(200);
  expect(body.connections).toHaveLength(2);
  expect(body.connections).toContainEqual(
    expect.objectContaining({ cloud: 'sandbox', state: 'connected', demo: false, owners: 'browser' }),
  );
  expect(await scrape()).toContain('withings_connect_connections{state="connected",demo="yes"} 1\n');
  const { stdout } = await status();
  expect(stdout).toMatch(/^2 connections: 2 connected \(1 of the demo\)\n.*open.*\n\d+ of 120 calls used/);

  await server.kill();
  expect((await look()).status).toBe(503);
  const away = await scrape();
  expect(away).not.toMatch(OF_THE_STORE);
  expect(away).toMatch(/^withings_connect_store_errors_total\{operation="countConnections"\} [1-9]/m);
  await expect(status()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^No status\. (REDIS|DATABASE)_URL/),
  });

  await server.start();
  await until(async () => OF_THE_STORE.test(await scrape()), 'counted again');
  expect(await scrape()).toContain('withings_connect_connections{state="connected",demo="no"} 1\n');
});
