import { setMaxListeners } from 'node:events';
import { oneAtATime } from '../scheduling/one-at-a-time.ts';
import { type Pause, pause } from '../scheduling/schedule.ts';
import type { Store } from '../store/store.ts';
import type { Verdict } from '../tokens/unlinked.ts';
import type { Withings } from '../withings/client.ts';
import { ABOUT_THE_PERSON, servicesOf } from './categories.ts';
import type { Notification } from './notification.ts';

export interface InboxParts {
  store: Pick<Store, 'grantIdOf' | 'recordNews'>;
  /** Whether somebody has removed us, by Withings' own word. `closing`: nobody waits for it any more. */
  checkUnlinked: (grantId: string, closing: AbortSignal) => Promise<Verdict>;
  withings: Pick<Withings, 'issuer'>;
  now: () => number;
  onError: (error: unknown) => void;
  /** Told what came of each that was about somebody we know. */
  onHandled: (grantId: string, appli: number | null, outcome: string) => void;
  sleep?: Pause;
}

/** Works through notifications after they have been answered. */
export interface Inbox {
  /** Returns at once. Notifications of one person and kind that pile up are worked on as one. */
  put(notification: Notification): void;
  /** Takes no more, and resolves when what was begun is done. What is left over is found by asking, later. */
  close(): Promise<void>;
}

/** Withings sends no more than it allows an application to fetch; beyond that it is a flood, and looking is enough. */
const MAX_JOBS = 5000;
/** One person's word is checked no more often than this. */
const CHECK_PAUSE_MS = 10_000;
/** A check that Withings could not answer is made once more. */
const CHECKS = 2;

export function createInbox(parts: InboxParts): Inbox {
  const { store, checkUnlinked, withings, now, onError, onHandled, sleep = pause } = parts;
  const closing = new AbortController();
  const { signal } = closing;
  setMaxListeners(MAX_JOBS, signal); // each may be waiting
  const jobs = new Map<string, { run: () => void; done: Promise<unknown> }>();

  /** Ends only when the next check may be made: until then whatever comes waits behind this one. */
  async function check(id: string): Promise<void> {
    for (let checks = 0; checks < CHECKS && !signal.aborted; checks += 1) {
      const verdict = await checkUnlinked(id, signal);
      onHandled(id, ABOUT_THE_PERSON, verdict);
      await sleep(CHECK_PAUSE_MS, signal);
      if (verdict !== 'undecided') return;
    }
  }

  async function work(notification: Notification): Promise<void> {
    if (signal.aborted) return;
    const id = store.grantIdOf({ issuer: withings.issuer, userId: notification.userId });
    if (!(await store.recordNews(id, servicesOf(notification.appli), now()))) return;
    if (isUnlink(notification)) await check(id);
    else onHandled(id, notification.appli, 'recorded');
  }

  return {
    put(notification) {
      const { userId, appli } = notification;
      const key = `${isUnlink(notification) ? 'unlink' : appli} ${userId}`;
      const job = jobs.get(key);
      if (job) return job.run();
      if (jobs.size >= MAX_JOBS) return;
      const run = oneAtATime(() => work(notification), onError);
      jobs.set(key, { run, done: run().then(() => jobs.delete(key)) });
    },
    async close() {
      closing.abort();
      await Promise.all([...jobs.values()].map(({ done }) => done));
    },
  };
}

function isUnlink({ appli, action }: Notification): boolean {
  return appli === ABOUT_THE_PERSON && (action === 'unlink' || action === 'delete');
}
