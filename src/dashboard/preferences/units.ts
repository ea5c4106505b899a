import { z } from 'zod';

/** What a person counts in. Masses come in kg, distances in m, temperatures in °C. */
export type Units = z.infer<typeof units>;

export const units = z.object({
  mass: z.enum(['kg', 'lb', 'st']),
  distance: z.enum(['km', 'mi']),
  temperature: z.enum(['°C', '°F']),
});

export const METRIC: Units = { mass: 'kg', distance: 'km', temperature: '°C' };

/** What there is to choose from, for a form. */
export function choices(current: Units) {
  return Object.entries(units.shape).map(([name, { options }]) => ({
    name,
    label: LABELS[name as keyof Units],
    options: options.map((unit) => ({ unit, current: Object.values<string>(current).includes(unit) })),
  }));
}

const LABELS: Record<keyof Units, string> = {
  mass: 'Weight',
  distance: 'Distance',
  temperature: 'Temperature',
};

const AMERICA = ['US', 'AS', 'GU', 'MP', 'PR', 'UM', 'VI'];
const BRITAIN = ['GB', 'GG', 'IM', 'JE'];
const POUNDS = new Set([...AMERICA, 'LR', 'MM']);
const STONES = new Set([...BRITAIN, 'IE']);
const MILES = new Set([...AMERICA, ...BRITAIN, 'LR', 'MM']);
const FAHRENHEIT = new Set([...AMERICA, 'BS', 'BZ', 'FM', 'KY', 'LR', 'MH', 'PW']);

/** What is usual there. @param region ISO 3166; null: not known */
export function unitsOf(region: string | null): Units {
  const here = region ?? '';
  return {
    mass: POUNDS.has(here) ? 'lb' : STONES.has(here) ? 'st' : 'kg',
    distance: MILES.has(here) ? 'mi' : 'km',
    temperature: FAHRENHEIT.has(here) ? '°F' : '°C',
  };
}

/** A unit that people read, and how many of it something is. */
export interface Unit {
  name: string;
  /** From what Withings counts in. */
  of(value: number): number;
  /** Behind the point, as precise as the device. */
  digits: 0 | 1;
}

export const LB_PER_ST = 14;
const KG_PER_LB = 0.45359237;
const M_PER_MI = 1609.344;

/** Of stones there are whole ones only, before the pounds. */
export const MASS: Record<Exclude<Units['mass'], 'st'>, Unit> = {
  kg: { name: 'kg', of: (kg) => kg, digits: 1 },
  lb: { name: 'lb', of: (kg) => kg / KG_PER_LB, digits: 1 },
};

export const DISTANCE: Record<Units['distance'], Unit> = {
  km: { name: 'km', of: (m) => m / 1000, digits: 1 },
  mi: { name: 'mi', of: (m) => m / M_PER_MI, digits: 1 },
};

export const TEMPERATURE: Record<Units['temperature'], Unit> = {
  '°C': { name: '°C', of: (c) => c, digits: 1 },
  '°F': { name: '°F', of: (c) => (c * 9) / 5 + 32, digits: 1 },
};
