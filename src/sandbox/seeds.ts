import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isTimezone } from './data/calendar.ts';
import { DEVICES, type DeviceName, type Owned } from './data/devices.ts';
import type { Habit, Person } from './people.ts';
import { demoPerson, MOST_MORNINGS } from './seeded-people.ts';

const OWNED: [Owned, ...Owned[]] = ['phone', ...(Object.keys(DEVICES) as DeviceName[])];
const HABITS = ['types in', 'child', 'naps', 'imported'] as const satisfies readonly Habit[];
const daysOfWeek = z.number().min(0).max(7).optional();

const seed = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** From 20,000,000 on are those whom an application creates. Default: 10000001 and so on. */
  userId: z.int().min(1).max(19_999_999).optional(),
  /** Who shares a login is asked whose measures it is about. Default: a login of one's own. */
  login: z.string().min(1).max(254).optional(),
  /** Default: Europe/Paris. */
  timezone: z.string().refine(isTimezone, 'must be a time zone such as Europe/Paris').optional(),
  /** Default: a scale. */
  devices: z.array(z.enum(OWNED)).optional(),
  /** Days of a week, each from 0 to 7. Default: most mornings, no evenings. */
  weighsIn: z.strictObject({ mornings: daysOfWeek, evenings: daysOfWeek }).optional(),
  /** Around which the measures swing. Default: 70. */
  weightKg: z.number().min(2).max(400).optional(),
  /** Default: 172. */
  heightCm: z.number().min(40).max(250).optional(),
  /** How many days of measures there are at the start. Default: 730. */
  daysOfHistory: z.int().min(0).max(3652).optional(),
  /** Default: none. */
  goals: z
    .strictObject({
      steps: z.int().min(1).optional(),
      sleepHours: z.number().min(0).max(24).optional(),
      weightKg: z.number().min(1).optional(),
    })
    .optional(),
  /** Default: none. */
  habits: z.array(z.enum(HABITS)).optional(),
});

/** Somebody who lives in a sandbox. Only the name has to be said. */
export type PersonSeed = z.input<typeof seed>;

const seedList = z.array(seed).min(1, 'nobody lives there').max(500);

/**
 * People from a list or from a JSON file with such a list.
 *
 * @throws Error with every fault at once, each with its place in the list
 */
export function readPeople(source: readonly PersonSeed[] | string): Person[] {
  const where = typeof source === 'string' ? source : 'people';
  const { data, error } = seedList.safeParse(typeof source === 'string' ? readJson(source) : source);
  if (error) {
    const faults = error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
    throw new Error(`${where} cannot be used:\n${faults.join('\n')}`);
  }
  const people = data.map((each, index) => personOf(each, FIRST + index));
  const ids = [demoPerson, ...people].map(({ userId }) => userId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`${where} cannot be used: two people have the userId ${twice}`);
  return people;
}

const FIRST = 10_000_001;

function personOf(seed: PersonSeed, nextId: number): Person {
  const { name, userId = nextId, timezone = 'Europe/Paris', devices = ['scale'] } = seed;
  const { mornings = MOST_MORNINGS.mornings, evenings = 0 } = seed.weighsIn ?? {};
  return {
    userId,
    account: seed.login ?? `${userId}@example.com`,
    name,
    demo: false,
    about: `in ${timezone.replace(/.*\//, '').replaceAll('_', ' ')}`,
    timezone,
    heightCm: seed.heightCm ?? 172,
    weightKg: seed.weightKg ?? 70,
    fatPercent: 25,
    bloodPressure: { systolic: 120, diastolic: 77, pulse: 64 },
    owns: devices,
    weighsIn: { mornings, evenings },
    habits: seed.habits ?? [],
    memberFor: seed.daysOfHistory ?? 730,
    goals: seed.goals ?? {},
    sport: { category: 1, hour: 18 },
  };
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} cannot be used: it is not JSON`, { cause });
  }
}
