import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import request from 'supertest';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { startApp } from '../support/app.ts';
import { freePort, tempDir } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';
import { run } from './programs.ts';
import { connection, HOUR, refreshTwice, stopped, town } from './town.ts';

jest.setTimeout(60_000);

async function restored(all: Awaited<ReturnType<typeof town>>) {
  await stopped(all.app);
  const { code, output } = await all.restore(all.backup);
  expect([code, output]).toEqual([0, expect.stringContaining('Put back: 2 connections, 2 browsers')]);
  return all.app.restart();
}

describe('backup, two refreshes, restore', () => {
  test('whose tokens were replaced is told at the first page; who was idle goes on', async () => {
    const all = await town();
    const { app, ann, bob, withings } = all;
    const backup = await all.backUp(); // while the app runs
    expect([backup.code, backup.output]).toEqual([0, expect.stringContaining('keep SESSION_SECRET')]);
    await refreshTwice(app, ann);
    const there = await restored(all);

    const before = await all.calls();
    const page = await ann.get('/dashboard');
    expect([page.status, page.headers['retry-after']]).toEqual([503, '60']);
    expect(page.text).toContain('This site has come back from a backup');
    expect((await ann.json('/api/connection')).body.problem.code).toBe('store-held');
    expect((await request(there.url).get('/readyz')).status).toBe(503);
    expect(there.logs()).toContain('npm run restore -- --confirm');
    await there.sweep();
    expect(await all.calls()).toEqual(before);

    const log = () => statSync(join(there.dataDir, 'connect.db-wal')).size;
    const size = log();
    expect((await all.restore('--confirm')).output).toContain('In use');
    expect(log()).toBeGreaterThan(size); // the file is left to the program that runs
    expect((await request(there.url).get('/readyz')).status).toBe(200); // without a restart
    expect((await connection(ann)).state).toBe('refreshing'); // nothing is claimed before Withings was asked
    const told = (await ann.get('/dashboard')).text;
    expect(told).toContain('<h1 id="status">Please connect again</h1>');
    expect(told).toContain('This site had to go back to a backup');
    expect(await connection(ann)).toMatchObject({
      state: 'needs-reconnect',
      problem: { code: 'lost-by-restore' },
    });

    const dashboard = (await bob.get('/dashboard')).text;
    expect(dashboard).toContain('<h1 id="status">Connected</h1>');
    expect(dashboard).toContain('your permission in it still holds');
    expect(
      withings.asked('requesttoken').filter(({ grant_type }) => grant_type === 'refresh_token'),
    ).toHaveLength(
      2 + 1 + 1, // Ann's two, and each of them once after the restore
    );
    await there.settled();
    there.clock.now += 2 * 60_000;
    await there.sweep();
    await bob.json('/api/measures');
    expect(await connection(bob)).toMatchObject({ state: 'connected', problem: null });

    await ann.connect();
    expect((await ann.json('/api/measures')).status).toBe(200);
  });

  test('nobody has to come: each is asked about once in the background', async () => {
    const all = await town();
    await all.backUp();
    await refreshTwice(all.app, all.ann);
    const there = await restored(all);
    await all.restore('--confirm');
    const asked = () =>
      all.withings.asked('requesttoken').filter(({ grant_type }) => grant_type === 'refresh_token').length;
    const before = asked();
    await there.sweep();
    expect((await connection(all.ann)).state).toBe('needs-reconnect');
    expect((await connection(all.bob)).state).toBe('connected');
    await there.sweep();
    expect(asked() - before).toBe(2);
    there.clock.now += HOUR;
    await there.sweep(); // proves Bob's new pair
    expect(asked() - before).toBe(2);
  });

  test('who disconnected since is not brought back, though dead tokens may be replaced', async () => {
    const all = await town({ WITHINGS_RECOVER: 'on' });
    await all.backUp();
    const headers = { Cookie: all.ann.cookies(), Accept: 'application/json' };
    await all.ann.post('/disconnect');
    const there = await restored(all);
    await all.restore('--confirm');
    await there.sweep();
    const { body } = await visit(there).get('/api/connection', headers);
    expect(body.problem.code).toBe('lost-by-restore');
    expect(all.withings.asked('recoverauthorizationcode')).toEqual([]);
  });

  test('no verdict is none: they are connected, and asked about until there is one', async () => {
    const all = await town();
    await all.backUp();
    await refreshTwice(all.app, all.ann);
    const there = await restored(all);
    await all.restore('--confirm');
    await sandboxOf(all.withings, '').fault('http-500', { on: 'requesttoken', times: 1 });
    expect((await all.ann.get('/dashboard')).status).toBe(200);
    expect((await connection(all.ann)).state).toBe('refreshing');
    there.clock.now += 60_000;
    await there.sweep();
    expect((await connection(all.ann)).problem.code).toBe('lost-by-restore');
  });
});

test('a drill on a second machine kills no token of the first and revokes nobody', async () => {
  const all = await town();
  const { app, ann, bob, withings } = all;
  const carol = visit(app);
  await carol.connect(); // Ann's other browser
  await sandboxOf(withings, '').fault('lose-reply', { on: 'requesttoken', times: 1 });
  app.clock.now += HOUR;
  await ann.post('/refresh'); // is unfinished in the backup
  await app.settled();
  await bob.post('/logout'); // is to be given back
  await all.backUp();
  app.clock.now += 60_000;

  const port = String(await freePort());
  const dataDir = tempDir();
  const settings = { ...withings.env, DATA_DIR: dataDir };
  expect((await run('restore', [all.backup], settings)).code).toBe(0);
  const drill = await startApp({ ...settings, PORT: port, PUBLIC_URL: app.url, WEBHOOKS: 'on' }, app.clock);
  const before = await all.calls();
  const headers = { Cookie: ann.cookies(), Origin: app.url, 'Sec-Fetch-Site': 'same-origin' };
  for (const path of ['/refresh', '/disconnect', '/logout', '/check']) {
    expect((await request(drill.url).post(path).set(headers)).status).toBe(503);
  }
  for (const path of ['/', '/dashboard', '/connect', '/api/measures', '/events']) {
    expect((await request(drill.url).get(path).set(headers)).status).toBe(503);
  }
  await drill.sweep();
  expect(await all.calls()).toEqual(before);
  await drill.stop();

  await app.sweep();
  expect((await connection(ann)).state).toBe('connected');
  app.clock.now += HOUR;
  await ann.post('/refresh');
  expect((await ann.json('/api/measures')).status).toBe(200);
  expect(await connection(carol)).toMatchObject({ state: 'connected', problem: null });
});

describe('a backup', () => {
  test('is whole while somebody writes, is its owner’s alone, and leaves the store as it is', async () => {
    const all = await town();
    const wal = join(all.app.dataDir, 'connect.db-wal');
    const size = statSync(wal).size;
    expect((await all.backUp()).code).toBe(0);
    expect(statSync(wal).size).toBe(size); // not checkpointed
    expect(statSync(all.backup).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(all.backup, '..'))).toEqual(['connect.backup']);
  });

  test('overwrites nothing', async () => {
    const all = await town();
    writeFileSync(all.backup, 'precious');
    const { code, output } = await all.backUp();
    expect([code, output]).toEqual([1, expect.stringContaining('nothing is overwritten')]);
    expect(readFileSync(all.backup, 'utf8')).toBe('precious');
    expect(readdirSync(join(all.backup, '..'))).toEqual(['connect.backup']);
  });

  test('that another is still writing is left to it', async () => {
    const all = await town();
    writeFileSync(`${all.backup}.part`, 'half of it');
    expect((await all.backUp()).code).toBe(1);
    expect(readFileSync(`${all.backup}.part`, 'utf8')).toBe('half of it');
    expect(readdirSync(join(all.backup, '..'))).toEqual(['connect.backup.part']);
  });

  test.each([
    ['without a name', [], {}, 'Usage: npm run backup'],
    ['where no store is', ['x'], { DATA_DIR: '/nowhere' }, 'There is no store at /nowhere'],
    ['of what lies in Redis', ['x'], { REDIS_URL: 'redis://127.0.0.1:9' }, 'keeps its store in Redis'],
    ['to what is no file but a question', ['--help'], {}, 'Usage: npm run backup'],
    ['where no folder is', ['/nowhere/x'], {}, 'There is no folder /nowhere.'],
  ])('%s is refused', async (_what, args, env, words) => {
    const { settings } = await town();
    const { code, output } = await run('backup', args, { ...settings, ...env });
    expect([code, output]).toEqual([1, expect.stringContaining(words)]);
  });
});

describe('a restore', () => {
  test('keeps the store that was there, under a name that it says', async () => {
    const all = await town();
    await all.backUp();
    await all.ann.post('/logout');
    await stopped(all.app);
    const { output } = await all.restore(all.backup);
    const kept = /kept as (\S+):/.exec(output)?.[1] ?? '';
    expect(existsSync(kept)).toBe(true);
    copyFileSync(kept, join(all.app.dataDir, 'connect.db'));
    const there = await all.app.restart();
    expect((await connection(all.ann)).state).toBe('not-connected');
    expect((await connection(all.bob)).state).toBe('connected');
    await there.stop();
    expect(readdirSync(there.dataDir).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  test('takes the place of a store that is damaged', async () => {
    const all = await town();
    await all.backUp();
    await stopped(all.app);
    writeFileSync(join(all.app.dataDir, 'connect.db'), 'not a database'.repeat(1000));
    await restored(all);
    await all.restore('--confirm');
    expect((await all.ann.json('/api/measures')).status).toBe(200);
  });

  /** In an index of sessions an entry begins with another grant than the session has: whoever reads the tables sees nothing of it. */
  function damaged(backup: string): void {
    const db = openDatabase(backup, 'FULL');
    const { key, grant_id } = db.get<Record<string, string>>('SELECT key, grant_id FROM sessions') ?? {};
    db.close();
    const bytes = readFileSync(backup);
    const places = [...bytes.toString('latin1').matchAll(RegExp(`${grant_id}[^]{1,12}${key}`, 'g'))];
    expect(places).toHaveLength(1);
    bytes.write('-', Number(places[0]?.index));
    writeFileSync(backup, bytes);
  }

  test.each<[string, (backup: string) => void, Record<string, string>, string]>([
    ['from what is no database', (file) => writeFileSync(file, 'x'.repeat(9000)), {}, 'no backup of a store'],
    ['from an empty file', (file) => writeFileSync(file, ''), {}, 'is no backup of a store'],
    ['from a damaged one', damaged, {}, 'is damaged: '],
    [
      'from a copy of a store in use',
      (file) => writeFileSync(`${file}-wal`, 'what is not in the file yet'),
      {},
      'copied from a store in use',
    ],
    [
      'under another secret',
      () => {},
      { SESSION_SECRET: 'p5Tz8Qw2Lk9Xc4Vb7Nm1Rs6Gd3Hf0JyB' },
      'SESSION_SECRET is not the one',
    ],
    ['into Redis', () => {}, { REDIS_URL: 'redis://127.0.0.1:9' }, 'keeps its store in Redis'],
  ])('%s is refused, and all is as it was', async (_what, spoil, env, words) => {
    const all = await town();
    await all.backUp();
    await stopped(all.app);
    spoil(all.backup);
    const { code, output } = await run('restore', [all.backup], { ...all.settings, ...env });
    expect([code, output]).toEqual([1, expect.stringContaining(words)]);
    await all.app.restart();
    expect((await all.ann.json('/api/measures')).status).toBe(200);
  });

  test.each([['FILE'], ['--mark']])('%s beside a running app is refused', async (what) => {
    const all = await town();
    await all.backUp();
    const { code, output } = await all.restore(what === 'FILE' ? all.backup : what);
    expect([code, output]).toEqual([1, expect.stringContaining('stop every one of them')]);
    expect((await all.ann.json('/api/measures')).status).toBe(200);
  });

  test('what other means have put back is marked', async () => {
    const all = await town();
    await stopped(all.app);
    const file = join(all.app.dataDir, 'connect.db');
    copyFileSync(file, all.backup);
    const again = await all.app.restart();
    await refreshTwice(again, all.ann);
    await stopped(again);
    copyFileSync(all.backup, file);
    expect((await all.restore('--mark')).output).toContain('Marked: 2 connections');
    const there = await again.restart();
    expect((await all.ann.get('/dashboard')).status).toBe(503);
    await all.restore('--confirm');
    expect((await all.restore('--confirm')).output).toContain('in use already');
    await there.sweep();
    expect((await connection(all.ann)).problem.code).toBe('lost-by-restore');
  });
});
