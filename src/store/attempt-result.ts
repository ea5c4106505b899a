import { z } from 'zod';
import type { AttemptResult } from './store.ts';

const result = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('connected') }),
  z.object({ kind: z.literal('problem'), code: z.string() }),
]);

/** How an attempt ended, as a store has kept it. */
export function readAttemptResult(text: string): AttemptResult {
  return result.parse(JSON.parse(text));
}
