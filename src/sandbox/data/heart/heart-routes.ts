import type { Router } from 'express';
import { SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { World } from '../../world.ts';
import { dayOf } from '../calendar.ts';
import { daysWithData } from '../days-with-data.ts';
import { deviceId } from '../devices.ts';
import { type Days, isRefusal, page, readTimes } from '../params.ts';
import { type Asked, serve } from '../serve.ts';
import { dayOfSignal, type Recording, recordingOf } from './recordings.ts';
import { shapeOf, signalOf } from './signal.ts';

/** ECG recordings. Those asked for with a `signal_token` are for contract partners and not simulated. */
export function heartRoutes(world: World): Router {
  const scopes = ['user.metrics'];
  return serve(world, '/v2/heart', {
    list: { endpoint: 'heart list', scopes, answer: list },
    get: { endpoint: 'heart get', scopes, answer: get },
  });

  /** @differs heart list (I): the newest first */
  function list(asked: Asked): Answer {
    const { person, fields, now } = asked;
    const times = readTimes(fields);
    if (isRefusal(times)) return times;
    const { start = 0, end = now } = times;
    const days = { first: dayOf(start, person.timezone), last: dayOf(end, person.timezone), since: 0 };
    const recordings = recordingsOf(person, now, days).filter(({ at }) => at >= start && at <= end);
    const { rows, more, offset } = page(recordings.reverse(), asked);
    return success({ series: rows.map((recording) => describe(person, recording)), more, offset });
  }

  function get({ person, fields, now }: Asked): Answer {
    const signalid = fields.get('signalid') ?? '';
    const day = /^\d{1,15}$/.test(signalid) ? dayOfSignal(Number(signalid)) : -1;
    const found = recordingsOf(person, now, { first: day, last: day, since: 0 });
    const recording = found.find((each) => String(each.signalid) === signalid);
    if (!recording) return invalidParams('invalid signalid');
    const { frequency, wearposition } = shapeOf(recording);
    return success({
      signal: signalOf(recording),
      sampling_frequency: frequency,
      wearposition,
      model: recording.device.modelid,
      heart_rate: recording.pulse,
    });
  }

  function recordingsOf(person: Person, now: number, days: Days) {
    return daysWithData(world.clock, person, now, days)
      .map((day) => recordingOf(person, day))
      .filter((recording) => recording !== undefined)
      .filter(({ at }) => at <= now);
  }
}

/** `afib` 0: no sign of atrial fibrillation (documented). */
function describe({ userId }: Person, { signalid, at, device, pulse, bloodPressure }: Recording) {
  return {
    deviceid: deviceId(userId, device),
    model: device.modelid,
    ecg: { signalid, afib: 0 },
    ...(bloodPressure ? { bloodpressure: bloodPressure } : {}),
    heart_rate: pulse,
    modified: at / SECOND,
    timestamp: at / SECOND,
  };
}
