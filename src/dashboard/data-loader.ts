import type { Grant } from '../store/grant.ts';
import type { Grants, Unusable } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import type { ActivityDay, Device, Measure, Night } from '../withings/data.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { AnswerCache, Outcome } from './answer-cache.ts';

/** What each service brings. */
export interface Data {
  measures: Measure;
  activity: ActivityDay;
  nights: Night;
  devices: Device;
}

export type Everything = { [Name in keyof Data]: Outcome<Data[Name]> };

/** A person's data, read through whatever access token is live. */
export interface DataLoader {
  read<Name extends keyof Data>(grantId: string, name: Name, days: number): Promise<Outcome<Data[Name]>>;
  /** All of them at once. What is not there in time is left out with a word; the rest is not held up. */
  readAll(grantId: string, days: number): Promise<{ grant: Grant | null; data: Everything }>;
}

interface Source<T> {
  scope: string;
  /** The days asked for make another question of it; false: it is the same whatever they are. */
  ranged: boolean;
  ask: (withings: Withings, accessToken: string, now: number, days: number) => Promise<Result<T[]>>;
}

const DAY = 86_400_000;
/** How long a page waits for its panels. */
const PATIENCE_MS = 3000;

/** Moments to the second, so that two processes seldom ask the same. */
const SOURCES: { [Name in keyof Data]: Source<Data[Name]> } = {
  measures: {
    scope: 'user.metrics',
    ranged: true,
    ask: (withings, token, now, days) => {
      const until = now + DAY; // for scales whose clocks are ahead
      const types = [...MEASTYPES.keys()];
      return withings.measures(token, types, new Date(now - days * DAY), new Date(until));
    },
  },
  activity: {
    scope: 'user.activity',
    ranged: true,
    ask: (withings, token, now, days) => withings.activity(token, new Date(now - days * DAY)),
  },
  nights: {
    scope: 'user.activity',
    ranged: true,
    ask: (withings, token, now, days) => withings.nights(token, new Date(now - days * DAY)),
  },
  devices: { scope: 'user.info', ranged: false, ask: (withings, token) => withings.devices(token) },
};

export interface DataLoaderParts {
  grants: Grants;
  withings: Withings;
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  /** When Withings last told of news: an answer from before is not shared with who asks after. */
  newsAt: (grantId: string) => Promise<number>;
  shared: AnswerCache;
}

export function createDataLoader({
  grants,
  withings,
  now,
  sleep,
  newsAt,
  shared,
}: DataLoaderParts): DataLoader {
  async function read<Name extends keyof Data>(
    id: string,
    name: Name,
    days: number,
  ): Promise<Outcome<Data[Name]>> {
    const fresh = await grants.fresh(id);
    if (fresh.state !== 'usable') return inTheWay(fresh);
    const { scope, ranged, ask }: Source<Data[Name]> = SOURCES[name];
    if (!fresh.grant.scope.includes(scope)) return refused('scope-missing');
    const call = (accessToken: string) => ask(withings, accessToken, now(), days);
    const question = `${id} ${name} ${ranged ? days : ''}`;
    return shared.ask(question, ranged ? await newsAt(id) : 0, async () => {
      const used = await grants.use(id, call);
      if (used.state !== 'answered') return { outcome: inTheWay(used), isWorth: false };
      const { answer } = used;
      const outcome: Outcome<Data[Name]> = answer.ok
        ? { ok: true, value: answer.value }
        : refused(answer.refusal.code, answer.refusal.retryAfterSeconds);
      return { outcome, isWorth: true }; // only what Withings said is worth sharing
    });
  }

  return {
    read,
    async readAll(id, days) {
      const late = sleep(PATIENCE_MS).then(() => refused('withings-timeout'));
      const inTime = <Name extends keyof Data>(name: Name): Promise<Outcome<Data[Name]>> =>
        Promise.race([read(id, name, days), late]);
      const [measures, activity, nights, devices] = await Promise.all([
        inTime('measures'),
        inTime('activity'),
        inTime('nights'),
        inTime('devices'),
      ]);
      return { grant: await grants.read(id), data: { measures, activity, nights, devices } };
    },
  };
}

function refused(code: string, retryAfterSeconds: number | null = null) {
  return { ok: false, code, retryAfterSeconds } as const;
}

function inTheWay(unusable: Unusable) {
  if (unusable.state === 'gone') return refused('not-connected');
  return refused(unusable.code, unusable.state === 'unavailable' ? unusable.retryAfterSeconds : null);
}
