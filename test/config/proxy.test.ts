import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

const REAL = {
  WITHINGS_CLIENT_ID: 'id',
  WITHINGS_CLIENT_SECRET: 'secret',
  SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
};
const HTTPS_PROXY = 'http://proxy:3128';

function proxy(env: Record<string, string>, credentials = REAL): string | null {
  const result = readConfig({ ...credentials, ...env });
  if (!result.ok) throw new Error(result.faults.join());
  return result.config.withings.proxy?.href ?? null;
}

describe('the proxy that calls to Withings go through', () => {
  test.each([
    ['none', {}, null],
    ['HTTPS_PROXY', { HTTPS_PROXY }, 'http://proxy:3128/'],
    ['https_proxy', { https_proxy: HTTPS_PROXY }, 'http://proxy:3128/'],
    ['ALL_PROXY', { ALL_PROXY: 'https://proxy' }, 'https://proxy/'],
    ['one without a scheme', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
    ['HTTP_PROXY is for other calls', { HTTP_PROXY: HTTPS_PROXY }, null],
    ['all are excepted', { HTTPS_PROXY, NO_PROXY: '*' }, null],
    ['the host is', { HTTPS_PROXY, NO_PROXY: 'localhost, wbsapi.withings.net' }, null],
    ['its domain is', { HTTPS_PROXY, no_proxy: 'withings.net' }, null],
    ['its domain is, with a dot', { HTTPS_PROXY, NO_PROXY: '.withings.net' }, null],
    ['its domain is, with a star', { HTTPS_PROXY, NO_PROXY: '*.withings.net' }, null],
    ['its port is', { HTTPS_PROXY, NO_PROXY: 'withings.net:443' }, null],
    ['another port is', { HTTPS_PROXY, NO_PROXY: 'withings.net:8443' }, 'http://proxy:3128/'],
    ['the host is, in quotes', { HTTPS_PROXY, NO_PROXY: '"wbsapi.withings.net"' }, null],
    ['another domain is', { HTTPS_PROXY, NO_PROXY: 'ings.net,example.com,' }, 'http://proxy:3128/'],
  ])('%s', (_what, env, expected) => {
    expect(proxy(env)).toBe(expected);
  });

  test('never for a Withings on this machine', () => {
    const env = {
      WITHINGS_API_URL: 'https://127.0.0.1:4000/',
      WITHINGS_AUTHORIZE_URL: 'https://localhost/a',
    };
    expect(proxy({ ...env, HTTPS_PROXY })).toBeNull();
    expect(readConfig({ HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY })).toMatchObject({
      ok: true,
      config: { withings: { sandbox: true, proxy: null } },
    });
  });

  test.each([
    'socks5://u:hunter2@proxy',
    'http://u:hunter2%zz@proxy',
    'http://',
    '"http://u:hunter2@proxy:3128"',
    'http//u:hunter2@proxy:3128',
  ])('%s is refused by name', (value) => {
    const result = readConfig({ ...REAL, HTTPS_PROXY: value });
    const faults = result.ok ? '' : result.faults.join();
    expect(faults).toMatch(/^HTTPS_PROXY must be http:\/\/host:port/);
    expect(faults).not.toContain('hunter2');
    expect(proxy({ HTTPS_PROXY: value, NO_PROXY: 'withings.net' })).toBeNull(); // what is not used stops nobody
  });
});
