import { z } from 'zod';

const schema = z.object({
  /**
   * Of the store that is copied: `frozen` until all of it has arrived, then `closed` for good. Of the one that is
   * filled: `claimed` until it is known to be empty, `filling`, and `filled` when nothing is missing.
   */
  state: z.enum(['frozen', 'closed', 'claimed', 'filling', 'filled']),
  /** New for each run of the program, so that no two ever hold a mark together. */
  run: z.string(),
  /** What the operator calls the two stores; without a password. */
  from: z.string(),
  to: z.string(),
  /** When that run began, in milliseconds since 1970. */
  at: z.number(),
});

/** Lies in a store that is being copied or filled. While it does, the app does not start there and no write goes through. */
export type CopyMark = z.output<typeof schema>;

/** What a write is refused with. */
export const FROZEN = 'This store takes no writes: it is being copied, or was (npm run migrate-store)';

export function lostMark(): Error {
  return new Error('This run has lost its mark: another run has taken over, or the store has lost data.');
}

export function readMark(text: string): CopyMark {
  return schema.parse(JSON.parse(text));
}

/** The same mark gives the same text. */
export function writeMark({ state, run, from, to, at }: CopyMark): string {
  return JSON.stringify({ state, run, from, to, at });
}

/** Why the app does not start on a store with this mark, and what to do. */
export function markedWords({ state, from, to, at }: CopyMark): string {
  const day = new Date(at).toISOString().slice(0, 10);
  if (state === 'closed')
    return `What this store held was copied to ${to} on ${day}: start the app on that one.`;
  const which =
    state === 'frozen' ? `This store was being copied to ${to}` : `${from} was being copied into this store`;
  return `${which}, and that has not ended. To go on: npm run migrate-store -- ${from} ${to}. To give it up: npm run migrate-store -- --abandon ${from} ${to}`;
}
