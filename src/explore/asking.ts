import { LRUCache } from 'lru-cache';
import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import { type Result, refuse } from '../withings/errors.ts';
import type { Reply } from '../withings/http.ts';
import type { Fields, ReadCall } from './calls.ts';

/** What Withings was asked and answered, and what that means here. */
export interface Asked {
  /** Milliseconds since 1970. */
  at: number;
  milliseconds: number;
  /** The first is the question; others are further pages of it. None: nothing was sent. */
  calls: { path: string; fields: Record<string, string>; reply: Reply }[];
  result: Result<unknown>;
}

export interface AskingParts {
  grants: Pick<Grants, 'use'>;
  withings: Pick<Withings, 'turn' | 'at'>;
  now: () => number;
  monotonic: () => number;
}

/** Withings refuses the same question within ten seconds (seen): whoever asks it again is shown the same answer. */
const SAME_MS = 10_000;
const MAX_KEPT = 20;

export type Ask = (grant: Grant, call: ReadCall, fields: Fields) => Promise<Asked>;

/** Asks in line with everybody, with whatever token is live. */
export function createAsking({ grants, withings, now, monotonic }: AskingParts): Ask {
  const latest = new LRUCache<string, Promise<Asked>>({
    max: MAX_KEPT,
    ttl: SAME_MS,
    ttlResolution: 0,
    ttlAutopurge: true,
    perf: { now },
  });

  async function ask(grant: Grant, call: ReadCall, fields: Fields): Promise<Asked> {
    const asked: Asked = { at: now(), milliseconds: 0, calls: [], result: refuse('scope-missing') };
    if (!grant.scope.includes(call.scope)) return asked;
    const turn = await withings.turn({ priority: 'data', calls: 1, person: grant.id });
    if (typeof turn === 'number') {
      return {
        ...asked,
        result: refuse('quota-used-up', { sent: false, retryAfterSeconds: Math.ceil(turn / 1000) }),
      };
    }
    const begun = monotonic();
    try {
      const overheard = withings.at(turn, undefined, (path, sent, reply) => {
        asked.calls.push({ path, fields: sent, reply });
      });
      asked.result = await grants.use(grant, (token) => call.read(overheard, token, fields), turn);
    } finally {
      turn.end();
    }
    return { ...asked, milliseconds: monotonic() - begun };
  }

  return async (grant, call, fields) => {
    const key = JSON.stringify([grant.id, call.action, fields]);
    const known = latest.get(key);
    if (known) return known;
    const asked = ask(grant, call, fields);
    latest.set(key, asked);
    const isGood = await asked.then(({ result }) => result.ok).catch(() => false);
    if (!isGood) latest.delete(key);
    return asked;
  };
}
