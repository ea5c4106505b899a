import { expect, test } from '@jest/globals';
import { dayOf, midnight, ymd } from '../../src/sandbox/data/calendar.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

test.each([
  'Europe/Paris',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
])('in %s days begin at midnight, also those of 23 and 25 hours', (timeZone) => {
  const date = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' });
  const first = Date.UTC(2026, 0, 1) / DAY;
  for (let day = first; day < first + 366; day += 1) {
    const begin = midnight(day, timeZone);
    expect([date.format(begin - MINUTE), date.format(begin)]).toEqual([ymd(day - 1), ymd(day)]);
    for (const at of [begin - 1, begin, begin + 11 * 60 * MINUTE, midnight(day + 1, timeZone) - 1]) {
      expect([at, ymd(dayOf(at, timeZone))]).toEqual([at, date.format(at)]);
    }
  }
});
