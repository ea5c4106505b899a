import type { Grant } from '../store/grant.ts';
import { refreshDueAt } from '../tokens/state.ts';

/** Of the drawing, from the issue of a token to its end. */
const WIDTH = 1000;

/** The life of a token as a line. */
export interface Lifeline {
  width: number;
  now: number;
  /** From left to right: what is past of it, what is left, and the margin in which it is refreshed; or that it is over. */
  spans: { kind: 'past' | 'left' | 'margin' | 'expired'; from: number; to: number }[];
}

export function accessLifeline(grant: Grant, now: number, marginSeconds: number): Lifeline {
  const due = refreshDueAt(grant, marginSeconds);
  return lifeline({ issued: grant.accessIssuedAt, due, expires: grant.accessExpiresAt, now });
}

/** It is never due by itself. */
export function refreshLifeline({ refreshIssuedAt, refreshExpiresAt }: Grant, now: number): Lifeline {
  return lifeline({ issued: refreshIssuedAt, due: refreshExpiresAt, expires: refreshExpiresAt, now });
}

function lifeline(at: { issued: number; due: number; expires: number; now: number }): Lifeline {
  const x = (moment: number) => {
    const share = (moment - at.issued) / (at.expires - at.issued);
    return Math.round(Math.min(1, Math.max(0, share)) * WIDTH);
  };
  const [now, due] = [x(at.now), x(at.due)];
  const spans: Lifeline['spans'] =
    at.now >= at.expires
      ? [{ kind: 'expired', from: 0, to: WIDTH }]
      : [
          { kind: 'past', from: 0, to: now },
          { kind: 'left', from: now, to: due },
          { kind: 'margin', from: Math.max(now, due), to: WIDTH },
        ];
  return { width: WIDTH, now, spans: spans.filter(({ from, to }) => from < to) };
}
