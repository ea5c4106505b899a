import { expect, test } from '@jest/globals';
import { memoizeDay } from '../../src/sandbox/data/memoize-day.ts';
import { demoPerson } from '../../src/sandbox/seeded-people.ts';

test('a day is worked out once, until so many others have been asked for that it is forgotten', () => {
  const worked: number[] = [];
  const read = memoizeDay((_person, day) => worked.push(day));
  for (let twice = 0; twice < 2; twice += 1) for (const day of [1, 2]) read(demoPerson, day);
  expect(worked).toEqual([1, 2]);
  for (let day = 3; day < 10_000; day += 1) read(demoPerson, day);
  const before = worked.length;
  read(demoPerson, 9999);
  expect(worked).toHaveLength(before);
  read(demoPerson, 1);
  expect(worked).toHaveLength(before + 1);
});
