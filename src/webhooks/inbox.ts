import { grantId } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Verdict } from '../tokens/unlinked.ts';
import type { Withings } from '../withings/client.ts';
import { ABOUT_THE_PERSON } from './categories.ts';
import type { Notification } from './notification.ts';

export interface InboxParts {
  store: Pick<Store, 'recordNews'>;
  /** Whether somebody has left, by Withings' own word. */
  checkUnlinked: (grantId: string) => Promise<Verdict>;
  withings: Pick<Withings, 'cloud'>;
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  onError: (error: unknown) => void;
  /** Told what came of each that was about somebody we know. */
  onHandled: (grantId: string, appli: number, outcome: string) => void;
}

/** Works through notifications after they have been answered. */
export interface Inbox {
  /** Returns at once. Notifications of one person and kind that pile up are worked on as one. */
  put(notification: Notification): void;
  /** Takes no more, and resolves when what was begun is done. What is left over is found by asking, later. */
  close(): Promise<void>;
}

interface Job {
  /** The same came once more meanwhile. */
  again: boolean;
  done: Promise<void>;
}

/** Withings sends no more than it allows an application to fetch; beyond that it is a flood, and looking is enough. */
const MAX_JOBS = 5000;
/** One person's word is checked no more often than this. */
const CHECK_PAUSE_MS = 10_000;
/** A check that Withings could not answer is made once more. */
const CHECKS = 2;

export function createInbox(parts: InboxParts): Inbox {
  const { store, checkUnlinked, withings, now, sleep, onError, onHandled } = parts;
  const closing = new AbortController();
  const jobs = new Map<string, Job>();

  /** Ends only when the next check may be made: until then whatever comes waits behind this job. */
  async function check(id: string): Promise<void> {
    for (let checks = 0; checks < CHECKS && !closing.signal.aborted; checks += 1) {
      const verdict = await checkUnlinked(id);
      onHandled(id, ABOUT_THE_PERSON, verdict);
      await sleep(CHECK_PAUSE_MS, closing.signal).catch(() => {}); // closing ends it
      if (verdict !== 'undecided') return;
    }
  }

  async function work(notification: Notification): Promise<void> {
    const id = grantId({ cloud: withings.cloud, userId: notification.userId });
    if (!(await store.recordNews(id, now()))) return;
    if (isUnlink(notification)) await check(id);
    else onHandled(id, notification.appli, 'heard');
  }

  async function run(key: string, job: Job, notification: Notification): Promise<void> {
    do {
      job.again = false;
      await work(notification).catch(onError);
    } while (job.again && !closing.signal.aborted);
    jobs.delete(key);
  }

  return {
    put(notification) {
      if (closing.signal.aborted) return;
      const { userId, appli } = notification;
      const key = isUnlink(notification) ? `farewell ${userId}` : `${appli} ${userId}`;
      const waiting = jobs.get(key);
      if (waiting) waiting.again = true;
      else if (jobs.size < MAX_JOBS) {
        const job = { again: false, done: Promise.resolve() };
        jobs.set(key, job);
        job.done = Promise.resolve().then(() => run(key, job, notification));
      }
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
