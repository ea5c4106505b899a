import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { type Visitor, visit } from '../support/visitor.ts';

const EXAMPLE = join(import.meta.dirname, '../../docs/examples/embedded.js');

/** The example of the documentation as its own program, and Withings on another port. */
async function startExample() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sandbox = openSandbox({
    now: Date.now,
    dataDir: tempDir(),
    clients: [
      { id: 'host', secret: 'host-secret', name: 'Host', redirectUris: [`${url}/withings/callback`] },
    ],
  });
  const server = express().use(sandbox.router).listen(0, '127.0.0.1');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
    sandbox.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const withings = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dataDir = tempDir();
  const child = spawn(process.execPath, [EXAMPLE], {
    env: {
      PATH: process.env.PATH,
      APP_URL: url,
      APP_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
      DATA_DIR: dataDir,
      PORT: String(port),
      WITHINGS_CLIENT_ID: 'host',
      WITHINGS_CLIENT_SECRET: 'host-secret',
      WITHINGS_AUTHORIZE_URL: `${withings}/oauth2_user/authorize2`,
      WITHINGS_API_URL: `${withings}/`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { app: { url }, stop };
}

async function signedIn(app: { url: string }, name: string): Promise<Visitor> {
  const visitor = visit(app);
  expect((await visitor.post('/login', { name })).status).toBe(303);
  return visitor;
}

test('the example of the documentation connects, reads, is found again elsewhere, and disconnects', async () => {
  const { app, stop } = await startExample();
  const ada = await signedIn(app, 'ada');
  expect((await ada.get('/')).text).toContain('Connect Withings');
  const back = await ada.connect('/withings/connect');
  expect(back.status).toBe(303);
  expect(back.headers.location).toBe('/');
  expect((await ada.get('/')).text).toMatch(/^\d+\.\d kg$/);

  const elsewhere = await signedIn(app, 'ada'); // the connection is the person's, not the browser's
  expect((await elsewhere.get('/')).text).toMatch(/kg|busy/);
  const bob = await signedIn(app, 'bob');
  expect((await bob.get('/')).text).toContain('Connect Withings');

  expect((await ada.post('/withings/disconnect', {}, { Origin: 'https://evil.example' })).status).toBe(403);
  expect((await ada.post('/withings/disconnect')).status).toBe(303);
  expect((await elsewhere.get('/')).text).toContain('Connect Withings');
  expect(await stop()).toBe(0);
});

test('nobody connects who is not signed in', async () => {
  const { app } = await startExample();
  const nobody = visit(app);
  const answer = await nobody.get('/withings/connect');
  expect(answer.status).toBe(401);
  expect(answer.text).toContain('not-signed-in');
  expect((await nobody.get('/withings/callback?state=x&code=y')).status).toBe(401);
  expect((await request(app.url).head('/withings/callback')).status).toBe(200);
});

test('a failure reaches the error handler at an address of its own, under the mount path', async () => {
  const { app } = await startExample();
  const ada = await signedIn(app, 'ada');
  const denied = await ada.consent(await ada.begin('/withings/connect'), 'Deny');
  const { pathname, search } = new URL(denied);
  const answer = await request(app.url)
    .get(pathname + search)
    .set({ Cookie: ada.cookies(), Accept: 'text/html' });
  expect(answer.headers.location).toMatch(/^\/withings\/connect\/result\/[\w-]{22}$/);
  const shown = await ada.get(denied);
  expect([shown.status, shown.text]).toEqual([403, 'That did not work: access-denied']);
  expect((await ada.json(denied)).text).toContain('access-denied'); // in place
});

test('a callback of another browser is refused', async () => {
  const { app } = await startExample();
  const ada = await signedIn(app, 'ada');
  const callback = await ada.consent(await ada.begin('/withings/connect'), 'Allow');
  const eve = await signedIn(app, 'eve');
  expect((await eve.get(callback)).status).toBe(400);
  expect((await eve.get('/')).text).toContain('Connect Withings');
});

test('the example stays under sixty lines', () => {
  expect(readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
});
