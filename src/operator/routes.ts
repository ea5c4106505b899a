import { type Request, Router } from 'express';
import { z } from 'zod';
import { totalsWords } from '../operations/totals.ts';
import { CONNECTION_STATES } from '../store/connections.ts';
import type { Store } from '../store/store.ts';
import { requireKey } from '../web/key.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { type Row, rowOf } from './rows.ts';

export interface OperatorParts {
  store: Pick<Store, 'countConnections' | 'listConnections' | 'readCalls'>;
  /** Milliseconds since 1970. */
  now: () => number;
  refreshMarginSeconds: number;
  callsPerMinute: number;
}

const REQUESTS_A_MINUTE = 60;
const ROWS_A_PAGE = 50;

/** All connections, for who runs this installation and has its key. */
export function operatorRoutes(key: string, parts: OperatorParts): Router {
  const router = Router();
  router.use('/operator', requireKey(key, REQUESTS_A_MINUTE, 'Basic'), noStore);
  router.get('/operator', async (req, res) => {
    const page = await pageOf(parts, req);
    if (req.accepts(['html', 'json']) === 'json') res.json({ ...page, filters: undefined });
    else res.render('operator', { page: { ...page, rows: page.connections.map(cellsOf) } });
  });
  router.all('/operator', onlyMethods('GET, HEAD'));
  return router;
}

const asked = z.object({
  state: z.enum(CONNECTION_STATES).nullable().catch(null),
  after: z
    .string()
    .regex(/^[\w:-]{1,64}$/)
    .nullable()
    .catch(null),
});

async function pageOf({ store, now, refreshMarginSeconds, callsPerMinute }: OperatorParts, req: Request) {
  const { state, after } = asked.parse(req.query);
  const at = now();
  const totals = { ...(await store.countConnections()), calls: await store.readCalls() };
  const listed = await store.listConnections(state, after, at, ROWS_A_PAGE + 1); // one more: is there another page?
  const shown = listed.slice(0, ROWS_A_PAGE);
  const last = listed.length > ROWS_A_PAGE ? (shown.at(-1)?.id ?? null) : null;
  const all = totals.states.reduce((sum, each) => sum + each.all, 0);
  return {
    at: new Date(at).toISOString(),
    totals,
    words: totalsWords(totals, callsPerMinute, at),
    filters: [{ state: null, all }, ...totals.states].map((each) => ({
      href: addressOf(each.state, null),
      label: `${each.state ?? 'all'} (${each.all.toLocaleString('en')})`,
      isCurrent: each.state === state,
    })),
    connections: shown.map((each) => rowOf(each, refreshMarginSeconds, at)),
    first: after === null ? null : addressOf(state, null),
    next: last && addressOf(state, last),
  };
}

function addressOf(state: string | null, after: string | null): string {
  const query = new URLSearchParams({ ...(state && { state }), ...(after && { after }) }).toString();
  return query === '' ? '/operator' : `/operator?${query}`;
}

/** As the table has it; minutes are enough, in UTC. */
function cellsOf({ connection, cloud, state, demo, since, lastRefresh, nextDue, isOpen, owners }: Row) {
  const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? '–';
  return [
    connection,
    cloud,
    demo ? `${state} (demo)` : state,
    minute(since),
    lastRefresh ? `${minute(lastRefresh.at)} ${lastRefresh.outcome}` : '–',
    isOpen ? `${minute(nextDue)}, open` : minute(nextDue),
    owners === '' ? '–' : owners,
  ];
}
