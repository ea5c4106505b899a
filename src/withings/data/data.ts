import { z } from 'zod';
import type { ActivityDay, Device, Measure, Night } from './records.ts';

/** One page of a list; `next` is the offset of the page after it. */
export interface Page<T> {
  rows: T[];
  next: number | null;
}

/** `more` is 1 in getmeas and true elsewhere (documented), or left out with `offset` when nothing follows (seen). */
const paging = z.object({
  more: z.union([z.boolean(), z.number()]).optional().catch(undefined),
  offset: z.number().int().positive().optional().catch(undefined),
});

function nextOf({ more, offset }: z.infer<typeof paging>): number | null {
  return more ? (offset ?? null) : null;
}

const MAX_ROWS = 10_000;
const rows = z.array(z.unknown()).max(MAX_ROWS);

/** Rows that make no sense are left out: one odd row must not cost the rest. */
function readable<T>(list: unknown[], row: z.ZodType<T>): T[] {
  return list.flatMap((item) => {
    const read = row.safeParse(item);
    return read.success ? [read.data] : [];
  });
}

const seconds = z
  .number()
  .int()
  .positive()
  .max(8_640_000_000_000)
  .transform((at) => new Date(at * 1000));
const ymd = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const amount = z.number().min(0).max(1e9);

const measureGroup = z.object({
  date: seconds,
  measures: z.array(
    z.object({
      type: z.number().int(),
      value: z.number().int(),
      unit: z.number().int().min(-20).max(20),
    }),
  ),
});

/** getmeas: value × 10^unit, seconds become a Date. */
export const measures: z.ZodType<Page<Measure>> = paging.extend({ measuregrps: rows }).transform((body) => ({
  rows: readable(body.measuregrps, measureGroup).flatMap(({ date, measures: found }) =>
    found.map(({ type, value, unit }) => ({
      type,
      value: Number(`${value}e${unit}`),
      at: date,
      attribution: 'sure' as const,
      position: null,
    })),
  ),
  next: nextOf(body),
}));

const day: z.ZodType<ActivityDay> = z
  .object({ date: ymd, steps: amount, distance: amount.catch(0), active: amount.catch(0) })
  .transform(({ active, ...rest }) => ({ ...rest, activeSeconds: active }));

/** getactivity. */
export const activity: z.ZodType<Page<ActivityDay>> = paging
  .extend({ activities: rows })
  .transform((body) => ({ rows: readable(body.activities, day), next: nextOf(body) }));

const night: z.ZodType<Night> = z
  .object({
    date: ymd,
    startdate: seconds,
    enddate: seconds,
    data: z.object({
      deepsleepduration: amount.catch(0),
      lightsleepduration: amount.catch(0),
      remsleepduration: amount.catch(0),
      wakeupduration: amount.catch(0),
      sleep_score: amount.nullable().catch(null),
    }),
  })
  .transform(({ date, startdate, enddate, data }) => ({
    date,
    start: startdate,
    end: enddate,
    asleepSeconds: data.deepsleepduration + data.remsleepduration + data.lightsleepduration,
    stages: {
      deep: data.deepsleepduration,
      rem: data.remsleepduration,
      light: data.lightsleepduration,
      awake: data.wakeupduration,
    },
    score: data.sleep_score,
  }));

/** sleep getsummary. */
export const nights: z.ZodType<Page<Night>> = paging
  .extend({ series: rows })
  .transform((body) => ({ rows: readable(body.series, night), next: nextOf(body) }));

const device: z.ZodType<Device> = z
  .object({
    model: z.string().max(200),
    battery: z.enum(['high', 'medium', 'low', 'unknown']).catch('unknown'),
    last_session_date: seconds.nullable().catch(null),
  })
  .transform(({ last_session_date, ...rest }) => ({
    ...rest,
    type: null,
    firstSeen: null,
    lastSeen: last_session_date,
  }));

/** user getdevice. */
export const devices: z.ZodType<Page<Device>> = z
  .object({ devices: rows })
  .transform((body) => ({ rows: readable(body.devices, device), next: null }));
