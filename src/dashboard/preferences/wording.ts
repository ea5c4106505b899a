import { LRUCache } from 'lru-cache';
import { addDays, midnight, ymdAt } from '../../time/days.ts';
import { type DateFormat, formatDate } from '../../time/formats.ts';
import { relative } from '../words.ts';
import { DISTANCE, LB_PER_ST, MASS, TEMPERATURE, type Unit, type Units } from './units.ts';

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

export interface Scale {
  unit: string;
  /** From kg. */
  of(kg: number): number;
  number: Wording['number'];
}

/** Numbers, days and moments as one person reads them. A year is written where it is not the present one. */
export interface Wording {
  /** Where its days begin: the person's zone, or UTC. */
  readonly zone: string;
  readonly units: Units;
  /** With as many digits behind the point, no more and no fewer. */
  number(value: number, digits: 0 | 1 | 2): string;
  /** Of stones the whole ones stand before the pounds: "10 st 7.2" lb. */
  mass(kg: number): Quantity;
  /** The difference of two masses, without a sign. */
  massChange(kg: number): Quantity;
  /** For an axis: stones are counted in pounds, "147" of which are written "10 st 7". */
  readonly massScale: Scale;
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
  /** "07:12" of a moment of today. */
  time(at: number): string;
  /** For machines, for people, and seen from now. */
  moment(at: number): Moment;
}

/** @param now milliseconds since 1970 */
export function createWording({ zone: known, locale, units }: Preferences, now: number): Wording {
  const zone = known ?? 'UTC';
  const thisYear = ymdAt(now, zone).slice(0, 4);
  const yearBegins = midnight(`${thisYear}-01-01`, zone);
  const yearEnds = midnight(addDays(`${thisYear}-12-31`, 1), zone);
  const number = (value: number, digits: 0 | 1 | 2) => formatNumber(value, locale, digits);
  const quantity = (unit: Unit) => (value: number) => ({
    value: number(unit.of(value), unit.digits),
    unit: unit.name,
  });
  const isStones = units.mass === 'st';
  const massUnit = MASS[units.mass === 'st' ? 'lb' : units.mass];
  const mass = isStones ? stones(number) : quantity(massUnit);
  const ofDay = (ymd: string, style: DateFormat['style']) =>
    formatDate(Date.parse(ymd), { locale, zone: 'UTC', style, withYear: !ymd.startsWith(thisYear) });
  const clock = (at: number) =>
    formatDate(at, { locale, zone, style: 'clock', withYear: at < yearBegins || at >= yearEnds });
  return {
    zone,
    units,
    number,
    mass,
    massChange: (kg) => mass(Math.abs(kg)),
    massScale: { unit: massUnit.name, of: massUnit.of, number: isStones ? stoneTicks(number) : number },
    distance: quantity(DISTANCE[units.distance]),
    temperature: quantity(TEMPERATURE[units.temperature]),
    hours(seconds) {
      const minutes = Math.round(seconds / 60);
      return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
    },
    day: (ymd) => ofDay(ymd, 'day'),
    shortDay: (ymd) => ofDay(ymd, 'short day'),
    month: (ymd) => ofDay(ymd, 'month'),
    clock,
    time: (at) => formatDate(at, { locale, zone, style: 'time' }),
    moment: (at) => ({ iso: new Date(at).toISOString(), words: clock(at), relative: relative(at, now) }),
  };
}

/** Tenths of a pound are rounded before whole stones are taken out: 13.96 lb are a stone. */
function stones(number: Wording['number']): Wording['mass'] {
  return (kg) => {
    const pounds = Math.round(MASS.lb.of(kg) * 10) / 10;
    const whole = Math.floor(pounds / LB_PER_ST);
    const rest = number(pounds - whole * LB_PER_ST, 1);
    return { value: whole > 0 ? `${number(whole, 0)} st ${rest}` : rest, unit: 'lb' };
  };
}

function stoneTicks(number: Wording['number']): Wording['number'] {
  return (pounds, digits) => {
    const whole = Math.floor(pounds / LB_PER_ST + 1e-9); // of ticks that are not exact
    return `${number(whole, 0)} st ${number(pounds - whole * LB_PER_ST, digits)}`;
  };
}

const numbers = new LRUCache<string, Intl.NumberFormat>({ max: 200 });

function formatNumber(value: number, locale: string, digits: number): string {
  const key = `${locale} ${digits}`;
  const format =
    numbers.get(key) ??
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      numberingSystem: 'latn',
      signDisplay: 'negative', // no "-0.0"
    });
  numbers.set(key, format);
  return format.format(value);
}
