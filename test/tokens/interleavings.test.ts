import { describe, expect, jest, test } from '@jest/globals';
import { explore } from './model/explore.ts';
import type { Limits, Weakness } from './model/world.ts';

/**
 * The real grants.ts and renewal.ts, in every order of store and network steps that the limits of a row allow, with
 * a kill at any of them. In every state somebody who finds only the durable record must still be let in.
 * docs/custody.md explains the rows. `npm run model` goes to the end of the wide ones.
 */
const isDeep = process.env.MODEL === 'deep';
const STATES = isDeep ? 1_000_000 : 2000;
jest.setTimeout(isDeep ? 3_600_000 : 120_000);

const nothing: Limits = {
  weakness: 'none',
  kills: 0,
  lostReplies: 0,
  pauses: 0,
  rollbacks: 0,
  jobs: [['use']],
  eightHours: true,
  early: false,
};

const guards: [Exclude<Weakness, 'none'>, Partial<Limits>][] = [
  ['no intent', { kills: 1 }],
  ['no previous token', { lostReplies: 1, pauses: 1 }],
  ['use before persist', { kills: 1 }],
  ['no confirm', { lostReplies: 1, pauses: 1 }],
  ['no compare-and-set', { jobs: [['use'], ['use']] }],
  ['counter as write-id', { jobs: [['use'], ['refresh']], pauses: 1, rollbacks: 1, eightHours: false }],
];

async function expectNothingLost(limits: Partial<Limits>) {
  const found = await explore({ ...nothing, ...limits }, STATES);
  expect(found.lost).toBeNull();
  if (isDeep) process.stdout.write(`${JSON.stringify(limits)}: ${found.states} states\n`);
}

describe.each(guards)('%s', (weakness, limits) => {
  test('the search finds a lost connection', async () => {
    const found = await explore({ ...nothing, ...limits, weakness });
    expect(found.lost).not.toBeNull();
  });

  test('with the guard in place nothing is lost, in any order', () => expectNothingLost(limits));
});

test.each<[string, Partial<Limits>]>([
  ['a kill and a lost reply', { kills: 1, lostReplies: 1, pauses: 1 }],
  ['two kills', { kills: 2 }],
  ['a token that is due but still good', { early: true, kills: 1, lostReplies: 1, pauses: 1 }],
  ['the button pressed meanwhile', { early: true, jobs: [['use'], ['refresh']], lostReplies: 1 }],
  ['two processes and a kill', { jobs: [['use'], ['use']], kills: 1 }],
])('%s: nothing is lost', (_words, limits) => expectNothingLost(limits));
