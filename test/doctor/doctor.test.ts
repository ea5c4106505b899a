import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { openDatabase, sqliteEngine } from '../../src/store/sqlite/database.ts';
import { run } from '../commands/programs.ts';
import { tempDir } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';
import { examine, install, SECRET } from './installation.ts';

jest.setTimeout(120_000);

const OTHER = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

test('a sound installation: each group is well, nothing is changed, and no secret is said', async () => {
  const partnerKey = 'pA7-kQ2xV9mZ4tR8wN3bL6cF1dS5gH0j';
  const whole = await install({ WEBHOOKS: 'on', PARTNER_API_KEY: partnerKey });
  const file = join(whole.env.DATA_DIR ?? '', 'connect.db');
  const before = [readFileSync(file), statSync(`${file}-wal`).size];
  const found = await whole.examine();
  expect(found.findings.filter(({ verdict }) => verdict === 'fails')).toEqual([]);
  expect([found.code, found.ok]).toEqual([0, true]);
  expect([...new Set(found.findings.map(({ group }) => group))]).toEqual([
    ...['settings', 'callback', 'reach', 'proxy', 'Withings', 'store', 'custody', 'versions', 'quota'],
  ]);
  expect(found.well('reach')).toContain('The callback answers HEAD with 200');
  expect(found.well('reach')).toContain('The address for notifications answers HEAD with 200');
  expect(found.well('reach')).toContain('is trusted, and ends in 89 days');
  expect(found.well('proxy')).toContain('1 proxy names an address');
  expect(found.well('proxy')).toContain('Cookies pass');
  expect(found.well('proxy')).toContain('Event streams come as they are sent');
  expect(found.well('Withings')).toContain('knows this id and this secret');
  expect(found.well('versions')).toContain('1 instance has answered');
  const { isForSeveralProcesses } = sqliteEngine();
  const commit = isForSeveralProcesses
    ? 'It took a row and let it go again'
    : 'The app says that it takes writes';
  expect(found.well('store') + found.warns('store')).toContain(commit);
  expect(readFileSync(file)).toEqual(before[0]); // beside the app nothing is checkpointed
  expect(statSync(`${file}-wal`).size).toBeGreaterThanOrEqual(Number(before[1]));
  const text = (await run('doctor', [], { ...whole.env, NODE_EXTRA_CA_CERTS: whole.front.ca })).output;
  expect(text).toMatch(/^ok +settings +The app starts with these settings/);
  for (const secret of [SECRET, 'far-secret', partnerKey]) {
    expect(found.output + text).not.toContain(secret);
  }
  expect(found.output + text).not.toContain('/webhooks/withings/');
  expect(whole.app.output()).not.toMatch(/"level":"(warn|error)".*doctor/);
});

describe('the proxy in front', () => {
  test('each of its faults is named, and what mends it', async () => {
    const whole = await install();
    const { front } = whole;
    const again = async (change: Partial<typeof front>, env: Record<string, string> = {}) => {
      const usual = { ...front };
      Object.assign(front, change);
      const found = await whole.examine(env);
      Object.assign(front, usual);
      return found;
    };
    const held = await again({ buffers: true });
    expect([held.code, held.warns('proxy')]).toEqual([
      0,
      expect.stringContaining('Event streams are held back'),
    ]);

    for (const way of ['in', 'out'] as const) {
      const dropped = await again({ dropsCookies: way });
      expect([dropped.code, dropped.fails('proxy')]).toEqual([
        1,
        expect.stringContaining('nobody stays signed in'),
      ]);
    }
    expect((await again({ strips: '; Secure' })).fails('proxy')).toContain('changed on its way (secure)');

    const unsaid = await again({ forwards: false });
    expect(unsaid.fails('proxy')).toContain('anybody can say that they come from anywhere');
    expect(unsaid.findings.find(({ says }) => says.includes('from anywhere'))?.todo).toBe(
      'Set TRUST_PROXY=0.',
    );
    expect((await again({}, { TRUST_PROXY: '0' })).warns('proxy')).toContain(
      'shares one limit with all others',
    );

    const moved = await again({ redirects: true });
    expect(moved.fails('reach')).toContain('The callback answers HEAD with 301');
    expect(moved.fails('proxy')).toContain(
      `The app runs here, and ${whole.env.PUBLIC_URL} does not lead to it`,
    );

    const foreign = await again({}, { SESSION_SECRET: OTHER });
    expect(foreign.fails('proxy')).toContain('is not this installation (404)');
    expect(foreign.fails('store')).toContain('SESSION_SECRET is not the one');
  });

  test('a certificate that nobody knows', async () => {
    const whole = await install();
    const found = await whole.examine({ NODE_EXTRA_CA_CERTS: '' });
    expect([found.code, found.fails('reach')]).toEqual([
      1,
      expect.stringContaining('signed by nobody whom we trust'),
    ]);
  });
});

describe('Withings', () => {
  test('a wrong secret; a clock that is five minutes off; an address where nobody answers', async () => {
    const clock = { ahead: 0 };
    const whole = await install({}, { clock });
    const wrong = await whole.examine({ WITHINGS_CLIENT_SECRET: 'far-secrets' });
    expect([wrong.code, wrong.fails('Withings')]).toEqual([
      1,
      expect.stringContaining('refuses this id or this secret'),
    ]);
    expect(wrong.output).not.toContain('far-secrets');

    clock.ahead = 5 * 60_000;
    const late = await whole.examine();
    expect([late.code, late.fails('Withings')]).toEqual([
      1,
      expect.stringMatching(/is (299|300|301) seconds behind/),
    ]);
    clock.ahead = -30_000;
    expect((await whole.examine()).warns('Withings')).toMatch(/is (29|30|31) seconds ahead of/);

    const away = await whole.examine({ WITHINGS_API_URL: 'http://127.0.0.1:9/' });
    expect(away.fails('Withings')).toContain('does not answer: ECONNREFUSED');
    whole.withings.say('getnonce', { nonce: 'x' });
    expect((await whole.examine()).fails('Withings')).toContain('refuses');
  });

  test('an address that Withings does not register', async () => {
    const env = {
      WITHINGS_CLIENT_ID: 'real',
      WITHINGS_CLIENT_SECRET: 'of the dashboard',
      SESSION_SECRET: SECRET,
      PORT: '9',
      DATA_DIR: tempDir(),
      HTTPS_PROXY: 'http://127.0.0.1:9', // so that nobody is called
    };
    const odd = await examine({ ...env, PUBLIC_URL: 'https://connect.invalid:8443' });
    expect([odd.code, odd.fails('callback')]).toEqual([
      1,
      expect.stringContaining('it asks for port 443 or 80'),
    ]);
    expect(odd.fails('Withings')).toContain('does not answer through the proxy 127.0.0.1:9');
    const sound = await examine({ ...env, PUBLIC_URL: 'https://connect.invalid' });
    expect(sound.well('callback')).toContain('https://connect.invalid/callback');
    expect(sound.fails('reach')).toContain('connect.invalid: there is no host of that name');
  });
});

describe('settings', () => {
  test('faults are told as the app tells them, and nothing else is looked at', async () => {
    const found = await examine({ WITHINGS_CLIENT_ID: 'real', TRUST_PROXY: 'many' });
    expect([found.code, found.ok]).toEqual([1, false]);
    expect(found.fails('settings')).toContain('TRUST_PROXY must be a whole number');
    expect(found.findings.every(({ group }) => group === 'settings')).toBe(true);
  });

  test('what starts and is hardly meant: a misspelt name, a .env for all to read, a secret of words, an example', async () => {
    const cwd = tempDir();
    const dotEnv = join(cwd, '.env');
    writeFileSync(
      dotEnv,
      `SESSION_SECRET=the quick brown fox jumps over it\nPUBLIC_URL=https://connect.example.org\n`,
    );
    chmodSync(dotEnv, 0o644);
    const env = { PORT: '9', WITHINGS_CLIENTID: 'x', DATA_DIR: tempDir() };
    const found = await examine(env, cwd);
    const doubts = found.warns('settings');
    expect(doubts).toContain('did you mean WITHINGS_CLIENT_ID?');
    expect(doubts).toContain('SANDBOX');
    expect(doubts).toContain('.env has mode 0644');
    expect(doubts).toContain('SESSION_SECRET does not look random');
    expect(doubts).toContain('PUBLIC_URL is that of an example');
    expect(found.output).not.toContain('quick brown');
    const sequence = { SESSION_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' };
    expect((await examine({ ...env, ...sequence })).warns('settings')).toContain('does not look random');
    for (const random of [SECRET, 'ffba17fd4503f2a8b247d441f387b3cf7fff0508']) {
      const { well } = await examine({ ...env, SESSION_SECRET: random });
      expect(well('settings')).toContain('look random');
    }
  });

  test('before the first start it makes nothing, not even the secret', async () => {
    const dataDir = join(tempDir(), 'data');
    const found = await examine({ PORT: '9', DATA_DIR: dataDir });
    expect(found.well('store')).toContain('There is no store yet');
    expect(found.fails('Withings')).toContain('The sandbox is in the app');
    expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();
    mkdirSync(join(dataDir, 'sandbox'), { recursive: true });
    writeFileSync(join(dataDir, 'sandbox', 'session-secret'), 'cut');
    const cut = await examine({ PORT: '9', DATA_DIR: dataDir });
    expect([cut.code, cut.fails('settings')]).toEqual([
      1,
      expect.stringContaining('session-secret is damaged'),
    ]);
  });

  test('what it does not know it does not do', async () => {
    const { code, output } = await run('doctor', ['--mend'], {});
    expect([code, output]).toEqual([1, expect.stringContaining('Usage: npm run doctor')]);
  });
});

describe('the store and what is in it', () => {
  /** With one connection. */
  async function town() {
    const whole = await install({}, { tls: false });
    await visit(whole).connect();
    return whole;
  }

  test('a store that is stopped takes a row, and nothing of it stays', async () => {
    const { app, env, examine: look } = await install();
    await app.stop();
    const found = await look();
    expect(found.fails('proxy')).toContain('502'); // the front is there, and nobody behind it
    expect(found.well('store') + found.warns('store')).toMatch(/It took a row and let it go again in \d+ ms/);
    const db = openDatabase(join(env.DATA_DIR ?? '', 'connect.db'), 'FULL');
    expect(db.all("SELECT id FROM attempts WHERE id = 'probe'")).toEqual([]);
    db.close();
  });

  test('an app whose file is another one by now says so, however well that one is', async () => {
    const { env, examine: look } = await install({}, { tls: false });
    const file = join(env.DATA_DIR ?? '', 'connect.db');
    renameSync(file, `${file}.away`);
    copyFileSync(`${file}.away`, file);
    expect((await look()).fails('store')).toContain('The app says that it cannot serve');
  });

  test('records under a former secret, and those that nothing opens', async () => {
    const whole = await town();
    await whole.app.stop();
    const rotated = await whole.examine({ SESSION_SECRET: `${OTHER},${SECRET}` });
    expect(rotated.warns('custody')).toContain('Records under a former secret: 1.');
    expect(rotated.well('custody')).toContain('1 connection: 1 connected');
    const lost = await whole.examine({ SESSION_SECRET: OTHER });
    expect([lost.code, lost.fails('store')]).toEqual([
      1,
      expect.stringContaining('SESSION_SECRET is not the one'),
    ]);
  });

  test('an old refresh token, a refresh that is open for long, and what Withings has refused', async () => {
    const whole = await town();
    await whole.app.stop();
    const dir = whole.env.DATA_DIR ?? '';
    const db = openDatabase(join(dir, 'connect.db'), 'FULL');
    const now = Date.now();
    db.run('UPDATE grants SET renew_at = ?, open_since = ?', now - 1000, now - 3 * 3_600_000);
    db.close();
    const unsynced = openDatabase(join(dir, 'unsynced.db'), 'FULL');
    unsynced.run('INSERT OR REPLACE INTO call_counts VALUES (?, 130000, 7)', now - (now % 3_600_000));
    unsynced.close();
    const found = await whole.examine();
    expect(found.warns('custody')).toContain('Refresh tokens that are to be renewed now: 1;');
    expect(found.warns('custody')).toContain('1 open refresh, the oldest for 3 hours');
    expect(found.warns('quota')).toContain('130,000 in a day, of 172,800 allowed');
    expect(found.warns('quota')).toContain('refused 7 calls of the last day');
  });

  test('one that came back from a backup and is held; those of another version', async () => {
    const whole = await install();
    await whole.app.stop();
    expect((await run('restore', ['--mark'], whole.env)).code).toBe(0);
    expect((await whole.examine()).warns('store')).toContain('nobody is served');
    const db = openDatabase(join(whole.env.DATA_DIR ?? '', 'connect.db'), 'FULL');
    db.exec('ALTER TABLE meta RENAME TO later; PRAGMA user_version = 3'); // it had none then
    const before = await whole.examine();
    expect(before.warns('store')).toContain('its version is 3; this program');
    expect(before.fails('store')).toBe('');
    db.exec('ALTER TABLE later RENAME TO meta; PRAGMA user_version = 99');
    db.close();
    const found = await whole.examine();
    expect([found.code, found.fails('store')]).toEqual([
      1,
      expect.stringContaining('written by a newer version'),
    ]);
  });

  test('a link that leads nowhere is no folder, though its own folder can be written', async () => {
    const link = join(tempDir(), 'data');
    symlinkSync(join(link, '../volume'), link);
    const found = await examine({ PORT: '9', DATA_DIR: link });
    expect(found.fails('store')).toContain(`DATA_DIR: ${link} is no folder.`);
  });

  test('a folder where this user may not write; root does not open what is another user’s', async () => {
    const dir = join(tempDir(), 'data', 'sandbox');
    mkdirSync(dir, { recursive: true });
    const isRoot = process.getuid?.() === 0;
    chmodSync(dir, 0o555);
    if (isRoot) chownSync(dir, 4321, 4321);
    const found = await examine({ PORT: '9', DATA_DIR: join(dir, '..') });
    expect(found.code).toBe(1);
    expect(found.fails('store')).toMatch(
      isRoot ? /belongs to uid 4321: run this as that user/ : /chmod -R u\+rwX/,
    );
    chmodSync(dir, 0o755);
  });
});
