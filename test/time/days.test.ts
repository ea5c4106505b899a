import { describe, expect, test } from '@jest/globals';
import { isZone, lastDays, midnight, ymdAt } from '../../src/time/days.ts';

const HOUR = 3_600_000;
const iso = (at: number) => new Date(at).toISOString();

describe('where a day begins', () => {
  test.each([
    ['2026-11-25', 'Europe/Paris', '2026-11-24T23:00:00.000Z'],
    ['2026-11-25', 'Pacific/Auckland', '2026-11-24T11:00:00.000Z'],
    ['2026-11-25', 'Pacific/Honolulu', '2026-11-25T10:00:00.000Z'],
    ['2026-11-25', 'Asia/Kolkata', '2026-11-24T18:30:00.000Z'],
    ['2026-11-25', 'Asia/Kathmandu', '2026-11-24T18:15:00.000Z'],
    ['2026-11-25', 'Pacific/Kiritimati', '2026-11-24T10:00:00.000Z'],
    ['2026-11-25', 'UTC', '2026-11-25T00:00:00.000Z'],
    // Midnight was skipped.
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    // There were two.
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
    // So was the whole day before.
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('%s in %s', (ymd, zone, begin) => {
    expect(iso(midnight(ymd, zone))).toBe(begin);
  });

  test.each(['Europe/Paris', 'America/Santiago', 'Africa/Cairo', 'America/Havana', 'Australia/Lord_Howe'])(
    'each moment of a year in %s is called by its day',
    (zone) => {
      const date = new Intl.DateTimeFormat('sv', { timeZone: zone });
      const from = Date.UTC(2026, 0, 1);
      for (let at = from; at < from + 366 * 24 * HOUR; at += HOUR / 2) {
        if (ymdAt(at, zone) !== date.format(at)) throw new Error(`${zone} ${iso(at)}`);
      }
    },
  );
});

describe('the last days', () => {
  test.each([
    ['Europe/Paris', '2026-03-30T10:00:00Z', '2026-03-29', 23],
    ['Europe/Paris', '2026-10-26T10:00:00Z', '2026-10-25', 25],
    ['America/Santiago', '2026-09-07T15:00:00Z', '2026-09-06', 23],
    ['America/Havana', '2026-11-02T15:00:00Z', '2026-11-01', 25],
  ])('%s at %s: the day before has %s as its date and %i hours', (zone, now, ymd, hours) => {
    const range = lastDays(3, Date.parse(now), zone);
    expect(range.indexOf(ymd)).toBe(1);
    const [begin, end] = [midnight(ymd, zone), midnight(range.today, zone)];
    expect((end - begin) / HOUR).toBe(hours);
    expect(range.position(end - HOUR / 2)).toBeCloseTo(2 - 0.5 / hours, 6);
    expect([range.position(begin), range.position((begin + end) / 2), range.position(end)]).toEqual([
      1, 1.5, 2,
    ]);
  });

  test.each([
    ['Pacific/Auckland', '2026-11-25T11:30:00Z', '2026-11-26'],
    ['Pacific/Honolulu', '2026-11-26T09:59:00Z', '2026-11-25'],
    ['Europe/Paris', '2026-11-25T23:30:00Z', '2026-11-26'],
    ['Pacific/Kiritimati', '2026-11-25T10:00:00Z', '2026-11-26'],
  ])('%s at %s: the running day is %s', (zone, now, today) => {
    const range = lastDays(7, Date.parse(now), zone);
    expect(range.today).toBe(today);
    expect(range.position(Date.parse(now))).toBeGreaterThanOrEqual(6);
    expect(range.position(Date.parse(now))).toBeLessThan(7);
    expect(range.position(range.from - 1)).toBe(0);
    expect(range.position(Date.parse(now) + 48 * HOUR)).toBe(7);
  });

  test('over a day that a place left out, positions still go up', () => {
    const range = lastDays(5, Date.parse('2012-01-01T12:00:00Z'), 'Pacific/Apia');
    const places = [0, 12, 24, 36, 48, 60, 72].map((hours) => range.position(range.from + hours * HOUR));
    expect(places.every(Number.isFinite)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

test.each(['Europe/Paris', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'UTC'])('%s is a zone', (name) => {
  expect(isZone(name)).toBe(true);
});

test.each(['', 'Mars/Olympus', '+01:00', '<b>Europe/Paris</b>', ' Europe/Paris', 'A'.repeat(100)])(
  '"%s" is none',
  (name) => {
    expect(isZone(name)).toBe(false);
  },
);
