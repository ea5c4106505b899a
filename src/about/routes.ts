import { Router } from 'express';
import { PROBLEMS } from '../problems/catalogue.ts';
import { ENDINGS_KEPT_MS } from '../store/endings.ts';
import { DAY_MS } from '../time/clocks.ts';
import { GIVE_UP_MS } from '../tokens/outbox.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';

/** The settings that decide what is kept of a person. */
export interface Keeping {
  sessionIdleDays: number;
  sessionMaxDays: number;
  dataFreshSeconds: number;
  /** Null: one file on this machine. */
  sharedStore: string | null;
  webhooks: boolean;
  /** Null: no other program asks for tokens. */
  partnerApiKey: string | null;
}

/** What is true of this installation, whoever asks: what it keeps, and what can go wrong. */
export function aboutRoutes(keeping: Keeping): Router {
  const router = Router();
  const privacy = {
    idle:
      keeping.sessionIdleDays < keeping.sessionMaxDays ? lengthWords(keeping.sessionIdleDays * DAY_S) : null,
    max: lengthWords(keeping.sessionMaxDays * DAY_S),
    fresh: lengthWords(keeping.dataFreshSeconds),
    revokeDays: GIVE_UP_MS / DAY_MS,
    endingDays: ENDINGS_KEPT_MS / DAY_MS,
    store: keeping.sharedStore,
    webhooks: keeping.webhooks,
    partner: keeping.partnerApiKey !== null,
  };
  const errors = Object.entries(PROBLEMS).map(([code, { status, title, what, advice }]) => ({
    code,
    status,
    title,
    text: `${what} ${advice}`,
  }));
  router.get('/privacy', noStore, (_req, res) => res.render('privacy', privacy));
  router.get('/errors', noStore, (_req, res) => res.render('errors', { errors }));
  router.all(['/privacy', '/errors'], onlyMethods('GET, HEAD'));
  return router;
}

const DAY_S = DAY_MS / 1000;
const UNITS = [
  [DAY_S, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** Null: no time at all. */
function lengthWords(seconds: number): string | null {
  if (seconds === 0) return null;
  const [size, unit] = UNITS.find(([each]) => seconds % each === 0) ?? [1, 'second'];
  const count = seconds / size;
  return new Intl.NumberFormat('en-GB', { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}
