import { type Request, type Response, Router } from 'express';
import type { Grants } from '../tokens/grants.ts';
import { Problem, problemOf } from '../web/problems.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import { connectionOf } from './connection.ts';
import type { Measures } from './measures.ts';
import { dashboardPage } from './page.ts';

export interface DashboardParts {
  grants: Grants;
  measures: Measures;
  now: () => number;
  refreshMarginSeconds: number;
}

/** A person's connection and data, as a page and as JSON. */
export function dashboardRoutes(parts: DashboardParts): Router {
  const router = Router();
  router.get('/dashboard', noStore, (req, res) => dashboard(parts, req, res));
  router.post('/refresh', noStore, (req, res) => refresh(parts, req, res));
  router.get('/api/connection', noStore, (req, res) => void res.json(connectionOf(req.session.withings)));
  router.get('/api/measures', noStore, (req, res) => measuresJson(parts, req, res));
  router.all('/refresh', onlyMethods('POST'));
  router.all(['/dashboard', '/api/connection', '/api/measures'], onlyMethods('GET, HEAD'));
  return router;
}

async function dashboard(
  { measures, now, refreshMarginSeconds }: DashboardParts,
  req: Request,
  res: Response,
) {
  const owned = req.session.withings;
  if (!owned) return res.redirect(303, '/');
  const reading = await measures.read(owned.id);
  if (!reading.grant) return res.redirect(303, '/');
  return res.render('dashboard', {
    page: dashboardPage(reading.grant, reading, now(), refreshMarginSeconds),
  });
}

async function refresh({ grants }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  await grants.refresh(owned.id);
  res.redirect(303, '/dashboard');
}

async function measuresJson({ measures }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const reading = await measures.read(owned.id);
  if (!reading.ok) throw new Problem(problemOf(reading.code).code, reading.retryAfterSeconds ?? undefined);
  res.json({
    measures: reading.measures.flatMap(({ type, value, at }) => {
      const known = MEASTYPES.get(type);
      return known ? [{ type, label: known.label, value, unit: known.unit, at: at.toISOString() }] : [];
    }),
  });
}
