import type { Request, Response } from 'express';
import { DAY } from '../clock.ts';
import type { Db } from '../database.ts';
import type { People, Person } from '../people.ts';
import { looksIssued, type Random } from '../secrets.ts';

const COOKIE = 'sandbox_login';
/** So long, and no more than so many at a time: the oldest are logged out. */
const KEPT = 90 * DAY;
const MAX_LOGINS = 1000;

export interface Login {
  person: Person;
  /** Goes into our own forms: a page elsewhere cannot know it, so it cannot agree in someone's name. */
  consent: string;
}

/** Who is logged in to the sandbox in which browser. */
export class Logins {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #people: People;

  constructor(db: Db, now: () => number, random: Random, people: People) {
    this.#people = people;
    this.#db = db;
    this.#now = now;
    this.#random = random;
  }

  start(req: Request, res: Response, person: Person): Login {
    const token = this.#random(20);
    const consent = this.#random(20);
    this.#db.run('DELETE FROM logins WHERE at < ?', this.#now() - KEPT);
    const sql = 'INSERT INTO logins (token, consent, user_id, at) VALUES (?, ?, ?, ?)';
    this.#db.run(sql, token, consent, person.userId, this.#now());
    this.#db.run(OLDEST, MAX_LOGINS);
    res.cookie(COOKIE, token, cookieOptions(req));
    return { person, consent };
  }

  current(req: Request): Login | undefined {
    const token = readCookie(req);
    if (!token) return undefined;
    const sql = 'SELECT user_id, consent FROM logins WHERE token = ?';
    const row = this.#db.get<{ user_id: number; consent: string }>(sql, token);
    const person = this.#people.find(row?.user_id);
    return row && person ? { person, consent: row.consent } : undefined;
  }

  endAll(): void {
    this.#db.run('DELETE FROM logins');
  }

  end(req: Request, res: Response): void {
    const token = readCookie(req);
    if (token) this.#db.run('DELETE FROM logins WHERE token = ?', token);
    res.clearCookie(COOKIE, cookieOptions(req));
  }
}

const OLDEST = 'DELETE FROM logins WHERE rowid <= (SELECT max(rowid) FROM logins) - ?';

function cookieOptions(req: Request) {
  return { httpOnly: true, sameSite: 'lax', path: req.baseUrl || '/', secure: req.secure } as const;
}

function readCookie(req: Request): string | undefined {
  const cookies = (req.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  const own = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return looksIssued(own) ? own : undefined;
}
