import { addDays, midnight } from '../time/days.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';

/** What is asked with: calendar days where the person lives, both ends included. */
export interface Fields {
  from: string;
  to: string;
  zone: string;
  types: number[];
}

/** A call that reads, of those that this program makes anyway. */
export interface ReadCall {
  label: string;
  /** Withings' own name of it. */
  action: string;
  scope: string;
  hasTypes?: boolean;
  hasDays?: boolean;
  read(calls: DataCalls, accessToken: string, fields: Fields): Promise<Result<unknown>>;
}

export const CALLS = {
  measures: {
    label: 'Body measures',
    action: 'measure getmeas',
    scope: 'user.metrics',
    hasTypes: true,
    hasDays: true,
    read: (calls, token, fields) => calls.measures(token, fields.types, ...momentsOf(fields)),
  },
  activity: {
    label: 'Activity',
    action: 'v2/measure getactivity',
    scope: 'user.activity',
    hasDays: true,
    read: (calls, token, { from, to }) => calls.activity(token, from, to),
  },
  nights: {
    label: 'Sleep',
    action: 'v2/sleep getsummary',
    scope: 'user.activity',
    hasDays: true,
    read: (calls, token, { from, to }) => calls.nights(token, from, to),
  },
  workouts: {
    label: 'Workouts',
    action: 'v2/measure getworkouts',
    scope: 'user.activity',
    hasDays: true,
    read: (calls, token, { from, to }) => calls.workouts(token, from, to),
  },
  recordings: {
    label: 'Electrocardiograms',
    action: 'v2/heart list',
    scope: 'user.metrics',
    hasDays: true,
    read: (calls, token, fields) => calls.recordings(token, ...momentsOf(fields)),
  },
  devices: {
    label: 'Devices',
    action: 'v2/user getdevice',
    scope: 'user.info',
    read: (calls, token) => calls.devices(token),
  },
  goals: {
    label: 'Goals',
    action: 'v2/user getgoals',
    scope: 'user.info',
    read: (calls, token) => calls.goals(token),
  },
} satisfies Record<string, ReadCall>;

export type CallName = keyof typeof CALLS;

/** Every type that has a name here. */
export const ALL_TYPES = [...MEASTYPES.keys()];

function momentsOf({ from, to, zone }: Fields): [from: Date, until: Date] {
  return [new Date(midnight(from, zone)), new Date(midnight(addDays(to, 1), zone) - 1000)];
}
