import { LRUCache } from 'lru-cache';
import type { Owned } from './data/devices.ts';
import type { Db } from './database.ts';
import { demoPerson, MOST_MORNINGS } from './seeded-people.ts';

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
  /** On how many days of a week they step on the scale, from 0 to 7. */
  weighsIn: { mornings: number; evenings: number };
  habits: readonly Habit[];
  /** Days before the sandbox was first opened on which the account was made. */
  memberFor: number;
  goals: { steps?: number | undefined; sleepHours?: number | undefined; weightKg?: number | undefined };
  /** Number of the workout (documented table) and the hour it begins, where the person lives. */
  sport: { category: number; hour: number };
}

/** What a person does beside the routine. */
export type Habit =
  /** Types a weight in where there is no scale. */
  | 'types in'
  /** Has a child on the same scale, which sometimes takes it for them. */
  | 'child'
  /** Sleeps after lunch now and then. */
  | 'naps'
  /** Brought ten years of records along from elsewhere on the evening that the account was made. */
  | 'imported';

/** What an application says of a user it makes. */
export type NewPerson = Pick<Person, 'account' | 'name' | 'timezone' | 'heightCm' | 'weightKg'>;

/** And what it does not say. */
const INVENTED: Omit<Person, 'userId' | keyof NewPerson> = {
  demo: false,
  about: 'created by an application',
  fatPercent: 25,
  bloodPressure: { systolic: 120, diastolic: 77, pulse: 64 },
  owns: ['cellularScale'],
  weighsIn: MOST_MORNINGS,
  habits: [],
  memberFor: 730,
  goals: {},
  sport: { category: 1, hour: 18 },
};

interface Row {
  id: number;
  person: string;
}

type Created = Person & { clientId: string };

/** Everyone who can be asked: the people who live here, the demo user, and whoever an application created. */
export class People {
  readonly #db: Db;
  readonly #residents: readonly Person[];
  /** One row, one object: what is cached of a person's days is found by it. */
  readonly #read = new LRUCache<string, Created>({ max: MAX_CREATED });

  /** `residents`: who lives here from the start, beside the demo user. */
  constructor(db: Db, residents: readonly Person[]) {
    this.#db = db;
    this.#residents = residents;
  }

  all(): Person[] {
    return [...this.residents(), ...this.#created()];
  }

  /** Who lives here from the start, the demo user last. */
  residents(): Person[] {
    return [...this.#residents, demoPerson];
  }

  find(userId: number | string | undefined): Person | undefined {
    const isAsked = (person: Person) => String(person.userId) === String(userId);
    return this.residents().find(isAsked) ?? this.#created().find(isAsked);
  }

  /** Who can log in by a browser, one list per login. */
  accounts(): Person[][] {
    const names = [...new Set(this.#residents.map(({ account }) => account))];
    return names.map((name) => this.#residents.filter(({ account }) => account === name));
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
    this.#db.run('DELETE FROM created_people WHERE id <= ?', row.id - MAX_CREATED);
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
/** Of all applications together: the oldest are forgotten. */
const MAX_CREATED = 500;
