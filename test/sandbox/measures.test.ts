import { expect, test } from '@jest/globals';
import request from 'supertest';
import { groupsOfDay } from '../../src/sandbox/data/measures/day.ts';
import { seeded } from '../../src/sandbox/seeded-people.ts';
import { buildTown, MAREN, TOMAS } from './town.ts';

interface Group {
  grpid: number;
  date: number;
  modified: number;
  measures: { value: number; type: number; unit: number }[];
}

interface Page {
  measuregrps: Group[];
  offset?: number;
}

const DAY = 86_400;
const JOSEPH = 10000005;

test('two years of measures, newest first, in the recorded shape', async () => {
  const { connect, getmeas, clock } = buildTown();
  const { access_token } = await connect();
  const { body } = (await getmeas(access_token)).body;
  expect(Object.keys(body)).toEqual(['updatetime', 'timezone', 'measuregrps']);
  expect(body).toMatchObject({ updatetime: clock.now / 1000, timezone: 'Pacific/Auckland' });
  expect(body.measuregrps.length).toBeGreaterThan(1000);
  const dates = body.measuregrps.map((group: Group) => group.date);
  expect(dates).toEqual(dates.toSorted((a: number, b: number) => b - a));
  expect(Object.keys(body.measuregrps[0])).toEqual([
    'grpid',
    'attrib',
    'date',
    'created',
    'modified',
    'category',
    'deviceid',
    'hash_deviceid',
    'measures',
    'modelid',
    'model',
    'comment',
    'timezone',
  ]);
});

test('pages follow one another to the end, where more and offset are left out', async () => {
  const { connect, getmeas } = buildTown();
  const { access_token } = await connect(JOSEPH, { selecteduser: String(JOSEPH) });
  const seen: Group[] = [];
  let offset: number | undefined = 0;
  while (offset !== undefined) {
    const page: Page = (await getmeas(access_token, { offset: String(offset) })).body.body;
    seen.push(...page.measuregrps);
    expect(page.measuregrps.length).toBeLessThanOrEqual(1500);
    expect('more' in page).toBe('offset' in page);
    offset = page.offset;
  }
  expect(seen.length).toBeGreaterThan(3000);
  expect(new Set(seen.map(({ grpid }) => grpid)).size).toBe(seen.length);
  expect(seen[0]?.date).toBeGreaterThan(Date.UTC(2026, 0, 13) / 1000);
  expect(new Date((seen.at(-1)?.date ?? 0) * 1000).getUTCFullYear()).toBe(2016);
});

test('the height was said once, and asking for it alone finds it', async () => {
  const { connect, getmeas } = buildTown();
  const { access_token } = await connect();
  const said: Page = (await getmeas(access_token, { meastype: '4' })).body.body;
  expect(said.measuregrps).toMatchObject([
    { attrib: 4, deviceid: null, date: Date.parse('2024-01-16T00:00+13:00') / 1000 },
  ]);
  const all: Page = (await getmeas(access_token)).body.body;
  expect(all.measuregrps.filter(({ measures }) => measures.some(({ type }) => type === 4))).toHaveLength(1);
});

test('pages are short while the sandbox is told so', async () => {
  const { connect, data, fault } = buildTown();
  const { access_token } = await connect();
  await fault('short-pages', { times: 0, on: 'getmeas' });
  const since = { lastupdate: '0' };
  for (const path of ['/measure', '/v2/measure']) {
    const { body } = await data(access_token, path, 'getmeas', since);
    expect([body.measuregrps.length, body.more, body.offset]).toEqual([10, 1, 10]);
  }
  expect((await data(access_token, '/v2/measure', 'getactivity', since)).body.activities).toHaveLength(300);
});

test('the values hang together', () => {
  for (const person of seeded) {
    for (let day = 20_000; day < 20_800; day += 7) {
      for (const { attrib, measures } of groupsOfDay(person, day)) {
        if (attrib === 1) continue; // somebody else
        for (const { value } of measures) expect(Number.isInteger(value)).toBe(true);
        const whole = measures.filter(({ position }) => position === undefined || position === 7);
        expectCoherent(new Map(whole.map(({ type, value, unit }) => [type, value * 10 ** unit])), person);
      }
    }
  }
});

function expectCoherent(real: Map<number, number>, { weightKg }: { weightKg: number }) {
  const of = (type: number) => real.get(type) ?? 0;
  if (real.has(9)) return expect(of(9)).toBeLessThan(of(10) - 15);
  if (!real.has(1)) return expect([...real.keys()]).toHaveLength(1);
  expect(Math.abs(of(1) / weightKg - 1)).toBeLessThan(0.06);
  if (!real.has(6)) return undefined; // typed in
  expect(of(8) + of(5)).toBeCloseTo(of(1), 1);
  expect(of(76) + of(88)).toBeCloseTo(of(5), 1);
  return expect((of(8) / of(1)) * 100).toBeCloseTo(of(6), 1);
}

test('every day adds measures and changes none of the former', async () => {
  const { connect, getmeas, pass, clock } = buildTown();
  const since = String(clock.now / 1000 - 20 * DAY);
  const read = async (): Promise<Group[]> => {
    const { access_token } = await connect();
    return (await getmeas(access_token, { startdate: since, enddate: '9999999999' })).body.body.measuregrps;
  };
  let before = await read();
  let grown = 0;
  for (let day = 0; day < 10; day += 1) {
    pass(DAY);
    const after = await read();
    expect(after.slice(after.length - before.length)).toEqual(before);
    grown += after.length - before.length;
    before = after;
  }
  expect(grown).toBeGreaterThanOrEqual(7);
});

test('nothing is measured before it happens', async () => {
  const { connect, getmeas, pass, clock } = buildTown();
  pass(-9 * 3600);
  const dates: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    pass(3600);
    const { access_token } = await connect();
    const lately = { startdate: String(clock.now / 1000 - 3 * DAY) };
    const groups: Group[] = (await getmeas(access_token, lately)).body.body.measuregrps;
    expect(groups[0]?.date).toBeLessThanOrEqual(clock.now / 1000);
    dates.push(groups[0]?.date ?? 0);
  }
  expect(new Set(dates).size).toBeGreaterThan(1);
});

test('two sandboxes opened at the same time tell the same story, of each person another', async () => {
  const [here, there] = [buildTown(), buildTown()];
  const read = async ({ connect, getmeas }: typeof here, userId: number): Promise<string> => {
    return (await getmeas((await connect(userId)).access_token)).text;
  };
  expect(await read(here, MAREN)).toBe(await read(there, MAREN));
  expect(await read(here, MAREN)).not.toBe(await read(here, TOMAS));
});

test('filters', async () => {
  const { connect, getmeas, clock } = buildTown();
  const { access_token } = await connect();
  const read = async (fields: Record<string, string>): Promise<Group[]> =>
    (await getmeas(access_token, fields)).body.body.measuregrps;
  const typesOf = (groups: Group[]) => [
    ...new Set(groups.flatMap(({ measures }) => measures.map(({ type }) => type))),
  ];
  const now = clock.now / 1000;

  expect(typesOf(await read({ meastype: '1' }))).toEqual([1]);
  expect(typesOf(await read({ meastypes: '9,10' })).sort()).toEqual([10, 9]);
  expect(await read({ meastype: '999' })).toEqual([]);
  expect(await read({ category: '2' })).toMatchObject([{ measures: [{ type: 1, value: 65500 }] }]);
  const window = await read({ startdate: String(now - 10 * DAY), enddate: String(now - 5 * DAY) });
  expect(window.length).toBeGreaterThan(0);
  expect(window.every(({ date }) => date >= now - 10 * DAY && date <= now - 5 * DAY)).toBe(true);
  const recent = await read({ lastupdate: String(now - 3 * DAY), category: '1' });
  expect(recent.length).toBeGreaterThan(0);
  expect(recent.every(({ modified }) => modified >= now - 3 * DAY)).toBe(true);
  const changes = recent.map(({ modified }) => modified);
  expect(changes).toEqual(changes.toSorted((a, b) => a - b));
  for (const name of ['startdate', 'enddate', 'lastupdate', 'offset', 'category', 'meastype', 'meastypes']) {
    const answer = await getmeas(access_token, { [name]: 'NaN' });
    expect(answer.body).toEqual({ status: 503, body: {}, error: `Invalid Params: invalid ${name}` });
  }
});

test('GET with a query works too, and the token may be a parameter', async () => {
  const { app, connect } = buildTown();
  const { access_token } = await connect();
  const header = await request(app).get('/measure?action=getmeas').auth(access_token, { type: 'bearer' });
  expect(header.body.status).toBe(0);
  expect((await request(app).get(`/measure?action=getmeas&access_token=${access_token}`)).body.status).toBe(
    0,
  );
  expect((await request(app).get('/measure?action=other')).body.status).toBe(2554);
  expect((await request(app).get('/measure?action=getmeas')).body.status).toBe(401);
});

test('without user.metrics there are no measures', async () => {
  const { connect, getmeas } = buildTown();
  const { access_token } = await connect(MAREN, { scope: 'user.info' });
  expect((await getmeas(access_token)).body).toEqual({ status: 2553, body: {}, error: 'Insufficient_scope' });
});

test('stepping on the scale adds a weigh-in now', async () => {
  const { app, connect, getmeas, clock, pass } = buildTown();
  const { access_token } = await connect();
  pass(60);
  const { body } = await request(app).post(`/control/users/${MAREN}/weigh`).expect(200);
  const groups = (await getmeas(access_token, { meastype: '1' })).body.body.measuregrps;
  expect(groups[0]).toMatchObject({ grpid: body.measuregrp.grpid, date: clock.now / 1000 });
});
