import type { CopyMark } from './mark.ts';
import type { Batch } from './records.ts';

/** A store as `copy.ts` needs it, to read it out or to fill it. */
export interface CopyableStore {
  readMark(): Promise<CopyMark | null>;
  /**
   * Compare-and-set. From the moment that a mark is there, every write of the `Store` fails. False: it was another
   * one, and stays.
   */
  swapMark(from: CopyMark | null, to: CopyMark | null): Promise<boolean>;
  /** Everything that is not over at this moment, a few hundred rows at a time: grants, subscriptions, sessions, attempts. */
  records(now: number): AsyncIterable<Batch>;
  /** @throws when this mark is not there: another run has replaced it */
  put(mark: CopyMark, batch: Batch): Promise<void>;
  /**
   * Removes every record.
   *
   * @throws when this mark is not there
   */
  clear(mark: CopyMark): Promise<void>;
  /**
   * Resolves when everything written so far is on the disk. False: this store does not say.
   *
   * @throws when it cannot be written there
   */
  sync(): Promise<boolean>;
  close(): void;
}

/** At most a megabyte; a server that takes them in one step is held up for some ten milliseconds. */
export const BATCH = 250;
