import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { createReadiness } from '../../src/operations/health.ts';
import { createLog } from '../../src/operations/logging.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { startApp } from '../support/app.ts';
import { door } from '../support/door.ts';
import { until } from '../support/until.ts';

test.each(['connect.db', 'unsynced.db'])(
  'alive whatever happens; ready while %s takes writes; neither tells more, the log says why once',
  async (file) => {
    const app = await startApp();
    const probe = async (path: string) => {
      const { status, body, headers } = await request(app.url).get(path);
      expect(headers['cache-control']).toBe('no-store');
      return [status, body];
    };
    expect(await probe('/healthz')).toEqual([200, { status: 'alive' }]);
    expect(await probe('/readyz')).toEqual([200, { status: 'ready' }]);
    const db = openDatabase(join(app.dataDir, file), 'NORMAL');
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'no more'); END`);
    await until(async () => (await probe('/readyz'))[0] === 503);
    expect(await probe('/healthz')).toEqual([200, { status: 'alive' }]);
    expect(await probe('/readyz')).toEqual([503, { status: 'not ready' }]);
    db.exec('DROP TRIGGER broken');
    await until(async () => (await probe('/readyz'))[0] === 200);
    db.close();
    expect(app.logs().split('not ready: the store takes no writes')).toHaveLength(2);
    expect(app.logs()).toMatch(/"message":"no more"/);
    expect(app.logs().split('ready again')).toHaveLength(2);
  },
);

test('what is written to a file that nobody finds again is not kept: not ready', async () => {
  const app = await startApp();
  const probe = async () => (await request(app.url).get('/readyz')).status;
  const [file, away] = [join(app.dataDir, 'connect.db'), join(app.dataDir, 'away.db')];
  expect(await probe()).toBe(200);
  renameSync(file, away);
  await until(async () => (await probe()) === 503);
  renameSync(away, file);
  await until(async () => (await probe()) === 200);
  renameSync(file, away);
  copyFileSync(away, file); // as somebody does who puts a backup back under a running program
  await until(async () => (await probe()) === 503);
  expect(app.logs().split('was removed or replaced')).toHaveLength(3);
  renameSync(away, file);
  await until(async () => (await probe()) === 200);
});

describe('nobody makes us write by asking', () => {
  function collected() {
    const lines: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)).msg);
        done();
      },
    });
    return { lines, log: createLog('info', output) };
  }

  test('within a second there is one write, whatever came of it', async () => {
    const clock = { now: 0 };
    const { lines, log } = collected();
    const full = () => Promise.reject(new Error('full'));
    const outcomes = [() => Promise.resolve(), full, full];
    let writes = 0;
    const readiness = createReadiness(
      () => outcomes[writes++]?.() ?? Promise.resolve(),
      async () => false,
      () => clock.now,
      log,
    );
    const ask = async () => Promise.all([readiness.isReady(), readiness.isReady()]);
    expect([await ask(), await ask(), writes]).toEqual([[true, true], [true, true], 1]);
    clock.now = 1000;
    expect([await ask(), await ask(), writes]).toEqual([[false, false], [false, false], 2]);
    clock.now = 2000;
    expect([await ask(), writes]).toEqual([[false, false], 3]);
    clock.now = 3000;
    expect([await ask(), writes]).toEqual([[true, true], 4]);
    clock.now = 4000;
    expect([await ask(), writes]).toEqual([[true, true], 5]);
    expect(lines).toEqual(['not ready: the store takes no writes', 'ready again']);
  });

  test('one that takes long is waited for by all who ask meanwhile', async () => {
    const clock = { now: 0 };
    const write = door();
    let writes = 0;
    const probe = () => {
      writes += 1;
      return write.opened;
    };
    const readiness = createReadiness(
      probe,
      async () => false,
      () => clock.now,
      collected().log,
    );
    const first = readiness.isReady();
    clock.now = 5000;
    const second = readiness.isReady();
    expect(writes).toBe(1);
    write.open();
    expect(await Promise.all([first, second])).toEqual([true, true]);
  });
});
