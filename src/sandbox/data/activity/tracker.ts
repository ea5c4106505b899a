import type { Person } from '../../people.ts';
import { deviceId, owned } from '../devices.ts';

/** What counts a person's steps; a phone has no deviceid (recorded) and knows no heart. */
export interface Tracker {
  deviceid: string | null;
  model: string | null;
  modelid: number;
}

/** Whoever wears something and carries a phone is counted twice: a day then has a row of each. */
export function trackersOf({ userId, owns }: Person): Tracker[] {
  const worn = owned(owns, 'watch', 'band');
  const trackers: Tracker[] = [];
  if (worn) {
    trackers.push({ deviceid: deviceId(userId, worn), model: worn.model, modelid: worn.modelid });
  }
  if (owns.includes('phone')) trackers.push({ deviceid: null, model: 'GoogleFit tracker', modelid: 1055 });
  return trackers;
}

export function knowsHeart({ owns }: Person): boolean {
  return owned(owns, 'watch', 'band') !== undefined;
}
