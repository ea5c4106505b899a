import { describe, expect, test } from '@jest/globals';
import { type ConnectOptions, clocks, createConnect, openStore } from '../../src/embed/index.ts';
import { tempDir } from '../support/machine.ts';
import { SECRET } from './host.ts';

/** Options that work, but for these: JavaScript hands over anything. */
function attempt(wrong: Record<string, unknown>, withings: Record<string, unknown> = {}) {
  const store = openStore(`sqlite:${tempDir()}`, { secrets: [SECRET] });
  const options = {
    url: 'https://x.example/w',
    withings: { clientId: 'id', clientSecret: 'secret', ...withings },
    store,
    clocks,
    owner: () => null,
    ...wrong,
  };
  try {
    return createConnect(options as unknown as ConnectOptions);
  } catch (error) {
    store.close();
    throw error;
  }
}

describe('options that cannot work are said at once, with what would', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no url', { url: undefined }, 'url must be an http(s) URL such as https://app.example.com/withings'],
    ['a url of another kind', { url: 'ftp://x.example/w' }, 'url must be an http(s) URL'],
    ['a slash at its end', { url: 'https://x.example/w/' }, "write 'https://x.example/w'"],
    ['a query', { url: 'https://x.example/w?a=b' }, "write 'https://x.example/w'"],
    ['no scheme', { url: 'localhost:3000/w' }, "write 'http://localhost:3000/w'"],
    ['no store', { store: undefined }, "store must be an open store: openStore('sqlite:./data'"],
    ['a store that is a promise', { store: Promise.resolve() }, 'await openStore'],
    ['no owner', { owner: undefined }, 'owner must be a function'],
    ['an owner that is a name', { owner: 'ada' }, 'owner must be a function'],
    ['no clocks', { clocks: undefined }, "clocks is missing: import { clocks } from 'withings-connect'"],
    ['half a clock', { clocks: { now: Date.now } }, 'clocks'],
    ['no withings', { withings: undefined }, 'withings is missing'],
    ['a return to another site', { returnTo: 'https://evil.example/a' }, "write '/a'"],
    ['a return to nowhere', { returnTo: '//evil.example' }, 'returnTo must be a path of your own site'],
    ['webhooks as text', { webhooks: 'on' }, 'write true'],
    [
      'webhooks that nobody reaches',
      { webhooks: true, url: 'http://localhost:3000/w' },
      'that Withings can reach',
    ],
    ['an age as text', { dataFreshSeconds: '300' }, 'write 300'],
    ['a console as log', { log: {} }, 'log must have info, warn and error'],
    ['a name that is nearly one', { Owner: () => null }, 'Owner is not an option: did you mean owner'],
    ['a name from within', { clientId: 'id' }, 'did you mean withings.clientId'],
  ])('%s', (_what, wrong, words) => {
    expect(() => attempt(wrong)).toThrow(words);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no client', { clientId: undefined }, 'withings.clientId is missing'],
    ['an empty secret', { clientSecret: '' }, 'withings.clientSecret is missing'],
    ['a scope as text', { scope: 'user.info,user.metric' }, "write ['user.info', 'user.metrics']"],
    ['no scope', { scope: [] }, "write ['user.info', 'user.metrics', 'user.activity']"],
    ['a scope in one text', { scope: ['user.info,user.metrics'] }, "write ['user.info', 'user.metrics']"],
    ['a cloud in capitals', { cloud: 'EU' }, "withings.cloud must be 'eu' or 'us', and is 'EU': write 'eu'"],
    ['a cloud that is none', { cloud: 'asia' }, "must be 'eu' or 'us'"],
    ['auth in capitals', { auth: 'Signature' }, "write 'signature'"],
    ['recover as text', { recover: 'off' }, 'write false'],
    ['a timeout as text', { timeoutMs: '10000' }, 'write 10000'],
    ['a timeout in seconds', { timeoutMs: 10 }, 'write 100'],
    ['calls that are none', { callsPerMinute: 'many' }, 'a whole number from 10 to 100000'],
    ['an API without a slash', { apiUrl: 'https://api.example' }, "write 'https://api.example/'"],
    ['no address at all', { authorizeUrl: 'here' }, 'withings.authorizeUrl must be an http(s) URL'],
    ['a name that is nearly one', { clientsecret: 'x' }, 'did you mean withings.clientSecret'],
  ])('withings: %s', (_what, wrong, words) => {
    expect(() => attempt({}, wrong)).toThrow(words);
  });

  test('all of them together, and no secret among them', () => {
    const wrong = () => attempt({ owner: null, url: '' }, { clientSecret: 12_345, auth: 'Signature' });
    expect(wrong).toThrow(/url .*\n.*clientSecret .*\n.*auth .*\n.*owner /s);
    expect(wrong).not.toThrow('12345');
  });
});

test('no options at all are missed, too', () => {
  expect(() => createConnect(undefined as unknown as ConnectOptions)).toThrow('options are missing');
});

test('what is undefined counts as left out', async () => {
  const left = { scope: undefined, cloud: undefined, authorizeUrl: undefined, apiUrl: undefined };
  const connect = attempt({ returnTo: undefined, log: undefined }, { ...left, timeoutMs: undefined });
  const url = new URL(connect.withings.authorizeUrl('state', false));
  expect(url.origin).toBe('https://account.withings.com');
  expect(url.searchParams.get('redirect_uri')).toBe('https://x.example/w/callback');
  expect(url.searchParams.get('scope')).toBe('user.info,user.metrics,user.activity');
  await connect.stop();
});

test.each([
  [
    'another Withings has its pages beside its API',
    { apiUrl: 'https://w.example/' },
    'https://w.example/oauth2_user/',
  ],
  [
    'a gateway has not',
    { apiUrl: 'https://w.example/', issuer: 'us' },
    'https://account.us.withingsmed.com/',
  ],
  ['the cloud says where they are', { cloud: 'us' }, 'https://account.us.withingsmed.com/'],
])('%s', async (_what, withings, page) => {
  const connect = attempt({}, withings);
  expect(connect.withings.authorizeUrl('state', false)).toMatch(page);
  await connect.stop();
});
