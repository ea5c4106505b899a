import { ymdAt } from '../../time/days.ts';
import { relative } from '../words.ts';
import { DISTANCE, MASS, TEMPERATURE, type Unit, type Units } from './units.ts';

/** What is known of how a person reads. */
export interface Preferences {
  /** IANA; null: Withings has not said where the person lives. */
  zone: string | null;
  /** BCP 47, for numbers and dates; the words are English. */
  locale: string;
  units: Units;
}

export interface Moment {
  iso: string;
  words: string;
  relative: string;
}

export interface Quantity {
  value: string;
  unit: string;
}

/** Numbers, days and moments as one person reads them. A year is written where it is not the present one. */
export interface Wording {
  /** Where its days begin: the person's zone, or UTC. */
  readonly zone: string;
  readonly units: Units;
  /** With as many digits behind the point, no more and no fewer. */
  number(value: number, digits: 0 | 1 | 2): string;
  mass(kg: number): Quantity;
  /** The difference of two masses, without a sign. */
  massChange(kg: number): Quantity;
  distance(metres: number): Quantity;
  temperature(celsius: number): Quantity;
  /** "7 h 05 min". */
  hours(seconds: number): string;
  /** "Tue 24 Nov" of a calendar day, "2026-11-24". */
  day(ymd: string): string;
  /** "24 Nov", for an axis. */
  shortDay(ymd: string): string;
  /** "Nov 2026", for an axis. */
  month(ymd: string): string;
  /** "24 Nov, 07:12" of a moment, milliseconds since 1970. */
  clock(at: number): string;
  /** For machines, for people, and seen from now. */
  moment(at: number): Moment;
}

/** @param now milliseconds since 1970 */
export function createWording({ zone: known, locale, units }: Preferences, now: number): Wording {
  const zone = known ?? 'UTC';
  const thisYear = ymdAt(now, zone).slice(0, 4);
  const dates = (timeZone: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const year = (ymd: string) => (ymd.slice(0, 4) === thisYear ? {} : { year: 'numeric' as const });
  const number = (value: number, digits: 0 | 1 | 2) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
      value,
    );
  const quantity = (unit: Unit) => (value: number) => ({
    value: number(unit.of(value), unit.digits),
    unit: unit.name,
  });
  const ofDay = (ymd: string, options: Intl.DateTimeFormatOptions) =>
    dates('UTC', options).format(Date.parse(ymd));
  const clock = (at: number) =>
    dates(zone, {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      ...year(ymdAt(at, zone)),
    }).format(at);
  return {
    zone,
    units,
    number,
    mass: quantity(MASS[units.mass]),
    massChange: (kg) => quantity(MASS[units.mass])(Math.abs(kg)),
    distance: quantity(DISTANCE[units.distance]),
    temperature: quantity(TEMPERATURE[units.temperature]),
    hours(seconds) {
      const minutes = Math.round(seconds / 60);
      return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
    },
    day: (ymd) => ofDay(ymd, { weekday: 'short', day: 'numeric', month: 'short', ...year(ymd) }),
    shortDay: (ymd) => ofDay(ymd, { day: 'numeric', month: 'short' }),
    month: (ymd) => ofDay(ymd, { month: 'short', year: 'numeric' }),
    clock,
    moment: (at) => ({ iso: new Date(at).toISOString(), words: clock(at), relative: relative(at, now) }),
  };
}
