import { z } from 'zod';
import { MEASTYPES, WEIGHT } from '../meastypes.ts';
import { isPast, moment, number, within, words } from './fields.ts';
import type { Service } from './page.ts';
import type { Device, Goals } from './records.ts';

const session = moment.nullable().catch(null);

const row = z.object({
  deviceid: words,
  type: words,
  model: words,
  battery: z.enum(['high', 'medium', 'low', 'unknown']).catch('unknown'),
  first_session_date: session,
  last_session_date: session,
});

/** user getdevice. A device need not have a model. */
export const devices: Service<Device> = {
  field: 'devices',
  read(item, now) {
    const read = row.safeParse(item);
    if (!read.success) return [null];
    const { deviceid: id, type, model, battery, first_session_date, last_session_date } = read.data;
    if (id === null && type === null && model === null) return [null];
    const past = (at: Date | null) => (at && isPast(at.getTime(), now) ? at : null);
    return [
      { id, type, model, battery, firstSeen: past(first_session_date), lastSeen: past(last_session_date) },
    ];
  },
  at: ({ lastSeen }) => lastSeen?.getTime() ?? 0,
  nameOf: (device) => device.id ?? JSON.stringify(device),
};

const [least, most] = MEASTYPES.get(WEIGHT)?.range ?? [0, 0];

/** A mass is value × 10^unit kg (recorded). */
const mass = z
  .object({ value: number, unit: number })
  .transform(({ value, unit }) => Number(`${value}e${unit}`))
  .pipe(z.number().min(least).max(most));

const NO_GOALS = { steps: null, sleep: null, weight: null };

/** user getgoals. Who never set any has none, or no list of them (recorded). */
export const goals: z.ZodType<Goals> = z
  .object({
    goals: z
      .object({
        steps: within(1, 500_000).nullable().catch(null),
        sleep: within(1, 86_400).nullable().catch(null),
        weight: mass.nullable().catch(null),
      })
      .catch(NO_GOALS),
  })
  .catch({ goals: NO_GOALS })
  .transform(({ goals: { steps, sleep, weight } }) => ({ steps, sleepSeconds: sleep, weightKg: weight }));
