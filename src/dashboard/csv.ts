import { stringify } from 'csv-stringify/sync';
import type { Measure } from '../withings/data/records.ts';
import { MEASTYPES } from '../withings/meastypes.ts';

/** Body measures as a table, newest first. Cells that a spreadsheet would take for a formula are defused. */
export function measuresCsv(measures: Measure[]): string {
  const rows = measures.map(({ type, value, at }) => {
    const { label, unit } = MEASTYPES.get(type) ?? { label: '', unit: '' };
    return { at: at.toISOString(), type, label, value, unit };
  });
  return stringify(rows, {
    header: true,
    columns: ['at', 'type', 'label', 'value', 'unit'],
    escape_formulas: true,
    record_delimiter: 'windows',
    bom: true,
  });
}
