import type { Router } from 'express';
import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { World } from '../../world.ts';
import { dayOf, ymd } from '../calendar.ts';
import { daysWithData, modifiedAt } from '../days-with-data.ts';
import { DEVICES, deviceId } from '../devices.ts';
import { type Days, isRefusal, page, pick, readDays, readTimes } from '../params.ts';
import { type Asked, serve } from '../serve.ts';
import { type Sleep, sleepsOf } from './sleeps.ts';
import { type Stage, stagesOf } from './stages.ts';
import { ratesOf, summariesOf } from './summary.ts';
import { seriesOf, vitalsOf } from './vitals.ts';

export function sleepRoutes(world: World): Router {
  const scopes = ['user.activity'];
  return serve(world, '/v2/sleep', {
    get: { endpoint: 'sleep get', scopes, answer: getSleep },
    getsummary: { endpoint: 'sleep getsummary', scopes, answer: getSummary },
  });

  /**
   * The stages of the first 24 hours asked for, oldest first.
   *
   * @differs sleep get (S): `series` is a list, not an object, and its items have a `hash_deviceid`
   */
  function getSleep({ person, fields, now }: Asked): Answer {
    const times = readTimes(fields);
    if (isRefusal(times)) return times;
    const { start, end } = times;
    if (start === undefined) return invalidParams('invalid startdate');
    if (end === undefined) return invalidParams('invalid enddate');
    const until = Math.min(end, start + DAY);
    const days = { first: dayOf(start, person.timezone), last: dayOf(until, person.timezone) + 1, since: 0 };
    const sleeps = knownSleeps(person, now, days);
    const series = sleeps.flatMap((sleep) =>
      stagesOf(person, sleep)
        .filter((stage) => stage.end > start && stage.start < until)
        .map((stage) => ({ ...stageOf(person, sleep, stage), ...seriesAsked(person, stage, fields) })),
    );
    return success({ series, model: sleeps[0] ? kindOf(sleeps[0]) : undefined });
  }

  /**
   * Values only where `data_fields` asks for them (documented).
   *
   * @differs sleep getsummary (S): a row for each device and each sleep, naps too: one date may have several
   */
  function getSummary(asked: Asked): Answer {
    const { person, fields, now } = asked;
    const days = readDays(fields);
    if (isRefusal(days)) return days;
    const { rows, more, offset } = page(knownSleeps(person, now, days), asked);
    const series = rows.map((sleep) => {
      const data = pick(summaryOf(person, sleep, fields), fields) ?? {};
      return { ...aboutSleep(person, sleep), data };
    });
    return success({ series, more, offset });
  }

  function knownSleeps(person: Person, now: number, days: Days) {
    return daysWithData(world.clock, person, now, days)
      .flatMap((day) => sleepsOf(person, day))
      .filter(({ syncedAt }) => syncedAt <= now)
      .map((sleep) => ({ ...sleep, modified: modifiedAt(world.clock, person, sleep.syncedAt) }))
      .filter(({ modified }) => modified >= days.since);
  }
}

function stageOf({ userId }: Person, { device }: Sleep, { state, start, end }: Stage) {
  return {
    startdate: start / SECOND,
    enddate: end / SECOND,
    state,
    model: device.model,
    model_id: device.modelid,
    hash_deviceid: deviceId(userId, device),
  };
}

const SERIES = ['hr', 'rr', 'snoring', 'sdnn_1', 'rmssd', 'mvt_score'] as const;

function seriesAsked(person: Person, stage: Stage, fields: Asked['fields']) {
  const vitals = vitalsOf(person, stage);
  return pick(Object.fromEntries(SERIES.map((kind) => [kind, seriesOf(vitals, kind)])), fields);
}

/** 32 lies under the mattress, 16 is on the wrist (documented). */
function kindOf({ device }: Sleep): number {
  return device === DEVICES.mat ? 32 : 16;
}

function summaryOf(person: Person, { day, kind }: Sleep, fields: Asked['fields']) {
  const index = sleepsOf(person, day).findIndex((sleep) => sleep.kind === kind);
  const isRated = /\b(hr|rr|snoring)/.test(fields.get('data_fields') ?? '');
  return { ...summariesOf(person, day)[index], ...(isRated ? ratesOf(person, day)[index] : {}) };
}

function aboutSleep({ userId, timezone }: Person, sleep: Sleep & { modified: number }) {
  const known = sleep.modified / SECOND;
  return {
    id: (userId % 10_000) * 1_000_000 + sleep.day * 10 + sleep.kind,
    timezone,
    model: kindOf(sleep),
    model_id: sleep.device.modelid,
    hash_deviceid: deviceId(userId, sleep.device),
    startdate: sleep.start / SECOND,
    enddate: sleep.end / SECOND,
    date: ymd(sleep.day),
    created: known,
    modified: known,
    completed: true,
  };
}
