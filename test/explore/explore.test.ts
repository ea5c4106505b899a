import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const DAYS = { from: '2026-06-09', to: '2026-06-15' };

async function startConnected(env: Record<string, string> = {}) {
  const { app, withings } = await startFarApart({ INSPECT: 'on', ...env });
  const visitor = visit(app);
  await visitor.connect();
  return { app, withings, visitor };
}

/** Both texts of an answer: theirs and ours. */
function textsIn(page: string): unknown[] {
  return [...page.matchAll(/<pre [^>]*aria-labelledby="\w+"><code>(.*?)<\/code>/gs)].map(([, text = '']) =>
    JSON.parse(text.replaceAll('&#34;', '"')),
  );
}

describe('Withings asked by hand', () => {
  test.each([
    ['measures', { type: '1' }, 'getmeas', { meastypes: '1' }],
    ['activity', {}, 'getactivity', { startdateymd: '2026-06-09', enddateymd: '2026-06-15' }],
    ['nights', {}, 'getsummary', { startdateymd: '2026-06-09' }],
    ['workouts', {}, 'getworkouts', { startdateymd: '2026-06-09' }],
    ['recordings', {}, 'list', {}],
    ['devices', {}, 'getdevice', {}],
    ['goals', {}, 'getgoals', {}],
  ])('%s: what it says, beside what we make of it', async (call, more, action, fields) => {
    const { withings, visitor } = await startConnected();
    const page = await visitor.post('/explore', { call, ...DAYS, ...more });
    expect(page.status).toBe(200);
    expect(withings.asked(action).at(-1)).toMatchObject(fields);
    const [theirs, ours] = textsIn(page.text);
    expect(theirs).toMatchObject({ status: 0 });
    expect(ours).toMatchObject(call === 'goals' ? { steps: expect.anything() } : { rows: expect.anything() });
    expect(page.text).toMatch(/-H &#34;Authorization: Bearer \$ACCESS_TOKEN&#34;/);
    expect(page.text).toMatch(/\d+ of 100000 calls a minute are left/);
  });

  test('days are the person’s own', async () => {
    const { app, withings, visitor } = await startConnected();
    await visitor.get('/dashboard'); // which learns where that is
    app.clock.now += 60_000;
    await visitor.post('/explore', { call: 'measures', ...DAYS });
    const { startdate, enddate } = withings.asked('getmeas').at(-1) ?? {};
    expect(Number(startdate) * 1000).toBe(Date.parse('2026-06-09T00:00+12:00'));
    expect(Number(enddate) * 1000).toBe(Date.parse('2026-06-15T23:59:59+12:00'));
  });

  test.each([
    ['a day that is none', { from: 'yesterday', to: '2026-06-15' }, 'Both days have to be given'],
    ['days the wrong way round', { from: '2026-06-16', to: '2026-06-15' }, 'The first day is after the last'],
    ['too many days', { from: '2026-05-15', to: '2026-06-15' }, '31 days at most'],
  ])('%s asks nothing', async (_what, days, words) => {
    const { withings, visitor } = await startConnected();
    const page = await visitor.post('/explore', { call: 'activity', ...days });
    expect([page.status, page.text.includes(words)]).toEqual([400, true]);
    expect(withings.asked('getactivity')).toEqual([]);
  });

  test('there is no other call, whatever is filled in', async () => {
    const { withings, visitor } = await startConnected();
    await visitor.post('/explore', {
      ...DAYS,
      call: 'v2/oauth2',
      action: 'revoke',
      type: '99',
      path: '/notify',
    });
    expect(withings.asked('revoke')).toEqual([]);
    expect(withings.asked('getmeas').at(-1)?.meastypes).toMatch(/^1,4,5,/);
    await visitor.post('/explore', { ...DAYS, call: '__proto__' });
    expect((await visitor.get('/explore?call=constructor')).text).toContain('Body measures <code>');
  });

  test('the same question within ten seconds is asked once, a refused one again', async () => {
    const { app, withings, visitor } = await startConnected();
    const ask = () => visitor.post('/explore', { call: 'devices' });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect([first.status, second.status]).toEqual([200, 200]);
    app.clock.now += 4000;
    expect((await ask()).text).toContain('That was 4 s ago');
    expect(withings.asked('getdevice')).toHaveLength(1);
    await visitor.post('/explore', { call: 'goals' });
    withings.say('getgoals', () => ({}));
    await sandboxFault(withings.url, 'status-522');
    const refused = await visitor.post('/explore', { call: 'activity', ...DAYS });
    expect(refused.text).toContain('href="/errors#withings-timeout"');
    await visitor.post('/explore', { call: 'activity', ...DAYS });
    expect(withings.asked('getactivity')).toHaveLength(2);
  });

  test('an answer that took its time is none of before; the ten seconds begin with it', async () => {
    const { app, withings, visitor } = await startConnected();
    const ask = () => visitor.post('/explore', { call: 'devices' });
    const held = withings.hold('/v2/user');
    const asked = ask().then(({ text }) => text);
    await held.arrived;
    app.clock.now += 9000;
    held.open();
    expect(await asked).not.toContain('s ago');
    app.clock.now += 8000;
    expect((await ask()).text).toContain('That was 8 s ago');
    expect(withings.asked('getdevice')).toHaveLength(1);
  });

  test('it waits in line with everybody, and takes no more than a person may', async () => {
    const { withings, visitor } = await startConnected({ WITHINGS_CALLS_PER_MINUTE: '10' });
    for (let day = 1; day < 7; day += 1) {
      await visitor.post('/explore', { call: 'activity', from: `2026-06-0${day}`, to: '2026-06-15' });
    }
    expect(withings.asked('getactivity')).toHaveLength(4); // 40 % of ten
    const page = await visitor.post('/explore', { call: 'devices' });
    expect(page.text).toContain('Nothing was sent.');
    expect(page.text).toContain('href="/errors#quota-used-up"');
  });

  test('of a list whose next page has to wait the page that came is shown', async () => {
    const { withings, visitor } = await startConnected({ WITHINGS_CALLS_PER_MINUTE: '10' });
    for (const call of ['devices', 'goals', 'workouts']) await visitor.post('/explore', { call, ...DAYS });
    withings.say('getactivity', { activities: [], more: true, offset: 1 });
    const { text } = await visitor.post('/explore', { call: 'activity', ...DAYS });
    expect(withings.asked('getactivity')).toHaveLength(1);
    expect(text).toMatch(/HTTP 200, after \d+ ms\.<\/p>/);
    expect(text).toContain('href="/errors#quota-used-up"');
  });

  test('what it takes no call for takes nobody a turn', async () => {
    const app = await startApp({ WITHINGS_CALLS_PER_MINUTE: '10' });
    const visitor = visit(app);
    await visitor.connect();
    const { body } = await visitor.json('/api/connection');
    await sandboxOf(app).unlink(body.userId);
    for (let times = 0; times < 9; times += 1) {
      const page = await visitor.post('/explore', { call: 'devices' });
      expect(page.text).toContain('href="/errors#refresh-token-refused"');
    }
  });

  test('a token that has run out is renewed on the way', async () => {
    const { app, withings, visitor } = await startConnected();
    app.clock.now += 4 * 3_600_000;
    expect((await visitor.post('/explore', { call: 'devices' })).text).toContain('HTTP 200');
    expect(withings.asked('requesttoken').map(({ grant_type: type }) => type)).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
  });

  test('what was not shared is not asked for', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await sandboxOf(app).fault('partial-scope');
    await visitor.connect();
    const { body } = await visitor.json('/api/connection');
    expect(body.scope).not.toContain('user.activity');
    expect((await visitor.get('/explore?call=activity')).text).toContain('You do not share this');
    const page = await visitor.post('/explore', { call: 'activity', ...DAYS });
    expect(page.text).toContain('Nothing was sent.');
  });

  test('a long answer is cut, and one that is no JSON is shown as it came', async () => {
    const { withings, visitor } = await startConnected();
    withings.say('getdevice', {
      devices: Array.from({ length: 900 }, (_, id) => ({ type: 'Scale', deviceid: `${id}` })),
    });
    expect((await visitor.post('/explore', { call: 'devices' })).text).toMatch(/… and \d+ characters more/);
    await sandboxFault(withings.url, 'html');
    const page = await visitor.post('/explore', { call: 'goals' });
    expect(page.text).toContain('&lt;');
    expect(page.text).toContain('href="/errors#withings-unreadable"');
  });
});

test.each([
  [
    'as JSON',
    (token: string) => JSON.stringify({ status: 401, body: { [token]: 1 }, error: `bad: ${token}` }),
  ],
  ['as a page', (token: string) => `<pre>Authorization: Bearer ${token}</pre>`],
  ['in part', (token: string) => `${token.slice(1, -1)} or ${token.slice(0, 12)}`],
  [
    'as data',
    (token: string) =>
      JSON.stringify({ status: 0, body: { devices: [{ type: token, model: token, deviceid: token }] } }),
  ],
])('an access token that Withings says again is hidden, in both texts: %s', async (_how, say) => {
  const { withings, visitor } = await startConnected();
  const tokens: string[] = [];
  withings.answer('getdevice', (token) => {
    tokens.push(token);
    return say(token);
  });
  const { text } = await visitor.post('/explore', { call: 'devices' });
  expect(text).toContain('[hidden]');
  expect(tokens.at(-1)).toMatch(/^[\da-f]{40}$/);
  const pieces = tokens.flatMap((token) => Array.from({ length: 33 }, (_, at) => token.slice(at, at + 8)));
  expect(pieces.filter((piece) => text.includes(piece))).toEqual([]);
});

describe('who may ask', () => {
  test('nobody without a connection', async () => {
    const app = await startApp();
    const visitor = visit(app);
    for (const answer of [
      await visitor.get('/explore'),
      await visitor.post('/explore', { call: 'devices' }),
    ]) {
      expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    }
  });

  test('no page of another site; a GET asks nothing', async () => {
    const { app, withings, visitor } = await startConnected();
    const foreign = await visitor.post('/explore', { call: 'devices' }, { 'Sec-Fetch-Site': 'cross-site' });
    expect(foreign.status).toBe(403);
    await visitor.get('/explore?call=devices');
    expect(withings.asked('getdevice')).toEqual([]);
    expect((await request(app.url).put('/explore').set('Sec-Fetch-Site', 'same-origin')).status).toBe(405);
  });
});

function sandboxFault(url: string, name: string) {
  return request(url).post('/control/faults').send({ name }).expect(200);
}
