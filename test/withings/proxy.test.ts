import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import express from 'express';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { createWithings } from '../../src/withings/client.ts';
import type { NoAnswer } from '../../src/withings/http.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';

const DEMO_TOKEN = resolve(import.meta.dirname, '../../dist/commands/demo-token.js');
const HOST = 'withings.test'; // which nobody can look up: whoever gets there came through the proxy

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Withings over TLS, with a certificate for HOST. */
async function startWithings() {
  const dir = tempDir();
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const request = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${HOST} -addext subjectAltName=DNS:${HOST}`;
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const client = { id: 'far-client', secret: 'far-secret', name: 'Far', redirectUris: [] };
  const sandbox = openSandbox({ now: Date.now, dataDir: tempDir(), clients: [client] });
  atEnd(() => sandbox.close());
  const site = createHttps(
    { key: readFileSync(key), cert: readFileSync(cert) },
    express().use(sandbox.router),
  );
  const port = await portOf(site);
  atEnd(() => site.closeAllConnections());
  return { port, cert };
}

/** A proxy that only makes tunnels, to this machine whatever the name, and hears what goes through. */
async function startProxy() {
  const asked: { target: string; auth: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createHttp((_req, res) => res.writeHead(500).end());
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.on('connect', (req, socket: Socket) => {
    asked.push({ target: String(req.url), auth: req.headers['proxy-authorization'] });
    const far = connect(Number(new URL(`http://${req.url}`).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      socket.pipe(far).pipe(socket);
    });
    far.on('error', () => socket.destroy());
  });
  const port = await portOf(server);
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://user:p%40ss@127.0.0.1:${port}`, asked, heard: () => heard };
}

async function demoToken(env: Record<string, string>) {
  const program = spawn(process.execPath, [DEMO_TOKEN], {
    cwd: tempDir(),
    env: { PATH: process.env.PATH, ...env },
  });
  let output = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(program, 'close');
  return { code, output };
}

test('calls go through HTTPS_PROXY as tunnels, of which it sees the host alone; NO_PROXY excepts', async () => {
  const withings = await startWithings();
  const proxy = await startProxy();
  const env = {
    WITHINGS_CLIENT_ID: 'far-client',
    WITHINGS_CLIENT_SECRET: 'far-secret',
    WITHINGS_API_URL: `https://${HOST}:${withings.port}/`,
    WITHINGS_AUTHORIZE_URL: `https://${HOST}:${withings.port}/oauth2_user/authorize2`,
    SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
    NODE_EXTRA_CA_CERTS: withings.cert,
    HTTPS_PROXY: proxy.url,
  };
  const { code, output } = await demoToken(env);
  expect([code, output]).toEqual([0, expect.stringContaining('"accessToken"')]);
  const auth = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  expect(proxy.asked.length).toBeGreaterThan(0);
  for (const each of proxy.asked) expect(each).toEqual({ target: `${HOST}:${withings.port}`, auth });
  expect(proxy.heard()).not.toMatch(/far-client|getdemoaccess/);

  const before = proxy.asked.length;
  const straight = await demoToken({ ...env, NO_PROXY: HOST });
  expect(straight.code).toBe(1);
  expect(straight.output).toContain('withings-unreachable');
  expect(proxy.asked).toHaveLength(before);
  const { code: distrusting } = await demoToken({ ...env, NODE_EXTRA_CA_CERTS: '' });
  expect(distrusting).toBe(1); // the tunnel ends in TLS that is checked as ever
});

function clientThrough(port: number) {
  const told: NoAnswer[] = [];
  const client = createWithings({
    issuer: 'eu',
    clientId: 'client',
    clientSecret: 'secret',
    scope: ['user.info'],
    auth: 'secret',
    authorizeUrl: `https://${HOST}/a`,
    apiUrl: `https://${HOST}/`,
    proxy: new URL(`http://127.0.0.1:${port}`),
    timeoutMs: 300,
    redirectUri: 'https://app.example/callback',
    now: Date.now,
    onNoAnswer: (what) => told.push(what),
  });
  return { client, told };
}

test.each([
  ['407 Proxy Authentication Required', 'PROXY_407'],
  ['403 Forbidden', 'PROXY_403'],
])('a proxy that answers %s: Withings is out of reach, and the log says %s', async (answer, code) => {
  let heard = '';
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        heard += chunk;
        socket.write(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\n\r\n`);
      });
  });
  const { client, told } = clientThrough(await portOf(server));
  expect(await client.refresh('a-token')).toMatchObject({ refusal: { code: 'withings-unreachable' } });
  expect(told).toEqual([expect.objectContaining({ code, path: 'v2/oauth2' })]);
  expect(heard).not.toContain('a-token');
});

test('a proxy that never answers costs one deadline, and its connection ends with it', async () => {
  const open = new Set<Socket>();
  let came = 0;
  const server = createServer((socket) => {
    came += 1;
    open.add(socket);
    socket
      .resume()
      .on('close', () => open.delete(socket))
      .on('error', () => {});
  });
  const port = await portOf(server);
  atEnd(() => {
    for (const socket of open) socket.destroy();
  });
  const { client } = clientThrough(port);
  expect(await client.refresh('a-token')).toMatchObject({ ok: false, refusal: { code: 'withings-timeout' } });
  expect(came).toBe(1);
  await until(() => open.size === 0);
});
