import { describe, expect, test } from '@jest/globals';
import { relative as inTheBrowser } from '../../public/relative.js';
import { createTimezones } from '../../src/dashboard/preferences/timezones.ts';
import { METRIC, type Units } from '../../src/dashboard/preferences/units.ts';
import { createWording } from '../../src/dashboard/preferences/wording.ts';
import { relative } from '../../src/dashboard/words.ts';
import { openEvents } from '../support/event-stream.ts';
import { formsOf, type Visitor, visit } from '../support/visitor.ts';
import { type FarWithings, startFarApart } from '../support/withings.ts';

const HOUR = 3_600_000;
/** In Auckland it is 08:00 of the 26th. */
const NOW = Date.parse('2026-11-25T19:00:00Z');

interface Zones {
  measures?: string;
  activity?: string;
  device?: string;
}

/** What each service says of where the person lives. */
function live(withings: FarWithings, zones: Zones, now = NOW, today = '2026-11-25') {
  const { measures, activity, device } = zones;
  const date = now / 1000 - 1800;
  const weight = { grpid: 1, attrib: 0, date, category: 1, measures: [{ type: 1, value: 70_000, unit: -3 }] };
  const day = { date: today, steps: 1000, distance: 700, active: 60, timezone: activity };
  const scale = { type: 'Scale', model: 'Body+', battery: 'high', timezone: device };
  withings.say('getmeas', { updatetime: date, timezone: measures, measuregrps: [weight], more: 0 });
  withings.say('getactivity', { activities: activity ? [day] : [], more: false, offset: 0 });
  withings.say('getsummary', { series: [], more: false, offset: 0 });
  withings.say('getdevice', { devices: device ? [scale] : [] });
}

async function connected({ zones = {} as Zones, at = NOW, today = '2026-11-25' } = {}) {
  const { app, withings } = await startFarApart({ SWEEP_SECONDS: '3600' });
  app.clock.now = at;
  live(withings, zones, at, today);
  const visitor = visit(app);
  await visitor.connect();
  return { app, withings, visitor };
}

async function textOf(visitor: Visitor, language?: string, address = '/dashboard'): Promise<string> {
  const { text } = await visitor.get(address, language === undefined ? {} : { 'Accept-Language': language });
  return text;
}

const made = (text: string) => />([^<]+)<\/time>\.<\/p>/.exec(text)?.[1]?.replaceAll(/\s/g, ' ');
const times = (text: string) => /Times in [^<]*/.exec(text)?.[0];

describe('the zone', () => {
  test.each([
    [{ measures: 'Pacific/Auckland' }, 'Pacific/Auckland', '26 Nov, 08:00'],
    [{ measures: 'Pacific/Honolulu', device: 'Europe/Paris' }, 'Pacific/Honolulu', '25 Nov, 09:00'],
    [{ activity: 'Asia/Kolkata', device: 'Europe/Paris' }, 'Asia/Kolkata', '26 Nov, 00:30'],
    [{ device: 'Pacific/Kiritimati' }, 'Pacific/Kiritimati', '26 Nov, 09:00'],
    [{ measures: 'Mars/Olympus', device: 'Pacific/Apia' }, 'Pacific/Apia', '26 Nov, 08:00'],
  ])('%j: pages go by %s', async (zones, zone, words) => {
    const { visitor } = await connected({ zones });
    const page = await textOf(visitor);
    expect(times(page)).toBe(`Times in ${zone}`);
    expect(made(page)).toBe(words);
    expect((await visitor.json('/api/connection')).body.timezone).toBe(zone);
  });

  test.each([{}, { measures: 'Mars/Olympus' }, { measures: '<script>' }])(
    '%j: without one it is UTC, and said',
    async (zones) => {
      const { visitor } = await connected({ zones });
      const page = await textOf(visitor);
      expect(times(page)).toBe('Times in UTC: Withings has not said where you live.');
      expect(made(page)).toBe('25 Nov, 19:00');
      expect((await visitor.json('/api/connection')).body.timezone).toBeNull();
    },
  );

  test.each([
    // A weigh-in at half past seven, on the day that runs in Auckland and in no other zone of the day before.
    ['Pacific/Auckland', '2026-11-25T19:00:00Z', '2026-11-26', 'Measured 26 Nov, 07:30.', 'Thu 26 Nov'],
    ['Pacific/Honolulu', '2026-11-26T05:00:00Z', '2026-11-25', 'Measured 25 Nov, 18:30.', 'Wed 25 Nov'],
    ['Europe/Paris', '2026-11-25T23:30:00Z', '2026-11-26', 'Measured 26 Nov, 00:00.', 'Thu 26 Nov'],
    ['Asia/Kolkata', '2026-11-25T18:35:00Z', '2026-11-26', 'Measured 25 Nov, 23:35.', 'Thu 26 Nov'],
    // A day of 25 hours, and one of 23.
    ['Europe/Paris', '2026-10-25T22:45:00Z', '2026-10-25', 'Measured 25 Oct, 23:15.', 'Sun 25 Oct'],
    ['America/Santiago', '2026-09-06T04:10:00Z', '2026-09-06', 'Measured 5 Sept, 23:40.', 'Sun 6 Sept'],
  ])('in %s at %s the day that runs is %s', async (zone, now, today, measured, words) => {
    const { visitor } = await connected({
      zones: { measures: zone, activity: zone },
      at: Date.parse(now),
      today,
    });
    const page = await textOf(visitor, undefined, '/dashboard?days=7');
    expect(page).toContain(measured);
    expect(page).toContain(`So far on ${words}.`);
    expect(page).toContain(`<title>${words}: 1,000 steps so far</title>`);
    expect(page).not.toContain('UTC');
  });

  test('it outlives the answer that said it, and the process', async () => {
    const { app, withings, visitor } = await connected({ zones: { measures: 'Pacific/Auckland' } });
    await textOf(visitor);
    live(withings, {});
    app.clock.now += HOUR;
    await app.restart();
    expect((await visitor.json('/api/connection')).body.timezone).toBe('Pacific/Auckland');
    expect(made(await textOf(visitor))).toBe('26 Nov, 09:00');
  });

  test('what is no zone is passed over, and a store that takes nothing costs no page its times', async () => {
    const store = { readTimezone: async () => null, writeTimezone: () => Promise.reject(new Error('full')) };
    const answers = ['+01:00', null, 'Asia/Kolkata', 'Europe/Paris'].map((timezone) => ({
      ok: true as const,
      value: { rows: [], timezone, isCut: false },
    }));
    expect(await createTimezones(store).follow('id', answers)).toBe('Asia/Kolkata');
  });

  test('who moves is followed', async () => {
    const { app, withings, visitor } = await connected({ zones: { measures: 'Pacific/Auckland' } });
    await textOf(visitor);
    live(withings, { measures: 'America/New_York' });
    app.clock.now += HOUR;
    expect(made(await textOf(visitor))).toBe('25 Nov, 15:00');
    expect((await visitor.json('/api/connection')).body.timezone).toBe('America/New_York');
  });

  test('the receipt goes by it, and it is gone with the connection', async () => {
    const { withings, visitor } = await connected({ zones: { measures: 'Pacific/Auckland' } });
    await textOf(visitor);
    await visitor.post('/disconnect');
    const receipt = await textOf(visitor, undefined, '/');
    expect(receipt).toContain('At 08:00 we erased');
    expect(times(receipt)).toBe('Times in Pacific/Auckland');
    live(withings, {});
    await visitor.connect();
    expect((await visitor.json('/api/connection')).body.timezone).toBeNull();
  });

  test('a year is written where it is not that of the person', async () => {
    const at = Date.parse('2026-12-31T11:30:00Z'); // half past midnight in Auckland
    const { app, visitor } = await connected({ zones: { measures: 'Pacific/Auckland' }, at: at - HOUR });
    app.clock.now = at;
    const page = await textOf(visitor);
    expect(made(page)).toBe('1 Jan, 00:30');
    expect(page).toContain('>31 Dec 2026, 23:30</time>');
    expect(page).toContain('>31 Dec, 23:30</time>'); // a year on
  });

  test('at midnight there an open page is renewed', async () => {
    const at = Date.parse('2026-11-26T09:00:00Z');
    const { app, visitor } = await connected({ zones: { measures: 'Pacific/Honolulu' }, at });
    await textOf(visitor);
    const events = await openEvents(app, visitor.cookies());
    expect(await events.next()).toMatchObject({ timezone: 'Pacific/Honolulu' });
    app.clock.now += HOUR; // no token is due by then
    expect(await events.next()).toMatchObject({ state: 'connected' });
  });
});

/** What one person is shown whose browser asks in each of these languages. */
async function inEach<T>(languages: string[], read: (page: string) => T): Promise<Record<string, T>> {
  const { visitor } = await connected({ zones: { measures: 'Pacific/Auckland' } });
  const seen: [string, T][] = [];
  for (const language of languages) seen.push([language, read(await textOf(visitor, language))]);
  return Object.fromEntries(seen);
}

test('dates are written as the browser asks, in a page in English', async () => {
  const british = '26 Nov, 08:00';
  const expected = {
    'en-US,en;q=0.9': 'Nov 26, 8:00 AM',
    'fr-FR,fr;q=0.9,en-US;q=0.8': '26 nov., 08:00',
    'de;q=0.5, fr;q=0.8': '26 nov., 08:00',
    de: '26. Nov., 08:00',
    'xx, de;q=0.4': '26. Nov., 08:00',
    'th-TH-u-nu-thai-ca-buddhist': '26 พ.ย. 08:00',
    // What does not stand well in a sentence in English, or is no language.
    'ar-EG': british,
    'he,de;q=0.5': '26. Nov., 08:00',
    '*': british,
    '': british,
    '"><script>alert(1)</script>': british,
    'de_DE.UTF-8; ;;q=x,,-': british,
    [`de,${'x'.repeat(9000)}`]: british,
  };
  const seen = await inEach(Object.keys(expected), (page) => {
    expect(page).toContain('<html lang="en">');
    expect(page).not.toContain('alert(1)');
    return made(page);
  });
  expect(seen).toEqual(expected);
});

describe('the units', () => {
  const chosen = (page: string) => [...page.matchAll(/<option selected>([^<]+)/g)].map(([, unit]) => unit);

  test('at first they are those of the region', async () => {
    const expected = {
      'en-US': ['lb', 'mi', '°F'],
      'en-GB': ['st', 'mi', '°C'],
      'en-IE': ['st', 'km', '°C'],
      'en-BS': ['kg', 'km', '°F'],
      'es-PR': ['lb', 'mi', '°F'],
      my: ['lb', 'mi', '°C'],
      'fr,en-US;q=0.8': ['kg', 'km', '°C'],
      'en,en-US;q=0.9': ['lb', 'mi', '°F'],
      en: ['kg', 'km', '°C'],
      'ar-SA,en-US;q=0.5': ['kg', 'km', '°C'],
      '': ['kg', 'km', '°C'],
    };
    expect(await inEach(Object.keys(expected), chosen)).toEqual(expected);
  });

  test('they are chosen in a browser, for that browser, and stay when it connects again', async () => {
    const { app, visitor } = await connected();
    const other = visit(app);
    await other.connect();
    const form = formsOf(await textOf(visitor, 'de', '/dashboard?days=7')).find(
      ({ action }) => action === '/preferences',
    );
    const answer = await visitor.post('/preferences', { ...form?.fields, mass: 'st', temperature: '°F' });
    expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard?days=7']);
    expect(chosen(await textOf(visitor))).toEqual(['st', 'km', '°F']);
    await visitor.connect();
    expect(chosen(await textOf(visitor))).toEqual(['st', 'km', '°F']);
    await app.restart();
    expect(chosen(await textOf(visitor))).toEqual(['st', 'km', '°F']);
    expect(chosen(await textOf(other))).toEqual(['kg', 'km', '°C']);
    const { measures } = (await visitor.json('/api/measures')).body;
    expect(measures).toMatchObject([{ value: 70, unit: 'kg' }]);
  });

  test('what is no unit is refused in words, and nothing changes', async () => {
    const { visitor } = await connected();
    const odd = [{ mass: 'stone' }, { distance: '' }, { temperature: 'K', mass: 'lb' }, { mass: '<b>' }];
    for (const fields of odd) {
      const refused = await visitor.post('/preferences', fields as Record<string, string>);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('Weights come in kg, lb or st');
    }
    expect(chosen(await textOf(visitor))).toEqual(['kg', 'km', '°C']);
  });

  test('only here, only by a form of ours, only by whoever is connected', async () => {
    const { app, visitor } = await connected();
    const fields = { mass: 'lb', days: '7&x=https://evil.example' };
    expect((await visitor.post('/preferences', fields)).headers.location).toBe('/dashboard');
    expect((await visitor.post('/preferences', fields, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await visitor.get('/preferences')).status).toBe(405);
    expect((await visit(app).post('/preferences', fields)).headers.location).toBe('/');
  });
});

test('masses are told in the units and the numbers of the reader', async () => {
  const figure = (page: string) =>
    /<p class="figure">([^<]+) <span class="unit">([^<]+)/.exec(page)?.slice(1, 3);
  const expected = {
    de: ['70,0', 'kg'],
    'en-US': ['154.3', 'lb'],
    'en-GB': ['11 st 0.3', 'lb'],
  };
  expect(await inEach(Object.keys(expected), figure)).toEqual(expected);
});

describe('the words', () => {
  const wording = (units: Partial<Units>, locale = 'en-GB') =>
    createWording({ zone: null, locale, units: { ...METRIC, ...units } }, NOW);
  const say = ({ value, unit }: { value: string; unit: string }) => `${value} ${unit}`;

  test.each([
    [{ mass: 'kg' }, 66.54, '66.5 kg'],
    [{ mass: 'lb' }, 66.54, '146.7 lb'],
    [{ mass: 'st' }, 66.77, '10 st 7.2 lb'],
    [{ mass: 'st' }, 69.85, '11 st 0.0 lb'], // 153.99 lb
    [{ mass: 'st' }, 6.35, '1 st 0.0 lb'],
    [{ mass: 'st' }, 3.1, '6.8 lb'],
  ] as const)('%j: %d kg are %s', (units, kg, words) => {
    expect(say(wording(units).mass(kg))).toBe(words);
  });

  test('changes have no sign, and nothing is "-0.0"', () => {
    expect(say(wording({ mass: 'st' }).massChange(-1.36))).toBe('3.0 lb');
    expect(say(wording({ mass: 'lb' }).massChange(-1.36))).toBe('3.0 lb');
    expect(say(wording({}).massChange(-0.04))).toBe('0.0 kg');
    expect(wording({}).number(-0.04, 1)).toBe('0.0');
    expect(wording({}).number(-1.06, 1)).toBe('-1.1');
  });

  test('an axis in stones counts pounds', () => {
    const { unit, of, number } = wording({ mass: 'st' }).massScale;
    expect([Math.round(of(66.77)), unit]).toEqual([147, 'lb']);
    expect([number(140, 0), number(147, 0), number(153.5, 1), number(154 - 1e-12, 0)]).toEqual([
      '10 st 0',
      '10 st 7',
      '10 st 13.5',
      '11 st 0',
    ]);
    const pounds = wording({ mass: 'lb' }).massScale;
    expect([pounds.number(147, 0), pounds.unit]).toEqual(['147', 'lb']);
  });

  test('numbers are the locale’s, in digits that everybody reads', () => {
    expect(wording({}, 'de').number(12_345.67, 1)).toBe('12.345,7');
    expect(wording({}, 'fr').number(66.5, 1)).toBe('66,5');
    expect(wording({}, 'mr').number(66.5, 1)).toBe('66.5');
    expect(wording({}, 'mr').shortDay('2026-11-24')).toContain('24');
    expect(wording({}, 'th').day('2025-11-24')).toContain('2025');
    expect(say(wording({ distance: 'mi' }).distance(5000))).toBe('3.1 mi');
    expect(say(wording({ temperature: '°F' }).temperature(37))).toBe('98.6 °F');
  });

  test('days of another year have theirs, in tables and on axes', () => {
    const { day, shortDay, month } = wording({});
    expect([day('2026-11-24'), shortDay('2026-11-24')]).toEqual(['Tue 24 Nov', '24 Nov']);
    expect([day('2025-11-24'), shortDay('2025-12-31')]).toEqual(['Mon, 24 Nov 2025', '31 Dec 2025']);
    expect([month('2026-11-24'), month('2025-11-24')]).toEqual(['Nov 2026', 'Nov 2025']);
  });

  test('a script says moments as the server did', () => {
    for (const seconds of [0, 1, 59, 60, 61, 3540, 3599, 3600, 7260, 10_800, 86_400, 172_799, 172_800, 3e7]) {
      for (const at of [NOW + seconds * 1000, NOW - seconds * 1000, NOW + seconds * 1000 - 1]) {
        expect(inTheBrowser(at, NOW)).toBe(relative(at, NOW));
      }
    }
  });
});
