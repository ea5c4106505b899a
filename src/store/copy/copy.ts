import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Encryption } from '../encryption.ts';
import { HELD_ADVICE } from '../restored.ts';
import type { Batch, CopyableStore } from './contract.ts';
import { type CopyMark, lostMark, markedWords } from './mark.ts';
import { checkSecrets, tally, tallyWords } from './verify.ts';

export interface CopyOptions {
  source: CopyableStore;
  target: CopyableStore;
  /** What the operator calls the two; without a password. */
  from: string;
  to: string;
  encryption: Encryption;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Takes a line in plain words. */
  onLine: (line: string) => void;
}

/**
 * Copies everything that is not over into an empty store, and closes the one it came from. No token is ever in use in
 * two stores, as the app writes to none that has a mark:
 *
 * 1. The source is frozen before its first record is read.
 * 2. The target is claimed, and filled if it is empty. What another run had begun to fill is cleared first.
 * 3. What has arrived is on the disk, and the same as what was sent.
 * 4. The source is closed for good. This is the one moment at which the tokens change hands.
 * 5. The mark goes from the target. Whoever was killed before that has only this to do, and a run does it again.
 *
 * Killed before step 4, it leaves both stores marked, for another run or for `abandonCopy`. Two runs at once: the later
 * one goes on, as every step of the other asks for a mark that is no longer there.
 *
 * @throws Error with words for the operator, or a code of the store; the target is then empty, and the source open
 */
export async function copyStore(options: CopyOptions): Promise<void> {
  const { source, target, from, to, now, onLine } = options;
  const found = await source.readMark();
  if (found?.state === 'closed') return finish(found, options);
  if (found !== null && found.state !== 'frozen') throw new Error(markedWords(found));
  if ((await source.heldSince()) !== null) throw new Error(`${from} is held: ${HELD_ADVICE}`);
  const at = now();
  if (!(await checkSecrets(source.records(at), options.encryption))) {
    onLine(
      'Some connections are sealed under a secret that SESSION_SECRET does not list: they are copied as they are.',
    );
  }
  const run = randomBytes(12).toString('base64url');
  const mark = (state: CopyMark['state']): CopyMark => ({ state, run, from, to, at });
  try {
    await swap(source, found, mark('frozen'));
    await beginFilling(target, mark, found?.run);
    const put = (batch: Batch) => target.put(mark('filling'), batch);
    const sent = await tally(source.records(at), (records) => onLine(`${records} records copied`), put);
    await swap(target, mark('filling'), mark('filled'));
    if (!(await target.sync())) onLine(unsaid(to));
    const arrived = await tally(target.records(at), (records) => onLine(`${records} records compared`));
    if (!isDeepStrictEqual(arrived, sent)) throw new Error(`What has arrived in ${to} is not what was sent.`);
    await swap(source, mark('frozen'), mark('closed'));
    onLine(`Copied: ${tallyWords(sent)}.`);
    await finish(mark('closed'), options);
  } catch (error) {
    await giveUp(options, run).catch(() =>
      onLine('One of the stores is out of reach, and may still have its mark.'),
    );
    throw error;
  }
}

/**
 * Opens the source again, and empties the target.
 *
 * @param openTarget is asked only when the source is open: the target may be gone for good
 */
export async function abandonCopy(
  { source, from, to, onLine }: Pick<CopyOptions, 'source' | 'from' | 'to' | 'onLine'>,
  openTarget: () => Promise<CopyableStore>,
): Promise<void> {
  const mark = await source.readMark();
  if (mark?.state !== 'frozen') throw new Error(mark ? markedWords(mark) : `${from} is not being copied.`);
  await swap(source, mark, null);
  onLine(`${from} is open: the app may be started on it.`);
  const target = await openTarget();
  await empty(target, mark.run);
  target.close();
  onLine(`${to} has nothing of it.`);
}

async function beginFilling(
  target: CopyableStore,
  mark: (state: CopyMark['state']) => CopyMark,
  runBefore: string | undefined,
): Promise<void> {
  const left = await target.readMark();
  if (left?.state === 'frozen' || left?.state === 'closed') throw new Error(markedWords(left));
  // Who filled it may have closed its own source; unless that is ours, which was still open to be frozen.
  if (left?.state === 'filled' && left.run !== runBefore) throw new Error(markedWords(left));
  if (left === null || left.state === 'claimed') {
    await swap(target, left, mark('claimed'));
    for await (const { kind } of target.records(0)) {
      if (kind === 'meta') continue; // a key that has named nobody yet gives way
      throw new Error(`${mark('claimed').to} is not empty: there are ${kind} in it.`);
    }
    return swap(target, mark('claimed'), mark('filling'));
  }
  await swap(target, left, mark('filling'));
  await target.clear(mark('filling'));
}

/** The source is closed: what is left is to make that last, and to open the target. */
async function finish(closed: CopyMark, { source, target, from, to, onLine }: CopyOptions): Promise<void> {
  const left = await target.readMark();
  if (left?.run === closed.run) {
    if (!(await source.sync())) onLine(unsaid(from));
    await swap(target, left, null);
  } else if (left !== null || to !== closed.to) throw new Error(markedWords(left ?? closed));
  onLine(
    `Everything has arrived: start the app on ${to}. ${from} is closed for good; remove it when ${to} has a backup.`,
  );
}

/** The answer to the closing may have been lost: the target is emptied only when the source is known not to be closed. */
async function giveUp({ source, target }: CopyOptions, run: string): Promise<void> {
  const mark = await source.readMark();
  if (mark?.state === 'frozen' && mark.run === run) await swap(source, mark, null);
  if ((await source.readMark())?.run !== run) await empty(target, run);
}

async function empty(target: CopyableStore, run: string): Promise<void> {
  const left = await target.readMark();
  if (left?.run !== run) return;
  if (left.state !== 'claimed') await target.clear(left); // what was there when it was claimed is not ours
  await swap(target, left, null);
}

async function swap(store: CopyableStore, from: CopyMark | null, to: CopyMark | null): Promise<void> {
  if (!(await store.swapMark(from, to))) throw lostMark();
}

function unsaid(store: string): string {
  return `${store} does not say whether it has all of that on its disk: keep a backup of both stores.`;
}
