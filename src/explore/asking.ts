import { LRUCache } from 'lru-cache';
import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import type { OnReply, Withings } from '../withings/client.ts';
import { noTurn, type Refusal, type Result, refuse } from '../withings/errors.ts';
import { copied, secretsOf } from '../withings/exchange.ts';
import type { Reply } from '../withings/http.ts';
import { hide } from '../withings/secrets.ts';
import type { Fields, ReadCall } from './calls.ts';

/** What Withings was asked and answered, and what that means here, as far as anybody reads it. */
export interface Asked {
  /** When it was answered, milliseconds since 1970. */
  at: number;
  milliseconds: number;
  /** How many calls it took: pages of a list, and again where a token was turned down. */
  count: number;
  /** The last of them; null: nothing was sent. */
  last: {
    path: string;
    fields: Record<string, string>;
    httpStatus: number | null;
    theirs: string | null;
  } | null;
  ours: string;
  /** Null: it went well. */
  refusal: Refusal | null;
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
    const begun = monotonic();
    let [count, last]: [number, Asked['last']] = [0, null];
    const secrets = new Set<string>();
    const safe = (text: string) => hide(cut(text), [...secrets]);
    const onReply: OnReply = ({ path, ...sent }, reply) => {
      if (reply.kind === 'unsent') return;
      count += 1;
      for (const secret of secretsOf(sent)) secrets.add(secret);
      const { httpStatus = null, theirs = null } = readable(reply);
      last = { path, fields: sent.fields, httpStatus, theirs: theirs && safe(theirs) };
    };
    const result = await answer(grant, call, fields, onReply);
    const milliseconds = monotonic() - begun;
    const ours = safe(JSON.stringify(result.ok ? result.value : result.refusal, null, 2));
    return { at: now(), milliseconds, count, last, ours, refusal: result.ok ? null : result.refusal };
  }

  async function answer(
    grant: Grant,
    call: ReadCall,
    fields: Fields,
    onReply: OnReply,
  ): Promise<Result<unknown>> {
    if (!grant.scope.includes(call.scope)) return refuse('scope-missing');
    const turn = await withings.turn({ priority: 'data', calls: 1, person: grant.id });
    if (typeof turn === 'number') return noTurn(turn);
    try {
      const calls = withings.at(turn, undefined, onReply);
      return await grants.use(grant, (token) => call.read(calls, token, fields), turn);
    } finally {
      turn.end();
    }
  }

  return async (grant, call, fields) => {
    const key = JSON.stringify([grant.id, call.action, fields]);
    const known = latest.get(key);
    if (known) return known;
    const asked = ask(grant, call, fields);
    latest.set(key, asked);
    const isGood = await asked.then(({ refusal }) => refusal === null).catch(() => false);
    // It may have waited in line: the ten seconds are counted from the answer.
    if (isGood) latest.set(key, asked);
    else latest.delete(key);
    return asked;
  };
}

/** A year of a person is some hundred KB, and nobody reads that. */
const MAX_CHARACTERS = 20_000;

function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return copied(`${text.slice(0, MAX_CHARACTERS)}\n… and ${text.length - MAX_CHARACTERS} characters more`);
}

function readable(reply: Reply): { httpStatus?: number; theirs?: string } {
  return reply.kind === 'answer' ? { httpStatus: reply.httpStatus, theirs: pretty(reply.text) } : {};
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // as it came: it is no JSON
  }
}
