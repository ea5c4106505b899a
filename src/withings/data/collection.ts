import { isZone } from './fields.ts';
import type { Page, Service } from './page.ts';
import type { List } from './records.ts';

/** What the pages of a list hold together. */
export interface Collection<T> {
  /**
   * `isNew`: it may be another page than those before; if not, all that can be read of it is known from them. `reach`: of
   * rows that come oldest first, when the last one was (milliseconds since 1970); null: they do not.
   */
  add(page: Page): { isNew: boolean; reach: number | null };
  /** The list, newest first, and how many pieces made no sense. */
  done(): { list: Omit<List<T>, 'isCut'>; skipped: number };
}

/** @param now milliseconds since 1970: what lies after it cannot be */
export function collection<T>({ read, at, nameOf }: Service<T>, now: number): Collection<T> {
  const records = new Map<string, T>();
  const zones = new Map<string, number>();
  let skipped = 0;

  function addZone(name: string | null, saidAt: number): void {
    if (name !== null) zones.set(name, Math.max(saidAt, zones.get(name) ?? saidAt));
  }

  return {
    add({ rows, timezone }) {
      const before = records.size;
      const times: number[] = [];
      addZone(timezone, Number.POSITIVE_INFINITY); // of now; a row speaks of its own time
      for (const row of rows) {
        const pieces = read(row, now);
        const found = pieces.filter((piece) => piece !== null);
        skipped += pieces.length - found.length;
        for (const record of found) records.set(nameOf(record), records.get(nameOf(record)) ?? record);
        const [first] = found;
        if (!first) continue;
        times.push(at(first));
        addZone(zoneOf(row), at(first));
      }
      const [begin = 0, end = 0] = [times[0], times.at(-1)];
      return { isNew: records.size > before || times.length === 0, reach: end > begin ? end : null };
    },
    done() {
      const rows = [...records.values()].sort((a, b) => at(b) - at(a));
      const names = [...zones].sort(([, a], [, b]) => b - a).map(([name]) => name);
      return { list: { rows, timezone: names.find(isZone) ?? null }, skipped };
    },
  };
}

function zoneOf(row: unknown): string | null {
  const isSaid = typeof row === 'object' && row !== null && 'timezone' in row;
  return isSaid && typeof row.timezone === 'string' ? row.timezone : null;
}
