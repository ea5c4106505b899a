import { type Result, refuse } from '../../../src/withings/errors.ts';
import type { TokenPair } from '../../../src/withings/oauth2.ts';

interface Pair {
  parent: number;
  used: boolean;
  refreshAlive: boolean;
  accessAlive: boolean;
  expiresAt: number;
}

/**
 * Withings' rules for tokens, read as unkindly as they allow: the refresh token that bought a pair dies when the
 * pair's access token is first used (or after eight hours unused); and of two pairs bought with one refresh token
 * the earlier dies unused when the later is bought, and every other one when one of them is used.
 */
export class ModelWithings {
  readonly pairs: Pair[] = [{ parent: -1, used: true, refreshAlive: true, accessAlive: true, expiresAt: 0 }];
  /** Refresh token and moment of each call, for the ten-second rule. */
  readonly #asked = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  accepts(refreshToken: string | null): boolean {
    return this.pairs[numberOf(refreshToken)]?.refreshAlive ?? false;
  }

  refresh(refreshToken: string): Result<TokenPair> {
    const before = this.#asked.get(refreshToken);
    this.#asked.set(refreshToken, this.#now());
    if (before !== undefined && this.#now() - before < 10_000)
      return refuse('withings-busy', { status: 601 });
    if (!this.accepts(refreshToken)) return refuse('refresh-token-refused', { status: 503 });
    const parent = numberOf(refreshToken);
    this.#killUnusedChildren(parent, -1);
    const number = this.pairs.length;
    const expiresAt = this.#now() + LIFE_MS;
    this.pairs.push({ parent, used: false, refreshAlive: true, accessAlive: true, expiresAt });
    const tokens = { accessToken: `at-${number}`, refreshToken: `rt-${number}` };
    return {
      ok: true,
      value: { ...tokens, userId: '363', scope: ['user.metrics'], expiresInSeconds: LIFE_MS / 1000 },
    };
  }

  use(accessToken: string): Result<null> {
    const number = numberOf(accessToken);
    const pair = this.pairs[number];
    if (!pair?.accessAlive || this.#now() >= pair.expiresAt)
      return refuse('access-token-refused', { status: 401 });
    if (!pair.used) {
      pair.used = true;
      const parent = this.pairs[pair.parent];
      if (parent) parent.refreshAlive = false;
      this.#killUnusedChildren(pair.parent, number);
    }
    return { ok: true, value: null };
  }

  /** Eight hours in which nobody came: whoever has an unused child is dead. */
  eightHours(): boolean {
    const doomed = this.pairs.filter(({ used, parent }) => !used && this.pairs[parent]?.refreshAlive);
    for (const { parent } of doomed) Object.assign(this.pairs[parent] ?? {}, { refreshAlive: false });
    return doomed.length > 0;
  }

  #killUnusedChildren(parent: number, except: number): void {
    for (const [number, pair] of this.pairs.entries()) {
      if (pair.parent === parent && !pair.used && number !== except) {
        Object.assign(pair, { refreshAlive: false, accessAlive: false });
      }
    }
  }
}

export const LIFE_MS = 10_800_000;

function numberOf(token: string | null): number {
  return Number(token?.split('-')[1] ?? -1);
}
