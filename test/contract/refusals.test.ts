import { afterAll, expect, test } from '@jest/globals';
import request from 'supertest';
import { buildTown } from '../sandbox/town.ts';
import { operation, operations } from './document.ts';
import { DocumentedClient } from './documented-client.ts';
import { faultsOf } from './strict-answer.ts';
import { unsimulated } from './unsimulated.ts';
import { walk } from './walk.ts';
import { undeliverable } from './walk-tokens.ts';

const town = buildTown();
afterAll(() => town.sandbox.close());
const { calls } = await walk();

/** Pages for people: answers of another kind. */
const PAGES = ['oauth2-authorize'];

test('every documented operation is walked, or on the list of those not simulated', () => {
  const walked = new Set(calls.map(({ operationId }) => operationId));
  const all = operations.map(({ id }) => id);
  const open = all.filter((id) => !walked.has(id) && !PAGES.includes(id));
  expect(open.sort()).toEqual([...unsimulated].sort());
});

test.each(unsimulated)('%s is not implemented, and says so as Withings would', async (id) => {
  const { path, action } = operation(id);
  const answer = await request(town.app).post(path).type('form').send({ action });
  expect({ httpStatus: answer.status, status: answer.body.status }).toEqual({
    httpStatus: 200,
    status: 2554,
  });
});

test('an address that nothing can be delivered to: the one refusal that the document draws', async () => {
  const documented = new DocumentedClient(town.app, () => town.clock.now);
  await documented.signed('dropshipmentv2-createuserorder', undeliverable);
  const answer = documented.calls.at(-1)?.answer;
  expect(answer).toEqual({ status: 503, body: { invalid_address_customer_ref_ids: ['ref-1'] } });
  expect(faultsOf(operation('dropshipmentv2-createuserorder'), answer)).toEqual([]);
});
