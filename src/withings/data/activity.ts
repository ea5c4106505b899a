import { z } from 'zod';
import { isPast, moment, number, within, ymd } from './fields.ts';
import type { Service } from './page.ts';
import type { ActivityDay, Workout } from './records.ts';

/** Whoever walks a day and a night through does not get so far. */
const MAX_STEPS = 500_000;
const MAX_METRES = 2_000_000;
/** The day on which the clocks go back. */
const MAX_SECONDS = 25 * 3600;

const day: z.ZodType<ActivityDay> = z
  .object({
    date: ymd,
    steps: within(0, MAX_STEPS),
    distance: within(0, MAX_METRES).nullable().catch(null),
    active: within(0, MAX_SECONDS).nullable().catch(null),
  })
  .transform(({ active, ...rest }) => ({ ...rest, activeSeconds: active }));

/** getactivity. */
export const activity: Service<ActivityDay> = {
  field: 'activities',
  read(row, now) {
    const read = day.safeParse(row);
    return [read.success && isPast(Date.parse(read.data.date), now) ? read.data : null];
  },
  at: ({ date }) => Date.parse(date),
  nameOf: ({ date, steps, distance, activeSeconds }) => `${date} ${steps} ${distance} ${activeSeconds}`,
};

const metres = within(1, MAX_METRES).nullable().catch(null);

const workout: z.ZodType<Workout> = z
  .object({
    startdate: moment,
    enddate: moment,
    category: number,
    data: z.object({ distance: metres, manual_distance: metres }).nullable().catch(null),
  })
  .transform(({ startdate, enddate, category, data }) => ({
    start: startdate,
    end: enddate,
    category,
    distance: data?.distance ?? data?.manual_distance ?? null,
  }));

/** getworkouts. */
export const workouts: Service<Workout> = {
  field: 'series',
  read(row, now) {
    const read = workout.safeParse(row);
    return [
      read.success && read.data.end.getTime() <= now && read.data.end >= read.data.start ? read.data : null,
    ];
  },
  at: ({ end }) => end.getTime(),
  nameOf: ({ start, end, category }) => `${start.getTime()} ${end.getTime()} ${category}`,
};
