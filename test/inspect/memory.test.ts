import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { tapWire } from '../support/wire-tap.ts';
import { startWithings } from '../support/withings.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const SIGNAL = 'SIGUSR2';

/** The built program as a process of its own, with a Withings whose every word is written down. */
async function start() {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const dir = tempDir();
  const withings = await startWithings(url, Date.now);
  const tap = await tapWire(withings.url);
  const child = spawn(process.execPath, [`--heapsnapshot-signal=${SIGNAL}`, MAIN], {
    cwd: dir, // where it writes what it has in memory
    env: {
      PATH: process.env.PATH,
      PORT: port,
      PUBLIC_URL: url,
      ...withings.env,
      WITHINGS_API_URL: tap.url,
      INSPECT: 'on',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await until(() => output.includes('"ready"'), 'ready');
  return {
    url,
    tap,
    /** Everything that is still in use, after a collection. */
    async memory(): Promise<string> {
      child.kill(SIGNAL);
      const find = () => readdirSync(dir).find((name) => name.endsWith('.heapsnapshot'));
      const text = () => readFileSync(join(dir, find() ?? ''), 'latin1');
      await until(() => find() !== undefined && /\]\}\s*$/.test(text().slice(-9)), 'a snapshot');
      return text();
    },
  };
}

test('the process has nothing in memory of the secrets of a connect and a refresh that it tells of', async () => {
  const { url, tap, memory } = await start();
  const visitor = visit({ url });
  const close = { Connection: 'close' }; // an open connection has the last request at hand
  const begun = await visitor.begin();
  const callback = await visitor.consent(begun, 'Allow');
  const attempt = visitor.cookies();
  await visitor.get(`${callback}&a_name_that_is_long=x`, close);
  await visitor.post('/refresh', {}, close);
  const { text } = await visitor.get('/inspect', close);
  expect(text).toContain('New tokens');
  const { searchParams } = new URL(callback);
  const secrets = [
    ...tap.tokens(),
    ...[attempt, visitor.cookies()].flatMap((cookies) =>
      cookies.split('; ').map((cookie) => cookie.replace(/^.*?=/, '')),
    ),
    String(searchParams.get('code')),
    String(searchParams.get('state')),
  ];
  expect(secrets.length).toBeGreaterThan(8);
  const known = await memory();
  expect(known).toContain('refresh_token');
  expect(secrets.filter((secret) => known.includes(secret))).toEqual([]);
});
