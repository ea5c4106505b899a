import { beforeEach, describe, expect, test } from '@jest/globals';
import { devicesContent } from '../../src/dashboard/panels/devices.ts';
import { METRIC } from '../../src/dashboard/preferences/units.ts';
import { createWording } from '../../src/dashboard/preferences/wording.ts';
import type { Device } from '../../src/withings/data/records.ts';
import { NOON, type TestApp } from '../support/app.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type FarWithings, sayNothing, startFarApart } from '../support/withings.ts';

const DAY = 86_400_000;

let app: TestApp;
let withings: FarWithings;
let visitor: Visitor;

/** One person for all of them, in Paris at two o'clock in the afternoon of 15 June; each test has its own answers. */
beforeEach(async () => {
  ({ app, withings } = await startFarApart());
  visitor = visit(app);
  sayNothing(withings, 'Europe/Paris');
  await visitor.connect();
});

/** Seconds since 1970 of a time of day in Paris, so many days ago. */
function time(daysAgo: number, clock = '07:00'): number {
  return (Date.parse(`2026-06-15T${clock}:00+02:00`) - daysAgo * DAY) / 1000;
}

function ymd(daysAgo: number): string {
  return new Date(Date.UTC(2026, 5, 15) - daysAgo * DAY).toISOString().slice(0, 10);
}

interface Value {
  type: number;
  value: number;
  position?: number;
}

const kg = (value: number, type = 1, position?: number): Value => {
  return { type, value, ...(position !== undefined && { position }) };
};

const pressure = (systolic: number, diastolic: number): Value[] => [
  { type: 10, value: systolic },
  { type: 9, value: diastolic },
  { type: 11, value: 60 },
];

function group(date: number, values: Value[], attrib = 0) {
  const measures = values.map(({ value, ...rest }) => ({
    ...rest,
    value: Math.round(value * 1000),
    unit: -3,
  }));
  return { grpid: date, attrib, date, created: date, modified: date, category: 1, measures, comment: null };
}

function measured(...measuregrps: object[]) {
  const newestFirst = measuregrps.toReversed();
  withings.say('getmeas', { updatetime: NOON / 1000, timezone: 'Europe/Paris', measuregrps: newestFirst });
}

function slept(daysAgo: number, from: string, to: string, data: object, more: object = {}) {
  const start = time(daysAgo + (from > to ? 1 : 0), from);
  return {
    id: start,
    timezone: 'Europe/Paris',
    model: 32,
    startdate: start,
    enddate: time(daysAgo, to),
    date: ymd(daysAgo),
    modified: start,
    data,
    ...more,
  };
}

function stages(deep: number, rem: number, light: number, awake = 600) {
  return {
    deepsleepduration: deep,
    remsleepduration: rem,
    lightsleepduration: light,
    wakeupduration: awake,
    total_sleep_time: deep + rem + light,
  };
}

const SEVEN_HOURS = stages(6000, 6000, 13_200);

function nights(...series: object[]) {
  withings.say('getsummary', { series, more: false, offset: 0 });
}

function counted(...rows: [daysAgo: number, steps: number][]) {
  const activities = rows.map(([daysAgo, steps]) => {
    return { date: ymd(daysAgo), steps, distance: steps * 0.7, active: 600, timezone: 'Europe/Paris' };
  });
  withings.say('getactivity', { activities, more: false, offset: 0 });
}

function has(...devices: object[]) {
  withings.say('getdevice', { devices });
}

/** What a panel of the page says. */
async function panel(id: string, days = 30, headers: Record<string, string> = {}) {
  const { text } = await visitor.get(`/dashboard?days=${days}`, headers);
  const html =
    text
      .replaceAll('\u00a0', ' ')
      .split('<section class="card panel"')
      .find((part) => part.includes(`id="${id}"`)) ?? '';
  const texts = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, found = '']) => found);
  const inner = (markup: string | undefined) => markup?.replace(/<[^>]*>/g, '').trim();
  return {
    html,
    figure: inner(texts(/<p class="figure">(.*?)<\/p>/g)[0]) ?? null,
    sentence: texts(/<p class="fine">(.*?)<\/p>/g)[0],
    titles: texts(/<title>(.*?)<\/title>/g),
    legend: texts(/<\/svg>([^<]*)<\/span>/g),
    lines: texts(/<path class="line" d="(M[^"]+,[^"]+)"/g),
    values: texts(/<div class="values"[^>]*>(.*?)<\/div>/g).flatMap(
      (list) => inner(list.replaceAll('</span>', ' '))?.split(' ') ?? [],
    ),
    days: texts(/<div class="days"[^>]*>(.*?)<\/div>/g).flatMap(
      (list) => list.match(/[^<>]+(?=<\/span>)/g) ?? [],
    ),
    rows: texts(/<tr>(.*?)<\/tr>/g).map((row) => [...row.matchAll(/>([^<]+)</g)].map(([, cell]) => cell)),
  };
}

/** Everything that is drawn lies whole inside its frame. */
function expectInside(html: string) {
  const bars = [...html.matchAll(/<rect class="[^"]*" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"\/>/g)];
  const dots = [...html.matchAll(/<path class="[^"]*" d="M(\S+) (\S+?)(?:h0|V(\S+))"\/><\/?(?:g|path)/g)];
  for (const [, x, y, width, height] of bars) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(1000);
    expect(Number(y)).toBeGreaterThanOrEqual(0);
    expect(Number(y) + Number(height)).toBeLessThanOrEqual(300);
  }
  for (const [, x, y] of dots) {
    expect(Number(x)).toBeGreaterThan(3);
    expect(Number(x)).toBeLessThan(997);
    expect(Number(y)).toBeGreaterThanOrEqual(0);
    expect(Number(y)).toBeLessThanOrEqual(300);
  }
  return bars.length + dots.length;
}

describe('a row is not a day', () => {
  test('a night and a nap of one date: one night, and a nap that halves no mean', async () => {
    nights(
      slept(1, '23:00', '06:20', SEVEN_HOURS),
      slept(0, '13:00', '13:30', stages(0, 0, 1500)),
      slept(0, '23:00', '06:20', SEVEN_HOURS),
    );
    const { figure, sentence, rows, titles } = await panel('sleep');
    expect(figure).toBe('7 h 00 min');
    expect(sentence).toBe('Last night, and a nap of 25 min. Mean of 2 nights: 7 h 00 min.');
    expect(titles).toEqual([
      'Night to Sun 14 Jun: 7 h 00 min asleep',
      'Night to Mon 15 Jun: 7 h 00 min asleep, nap 25 min',
    ]);
    expect(rows).toHaveLength(3);
    expect(rows[0]?.at(-1)).toBe('Nap');
  });

  test('a long sleep by day beside a night is a nap, too', async () => {
    nights(
      slept(1, '12:00', '16:00', stages(3000, 3000, 6600)),
      slept(1, '23:00', '06:20', SEVEN_HOURS),
      slept(2, '08:00', '15:00', SEVEN_HOURS), // after a shift
    );
    const { sentence } = await panel('sleep');
    expect(sentence).toBe(
      'In the night to Sun 14 Jun, and a nap of 3 h 30 min. Mean of 2 nights: 7 h 00 min.',
    );
  });

  test('a nap alone is no night', async () => {
    nights(slept(1, '23:00', '06:20', SEVEN_HOURS), slept(0, '13:00', '13:30', stages(0, 0, 1500)));
    const { figure, sentence } = await panel('sleep');
    expect(figure).toBe('7 h 00 min');
    expect(sentence).toBe('In the night to Sun 14 Jun. A nap of 25 min on Mon 15 Jun.');
  });

  test('a mat and a watch in one night, and a night in two parts', async () => {
    nights(
      slept(2, '23:00', '06:40', { total_sleep_time: 27_000 }),
      slept(2, '23:00', '02:30', stages(3600, 3600, 3600)), // taken off
      slept(1, '22:30', '02:00', stages(3600, 3600, 3600)),
      slept(1, '03:00', '07:00', stages(3600, 3600, 5400)),
      slept(0, '23:10', '06:30', { total_sleep_time: 26_000 }, { model: 16 }),
      slept(0, '23:00', '06:20', SEVEN_HOURS),
    );
    const { figure, rows } = await panel('sleep');
    expect(figure).toBe('7 h 00 min');
    expect(rows.slice(1).map(([, asleep]) => asleep)).toEqual(['7 h 00 min', '6 h 30 min', '7 h 30 min']);
  });

  test('two trackers of one day are one day: the larger', async () => {
    counted([1, 4000], [1, 9000], [0, 500], [0, 450], [2, 7000]);
    const { figure, sentence, titles, html } = await panel('steps');
    expect(figure).toBe('500 steps');
    expect(sentence).toBe('So far on Mon 15 Jun. Mean of 2 whole days: 8,000.');
    expect(titles).toEqual([
      'Sat 13 Jun: 7,000 steps',
      'Sun 14 Jun: 9,000 steps',
      'Mon 15 Jun: 500 steps so far',
    ]);
    expect(html.match(/<rect class="steps running" x/g)).toHaveLength(1);
  });
});

test('a day that has only begun makes no mean', async () => {
  counted([0, 4000]);
  const { html, legend, sentence } = await panel('steps');
  expect(sentence).toBe('So far on Mon 15 Jun.');
  expect(html).toContain('aria-label="Steps over 30 days"');
  expect(legend).toEqual(['today so far']);
});

test('what is not of these days is not shown', async () => {
  counted([30, 5000], [29, 6000]);
  nights(slept(30, '23:00', '06:20', SEVEN_HOURS), slept(29, '23:00', '06:20', SEVEN_HOURS));
  measured(group(time(30), [kg(70), ...pressure(120, 80)]), group(time(29), [kg(71), ...pressure(110, 70)]));
  for (const id of ['weight', 'heart', 'steps', 'sleep']) {
    const { rows, titles, html } = await panel(id);
    expect([id, rows.length, titles.length]).toEqual([id, 2, 1]);
    expectInside(html);
  }
});

describe('unknown is not nothing', () => {
  const unknown = { deepsleepduration: null, remsleepduration: null, lightsleepduration: null };

  test('a night without stages is one undivided column', async () => {
    nights(slept(0, '23:00', '07:00', { ...unknown, total_sleep_time: 24_000 }));
    const { figure, legend, rows } = await panel('sleep');
    expect(figure).toBe('6 h 40 min');
    expect(legend).toEqual(['asleep, stages not known']);
    expect(rows[1]).toEqual(['Mon 15 Jun', '6 h 40 min', '–', '–', '–', '–', '–']);
  });

  test.each([stages(0, 0, 0, 0), { deepsleepduration: null, total_sleep_time: 0 }])(
    'a night in which nothing was seen, sleeping or waking, is not known: %j',
    async (nothing) => {
      nights(slept(1, '23:00', '06:20', SEVEN_HOURS), slept(0, '23:00', '06:20', nothing));
      const { sentence, rows } = await panel('sleep');
      expect(sentence).toBe('Last night; for how long is not known.');
      expect(rows[1]?.slice(0, 2)).toEqual(['Mon 15 Jun', 'not known']);
      const awake = stages(0, 0, 0, 600);
      nights(slept(1, '23:00', '06:20', SEVEN_HOURS), slept(0, '23:00', '06:20', awake));
      app.clock.now += 300_000;
      expect((await panel('sleep')).figure).toBe('0 h 00 min');
    },
  );

  test('a stage that a device does not know is none of no length', async () => {
    const plain = { deepsleepduration: 6000, lightsleepduration: 12_000, remsleepduration: null };
    nights(
      slept(7, '23:00', '02:30', { ...plain, lightsleepduration: 5400 }),
      slept(7, '03:00', '07:00', stages(3000, 3000, 6000)),
      slept(2, '23:00', '06:20', SEVEN_HOURS),
      slept(1, '23:00', '05:00', { ...plain, wakeupduration: 0 }),
      slept(0, '23:00', '05:00', plain),
    );
    const { rows, html, legend } = await panel('sleep');
    expect(rows.slice(1)).toEqual([
      ['Mon 15 Jun', '5 h 00 min', '1 h 40 min', '–', '3 h 20 min', '–', '–'],
      ['Sun 14 Jun', '5 h 00 min', '1 h 40 min', '–', '3 h 20 min', '0 h 00 min', '–'],
      ['Sat 13 Jun', '7 h 00 min', '1 h 40 min', '1 h 40 min', '3 h 40 min', '0 h 10 min', '–'],
      ['Mon 8 Jun', '6 h 30 min', '–', '–', '–', '–', '–'],
    ]);
    expect(html.match(/<rect class="rem" x/g)).toHaveLength(1);
    expect(legend).toEqual(['deep', 'REM', 'light', 'awake', 'asleep, stages not known']);
    // The week has no mean of REM, and parts without it would not be as much as the whole.
    const year = await panel('sleep', 365);
    expect(year.rows[1]).toEqual(['Tue 9 Jun', '5 h 40 min', '–', '–', '–', '–', '–']);
    expect(year.legend).toEqual(['asleep, stages not known']);
  });

  test('in a year naps are counted, by weeks', async () => {
    const nap = stages(0, 0, 1500);
    nights(
      slept(100, '13:00', '13:30', nap),
      slept(1, '13:00', '13:30', nap),
      slept(0, '10:00', '10:30', nap),
      slept(0, '13:00', '13:30', nap),
    );
    const { rows, sentence } = await panel('sleep', 365);
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ['Week from', 'Naps'],
      ['Tue 9 Jun', '3 times'],
      ['Tue 3 Mar', 'once'],
    ]);
    expect(sentence).toBe('Naps of 25 min and 25 min on Mon 15 Jun.');
  });

  test('a night of which nobody knows how long is in no mean', async () => {
    nights(
      slept(2, '23:00', '06:20', SEVEN_HOURS),
      slept(1, '23:00', '06:20', SEVEN_HOURS),
      slept(0, '23:00', '07:00', unknown),
    );
    const { figure, sentence, rows, titles } = await panel('sleep');
    expect(figure).toBeNull();
    expect(sentence).toBe('Last night; for how long is not known. Mean of 2 nights: 7 h 00 min.');
    expect(rows[1]?.[1]).toBe('not known');
    expect(titles).toHaveLength(2);
    expect((await panel('sleep', 365)).legend).toEqual(['deep', 'REM', 'light', 'awake']);
  });

  test('a night that has not ended is not shown, and one of another day is not last night', async () => {
    nights(slept(2, '23:00', '06:20', SEVEN_HOURS), slept(0, '13:00', '20:00', SEVEN_HOURS));
    const { sentence, rows } = await panel('sleep');
    expect(sentence).toBe('In the night to Sat 13 Jun.');
    expect(rows).toHaveLength(2);
  });

  test.each([
    [['high', null], 'The other batteries are fine. Not known: Body Scan.'],
    [['low', 'melting'], 'Charge soon: Body+. Not known: Body Scan.'],
    [[null, null], 'Withings does not say how full the batteries are.'],
    [['high', 'medium'], 'All batteries are fine.'],
  ])('batteries %j', async (batteries, words) => {
    has(
      { type: 'Scale', model: 'Body+', battery: batteries[0], last_session_date: time(0) },
      { type: 'Scale', model: 'Body Scan', battery: batteries[1], last_session_date: time(0) },
    );
    expect((await panel('devices')).sentence).toBe(words);
  });

  test('a device without a model has a row, and two of one model are told apart', async () => {
    const device = { type: 'Scale', model: null, battery: 'high', first_session_date: null };
    has(
      { ...device, deviceid: 'a', model: 'Body+', first_session_date: time(9), last_session_date: time(0) },
      { ...device, deviceid: 'b', model: 'Body+', first_session_date: time(5), last_session_date: time(0) },
      { ...device, deviceid: 'c', type: 'Gateway', last_session_date: time(1) },
      { ...device, deviceid: 'd', type: null, last_session_date: null },
    );
    const { html } = await panel('devices');
    expect([...html.matchAll(/<li><strong>([^<]+)/g)].map(([, name]) => name)).toEqual([
      'Body+ (since 6 Jun)',
      'Body+ (since 10 Jun)',
      'Gateway',
      'Withings device',
    ]);
  });
});

test('of many devices of one model each is told apart by looking at it a few times', () => {
  let looks = 0;
  const devices = Array.from(
    { length: 100 },
    (_, index): Device => ({
      id: String(index),
      type: 'Scale',
      model: 'Body+',
      battery: 'high',
      firstSeen: null,
      get lastSeen() {
        looks += 1;
        return null;
      },
    }),
  );
  const wording = createWording({ zone: null, locale: 'en-GB', units: METRIC }, NOON);
  expect(devicesContent(devices, wording)?.lines?.at(-1)?.[0]).toBe('Body+ (no. 100)');
  expect(looks).toBeLessThan(1000);
});

describe('doubt is not certainty', () => {
  const mornings = (count: number, of = 70) =>
    Array.from({ length: count }, (_, index) => group(time(count - 1 - index), [kg(of)]));

  test('a child on the scale is in no headline, trend, chart or mean; it is in the numbers as what it is', async () => {
    measured(...mornings(29), group(time(0, '09:00'), [kg(23.1)], 1), group(time(28, '09:00'), [kg(43)], 4));
    const { figure, sentence, rows, html, titles, values } = await panel('weight');
    expect(figure).toBe('70.0 kg');
    expect(sentence).toBe('Measured 15 Jun, 07:00. Over 30 days: about as before.');
    expect(rows.filter((row) => row.length === 3)).toEqual([
      ['When', 'Weight', 'Note'],
      ['15 Jun, 09:00', '23.1 kg', 'not sure whose'],
      ['18 May, 09:00', '43.0 kg', 'set up with the account'],
    ]);
    expect(titles).toHaveLength(29);
    expect(values[0]).toBe('70.6');
    const year = await panel('weight', 365);
    expect(year.figure).toBe('70.0 kg');
    expect(year.rows.filter((row) => row.length === 3)).toHaveLength(3);
    expect(html).not.toContain('NaN');
  });

  test('in a year the newest doubtful ones are told one by one, and how many more there are', async () => {
    const doubtful = Array.from({ length: 25 }, (_, index) =>
      group(time(300 - index), [kg(23), ...pressure(150, 90)], 1),
    );
    measured(...doubtful, group(time(0), [kg(70), ...pressure(120, 80)]));
    const weight = await panel('weight', 365);
    expect(weight.rows.slice(-3)).toEqual([
      ['24 Aug 2025, 07:00', '23.0 kg', 'not sure whose'],
      ['5 more', '–', 'not sure'],
      ['Tue 9 Jun', '70.0 kg'],
    ]);
    const heart = await panel('heart', 365);
    expect(heart.rows.at(-2)).toEqual(['5 more', '–', '–', 'not sure']);
  });

  test('where nothing is sure there is no headline', async () => {
    measured(group(time(3), [kg(80), kg(20, 6)], 4), group(time(1), pressure(150, 90), 1));
    const { figure, html, rows } = await panel('weight');
    expect([figure, html.includes('<svg')]).toEqual([null, false]);
    expect(rows[1]).toEqual(['12 Jun, 07:00', '80.0 kg', 'set up with the account']);
    const heart = await panel('heart');
    expect([heart.figure, heart.html.includes('<svg')]).toEqual([null, false]);
    expect(heart.rows[1]?.at(-1)).toBe('not sure whose');
    expect((await panel('composition')).sentence).toBe(
      'It is not sure whether any of these is true of you today.',
    );
  });

  test('manual, confirmed and unheard-of attributions are sure', async () => {
    measured(...[0, 2, 5, 7, 8, 10, 15, 99].map((attrib, index) => group(time(index), [kg(70)], attrib)));
    const { rows } = await panel('weight');
    expect(rows).toHaveLength(9);
    expect(rows[0]).toEqual(['When', 'Weight']);
  });

  test('parts of a body say which, and the same is not said twice', async () => {
    measured(
      group(time(0), [
        kg(70),
        kg(20, 8),
        kg(20, 8, 7),
        kg(50, 5),
        kg(50, 5),
        kg(2.1, 8, 3),
        kg(1.2, 174, 12),
      ]),
      group(time(0, '08:00'), [kg(9, 8)], 1),
      group(time(0, '09:00'), [kg(4, 1, 3)]),
    );
    expect((await panel('weight')).figure).toBe('70.0 kg');
    const { rows, sentence, html } = await panel('composition');
    expect(sentence).toBe('The latest of each, 15 Jun, 07:00.');
    expect(rows).toEqual([
      ['Part', 'Value', 'Note'],
      ['Fat mass', '20.0 kg'],
      ['Fat mass', '9.0 kg', 'not sure whose, 15 Jun, 08:00'],
      ['Fat-free mass', '50.0 kg'],
      ['Part', 'Value'],
      ['Fat mass, left arm', '2.1 kg'],
      ['Fat mass, torso', '1.2 kg'],
    ]);
    expect(html).toContain('<summary>Arms, legs and torso</summary>');
  });
});

describe('the trend', () => {
  const mornings = (values: number[]) =>
    measured(...values.map((value, index) => group(time(values.length - 1 - index), [kg(value)])));

  test.each([71.5, 80])('one odd morning of %s kg is none', async (odd) => {
    mornings([odd, ...Array<number>(29).fill(70)]);
    const { sentence } = await panel('weight');
    expect(sentence).toBe('Measured 15 Jun, 07:00. Over 30 days: about as before.');
  });

  test('a month of losing is one, whoever else stood on the scale', async () => {
    const losing = Array.from({ length: 30 }, (_, index) => group(time(29 - index), [kg(72 - index * 0.1)]));
    measured(...losing, group(time(0, '09:00'), [kg(23.1)], 1));
    expect((await panel('weight')).sentence).toContain('Over 30 days: going down by 2.3 kg.');
  });

  test('seven days are compared with the seven before them', async () => {
    mornings([...Array<number>(7).fill(70), ...Array<number>(7).fill(71)]);
    expect((await panel('weight', 7)).sentence).toContain('Over 7 days: going up by 1.0 kg.');
  });

  const before = [29, 28, 27, 26].map((ago) => group(time(ago), [kg(75)]));

  test.each([
    ['one measure', [...before, group(time(0), [kg(70)])]],
    ['three of one day', [...before, ...[6, 7, 8].map((hour) => group(time(0, `0${hour}:00`), [kg(70)]))]],
    ['two a week', [29, 27, 2, 0].map((ago) => group(time(ago), [kg(70 + ago / 10)]))],
  ])('%s make none', async (_, groups) => {
    measured(...groups);
    const { sentence, html } = await panel('weight');
    expect(sentence).toMatch(/^Measured 15 Jun, 0[78]:00\.$/);
    expect(html).toContain('aria-label="Weight over 30 days"');
  });
});

describe('charts', () => {
  test('a blood pressure of two minutes ago lies whole inside; those of one day side by side', async () => {
    measured(
      group(time(29, '00:00'), pressure(120, 80)),
      group(time(3), pressure(131, 82)),
      group(time(3, '07:02'), pressure(129, 81)),
      group(NOON / 1000 - 120, pressure(182, 118)),
    );
    const { figure, html, titles, legend } = await panel('heart');
    expect(figure).toBe('182/118 mmHg');
    expect(expectInside(html)).toBeGreaterThanOrEqual(8);
    expect(titles).toEqual([
      '17 May, 00:00: 120/80 mmHg, pulse 60',
      '12 Jun, 07:00: 131/82 mmHg, pulse 60',
      '12 Jun, 07:02: 129/81 mmHg, pulse 60',
      '15 Jun, 13:58: 182/118 mmHg, pulse 60',
    ]);
    const spans = [...html.matchAll(/class="span" d="M(\S+) /g)].map(([, x]) => Number(x));
    expect((spans[2] ?? 0) - (spans[1] ?? 0)).toBeGreaterThanOrEqual(12);
    expect(spans[3]).toBeCloseTo(((29 + (13 + 58 / 60) / 24) / 30) * 1000, 0);
    expect(legend).toEqual(['systolic', 'diastolic', 'newest', 'common home target 135/85']);
    const newest = [...html.matchAll(/class="\w+ newest" d="M(\S+) /g)].map(([, x]) => Number(x));
    expect(newest).toEqual([spans[3], spans[3]]);
  });

  test('in a year a week is one range with its mean', async () => {
    measured(
      group(time(200), pressure(140, 90)),
      group(time(8), pressure(110, 70)),
      group(time(2), pressure(150, 95)),
      group(time(1), pressure(120, 80)),
    );
    const { titles, html } = await panel('heart', 365);
    expect(titles).toEqual([
      expect.stringMatching(/^Week from \w+,? \d+ \w+( \d+)?: mean 140\/90 mmHg, from 90 up to 140$/),
      'Week from Tue 2 Jun: mean 110/70 mmHg, from 70 up to 110',
      'Week from Tue 9 Jun: mean 135/88 mmHg, from 80 up to 150',
    ]);
    expectInside(html);
  });

  test('gaps are gaps', async () => {
    measured(...[28, 27, 26, 25, 3, 2, 1, 0].map((ago) => group(time(ago), [kg(70)])));
    expect((await panel('weight')).lines).toHaveLength(2);
    measured(...[28, 21, 14, 7, 0].map((ago) => group(time(ago), [kg(70)])));
    app.clock.now += 300_000;
    expect((await panel('weight')).lines).toHaveLength(1);
  });

  test('the same first day everywhere, today marked, equal decimals and a unit on each axis', async () => {
    measured(...[20, 10, 0].map((ago) => group(time(ago), [kg(70 + ago / 20), ...pressure(120, 80)])));
    counted([5, 9000], [0, 100]);
    nights(slept(0, '23:00', '06:20', SEVEN_HOURS));
    const units: Record<string, string> = { weight: 'kg', heart: 'mmHg', steps: 'steps', sleep: 'h' };
    for (const id of ['weight', 'heart', 'steps', 'sleep']) {
      const { days, html, values } = await panel(id);
      expect(days).toEqual(['17 May', '1 Jun', 'today']);
      expect(html).toContain('<path class="today" d="M966.7 0V300"/>');
      expect(html).toContain(`<span class="axis">${units[id]}</span>`);
      expect(new Set(values.map((value) => value.split('.')[1]?.length)).size).toBe(1);
      expectInside(html);
    }
  });

  test('five a day for a month: a day is one range; what a clock ahead dates later is of today', async () => {
    const hours = ['06:00', '07:00', '08:00', '09:00', '10:00'];
    measured(
      ...Array.from({ length: 30 }, (_, ago) =>
        hours.map((hour) => group(time(29 - ago, hour), [kg(70)])),
      ).flat(),
      group(time(0, '23:59') + 3600, [kg(74)]),
    );
    const { titles, html, rows, figure } = await panel('weight');
    expect([titles.length, rows.length]).toEqual([30, 31]);
    expect([figure, titles.at(-1)]).toEqual([
      '74.0 kg',
      'Day Mon 15 Jun: mean 70.7 kg, from 70.0 kg to 74.0 kg',
    ]);
    expectInside(html);
  });

  test('one a day for a year: under 100 KB, and 30 days under 56', async () => {
    measured(
      ...Array.from({ length: 365 }, (_, index) =>
        group(time(364 - index), [kg(70 + (index % 7) / 10), ...pressure(120 + (index % 9), 80)]),
      ),
    );
    counted(...Array.from({ length: 366 }, (_, ago): [number, number] => [ago, 8000 + ago]));
    nights(...Array.from({ length: 365 }, (_, ago) => slept(ago, '23:00', '06:20', SEVEN_HOURS)));
    const size = async (days: number) =>
      Buffer.byteLength((await visitor.get(`/dashboard?days=${days}`)).text);
    expect(await size(365)).toBeLessThan(100_000);
    expect(await size(30)).toBeLessThan(56_000);
    expect((await panel('weight')).titles).toHaveLength(30);
    expect((await panel('weight', 365)).titles).toHaveLength(52);
  });
});

/** What changes slowly comes in the background of a first view. */
async function knownAfterAView() {
  await visitor.get('/dashboard');
  await app.settled();
}

test.each([
  ['en-US', 'lb', '154.3 lb', 'goal 143.3 lb', 'down by 5.1 lb'],
  ['en-GB', 'lb', '11 st 0.3 lb', 'goal 10 st 3.3 lb', 'down by 5.1 lb'],
  ['de-DE', 'kg', '70,0 kg', 'goal 65,0 kg', 'down by 2,3 kg'],
])(
  'weights as they are read in %s: headline, axis, goal, trend and numbers',
  async (language, unit, ...words) => {
    const [latest = '', goal = '', trend = ''] = words;
    withings.say('getgoals', { goals: { weight: { value: 65, unit: 0 } } });
    measured(...Array.from({ length: 30 }, (_, index) => group(time(29 - index), [kg(72.9 - index * 0.1)])));
    await knownAfterAView();
    const { html, figure, legend, sentence, rows, titles } = await panel('weight', 30, {
      'Accept-Language': language,
    });
    expect(figure).toBe(latest);
    expect(html).toContain(`<span class="axis">${unit}</span>`);
    expect(legend.at(-1)).toContain(goal);
    expect(sentence).toContain(trend);
    expect(rows[1]?.[1]).toBe(latest);
    expect(titles.at(-1)).toContain(latest);
  },
);

test('a sentence ends once, whatever a time ends with', async () => {
  measured(group(time(0), [kg(70)]));
  const { sentence } = await panel('weight', 30, { 'Accept-Language': 'en-CA' });
  expect(sentence).toMatch(/^Measured Jun 15, 7:00\sa\.m\.$/);
});

test('a blood pressure reads alike in headline, drawing and numbers', async () => {
  measured(
    group(time(1), [...pressure(118.4, 78.5).slice(0, 2), { type: 11, value: 1e3 / 16 }]),
    group(time(0), pressure(120.25, 80.25)),
  );
  const { figure, titles, rows } = await panel('heart');
  expect([figure, titles, rows[1]?.slice(1)]).toEqual([
    '120/80 mmHg',
    ['14 Jun, 07:00: 118/79 mmHg, pulse 63', '15 Jun, 07:00: 120/80 mmHg, pulse 60'],
    ['120/80', '60 bpm'],
  ]);
  expect((await panel('heart', 365)).titles).toEqual([
    'Week from Tue 9 Jun: mean 119/79 mmHg, from 79 up to 120',
  ]);
});

describe('goals', () => {
  test('are dashed lines, in the words of the person', async () => {
    withings.say('getgoals', {
      goals: { steps: 10_000, sleep: 28_800, weight: { value: 65_000, unit: -3 } },
    });
    measured(...[2, 1, 0].map((ago) => group(time(ago), [kg(66 + ago)])));
    counted([1, 9000], [0, 100]);
    nights(slept(0, '23:00', '06:20', SEVEN_HOURS));
    await knownAfterAView();
    const weight = await panel('weight');
    expect(weight.legend).toEqual(['measured', 'mean of seven days', 'goal 65.0 kg']);
    expect(weight.html.match(/<path class="reference" d="M0 [\d.]+H1000"/g)).toHaveLength(1);
    expect((await panel('steps')).legend).toEqual(['a day', 'today so far', 'goal 10,000 steps']);
    const sleep = await panel('sleep');
    expect(sleep.legend.at(-1)).toBe('goal 8 h 00 min');
    expect(sleep.html).toContain('<path class="reference"');
  });

  test('one that is far away is told and not drawn: the chart is of what was measured', async () => {
    withings.say('getgoals', { goals: { weight: { value: 40, unit: 0 } } });
    measured(...[2, 1, 0].map((ago) => group(time(ago), [kg(90)])));
    await knownAfterAView();
    const { legend, html, values } = await panel('weight');
    expect(legend.at(-1)).toBe('goal 40.0 kg, below this picture');
    expect(html).not.toMatch(/<path class="reference" d="M0 [\d.]+H1000"/);
    expect(values.every((value) => Number(value) > 80)).toBe(true);
  });

  test('without any there is no line', async () => {
    measured(group(time(0), [kg(70)]));
    await knownAfterAView();
    expect((await panel('weight')).html).not.toContain('class="reference"');
  });
});

describe('more measures', () => {
  test('the latest of what is shown nowhere else, with unit and time', async () => {
    measured(
      group(time(9), [{ type: 71, value: 36.6 }]),
      group(time(2), [kg(80), { type: 4, value: 2 }, { type: 54, value: 97 }, { type: 11, value: 64 }]),
      group(time(1), [
        { type: 71, value: 37.2 },
        { type: 91, value: 7.4 },
        { type: 170, value: 3 },
      ]),
      group(time(1, '08:00'), [kg(30)], 1),
      group(time(0), pressure(120, 80)),
    );
    const { rows } = await panel('more');
    expect(rows).toEqual([
      ['Measure', 'Latest', 'When'],
      ['Heart pulse', '64 bpm', '13 Jun, 07:00'],
      ['Blood oxygen', '97 %', '13 Jun, 07:00'],
      ['Body temperature', '37.2 °C', '14 Jun, 07:00'],
      ['Pulse wave velocity', '7.4 m/s', '14 Jun, 07:00'],
      ['Visceral fat', '3', '14 Jun, 07:00'],
      ['Height', '2.00 m', '13 Jun, 07:00'],
      ['Body mass index', '20.0 kg/m²', '13 Jun, 07:00'],
    ]);
  });

  test('the height of years ago, the latest electrocardiogram and the latest workout', async () => {
    const height = group(time(3000), [{ type: 4, value: 1.6 }]);
    withings.say('getmeas', ({ meastypes = '', meastype = '' }: Record<string, string>) => {
      const measuregrps = `${meastype}${meastypes}` === '4' ? [height] : [group(time(1), [kg(64)])];
      return { timezone: 'Europe/Paris', measuregrps };
    });
    withings.say('list', {
      series: [
        { deviceid: 'a', ecg: { signalid: 1, afib: 0 }, heart_rate: 60, timestamp: time(9) },
        { deviceid: 'a', ecg: { signalid: 2, afib: 1 }, heart_rate: { value: 72 }, timestamp: time(2) },
      ],
      more: false,
      offset: 0,
    });
    const workout = { timezone: 'Europe/Paris', category: 2, attrib: 0, data: { distance: 5200 } };
    withings.say('getworkouts', {
      series: [
        { ...workout, id: 1, startdate: time(3), enddate: time(3, '07:32'), date: ymd(3) },
        { ...workout, id: 2, startdate: time(9), enddate: time(9, '08:00'), date: ymd(9) },
      ],
      more: false,
      offset: 0,
    });
    await knownAfterAView();
    expect((await panel('more')).rows.slice(1)).toEqual([
      ['Height', '1.60 m', '29 Mar 2018, 07:00'],
      ['Body mass index', '25.0 kg/m²', '14 Jun, 07:00'],
      ['ECG', 'signs of atrial fibrillation, 72 bpm', '13 Jun, 07:00'],
      ['Workout: run', '5.2 km, 32 min', '12 Jun, 07:00'],
    ]);
  });

  test.each([true, 1, '1', 'true'])('a heart rate that was deleted (%j) is none', async (is_deleted) => {
    const series = [{ ecg: { afib: 0 }, heart_rate: { value: 72, is_deleted }, timestamp: time(1) }];
    withings.say('list', { series, more: false, offset: 0 });
    await knownAfterAView();
    expect((await panel('more')).rows[1]).toEqual([
      'ECG',
      'no signs of atrial fibrillation',
      '14 Jun, 07:00',
    ]);
  });

  test('half a blood pressure is no reading, and is shown as what it is', async () => {
    measured(
      group(time(2), [{ type: 10, value: 131 }]),
      group(time(1), [
        { type: 9, value: 81 },
        { type: 11, value: 60 },
      ]),
      group(time(0), pressure(120, 80)),
    );
    expect((await panel('heart')).figure).toBe('120/80 mmHg');
    expect((await panel('more')).rows.slice(1)).toEqual([
      ['Systolic blood pressure', '131 mmHg', '13 Jun, 07:00'],
      ['Diastolic blood pressure', '81 mmHg', '14 Jun, 07:00'],
      ['Heart pulse', '60 bpm', '14 Jun, 07:00'],
    ]);
  });

  test('nothing for whoever has nothing', async () => {
    measured(group(time(0), [kg(80), ...pressure(120, 80)]));
    expect((await panel('more')).html).toBe('');
  });
});

describe('what is not there', () => {
  test('a list that was cut proves nothing: no mean, no trend, no "nobody"', async () => {
    withings.say('getactivity', ({ offset = '0' }: Record<string, string>) => {
      const activities = [
        { date: ymd(20 + Number(offset)), steps: 5000 },
        { date: ymd(40), steps: 100 },
      ];
      return { activities, more: true, offset: Number(offset) + 1 };
    });
    const { sentence, rows, html } = await panel('steps');
    expect(rows).toHaveLength(6);
    expect(sentence).toBe(
      'On Tue 26 May. Withings has more than it gave us at once: this is of the latest 5 only.',
    );
    expect(html).toContain('aria-label="Steps over 30 days"');
    withings.say('getsummary', ({ offset = '0' }: Record<string, string>) => {
      const series = [slept(20 + Number(offset), '23:00', '06:20', SEVEN_HOURS)];
      return { series, more: true, offset: Number(offset) + 1 };
    });
    app.clock.now += 300_000;
    const sleep = await panel('sleep');
    expect(sleep.sentence).toMatch(/^In the night to Tue 26 May\. Withings has more than it gave us at once/);
    expect(sleep.html).toContain('aria-label="Sleep over 30 days, in hours by stage"');
    app.clock.now += 300_000;
    withings.say('getactivity', ({ offset = '0' }: Record<string, string>) => {
      return { activities: [{ date: ymd(400), steps: 1 }], more: true, offset: Number(offset) + 1 };
    });
    expect((await panel('steps')).sentence).toBe(
      'Withings has more than it gave us at once: this is not among it.',
    );
  });

  test('how many there are is written as the person reads it', async () => {
    withings.say('getmeas', ({ offset = '0' }: Record<string, string>) => {
      const measuregrps = Array.from({ length: 1000 }, (_, index) =>
        group(time(1) - Number(offset) - index, pressure(120 + (index % 9), 80)),
      );
      return { measuregrps, more: Number(offset) < 9000, offset: Number(offset) + 1000 };
    });
    const headers = { 'Accept-Language': 'de-DE' };
    expect((await panel('heart', 30, headers)).sentence).toMatch(/ the latest \d+\.000 only\.$/);
    app.clock.now += 300_000;
    withings.say('getmeas', ({ offset = '0' }: Record<string, string>) => {
      const at = Number(offset);
      const measuregrps = Array.from({ length: 1000 }, (_, index) =>
        group(time(1) - at - index, pressure(120, 80)),
      );
      return { measuregrps, more: at < 1000, offset: at + 1000 };
    });
    expect((await panel('heart', 30, headers)).sentence).toContain('Mean of 2.000 readings');
  });

  test('of measures that were cut neither trend nor mean is told', async () => {
    withings.say('getmeas', ({ offset = '0' }: Record<string, string>) => {
      const measuregrps = Array.from({ length: 10 }, (_, index) => {
        const ago = Number(offset) + index;
        return group(time(ago), [kg(70 + ago / 10), ...pressure(120 + ago, 80)]);
      });
      return { timezone: 'Europe/Paris', measuregrps, more: 1, offset: Number(offset) + 10 };
    });
    expect((await panel('weight')).sentence).toMatch(/^Measured 15 Jun, 07:00\. Withings has more than/);
    const heart = await panel('heart');
    expect(heart.sentence).toMatch(/^Measured 15 Jun, 07:00, pulse 60 bpm\. Withings has more than/);
    expect(heart.html).toContain('aria-label="Blood pressure over 30 days"');
    expect((await panel('composition')).sentence).toBe(
      'Withings has more than it gave us at once: this is not among it.',
    );
    app.clock.now += 300_000;
    withings.say('getmeas', ({ offset = '0' }: Record<string, string>) => {
      const values = [kg(20, 6), { type: 54, value: 97 }];
      return { measuregrps: [group(time(Number(offset)), values)], more: 1, offset: Number(offset) + 1 };
    });
    for (const id of ['composition', 'more'])
      expect((await panel(id)).sentence).toMatch(/^The latest of each.* this is of the latest \d+ only\.$/);
  });

  test('is said once for all that is missing for the same reason', async () => {
    withings.say('getactivity', 'nonsense');
    withings.say('getsummary', 'nonsense');
    const { text } = await visitor.get('/dashboard');
    expect(text.match(/Missing: steps, sleep\./g)).toHaveLength(1);
    expect(text).not.toContain('id="steps"');
  });
});
