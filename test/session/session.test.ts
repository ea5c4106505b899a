import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import express, { type NextFunction, type Request, type Response } from 'express';
import request from 'supertest';
import { SessionGoneError } from '../../src/session/express-store.ts';
import { createSessions } from '../../src/session/session.ts';
import { createEncryption, DecryptionError } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { door } from '../support/door.ts';
import { atEnd } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { tapWire } from '../support/wire-tap.ts';
import { startFarApart } from '../support/withings.ts';

const DAY = 86_400_000;
const [OLD, NEW] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

async function connected(env: Record<string, string> = {}): Promise<{ app: TestApp; visitor: Visitor }> {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  return { app, visitor };
}

async function isIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.json('/api/connection')).body.state === 'connected';
}

/** The database itself, as somebody with a copy of the disk sees it. */
function disk(app: TestApp) {
  return openDatabase(join(app.dataDir, 'connect.db'), 'NORMAL');
}

function bytesOnDisk(app: TestApp): string {
  const names = readdirSync(app.dataDir).filter((name) => name.startsWith('connect.db'));
  return names.map((name) => readFileSync(join(app.dataDir, name), 'latin1')).join('');
}

describe('what is stored', () => {
  test('no token stands in any file of ours, and the session id only as a hash', async () => {
    const { app: far, withings } = await startFarApart();
    const tap = await tapWire(withings.url);
    const app = await far.restart({ WITHINGS_API_URL: tap.url });
    const visitor = visit(app);
    const authorize = await visitor.begin();
    const callback = await visitor.consent(authorize, 'Allow');
    await visitor.get(callback);
    await visitor.post('/refresh');
    const bytes = bytesOnDisk(app);
    const tokens = tap.tokens();
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    for (const address of [authorize, callback]) {
      for (const secret of new URL(address).searchParams.values())
        if (secret.length > 30) tokens.push(secret);
    }
    for (const token of tokens) expect(bytes.includes(token)).toBe(false);
    const id = /session-\d+=s%3A([\w-]+)\./.exec(visitor.cookies())?.[1] ?? '';
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(bytes.includes(id)).toBe(false);
  });

  test('the key of a row, signed or not, is no way in', async () => {
    const { app } = await connected();
    const db = disk(app);
    const [row] = db.all('SELECT key FROM sessions');
    db.close();
    const thief = visit(app);
    for (const value of [`s%3A${row?.key}.x`, String(row?.key), `s:${row?.key}`]) {
      for (const name of ['session', `withings-session-${app.config.port}`]) {
        expect((await thief.get('/dashboard', { Cookie: `${name}=${value}` })).headers.location).toBe('/');
      }
    }
  });

  test('a grant moved to another row is nobody’s, and is not destroyed for it', async () => {
    const { app, visitor } = await connected();
    const db = disk(app);
    db.run("UPDATE grants SET id = 'eu:999'");
    expect((await visitor.get('/dashboard')).headers.location).toBe('/');
    expect(db.all('SELECT * FROM grants')).toHaveLength(1);
    db.close();
  });

  test.each([
    [
      'another grant',
      (mine: string) => `UPDATE sessions SET grant_id =
      (SELECT grant_id FROM sessions WHERE grant_id <> '${mine}') WHERE grant_id = '${mine}'`,
    ],
    [
      'another last day',
      (mine: string) => `UPDATE sessions SET ends_at = ends_at + 1 WHERE grant_id = '${mine}'`,
    ],
    [
      'the binding of another',
      (mine: string) => `UPDATE sessions SET (bound, grant_id) =
      (SELECT bound, grant_id FROM sessions WHERE grant_id <> '${mine}') WHERE grant_id = '${mine}'`,
    ],
  ])('a session that somebody has given %s is none, and that is said once', async (_what, forge) => {
    const { app, visitor } = await connected();
    const db = disk(app);
    const [mine] = db.all('SELECT id FROM grants');
    const demo = visit(app);
    await demo.connect('/connect?mode=demo');
    db.run(forge(String(mine?.id)));
    for (let visits = 0; visits < 2; visits += 1) {
      expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
    }
    expect((await demo.json('/api/connection')).body.state).toBe('connected');
    expect(app.logs().match(/somebody else writes to it/g)).toHaveLength(1);
    db.close();
  });

  test('the idle limit of a session moves freely', async () => {
    const { app, visitor } = await connected();
    const db = disk(app);
    db.run('UPDATE sessions SET idle_until = idle_until + 60000');
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
    db.close();
  });

  test('no user id stands in the store or in the log, nor a name that can be worked out from it', async () => {
    const { app, visitor } = await connected();
    const { userId } = (await visitor.json('/api/connection')).body;
    await visitor.post('/refresh');
    await app.settled();
    const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
    const written = bytesOnDisk(app) + app.logs();
    expect(app.logs()).toContain('"msg":"refresh"');
    for (const name of [userId, ...[userId, `sandbox:${userId}`, `sandbox|${userId}`].map(hash)]) {
      expect(written.includes(name)).toBe(false);
    }
  });

  test('what is erased is gone from the disk', async () => {
    const { app, visitor } = await connected();
    const db = disk(app);
    const [row] = db.all('SELECT sealed FROM grants');
    const sealed = String(row?.sealed).slice(0, 200); // the rest may lie on another page
    expect(bytesOnDisk(app)).toContain(sealed);
    await visitor.post('/disconnect');
    db.run('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(bytesOnDisk(app)).not.toContain(sealed);
    db.close();
  });

  test('only its owner may read what is stored', async () => {
    const { app } = await connected();
    expect(statSync(join(app.dataDir, 'session-secret')).mode & 0o077).toBe(0);
  });

  test('anonymous visits write nothing and set nothing', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const name = `withings-session-${app.config.port}`;
    for (const cookie of [
      '',
      ...['session', name].flatMap((each) => [`${each}=`, `${each}=s%3Aabc.def`, `${each}=j%3A%7B%7D`]),
      `withings-connect-${app.config.port}=%00`,
      'a=b; ; =;',
    ]) {
      const answer = await visitor.get('/', { Cookie: cookie });
      expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined]);
    }
    const db = disk(app);
    expect(
      db.all('SELECT 1 FROM sessions UNION ALL SELECT 1 FROM attempts UNION ALL SELECT 1 FROM grants'),
    ).toEqual([]);
    db.close();
  });
});

describe('how long it lasts', () => {
  test('where its idle limit cannot be moved the answer has gone out, and its connection serves who comes next', async () => {
    const { app, visitor } = await connected();
    disk(app).run(
      "CREATE TRIGGER away BEFORE UPDATE OF idle_until ON sessions BEGIN SELECT RAISE(ABORT, 'away'); END",
    );
    app.clock.now += 120_000;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    atEnd(() => agent.destroy());
    async function ask(path: string) {
      const sent = get(app.url + path, { agent, headers: { Cookie: visitor.cookies() } });
      const [res] = await once(sent, 'response');
      await once(res.resume(), 'end');
      return [res.statusCode, sent.reusedSocket];
    }
    expect(await ask('/dashboard')).toEqual([200, false]);
    expect(await ask('/nowhere')).toEqual([404, true]);
    expect(await ask('/dashboard')).toEqual([200, true]);
  });

  test('a session ends after its idle days without a visit', async () => {
    const { app, visitor } = await connected({ SESSION_IDLE_DAYS: '2' });
    app.clock.now += 1.5 * DAY;
    expect((await visitor.get('/')).text).toContain('Open the dashboard'); // this visit counts
    app.clock.now += 1.5 * DAY;
    expect((await visitor.get('/')).text).toContain('Open the dashboard');
    app.clock.now += 2 * DAY;
    expect((await visitor.get('/')).text).not.toContain('Open the dashboard');
  });

  test('and after its absolute days, however often it is visited', async () => {
    const { app, visitor } = await connected({ SESSION_IDLE_DAYS: '2', SESSION_MAX_DAYS: '5' });
    for (let day = 1; day < 5; day += 1) {
      app.clock.now += DAY;
      expect((await visitor.get('/')).text).toContain('Open the dashboard');
    }
    app.clock.now += DAY;
    expect((await visitor.get('/')).text).not.toContain('Open the dashboard');
  });
});

describe('the truth about how long', () => {
  const lasts = async (visitor: Visitor, app: TestApp) => {
    const { lastsUntil, lastsBecause } = (await visitor.json('/api/connection')).body;
    return [(Date.parse(lastsUntil) - app.clock.now) / DAY, lastsBecause];
  };

  test.each([29, 31, 179])('away for %i days: still connected, as was said', async (days) => {
    const { app, visitor } = await connected();
    expect(await lasts(visitor, app)).toEqual([180, 'session-idle']);
    expect((await visitor.get('/dashboard')).text).toContain('Without a visit it lasts until 13 Dec.'); // in Auckland
    await app.settled();
    app.clock.now += days * DAY;
    expect(await isIn(visitor)).toBe(true);
    expect(await lasts(visitor, app)).toEqual([180, 'session-idle']);
  });

  test('away for 181: gone, as was said', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 181 * DAY;
    expect(await isIn(visitor)).toBe(false);
    expect((await visitor.json('/api/connection')).body).toMatchObject({
      lastsUntil: null,
      lastsBecause: null,
    });
  });

  test('the last day of a session counts, and in its last month one click begins a new one', async () => {
    const { app, visitor } = await connected();
    for (const days of [150, 150]) {
      app.clock.now += days * DAY;
      await visitor.get('/dashboard'); // which refreshes the token
    }
    expect(await lasts(visitor, app)).toEqual([100, 'session-max']);
    expect((await visitor.get('/dashboard')).text).not.toContain('Stay connected');
    app.clock.now += 70 * DAY + 1;
    const page = (await visitor.get('/dashboard')).text;
    expect(page).toContain('<a class="button" href="/connect">Stay connected</a>');
    expect(page).toContain('On 21 Jul this browser is signed out, however often you come.');
    expect(page).not.toContain('Without a visit it lasts'); // the same day
  });

  const offers = async (visitor: Visitor) =>
    (await visitor.get('/dashboard')).text.includes('>Stay connected</a>');

  test('a new one is not offered while a visit makes this one longer', async () => {
    const { app, visitor } = await connected({ SESSION_IDLE_DAYS: '10', SESSION_MAX_DAYS: '20' });
    expect(await offers(visitor)).toBe(false);
    app.clock.now += 9 * DAY;
    expect(await offers(visitor)).toBe(false);
    app.clock.now += 7 * DAY; // and of a short time the last quarter has begun
    expect(await offers(visitor)).toBe(true);
  });

  test('nor while Withings is away, nor for the demo', async () => {
    const { app, visitor } = await connected({ SESSION_IDLE_DAYS: '5', SESSION_MAX_DAYS: '5' });
    const guest = visit(app);
    app.clock.now += 4 * DAY;
    await guest.connect('/connect?mode=demo');
    expect([await offers(visitor), await offers(guest)]).toEqual([true, false]);
    await sandboxOf(app).fault('http-500', { times: 0 });
    app.clock.now += DAY / 2;
    expect((await visitor.get('/dashboard')).text).toContain('Connected, but held up');
    expect(await offers(visitor)).toBe(false);
  });

  test('where sessions are short, in the last quarter of one', async () => {
    const { app, visitor } = await connected({ SESSION_MAX_DAYS: '8' });
    expect(await lasts(visitor, app)).toEqual([8, 'session-max']);
    app.clock.now += 6 * DAY;
    expect(await offers(visitor)).toBe(false);
    app.clock.now += 1;
    expect(await offers(visitor)).toBe(true);
  });

  test('another browser that stays longer keeps the connection, and each is told when it is signed out', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 100 * DAY;
    const other = visit(app);
    await other.connect();
    expect(await lasts(other, app)).toEqual([180, 'session-idle']);
    app.clock.now += 70 * DAY;
    expect(await lasts(visitor, app)).toEqual([180, 'session-idle']); // this very visit counts
    app.clock.now += 5 * DAY;
    expect(await lasts(other, app)).toEqual([180, 'session-idle']);
  });

  test('the refresh token counts only where it was not renewed in good time', async () => {
    const { app, visitor } = await connected({ SESSION_IDLE_DAYS: '400' });
    expect(await lasts(visitor, app)).toEqual([400, 'session-max']);
    await sandboxOf(app).fault('http-500', { times: 0 });
    app.clock.now += 340 * DAY;
    expect(await lasts(visitor, app)).toEqual([25, 'refresh-token']);
    await sandboxOf(app).clearFaults();
    app.clock.now += DAY;
    await visitor.get('/dashboard');
    expect(await lasts(visitor, app)).toEqual([59, 'session-max']);
  });

  test('the demo ends after a day, whoever is signed in', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    expect(await lasts(visitor, app)).toEqual([1, 'demo']);
    expect((await visitor.get('/dashboard')).text).not.toContain('Without a visit it lasts');
  });

  test('home says the same as the dashboard: over is over', async () => {
    const { app, visitor } = await connected();
    await sandboxOf(app).unlink((await visitor.json('/api/connection')).body.userId);
    app.clock.now += 4 * 3_600_000;
    await visitor.get('/dashboard');
    const { text } = await visitor.get('/');
    expect(text).toContain('Please connect again');
    expect(text).toContain('<a class="button" href="/connect">Connect again</a>');
    expect(text).not.toContain('Open the dashboard');
  });
});

describe('keys', () => {
  test('new,old keeps every session and every grant', async () => {
    const { app, visitor } = await connected({ SESSION_SECRET: OLD });
    const both = await app.restart({ SESSION_SECRET: `${NEW},${OLD}` });
    expect(await isIn(visitor)).toBe(true);
    await visitor.post('/refresh'); // written again, and so sealed with the new key
    await visitor.connect();
    await both.restart({ SESSION_SECRET: NEW });
    expect(await isIn(visitor)).toBe(true);
  });

  test('a grant whose key is missing is said to be locked, kept, and can be replaced by connecting', async () => {
    const { app, visitor } = await connected({ SESSION_SECRET: `${NEW},${OLD}` });
    const db = disk(app);
    db.run("UPDATE grants SET sealed = 'deadbeef.' || substr(sealed, 10)"); // as if sealed with a key we never had
    const page = await visitor.get('/dashboard');
    expect(page.status).toBe(503);
    expect(page.text).toContain('key-missing');
    expect(page.headers['retry-after']).toBeDefined();
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(db.all('SELECT 1 FROM grants')).toHaveLength(1);
    await visitor.connect();
    expect(await isIn(visitor)).toBe(true);
    db.close();
  });

  test('one can leave without the key: erased, revoked, and said', async () => {
    const { app, visitor } = await connected({ SESSION_SECRET: `${NEW},${OLD}` });
    const db = disk(app);
    db.run("UPDATE grants SET sealed = 'deadbeef.' || substr(sealed, 10)");
    expect((await visitor.post('/disconnect')).headers.location).toBe('/');
    expect((await visitor.get('/')).text).toContain('Withings confirmed');
    expect(db.all('SELECT 1 FROM grants UNION ALL SELECT 1 FROM sessions')).toEqual([]);
    db.close();
  });

  test('a damaged secret file stops the start instead of locking everybody out with a new key', async () => {
    const app = await startApp();
    await app.stop();
    writeFileSync(join(app.dataDir, 'session-secret'), '');
    await expect(app.restart()).rejects.toThrow('session-secret is damaged');
  });

  test('what the sandbox let in is not let in after going live', async () => {
    const shared = { SESSION_SECRET: OLD };
    const { app, visitor } = await connected(shared);
    await app.restart({
      ...shared,
      WITHINGS_CLIENT_ID: 'real',
      WITHINGS_CLIENT_SECRET: 'secret',
      WITHINGS_API_URL: 'http://127.0.0.1:9/',
    });
    expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
  });

  test('a sealed text opens with any key of the ring, in its own place, unchanged, and not otherwise', () => {
    const ring = (...secrets: string[]) => createEncryption(deriveKeys(secrets).seal);
    const sealed = ring(OLD).seal('the text', 'here');
    expect(ring(NEW, OLD).open(sealed, 'here')).toBe('the text');
    expect(() => ring(NEW).open(sealed, 'here')).toThrow(new DecryptionError('unknown-key'));
    expect(() => ring(OLD).open(sealed, 'there')).toThrow(new DecryptionError('damaged'));
    for (let i = 9; i < sealed.length; i += 1) {
      const flipped = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1);
      // The last character of base64url may carry bits that mean nothing.
      if (i < sealed.length - 1) expect(() => ring(OLD).open(flipped, 'here')).toThrow(DecryptionError);
    }
    for (const broken of ['', '.', '..', sealed.slice(0, 30), sealed.slice(0, 8)]) {
      expect(() => ring(OLD).open(broken, 'here')).toThrow(DecryptionError);
    }
  });

  test('the same text is sealed differently every time', () => {
    const encryption = createEncryption(deriveKeys([OLD]).seal);
    expect(encryption.seal('x', 'p')).not.toBe(encryption.seal('x', 'p'));
  });
});

describe('a page that writes into the session', () => {
  /** A page beside ours, on the same sessions, that counts its visits and waits at a door before it is done. */
  async function counting() {
    const { app, visitor } = await connected({ SESSION_SECRET: OLD });
    const keys = deriveKeys([OLD]);
    const file = join(app.dataDir, 'connect.db');
    const store = openSqliteStore(file, createEncryption(keys.seal), () => 0);
    const { middleware } = createSessions({
      store,
      keys,
      now: () => app.clock.now,
      publicUrl: app.url,
      sessionIdleDays: 30,
      sessionMaxDays: 365,
    });
    const failures: unknown[] = [];
    const [arrived, leave] = [door(), door()];
    const site = express();
    site.get('/', middleware, async (req, res) => {
      const counted = req.session as { visits?: number };
      counted.visits = (counted.visits ?? 0) + 1;
      arrived.open();
      await leave.opened;
      res.send(String(counted.visits));
    });
    site.use((error: unknown, _req: Request, _res: Response, _next: NextFunction) => failures.push(error));
    atEnd(() => store.close());
    const visits = () => request(site).get('/').set('Cookie', visitor.cookies()).then();
    return { visitor, visits, arrived: arrived.opened, leave: leave.open, failures };
  }

  test('finds there what it wrote', async () => {
    const { visits, leave, failures } = await counting();
    leave();
    expect((await visits()).text).toBe('1');
    expect((await visits()).text).toBe('2');
    expect(failures).toEqual([]);
  });

  test('does not undo a log-out that came while it was under way, and is told', async () => {
    const { visitor, visits, arrived, leave, failures } = await counting();
    const [cookie, slow] = [visitor.cookies(), visits()];
    await arrived;
    await visitor.post('/logout');
    leave();
    await slow;
    expect(failures).toEqual([new SessionGoneError()]);
    const page = await visitor.json('/api/connection');
    expect(page.body.state).toBe('not-connected');
    expect((await visitor.get('/dashboard', { Cookie: cookie })).headers.location).toBe('/');
  });
});

describe('when the store is in trouble', () => {
  test('a read that fails is not a log-out: 503, the cookie stays, and so does the session', async () => {
    const { app, visitor } = await connected();
    const db = disk(app);
    db.run('ALTER TABLE sessions RENAME TO away');
    const page = await visitor.get('/dashboard');
    expect(page.status).toBe(503);
    expect(page.text).toContain('store-unavailable');
    expect(app.logs()).toContain('no such table: sessions');
    expect(page.headers['retry-after']).toBeDefined();
    expect(page.headers['set-cookie']).toBeUndefined();
    db.run('ALTER TABLE away RENAME TO sessions');
    expect(await isIn(visitor)).toBe(true);
    db.close();
  });

  test('a sign-in that cannot be written is an error, not a success', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const db = disk(app);
    db.run('ALTER TABLE grants RENAME TO away');
    const page = await visitor.get(callback);
    expect(page.status).toBe(503);
    expect(page.headers.location).toBeUndefined();
    expect(page.headers['set-cookie']).toBeUndefined();
    db.run('ALTER TABLE away RENAME TO grants');
    db.close();
  });
});
