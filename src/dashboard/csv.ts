import { stringify } from 'csv-stringify/sync';
import type { ExportedMeasure } from './export.ts';

/** Body measures as a table. Cells that a spreadsheet would take for a formula are defused. */
export function measuresCsv(measures: ExportedMeasure[]): string {
  return stringify(measures, {
    header: true,
    columns: ['at', 'type', 'label', 'value', 'unit', 'attribution', 'position'],
    escape_formulas: true,
    record_delimiter: 'windows',
    bom: true,
  });
}
