import { expect, test } from '@jest/globals';
import request from 'supertest';
import type { Group } from '../../src/sandbox/data/measures/groups.ts';
import { buildTown, MAREN, TOMAS } from './town.ts';

const INES = 10000003;
const ADA = 10000004;
const JOSEPH = 10000005;
const DAY = 86_400;

/** One person, asked by their application. */
async function person(userId: number, params: Record<string, string> = {}) {
  const town = buildTown();
  const { access_token } = await town.connect(userId, { selecteduser: String(userId), ...params });
  const now = town.clock.now / 1000;
  const ask = async (path: string, action: string, fields: Record<string, string> = {}) =>
    (await town.data(access_token, path, action, fields)).body;
  const groups = async (fields: Record<string, string> = {}): Promise<Group[]> =>
    (await ask('/measure', 'getmeas', fields)).measuregrps;
  return { ...town, ask, groups, now };
}

test.each([
  [MAREN, 'Pacific/Auckland'],
  [TOMAS, 'Europe/Paris'],
  [INES, 'America/Los_Angeles'],
  [ADA, 'Asia/Kolkata'],
  [JOSEPH, 'Asia/Kolkata'],
])('whatever is told of %i is of %s, and mornings are mornings there', async (userId, timezone) => {
  const { ask, groups, now } = await person(userId);
  const days = { startdateymd: '2026-01-01', enddateymd: '2026-01-15' };
  const body = await ask('/measure', 'getmeas', { meastype: '1', startdate: String(now - 14 * DAY) });
  const rows = [
    body,
    ...body.measuregrps,
    ...(await ask('/v2/measure', 'getactivity', days)).activities,
    ...(await ask('/v2/measure', 'getworkouts', days)).series,
    ...(await ask('/v2/sleep', 'getsummary', days)).series,
    ...(await ask('/v2/user', 'getdevice')).devices,
  ];
  expect(new Set(rows.map((row: { timezone: string }) => row.timezone))).toEqual(new Set([timezone]));
  const hour = new Intl.DateTimeFormat('en', { timeZone: timezone, hour: 'numeric', hourCycle: 'h23' });
  const weighIns = (await groups({ meastype: '1', category: '1' })).filter(({ attrib }) => attrib !== 4);
  const hours = new Set(weighIns.map(({ date }) => Number(hour.format(date * 1000))));
  expect([...hours].filter((each) => each < 6 || (each > 7 && each < 21))).toEqual([]);
});

test('how measures came to somebody: typed in, somebody else perhaps, confirmed, when the account was made', async () => {
  const attribs = async (userId: number) =>
    [...new Set((await (await person(userId)).groups()).map(({ attrib }) => attrib))].toSorted();
  expect(await attribs(MAREN)).toEqual([0, 2, 4]); // 2 is the goal
  expect(await attribs(TOMAS)).toEqual([0, 2, 4]);
  expect(await attribs(INES)).toEqual([0, 4]);
  expect(await attribs(ADA)).toEqual([0, 1, 4, 7]);
});

test('a weight is typed in hours later, and not told before', async () => {
  const { groups } = await person(TOMAS);
  const [typed] = await groups({ meastype: '1', category: '1' }).then((all) =>
    all.filter(({ attrib }) => attrib === 2),
  );
  expect(typed).toMatchObject({ deviceid: null, model: null, modelid: null });
  expect(typed?.modified).toBeGreaterThan((typed?.date ?? 0) + 10 * 3600);
});

test('what will be typed in tonight is not known at noon', async () => {
  const { clock, pass, connect, getmeas } = buildTown();
  const byHand = async (): Promise<Group[]> => {
    const { access_token } = await connect(TOMAS);
    const { measuregrps } = (await getmeas(access_token, { startdate: '1768467600', category: '1' })).body
      .body;
    return measuregrps.filter(({ attrib }: Group) => attrib === 2);
  };
  pass(60 * DAY);
  const { date = 0, created = 0 } = (await byHand()).at(-1) ?? {};
  clock.now = (date + 5 * 3600) * 1000;
  expect(await byHand()).toEqual([]);
  clock.now = created * 1000;
  expect(await byHand()).toMatchObject([{ date }]);
});

test('Ines is heavier in the evening', async () => {
  const { groups } = await person(INES);
  const mean = (all: Group[]) =>
    all.reduce((sum, { measures }) => sum + (measures[0]?.value ?? 0), 0) / all.length / 1000;
  const steps = (await groups({ meastype: '1' })).filter(({ attrib }) => attrib === 0);
  const isMorning = ({ date }: Group) => (date / 3600 + 24 - 8) % 24 < 12;
  const difference = mean(steps.filter((group) => !isMorning(group))) - mean(steps.filter(isMorning));
  expect(difference).toBeGreaterThan(0.4);
});

test("a child stands on Ada's scale", async () => {
  const { groups, now } = await person(ADA);
  const month = { meastype: '1', startdate: String(now - 30 * DAY) };
  const child = (await groups(month)).filter(({ attrib }) => attrib === 1);
  expect(child.length).toBeGreaterThan(0);
  for (const { measures, model } of child) {
    expect(model).toBe('Body Scan');
    expect(Math.round((measures[0]?.value ?? 0) / 1000)).toBe(23);
  }
});

test("and the sandbox's page does not take it for her", async () => {
  const { app, pass, clock } = buildTown();
  clock.now = Date.parse('2026-01-15T08:00+05:30'); // after both of them
  for (let day = 0; day < 30; day += 1) {
    expect((await request(app).get('/')).text).not.toMatch(/2[23]\.\d kg/);
    pass(DAY);
  }
});

test('a Body Scan tells the parts of the body beside the whole, and two of its types twice', async () => {
  const { groups, now } = await person(ADA);
  const [scan] = (await groups({ startdate: String(now - 9 * DAY) })).filter(({ modelid }) => modelid === 10);
  const positions = (wanted: number) =>
    scan?.measures.filter(({ type }) => type === wanted).map(({ position }) => position);
  expect(positions(1)).toEqual([undefined]);
  expect(positions(5)).toEqual([7, 7]);
  expect(positions(8)).toEqual([7, 7]);
  expect(positions(168)).toEqual([7, 12, 10, 3, 11, 2]);
  expect(positions(169)).toEqual([7, 12, 10, 3, 11, 2]);
  expect(positions(173)).toEqual([12, 10, 3, 11, 2]);
});

test('ten years brought along on one evening: all changed in one moment, and stand before whatever came since', async () => {
  const { ask, groups } = await person(JOSEPH);
  const days = await ask('/v2/measure', 'getactivity', { lastupdate: '0', data_fields: 'steps' });
  const nights = await ask('/v2/sleep', 'getsummary', { lastupdate: '0' });
  for (const rows of [days.activities, nights.series]) {
    expect(rows).toHaveLength(300);
    expect(rows[0].date.slice(0, 4)).toBe('2016');
    expect(new Set(rows.map(({ modified }: { modified: number }) => modified)).size).toBe(1);
  }
  const since = await groups({ lastupdate: String(days.activities[0].modified) });
  expect(since).toHaveLength(1500);
  expect(since[0]).toMatchObject({ attrib: 2, deviceid: null });
  expect(new Date((since[0]?.date ?? 0) * 1000).getUTCFullYear()).toBe(2016);
  const later = await groups({ lastupdate: String(days.activities[0].modified + 1) });
  expect(later.length).toBeLessThan(15);
});

test.each([
  [MAREN, [54, 123]],
  [TOMAS, [71, 91]],
  [ADA, [170, 226]],
])('what else is measured of %i', async (userId, types) => {
  const { groups, now } = await person(userId);
  for (const meastype of types) {
    const found = await groups({ meastype: String(meastype), startdate: String(now - 60 * DAY) });
    expect([meastype, found.length]).not.toEqual([meastype, 0]);
  }
});

test('the demo user weighs in every day', async () => {
  const { groups, now } = await person(MAREN, { mode: 'demo' });
  const month = { meastype: '1', startdate: String(now - 30 * DAY), category: '1' };
  const dates = (await groups(month)).map(({ date }) => new Date(date * 1000).toISOString().slice(0, 10));
  expect(new Set(dates).size).toBe(30);
});
