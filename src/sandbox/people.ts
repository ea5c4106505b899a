import { LRUCache } from 'lru-cache';
import type { Owned } from './data/devices.ts';
import type { Db } from './database.ts';

/** Everyone here is invented. */
export interface Person {
  userId: number;
  /** People who share a login: Withings then asks which of them it is (seen). */
  account: string;
  name: string;
  demo: boolean;
  about: string;
  timezone: string;
  heightCm: number;
  weightKg: number;
  fatPercent: number;
  bloodPressure: { systolic: number; diastolic: number; pulse: number };
  owns: readonly Owned[];
  /** Number of the workout (documented table) and the hour it begins, where the person lives. */
  sport: { category: number; hour: number };
}

/** What an application says of a user it makes. */
export type NewPerson = Pick<Person, 'account' | 'name' | 'timezone' | 'heightCm' | 'weightKg'>;

/** And what it does not say. */
const INVENTED: Omit<Person, 'userId' | keyof NewPerson> = {
  demo: false,
  about: 'created by an application',
  fatPercent: 25,
  bloodPressure: { systolic: 120, diastolic: 77, pulse: 64 },
  owns: ['cellularScale'],
  sport: { category: 1, hour: 18 },
};

const timezone = 'Europe/Paris';

export const seeded: readonly Person[] = [
  {
    userId: 10000001,
    account: 'maren@example.com',
    name: 'Maren Holt',
    demo: false,
    about: 'rows, weighs in most mornings',
    timezone,
    heightCm: 172,
    weightKg: 67.8,
    fatPercent: 26.4,
    bloodPressure: { systolic: 117, diastolic: 75, pulse: 58 },
    owns: ['scale', 'cuff', 'watch', 'mat'],
    sport: { category: 187, hour: 18 },
  },
  {
    userId: 10000002,
    account: 'tomas@example.com',
    name: 'Tomas Brandt',
    demo: false,
    about: 'watches his blood pressure',
    timezone,
    heightCm: 183,
    weightKg: 91.5,
    fatPercent: 27.9,
    bloodPressure: { systolic: 134, diastolic: 86, pulse: 71 },
    owns: ['scale', 'ecgCuff', 'phone'],
    sport: { category: 1, hour: 17 },
  },
  {
    userId: 10000003,
    account: 'ines@example.com',
    name: 'Ines Caldeira',
    demo: false,
    about: 'new scale, old habits',
    timezone,
    heightCm: 161,
    weightKg: 55.2,
    fatPercent: 24.1,
    bloodPressure: { systolic: 109, diastolic: 70, pulse: 64 },
    owns: ['scale'],
    sport: { category: 1, hour: 18 },
  },
  {
    userId: 10000004,
    account: 'okafor@example.com',
    name: 'Ada Okafor',
    demo: false,
    about: 'runs before work',
    timezone,
    heightCm: 168,
    weightKg: 61.4,
    fatPercent: 23.2,
    bloodPressure: { systolic: 112, diastolic: 71, pulse: 55 },
    owns: ['scale', 'watch'],
    sport: { category: 2, hour: 6 },
  },
  {
    userId: 10000005,
    account: 'okafor@example.com',
    name: 'Joseph Okafor',
    demo: false,
    about: 'shares a scale with Ada',
    timezone,
    heightCm: 188,
    weightKg: 84.9,
    fatPercent: 20.8,
    bloodPressure: { systolic: 126, diastolic: 81, pulse: 66 },
    owns: ['scale', 'cuff', 'mat', 'phone'],
    sport: { category: 1, hour: 12 },
  },
];

/** Whom `mode=demo` logs in. */
export const demoPerson: Person = {
  userId: 10000900,
  account: 'demo',
  name: 'Demo user',
  demo: true,
  about: 'unlinked one day after agreeing',
  timezone,
  heightCm: 178,
  weightKg: 76.3,
  fatPercent: 21.6,
  bloodPressure: { systolic: 121, diastolic: 78, pulse: 62 },
  owns: ['scale', 'cuff', 'watch', 'mat'],
  sport: { category: 6, hour: 17 },
};

interface Row {
  id: number;
  person: string;
}

type Created = Person & { clientId: string };

/** Everyone who can be asked: the seeded people, the demo user, and whoever an application created. */
export class People {
  readonly #db: Db;
  /** One row, one object: what is cached of a person's days is found by it. */
  readonly #read = new LRUCache<string, Created>({ max: 500 });

  constructor(db: Db) {
    this.#db = db;
  }

  all(): Person[] {
    return [...seeded, demoPerson, ...this.#created()];
  }

  find(userId: number | string | undefined): Person | undefined {
    const isAsked = (person: Person) => String(person.userId) === String(userId);
    return [...seeded, demoPerson].find(isAsked) ?? this.#created().find(isAsked);
  }

  /** Who can log in by a browser, one list per login. */
  accounts(): Person[][] {
    const names = [...new Set(seeded.map(({ account }) => account))];
    return names.map((name) => seeded.filter(({ account }) => account === name));
  }

  /** Everybody behind the same login. */
  housemates(person: Person): Person[] {
    return (
      this.accounts().find((members) => members.some(({ userId }) => userId === person.userId)) ?? [person]
    );
  }

  /** Whom of a login it is about; undefined: several live there and it was not said who. */
  chosen(person: Person, selected: string | undefined): Person | undefined {
    const members = this.housemates(person);
    if (members.length === 1) return person;
    return members.find(({ userId }) => String(userId) === selected);
  }

  /** A user that an application made through the API (cellular and SDK programmes). */
  create(person: NewPerson, clientId: string): Person {
    const row = this.#db.get<Row>(
      'INSERT INTO created_people (person) VALUES (?) RETURNING id, person',
      JSON.stringify({ ...person, clientId }),
    );
    if (!row) throw new Error('The person was not stored.');
    return this.#personOf(row);
  }

  /** Whom this application created. */
  createdBy(clientId: string): Person[] {
    return this.#created().filter((person) => person.clientId === clientId);
  }

  forgetCreated(): void {
    this.#db.run('DELETE FROM created_people');
  }

  #created(): Created[] {
    return this.#db
      .all<Row>('SELECT id, person FROM created_people ORDER BY id')
      .map((row) => this.#personOf(row));
  }

  #personOf({ id, person }: Row): Created {
    const key = `${id} ${person}`;
    const read = this.#read.get(key) ?? { ...INVENTED, ...JSON.parse(person), userId: FIRST_CREATED + id };
    this.#read.set(key, read);
    return read;
  }
}

const FIRST_CREATED = 20_000_000;
