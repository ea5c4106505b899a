import type { Db } from '../database.ts';
import { type Endpoint, kindOf, type Target } from './endpoints.ts';

/** What happens in place of the work. */
export const INSTEAD = [
  'reset',
  'http-500',
  'html',
  'status-601',
  'status-522',
  'status-2554',
  'wrong-secret',
  'refuse-code',
  'refuse-refresh',
] as const;

/** What happens to the answer once the work is done. */
export const DELIVERY = ['lose-reply', 'slow', 'late', 'truncated'] as const;

/** What changes a rule: of the next consent, token answer, rotation, reuse, list. */
export const RULES = [
  'deny',
  'partial-scope',
  'only-metrics',
  'userid-string',
  'no-grace',
  'revoke-family',
  'short-pages',
] as const;

export const FAULTS = [...INSTEAD, ...DELIVERY, ...RULES] as const;

export type FaultName = (typeof FAULTS)[number];

/** One call of the API, as far as faults and counters care. */
export interface Call {
  endpoint: Endpoint;
  grantType?: 'authorization_code' | 'refresh_token';
}

/** As counters and the log name it. */
export function callName({ endpoint, grantType }: Call): string {
  return grantType ? `${endpoint} ${grantType}` : endpoint;
}

export interface Fault<Name extends FaultName = FaultName> {
  name: Name;
  /** Calls it still strikes; 0: until deleted. */
  times: number;
  /** The one call it is meant for. Otherwise token and data calls, or what its name says. */
  on: Target | null;
  /** `late`: how late. `slow`: between two bytes. */
  delayMs: number | null;
}

export class Faults {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  set(fault: Fault): void {
    const sql = 'INSERT OR REPLACE INTO faults (name, times, target, delay_ms) VALUES (?, ?, ?, ?)';
    this.#db.run(sql, fault.name, fault.times, fault.on, fault.delayMs);
  }

  /** The one of this name, or all. */
  clear(name?: FaultName): void {
    if (name) this.#db.run('DELETE FROM faults WHERE name = ?', name);
    else this.#db.run('DELETE FROM faults');
  }

  all(): Fault[] {
    return this.#db.all<Fault>(
      'SELECT name, times, target AS "on", delay_ms AS "delayMs" FROM faults ORDER BY rowid',
    );
  }

  /** The first of these faults that is set for this call, one of its strikes used up. */
  strike<Name extends FaultName>(names: readonly Name[], call: Call): Fault<Name> | undefined {
    const isNamed = (fault: Fault): fault is Fault<Name> => names.some((name) => name === fault.name);
    const fault = this.all()
      .filter(isNamed)
      .find((candidate) => strikes(candidate, call));
    if (fault) this.#use(fault);
    return fault;
  }

  /** For the rules, which ask by name at the moment they apply. */
  take(name: (typeof RULES)[number]): boolean {
    const fault = this.all().find((candidate) => candidate.name === name);
    if (fault) this.#use(fault);
    return fault !== undefined;
  }

  #use({ name, times }: Fault): void {
    if (times === 1) this.#db.run('DELETE FROM faults WHERE name = ?', name);
    if (times > 1) this.#db.run('UPDATE faults SET times = times - 1 WHERE name = ?', name);
  }
}

/** Whether it is meant for this call. */
export function strikes(fault: Pick<Fault, 'name' | 'on'>, call: Call): boolean {
  if (fault.name === 'refuse-code') return call.grantType === 'authorization_code';
  if (fault.name === 'refuse-refresh') return call.grantType === 'refresh_token';
  if (fault.on !== null) return fault.on === call.endpoint || fault.on === callName(call);
  if (fault.name === 'wrong-secret') return call.endpoint === 'requesttoken';
  return ['token', 'data'].includes(kindOf(call.endpoint));
}
