import { register } from 'node:module';
import { tempDir } from './servers.js';

register('./typescript.js', import.meta.url);

/** What the tests simulate on a clock of its own (test/dashboard/rush.test.ts), in figures. */
export async function measureRushes() {
  const { drain, rush, rushOnTwo } = await import('../support/rushes.ts');
  const five = await rush(tempDir(), 5, { withNew: true });
  const one = await rush(tempDir(), 1);
  const { aMinute, most } = await drain(tempDir());
  const onTwo = await rushOnTwo(tempDir());
  return {
    five: {
      shown: five.shown.size,
      connected: five.connected,
      inVain: five.served.length - 5 * five.shown.size,
    },
    one: one.shown.size,
    most: Math.max(five.most, one.most, most),
    drained: aMinute,
    hoursFor8000: 16_000 / aMinute / 60,
    onTwo,
  };
}
