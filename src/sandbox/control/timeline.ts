import { HOUR, MINUTE } from '../clock.ts';
import type { PairState } from './state.ts';
import { timeWords } from './time-words.ts';

const MIN_SPAN = 6 * HOUR;
const MAX_SPAN = 48 * HOUR;
const MARGIN = 20 * MINUTE;
/** Of the drawing, in its own units. */
const WIDTH = 1000;
const LANE = 26;

/** A line of the drawing. `state` is also its shape: solid, dashed or dotted. */
export interface Bar {
  kind: 'access' | 'refresh';
  state: 'live' | 'grace' | 'dead';
  x1: number;
  x2: number;
  y: number;
}

export interface Timeline {
  width: number;
  height: number;
  bars: Bar[];
  /** Where the clock stands. */
  now: number;
  from: string;
  to: string;
}

/** The pairs of one grant, newest first, on one axis around the present. `now` in milliseconds. */
export function drawTimeline(pairs: PairState[], now: number): Timeline {
  const begins = pairs.map(({ issuedAt }) => Date.parse(issuedAt));
  const ends = pairs.map(({ accessExpiresAt }) => Date.parse(accessExpiresAt));
  const last = Math.max(now, ...ends.filter((end) => end < now + MAX_SPAN)) + MARGIN;
  const first = Math.max(Math.min(...begins, last - MIN_SPAN), last - MAX_SPAN);
  const x = (at: number) =>
    Math.round((Math.min(Math.max(at, first), last) - first) * (WIDTH / (last - first)));

  const bars = pairs.flatMap((pair, lane) => {
    const spans = [...accessSpans(pair, now), ...refreshSpans(pair, now, last)];
    return spans.map(({ kind, state, from, to }) => ({
      kind,
      state,
      x1: x(from),
      x2: x(to),
      y: lane * LANE + (kind === 'access' ? 8 : 18),
    }));
  });
  return {
    width: WIDTH,
    height: Math.max(1, pairs.length) * LANE,
    bars: bars.filter(({ x1, x2 }) => x2 > x1),
    now: x(now),
    from: timeWords(new Date(first).toISOString()),
    to: timeWords(new Date(last).toISOString()),
  };
}

type Span = Pick<Bar, 'kind' | 'state'> & { from: number; to: number };

/** A dead one is drawn up to its three hours or, when it was ended early, up to now. */
function accessSpans({ issuedAt, accessExpiresAt, state }: PairState, now: number): Span[] {
  const [from, expires] = [Date.parse(issuedAt), Date.parse(accessExpiresAt)];
  const to = state === 'live' ? expires : Math.min(expires, now);
  return [{ kind: 'access', state, from, to }];
}

/** Its year runs off the edge; what was replaced is dashed through its grace and dotted when dead. */
function refreshSpans(pair: PairState, now: number, edge: number): Span[] {
  const from = Date.parse(pair.issuedAt);
  const replaced = pair.replacedAt === null ? undefined : Date.parse(pair.replacedAt);
  if (pair.refreshState === 'live') return [{ kind: 'refresh', state: 'live', from, to: edge }];
  if (replaced === undefined) return [{ kind: 'refresh', state: 'dead', from, to: now }];
  const after: Span =
    pair.refreshState === 'in grace'
      ? { kind: 'refresh', state: 'grace', from: replaced, to: replaced + 8 * HOUR }
      : { kind: 'refresh', state: 'dead', from: replaced, to: Math.min(now, replaced + 8 * HOUR) };
  return [{ kind: 'refresh', state: 'live', from, to: replaced }, after];
}
