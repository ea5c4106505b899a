import { describe, expect, test } from '@jest/globals';
import type { TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type Fields, startFarApart } from '../support/withings.ts';

const SECOND = 1000;
const DAY = 86_400;
/** NOON of 15 June 2026, as Withings counts. */
const NOW = Date.UTC(2026, 5, 15, 12) / SECOND;

/** Somebody whose Withings answers whatever a test says. */
async function connected(env: Record<string, string> = {}) {
  const { app, withings } = await startFarApart(env);
  const visitor = visit(app);
  await visitor.connect();
  /** Withings says something else from now on, and nothing of before is remembered. */
  const says = (action: string, body: unknown) => {
    app.clock.now += 20 * SECOND;
    withings.say(action, body);
  };
  return { app, withings, visitor, says };
}

const kilograms = (value: unknown, more: object = {}) => ({ type: 1, value, unit: -3, ...more });
const group = (measures: unknown, more: object = {}) => ({
  grpid: 1,
  attrib: 0,
  date: NOW - DAY,
  category: 1,
  measures,
  ...more,
});

interface Exported {
  type: number;
  value: number;
  at: string;
  attribution: string;
  position: number | null;
}

async function exported(visitor: Visitor, query = ''): Promise<Exported[]> {
  const { status, body } = await visitor.json(`/api/measures${query}`);
  expect(status).toBe(200);
  return body.measures;
}

/** The rows of the table, without its head. */
async function tableOf(visitor: Visitor, query = ''): Promise<string[]> {
  const { status, text } = await visitor.get(`/api/measures.csv${query}`);
  expect(status).toBe(200);
  return text.trimEnd().split('\r\n').slice(1);
}

/** On a busy machine a panel may come too late for its page; it is there for a later one. */
async function dashboard({ app, visitor }: { app: TestApp; visitor: Visitor }, query = ''): Promise<string> {
  let { text } = await visitor.get(`/dashboard${query}`);
  for (let looks = 0; looks < 5 && text.includes('took too long'); looks += 1) {
    app.clock.now += 20 * SECOND;
    text = (await visitor.get(`/dashboard${query}`)).text;
  }
  return text;
}

describe('one odd piece never costs the whole', () => {
  test.each<[string, object]>([
    ['a value of null', { measuregrps: [group([kilograms(null), kilograms(67_800)])] }],
    ['groups as a map', { measuregrps: { 7: group([kilograms(67_800)]), 9: null } }],
    ['one group alone', { measuregrps: group(kilograms(67_800)) }],
    ['digits', { measuregrps: [group([kilograms('67800', { unit: '-3' })], { date: String(NOW - DAY) })] }],
    [
      'what cannot be',
      { measuregrps: [group([kilograms(-1), kilograms(67_800), { type: 1, value: 1, unit: 400 }])] },
    ],
    [
      'a date of the year 9999',
      { measuregrps: [group([kilograms(1)], { date: 253370764800 }), group([kilograms(67_800)])] },
    ],
    ['a goal', { measuregrps: [group([kilograms(60_000)], { category: 2 }), group([kilograms(67_800)])] }],
  ])('measures with %s', async (_words, body) => {
    const { app, visitor, says } = await connected();
    says('getmeas', body);
    expect((await exported(visitor)).map(({ value }) => value)).toEqual([67.8]);
    expect(await tableOf(visitor)).toEqual([expect.stringContaining(',1,Weight,67.8,kg,sure,')]);
    expect(await dashboard({ app, visitor })).toContain('67.8 <span class="unit">kg');
  });

  test('the log counts what was left out, and names no value', async () => {
    const { app, visitor, says } = await connected();
    says('getmeas', { measuregrps: [group([kilograms(-41_234), kilograms(null), kilograms(67_800)]), 'x'] });
    await visitor.json('/api/measures');
    const lines = app
      .logs()
      .split('\n')
      .filter((line) => line.includes('left out'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ action: 'getmeas', count: 3 }]);
    expect(app.logs()).not.toMatch(/41[.,]?234|67[.,]8|67_?800/);
  });

  test('days, nights and devices', async () => {
    const { app, visitor, says } = await connected();
    says('getactivity', { activities: { date: '2026-06-14', steps: '4321', distance: null } });
    says('getsummary', {
      series: {
        5: {
          date: '2026-06-14',
          startdate: NOW - DAY - 8 * 3600,
          enddate: NOW - DAY,
          data: { total_sleep_time: '25200' },
        },
        6: {
          date: '2026-06-16',
          startdate: NOW + 60,
          enddate: NOW + 8 * 3600,
          data: { total_sleep_time: 18_000 },
        },
      },
    });
    says('getdevice', {
      devices: [{ type: 'Scale', model: null, battery: null }, null, { model: 'Body+', battery: 'fine' }],
    });
    const text = await dashboard({ app, visitor });
    expect(text).toContain('4,321');
    expect(text).toContain('7 h 00 min');
    expect(text).not.toContain('5 h 00 min'); // it ends in the future
    const devices = text.slice(text.indexOf('id="devices"'));
    expect(devices).toContain('Scale');
    expect(devices).toContain('Body+');
    expect(devices.match(/not known|unknown/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

test('every measure says how sure it is, and of which part of the body; what comes twice counts once', async () => {
  const { visitor, says } = await connected();
  const attribs = [0, 1, 2, 3, 4, 5, 7, 8, 10, 15, 99, null];
  const leg = { type: 5, value: 13_500, unit: -3, position: 10 };
  says('getmeas', {
    measuregrps: [
      ...attribs.map((attrib, index) =>
        group([kilograms(67_000 + index)], { attrib, date: NOW - DAY - index }),
      ),
      group([{ type: 9001, value: 1, unit: 0 }]), // a kind that has no document
      group([leg, leg, { ...leg, position: 11 }, { ...leg, position: 7 }]),
    ],
  });
  const measures = await exported(visitor);
  const weights = measures.filter(({ type }) => type === 1);
  const sure = Array.from({ length: 10 }, () => 'sure');
  expect(weights.map(({ attribution }) => attribution).sort()).toEqual(
    ['ambiguous', 'set-up', ...sure].sort(),
  );
  expect(weights[1]).toMatchObject({ value: 67.001, attribution: 'ambiguous', position: null });
  expect(weights[4]).toMatchObject({ value: 67.004, attribution: 'set-up' });
  expect(measures.filter(({ type }) => type === 5).map(({ position }) => position)).toEqual([10, 11, 7]);
  const rows = await tableOf(visitor);
  expect(rows).toHaveLength(measures.length);
  expect(rows).toContainEqual(expect.stringMatching(/,1,Weight,67\.001,kg,ambiguous,$/));
  expect(rows).toContainEqual(expect.stringMatching(/,5,Fat-free mass,13\.5,kg,sure,11$/));
});

describe('large histories', () => {
  const TYPES = [1, 5, 6, 8, 76, 77, 88, 91, 123, 155, 168, 169, 170, 226, 227];
  const measure = (type: number) => ({
    value: 40_123,
    type,
    unit: -3,
    algo: 218_235_904,
    fm: 3,
    position: 7,
  });

  test.each([
    ['183 groups of 15 measures', 183, TYPES],
    ['1,436 groups in a year', 1436, TYPES.slice(0, 6)],
  ])('%s are on the page, in JSON and in the table', async (_words, groups, types) => {
    const { app, withings, visitor, says } = await connected();
    withings.say('getactivity', { activities: [] });
    withings.say('getsummary', { series: [] });
    const all = Array.from({ length: groups }, (_, index) =>
      group(types.map(measure), {
        date: NOW - 3600 - index * 20_000,
        deviceid: 'f998be4b9ccc9e136fd8cd8e8e344c31ec3b271d',
        hash_deviceid: 'f998be4b9ccc9e136fd8cd8e8e344c31ec3b271d',
        model: 'Body Scan',
      }),
    );
    says('getmeas', ({ startdate }: Fields) => ({
      measuregrps: all.filter(({ date }) => date >= Number(startdate)),
    }));
    const possible = types.filter((type) => ![226].includes(type));
    expect(await exported(visitor)).toHaveLength(groups * possible.length);
    expect(await tableOf(visitor)).toHaveLength(groups * possible.length);
    const text = await dashboard({ app, visitor }, '?days=365');
    expect(text).toContain('40.1 <span class="unit">kg');
    expect(text).not.toContain('Try again in a minute');
  });

  test('what is larger than one answer may be is asked for in halves', async () => {
    const { withings, visitor, says } = await connected();
    const padding = 'x'.repeat(9 * 1024 * 1024);
    says('getmeas', ({ startdate, enddate }: Fields) => {
      const isLong = Number(enddate) - Number(startdate) > 100 * DAY;
      const date = Number(enddate) - 3 * DAY;
      return { measuregrps: [group([kilograms(67_800)], { date })], comment: isLong ? padding : '' };
    });
    const measures = await exported(visitor);
    expect(measures).toHaveLength(4);
    expect(measures.map(({ at }) => at)).toEqual(
      measures
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect(withings.asked('getmeas')).toHaveLength(7); // a year, two halves, four quarters
  });

  test('what is too large however short it is comes as a word, after a few calls', async () => {
    const { withings, visitor, says } = await connected();
    says('getmeas', { measuregrps: [], comment: 'x'.repeat(9 * 1024 * 1024) });
    expect((await visitor.json('/api/measures?from=2026-06-14&to=2026-06-15')).body.problem.code).toBe(
      'withings-unreadable',
    );
    expect(withings.asked('getmeas').length).toBeLessThanOrEqual(4);
  });
});

describe('pages of a list', () => {
  const thousand = Array.from({ length: 1000 }, (_, index) =>
    group([kilograms(60_000 + index)], { date: NOW - 3600 - index * 60 }),
  );
  const page = (offset: number) => ({ measuregrps: thousand.slice(offset, offset + 300) });

  test.each<[string, (offset: number) => object]>([
    ['numbers', (offset) => ({ more: offset < 900 ? 1 : 0, offset: offset + 300 })],
    ['text', (offset) => ({ more: offset < 900 ? '1' : '0', offset: String(offset + 300) })],
    ['words', (offset) => ({ more: String(offset < 900), offset: String(offset + 300) })],
    ['no offset', (offset) => ({ more: offset < 900 })],
    ['an offset that stays', (offset) => ({ more: offset < 900, offset: 300 })],
  ])('with more and offset as %s: all of them', async (_words, paging) => {
    const { withings, visitor, says } = await connected();
    says('getmeas', ({ offset = '0' }: Fields) => ({ ...page(Number(offset)), ...paging(Number(offset)) }));
    expect(await exported(visitor)).toHaveLength(1000);
    expect(withings.asked('getmeas')).toHaveLength(4);
    expect((await visitor.json('/api/measures')).body.isCut).toBe(false);
  });

  test.each<[string, object]>([
    ['no offset', { more: 1 }],
    ['the same offset', { more: 1, offset: 300 }],
    ['offsets without end', { more: 1, offset: 999_999 }],
  ])('the same page again and again, with %s: it ends, and is said', async (_words, paging) => {
    const { withings, visitor, says } = await connected();
    says('getmeas', { ...page(0), ...paging });
    const { body } = await visitor.json('/api/measures');
    expect([body.measures.length, body.isCut]).toEqual([300, true]);
    expect(withings.asked('getmeas').length).toBeLessThanOrEqual(3);
    const { headers } = await visitor.get('/api/measures.csv');
    expect(headers['content-disposition']).toContain('-incomplete.csv');
  });

  test('an empty page is not the last where there are more', async () => {
    const { withings, visitor, says } = await connected();
    says('getmeas', ({ offset = '0' }: Fields) => {
      const { measuregrps } = page(Number(offset) - 300);
      return {
        measuregrps: Number(offset) < 600 ? [] : measuregrps,
        more: Number(offset) < 1200,
        offset: Number(offset) + 300,
      };
    });
    expect(await exported(visitor)).toHaveLength(700);
    expect(withings.asked('getmeas')).toHaveLength(5);
  });

  test('pages without end are left, and that is said', async () => {
    const { app, withings, visitor, says } = await connected();
    says('getactivity', ({ offset = '0' }: Fields) => ({
      activities: Array.from({ length: 100 }, (_, index) => ({
        date: '2026-06-14',
        steps: Number(offset) + index,
      })),
      more: true,
      offset: Number(offset) + 100,
    }));
    await dashboard({ app, visitor });
    expect(withings.asked('getactivity').length).toBeLessThanOrEqual(6);
  });
});

describe('ten years that were imported today', () => {
  test.each([
    ['?days=30', 5],
    ['?days=365', 16],
  ])('dashboard%s, six rows a page, oldest first: the newest are kept, for %i calls', async (query, most) => {
    const { app, withings, visitor, says } = await connected();
    const steps = (date: string) => Math.round((Date.parse(date) / SECOND - NOW) / DAY) + 9000;
    says('getactivity', ({ startdateymd: first = '', enddateymd: last = '', offset = '0' }: Fields) => {
      const all = days.filter((date) => date >= first && date <= last);
      const end = Number(offset) + 6;
      const activities = all.slice(Number(offset), end).map((date) => ({ date, steps: steps(date) }));
      return { activities, more: all.length > end, offset: end };
    });
    const text = await dashboard({ app, visitor }, query);
    expect(text).toContain('9,000');
    expect(text).not.toContain('8,973'); // of the first week of 30 days: nothing lies apart from the rest
    expect(withings.asked('getactivity').length).toBeLessThanOrEqual(most);
    expect(text).not.toMatch(/Mean of \d+ whole days/);
  });

  const days = Array.from({ length: 3650 }, (_, index) =>
    new Date((NOW - index * DAY) * SECOND).toISOString().slice(0, 10),
  ).reverse();

  /** As Withings pages: oldest first, 300 a page. All of it was modified today. */
  function answer(rowOf: (date: string) => object, name: string) {
    return ({ startdateymd: first = '', enddateymd: last = '', offset = '0', lastupdate }: Fields) => {
      const all = lastupdate ? days : days.filter((date) => date >= first && date <= last);
      const end = Number(offset) + 300;
      const rows = all.slice(Number(offset), end).map((date) => ({ ...rowOf(date), modified: NOW }));
      return { [name]: rows, more: all.length > end, offset: all.length > end ? end : 0 };
    };
  }

  test.each([
    [30, 1],
    [365, 2],
  ])('the last %i days are there for %i call(s) each', async (range, calls) => {
    const { app, withings, visitor, says } = await connected();
    says(
      'getactivity',
      answer((date) => ({ date, steps: 8765 }), 'activities'),
    );
    const night = (date: string) => {
      const end = Date.parse(date) / SECOND;
      return { date, startdate: end - 7 * 3600, enddate: end, data: { total_sleep_time: 25_200 } };
    };
    says('getsummary', answer(night, 'series'));
    const text = await dashboard({ app, visitor }, `?days=${range}`);
    expect(text).toContain('8,765');
    expect(text).toContain('7 h 00 min');
    expect(text).not.toMatch(/Nobody counted|No night/);
    expect(withings.asked('getactivity')).toHaveLength(calls);
    expect(withings.asked('getsummary')).toHaveLength(calls);
    for (const fields of [...withings.asked('getactivity'), ...withings.asked('getsummary')]) {
      expect(fields).not.toHaveProperty('lastupdate');
      expect(fields.startdateymd).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });
});

describe('the days of an export', () => {
  const hourly =
    (timezone: string | undefined) =>
    ({ startdate, enddate }: Fields) => {
      const first = Math.ceil(Number(startdate) / 3600) * 3600;
      const hours = Math.floor((Math.min(Number(enddate), NOW) - first) / 3600) + 1;
      return {
        timezone,
        measuregrps: Array.from({ length: Math.max(hours, 0) }, (_, hour) =>
          group([kilograms(67_800)], { date: first + hour * 3600 }),
        ),
      };
    };

  test.each([
    ['Pacific/Auckland', '2026-06-01', '2026-06-02', '2026-05-31T12:00', '2026-06-02T11:00', 48],
    ['Pacific/Honolulu', '2026-06-01', '2026-06-01', '2026-06-01T10:00', '2026-06-02T09:00', 24],
    ['Europe/Paris', '2026-03-29', '2026-03-29', '2026-03-28T23:00', '2026-03-29T21:00', 23],
    ['Europe/Paris', '2025-10-26', '2025-10-26', '2025-10-25T22:00', '2025-10-26T22:00', 25],
    ['Mars/Olympus', '2026-06-01', '2026-06-01', '2026-06-01T00:00', '2026-06-01T23:00', 24],
  ])('in %s from %s to %s', async (zone, from, to, first, last, count) => {
    const { visitor, says } = await connected();
    says('getmeas', hourly(zone));
    const query = `?from=${from}&to=${to}`;
    const { body } = await visitor.json(`/api/measures${query}`);
    expect(body).toMatchObject({ from, to });
    const times = body.measures.map(({ at }: Exported) => at.slice(0, 16));
    expect([times.at(-1), times[0], times.length]).toEqual([first, last, count]);
    const csv = await visitor.get(`/api/measures.csv${query}`);
    expect(csv.headers['content-disposition']).toBe(
      `attachment; filename=withings-measures-${from}-to-${to}.csv`,
    );
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(count + 1);
  });

  test('without them: the last year, the running day included', async () => {
    const { visitor, says } = await connected();
    says('getmeas', hourly('Pacific/Auckland'));
    const { body } = await visitor.json('/api/measures');
    expect(body).toMatchObject({
      from: '2025-06-17',
      to: '2026-06-16',
      timezone: 'Pacific/Auckland',
      isCut: false,
    });
    expect(body.measures.at(-1).at).toBe('2025-06-16T12:00:00.000Z');
    expect(body.measures[0].at).toBe('2026-06-15T12:00:00.000Z');
    expect((await visitor.json('/api/measures?from=&to=')).body.from).toBe('2025-06-17');
  });

  test('one end alone; ten years at once', async () => {
    const { withings, visitor, says } = await connected();
    says('getmeas', {
      measuregrps: [group([kilograms(80_000)], { date: NOW - 3000 * DAY }), group([kilograms(67_800)])],
    });
    const days = async (query: string) => {
      const { from, to, measures } = (await visitor.json(`/api/measures${query}`)).body;
      return [from, to, measures.length];
    };
    expect(await days('?to=2026-01-31')).toEqual(['2025-02-01', '2026-01-31', 0]);
    expect(await days('?from=2016-01-01')).toEqual(['2016-01-01', '2026-06-15', 2]);
    expect(await days('?from=0001-01-01&to=9999-12-31')).toEqual(['0001-01-01', '9999-12-31', 2]);
    expect(await days('?from=2026-06-14&to=2026-06-14')).toEqual(['2026-06-14', '2026-06-14', 1]);
    const ends = withings.asked('getmeas').map(({ enddate }) => Number(enddate));
    expect(ends).toHaveLength(4);
    expect(Math.max(...ends)).toBeLessThanOrEqual(NOW + 2 * DAY);
  });

  test.each([
    ['?from=2030-01-01&to=2030-12-31', '2030-01-01', '2030-12-31'],
    ['?to=9999-12-31', '9999-01-01', '9999-12-31'],
    ['?from=0001-01-01&to=0001-01-01', '0001-01-01', '0001-01-01'],
  ])('%s: days in which nothing was measured hold nothing', async (query, from, to) => {
    const { withings, visitor, says } = await connected();
    says('getmeas', { timezone: 'Europe/Paris', measuregrps: [] });
    const { status, body } = await visitor.json(`/api/measures${query}`);
    expect([status, body]).toEqual([200, { from, to, measures: [], timezone: 'Europe/Paris', isCut: false }]);
    for (const { startdate, enddate } of withings.asked('getmeas'))
      expect(Number(startdate)).toBeLessThanOrEqual(Number(enddate));
  });

  test('tomorrow has not begun, where it has not', async () => {
    for (const [timezone, status] of [
      ['Europe/Paris', 400],
      ['Pacific/Auckland', 200],
    ]) {
      const { visitor, says } = await connected();
      says('getmeas', { timezone, measuregrps: [] });
      expect((await visitor.json('/api/measures?from=2026-06-16')).status).toBe(status);
    }
  });

  test.each([
    '?from=2026-02-30',
    '?to=0000-06-01',
    '?from=yesterday',
    '?to=2026-13-01',
    '?from=2026-1-1',
    '?from=2026-06-02&to=2026-06-01',
    '?from=2027-01-01',
    '?from=2026-06-01&from=2026-06-02',
    '?from[a]=2026-06-01T00:00:00Z',
    '?from=2026-06-01T00:00:00Z',
  ])('%s is refused in words', async (query) => {
    const { withings, visitor } = await connected();
    for (const path of ['/api/measures', '/api/measures.csv']) {
      const { status, body } = await visitor.json(path + query);
      if (query.includes('['))
        expect(status).toBe(200); // a name that we do not know
      else
        expect([status, body.problem.code, body.problem.advice]).toEqual([
          400,
          'days-unreadable',
          expect.any(String),
        ]);
    }
    if (!query.includes('[')) expect(withings.asked('getmeas')).toEqual([]);
  });
});

describe('what changes slowly', () => {
  const SLOW = ['getgoals', 'list', 'getworkouts'];

  test('is asked for after the page, once a day, and is on the next one', async () => {
    const { app, withings, visitor, says } = await connected();
    says('getgoals', { goals: { weight: { value: 65_432, unit: -3 }, steps: 9876 } });
    const door = withings.hold('/v2/user');
    const first = visitor.get('/dashboard').then(({ text }) => text);
    await door.arrived;
    expect(withings.asked('getgoals')).toEqual([]);
    door.open();
    expect(await first).not.toContain('65.4');
    await app.settled();
    for (const action of SLOW) expect(withings.asked(action)).toHaveLength(1);
    const [page, height] = withings.asked('getmeas');
    expect([height?.meastypes, height?.startdate]).toEqual(['4', '0']);
    expect(page?.meastypes).toContain('1,');
    app.clock.now += 60 * SECOND;
    expect(await dashboard({ app, visitor })).toContain('65.4');
    await app.settled();
    for (const action of SLOW) expect(withings.asked(action)).toHaveLength(1);
    app.clock.now += DAY * SECOND;
    await dashboard({ app, visitor });
    await app.settled();
    for (const action of SLOW) expect(withings.asked(action)).toHaveLength(2);
  });

  test('a failure is not asked for again at each view, and costs no other', async () => {
    const { app, withings, visitor, says } = await connected();
    says('getworkouts', 'nonsense');
    const view = async () => {
      await visitor.get('/dashboard');
      await app.settled();
      return withings.asked('getworkouts').length;
    };
    expect(await view()).toBe(1);
    app.clock.now += 60 * SECOND;
    expect(await view()).toBe(1);
    app.clock.now += 10 * 60 * SECOND;
    expect(await view()).toBe(2);
    expect(withings.asked('getgoals')).toHaveLength(1);
  });

  test('what was not granted is not asked for', async () => {
    const { app, withings, visitor } = await connected({ WITHINGS_SCOPE: 'user.metrics' });
    await visitor.get('/dashboard');
    await app.settled();
    expect(SLOW.map((action) => withings.asked(action).length)).toEqual([0, 1, 0]);
  });

  test('while Withings answers nothing else, it is not asked for', async () => {
    const { app, withings, visitor, says } = await connected();
    for (const action of ['getmeas', 'getactivity', 'getsummary', 'getdevice']) says(action, 'nonsense');
    await visitor.get('/dashboard');
    await app.settled();
    expect(withings.asked('getgoals')).toEqual([]);
  });

  /** Somebody whose view Withings answers however often it is asked, though the clock stands still. */
  async function viewing() {
    const { app, withings, visitor } = await connected();
    withings.say('getmeas', { measuregrps: [group([kilograms(67_800)])] });
    withings.say('getactivity', { activities: [] });
    withings.say('getsummary', { series: [] });
    withings.say('getdevice', { devices: [] });
    withings.say('getgoals', { goals: { weight: { value: 65_432, unit: -3 } } });
    withings.say('list', { series: [] });
    withings.say('getworkouts', { series: [] });
    const view = async () => {
      const { text } = await visitor.get('/dashboard');
      await app.settled();
      return text;
    };
    return { app, withings, visitor, view };
  }

  test('it goes with the connection', async () => {
    const { withings, visitor, view } = await viewing();
    await view();
    expect(await view()).toContain('65.4');
    await visitor.post('/disconnect');
    await visitor.connect();
    expect(await view()).not.toContain('65.4');
    expect(withings.asked('getgoals')).toHaveLength(2);
  });

  test('who connects again may have granted something else', async () => {
    const { app, withings, visitor, view } = await viewing();
    await view();
    app.clock.now += 60 * SECOND;
    await visitor.connect();
    expect(await view()).not.toContain('65.4');
    expect(withings.asked('getgoals')).toHaveLength(2);
  });

  test('what comes after the end of the connection is not kept', async () => {
    const { app, withings, visitor, view } = await viewing();
    const door = withings.hold('/v2/heart');
    await visitor.get('/dashboard');
    await door.arrived;
    await visitor.post('/disconnect');
    door.open();
    await app.settled();
    await visitor.connect();
    await view();
    expect(withings.asked('list')).toHaveLength(2);
  });

  test('a program that ends asks for nothing more', async () => {
    const { app, withings, visitor } = await viewing();
    const door = withings.hold('/v2/heart');
    await visitor.get('/dashboard');
    await door.arrived;
    const stopped = app.stop();
    const isClosed = () =>
      fetch(`${app.url}/healthz`).then(
        () => false,
        () => true,
      );
    await until(isClosed); // the end has begun
    door.open();
    await stopped;
    expect(withings.asked('getworkouts')).toEqual([]);
  });
});

test.each([
  ['?days=30', 4],
  ['?days=365', 7],
])('dashboard%s waits for at most %i calls', async (query, most) => {
  const { app, withings, visitor } = await connected();
  await visitor.get(`/dashboard${query}`);
  await app.settled();
  const waited = ['getmeas', 'getactivity', 'getsummary', 'getdevice'].flatMap(withings.asked);
  expect(waited.filter(({ meastypes }) => meastypes !== '4').length).toBeLessThanOrEqual(most);
});

test('a refresh that says nothing of the scope leaves it as it was', async () => {
  const { app, withings, visitor } = await connected();
  const before = (await visitor.json('/api/connection')).body;
  const tokens = { access_token: 'a'.repeat(40), refresh_token: 'b'.repeat(40), expires_in: 10_800 };
  withings.say('requesttoken', { userid: before.userId, ...tokens });
  app.clock.now += 60 * SECOND;
  await visitor.post('/refresh');
  const { body } = await visitor.json('/api/connection');
  expect(body.accessToken.issuedAt).not.toBe(before.accessToken.issuedAt);
  expect(body.scope).toEqual(before.scope);
});
