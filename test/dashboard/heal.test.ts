import { expect, test } from '@jest/globals';
import { createHealing } from '../../public/heal.js';
import { createTimers } from '../support/timers.ts';

/** A page's healing with a clock that the test moves, and what it waits for. */
function startHealing() {
  const timers = createTimers();
  const seen = { renewals: 0 };
  const healing = createHealing({
    renew() {
      seen.renewals += 1;
    },
    clock: timers.clock,
  });
  const waits = () => timers.waits().map((ms) => ms / 1000);
  const { runOut } = timers;
  return { ...healing, seen, waits, runOut };
}

test('what shows trouble is asked for again after 30, 60 and then every 120 seconds', () => {
  const { shown, seen, waits, runOut } = startHealing();
  for (const [renewals, seconds] of [30, 60, 120, 120].entries()) {
    shown(0);
    expect([seen.renewals, waits()]).toEqual([renewals, [seconds]]);
    runOut();
  }
});

test('a page that is well asks nothing, and the next trouble begins anew', () => {
  const { shown, waits, runOut } = startHealing();
  shown(0);
  runOut();
  shown(null);
  expect(waits()).toEqual([]);
  shown(0);
  expect(waits()).toEqual([30]);
});

test('however often a page is made meanwhile, one timer runs', () => {
  const { shown, waits } = startHealing();
  for (let i = 0; i < 5; i += 1) shown(0);
  expect(waits()).toEqual([30]);
});

test('whoever has a turn waits for it', () => {
  const { shown, waits } = startHealing();
  shown(17);
  expect(waits()).toEqual([17]);
});

test('stopped, it asks nothing', () => {
  const { shown, stop, waits } = startHealing();
  shown(0);
  stop();
  expect(waits()).toEqual([]);
});
