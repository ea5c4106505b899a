import { stringify } from 'csv-stringify/sync';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { Problem } from '../problems/catalogue.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, midnight, ymdAt } from '../time/days.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Attribution, List, Measure } from '../withings/data/records.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { DataLoader } from './data-loader.ts';
import type { News } from './news.ts';
import type { Timezones } from './preferences/timezones.ts';

export interface ExportParts {
  dataLoader: Pick<DataLoader, 'measures'>;
  timezones: Pick<Timezones, 'follow'>;
  newsOf: (grantId: string) => Promise<News | null>;
  now: () => number;
}

/** A measure for other programs: in SI units, at an instant of ISO 8601. */
interface ExportedMeasure {
  type: number;
  label: string;
  value: number;
  unit: string;
  at: string;
  attribution: Attribution;
  position: number | null;
}

interface Export {
  measures: ExportedMeasure[];
  /** Calendar days where the person lives, both included. */
  from: string;
  to: string;
  timezone: string | null;
  /** Withings has more of these days than could be fetched. */
  isCut: boolean;
}

/** Body measures of `?from=` to `?to=`, by default of the last year, as JSON and as a table. */
export function exportRoutes(parts: ExportParts): Router {
  const router = Router();
  router.get('/api/measures', noStore, async (req, res) => void res.json(await exported(parts, req)));
  router.get('/api/measures.csv', noStore, async (req, res) => sendCsv(res, await exported(parts, req)));
  router.all(['/api/measures', '/api/measures.csv'], onlyMethods('GET, HEAD'));
  return router;
}

function sendCsv(res: Response, { measures, from, to, isCut }: Export): void {
  const name = `withings-measures-${from}-to-${to}${isCut ? '-incomplete' : ''}.csv`;
  res.type('text/csv').attachment(name).send(measuresCsv(measures));
}

/** A table for spreadsheets. Cells that they would take for a formula are defused. */
export function measuresCsv(measures: ExportedMeasure[]): string {
  return stringify(measures, {
    header: true,
    columns: ['at', 'type', 'label', 'value', 'unit', 'attribution', 'position'],
    escape_formulas: true,
    record_delimiter: 'windows',
    bom: true,
  });
}

/** A year, where nothing else is asked for. */
const DAYS = 365;

async function exported({ dataLoader, timezones, newsOf, now }: ExportParts, req: Request): Promise<Export> {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const asked = readAsked(req.query, now());
  const answer = await dataLoader.measures(owned, around(asked, now()), await newsOf(owned.id));
  if (!answer.ok) throw new Problem(answer.refusal.code, answer.refusal.retryAfterSeconds);
  const timezone = await timezones.follow(owned.id, [answer]);
  const zone = timezone ?? 'UTC';
  const to = asked.to ?? ymdAt(now(), zone);
  const from = asked.from ?? addDays(to, 1 - DAYS);
  if (from > to) throw new Problem('days-unreadable');
  const isOver = asked.to !== null && asked.to < ymdAt(now(), zone);
  const until = isOver ? midnight(addDays(to, 1), zone) : Number.POSITIVE_INFINITY; // a scale may be ahead
  return {
    measures: within(answer.value, midnight(from, zone), until),
    from,
    to,
    timezone,
    isCut: answer.value.isCut,
  };
}

interface Asked {
  from: string | null;
  to: string | null;
}

/** An empty field of a form is none. */
const day = z
  .literal('')
  .transform(() => null)
  .or(z.iso.date().refine((ymd) => ymd >= '0001')) // there was no year 0
  .default(null);

const query = z.object({ from: day, to: day });

/** @throws Problem for what is no day, and where the first comes after the last */
function readAsked(asked: unknown, now: number): Asked {
  const read = query.safeParse(asked);
  if (!read.success) throw new Problem('days-unreadable');
  const { from, to } = read.data;
  const last = to ?? addDays(ymdAt(now, 'UTC'), 1); // where today is the furthest on
  if (from !== null && from > last) throw new Problem('days-unreadable');
  return { from, to };
}

/** A day more at both ends: where the person lives is known with the answer. */
function around({ from, to }: Asked, now: number): { from: number; until: number } {
  const last = to ?? ymdAt(now, 'UTC');
  const first = from ?? addDays(last, 1 - DAYS);
  return { from: Date.parse(first) - DAY_MS, until: Date.parse(last) + 2 * DAY_MS };
}

function within({ rows }: List<Measure>, from: number, until: number): ExportedMeasure[] {
  return rows.flatMap(({ at, type, ...rest }) => {
    const known = MEASTYPES.get(type);
    if (!known || at.getTime() < from || at.getTime() >= until) return [];
    return [{ ...rest, type, label: known.label, unit: known.unit, at: at.toISOString() }];
  });
}
