import type { Person } from '../../people.ts';
import { DEVICES, deviceId } from '../devices.ts';

/** What counts a person's steps; a phone has no deviceid (recorded) and knows no heart. */
export interface Tracker {
  deviceid: string | null;
  model: string;
  modelid: number;
}

export function trackerOf({ userId, owns }: Person): Tracker | undefined {
  const { watch } = DEVICES;
  if (owns.includes('watch')) {
    return { deviceid: deviceId(userId, watch), model: watch.model, modelid: watch.modelid };
  }
  return owns.includes('phone') ? { deviceid: null, model: 'GoogleFit tracker', modelid: 1055 } : undefined;
}
