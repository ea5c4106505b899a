import { createHash } from 'node:crypto';

/** Names and numbers of models as documented. */
export const DEVICES = {
  scale: { type: 'Scale', model: 'Body+', modelid: 5 },
  cellularScale: { type: 'Scale', model: 'Body Pro', modelid: 9 },
  cuff: { type: 'Blood Pressure Monitor', model: 'BPM Connect', modelid: 45 },
  ecgCuff: { type: 'Blood Pressure Monitor', model: 'BPM Core', modelid: 44 },
  watch: { type: 'Activity Tracker', model: 'ScanWatch 2', modelid: 94 },
  mat: { type: 'Sleep Monitor', model: 'Aura Sensor V2', modelid: 63 },
} as const;

export type DeviceName = keyof typeof DEVICES;
export type Device = (typeof DEVICES)[DeviceName];

/** What a person owns and carries; a phone counts steps and is no device of Withings. */
export type Owned = DeviceName | 'phone';

/** The first of these that the person owns. */
export function owned(owns: readonly Owned[], ...names: DeviceName[]): Device | undefined {
  const name = names.find((each) => owns.includes(each));
  return name && DEVICES[name];
}

const ids = new Map<string, string>();

/** The same for every reading of one device, so it is worked out once. */
export function deviceId(userId: number, { model }: Device): string {
  const device = `${userId} ${model}`;
  const id = ids.get(device) ?? createHash('sha1').update(device).digest('hex');
  ids.set(device, id);
  return id;
}
