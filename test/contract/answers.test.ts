import { expect, test } from '@jest/globals';
import { ENDPOINTS } from '../../src/sandbox/wire/endpoints.ts';
import { operation, operations } from './document.ts';
import { neverSent } from './never-sent.ts';
import { drawnPlaces, filledPlaces } from './places.ts';
import { objectionsTo } from './request-check.ts';
import { corrected, faultsOf } from './strict-answer.ts';
import { walk } from './walk.ts';

const { calls, counters } = await walk();
const walked = operations.filter(({ id }) => calls.some(({ operationId }) => operationId === id));

test.each(calls)('asked as documented: $operationId $told', ({ operationId, sent }) => {
  expect(objectionsTo(operation(operationId), sent)).toEqual([]);
});

test.each(calls)(
  'answered as documented: $operationId $told',
  ({ operationId, httpStatus, text, answer }) => {
    expect({ httpStatus, text, status: answer.status }).toEqual({ httpStatus: 200, text, status: 0 });
    expect(text).not.toMatch(/undefined|NaN|Infinity/);
    expect(faultsOf(operation(operationId), answer)).toEqual([]);
  },
);

test.each(walked)('answered in full: $id', (one) => {
  const answers = calls.filter(({ operationId }) => operationId === one.id).map(({ answer }) => answer);
  const filled = new Set(answers.flatMap((answer) => filledPlaces(answer)));
  const excused = neverSent
    .filter(({ operationId }) => operationId === one.id)
    .flatMap(({ places }) => places);
  const empty = drawnPlaces(corrected(one)).filter((place) => !filled.has(place));
  expect(empty.sort()).toEqual(excused.sort());
});

test('the walk passes every endpoint of the sandbox, so none is without documentation', () => {
  const passed = Object.keys(counters).filter((name) => counters[name].ok > 0);
  expect(ENDPOINTS.filter((name) => !passed.some((each) => each.startsWith(name)))).toEqual([]);
});
