import { DAY_MS } from '../../time/clocks.ts';
import type { DayRange } from '../../time/days.ts';
import type { List } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import type { Everything } from '../data-loader.ts';
import type { Wording } from '../preferences/wording.ts';
import { devicesPanel } from './devices.ts';
import { heartPanel } from './heart.ts';
import { narrowed, type Panel } from './panel.ts';
import { sleepPanel } from './sleep.ts';
import { stepsPanel } from './steps.ts';
import { compositionPanel, weightPanel } from './weight.ts';

/** All that was measured, in the order that it is shown: what has nothing to show comes last. */
export function panelsOf(data: Everything, { days, now }: DayRange, _wording: Wording): Panel[] {
  const range = { days, until: now };
  const measures = rowsOf(data.measures);
  const first = now - days * DAY_MS;
  const recent = narrowed(measures, (all) => all.filter(({ at }) => at.getTime() >= first));
  const panels = [
    weightPanel(recent, range),
    heartPanel(recent, range),
    stepsPanel(rowsOf(data.activity), range),
    sleepPanel(rowsOf(data.nights), range),
    compositionPanel(measures, range),
    devicesPanel(rowsOf(data.devices)),
  ];
  const isBare = ({ chart, table }: Panel) => Number(!chart && !table);
  return panels.toSorted((a, b) => isBare(a) - isBare(b));
}

function rowsOf<T>(result: Result<List<T>>): Result<T[]> {
  return result.ok ? { ok: true, value: result.value.rows } : result;
}
