/** What a person counts in. Masses come in kg, distances in m, temperatures in °C. */
export interface Units {
  mass: 'kg' | 'lb' | 'st';
  distance: 'km' | 'mi';
  temperature: '°C' | '°F';
}

export const METRIC: Units = { mass: 'kg', distance: 'km', temperature: '°C' };

/** A unit that people read, and how many of it something is. */
export interface Unit {
  name: string;
  /** From what Withings counts in. */
  of(value: number): number;
  /** Behind the point, as precise as the device. */
  digits: 0 | 1;
}

const KG_PER_LB = 0.45359237;
const M_PER_MI = 1609.344;

export const MASS: Record<Units['mass'], Unit> = {
  kg: { name: 'kg', of: (kg) => kg, digits: 1 },
  lb: { name: 'lb', of: (kg) => kg / KG_PER_LB, digits: 1 },
  st: { name: 'st', of: (kg) => kg / KG_PER_LB / 14, digits: 1 },
};

export const DISTANCE: Record<Units['distance'], Unit> = {
  km: { name: 'km', of: (m) => m / 1000, digits: 1 },
  mi: { name: 'mi', of: (m) => m / M_PER_MI, digits: 1 },
};

export const TEMPERATURE: Record<Units['temperature'], Unit> = {
  '°C': { name: '°C', of: (c) => c, digits: 1 },
  '°F': { name: '°F', of: (c) => (c * 9) / 5 + 32, digits: 1 },
};
