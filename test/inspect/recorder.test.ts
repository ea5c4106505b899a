import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { attemptSteps } from '../../src/inspect/flow.ts';
import { type Attempt, createRecorder } from '../../src/inspect/recorder.ts';
import { refreshStep } from '../../src/inspect/refreshes.ts';
import type { Step } from '../../src/inspect/step.ts';
import { curlOf } from '../../src/withings/curl.ts';
import { tellAnswered, tellSent } from '../../src/withings/exchange.ts';

const HOUR = 3_600_000;
const begun: NonNullable<Attempt['begun']> = {
  at: 1000,
  cookies: [],
  authorizeUrl: 'https://account.example/authorize2',
  parts: [],
  isOther: false,
};
const SECRET = 'a'.repeat(40);
const NEXT = 'b'.repeat(40);
const refresh = { action: 'requesttoken', grant_type: 'refresh_token', refresh_token: SECRET };
const request = (fields: Record<string, string>, person: string | null = 'grant', accessToken?: string) => ({
  path: 'v2/oauth2',
  fields,
  accessToken,
  person,
});
const answer = (body: unknown) =>
  ({ kind: 'answer', httpStatus: 200, text: JSON.stringify(body), date: undefined }) as const;

function setUp() {
  const time = { now: 1000, monotonic: 1000 };
  const errors: unknown[] = [];
  const recorder = createRecorder({
    now: () => time.now,
    monotonic: () => time.monotonic,
    onError: (error) => errors.push(error),
  });
  const pass = (sent: ReturnType<typeof request>, body: unknown) =>
    recorder.onExchange(tellSent(sent))(tellAnswered(answer(body), sent));
  return { recorder, time, errors, pass };
}

describe('the recorder', () => {
  test('forgets within the hour, whatever the clock on the wall says', () => {
    const { recorder, time, pass } = setUp();
    recorder.begin('browser', 'attempt', begun);
    pass(request(refresh), { status: 0, body: { access_token: NEXT } });
    Object.assign(time, { now: 1000 + 9 * HOUR, monotonic: 1000 + HOUR - 2000 });
    expect(recorder.attemptOf('browser')).not.toBeNull();
    expect(recorder.refreshesOf('grant')).toHaveLength(1);
    time.monotonic += 4000;
    expect(recorder.attemptOf('browser')).toBeNull();
    expect(recorder.refreshesOf('grant')).toEqual([]);
  });

  test('knows so many browsers, attempts, grants and refreshes, and no more', () => {
    const { recorder, pass } = setUp();
    for (let n = 0; n < 1000; n += 1) {
      recorder.begin(`browser ${n}`, 'attempt', begun);
      pass(request(refresh, `grant ${n}`), { status: 503, body: {} });
      recorder.arrive('one', `attempt ${n}`, []);
      pass(request(refresh, 'one'), { status: 503, body: {} });
    }
    const known = (names: string) => Array.from({ length: 1000 }, (_, n) => `${names} ${n}`);
    expect(known('browser').filter((name) => recorder.attemptOf(name)).length).toBeLessThan(501);
    expect(known('grant').filter((name) => recorder.refreshesOf(name).length > 0).length).toBeLessThan(501);
    expect(recorder.refreshesOf('one')).toHaveLength(5);
    expect(recorder.arrive('one', 'attempt 999', [])).toBeNull();
    expect(recorder.arrive('one', 'attempt 996', [])).not.toBeNull(); // it was forgotten
  });

  test('one call with the new token that goes well proves it, and only that', () => {
    const { recorder, pass } = setUp();
    pass(request(refresh), { status: 0, body: { access_token: NEXT } });
    pass(request({ action: 'getmeas' }, null, SECRET), { status: 0, body: {} });
    pass(request({ action: 'getmeas' }, null, NEXT), { status: 601, body: {} });
    expect(recorder.refreshesOf('grant')[0]?.proof).toBeNull();
    pass(request({ action: 'getdevice' }, null, NEXT), { status: 0, body: {} });
    pass(request({ action: 'getgoals' }, null, NEXT), { status: 0, body: {} });
    const proof = recorder.refreshesOf('grant')[0]?.proof;
    expect(proof?.sent.fields[0]?.shown).toBe('getdevice');
  });

  test('a recovery is not told as the end of a refresh that is under way', () => {
    const { recorder } = setUp();
    recorder.onExchange(tellSent(request(refresh)));
    const how = { trigger: 'sweep', milliseconds: 1 } as const;
    recorder.observer.onRefresh('grant', null, { ...how, isRecovery: true });
    expect(recorder.refreshesOf('grant')[0]?.trigger).toBeNull();
    recorder.observer.onRefresh('grant', null, { ...how, isRecovery: false });
    expect(recorder.refreshesOf('grant')[0]?.trigger).toBe('sweep');
  });

  test('of an attempt only its own calls are kept, and a few', () => {
    const { recorder, pass } = setUp();
    const attempt = recorder.arrive('browser', 'attempt', []);
    if (!attempt) throw new Error('It was brought before');
    const call = () => pass(request({ action: 'requesttoken' }, null), { status: 0, body: {} });
    call();
    recorder.during(attempt, () => {
      call();
      pass(request({ action: 'getmeas' }, 'somebody'), { status: 0, body: {} });
      recorder.observer.onConnecting('connected');
      call(); // what being connected sets off
    });
    expect(attempt.calls).toHaveLength(1);
    const endless = recorder.arrive('browser', 'endless', []);
    if (endless) recorder.during(endless, () => Array.from({ length: 9 }, call));
    expect(endless?.calls).toHaveLength(4);
  });

  test('whatever happens in it, the call goes on', () => {
    const { recorder, time, errors } = setUp();
    Object.defineProperty(time, 'monotonic', {
      get() {
        throw new Error('no clock');
      },
    });
    const sent = request(refresh);
    expect(() => recorder.onExchange(tellSent(sent))(tellAnswered(answer({}), sent))).not.toThrow();
    expect(errors.length).toBeGreaterThan(0);
  });

  test('keeps nothing secret', () => {
    const { recorder, pass } = setUp();
    recorder.begin('browser', 'attempt', begun);
    const attempt = recorder.arrive('browser', 'attempt', []);
    if (!attempt) throw new Error('It was brought before');
    recorder.during(attempt, () => {
      const fields = {
        client_secret: 'my-client-secret',
        code: SECRET,
        state: NEXT,
        invented: 'x',
        nonce: NEXT,
      };
      pass(request(fields, null), {
        status: 0,
        body: { access_token: NEXT, refresh_token: SECRET, userid: 777 },
      });
    });
    pass(request({ ...refresh, nonce: NEXT, signature: NEXT }), { status: 0, body: { access_token: NEXT } });
    const kept = JSON.stringify([recorder.attemptOf('browser'), recorder.refreshesOf('grant')]);
    expect(kept).toContain('client_secret');
    expect(kept).toContain('aaaa…');
    for (const secret of ['a'.repeat(5), 'b'.repeat(5), 'my-client', '777', '"x"'])
      expect(kept).not.toContain(secret);
  });
});

describe('a call as it may be told', () => {
  const told = (reply: Parameters<typeof tellAnswered>[0], fields = {}, accessToken?: string) =>
    tellAnswered(reply, request(fields, null, accessToken));

  test('a refusal is quoted, unless it quotes what it was sent', () => {
    const refused = (error: string) => answer({ status: 503, body: {}, error });
    expect(told(refused('Invalid Params: invalid code')).error).toBe('Invalid Params: invalid code');
    expect(told(refused(`no code ${SECRET}`), { code: SECRET }).error).toBeNull();
    expect(told(refused(`token ${SECRET} is dead`), {}, SECRET).error).toBeNull();
  });

  test.each([
    ['all but one character', 'a/b c-0123456789', 'of /b c-012345678 nothing'],
    ['percent-encoded', 'a/b c-0123456789', 'a%2Fb%20c-01'],
    ['in another case, and in the middle', 'abcdefgh-secret', '…DEFGH-SE…'],
    ['a short one', 'far', 'the far one'],
  ])('a piece of a secret is one: %s', (_what, secret, error) => {
    const body = { scope: error, [error]: '' };
    const answered = told(answer({ status: 503, body, error }), { client_secret: secret });
    expect(answered.error).toBeNull();
    expect(answered.body[0]?.shown).toBeNull();
    expect(answered.body[1]?.name).toContain('[hidden]');
    const other = told(answer({ status: 503, body: {}, error: 'c-01234 bcdefgX' }), {
      client_secret: secret,
    });
    expect(other.error).toBe('c-01234 bcdefgX');
  });

  test.each([
    ['nothing', ''],
    ['HTML', '<html>'],
    ['a number', '7'],
    ['null', 'null'],
    ['a body that is text', '{"status":0,"body":"text"}'],
    ['a body that is null', '{"status":"0","body":null,"error":7}'],
    ['half an answer', '{"status":0,"body":{"access'],
  ])('%s is no reason to fail', (_what, text) => {
    const reply = { kind: 'answer', httpStatus: 200, text, date: undefined } as const;
    expect(told(reply)).toMatchObject({ httpStatus: 200, error: null, brought: null });
  });

  test('of a long list the verdict is read, and nothing else', () => {
    const list = answer({
      status: 0,
      body: { measuregrps: Array.from({ length: 5000 }, () => ({ grpid: 1 })) },
    });
    expect(told(list)).toMatchObject({ status: 0, body: [] });
  });

  test('no answer is told by why there is none', () => {
    expect(told({ kind: 'silence', why: 'timeout' })).toMatchObject({ httpStatus: null, silence: 'timeout' });
    expect(told({ kind: 'unsent', retryAfterSeconds: 1 })).toMatchObject({ silence: 'unsent' });
  });

  test('what a stranger puts into an address has an end', () => {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${'n'.repeat(99)}${n}`, 'v']));
    const { fields: parts } = tellSent(request({ ...fields, scope: 's'.repeat(9999) }));
    expect(JSON.stringify(parts).length).toBeLessThan(2000);
    expect(tellSent(request({ scope: 's'.repeat(9999) })).fields[0]?.shown).toHaveLength(200);
    const errors = ['access_denied', `call ${SECRET}`];
    expect(errors.map((error) => tellSent(request({ error })).fields[0]?.shown)).toEqual([
      'access_denied',
      null,
    ]);
  });
});

test('with curl a secret is a variable, and everything else is text, whoever wrote it', () => {
  const parts = [
    { name: 'scope', shown: "'; rm -rf $HOME; '", length: 18 },
    { name: 'client_secret', shown: null, length: 40 },
    { name: 'code', shown: 'ab12…', length: 40 },
    { name: '$(reboot)', shown: null, length: 4 },
  ];
  expect(curlOf({ method: 'POST', url: 'https://wbsapi.example/v2/oauth2', parts, hasBearer: true })).toBe(
    [
      "curl -s 'https://wbsapi.example/v2/oauth2'",
      '-H "Authorization: Bearer $ACCESS_TOKEN"',
      String.raw`--data-urlencode 'scope='\''; rm -rf $HOME; '\'''`,
      `--data-urlencode 'client_secret='"$CLIENT_SECRET"`,
      `--data-urlencode 'code='"$CODE"`,
      `--data-urlencode '$(reboot)='"$__REBOOT_"`,
    ].join(' \\\n  '),
  );
});

test('the lines that do it are where the page says', () => {
  const places = { publicUrl: 'https://app.example', apiUrl: 'https://wbsapi.example/' };
  const call = { at: 1, sent: tellSent(request(refresh)), answered: null, milliseconds: 0 };
  const landed = { at: 1, location: '/dashboard', cookies: [] };
  const attempt = {
    begun,
    callback: { at: 1, parts: [] },
    visits: 1,
    outcome: 'connected',
    grantId: null,
    landed,
  };
  const nonce = { ...call, sent: { ...call.sent, path: 'v2/signature' } };
  const ends = [null, 'withings-timeout', 'refresh-token-refused'] as const;
  const steps: Step[] = [
    ...attemptSteps({ ...attempt, calls: [nonce, call] }, places),
    ...ends.map((refusal) =>
      refreshStep({ call, trigger: 'visit', refusal, proof: null }, places.apiUrl, String),
    ),
  ];
  const lines = steps.flatMap(({ lines }) => lines);
  expect(lines.length).toBeGreaterThan(15);
  for (const [file, name] of lines) {
    const path = resolve(import.meta.dirname, '../..', file);
    expect([file, existsSync(path)]).toEqual([file, true]);
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`(function |async |^    |const )${name}\\b`, 'm'));
  }
});
