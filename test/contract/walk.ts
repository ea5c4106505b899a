import { buildTown, MAREN, TOMAS } from '../sandbox/town.ts';
import { DocumentedClient } from './documented-client.ts';
import { walkData } from './walk-data.ts';
import { walkNotifications } from './walk-notifications.ts';
import { grantFor, walkPartner, walkTokens } from './walk-tokens.ts';

const INES = 10000003;
const ADA = 10000004;
const JOSEPH = 10000005;

/** Every operation that the sandbox simulates, as one application would call them. */
export async function walk() {
  const town = buildTown();
  const documented = new DocumentedClient(town.app, () => town.clock.now);
  for (const userId of [MAREN, TOMAS]) {
    const token = await grantFor(documented, await town.authorize(userId));
    await walkData(documented, token, Math.floor(town.clock.now / 1000));
  }
  const chosen = async (userId: number) =>
    grantFor(documented, await town.authorize(userId, { selecteduser: String(userId) }));
  for (const userId of [INES, JOSEPH]) await documented.call('userv2-getdevice', {}, await chosen(userId));
  await town.fault('short-pages', { on: 'getmeas' });
  await documented.call('measure-getmeas', {}, await chosen(ADA));
  await walkNotifications(documented, await grantFor(documented, await town.authorize(MAREN)), town.app);
  await walkPartner(documented);
  await walkTokens(documented, await town.authorize(MAREN), await town.authorize(TOMAS));
  const { counters } = await town.state();
  town.sandbox.close();
  return { calls: documented.calls, counters };
}
