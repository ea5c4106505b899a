import { SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Device, deviceId } from '../devices.ts';

/** The real value is value × 10^unit (documented). */
export interface Measure {
  value: number;
  type: number;
  unit: number;
  algo: number;
  fm: number;
  /** Which part of the body, where a scale tells them apart. */
  position?: number;
}

/**
 * As recorded from the wire, keys in that order; times in seconds.
 *
 * @differs getmeas (S): `modelid` instead of `model_id`, and `comment` is `null`
 * @differs getmeas (S): a `timezone` in each group, beside that of the body
 */
export interface Group {
  grpid: number;
  attrib: number;
  date: number;
  created: number;
  modified: number;
  category: number;
  deviceid: string | null;
  hash_deviceid: string | null;
  measures: Measure[];
  modelid: number | null;
  model: string | null;
  comment: null;
  /** Where the person lives. */
  timezone: string;
}

/** How a group came to belong to a person (documented). */
const SURE = 0;
export const AMBIGUOUS = 1;
export const BY_HAND = 2;
export const SET_UP = 4;
export const CONFIRMED = 7;

/** What a device of the person measured. `at` in milliseconds. */
export function deviceGroup(
  person: Person,
  device: Device,
  grpid: number,
  at: number,
  measures: Measure[],
): Group {
  const id = deviceId(person.userId, device);
  const { modelid, model } = device;
  const group = writtenGroup(person, SURE, grpid, { at, writtenAt: at }, measures);
  return { ...group, deviceid: id, hash_deviceid: id, modelid, model };
}

/**
 * What no device measured. Times in milliseconds: when it was so, and when it was written down.
 *
 * @differs getmeas (S): of what no device measured `deviceid`, `hash_deviceid`, `model` and `modelid` are `null`
 */
export function writtenGroup(
  { timezone }: Person,
  attrib: number,
  grpid: number,
  { at, writtenAt }: { at: number; writtenAt: number },
  measures: Measure[],
): Group {
  return {
    grpid,
    attrib,
    date: Math.floor(at / SECOND),
    created: Math.floor(writtenAt / SECOND),
    modified: Math.floor(writtenAt / SECOND),
    category: 1,
    deviceid: null,
    hash_deviceid: null,
    measures,
    modelid: null,
    model: null,
    comment: null,
    timezone,
  };
}

/** A goal is a group of its own category (documented). `at` in milliseconds. */
export function goalGroup(person: Person, grpid: number, at: number, measures: Measure[]): Group {
  return { ...writtenGroup(person, BY_HAND, grpid, { at, writtenAt: at }, measures), category: 2 };
}

export function measure(type: number, real: number, unit: number, position?: number): Measure {
  const value = Math.round(real * 10 ** -unit);
  return { value, type, unit, algo: 3, fm: 3, ...(position === undefined ? {} : { position }) };
}
