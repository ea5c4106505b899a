import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** A Withings that costs nothing: it agrees at once and has a month of weights for everybody. */
export async function startWithings() {
  const calls = { token: 0, data: 0 };
  let people = 0;
  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://here');
    if (url.pathname === '/oauth2_user/authorize2') {
      people += 1;
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({
        code: `code-${people}`,
        state: url.searchParams.get('state') ?? '',
      }).toString();
      res.writeHead(302, { Location: back.href }).end();
      return;
    }
    const sent = new URLSearchParams(await text(req));
    calls[url.pathname === '/v2/oauth2' ? 'token' : 'data'] += 1;
    res
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ status: 0, body: answer(url.pathname, sent) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, calls, close: () => server.closeAllConnections() };
}

let minted = 0;

/** @param {string} path @param {URLSearchParams} sent */
function answer(path, sent) {
  switch (path) {
    case '/v2/oauth2': {
      const person = sent.get('code')?.slice(5) ?? sent.get('refresh_token')?.slice(0, 8);
      minted += 1;
      const token = `${String(Number(person)).padStart(8, '0')}${minted.toString(16).padStart(32, '0')}`;
      return {
        userid: Number(person) + 1000,
        access_token: token,
        refresh_token: token,
        scope: 'user.info,user.metrics,user.activity',
        expires_in: 10_800,
        token_type: 'Bearer',
      };
    }
    case '/measure':
      return { updatetime: 1, timezone: 'Europe/Paris', measuregrps: MONTH };
    case '/v2/user':
      return { devices: [] };
    default:
      return { activities: [], series: [], more: false, offset: 0 };
  }
}

const MONTH = Array.from({ length: 30 }, (_, day) => ({
  grpid: day + 1,
  attrib: 0,
  date: Math.floor(Date.now() / 1000) - day * 86_400,
  category: 1,
  measures: [{ value: 70_000 + day, type: 1, unit: -3 }],
}));
