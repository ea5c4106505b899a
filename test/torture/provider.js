import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createFaults, send } from './faults.js';

/** @typedef {import('./ledger.js').Pair} Pair */
/** @typedef {'refresh arrived' | 'minted' | 'refresh answered' | 'first use' | 'used'} Moment */

const REFUSED = { status: 503, body: {}, error: 'Invalid Params: invalid refresh_token' };
const TURNED_DOWN = {
  status: 401,
  body: {},
  error: 'XRequestID: Not provided invalid_token: The access token provided is invalid',
};

/**
 * Withings, as far as the app needs it, in memory. Everybody who comes is a new person and consents at once. Each
 * app process has an address of its own (`/a/`, `/b/`), so that what it does can be told apart.
 *
 * @param {object} parts
 * @param {import('./ledger.js').Ledger} parts.ledger
 * @param {import('./chance.js').Chance} parts.chance
 * @param {number} parts.port
 * @param {number} parts.timeoutMs the app's patience with one call
 * @param {number} parts.lifeSeconds of an access token
 * @param {(moment: Moment, process: string) => void} parts.onMoment
 * @param {(pair: Pair) => Promise<void>} parts.onFirstUse the answer waits for it
 */
export async function startProvider({ ledger, chance, port, timeoutMs, lifeSeconds, onMoment, onFirstUse }) {
  const faults = createFaults(chance);
  /** @type {Map<string, string>} */
  const codes = new Map();
  /** @type {{ gapMs: number, asker: string, before: string, userId: string }[]} */
  const duplicates = [];
  const counts = { repliesLost: 0, late: 0, errors: 0, dataCalls: 0, refused: 0, inventedCodes: 0 };
  let life = lifeSeconds;
  let people = 0;

  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    receive(req).then(
      (form) => answer(req, res, form),
      () => res.destroy(),
    );
  });

  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res @param {URLSearchParams} form */
  async function answer(req, res, form) {
    const { pathname, searchParams } = new URL(String(req.url), 'http://model');
    const [, asker = '', ...rest] = pathname.split('/');
    switch (rest.join('/') || asker) {
      case 'authorize2':
        return consent(res, searchParams);
      case 'v2/oauth2':
        return token(res, form, asker);
      case 'v2/signature':
        return send(res, null, ok({ nonce: randomBytes(16).toString('hex') }), 0);
      case 'measure':
        return measure(req, res, asker);
      default:
        return send(res, null, { status: 2554, body: {}, error: 'Not implemented' }, 0);
    }
  }

  /** @param {import('node:http').ServerResponse} res @param {URLSearchParams} query */
  function consent(res, query) {
    people += 1;
    const code = randomBytes(20).toString('hex');
    codes.set(code, String(1_000_000 + people));
    const back = new URL(String(query.get('redirect_uri')));
    back.search = new URLSearchParams({ code, state: String(query.get('state')) }).toString();
    res.writeHead(302, { Location: back.href }).end();
  }

  /** @param {import('node:http').ServerResponse} res @param {URLSearchParams} form @param {string} asker */
  function token(res, form, asker) {
    if (form.get('action') !== 'requesttoken') return send(res, null, ok({}), 0); // revoke
    if (form.get('grant_type') === 'refresh_token')
      return refresh(res, String(form.get('refresh_token')), asker);
    const code = String(form.get('code'));
    const userId = codes.get(code);
    codes.delete(code);
    if (!userId) {
      counts.inventedCodes += 1;
      return send(res, null, { ...REFUSED, error: 'Invalid Params: invalid code' }, 0);
    }
    return send(res, null, ok(wire(ledger.begin(userId, life * 1000))), 0);
  }

  /** @param {import('node:http').ServerResponse} res @param {string} refreshToken @param {string} asker */
  function refresh(res, refreshToken, asker) {
    onMoment('refresh arrived', asker);
    const fault = faults.onRefresh();
    const result = ledger.exchange(refreshToken, asker, life * 1000, fault !== 'error instead');
    if (result.verdict === 'duplicate') {
      const { gapMs, before, pair, retryAfterSeconds } = result;
      duplicates.push({ gapMs, asker, before, userId: pair.userId });
      const error = 'Same arguments in less than 10 seconds';
      return send(res, null, { status: 601, body: { wait_seconds: retryAfterSeconds }, error }, 0);
    }
    if (result.verdict === 'refused') {
      counts.refused += 1;
      return send(res, null, REFUSED, 0);
    }
    if (fault === 'error instead') counts.errors += 1;
    else if (fault === 'late after') counts.late += 1;
    else if (fault !== null) counts.repliesLost += 1;
    if (result.verdict !== 'minted') return send(res, fault, {}, 0);
    if (fault !== null) result.pair.reply = fault;
    onMoment('minted', asker);
    send(res, fault, ok(wire(result.pair)), timeoutMs + chance.between(100, 600));
    return onMoment('refresh answered', asker);
  }

  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res @param {string} asker */
  async function measure(req, res, asker) {
    counts.dataCalls += 1;
    const fault = faults.onData();
    if (fault === 'error instead') return send(res, fault, {}, 0);
    const used = ledger.use(String(req.headers.authorization).replace('Bearer ', ''));
    if (!used) return send(res, null, TURNED_DOWN, 0);
    if (used.first) {
      onMoment('first use', asker);
      await onFirstUse(used.pair);
    }
    send(res, fault, ok({ updatetime: 1, timezone: 'Europe/Paris', measuregrps: WEIGHT }), timeoutMs + 200);
    return onMoment('used', asker);
  }

  /** @param {Pair} pair */
  function wire(pair) {
    return {
      userid: Number(pair.userId),
      access_token: pair.access,
      refresh_token: pair.refresh,
      scope: 'user.info,user.metrics,user.activity',
      expires_in: life,
      token_type: 'Bearer',
    };
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    faults,
    counts,
    duplicates,
    /** From now on access tokens live as long as in real life. */
    lengthenLives() {
      life = 10_800;
    },
  };
}

const WEIGHT = [
  { grpid: 1, attrib: 0, date: 1_700_000_000, category: 1, measures: [{ value: 7012, type: 1, unit: -2 }] },
];

/** @param {object} body */
function ok(body) {
  return { status: 0, body };
}

/** @param {import('node:http').IncomingMessage} req */
async function receive(req) {
  let text = '';
  for await (const chunk of req) text += chunk;
  return new URLSearchParams(text);
}

/** @typedef {Awaited<ReturnType<typeof startProvider>>} Provider */
