import type { Router } from 'express';
import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { World } from '../../world.ts';
import { dayOf, ymd } from '../calendar.ts';
import { daysWithData } from '../days-with-data.ts';
import { DEVICES, deviceId } from '../devices.ts';
import { isRefusal, page, pick, readDays, readTimes } from '../params.ts';
import { type Asked, serve } from '../serve.ts';
import { type Night, nightOf } from './nights.ts';
import { type Stage, stagesOf } from './stages.ts';
import { summaryOf } from './summary.ts';
import { seriesOf, vitalsOf } from './vitals.ts';

export function sleepRoutes(world: World): Router {
  const scopes = ['user.activity'];
  return serve(world, '/v2/sleep', {
    get: { endpoint: 'sleep get', scopes, answer: getSleep },
    getsummary: { endpoint: 'sleep getsummary', scopes, answer: getSummary },
  });

  /** The stages of the first 24 hours asked for, oldest first: a list (recorded), not the documented object. */
  function getSleep({ person, fields, now }: Asked): Answer {
    const times = readTimes(fields);
    if (isRefusal(times)) return times;
    const { start, end } = times;
    if (start === undefined) return invalidParams('invalid startdate');
    if (end === undefined) return invalidParams('invalid enddate');
    const until = Math.min(end, start + DAY);
    const days = { first: dayOf(start, person.timezone), last: dayOf(until, person.timezone) + 1, since: 0 };
    const nights = nightsOf(person, now, days);
    const series = nights.flatMap((night) =>
      stagesOf(person, night)
        .filter((stage) => stage.end > start && stage.start < until)
        .map((stage) => ({ ...stageOf(person, night, stage), ...seriesAsked(person, stage, fields) })),
    );
    return success({ series, model: nights[0] ? kindOf(nights[0]) : undefined });
  }

  /** One row a night, oldest first; values only where `data_fields` asks for them (documented). */
  function getSummary({ person, fields, now }: Asked): Answer {
    const asked = readDays(fields);
    if (isRefusal(asked)) return asked;
    const { rows, more, offset } = page(nightsOf(person, now, asked), fields);
    const series = rows.map((night) => {
      const data = pick(summaryOf(person, night.day) ?? {}, fields) ?? {};
      return { ...aboutNight(person, night), data };
    });
    return success({ series, more, offset });
  }

  function nightsOf(person: Person, now: number, asked: { first: number; last: number; since: number }) {
    return daysWithData(world.clock, person, now, asked)
      .map((day) => nightOf(person, day))
      .filter((night) => night !== undefined)
      .filter(({ syncedAt }) => syncedAt <= now && syncedAt >= asked.since);
  }
}

function stageOf({ userId }: Person, { device }: Night, { state, start, end }: Stage) {
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
function kindOf({ device }: Night): number {
  return device === DEVICES.mat ? 32 : 16;
}

function aboutNight({ userId, timezone }: Person, night: Night) {
  const synced = night.syncedAt / SECOND;
  return {
    id: (userId % 10_000) * 100_000 + night.day,
    timezone,
    model: kindOf(night),
    model_id: night.device.modelid,
    hash_deviceid: deviceId(userId, night.device),
    startdate: night.start / SECOND,
    enddate: night.end / SECOND,
    date: ymd(night.day),
    created: synced,
    modified: synced,
    completed: true,
  };
}
