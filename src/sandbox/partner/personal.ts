import { type Client, isRegistered } from '../clients.ts';
import { isTimezone } from '../data/calendar.ts';
import type { Fields } from '../input.ts';
import type { NewPerson } from '../people.ts';
import { type Answer, invalidParams } from '../wire/answers.ts';
import { missingValue } from './signed.ts';

/** Documented as required, for activate and createuserorder alike. */
const REQUIRED = [
  'mailingpref',
  'birthdate',
  'measures',
  'gender',
  'preflang',
  'unit_pref',
  'email',
  'timezone',
  'shortname',
  'external_id',
];

export type Read = { person: NewPerson } | { refusal: Answer };

/** The forms are documented; which wrong values Withings refuses, and in which words, is inferred. */
export function readPersonal(fields: Fields, client: Client, alsoRequired: string): Read {
  const get = (name: string) => fields.get(name) ?? '';
  const missing = [...REQUIRED, alsoRequired].find((name) => !get(name));
  if (missing) return { refusal: missingValue(get('action'), missing) };
  const redirectUri = fields.get('redirect_uri');
  const size = readMeasures(get('measures'));
  const right: Record<string, boolean> = {
    birthdate: /^-?\d{1,11}$/.test(get('birthdate')),
    gender: /^[01]$/.test(get('gender')),
    unit_pref: isObject(parseJson(get('unit_pref'))),
    email: get('email').length <= 254 && /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(get('email')),
    timezone: isTimezone(get('timezone')),
    shortname: /^[a-zA-Z0-9]{3}$/.test(get('shortname')),
    redirect_uri: !redirectUri || isRegistered(client, redirectUri),
  };
  const wrong = Object.keys(right).find((name) => !right[name]);
  if (wrong) return { refusal: invalidParams(`invalid ${wrong}`) };
  if (!size) return { refusal: invalidParams('invalid measures') };
  const name = `${get('firstname')} ${get('lastname')}`.trim().slice(0, 80) || get('shortname');
  const timezone = get('timezone');
  return { person: { ...size, account: get('email'), name, timezone } };
}

/** Undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Type 4 is the height in m, type 1 the weight in kg, both as value and power of ten (documented). */
function readMeasures(text: string): { heightCm: number; weightKg: number } | undefined {
  const list = parseJson(text);
  if (!Array.isArray(list)) return undefined;
  const read = (type: number) => {
    const found: unknown = list.find((measure) => isObject(measure) && measure.type === type);
    return isObject(found) ? Number(found.value) * 10 ** Number(found.unit) : Number.NaN;
  };
  const heightCm = Math.round(read(4) * 100);
  const weightKg = Math.round(read(1) * 10) / 10;
  const human = heightCm >= 30 && heightCm <= 280 && weightKg >= 2 && weightKg <= 500;
  return human ? { heightCm, weightKg } : undefined;
}
