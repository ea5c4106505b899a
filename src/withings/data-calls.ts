import type { z } from 'zod';
import { nothing, readAnswer } from './answers.ts';
import { activity, devices, measures, nights, type Page } from './data/data.ts';
import type { ActivityDay, Device, List, Measure, Night } from './data/records.ts';
import type { Result } from './errors.ts';
import type { Post } from './http.ts';
import { createNotify, type Notify } from './notify.ts';

/** The calls that are made with a person's access token. */
export interface DataCalls extends Notify {
  /** Body measures taken between two moments, newest first as Withings sends them. */
  measures(accessToken: string, types: number[], from: Date, until: Date): Promise<Result<List<Measure>>>;
  /** Body measures that have come in or changed since then, whenever they were taken. */
  measuresChanged(accessToken: string, types: number[], since: Date): Promise<Result<List<Measure>>>;
  /** Days on which something was counted since then, the running one included, in the order they come. */
  activity(accessToken: string, since: Date): Promise<Result<List<ActivityDay>>>;
  /** Nights that ended since then, in the order they come. */
  nights(accessToken: string, since: Date): Promise<Result<List<Night>>>;
  devices(accessToken: string): Promise<Result<List<Device>>>;
  /** Uses an access token as cheaply as can be: asks for what has changed since now, which is nothing. */
  probe(accessToken: string, scope: string[], now: Date): Promise<Result<null>>;
}

export function createDataCalls(post: Post): DataCalls {
  return {
    ...createNotify(post),
    measures(accessToken, types, from, until) {
      const fields = {
        action: 'getmeas',
        meastypes: types.join(','),
        category: '1', // real measures, not goals
        startdate: unixSeconds(from),
        enddate: unixSeconds(until),
      };
      return allPages(post, 'measure', fields, accessToken, measures);
    },
    measuresChanged(accessToken, types, since) {
      const fields = { action: 'getmeas', meastypes: types.join(','), category: '1' };
      return allPages(post, 'measure', { ...fields, lastupdate: unixSeconds(since) }, accessToken, measures);
    },
    activity(accessToken, since) {
      const fields = { action: 'getactivity', lastupdate: unixSeconds(since) };
      const data_fields = 'steps,distance,active';
      return allPages(post, 'v2/measure', { ...fields, data_fields }, accessToken, activity);
    },
    nights(accessToken, since) {
      const fields = { action: 'getsummary', lastupdate: unixSeconds(since) };
      const data_fields = 'deepsleepduration,lightsleepduration,remsleepduration,wakeupduration,sleep_score';
      return allPages(post, 'v2/sleep', { ...fields, data_fields }, accessToken, nights);
    },
    devices(accessToken) {
      return allPages(post, 'v2/user', { action: 'getdevice' }, accessToken, devices);
    },
    async probe(accessToken, scope, at) {
      const { path, fields } = cheapestCall(scope);
      return readAnswer(await post(path, { ...fields, lastupdate: unixSeconds(at) }, accessToken), nothing);
    },
  };
}

/** A year of anything that is measured daily fits into half of it. */
const MAX_PAGES = 10;

/** All pages of a list, one after the other; a refusal of one is the answer of all. */
async function allPages<T>(
  post: Post,
  path: string,
  fields: Record<string, string>,
  accessToken: string,
  page: z.ZodType<Page<T>>,
): Promise<Result<List<T>>> {
  const all: T[] = [];
  let offset: number | null = 0;
  for (let pages = 0; pages < MAX_PAGES && offset !== null; pages += 1) {
    const asked: Record<string, string> = offset === 0 ? fields : { ...fields, offset: String(offset) };
    const read: Result<Page<T>> = readAnswer(await post(path, asked, accessToken), page);
    if (!read.ok) return read;
    all.push(...read.value.rows);
    offset = read.value.next;
  }
  return { ok: true, value: { rows: all, timezone: null, isCut: offset !== null } };
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
