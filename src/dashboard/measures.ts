import type { Grant } from '../session/grant.ts';
import type { Grants, Unusable, Used } from '../tokens/grants.ts';
import type { Measure } from '../withings/answers.ts';
import type { Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';

/** The body measures of one person, or the code of what was in the way; and the grant as it is after that. */
export type Reading = Outcome & { grant: Grant | null };

type Outcome =
  | { ok: true; measures: Measure[] }
  | { ok: false; code: string; retryAfterSeconds: number | null };

export interface Measures {
  read(grantId: string): Promise<Reading>;
}

const SCOPE = 'user.metrics';
const DAY = 86_400_000;
/** Withings refuses a person's identical call within 10 seconds: one answer serves everybody for a little longer. */
const SHARED_FOR_MS = 15_000;
const MAX_SHARED = 1000;

export function createMeasures(parts: { grants: Grants; withings: Withings; now: () => number }): Measures {
  const { grants, withings, now } = parts;
  const shared = new Map<string, { until: number; answer: Promise<Used<Measure[]>> }>();

  function share(id: string): Promise<Used<Measure[]>> {
    const known = shared.get(id);
    if (known && known.until > now()) return known.answer;
    if (shared.size >= MAX_SHARED) shared.clear();
    const answer = grants.use(id, ask);
    shared.set(id, { until: now() + SHARED_FOR_MS, answer });
    const forget = () => shared.delete(id);
    answer.then((used) => used.state === 'answered' || forget(), forget); // only what Withings said is worth sharing
    return answer;
  }

  function ask(accessToken: string): Promise<Result<Measure[]>> {
    // To the second, so that two processes seldom ask the same; a day ahead, for scales whose clocks are.
    const until = now() + DAY;
    return withings.measures(
      accessToken,
      [...MEASTYPES.keys()],
      new Date(until - 366 * DAY),
      new Date(until),
    );
  }

  async function outcome(id: string): Promise<Outcome> {
    const fresh = await grants.fresh(id);
    if (fresh.state !== 'usable') return inTheWay(fresh);
    if (!fresh.grant.scope.includes(SCOPE))
      return { ok: false, code: 'scope-missing', retryAfterSeconds: null };
    const used = await share(id);
    if (used.state !== 'answered') return inTheWay(used);
    const { answer } = used;
    if (answer.ok) return { ok: true, measures: answer.value };
    return { ok: false, code: answer.refusal.code, retryAfterSeconds: answer.refusal.waitSeconds };
  }

  return {
    async read(id) {
      const result = await outcome(id);
      return { ...result, grant: await grants.read(id) };
    },
  };
}

function inTheWay(unusable: Unusable): Outcome {
  if (unusable.state === 'gone') return { ok: false, code: 'not-connected', retryAfterSeconds: null };
  const retryAfterSeconds = unusable.state === 'unavailable' ? unusable.retryAfterSeconds : null;
  return { ok: false, code: unusable.code, retryAfterSeconds };
}
