import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { MINUTE, SECOND } from '../clock.ts';
import type { Fields } from '../input.ts';
import { type Answer, sameArguments, tooManyRequests } from './answers.ts';
import type { Endpoint } from './endpoints.ts';

/** The same call again within so long is refused, for one account whatever its token (seen). */
const WINDOW = 10 * SECOND;
/** Documented: calls a minute for one application. */
const QUOTA = 120;
const MAX_REMEMBERED = 10_000;

/** In memory: a restart is longer than what it remembers matters. */
export class Guard {
  readonly #now: () => number;
  readonly #onAtStart: boolean;
  #on: boolean;
  readonly #seen = new LRUCache<string, number>({ maxSize: MAX_REMEMBERED, sizeCalculation: () => 1 });
  readonly #calls = new Map<string, number[]>();

  constructor(now: () => number, on: boolean) {
    this.#now = now;
    this.#onAtStart = on;
    this.#on = on;
  }

  get isOn(): boolean {
    return this.#on;
  }

  /** Both limits, until the next start or reset. */
  switch(on: boolean): void {
    this.#on = on;
  }

  /** As it was at the start. */
  reset(): void {
    this.#on = this.#onAtStart;
    this.#seen.clear();
    this.#calls.clear();
  }

  /** `account`: whose call it is; before that is known, the code or refresh token among the fields says it. */
  repeated(endpoint: Endpoint, fields: Fields, account = ''): Answer | undefined {
    if (!this.#on) return undefined;
    const key = fingerprint(endpoint, fields, account);
    const left = (this.#seen.get(key) ?? Number.NEGATIVE_INFINITY) + WINDOW - this.#now();
    if (left > 0) return sameArguments(Math.max(1, Math.ceil(left / SECOND)));
    this.#seen.set(key, this.#now());
    return undefined;
  }

  overQuota(clientId: string): Answer | undefined {
    if (!this.#on) return undefined;
    const recent = (this.#calls.get(clientId) ?? []).filter((at) => this.#now() - at < MINUTE);
    if (recent.length < QUOTA) recent.push(this.#now());
    else return tooManyRequests;
    this.#calls.set(clientId, recent);
    return undefined;
  }
}

function fingerprint(endpoint: Endpoint, fields: Fields, account: string): string {
  const args = [...fields].filter(([name]) => name !== 'access_token').sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([endpoint, account, args]))
    .digest('hex');
}
