import { grantId } from '../session/grant.ts';
import type { Store } from '../session/store.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import { ABOUT_THE_PERSON } from './categories.ts';
import type { Notification } from './notification.ts';

export interface InboxParts {
  store: Pick<Store, 'hearNews'>;
  grants: Pick<Grants, 'read' | 'use'>;
  withings: Pick<Withings, 'probe'>;
  cloud: 'eu' | 'us';
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  report: (error: unknown) => void;
  /** Told what came of each that was about somebody we know. */
  tell: (grantId: string, appli: number, outcome: string) => void;
}

/** Works through notifications after they have been answered. */
export interface Inbox {
  /** Returns at once. Notifications of one person and kind that pile up are worked on as one. */
  put(notification: Notification): void;
  /** Takes no more, and resolves when what was begun is done. What is left over is found by asking, later. */
  close(): Promise<void>;
}

/** Withings sends no more than it allows an application to fetch; beyond that it is a flood, and looking is enough. */
const MOST_WAITING = 5000;
/** One person's word is checked no more often than this. */
const CHECK_PAUSE_MS = 10_000;

export function createInbox(parts: InboxParts): Inbox {
  const { store, grants, withings, cloud, now, sleep, report, tell } = parts;
  const closing = new AbortController();
  const jobs = new Map<string, { again: boolean; done: Promise<void> }>();

  /** That somebody has left is believed when Withings itself refuses us; then the grant has ended by that. */
  async function verify(id: string): Promise<string> {
    const grant = await grants.read(id);
    if (!grant) return 'unknown';
    const used = await grants.use(id, (token) => withings.probe(token, grant.scope, new Date(now())));
    return used.state === 'answered' && used.answer.ok ? 'not so' : used.state;
  }

  async function work({ userId, appli, action }: Notification): Promise<void> {
    const id = grantId({ cloud, userId });
    if (!(await store.hearNews(id, now()))) return;
    const isFarewell = appli === ABOUT_THE_PERSON && (action === 'unlink' || action === 'delete');
    tell(id, appli, isFarewell ? await verify(id) : 'heard');
  }

  async function run(key: string, notification: Notification): Promise<void> {
    const job = jobs.get(key);
    do {
      if (job?.again && notification.appli === ABOUT_THE_PERSON) {
        await sleep(CHECK_PAUSE_MS, closing.signal).catch(() => {}); // closing ends it
      }
      if (job) job.again = false;
      await work(notification).catch(report);
    } while (job?.again && !closing.signal.aborted);
    jobs.delete(key);
  }

  return {
    put(notification) {
      if (closing.signal.aborted) return;
      const key = JSON.stringify(notification);
      const waiting = jobs.get(key);
      if (waiting) waiting.again = true;
      else if (jobs.size < MOST_WAITING) {
        const job = { again: false, done: Promise.resolve() };
        jobs.set(key, job);
        job.done = Promise.resolve().then(() => run(key, notification));
      }
    },
    async close() {
      closing.abort();
      await Promise.all([...jobs.values()].map(({ done }) => done));
    },
  };
}
