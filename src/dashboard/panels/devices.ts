import { ymdAt } from '../../time/days.ts';
import type { Device } from '../../withings/data/records.ts';
import type { Wording } from '../preferences/wording.ts';
import { groupBy } from './groups.ts';
import type { Content } from './panel.ts';

/** As Withings defines them. */
const BATTERY = {
  high: 'battery over 75 %',
  medium: 'battery 30 to 75 %',
  low: 'battery under 30 %',
  unknown: 'battery not known',
};

/** Null: there is none. */
export function devicesContent(devices: Device[], wording: Wording): Content | null {
  if (devices.length === 0) return null;
  const named = toldApart(devices, wording);
  return {
    sentence: batteryWords(named),
    lines: named.map(({ name, device: { battery, lastSeen } }) => [
      name,
      BATTERY[battery],
      lastSeen ? `seen ${wording.clock(lastSeen.getTime())}` : 'not seen yet',
    ]),
  };
}

interface Named {
  name: string;
  device: Device;
}

function batteryWords(named: Named[]): string {
  const having = (battery: Device['battery']) =>
    named.filter(({ device }) => device.battery === battery).map(({ name }) => name);
  const [low, unknown] = [having('low'), having('unknown')];
  if (unknown.length === named.length) return 'Withings does not say how full the batteries are.';
  const known = low.length > 0 ? `Charge soon: ${low.join(', ')}.` : 'All batteries are fine.';
  if (unknown.length === 0) return known;
  return `${low.length > 0 ? known : 'The other batteries are fine.'} Not known: ${unknown.join(', ')}.`;
}

/** By model, else by kind. Of two alike the name says since when each is used, or when it was last seen. */
function toldApart(devices: Device[], wording: Wording): Named[] {
  const alike = groupBy(devices, ({ model, type }) => model ?? type ?? 'Withings device');
  const names = new Map<Device, string>();
  for (const [name, found] of alike) {
    const marks = found.length > 1 ? marksOf(found, wording).map((mark) => ` (${mark})`) : [''];
    for (const [index, device] of found.entries()) names.set(device, `${name}${marks[index]}`);
  }
  return devices.map((device) => ({ device, name: names.get(device) ?? '' }));
}

function marksOf(devices: Device[], wording: Wording): string[] {
  const day = (at: Date) => wording.shortDay(ymdAt(at.getTime(), wording.zone));
  const clock = (at: Date) => wording.clock(at.getTime());
  const ways = [day, clock].flatMap((words) => [
    devices.map(({ firstSeen }) => firstSeen && `since ${words(firstSeen)}`),
    devices.map(({ lastSeen }) => lastSeen && `seen ${words(lastSeen)}`),
  ]);
  const differ = (words: (string | null)[]) => new Set(words).size === words.length && !words.includes(null);
  return (ways.find(differ) ?? devices.map((_, index) => `no. ${index + 1}`)).map((words) => words ?? '');
}
