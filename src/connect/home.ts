import { type Request, Router } from 'express';
import { connectionOf, STATE_WORDS } from '../problems/connection.ts';
import type { Sessions } from '../session/session.ts';
import type { Grant } from '../store/grant.ts';
import { formatDate, timesWords } from '../time/formats.ts';
import { localeOf } from '../web/locale.ts';
import type { Notices } from '../web/notice.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Withings } from '../withings/client.ts';
import type { Receipt, Receipts } from './disconnect.ts';
import { DAYS_BY_UTC, greetingOf } from './greeting.ts';

export interface HomeParts {
  receipts: Receipts;
  notices: Notices;
  sessions: Pick<Sessions, 'lastEnding' | 'dismissEnding'>;
  withings: Pick<Withings, 'removalPage'>;
  /** A dashboard of nobody, for the views to draw. */
  example: () => object;
  now: () => number;
}

/**
 * The first page: what this is, the button, the demo link; for someone who just left, a receipt; for a browser whose
 * session has ended without its doing, how that came.
 */
export function homeRoutes({ receipts, notices, sessions, withings, example, now }: HomeParts): Router {
  const router = Router();
  router.get('/', noStore, async (req, res) => {
    const grant = req.session.withings;
    const ending = grant ? null : await sessions.lastEnding(req);
    // Who leaves loses the cookie of that session: what has ended by itself began after the receipt.
    const receipt = grant || ending ? null : receipts.read(req);
    res.render('home', {
      connected: grant ? stateWords(grant, now()) : null,
      greeting: ending && greetingOf(ending, localeOf(req).tag, withings.removalPage(null)),
      example: grant || ending ? null : example(),
      notice: notices.take(req, res),
      receipt: receipt && { ...receipt, time: timeWords(req, receipt) },
      foot: footOf(receipt, ending !== null),
    });
  });
  router.post('/dismiss', noStore, (req, res) => {
    if (!req.session.withingsId) sessions.dismissEnding(req, res);
    res.redirect(303, '/');
  });
  router.all('/', onlyMethods('GET, HEAD'));
  router.all('/dismiss', onlyMethods('POST'));
  return router;
}

/** By whose clock the page goes. */
function footOf(receipt: Receipt | null, isGreeted: boolean): { times: string } | null {
  if (receipt) return { times: timesWords(receipt.zone) };
  return isGreeted ? { times: DAYS_BY_UTC } : null;
}

/** The same as on the dashboard: a dead connection is not called connected here either, nor a demo whose day is over. */
function stateWords(grant: Grant, now: number) {
  const { state } = connectionOf(grant, null, now);
  return {
    userId: grant.userId,
    demo: grant.demo,
    words: STATE_WORDS[state],
    isOver: grant.ended !== null,
    isDemoOver: state === 'unlinked',
  };
}

function timeWords(req: Request, { at, zone }: Receipt): string {
  return formatDate(at, { locale: localeOf(req).tag, zone: zone ?? 'UTC', style: 'time' });
}
