import { z } from 'zod';
import { flag, moment, number, within } from './fields.ts';
import type { Service } from './page.ts';
import type { Recording } from './records.ts';

const beats = within(15, 400);

/** A rate is a number, or an object with its value, which stays in it when it is deleted (seen). */
const heartRate = z
  .union([
    beats,
    z
      .object({ value: beats, is_deleted: flag })
      .transform(({ value, is_deleted }) => (is_deleted ? null : value)),
  ])
  .nullable()
  .catch(null);

const row = z.object({
  timestamp: moment,
  heart_rate: heartRate,
  ecg: z
    .object({ afib: number.nullable().catch(null) })
    .nullable()
    .catch(null),
});

/** Withings, "Heart v2 - List". */
const AFIB = new Map<number | null, Recording['afib']>([
  [0, 'negative'],
  [1, 'positive'],
  [2, 'inconclusive'],
]);

/** heart list. Rows without an electrocardiogram are about something else: a stethoscope. */
export const recordings: Service<Recording> = {
  field: 'series',
  read(item, now) {
    const read = row.safeParse(item);
    if (!read.success || read.data.timestamp.getTime() > now) return [null];
    const { timestamp, heart_rate, ecg } = read.data;
    return ecg ? [{ at: timestamp, heartRate: heart_rate, afib: AFIB.get(ecg.afib) ?? null }] : [];
  },
  at: ({ at }) => at.getTime(),
  nameOf: ({ at }) => String(at.getTime()),
};
