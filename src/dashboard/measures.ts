import type { Grant } from '../session/grant.ts';
import type { Fresh, Grants } from '../tokens/grants.ts';
import type { Measure } from '../withings/answers.ts';
import type { Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';

/** The body measures of one person, read through a live access token, or the code of what was in the way. */
export type Reading =
  | { ok: true; grant: Grant; measures: Measure[] }
  | { ok: false; grant: Grant | null; code: string; retryAfterSeconds: number | null };

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
  const shared = new Map<string, { until: number; answer: Promise<Result<Measure[]>> }>();

  function share(id: string, ask: () => Promise<Result<Measure[]>>): Promise<Result<Measure[]>> {
    const known = shared.get(id);
    if (known && known.until > now()) return known.answer;
    if (shared.size >= MAX_SHARED) shared.clear();
    const answer = ask();
    shared.set(id, { until: now() + SHARED_FOR_MS, answer });
    return answer;
  }

  function ask(accessToken: string): Promise<Result<Measure[]>> {
    const tomorrow = (Math.floor(now() / DAY) + 1) * DAY;
    return withings.measures(
      accessToken,
      [...MEASTYPES.keys()],
      new Date(tomorrow - 366 * DAY),
      new Date(tomorrow),
    );
  }

  /** A token that Withings refuses is refreshed once and the call repeated once. */
  async function askWithRepair(grant: Grant): Promise<Result<Measure[]>> {
    const first = await ask(grant.accessToken);
    if (first.ok || first.refusal.code !== 'access-token-refused') return first;
    const repaired = await grants.refresh(grant.id);
    return repaired.state === 'usable' && repaired.grant.accessToken !== grant.accessToken
      ? ask(repaired.grant.accessToken)
      : first;
  }

  return {
    async read(id) {
      const fresh = await grants.fresh(id);
      if (fresh.state !== 'usable') return unusable(fresh);
      const { grant } = fresh;
      if (!grant.scope.includes(SCOPE))
        return { ok: false, grant, code: 'scope-missing', retryAfterSeconds: null };

      const answer = await share(id, () => askWithRepair(grant));
      const after = await grants.fresh(id); // the call may have repaired the grant, or found that it is over
      if (after.state !== 'usable') return unusable(after);
      if (answer.ok) return { ok: true, grant: after.grant, measures: answer.value };
      const { code, waitSeconds } = answer.refusal;
      return { ok: false, grant: after.grant, code, retryAfterSeconds: waitSeconds };
    },
  };
}

function unusable(fresh: Exclude<Fresh, { state: 'usable' }>): Reading {
  switch (fresh.state) {
    case 'gone':
      return { ok: false, grant: null, code: 'not-connected', retryAfterSeconds: null };
    case 'needs-reconnect':
      return {
        ok: false,
        grant: fresh.grant,
        code: fresh.grant.ended?.code ?? 'refresh-token-refused',
        retryAfterSeconds: null,
      };
    case 'unavailable':
      return { ok: false, grant: fresh.grant, code: fresh.code, retryAfterSeconds: fresh.retryAfterSeconds };
  }
}
