import { describe, expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const HOUR = 3_600_000;

async function connected(path = '/connect') {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect(path);
  return { app, visitor, withings: sandboxOf(app) };
}

const TITLES = ['Weight', 'Blood pressure and heart rate', 'Steps', 'Sleep', 'Body composition', 'Devices'];
/** The panels with something to show, by their titles. */
function shown(html: string): string[] {
  const panels = html.split('<section class="card panel"').slice(1);
  return panels
    .filter((panel) => /<svg viewBox="0 0 1000|<table>|<ul class="lines">/.test(panel))
    .map((panel) => /<h3[^>]*>([^<]+)/.exec(panel)?.[1] ?? '')
    .filter((title) => title !== 'More measures'); // some of them come when there was room to ask
}

describe('the data', () => {
  test.each(['', '?days=7', '?days=30', '?days=365', '?days=99', '?days=7&days=30'])(
    'dashboard%s shows each kind, under 100 KB',
    async (query) => {
      const { app, visitor } = await connected();
      let page = await visitor.get(`/dashboard${query}`);
      // On a busy machine a panel may come too late for its page; it is there for the next one.
      for (let looks = 0; looks < 5 && shown(page.text).length < TITLES.length; looks += 1) {
        app.clock.now += 60_000;
        page = await visitor.get(`/dashboard${query}`);
      }
      const { text, status } = page;
      expect(status).toBe(200);
      expect(shown(text)).toEqual(TITLES);
      expect(Buffer.byteLength(text)).toBeLessThan(100_000);
      expect(text).toContain(
        `href="/dashboard?days=${query === '?days=7' || query === '?days=365' ? query.slice(6) : 30}" aria-current="true"`,
      );
      expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
    },
  );

  test('looking closer asks Withings nothing; a year is asked for once', async () => {
    const { app, visitor, withings } = await connected();
    const asked = async () => {
      await app.settled();
      const calls = ['getmeas', 'getactivity', 'sleep getsummary', 'getdevice'].map((call) =>
        withings.calls(call),
      );
      return Promise.all(calls);
    };
    await visitor.get('/dashboard');
    expect(await asked()).toEqual([2, 1, 1, 1]); // the height, in the background
    await visitor.get('/dashboard?days=7');
    expect(await asked()).toEqual([2, 1, 1, 1]);
    await visitor.get('/dashboard?days=365');
    const year = await asked();
    expect(year[0]).toBeGreaterThan(2);
    await visitor.get('/dashboard?days=365');
    expect(await asked()).toEqual(year);
  });

  test('one refused service costs its own panel alone', async () => {
    const { visitor, withings } = await connected();
    await withings.fault('http-500', { on: 'sleep getsummary', times: 0 });
    const { text } = await visitor.get('/dashboard');
    expect(shown(text)).toEqual(TITLES.filter((title) => title !== 'Sleep'));
    expect(text.match(/<strong>Withings cannot be reached/g)).toHaveLength(1);
  });

  test('what is not there in three seconds is left out with a word, and is there the next time', async () => {
    const { app, withings } = await startFarApart({ WITHINGS_TIMEOUT_MS: '30000' });
    const visitor = visit(app);
    await visitor.connect();
    const door = withings.hold('/v2/sleep');
    const first = await visitor.get('/dashboard');
    expect(shown(first.text)).toEqual(TITLES.filter((title) => title !== 'Sleep'));
    expect(first.text).toContain('Withings took too long to answer');
    door.open();
    await app.settled();
    expect(shown((await visitor.get('/dashboard')).text)).toEqual(TITLES);
    expect(door.count()).toBe(1);
  });

  test('a refresh that is done while the data come shows on the page', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    app.clock.now += 2 * HOUR + 55 * 60_000;
    const door = withings.hold('/v2/sleep');
    const page = visitor.get('/dashboard').then(({ text }) => text);
    await door.arrived;
    await app.settled();
    door.open();
    expect(await page).toContain('Refreshes by itself');
  });

  test('who has removed us at Withings is told so on the page that finds out', async () => {
    const { visitor, withings } = await connected();
    await withings.unlink((await visitor.json('/api/connection')).body.userId);
    expect((await visitor.get('/dashboard')).text).toContain('Please connect again');
  });

  test('an outage of everything is said once', async () => {
    const { visitor, withings } = await connected();
    await withings.fault('http-500', { times: 0 });
    const { text } = await visitor.get('/dashboard');
    expect(shown(text)).toEqual([]);
    expect(text.match(/<strong>Withings cannot be reached/g)).toHaveLength(1);
  });

  test('empty states say why: no device, nothing measured, not allowed', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    expect((await visitor.get('/dashboard')).text).toContain('No device is linked to this Withings account');
    const withings = sandboxOf(app);
    await withings.fault('partial-scope');
    await visitor.connect();
    const { text } = await visitor.get('/dashboard');
    expect(shown(text)).toEqual(['Devices']);
    expect(text.match(/Not shared:/g)).toHaveLength(1);
    expect(text).toContain(
      'Not shared: weight, blood pressure and heart rate, steps, sleep, body composition.',
    );
    expect(text).toContain('<a class="button quiet" href="/connect">Share more</a>');
  });

  test('a week holds a week', async () => {
    const { visitor } = await connected();
    const { text } = await visitor.get('/dashboard?days=7');
    const tables = text.split('<table>').slice(1, 5);
    for (const table of tables) {
      const heads = [...table.matchAll(/<th scope="row">([^<]+)/g)].map(([, head = '']) => head);
      expect(heads.length).toBeGreaterThan(0);
      expect(heads.length).toBeLessThanOrEqual(8);
      for (const head of heads) expect(Number(/\d+/.exec(head)?.[0])).toBeGreaterThanOrEqual(8); // since 8 June
    }
  });

  test('each chart has a name, a sentence and its numbers', async () => {
    const { visitor } = await connected();
    const { text } = await visitor.get('/dashboard?days=7');
    const labels = [...text.matchAll(/role="img" aria-label="([^"]+)"/g)].map(([, label]) => label);
    expect(labels).toEqual([
      expect.stringMatching(/^Weight over 7 days, (about as before|going (up|down) by \d+\.\d kg)$/),
      expect.stringMatching(/^Blood pressure over 7 days, on average \d+\/\d+ mmHg$/),
      expect.stringMatching(/^Steps over 7 days, [\d,]+ a day$/),
      expect.stringMatching(/^Sleep over 7 days, \d h \d\d min a night, in hours by stage$/),
    ]);
    expect(text.match(/<summary>[A-Z][a-z ]+ in numbers<\/summary>/g)).toHaveLength(4);
  });
});

describe('the table for spreadsheets', () => {
  test('a year of measures, with a name and a date', async () => {
    const { visitor } = await connected();
    const answer = await visitor.get('/api/measures.csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename=withings-measures-2025-06-17-to-2026-06-16.csv', // it is midnight in Auckland
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    const [head, ...rows] = answer.text.replace('\uFEFF', '').trimEnd().split('\r\n');
    expect(head).toBe('at,type,label,value,unit,attribution,position');
    expect(rows.length).toBeGreaterThan(1000);
    expect(rows[0]).toMatch(/^2026-06-14T\d\d:\d\d:00\.000Z,\d+,[\w -]+,[\d.]+,[^,]*,sure,$/);
  });

  test('without a connection it says so in JSON', async () => {
    const visitor = visit(await startApp());
    const answer = await visitor.json('/api/measures.csv');
    expect([answer.status, answer.body.problem.code]).toEqual([401, 'not-connected']);
  });

  test('a download that cannot be made is a page in words to whoever pressed the link', async () => {
    const { visitor, withings } = await connected();
    await withings.fault('http-500', { times: 0 });
    const page = await visitor.get('/api/measures.csv');
    expect([page.status, page.type, page.headers['content-disposition']]).toEqual([
      503,
      'text/html',
      undefined,
    ]);
    expect(page.text).toContain('href="/dashboard">Open the dashboard</a>');
    expect((await visitor.get('/api/measures.csv', { Accept: 'text/csv' })).type).toBe('application/json');
    expect((await visitor.get('/dashboard')).text).toMatch(/<a [^>]*href="\/api\/measures.csv">/);
  });
});

describe('ways on', () => {
  test('disconnecting asks first', async () => {
    const { visitor } = await connected();
    const { body } = await visitor.json('/api/connection');
    const page = await visitor.get('/disconnect');
    expect(page.text).toContain(`Withings user <strong>${body.userId}</strong> is connected`);
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
    expect((await visitor.post('/disconnect')).headers.location).toBe('/');
    expect((await visitor.get('/disconnect')).headers.location).toBe('/');
  });

  test('another account: through Withings’ logout, so that a remembered login connects nobody', async () => {
    const { app, visitor } = await connected();
    const first = (await visitor.json('/api/connection')).body.userId;
    const out = await visitor.begin('/connect?account=other');
    expect(out.pathname).toBe('/sandbox/logout');
    const back = await visitor.get(out.href);
    const authorize = new URL(String(back.headers.location), app.url);
    expect(authorize.pathname).toBe('/sandbox/oauth2_user/authorize2');
    const login = await visitor.get(authorize.href);
    expect(login.text).toContain('Who are you today?');
    await visitor.get(await visitor.consent(authorize, 'Allow'));
    expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'connected', userId: first });
  });

  test('what happened is told, with its cause, newest first', async () => {
    const { app, visitor, withings } = await connected();
    await withings.fault('http-500', { on: 'requesttoken', times: 2 });
    for (let press = 0; press < 3; press += 1) {
      app.clock.now += 60_000;
      await visitor.post('/refresh');
      await app.settled();
    }
    const { words, list } = await historyOf(visitor);
    expect(words).toEqual(['Recovered', 'Withings cannot be reached', 'Connected']);
    expect(list).toContain('2 times, until 16 Jun, 00:02.');
  });

  test('a refresh says why, and equal ones in a row are one line', async () => {
    const { app, visitor } = await connected();
    for (let day = 0; day < 8; day += 1) {
      app.clock.now += 170 * 60_000;
      await visitor.get('/dashboard');
      await app.settled();
    }
    app.clock.now += 60_000;
    await visitor.post('/refresh');
    const { words, list } = await historyOf(visitor);
    expect(words).toEqual(['Refreshed', 'Refreshed', 'Connected']);
    expect(list).toMatch(
      /Somebody asked.*It was due.* 8 times, every 2 h 50 min on average, until 16 Jun, /s,
    );
  });

  test('of a long history the last thirty events are kept', async () => {
    const { app, visitor } = await connected();
    for (let turn = 0; turn < 32; turn += 1) {
      app.clock.now += (turn % 2 ? 1 : 170) * 60_000;
      await (turn % 2 ? visitor.post('/refresh') : visitor.get('/dashboard')); // asked for, and due
      await app.settled();
    }
    const { words } = await historyOf(visitor);
    expect(words).toEqual(Array.from({ length: 30 }, () => 'Refreshed'));
  });

  async function historyOf(visitor: Visitor) {
    const { text } = await visitor.get('/dashboard');
    const list = /<ol class="history"[^>]*>(.*?)<\/ol>/s.exec(text)?.[1] ?? '';
    return { list, words: [...list.matchAll(/<strong>([^<]+)/g)].map(([, words]) => words) };
  }
});
