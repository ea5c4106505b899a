import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { createWithings } from '../../src/withings/client.ts';
import type { NoAnswer } from '../../src/withings/http.ts';
import { sign } from '../../src/withings/signed-calls.ts';
import { atEnd } from '../support/machine.ts';

const SECRET = 'the-client-secret';
const PAIR = {
  userid: 363,
  access_token: 'a'.repeat(40),
  refresh_token: 'b'.repeat(40),
  scope: 'user.info,user.metrics',
  expires_in: 10800,
  csrf_token: 'PACnnxwHTaBQOzF7bQqwFUUotIuvtzSM',
  token_type: 'Bearer',
};

type Answer = (req: IncomingMessage & { form: URLSearchParams }, res: ServerResponse) => void;

/** A wire that answers whatever a test says, and the client that talks to it. */
async function wire(answer: Answer, more: { timeoutMs?: number; auth?: 'secret' | 'signature' } = {}) {
  const seen: URLSearchParams[] = [];
  const told: NoAnswer[] = [];
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk) => {
      text += chunk;
    });
    req.on('end', () => {
      const form = new URLSearchParams(text);
      seen.push(form);
      answer(Object.assign(req, { form }), res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
  const withings = createWithings({
    issuer: 'eu',
    clientId: 'client',
    clientSecret: SECRET,
    scope: ['user.info', 'user.metrics'],
    auth: 'secret',
    authorizeUrl: 'https://account.example/oauth2_user/authorize2',
    apiUrl,
    timeoutMs: 20_000,
    redirectUri: 'https://app.example/callback',
    now: () => 1637090717000,
    onNoAnswer: (what) => told.push(what),
    ...more,
  });
  return { withings, seen, apiUrl, told };
}

const says =
  (body: unknown): Answer =>
  (_req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const pairWith = (change: Record<string, unknown>) => says({ status: 0, body: { ...PAIR, ...change } });

async function codeOf(answer: Answer): Promise<string> {
  const { withings } = await wire(answer);
  const result = await withings.refresh('r'.repeat(40));
  return result.ok ? 'ok' : result.refusal.code;
}

describe('what is sent', () => {
  test('a code with exactly the documented fields', async () => {
    const { withings, seen } = await wire(says({ status: 0, body: PAIR }));
    await withings.redeem('the code');
    expect(Object.fromEntries(seen[0] ?? [])).toEqual({
      action: 'requesttoken',
      client_id: 'client',
      client_secret: SECRET,
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: 'https://app.example/callback',
    });
  });

  test('a hostile code stays one field', async () => {
    const { withings, seen } = await wire(says({ status: 0, body: PAIR }));
    await withings.redeem('a&grant_type=refresh_token&client_secret=x');
    expect(seen[0]?.get('code')).toBe('a&grant_type=refresh_token&client_secret=x');
    expect(seen[0]?.getAll('grant_type')).toEqual(['authorization_code']);
  });

  test('the authorize page with exactly the documented parameters', async () => {
    const { withings } = await wire(says({}));
    const url = new URL(withings.authorizeUrl('the state', false));
    expect(url.origin + url.pathname).toBe('https://account.example/oauth2_user/authorize2');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client',
      state: 'the state',
      scope: 'user.info,user.metrics',
      redirect_uri: 'https://app.example/callback',
    });
    expect(new URL(withings.authorizeUrl('s', true)).searchParams.get('mode')).toBe('demo');
  });

  test('by signature the secret is on no wire, and every call has a nonce of its own', async () => {
    let nonces = 0;
    const { withings, seen } = await wire(
      (req, res) => {
        const isNonce = req.form.get('action') === 'getnonce';
        if (isNonce) nonces += 1;
        says({ status: 0, body: isNonce ? { nonce: `nonce-number-${nonces}` } : PAIR })(req, res);
      },
      { auth: 'signature' },
    );
    expect((await withings.refresh('r'.repeat(40))).ok).toBe(true);
    expect((await withings.revoke('363')).ok).toBe(true);
    expect(seen.join('\n')).not.toContain(SECRET);
    expect(seen.map((form) => form.get('nonce'))).toEqual([null, 'nonce-number-1', null, 'nonce-number-2']);
    expect(seen[1]?.get('signature')).toBe(
      sign({ action: 'requesttoken', client_id: 'client', nonce: 'nonce-number-1' }, SECRET),
    );
  });

  test.each([
    [
      { action: 'getnonce', client_id: 'client_id', timestamp: '1637090717' },
      '613fa7b29b5c3a14ca7759886e9783750e057caba3e8e601495d5b470a30d1ac',
    ],
    [
      { nonce: 'nonce', client_id: 'client_id', action: 'wsname' },
      'ccb346f0416f06fb4b36d95ca75082098eaf2a8bc885506c689312806afa5b2b',
    ],
  ])('%j is signed as Withings’ own samples are', (parameters, signature) => {
    expect(sign(parameters, 'clientsecret')).toBe(signature);
  });
});

describe('what is understood', () => {
  test('a pair, in our own terms', async () => {
    const { withings } = await wire(says({ status: 0, body: PAIR }));
    expect(await withings.redeem('code')).toEqual({
      ok: true,
      value: {
        userId: '363',
        accessToken: PAIR.access_token,
        refreshToken: PAIR.refresh_token,
        scope: ['user.info', 'user.metrics'],
        expiresInSeconds: 10800,
      },
    });
  });

  test.each([
    ['a number', 19662645, '19662645'],
    ['a string', '19662645', '19662645'],
    ['absent', undefined, null],
  ])('userid as %s', async (_words, userid, expected) => {
    const { withings } = await wire(pairWith({ userid }));
    const result = await withings.refresh('r'.repeat(40));
    expect(result.ok && result.value.userId).toBe(expected);
  });

  test.each([
    [503, 'Invalid Params: invalid code', 'code-refused', 'reconnect'],
    [503, 'Invalid Params: invalid refresh_token', 'refresh-token-refused', 'reconnect'],
    [503, 'Invalid Params: invalid client id/secret', 'client-refused', 'report'],
    [503, 'Invalid Params: [unit] Missing value for: distance', 'withings-refused', 'report'],
    [293, 'Wrong redirect_uri - Please use same as before', 'redirect-uri-refused', 'report'],
    [601, 'Same arguments in less than 10 seconds', 'withings-busy', 'retry'],
    [601, 'Too Many Requests', 'withings-busy', 'retry'],
    [522, 'Timeout', 'withings-timeout', 'retry'],
    [2554, 'Not implemented', 'withings-refused', 'report'],
    [2555, 'An error occurred', 'withings-refused', 'report'],
    [
      401,
      'XRequestID: Not provided invalid_token: The access token provided is invalid',
      'access-token-refused',
      'retry',
    ],
    [100, '', 'access-token-refused', 'retry'],
    [277, 'Unauthorized', 'scope-missing', 'reconnect'],
    [2553, 'Insufficient_scope', 'scope-missing', 'reconnect'],
    [342, 'Signature invalid', 'client-refused', 'report'],
    [987654, 'Something new', 'withings-refused', 'report'],
  ])('HTTP 200 with status %i "%s" is %s', async (status, error, code, remedy) => {
    const { withings } = await wire(says({ status, body: {}, error }));
    const result = await withings.refresh('r'.repeat(40));
    expect(result).toMatchObject({ ok: false, refusal: { code, remedy, status } });
  });

  test('601 tells how long to wait', async () => {
    const { withings } = await wire(
      says({ status: 601, body: { wait_seconds: 188 }, error: 'Same arguments' }),
    );
    expect(await withings.refresh('r'.repeat(40))).toMatchObject({ refusal: { retryAfterSeconds: 188 } });
  });

  test.each([
    ['HTML', '<!doctype html><p>Sorry'],
    ['truncated', JSON.stringify({ status: 0, body: PAIR }).slice(0, 60)],
    ['two values', '{"status":0}{"status":0}'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '0'],
    ['status as text', '{"status":"0","body":{}}'],
    ['no status', JSON.stringify({ body: PAIR })],
    ['status a fraction', JSON.stringify({ status: 0.5, body: PAIR })],
    ['body null', '{"status":0,"body":null}'],
    ['body a list', '{"status":0,"body":[]}'],
    ['no body', '{"status":0}'],
    ['only prototype keys', '{"status":0,"__proto__":{"body":{}},"constructor":{}}'],
  ])('%s is unreadable, never half a value', async (_words, text) => {
    expect(await codeOf(says(text))).toBe('withings-unreadable');
  });

  test.each([
    ['access_token missing', { access_token: undefined }],
    ['access_token empty', { access_token: '' }],
    ['access_token a number', { access_token: 12345678 }],
    ['access_token a list', { access_token: ['aaaaaaaa'] }],
    ['access_token with a line break', { access_token: 'aaaaaaaa\r\nX-Evil: 1' }],
    ['access_token huge', { access_token: 'a'.repeat(5000) }],
    ['refresh_token missing', { refresh_token: undefined }],
    ['refresh_token null', { refresh_token: null }],
    ['expires_in missing', { expires_in: undefined }],
    ['expires_in zero', { expires_in: 0 }],
    ['expires_in negative', { expires_in: -1 }],
    ['expires_in beyond reason', { expires_in: 1e12 }],
    ['expires_in words', { expires_in: 'x' }],
    ['expires_in a fraction', { expires_in: 10.5 }],
    ['scope a list', { scope: ['user.info'] }],
    ['userid an object', { userid: {} }],
    ['userid beyond what a number holds', { userid: 2 ** 60 }],
    ['userid words', { userid: 'me' }],
  ])('%s: refused as a whole', async (_words, change) => {
    expect(await codeOf(pairWith(change))).toBe('withings-unreadable');
  });

  test.each([undefined, null, '', ' , '])('scope %j: it is as it was', async (scope) => {
    const { withings } = await wire(pairWith({ scope }));
    expect(await withings.refresh('r'.repeat(40))).toMatchObject({ ok: true, value: { scope: null } });
  });

  test('expires_in as a string of digits is what it says', async () => {
    expect(await codeOf(pairWith({ expires_in: '10800' }))).toBe('ok');
  });

  test.each([
    ['a list', [null, { appli: '1', callbackurl: 'https://c.example' }, { appli: 'x', callbackurl: 7 }]],
    ['a map', { 0: { appli: 1, callbackurl: 'https://c.example' }, 2: 'x' }],
    ['one by itself', { appli: 1, callbackurl: 'https://c.example', comment: null }],
  ])('subscriptions as %s', async (_words, profiles) => {
    const { withings } = await wire(says({ status: 0, body: { profiles } }));
    const value = [{ appli: 1, callbackUrl: 'https://c.example' }];
    expect(await withings.subscriptions('t'.repeat(40))).toEqual({ ok: true, value });
  });

  test('subscriptions that are no list are refused: nobody knows whether there are any', async () => {
    const { withings } = await wire(says({ status: 0, body: {} }));
    expect(await withings.subscriptions('t'.repeat(40))).toMatchObject({
      refusal: { code: 'withings-unreadable' },
    });
  });

  test('an answer with data may be several megabytes, one with tokens may not', async () => {
    const comment = 'x'.repeat(7 * 1024 * 1024);
    const { withings } = await wire(
      says({ status: 0, body: { ...PAIR, devices: [{ type: 'Scale' }], comment } }),
    );
    expect(await withings.devices('t'.repeat(40))).toMatchObject({
      ok: true,
      value: { rows: [{ type: 'Scale' }] },
    });
    expect(await withings.refresh('r'.repeat(40))).toMatchObject({
      refusal: { code: 'withings-unreadable' },
    });
  });

  test('measures: value × 10^unit, strange groups left out', async () => {
    const { withings } = await wire(
      says({
        status: 0,
        body: {
          measuregrps: [
            { date: 1637090000, measures: [{ value: 118003, type: 1, unit: -3, position: 7 }] },
            { date: 'yesterday', measures: [] },
            { date: 1637090000, measures: [{ value: 1, type: 1, unit: 400 }] },
            null,
          ],
        },
      }),
    );
    const result = await withings.measures('t'.repeat(40), [1], new Date(0), new Date(1));
    const at = new Date(1637090000000);
    const measure = { type: 1, value: 118.003, at, attribution: 'sure', position: 7 };
    expect(result).toEqual({ ok: true, value: { rows: [measure], timezone: null, isCut: false } });
  });
});

describe('what the wire does', () => {
  test.each([
    [500, 'withings-unreachable'],
    [502, 'withings-unreachable'],
    [429, 'withings-busy'],
    [404, 'withings-unreadable'],
    [201, 'withings-unreadable'],
  ])('HTTP %i is %s, whatever stands in the body', async (status, code) => {
    const body = JSON.stringify({ status: 0, body: PAIR });
    expect(await codeOf((_req, res) => res.writeHead(status).end(body))).toBe(code);
  });

  test('a dripping body ends at the deadline', async () => {
    const { withings } = await wire(
      (_req, res) => {
        res.write('{');
        const drip = setInterval(() => res.write(' '), 20);
        res.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 200 },
    );
    expect(await withings.refresh('r'.repeat(40))).toMatchObject({ refusal: { code: 'withings-timeout' } });
  });

  test('a reset connection is unreachable', async () => {
    expect(await codeOf((req) => req.socket.destroy())).toBe('withings-unreachable');
  });

  test('an endless body is cut off', async () => {
    let sent = 0;
    const code = await codeOf((_req, res) => {
      const pour = () => {
        while (!res.destroyed && sent < 300_000_000) {
          sent += 65536;
          if (!res.write(' '.repeat(65536))) return void res.once('drain', pour);
        }
      };
      pour();
    });
    expect(code).toBe('withings-unreadable');
    expect(sent).toBeLessThan(50_000_000);
  });

  test.each([301, 302, 303, 307, 308])(
    'a %i is not followed: nobody else sees the secret',
    async (status) => {
      const other = await wire(says({ status: 0, body: PAIR }));
      const { withings } = await wire((_req, res) => res.writeHead(status, { Location: other.apiUrl }).end());
      expect(await withings.refresh('r'.repeat(40))).toMatchObject({
        refusal: { code: 'withings-unreadable' },
      });
      expect(other.seen).toEqual([]);
    },
  );

  test('a proxy of the environment is not used', async () => {
    const proxy = await wire(says({ status: 0, body: PAIR }));
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = proxy.apiUrl;
    atEnd(() => {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    });
    expect(await codeOf(says({ status: 0, body: PAIR }))).toBe('ok');
    expect(proxy.seen).toEqual([]);
  });

  test('a refusal carries no secret, token or code', async () => {
    const { withings } = await wire((req) => req.socket.destroy());
    const refusals = [await withings.redeem('the-code-itself'), await withings.refresh('the-refresh-token')];
    expect(JSON.stringify(refusals)).not.toMatch(/the-c|the-refresh/);
  });
});

describe('a nonce that is refused: is it the clock?', () => {
  const NOW = 1637090717000;
  const MINUTE = 60_000;

  /** Withings refuses the nonce, and its clock is ahead of ours or behind. */
  async function refused(aheadMs: number, status: number, error: string) {
    const { withings } = await wire(
      (req, res) => {
        res.setHeader('Date', new Date(NOW + aheadMs).toUTCString());
        says({ status, body: {}, error })(req, res);
      },
      { auth: 'signature' },
    );
    const result = await withings.refresh('r'.repeat(40));
    return result.ok ? 'ok' : result.refusal.code;
  }

  test.each([
    ['an hour ahead', 60 * MINUTE, 342, 'Signature invalid', 'clock-wrong'],
    ['an hour behind', -60 * MINUTE, 342, 'Signature invalid', 'clock-wrong'],
    ['just beyond a minute', MINUTE + 1000, 342, 'Signature invalid', 'clock-wrong'],
    ['a minute', MINUTE, 342, 'Signature invalid', 'client-refused'],
    ['an hour ahead, but only busy', 60 * MINUTE, 601, 'Too Many Requests', 'withings-busy'],
  ])('%s', async (_what, aheadMs, status, error, code) => {
    expect(await refused(aheadMs, status, error)).toBe(code);
  });

  test('an outage says nothing about clocks', async () => {
    const { withings } = await wire(
      (_req, res) => {
        res.setHeader('Date', new Date(0).toUTCString());
        res.statusCode = 500;
        res.end();
      },
      { auth: 'signature' },
    );
    expect(await withings.refresh('r'.repeat(40))).toMatchObject({
      refusal: { code: 'withings-unreachable' },
    });
  });
});

describe('connections', () => {
  test('a token call goes out on one of its own, a data call on one that is open', async () => {
    const ports: (number | undefined)[] = [];
    const { withings } = await wire((req, res) => {
      ports.push(req.socket.remotePort);
      says({ status: 0, body: { ...PAIR, devices: [] } })(req, res);
    });
    await withings.devices('access-token');
    await withings.devices('access-token');
    await withings.refresh('refresh-token');
    await withings.refresh('refresh-token');
    expect(ports[1]).toBe(ports[0]);
    expect(new Set(ports).size).toBe(3);
  });

  test('why there was no answer is told, with nothing of the call but its path', async () => {
    let calls = 0;
    const { withings, told } = await wire((req, res) => {
      calls += 1;
      if (calls === 1) return says({ status: 0, body: { devices: [] } })(req, res);
      if (calls === 2) return req.socket.destroy();
      if (calls === 3) return res.writeHead(502).end();
      return undefined; // never
    });
    for (let call = 0; call < 4; call += 1) await withings.devices('access-token');
    expect(told).toEqual([
      { path: 'v2/user', code: 'ECONNRESET', httpStatus: null, reusedSocket: true },
      { path: 'v2/user', code: null, httpStatus: 502, reusedSocket: false },
      { path: 'v2/user', code: 'timeout', httpStatus: null, reusedSocket: expect.any(Boolean) },
    ]);
  });
});
