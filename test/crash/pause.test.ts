import { expect, jest, test } from '@jest/globals';
import { freePort } from '../support/machine.ts';
import { REFRESH } from '../support/sandbox.ts';
import { isHeld, works } from './judge.ts';
import { connectedTown, DUE, HOUR, MINUTE, type Plan, type Town } from './town.ts';

jest.setTimeout(30_000);

/**
 * The holder of the lease is stopped, for longer than a lease lasts. Another process finishes the refresh. Then the
 * holder goes on where it was.
 */
async function overtaken(stopAt: (town: Town) => Promise<unknown>) {
  const town = await connectedTown();
  const { provider, program, visitor, pass } = town;
  pass(DUE);
  const stopped = stopAt(town);
  const pressed = visitor.post('/refresh').then();
  await stopped;
  const made = (await provider.pairs()).length;

  pass(MINUTE);
  town.plan(null);
  await town.start({ PORT: String(await freePort()), SWEEP_SECONDS: '1' });
  await town.swept();
  const settled = await town.grant();

  program.kill('SIGCONT');
  expect((await pressed).status).toBe(303);
  expect(await town.grant()).toEqual(settled); // what the late one brought was dropped
  const refreshes = await provider.calls(REFRESH);
  const lost = made === 2 ? (await provider.pairs())[1] : undefined;

  pass(8 * HOUR + 30 * MINUTE);
  expect(await works(town)).toEqual({ measures: 200, state: 'connected' });
  expect(await isHeld(town, await town.grant())).toBe(true);
  expect(town.usedTooEarly).toEqual([]);
  return { refreshes, lost };
}

test('stopped when its call arrives: its pair comes too late and is never used', async () => {
  const { refreshes, lost } = await overtaken(({ provider, program }) =>
    provider.strike('/v2/oauth2', 'arrival', () => {
      program.kill('SIGSTOP');
      return 'go on';
    }),
  );
  expect(refreshes).toBe(2);
  expect(lost?.used).toBe(false);
});

/** Stops itself at the nth write of the grant. */
const at = (nth: number, deed: Plan['deed']) => async (town: Town) => {
  town.plan({ at: '^UPDATE grants', nth, deed });
  await town.program.stopped();
};

test('stopped with the answer in its hands: it cannot write over the newer pair', async () => {
  const { refreshes, lost } = await overtaken(at(2, 'pause before'));
  expect(refreshes).toBe(2);
  expect(lost?.used).toBe(false);
});

test('stopped between intent and call: it does not send what another has sent meanwhile', async () => {
  const { refreshes } = await overtaken(at(1, 'pause after'));
  expect(refreshes).toBe(1);
});
