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
    ...[
      'http://localhost:3000/w',
      'https://localhost/w',
      'https://[2001:db8::7]/w',
      'https://x.example:8443/w',
      `https://x.example/${'w'.repeat(200)}`,
    ].map((url): [string, Record<string, unknown>, string] => [
      `webhooks that nobody reaches: ${url.slice(0, 30)}`,
      { webhooks: true, url },
      'that Withings can reach',
    ]),
    ['an age as text', { dataFreshSeconds: '300' }, 'write 300'],
    ['a console as log', { log: {} }, 'log must have info, warn and error'],
    ['a name that is nearly one', { Owner: () => null }, 'Owner is not an option: did you mean owner'],
    ['a name from within', { clientId: 'id' }, 'clientId is not an option: it belongs in withings'],
    ['a name nearly from within', { clientID: 'id' }, 'did you mean withings.clientId'],
    ['a scope outside', { scope: ['user.info'] }, 'scope is not an option: it belongs in withings'],
    ['a user in the url', { url: 'https://ada:hush@x.example/w' }, "write 'https://x.example/w'"],
    ['a space in the url', { url: 'https://x.example/w ' }, "write 'https://x.example/w'"],
    ['a way up in the url', { url: 'https://x.example/a/../w' }, "write 'https://x.example/w'"],
    ['an empty step in the url', { url: 'https://x.example//w' }, "write 'https://x.example/w'"],
    ['a bad escape in the url', { url: 'https://x.example/%zz' }, 'a bad escape'],
    ['a parameter in the url', { url: 'https://x.example/:tenant/w' }, 'no parameters of a route'],
    ['a wildcard in the url', { url: 'https://x.example/*all' }, 'no parameters of a route'],
    ['the callback itself', { url: 'https://x.example/w/callback' }, "write 'https://x.example/w'"],
    ['a url too long to register', { url: `https://x.example/${'w'.repeat(230)}` }, '255 characters'],
    ['http to everybody', { url: 'http://x.example/w' }, "write 'https://x.example/w'"],
    ['a store that can little', { store: { readSession() {}, signIn() {}, close() {} } }, 'an open store'],
    [
      'a clock in seconds',
      { clocks: { ...clocks, now: () => clocks.now() / 1000 } },
      'must count in milliseconds',
    ],
    ['a clock that says a text', { clocks: { ...clocks, now: () => `${clocks.now()}` } }, 'milliseconds'],
    ['a clock that stands nowhere', { clocks: { ...clocks, monotonic: () => 'now' } }, 'milliseconds'],
    ['a return into the router', { returnTo: '/W/connect?mode=demo' }, 'none of the addresses of the router'],
    ['no number', { dataFreshSeconds: Number.NaN }, 'and is NaN'],
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
    ['no client but spaces', { clientId: '  ' }, 'withings.clientId must be as Withings shows it'],
    ['a client with a line end', { clientId: 'abc\n' }, 'withings.clientId must be as Withings shows it'],
    ['a secret from nothing', { clientSecret: 'undefined' }, 'withings.clientSecret must be'],
    ['a secret from null', { clientSecret: 'null' }, 'withings.clientSecret must be'],
    ['a scope that is none', { scope: ['user.metric'] }, "write ['user.metrics']"],
    ['a scope twice', { scope: ['user.info', 'user.info'] }, "write ['user.info']"],
    ['a set of scopes', { scope: new Set(['user.info']) }, "Set(1) { 'user.info' }"],
    ['two clouds', { cloud: 'eu', issuer: 'us', apiUrl: 'https://w.example/' }, 'names two clouds'],
    ['a cloud elsewhere', { cloud: 'us', apiUrl: 'https://wbsapi.withings.net/' }, 'names two clouds'],
    ['an issuer of nothing', { issuer: 'eu' }, 'without one leave it out'],
    ['an API with a query', { apiUrl: 'https://api.example/?a=/' }, "write 'https://api.example/'"],
    ['an API with a fragment', { apiUrl: 'https://api.example/#/' }, "write 'https://api.example/'"],
    ['an API in the open', { apiUrl: 'http://wbsapi.withings.net/' }, "write 'https://wbsapi.withings.net/'"],
    ['the same by its number', { apiUrl: 'http://[2001:db8::7]/' }, "write 'https://[2001:db8::7]/'"],
    [
      'a page with a state of its own',
      { authorizeUrl: 'https://w.example/a?state=x' },
      "write 'https://w.example/a'",
    ],
    ['an option from outside', { returnTo: '/' }, 'withings.returnTo is not an option: it belongs beside'],
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

test('a password in an address is not told', () => {
  const wrong = () =>
    attempt({ url: 'https://ada:hush@x.example/w' }, { apiUrl: 'https://ada:h@sh@w.example/' });
  expect(wrong).toThrow('https://…@x.example/w');
  expect(wrong).not.toThrow(/hush|h@sh/);
});

test.each([
  [undefined, 'options are missing'],
  [5, 'options must be an object'],
])('no options are missed, too: %s', (options, words) => {
  expect(() => createConnect(options as unknown as ConnectOptions)).toThrow(words);
});

test.each([
  'http://localhost:3000/w',
  'http://192.168.0.7/w',
  'http://[::1]:3000/w',
  'http://[fd00::7]/w',
  'http://web:3000/w',
  'https://x.example',
])('a url that works: %s', async (url) => {
  await attempt({ url, returnTo: '/withings' }).stop();
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
