import { type Request, Router } from 'express';
import { formatDate } from '../time/formats.ts';
import { localeOf } from '../web/locale.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { attemptSteps } from './flow.ts';
import type { Browsers } from './follow.ts';
import type { Attempt, Recorder } from './recorder.ts';
import { refreshStep } from './refreshes.ts';
import { type Step, wayWords } from './step.ts';

export interface InspectParts {
  recorder: Recorder;
  browsers: Browsers;
  config: {
    publicUrl: string;
    withings: { apiUrl: string };
    /** Null: this process is the only one. */
    sharedStore: string | null;
  };
}

/** What was said on the way to one's own connection, and since, to whoever went it. */
export function inspectRoutes({ recorder, browsers, config }: InspectParts): Router {
  const router = Router();
  const { publicUrl, sharedStore } = config;
  const { apiUrl } = config.withings;

  /** Somebody else's is nobody's business, though it was the same browser. What has failed is the browser's own. */
  function ownAttempt(req: Request): Attempt | null {
    const browser = browsers.of(req);
    const attempt = browser === null ? null : recorder.attemptOf(browser);
    if (!attempt) return null;
    const { grantId, outcome } = attempt;
    const isOwn = grantId === null ? outcome !== 'connected' : grantId === req.session.withingsId;
    return isOwn ? attempt : null;
  }

  router.get('/inspect', noStore, (req, res) => {
    const locale = localeOf(req).tag;
    const clock = (at: number) => formatDate(at, { locale, zone: 'UTC', style: 'clock' });
    const attempt = ownAttempt(req);
    const { withingsId } = req.session;
    const refreshes = withingsId ? recorder.refreshesOf(withingsId) : [];
    const began = attempt?.begun?.at ?? attempt?.callback?.at;
    res.render('inspect', {
      began: began === undefined ? null : clock(began),
      isHalf: attempt !== null && attempt.begun === null,
      steps: attempt ? attemptSteps(attempt, { publicUrl, apiUrl }).map(drawn) : [],
      refreshes: refreshes.map((refresh) => drawn(refreshStep(refresh, apiUrl, clock))),
      isConnected: Boolean(withingsId),
      hasOthers: sharedStore !== null,
    });
  });
  router.all('/inspect', onlyMethods('GET, HEAD'));
  return router;
}

const LANE = 64;
const HOP = 24;

/** A step with its arrows, on three lines of life. */
function drawn(step: Step) {
  const arrows = step.hops.map(([from, to], index) => {
    const [x1, x2] = [LANE * (from + 0.5), LANE * (to + 0.5)];
    const way = Math.sign(x2 - x1);
    const y = HOP * (index + 0.5);
    return {
      x1,
      x2: x2 - 2 * way,
      y,
      head: `${x2 - 7 * way},${y - 4} ${x2},${y} ${x2 - 7 * way},${y + 4}`,
      isLoop: way === 0,
    };
  });
  return { ...step, way: wayWords(step.hops), arrows, width: 3 * LANE, height: HOP * arrows.length };
}
