import { z } from 'zod';
import { DAY_MS, moment, number, within, ymd } from './fields.ts';
import type { Service } from './page.ts';
import type { Night } from './records.ts';

const seconds = number.nullable().catch(null);

const summary = z.object({
  deepsleepduration: seconds,
  lightsleepduration: seconds,
  remsleepduration: seconds,
  wakeupduration: seconds,
  total_sleep_time: seconds,
  sleep_score: within(0, 100).nullable().catch(null),
});

type Summary = z.infer<typeof summary>;

const UNKNOWN: Summary = summary.parse({});

const row = z.object({
  date: ymd,
  startdate: moment,
  enddate: moment,
  data: summary.catch(UNKNOWN),
});

/** sleep getsummary. */
export const nights: Service<Night> = {
  field: 'series',
  read(item, now) {
    const read = row.safeParse(item);
    if (!read.success) return [null];
    const { date, startdate: start, enddate: end, data } = read.data;
    const lasted = end.getTime() - start.getTime();
    const { sleep_score: score, ...durations } = data;
    if (end.getTime() > now || lasted <= 0 || lasted > DAY_MS || !arePossible(durations)) return [null];
    return [{ date, start, end, ...sleepOf(data), score }];
  },
  at: ({ end }) => end.getTime(),
  nameOf: ({ start, end, asleepSeconds }) => `${start.getTime()} ${end.getTime()} ${asleepSeconds}`,
};

/** Older devices tell no stages apart and say the total alone; some know no REM (seen). 0 is an answer, null is none. */
function sleepOf(data: Summary): Pick<Night, 'asleepSeconds' | 'stages'> {
  const {
    deepsleepduration: deep,
    lightsleepduration: light,
    remsleepduration: rem,
    wakeupduration: awake,
    total_sleep_time: total,
  } = data;
  // Who slept for no second was awake; where nobody was that either, nothing was seen.
  const unlessUnseen = (seconds: number | null) => (seconds === 0 && !awake ? null : seconds);
  if (deep === null || light === null) return { asleepSeconds: unlessUnseen(total), stages: null };
  const asleep = deep + light + (rem ?? 0);
  const isPart = (asleep === 0 || rem === null) && total !== null && total > asleep;
  if (isPart) return { asleepSeconds: total, stages: null };
  if (unlessUnseen(asleep) === null) return { asleepSeconds: null, stages: null };
  return { asleepSeconds: asleep, stages: { deep, rem, light, awake } };
}

function arePossible(durations: Record<string, number | null>): boolean {
  const known = Object.values(durations).filter((duration) => duration !== null);
  const { total_sleep_time: total, ...stages } = durations;
  const inBed = Object.values(stages).reduce<number>((sum, stage) => sum + (stage ?? 0), 0);
  return known.every((duration) => duration >= 0 && duration <= DAY_MS / 1000) && inBed <= DAY_MS / 1000;
}
