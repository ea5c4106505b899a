import type { OpenTotals } from '../store/connections.ts';
import { openTotals } from '../store/totals.ts';
import { askApp } from './app.ts';
import { checkCallback } from './callback.ts';
import { checkCustody } from './custody.ts';
import { type Finding, fails, warn } from './finding.ts';
import { checkProxy } from './proxy.ts';
import { checkQuota } from './quota.ts';
import { checkReach } from './reach.ts';
import { checkStore } from './store.ts';
import { whyNotOpened } from './store-file.ts';
import type { Surroundings } from './surroundings.ts';
import { checkInstances, checkNode } from './versions.ts';
import { checkWithings } from './withings.ts';

/** A group of checks, and what each has found. */
export interface Group {
  group: string;
  findings: Finding[];
}

/**
 * All checks of an installation, one group after the other, in the order in which somebody would look. The one thing
 * that is written is a row in the store, which is removed again.
 */
export async function* examine(around: Surroundings): AsyncGenerator<Group> {
  const { config, secrets, network, clocks } = around;
  const [newest] = secrets?.keys.doctor ?? [];
  const asking = newest ? { fetch: network.fetch, key: newest, now: clocks.now } : null;
  const heard = asking && (await askApp(config.publicUrl, asking));
  const here = asking && (await askApp(config.localUrl, asking));
  const isReady = here?.who === 'us' ? here.answer.ready : null;
  const ofTotals = (look: (totals: OpenTotals) => Promise<Finding[]>) => () => withTotals(around, look);

  const groups: [name: string, check: () => Promise<Finding[]>][] = [
    ['callback', async () => checkCallback(around)],
    ['reach', () => checkReach(around)],
    [
      'proxy',
      async () => (asking && heard ? checkProxy(heard, isReady !== null, asking, around) : NO_SECRET),
    ],
    ['Withings', () => checkWithings(around)],
    ['store', () => checkStore(around, isReady)],
    [
      'custody',
      ofTotals(async (totals) => {
        const [counted, old] = [await totals.countConnections(), await totals.countOldTokens(clocks.now())];
        return checkCustody({ ...counted, old }, clocks.now());
      }),
    ],
    [
      'versions',
      async () => [
        checkNode(around.node, clocks.now()),
        ...(asking && heard?.who === 'us' ? await checkInstances(asking, around) : []),
      ],
    ],
    [
      'quota',
      ofTotals(async (totals) =>
        checkQuota(await totals.readCallCounts(), config.callsPerMinute, clocks.now()),
      ),
    ],
  ];
  for (const [group, check] of groups) yield { group, findings: await check().catch(notEnded) };
}

const NO_SECRET = [
  warn(
    'Nobody can tell whether PUBLIC_URL leads here: there is no SESSION_SECRET yet.',
    'Start the app once, and run this again.',
  ),
];

async function withTotals(
  { config, secrets, clocks }: Surroundings,
  look: (totals: OpenTotals) => Promise<Finding[]>,
): Promise<Finding[]> {
  let totals: OpenTotals | null = null;
  try {
    if (secrets === null) throw new Error('There is no SESSION_SECRET yet.');
    const stranger = config.sharedStore === null ? whyNotOpened(config.dataDir) : null;
    if (stranger !== null) throw new Error(stranger);
    totals = await openTotals(config, secrets.encryption, clocks.monotonic);
    return await look(totals);
  } catch (error) {
    return [warn(`Not looked at: ${(error as Error).message}`, 'See what is said of the store.')];
  } finally {
    totals?.close();
  }
}

/** @param error whose message may quote what was asked */
function notEnded(error: unknown): Finding[] {
  const { name, code } = error as NodeJS.ErrnoException;
  return [
    fails(
      `This check did not come to its end (${code ?? name}).`,
      'Please report that: it is a fault of this program.',
    ),
  ];
}
