/**
 * A Withings that costs nothing: it agrees at once, and everybody has a weight, steps and a night for each day. A process
 * of its own, so that what it takes is not counted. It is asked for its calls, and told how long tokens live, by messages.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const DAY = 86_400;
/** A page of Withings' lists (seen). */
const PAGE = 300;

/** `slow`: what nobody waits for. */
const calls = { token: 0, data: 0, slow: 0 };
let people = 0;
let minted = 0;
let expiresIn = 10_800;

const server = createServer(async (req, res) => {
  const url = new URL(req.url ?? '/', 'http://here');
  if (url.pathname === '/oauth2_user/authorize2') {
    people += 1;
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    const state = url.searchParams.get('state') ?? '';
    back.search = new URLSearchParams({ code: `code-${people}`, state }).toString();
    res.writeHead(302, { Location: back.href }).end();
    return;
  }
  const sent = new URLSearchParams(await text(req));
  calls[kindOf(url.pathname, sent)] += 1;
  const body = answer(url.pathname, sent);
  res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status: 0, body }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

process.on('message', (/** @type {{ expiresIn?: number }} */ told) => {
  expiresIn = told.expiresIn ?? expiresIn;
  process.send?.({ ...calls });
});
process.send?.({ url: `http://127.0.0.1:${port}` });

/** @param {string} path @param {URLSearchParams} sent */
function kindOf(path, sent) {
  if (path === '/v2/oauth2') return 'token';
  const isSlow = isHeight(sent) || ['getgoals', 'list', 'getworkouts'].includes(sent.get('action') ?? '');
  return isSlow ? 'slow' : 'data';
}

/** @param {URLSearchParams} sent */
function isHeight(sent) {
  return sent.get('meastypes') === '4';
}

/** @param {string} path @param {URLSearchParams} sent */
function answer(path, sent) {
  switch (`${path} ${sent.get('action')}`) {
    case '/v2/oauth2 requesttoken':
      return pairFor(sent.get('code')?.slice(5) ?? sent.get('refresh_token')?.slice(0, 8));
    case '/measure getmeas':
      if (isHeight(sent)) return { measuregrps: [] };
      return { timezone: 'Europe/Paris', ...pageOf('measuregrps', sent, weight) };
    case '/v2/measure getactivity':
      return pageOf('activities', sent, steps);
    case '/v2/sleep getsummary':
      return pageOf('series', sent, night);
    case '/v2/user getdevice':
      return { devices: [{ deviceid: 'a', type: 'Scale', model: 'Body+', battery: 'high' }] };
    case '/v2/user getgoals':
      return { goals: { steps: 10_000 } };
    default:
      return { series: [], more: false, offset: 0 };
  }
}

/** @param {string | undefined} person */
function pairFor(person) {
  minted += 1;
  const token = `${String(Number(person)).padStart(8, '0')}${minted.toString(16).padStart(32, '0')}`;
  return {
    userid: Number(person) + 1000,
    access_token: token,
    refresh_token: token,
    scope: 'user.info,user.metrics,user.activity',
    expires_in: expiresIn,
    token_type: 'Bearer',
  };
}

/** @param {string} field @param {URLSearchParams} sent @param {(second: number) => object} rowOf */
function pageOf(field, sent, rowOf) {
  const today = Math.floor(Date.now() / 1000 / DAY);
  const dayIn = (/** @type {string} */ name) =>
    Math.ceil(Number(sent.get(name) ?? Date.parse(sent.get(`${name}ymd`) ?? '') / 1000) / DAY) || 0;
  const [first, last] = [Math.max(dayIn('startdate'), today - 400), Math.min(dayIn('enddate'), today - 1)];
  const offset = Number(sent.get('offset') ?? 0);
  const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, back) => last - back);
  const more = days.length > offset + PAGE;
  const rows = days.slice(offset, offset + PAGE).map((day) => rowOf(day * DAY));
  return { [field]: rows, more, offset: more ? offset + PAGE : 0 };
}

/** @param {number} at */
function weight(at) {
  const value = 70_000 + ((at / DAY) % 30) * 10;
  return { grpid: at, attrib: 0, date: at + 25_200, category: 1, measures: [{ value, type: 1, unit: -3 }] };
}

/** @param {number} at */
function steps(at) {
  return { date: ymd(at), steps: 6000 + ((at / DAY) % 7) * 500, distance: 4200.5, active: 2400 };
}

/** @param {number} at */
function night(at) {
  const data = {
    deepsleepduration: 5400,
    lightsleepduration: 14_400,
    remsleepduration: 5400,
    wakeupduration: 900,
    total_sleep_time: 25_200,
    sleep_score: 80,
  };
  return { date: ymd(at), startdate: at - 3600, enddate: at + 22_500, timezone: 'Europe/Paris', data };
}

/** @param {number} at */
function ymd(at) {
  return new Date(at * 1000).toISOString().slice(0, 10);
}
