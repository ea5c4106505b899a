import type { Grant } from '../store/grant.ts';
import { refreshDueAt } from '../tokens/state.ts';

/** Of the drawing, from the issue of a token to its end. */
const WIDTH = 1000;

export interface Lifeline {
  width: number;
  now: number;
  /** Where the refresh is due; null: this token is never refreshed. */
  due: number | null;
}

export function accessLifeline(grant: Grant, now: number, marginSeconds: number): Lifeline {
  const x = scale(grant.accessIssuedAt, grant.accessExpiresAt);
  return { width: WIDTH, now: x(now), due: x(refreshDueAt(grant, marginSeconds)) };
}

export function refreshLifeline({ refreshIssuedAt, refreshExpiresAt }: Grant, now: number): Lifeline {
  return { width: WIDTH, now: scale(refreshIssuedAt, refreshExpiresAt)(now), due: null };
}

function scale(from: number, to: number): (at: number) => number {
  return (at) => Math.round(Math.min(1, Math.max(0, (at - from) / (to - from))) * WIDTH);
}
