/** Everyone here is invented. */
export interface Person {
  userId: number;
  name: string;
  demo: boolean;
  about: string;
  timezone: string;
  heightCm: number;
  weightKg: number;
  fatPercent: number;
  bloodPressure: { systolic: number; diastolic: number; pulse: number };
}

const timezone = 'Europe/Paris';

export const people: readonly Person[] = [
  {
    userId: 10000001,
    name: 'Maren Holt',
    demo: false,
    about: 'rows, weighs in most mornings',
    timezone,
    heightCm: 172,
    weightKg: 67.8,
    fatPercent: 26.4,
    bloodPressure: { systolic: 117, diastolic: 75, pulse: 58 },
  },
  {
    userId: 10000002,
    name: 'Tomas Brandt',
    demo: false,
    about: 'watches his blood pressure',
    timezone,
    heightCm: 183,
    weightKg: 91.5,
    fatPercent: 27.9,
    bloodPressure: { systolic: 134, diastolic: 86, pulse: 71 },
  },
  {
    userId: 10000003,
    name: 'Ines Caldeira',
    demo: false,
    about: 'new scale, old habits',
    timezone,
    heightCm: 161,
    weightKg: 55.2,
    fatPercent: 24.1,
    bloodPressure: { systolic: 109, diastolic: 70, pulse: 64 },
  },
];

/** Whom `mode=demo` logs in. */
export const demoPerson: Person = {
  userId: 10000900,
  name: 'Demo user',
  demo: true,
  about: 'unlinked one day after agreeing',
  timezone,
  heightCm: 178,
  weightKg: 76.3,
  fatPercent: 21.6,
  bloodPressure: { systolic: 121, diastolic: 78, pulse: 62 },
};

export const everyone: readonly Person[] = [...people, demoPerson];

export function findPerson(userId: number | string | undefined): Person | undefined {
  return everyone.find((person) => String(person.userId) === String(userId));
}
