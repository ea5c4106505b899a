import { SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { DEVICES, type Device, deviceId } from '../devices.ts';
import type { BodyReading, HeartReading } from './body.ts';

/** The real value is value × 10^unit (documented). */
export interface Measure {
  value: number;
  type: number;
  unit: number;
  algo: number;
  fm: number;
}

/** As recorded from the wire, keys in that order; times in seconds. `modelid`, not the documented `model_id`. */
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
}

/** Types 1, 6, 8, 5, 76, 77 and 88: one step on the scale. */
export function weighInGroup(
  person: Person,
  scale: Device,
  grpid: number,
  at: number,
  body: BodyReading,
): Group {
  return deviceGroup(person, scale, grpid, at, [
    measure(1, body.weight, -3),
    measure(6, body.fatPercent, -3),
    measure(8, body.fatMass, -2),
    measure(5, body.fatFreeMass, -2),
    measure(76, body.muscle, -2),
    measure(77, body.water, -2),
    measure(88, body.bone, -2),
  ]);
}

/** Types 9, 10 and 11: one reading of the cuff. */
export function bloodPressureGroup(
  person: Person,
  cuff: Device,
  grpid: number,
  at: number,
  heart: HeartReading,
): Group {
  return deviceGroup(person, cuff, grpid, at, [
    measure(9, heart.diastolic, 0),
    measure(10, heart.systolic, 0),
    measure(11, heart.pulse, 0),
  ]);
}

/** Type 4: said once by the person, so there is no device (attrib 4: by hand, when the account was made). */
export function heightGroup(person: Person, grpid: number, at: number): Group {
  const group = deviceGroup(person, DEVICES.scale, grpid, at, [measure(4, person.heightCm / 100, -2)]);
  return { ...group, attrib: 4, deviceid: null, hash_deviceid: null, modelid: null, model: null };
}

function deviceGroup(person: Person, device: Device, grpid: number, at: number, measures: Measure[]): Group {
  const seconds = Math.floor(at / SECOND);
  const id = deviceId(person.userId, device);
  return {
    grpid,
    attrib: 0,
    date: seconds,
    created: seconds,
    modified: seconds,
    category: 1,
    deviceid: id,
    hash_deviceid: id,
    measures,
    modelid: device.modelid,
    model: device.model,
    comment: null,
  };
}

function measure(type: number, real: number, unit: number): Measure {
  return { value: Math.round(real * 10 ** -unit), type, unit, algo: 3, fm: 3 };
}
