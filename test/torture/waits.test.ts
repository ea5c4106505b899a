import { expect, test } from '@jest/globals';
import { createWaits, judgeWaits } from './waits.js';

const PHASE_MS = 4000;

/** A run in which everybody waits as long as `waitOf` says for their phase. */
function run({ phases = 24, visits = 50, waitOf = (_hostile: boolean, _phase: number) => 10 }) {
  let now = 0;
  const waits = createWaits({ hostile: true, now: () => now });
  for (let phase = 0; phase < phases; phase += 1) {
    for (let visit = 0; visit < visits; visit += 1) {
      now = phase * PHASE_MS + visit;
      const ended = waits.begin();
      now += waitOf(waits.isHostile(), phase);
      ended(true);
    }
  }
  return judgeWaits(waits.phases);
}

test('people who wait as long as before are fine', () => {
  expect(run({})).toMatchObject({ verdict: 'fine', ratio: 1, noise: 1, pairs: 12 });
});

test('a wait of more than three times as long is too slow', () => {
  expect(run({ waitOf: (hostile) => (hostile ? 31 : 10) })).toMatchObject({
    verdict: 'too slow',
    ratio: 3.1,
  });
});

test('what slows everybody down as time goes by is nobody’s fault', () => {
  expect(run({ waitOf: (_hostile, phase) => 10 + phase * 20 }).verdict).toBe('fine');
});

test('a burst of other work on the machine is outvoted', () => {
  expect(run({ waitOf: (_hostile, phase) => (phase > 4 && phase < 10 ? 500 : 10) }).verdict).toBe('fine');
});

test.each([
  ['few phases', { phases: 6 }],
  ['few visits in each', { visits: 39 }],
])('%s say nothing', (_name, few) => {
  expect(run({ ...few, waitOf: (hostile) => (hostile ? 500 : 10) }).verdict).toBe('too few samples');
});

test('a machine that is never twice the same judges nobody', () => {
  const waitOf = (hostile: boolean, phase: number) => (hostile ? 500 : phase % 8 < 4 ? 10 : 100);
  expect(run({ waitOf }).verdict).toBe('too much noise');
});
