import type { Store } from '../store/store.ts';
import type { Grants } from './grants.ts';

export interface SweeperParts {
  store: Pick<Store, 'claimDueGrants' | 'removeExpired'>;
  grants: Pick<Grants, 'attend'>;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  sweepSeconds: number;
  onError: (error: unknown) => void;
}

export interface Sweeper {
  /** Sweeps now and then every `sweepSeconds`, one sweep at a time. */
  start(): void;
  /** Resolves when the sweep under way has come to a halt. */
  stop(): Promise<void>;
  sweep(): Promise<void>;
}

const GRANTS_A_SWEEP = 20;
/** At most three calls a grant: 90 of the 120 a minute that Withings allows an application. */
const PACE_MS = 2000;
/** So few rows at a time that the event loop is held for a few milliseconds at most. */
const ROWS_A_STEP = 20;

/** Finishes open refreshes without a visitor, and clears away what has expired. */
export function createSweeper({ store, grants, now, sleep, sweepSeconds, onError }: SweeperParts): Sweeper {
  let stopping = false;
  /** Grants that cannot even be opened must not stand in the way of the others. */
  const setAside = new Set<string>();
  let sweeping: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function sweep(): Promise<void> {
    const open = await store.claimDueGrants(now(), GRANTS_A_SWEEP + setAside.size);
    const due = open.filter((id) => !setAside.has(id)).slice(0, GRANTS_A_SWEEP);
    for (const [turn, id] of due.entries()) {
      if (stopping) return;
      if (turn > 0) await sleep(PACE_MS);
      await grants.attend(id).catch((error) => {
        onError(error);
        setAside.add(id);
      });
    }
    if (due.length < GRANTS_A_SWEEP) setAside.clear(); // nobody else waits: they get another chance
    while (!stopping && (await store.removeExpired(now(), ROWS_A_STEP))) await sleep(1); // others first
  }

  function run(): void {
    sweeping = sweep()
      .catch(onError)
      .then(() => {
        if (!stopping) timer = setTimeout(run, sweepSeconds * 1000).unref();
      });
  }

  return {
    start: run,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await sweeping;
    },
    sweep,
  };
}
