import type { DayRange } from '../../time/days.ts';
import type { List } from '../../withings/data/records.ts';
import { mapResult, type Refusal, type Result } from '../../withings/errors.ts';
import type { Everything } from '../data-loader.ts';
import type { Wording } from '../preferences/wording.ts';
import { unbroken } from '../words.ts';
import { compositionContent } from './composition.ts';
import { devicesContent } from './devices.ts';
import { isWithin } from './groups.ts';
import { heartContent, pressuresOf } from './heart.ts';
import { newestFirst } from './measures.ts';
import { moreContent } from './more.ts';
import type { Content, Panel, Table } from './panel.ts';
import { sleepContent } from './sleep.ts';
import { stepsContent } from './steps.ts';
import { type Trouble, troublesOf } from './troubles.ts';
import { weightContent } from './weight.ts';

export interface Panels {
  panels: Panel[];
  troubles: Trouble[];
}

interface Kind {
  id: string;
  title: string;
  /** Null: nothing of it was measured. Or why it is not there. */
  content: Result<Content | null>;
  /** Says what would bring it; empty: then there is no panel. */
  empty: string;
  /** How much was fetched, in words, where more is to be had; else null. */
  cut: string | null;
}

/** All that was measured, in the order that it is shown: what has nothing to show comes last. */
export function panelsOf(
  data: Everything,
  range: DayRange,
  wording: Wording,
  told: Refusal['code'] | null,
): Panels {
  const { goals } = data.slow;
  const { days } = range;
  const measures = mapResult(data.measures, (list) => ({ ...list, rows: newestFirst(list.rows) }));
  const cut = <T>(result: Result<List<T>>, isShown: (row: T) => boolean) =>
    result.ok && result.value.isCut ? wording.number(result.value.rows.filter(isShown).length, 0) : null;
  const pressures = mapResult(measures, ({ rows }) => pressuresOf(rows));
  const kinds: Kind[] = [
    {
      id: 'weight',
      title: 'Weight',
      content: mapResult(measures, (list) => weightContent(list, goals?.weightKg ?? null, range, wording)),
      empty: `Nothing was weighed in ${days} days. Step on your scale; it shows here within a few minutes.`,
      cut: cut(data.measures, ({ at }) => at.getTime() >= range.from),
    },
    {
      id: 'heart',
      title: 'Blood pressure and heart rate',
      content: mapResult(pressures, (all) => {
        const readings = all.filter(({ at }) => at.getTime() >= range.from);
        return heartContent(readings, data.measures.ok && data.measures.value.isCut, range, wording);
      }),
      empty: `No blood pressure in ${days} days. It comes from a Withings blood pressure monitor.`,
      cut: cut(data.measures, ({ at }) => at.getTime() >= range.from),
    },
    {
      id: 'steps',
      title: 'Steps',
      content: mapResult(data.activity, (list) => stepsContent(list, goals?.steps ?? null, range, wording)),
      empty: `Nobody counted steps in ${days} days. They come from a Withings watch or from the phone.`,
      cut: cut(data.activity, ({ date }) => isWithin(date, range)),
    },
    {
      id: 'sleep',
      title: 'Sleep',
      content: mapResult(data.nights, (list) =>
        sleepContent(list, goals?.sleepSeconds ?? null, range, wording),
      ),
      empty: `No night in ${days} days. Nights come from a Withings sleep mat or watch.`,
      cut: cut(data.nights, ({ date }) => isWithin(date, range)),
    },
    {
      id: 'composition',
      title: 'Body composition',
      content: mapResult(measures, ({ rows }) => compositionContent(rows, wording)),
      empty: `No body composition in ${days} days. It comes with scales that measure more than weight.`,
      cut: cut(data.measures, () => true),
    },
    {
      id: 'more',
      title: 'More measures',
      content: {
        ok: true,
        value: moreContent(given(measures)?.rows ?? [], given(pressures) ?? [], data.slow, wording),
      },
      empty: '',
      cut: cut(data.measures, () => true),
    },
    {
      id: 'devices',
      title: 'Devices',
      content: mapResult(data.devices, ({ rows }) => devicesContent(rows, wording)),
      empty:
        'No device is linked to this Withings account. Measures may still come from the app or from a partner.',
      cut: cut(data.devices, () => true),
    },
  ];
  const isBare = ({ chart, table, lines }: Panel) => Number(!chart && !table && !lines);
  const panels = kinds
    .flatMap(panelOf)
    .map(unbrokenPanel)
    .toSorted((a, b) => isBare(a) - isBare(b));
  return { panels, troubles: troublesOf(kinds, panels.length === 0, told) };
}

function panelOf({ id, title, content, empty, cut }: Kind): Panel[] {
  if (!content.ok || (!content.value && !empty)) return [];
  const blank = { id, title, figure: null, chart: null, table: null, lines: null, parts: null };
  if (!content.value) {
    const sentence =
      cut === null ? empty : 'Withings has more than it gave us at once: this is not among it.';
    return [{ ...blank, sentence }];
  }
  const more =
    cut === null ? '' : ` Withings has more than it gave us at once: this is of the latest ${cut} only.`;
  return [{ ...blank, ...content.value, sentence: content.value.sentence + more }];
}

function unbrokenPanel({ sentence, table, parts, lines, ...panel }: Panel): Panel {
  return {
    ...panel,
    sentence: unbroken(sentence),
    table: unbrokenTable(table),
    parts: unbrokenTable(parts),
    lines: lines?.map((line) => line.map(unbroken)) ?? null,
  };
}

function unbrokenTable(table: Table | null): Table | null {
  return table && { ...table, rows: table.rows.map((row) => row.map(unbroken)) };
}

function given<T>(result: Result<T>): T | null {
  return result.ok ? result.value : null;
}
