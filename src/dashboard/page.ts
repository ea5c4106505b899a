import type { Grant } from '../session/grant.ts';
import { refreshDueAt } from '../tokens/timing.ts';
import { problemOf, WAYS_ON } from '../web/problems.ts';
import type { Measure } from '../withings/answers.ts';
import { MEASTYPES, WEIGHT } from '../withings/meastypes.ts';
import { connectionOf } from './connection.ts';
import type { Reading } from './measures.ts';
import { duration, moment, scopeWords } from './words.ts';

/** Everything the dashboard view says, in words: the view itself decides nothing. */
export function dashboardPage(grant: Grant, reading: Reading, now: number, marginSeconds: number) {
  const { state, problem } = connectionOf(grant);
  return {
    state,
    headline: HEADLINES[state],
    summary: summary(grant, state, now, marginSeconds),
    problem,
    since: grant.ended && moment(grant.ended.at, now),
    userId: grant.userId,
    demo: grant.demo,
    connected: moment(grant.connectedAt, now),
    granted: grant.scope.map(scopeWords),
    refused: grant.askedScope.filter((scope) => !grant.scope.includes(scope)).map(scopeWords),
    accessToken: {
      issued: moment(grant.accessIssuedAt, now),
      expires: moment(grant.accessExpiresAt, now),
      expired: grant.accessExpiresAt <= now,
    },
    refreshToken: {
      issued: moment(grant.refreshIssuedAt, now),
      expires: moment(grant.refreshExpiresAt, now),
    },
    lastRefresh: grant.lastRefresh && {
      ...moment(grant.lastRefresh.at, now),
      outcome: outcomeWords(grant.lastRefresh.outcome),
    },
    weight: weightPanel(reading, now),
    canRefresh: grant.ended === null,
    made: moment(now, now),
  };
}

const HEADLINES = {
  connected: 'Connected',
  degraded: 'Connected, but Withings does not answer as it should',
  'needs-reconnect': 'Please connect again',
  refreshing: 'Connected',
  unlinked: 'The demo is over',
  'not-connected': 'Not connected',
};

function summary(grant: Grant, state: string, now: number, marginSeconds: number): string {
  if (state === 'unlinked')
    return 'Withings takes the app away from its demo users after a day. Nothing is wrong.';
  if (state === 'needs-reconnect') return 'Withings no longer accepts our permission. One click repairs it.';
  const left = grant.accessExpiresAt - now;
  if (state === 'degraded') {
    return left > 0
      ? `The token we have serves for another ${duration(left)}. We keep trying.`
      : 'The token we had has expired. We try again at your next visit.';
  }
  const due = refreshDueAt(grant, marginSeconds) - now;
  return due > 0
    ? `The token is good for ${duration(left)}. In its last minutes a visit renews it, unnoticed.`
    : `The token is good for ${duration(left)}. It is being renewed.`;
}

function outcomeWords(outcome: string): string {
  return outcome === 'refreshed' ? 'a new pair of tokens' : problemOf(outcome).title;
}

/** The latest weight, or in words why there is none. */
function weightPanel(reading: Reading, now: number) {
  if (!reading.ok) {
    const { title, advice, wayOn } = problemOf(reading.code);
    return { kind: 'problem' as const, title, advice, wayOn: WAYS_ON[wayOn] };
  }
  const latest = latestOf(reading.measures, WEIGHT);
  if (!latest) return { kind: 'empty' as const };
  return {
    kind: 'value' as const,
    value: latest.value.toFixed(1),
    unit: MEASTYPES.get(WEIGHT)?.unit ?? '',
    at: moment(latest.at.getTime(), now),
  };
}

function latestOf(measures: Measure[], type: number): Measure | undefined {
  return measures
    .filter((measure) => measure.type === type)
    .reduce<Measure | undefined>((best, next) => (best && best.at >= next.at ? best : next), undefined);
}
