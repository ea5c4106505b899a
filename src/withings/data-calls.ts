import { nothing, readAnswer } from './answers.ts';
import { activity, workouts } from './data/activity.ts';
import { recordings } from './data/heart.ts';
import { measures } from './data/measures.ts';
import { pageBody, readPage, type Service } from './data/page.ts';
import type { ActivityDay, Device, Goals, List, Measure, Night, Recording, Workout } from './data/records.ts';
import { nights } from './data/sleep.ts';
import { devices, goals } from './data/user.ts';
import { mapResult, type Result } from './errors.ts';
import type { Post } from './http.ts';
import { readList } from './lists.ts';
import { createNotify, type Notify } from './notify.ts';
import { ALWAYS, days, moments, type Stretch } from './stretch.ts';

/** What can have changed at Withings. */
export type Changing = 'measures' | 'activity' | 'nights';

/** The calls that are made with a person's access token. Lists come newest first. Days are calendar days: "2026-11-24". */
export interface DataCalls extends Notify {
  /** Body measures taken between two moments. */
  measures(accessToken: string, types: number[], from: Date, until: Date): Promise<Result<List<Measure>>>;
  /** Days on which something was counted, both ends included. */
  activity(accessToken: string, first: string, last: string): Promise<Result<List<ActivityDay>>>;
  /** Nights and naps that ended on these days, both ends included. */
  nights(accessToken: string, first: string, last: string): Promise<Result<List<Night>>>;
  devices(accessToken: string): Promise<Result<List<Device>>>;
  goals(accessToken: string): Promise<Result<Goals>>;
  /** Electrocardiograms recorded between two moments. */
  recordings(accessToken: string, from: Date, until: Date): Promise<Result<List<Recording>>>;
  /** Workouts of these days, both ends included. */
  workouts(accessToken: string, first: string, last: string): Promise<Result<List<Workout>>>;
  /** Whether anything has come in or changed since then, whenever it was measured. One call. */
  hasChanged(accessToken: string, what: Changing, since: Date): Promise<Result<boolean>>;
  /** Uses an access token as cheaply as can be: asks for what has changed since now, which is nothing. */
  probe(accessToken: string, scope: string[], now: Date): Promise<Result<null>>;
}

export interface DataCallsOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told how many pieces of a list made no sense, or cannot be, and were left out. */
  onSkipped?: (action: string, count: number) => void;
}

export function createDataCalls(post: Post, { now, onSkipped }: DataCallsOptions): DataCalls {
  const list = <T>(accessToken: string, { service, path, fields }: Listed<T>, stretch: Stretch) =>
    readList({
      service,
      stretch,
      ask: (more) => post(path, { ...fields, ...more }, accessToken),
      now: now(),
      onSkipped: (count) => onSkipped?.(fields.action, count),
    });

  return {
    ...createNotify(post),
    measures(accessToken, types, from, until) {
      const { fields } = LISTS.measures;
      const asked = { ...LISTS.measures, fields: { ...fields, meastypes: types.join(',') } };
      return list(accessToken, asked, moments(from, until));
    },
    activity: (accessToken, first, last) => list(accessToken, LISTS.activity, days(first, last)),
    nights: (accessToken, first, last) => list(accessToken, LISTS.nights, days(first, last)),
    devices: (accessToken) => list(accessToken, LISTS.devices, ALWAYS),
    recordings: (accessToken, from, until) => list(accessToken, LISTS.recordings, moments(from, until)),
    workouts: (accessToken, first, last) => list(accessToken, LISTS.workouts, days(first, last)),
    goals: async (accessToken) =>
      readAnswer(await post('v2/user', { action: 'getgoals' }, accessToken), goals),
    async hasChanged(accessToken, what, since) {
      const { service, path, fields } = LISTS[what];
      const asked = { ...fields, lastupdate: unixSeconds(since) };
      const answer = readAnswer(await post(path, asked, accessToken), pageBody);
      return mapResult(answer, (body) => (readPage(body, service)?.rows ?? []).length > 0);
    },
    async probe(accessToken, scope, at) {
      const { path, fields } = cheapestCall(scope);
      return readAnswer(await post(path, { ...fields, lastupdate: unixSeconds(at) }, accessToken), nothing);
    },
  };
}

interface Listed<T> {
  service: Service<T>;
  path: string;
  fields: { action: string } & Record<string, string>;
}

/** Withings gives of a summary what `data_fields` names. */
const LISTS = {
  // category 1: what was measured, not what is aimed at
  measures: listed(measures, 'measure', { action: 'getmeas', category: '1' }),
  activity: listed(activity, 'v2/measure', { action: 'getactivity', data_fields: 'steps,distance,active' }),
  nights: listed(nights, 'v2/sleep', {
    action: 'getsummary',
    data_fields:
      'deepsleepduration,lightsleepduration,remsleepduration,wakeupduration,total_sleep_time,sleep_score',
  }),
  devices: listed(devices, 'v2/user', { action: 'getdevice' }),
  recordings: listed(recordings, 'v2/heart', { action: 'list' }),
  workouts: listed(workouts, 'v2/measure', {
    action: 'getworkouts',
    data_fields: 'distance,manual_distance',
  }),
};

function listed<T>(service: Service<T>, path: string, fields: Listed<T>['fields']): Listed<T> {
  return { service, path, fields };
}

/** The scopes and their services: Withings, "OAuth authorization URL". */
function cheapestCall(scope: string[]): { path: string; fields: Record<string, string> } {
  if (scope.includes('user.metrics'))
    return { path: 'measure', fields: { action: 'getmeas', meastype: '1' } };
  if (scope.includes('user.activity')) return { path: 'v2/measure', fields: { action: 'getactivity' } };
  return { path: 'v2/user', fields: { action: 'getdevice' } };
}

function unixSeconds(date: Date): string {
  return String(Math.floor(date.getTime() / 1000));
}
