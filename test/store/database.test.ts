import { expect, test } from '@jest/globals';
import { openDatabase } from '../../src/store/sqlite/database.ts';

test('what would end the process or cut the text never reaches the store', () => {
  const db = openDatabase(':memory:', 'NORMAL');
  for (const value of [
    undefined,
    true,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 60,
    'a\0b',
    new Uint8Array(1),
    {},
  ]) {
    expect(() => db.get('SELECT ? AS x', value as string)).toThrow(TypeError);
  }
  expect(db.get('SELECT ? AS x', 'a')).toEqual({ x: 'a' });
  db.close();
});
