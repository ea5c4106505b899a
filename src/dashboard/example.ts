import { addDays, lastDays } from '../time/days.ts';
import type { Measure } from '../withings/data/records.ts';
import type { Result } from '../withings/errors.ts';
import { WEIGHT } from '../withings/meastypes.ts';
import type { Chart } from './charts/chart.ts';
import { DIASTOLIC, SYSTOLIC } from './panels/heart.ts';
import { weightContent } from './panels/weight.ts';
import { METRIC } from './preferences/units.ts';
import { createWording } from './preferences/wording.ts';
import { type Tile, tilesOf } from './tiles/tiles.ts';

/** What a dashboard looks like, to whoever has none yet. */
export interface Example {
  tiles: Tile[];
  chart: Chart | null;
}

/** An evening in November: the picture is of no day in particular, and stays as it is. */
const NOW = Date.UTC(2026, 10, 24, 18);
const ZONE = 'UTC';
const DAYS = 30;
const HOUR_MS = 3_600_000;

let drawn: Example | undefined;

/** A month that nobody has lived, drawn as any other; once, when it is first looked at. */
export function example(): Example {
  drawn ??= draw();
  return drawn;
}

function draw(): Example {
  const wording = createWording({ zone: ZONE, locale: 'en-GB', units: METRIC }, NOW);
  const range = lastDays(DAYS, NOW, ZONE);
  const days = Array.from({ length: DAYS }, (_, day) => addDays(range.first, day));
  const list = <T>(rows: T[]) => ({ rows: rows.reverse(), timezone: ZONE, isCut: false });

  const measured = (date: string, type: number, value: number): Measure => ({
    type,
    value,
    at: new Date(Date.parse(date) + 7 * HOUR_MS),
    attribution: 'sure',
    position: null,
  });
  const measures = list(
    days.flatMap((date, day) => [
      ...(day % 7 === 3 ? [] : [measured(date, WEIGHT, 68.4 - day * 0.045 + wave(day, 2.4) * 0.3)]),
      measured(date, SYSTOLIC, Math.round(119 + wave(day, 1.9) * 6)),
      measured(date, DIASTOLIC, Math.round(76 + wave(day, 1.4) * 4)),
    ]),
  );
  const activity = list(
    days.map((date, day) => ({
      date,
      steps: Math.round(8100 + wave(day, 1.3) * 2900),
      distance: null,
      activeSeconds: null,
    })),
  );
  const nights = list(
    days.map((date, day) => {
      const end = new Date(Date.parse(date) + 6.5 * HOUR_MS);
      const asleepSeconds = Math.round(25_600 + wave(day, 2.1) * 2400);
      return {
        date,
        start: new Date(end.getTime() - asleepSeconds * 1000),
        end,
        asleepSeconds,
        stages: null,
        score: null,
      };
    }),
  );
  const known = <T>(value: T): Result<T> => ({ ok: true, value });
  return {
    tiles: tilesOf(
      { measures: known(measures), activity: known(activity), nights: known(nights) },
      NOW,
      wording,
    ),
    chart: weightContent(measures, null, range, wording)?.chart ?? null,
  };
}

/** Between -1 and 1, and no two days alike. */
function wave(day: number, pace: number): number {
  return (Math.sin(day * pace) + Math.sin(day * 0.7 + pace)) / 2;
}
