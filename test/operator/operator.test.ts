import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { content } from '../store/store-contract.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { activated, KEY as PARTNER_KEY, startDoor } from '../support/partner.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

const KEY = 'an-operators-key-of-thirty-six-chars';
const SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

const start = (env: Record<string, string> = {}) =>
  startApp({ OPERATOR_KEY: KEY, SESSION_SECRET: SECRET, ...env });

const look = ({ url }: Pick<TestApp, 'url'>, address = '/operator', key = KEY, user = 'whoever') =>
  request(url).get(address).auth(user, key).set('Accept', 'text/html');

/** The cells of its table, row by row. */
const rowsOf = (html: string) =>
  [...html.matchAll(/<tr><th scope="row">(.*?)<\/th>(.*?)<\/tr>/gs)].map(([, first, rest = '']) => [
    first,
    ...[...rest.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => cell),
  ]);

test('all connections with state, dates and owners, and nothing of a person', async () => {
  const app = await start();
  const [ann, bob, eve] = [visit(app), visit(app), visit(app)];
  await ann.connect();
  await bob.connect();
  await eve.connect('/connect?mode=demo');
  const { userId } = (await ann.json('/api/connection')).body;
  app.clock.now += 120_000;
  await ann.post('/refresh');

  const page = await look(app);
  expect(page.status).toBe(200);
  expect(page.headers['cache-control']).toBe('no-store');
  const rows = rowsOf(page.text);
  const names = [...new Set(app.logs().match(/"grant":"[\w-]{43}"/g))];
  expect(names.length).toBeGreaterThan(0);
  expect(rows.map(([name]) => name)).toContain(names[0]?.slice(9, -1));
  expect(rows.map((cells) => cells.slice(1))).toContainEqual([
    'sandbox',
    'connected',
    '2026-06-15 12:00',
    '2026-06-15 12:02 refreshed',
    expect.stringMatching(/^2026-06-15 \d\d:\d\d/),
    '2 × browser',
  ]);
  expect(rows.map((cells) => [cells[2], cells[6]])).toContainEqual([
    'connected (demo)',
    'whoever tries the demo',
  ]);
  expect(page.text).toMatch(/<li>\d connections: \d connected \(1 of the demo\)<\/li>/);
  expect(page.text).toMatch(/<li>1 open refresh, the oldest for less than a minute<\/li>|no refresh is open/);
  expect(page.text).toMatch(/<li>[\d,]+ of 100,000 calls used in this minute<\/li>/);
  expect(page.text).not.toContain(userId);
});

test('a partner owns a connection, and whoever opens a hand-off link may', async () => {
  const { app, partner, contract } = await startDoor({ OPERATOR_KEY: KEY });
  const { body } = await partner.post('', { code: await activated(contract) });
  await partner.post(`/${body.connectionId}/handoff`);
  expect(rowsOf((await look(app)).text)[0]?.[6]).toBe('partner, 2 × unopened hand-off link');
  expect((await look(app)).text).not.toContain(PARTNER_KEY);
});

test('filters and pages are in the address, however many there are', async () => {
  const app = await start();
  await app.stop();
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const store = openSqliteStore(join(app.dataDir, 'connect.db'), encryption, () => 0);
  for (let i = 0; i < 120; i += 1) {
    const userId = String(i);
    const at = app.clock.now;
    const ended = i % 3 === 0 ? { code: 'refresh-token-refused' as const, at, probedAt: at } : null;
    const grant = {
      id: `eu:${userId.padStart(3, '0')}`,
      expected: null,
      content: { ...content, userId, ended },
    };
    const session = { key: userId, data: '{}', idleUntil: at + 1e9, endsAt: at + 1e9 };
    await store.signIn({ grant, session, replaces: null, attempt: null });
  }
  store.close();
  const again = await app.restart();

  const first = await look(again);
  expect(rowsOf(first.text)).toHaveLength(50);
  expect(first.text).toContain('all (120)');
  const seen = new Set(rowsOf(first.text).map(([name]) => name));
  let next = nextOf(first.text);
  for (let pages = 1; next !== null; pages += 1) {
    expect(pages).toBeLessThan(3);
    const page = await look(again, next);
    for (const [name] of rowsOf(page.text)) seen.add(name);
    next = nextOf(page.text);
  }
  expect(seen.size).toBe(120);

  const lost = await look(again, '/operator?state=needs-reconnect');
  expect(rowsOf(lost.text).map((cells) => cells[2])).toEqual(Array(40).fill('needs-reconnect'));
  expect(nextOf(lost.text)).toBeNull();
  expect(lost.text).toContain('aria-current="page">needs-reconnect (40)');
  expect(rowsOf((await look(again, '/operator?state=degraded')).text)).toEqual([]);
  const odd = await look(again, '/operator?state=<script>&after=%27%00');
  expect(rowsOf(odd.text)).toHaveLength(50);
  const json = await request(again.url).get('/operator').auth('', KEY).set('Accept', 'application/json');
  expect(json.body).toMatchObject({ totals: { open: 0 }, connections: expect.any(Array) });
  expect(json.text).not.toMatch(/access-0|refresh-0/);
});

const nextOf = (html: string) =>
  /<a href="([^"]*)" rel="next">/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null;

test('what no key opens is said, and hides nobody else', async () => {
  const app = await start();
  await visit(app).connect();
  await app.stop();
  const other = 'another-secret-'.repeat(3);
  const openUnder = (...secrets: string[]) =>
    openSqliteStore(join(app.dataDir, 'connect.db'), createEncryption(deriveKeys(secrets).seal), () => 0);
  const store = openUnder(other, SECRET);
  const at = app.clock.now;
  const session = { key: 'x', data: '{}', idleUntil: at + 1e9, endsAt: at + 1e9 };
  await store.signIn({ grant: { id: 'x', expected: null, content }, session, replaces: null, attempt: null });
  store.close();
  openUnder(SECRET, other).close(); // the key of the store opens without the other secret again
  const page = await look(await app.restart());
  expect(rowsOf(page.text).map((cells) => cells[2])).toEqual(
    expect.arrayContaining(['connected', 'unreadable']),
  );
  expect(page.text).toContain('<li>1 record under an old SESSION_SECRET</li>');
});

describe('the key', () => {
  test('without it there is nothing; a wrong one, or one in another scheme, is refused', async () => {
    const app = await start();
    const bare = await request(app.url).get('/operator');
    expect([bare.status, bare.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Operator", charset="UTF-8"',
    ]);
    expect((await look(app, '/operator', 'wrong')).status).toBe(401);
    expect((await look(app, '/operator', `${KEY}x`)).status).toBe(401);
    const credentials = Buffer.from(`x:${KEY}`).toString('base64');
    const bearer = await request(app.url).get('/operator').set('Authorization', `Bearer ${credentials}`);
    expect(bearer.status).toBe(401);
    expect((await look(app, '/operator', KEY, '')).status).toBe(200);
    expect((await request(app.url).post('/operator').auth('x', KEY)).status).toBe(405);
    expect((await look(await startApp())).status).toBe(404);
  });

  test('who guesses at it is limited, and takes nothing from whoever has it', async () => {
    const app = await start();
    const guesses = await Promise.all(Array.from({ length: 70 }, () => look(app, '/operator', 'guess')));
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(10);
    expect((await look(app)).status).toBe(200);
  });
});

test('npm run status prints the head line beside the running app, and writes nothing', async () => {
  const app = await start();
  await visit(app).connect();
  await sandboxOf(app).fault('refuse-refresh', { times: 1 });
  const files = () =>
    readdirSync(app.dataDir)
      .filter((name) => /^(connect|unsynced)\.db(-wal)?$/.test(name))
      .map((name) => [
        name,
        statSync(join(app.dataDir, name)).size,
        statSync(join(app.dataDir, name)).mtimeMs,
      ]);
  const before = files();
  const env = { ...process.env, DATA_DIR: join(app.dataDir, '..'), SESSION_SECRET: SECRET };
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../dist/commands/status.js')], {
    env,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^1 connection: 1 connected\n.*open.*\n\d+ of 120 calls used in this minute\n$/),
  ]);
  expect(files()).toEqual(before);
});
