import { SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { DEVICES } from '../devices.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise } from '../noise.ts';
import { type Sleep, sleepsOf } from './sleeps.ts';
import { AWAKE, DEEP, LIGHT, REM, stagesOf, UNSPECIFIED } from './stages.ts';
import { type Vitals, vitalsOf } from './vitals.ts';

/**
 * Whatever stages tell of each sleep that ended on a day, as `data_fields` names it; times in s.
 *
 * @differs sleep getsummary (S): of older devices `lightsleepduration`, `remsleepduration` and `deepsleepduration` are `null`, and
 * `total_sleep_time` is given
 */
export const summariesOf = memoizeDay((person, day) =>
  sleepsOf(person, day).map((sleep) => summarize(person, sleep)),
);

/** And what heart and breath do; rates a minute, snoring in s. Worked out alone: it costs more than all others. */
export const ratesOf = memoizeDay((person, day) =>
  sleepsOf(person, day).map((sleep) =>
    rates(stagesOf(person, sleep).flatMap((stage) => vitalsOf(person, stage))),
  ),
);

function summarize(person: Person, night: Sleep) {
  const stages = stagesOf(person, night);
  const spent = (...states: number[]) => {
    const those = stages.filter(({ state }) => states.includes(state));
    return those.reduce((sum, { start, end }) => sum + (end - start) / SECOND, 0);
  };
  const [falling, ...rest] = stages.map(({ state, start, end }) => ({
    state,
    length: (end - start) / SECOND,
  }));
  const rising = rest.pop();
  const wakings = rest.filter(({ state }) => state === AWAKE);
  const inBed = (night.end - night.start) / SECOND;
  const asleep = spent(LIGHT, DEEP, REM, UNSPECIFIED);
  const isTold = night.device !== DEVICES.band;
  const latency = falling?.length ?? 0;
  const lastWaking = rising?.length ?? 0;
  return {
    total_timeinbed: inBed,
    total_sleep_time: asleep,
    asleepduration: asleep,
    lightsleepduration: isTold ? spent(LIGHT) : null,
    remsleepduration: isTold ? spent(REM) : null,
    deepsleepduration: isTold ? spent(DEEP) : null,
    sleep_efficiency: Math.round((asleep / inBed) * 100) / 100,
    sleep_latency: latency,
    durationtosleep: latency,
    wakeup_latency: lastWaking,
    durationtowakeup: lastWaking,
    wakeupduration: spent(AWAKE),
    wakeupcount: wakings.length,
    waso: wakings.reduce((sum, { length }) => sum + length, 0),
    nb_rem_episodes: stages.filter(({ state }) => state === REM).length,
    out_of_bed_count: noise(person.userId, night.day, 43) < 0.2 ? 1 : 0,
    sleep_score: score(asleep, spent(DEEP) + spent(REM), wakings.length),
    ...(night.device === DEVICES.mat ? breathing(person, night) : {}),
  };
}

function rates(vitals: Vitals[]) {
  const of = (kind: 'hr' | 'rr') => {
    const values = vitals.map((moment) => moment[kind]);
    const average = Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
    return { average, min: Math.min(...values), max: Math.max(...values) };
  };
  const [heart, breath] = [of('hr'), of('rr')];
  const snoring = vitals.map((moment) => moment.snoring).filter((seconds) => seconds > 0);
  return {
    hr_average: heart.average,
    hr_min: heart.min,
    hr_max: heart.max,
    rr_average: breath.average,
    rr_min: breath.min,
    rr_max: breath.max,
    snoring: snoring.reduce((sum, seconds) => sum + seconds, 0),
    snoringepisodecount: snoring.length,
  };
}

/** Only the mat hears it. */
function breathing({ userId }: Person, { day }: Sleep) {
  return {
    breathing_disturbances_intensity: Math.round(4 + noise(userId, day, 44) * 14),
    apnea_hypopnea_index: Math.round(1 + noise(userId, day, 47) * 6),
  };
}

/** Our own rule: that of Withings is not known. Of 100. */
function score(asleep: number, restoring: number, wakings: number): number {
  const long = Math.min(1, asleep / 28_800) * 60;
  const good = Math.min(1, restoring / 12_000) * 32;
  return Math.round(long + good + Math.max(0, 8 - wakings * 2));
}
