import { expect, test } from '@jest/globals';
import { addressOf } from '../../src/web/address.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:52110', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2ff::1', '2001:db8:1:200::/56'],
  ['[2001:db8:1:201:ffff::7]:443', '2001:db8:1:200::/56'],
  ['[2001:db8:1:201:ffff::7]', '2001:db8:1:200::/56'],
  ['unknown', 'unknown'],
  [undefined, 'gone'],
])('%s counts as %s', (ip, counted) => {
  expect(addressOf({ ip } as { ip: string })).toBe(counted);
});
