import { type Request, type Response, Router } from 'express';
import { PROBLEMS } from '../problems/catalogue.ts';
import type { Grant } from '../store/grant.ts';
import type { RateLimitStore } from '../store/rate-limit.ts';
import { ymdAt } from '../time/days.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { curlOf } from '../withings/curl.ts';
import { partsOf } from '../withings/exchange.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import { type Asked, type AskingParts, createAsking } from './asking.ts';
import { CALLS } from './calls.ts';
import { type Form, fieldsOf, MAX_DAYS, readForm } from './form.ts';

export interface ExploreParts extends AskingParts {
  store: Pick<RateLimitStore, 'readCalls'>;
  timezones: { of(grantId: string): Promise<string | null> };
  config: { callsPerMinute: number; withings: { apiUrl: string } };
}

/** Withings, asked by hand: the read calls that this program makes, about one's own connection and in line with everybody. */
export function exploreRoutes(parts: ExploreParts): Router {
  const router = Router();
  const { config, now } = parts;
  const ask = createAsking(parts);

  async function show(req: Request, res: Response, input: Record<string, unknown>, asking: boolean) {
    const { withings: grant } = req.session;
    if (!grant) return res.redirect(303, '/');
    const zone = (await parts.timezones.of(grant.id)) ?? 'UTC';
    const { form, fault } = readForm(input, ymdAt(now(), zone));
    const asked = asking && fault === null ? await ask(grant, form.call, fieldsOf(form, zone)) : null;
    const answer = asked && answerWords(asked, now(), config.withings.apiUrl);
    const left = Math.max(0, config.callsPerMinute - (await parts.store.readCalls()));
    return res.status(asking && fault !== null ? 400 : 200).render('explore', {
      choices: Object.entries(CALLS).map(([name, { label }]) => ({
        name,
        label,
        isCurrent: name === form.name,
      })),
      form: formWords(form, grant, zone),
      fault: asking ? fault : null,
      answer,
      quota: `${left} of ${config.callsPerMinute} calls a minute are left, for everybody together.`,
    });
  }

  router.get('/explore', noStore, (req, res) => show(req, res, req.query, false));
  router.post('/explore', noStore, (req, res) => show(req, res, req.body ?? {}, true));
  router.all('/explore', onlyMethods('GET, HEAD, POST'));
  return router;
}

function formWords({ name, call, from, to, type }: Form, { scope }: Grant, zone: string) {
  const { label, action, hasDays = false, hasTypes = false } = call;
  const types = [...MEASTYPES].map(([id, { label: words }]) => ({ id, words, isCurrent: id === type }));
  const isShared = scope.includes(call.scope);
  return {
    name,
    label,
    action,
    from,
    to,
    zone,
    hasDays,
    types: hasTypes ? types : null,
    isShared,
    maxDays: MAX_DAYS,
  };
}

/** Side by side: what came, and what we make of it. */
function answerWords({ at, milliseconds, last, refusal, ...asked }: Asked, now: number, apiUrl: string) {
  return {
    ...asked,
    milliseconds: Math.round(milliseconds),
    secondsAgo: Math.round((now - at) / 1000),
    httpStatus: last?.httpStatus ?? null,
    theirs: last?.theirs ?? null,
    problem: refusal && { code: refusal.code, ...PROBLEMS[refusal.code] },
    curl:
      last &&
      curlOf({ method: 'POST', url: apiUrl + last.path, parts: partsOf(last.fields), hasBearer: true }),
  };
}
