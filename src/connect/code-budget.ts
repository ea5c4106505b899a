import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { addressOf } from '../web/address.ts';

/**
 * How many codes one sender may have exchanged. Withings' quota is everybody's: whoever brings codes that Withings
 * refuses has to wait, for longer each time. Counted by browser, and by address only above what a shared office does
 * not reach. Each process counts for itself.
 */
export interface CodeBudget {
  /** Seconds until this sender may try again; 0: now. */
  waitSeconds(sender: Sender): number;
  /** An exchange begins; call what this returns when it has ended. Null: too many were refused, or may be. */
  begin(sender: Sender): ((wasRefused: boolean) => void) | null;
}

/** Each key with how many refused codes it is forgiven. */
export type Sender = Map<string, number>;

const BROWSER_FREE = 3;
const ADDRESS_FREE = 30;
const FIRST_PAUSE_MS = 10_000;
const LAST_PAUSE_MS = 10 * 60_000;
/** So long after its last code nothing is held against a sender. */
const FORGET_MS = 15 * 60_000;
/** About 10 MB; whoever comes with more addresses than that is beyond counting. */
const MAX_SENDERS = 100_000;

interface Count {
  underWay: number;
  refused: number;
  pausedUntil: number;
  forgetAt: number;
}

/** @param browser as an attempt names it */
export function senderOf(req: Request, browser: string): Sender {
  return new Map([
    [`browser ${browser}`, BROWSER_FREE],
    [`address ${addressOf(req)}`, ADDRESS_FREE],
  ]);
}

export function createCodeBudget(now: () => number): CodeBudget {
  const counts = new LRUCache<string, Count>({ maxSize: MAX_SENDERS, sizeCalculation: () => 1 }); // `max` takes it all at once

  function countOf(key: string): Count {
    const known = counts.get(key);
    if (known && now() < known.forgetAt) return known;
    const fresh = { underWay: known?.underWay ?? 0, refused: 0, pausedUntil: 0, forgetAt: 0 };
    counts.set(key, fresh);
    return fresh;
  }

  function refuse(count: Count, free: number): void {
    count.refused += 1;
    const beyond = count.refused - free;
    if (beyond <= 0) return;
    count.pausedUntil = now() + Math.min(FIRST_PAUSE_MS * 2 ** (beyond - 1), LAST_PAUSE_MS);
  }

  /** Each that is under way may be refused: who sends many at a time gets no more than one after the other. */
  function isUsedUp({ free, count }: { free: number; count: Count }): boolean {
    return count.pausedUntil > now() || (count.underWay > 0 && count.refused + count.underWay > free);
  }

  return {
    waitSeconds(sender) {
      const until = Math.max(...[...sender.keys()].map((key) => countOf(key).pausedUntil));
      return Math.max(0, Math.ceil((until - now()) / 1000));
    },

    begin(sender) {
      const own = [...sender].map(([key, free]) => ({ free, count: countOf(key) }));
      if (own.some(isUsedUp)) return null;
      for (const { count } of own) {
        count.underWay += 1;
        count.forgetAt = now() + FORGET_MS;
      }
      return (wasRefused) => {
        for (const { free, count } of own) {
          count.underWay -= 1;
          if (wasRefused) refuse(count, free);
        }
      };
    },
  };
}
