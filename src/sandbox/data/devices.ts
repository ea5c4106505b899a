import { createHash } from 'node:crypto';

export interface Device {
  type: string;
  /** Null: newer than the names that Withings gives out (seen). */
  model: string | null;
  modelid: number;
}

/** Names and numbers of models as documented. */
export const DEVICES = {
  scale: { type: 'Scale', model: 'Body+', modelid: 5 },
  formerScale: { type: 'Scale', model: 'Body+', modelid: 5 },
  cellularScale: { type: 'Scale', model: 'Body Pro', modelid: 9 },
  cardioScale: { type: 'Scale', model: 'Body Cardio', modelid: 6 },
  bodyScan: { type: 'Scale', model: 'Body Scan', modelid: 10 },
  cuff: { type: 'Blood Pressure Monitor', model: 'BPM Connect', modelid: 45 },
  ecgCuff: { type: 'Blood Pressure Monitor', model: 'BPM Core', modelid: 44 },
  thermometer: { type: 'Smart Connected Thermometer', model: 'Thermo', modelid: 70 },
  watch: { type: 'Activity Tracker', model: 'ScanWatch 2', modelid: 94 },
  band: { type: 'Activity Tracker', model: 'Pulse HR', modelid: 58 },
  mat: { type: 'Sleep Monitor', model: 'Aura Sensor V2', modelid: 63 },
  unnamed: { type: 'Activity Tracker', model: null, modelid: 97 },
} as const satisfies Record<string, Device>;

export type DeviceName = keyof typeof DEVICES;

/** What a person owns and carries; a phone counts steps and is no device of Withings. */
export type Owned = DeviceName | 'phone';

/** The first of these that the person owns. */
export function owned(owns: readonly Owned[], ...names: DeviceName[]): Device | undefined {
  const name = names.find((each) => owns.includes(each));
  return name && DEVICES[name];
}

const names = new Map<Device, string>(Object.entries(DEVICES).map(([name, device]) => [device, name]));
const ids = new Map<string, string>();

/** The same for every reading of one device, so it is worked out once. */
export function deviceId(userId: number, device: Device): string {
  const which = `${userId} ${names.get(device)}`;
  const id = ids.get(which) ?? createHash('sha1').update(which).digest('hex');
  ids.set(which, id);
  return id;
}
