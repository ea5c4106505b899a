import { expect, test } from '@jest/globals';
import { documentText, operation } from './document.ts';
import { type KnownError, knownErrors, oddities } from './known-errors.ts';
import { corrected, drawnAt, faultsOf } from './strict-answer.ts';
import { walk } from './walk.ts';

const { calls } = await walk();

test.each(knownErrors)('still in the document: $operationId says $says at $where', (error) => {
  const others = knownErrors.slice(0, knownErrors.indexOf(error));
  const drawn = drawnAt(corrected(operation(error.operationId), others), error.where);
  expect(drawn?.type ?? 'nothing').toBe(error.says);
});

test.each(knownErrors)('still needed: $operationId $where', (error) => {
  const others = knownErrors.filter((each) => each !== error);
  const answers = calls.filter(({ operationId }) => operationId === error.operationId);
  for (const less of [[], ...eachTypeAlone(error)]) {
    const known = [...others, ...less];
    const faults = answers.flatMap(({ answer }) => faultsOf(operation(error.operationId), answer, known));
    expect(faults).not.toEqual([]);
  }
});

test.each(oddities)('still in the document: $what', ({ written }) => {
  expect(documentText).toMatch(written);
});

/** Of several types each must be needed. */
function eachTypeAlone(error: KnownError): KnownError[][] {
  const type = 'type' in error.really ? error.really.type : undefined;
  return Array.isArray(type) ? type.map((one) => [{ ...error, really: { type: one } }]) : [];
}
