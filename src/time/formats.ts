import { LRUCache } from 'lru-cache';

/** What of a day or a moment is written; the order and the marks between are the locale's. */
const STYLES = {
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  'short day': { day: 'numeric', month: 'short' },
  month: { month: 'short', year: 'numeric' },
  clock: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit' },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

export interface DateFormat {
  /** BCP 47. */
  locale: string;
  /** IANA. */
  zone: string;
  style: keyof typeof STYLES;
  withYear?: boolean;
}

/** Each takes 50 µs to make and 26 KB to keep, and visitors choose the locale: so many, and no more. */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 400 });

/** @param at milliseconds since 1970 */
export function formatDate(at: number, { locale, zone, style, withYear = false }: DateFormat): string {
  const key = `${locale} ${zone} ${style} ${withYear}`;
  let format = formats.get(key);
  if (!format) {
    const options: Intl.DateTimeFormatOptions = { ...STYLES[style], ...(withYear && { year: 'numeric' }) };
    // "7:12 AM", but "07:12".
    if (options.hour && isTwelveHour(locale)) options.hour = 'numeric';
    // In sentences in English: their digits and years, whatever else is usual in a place.
    const same = { timeZone: zone, calendar: 'gregory', numberingSystem: 'latn' };
    format = new Intl.DateTimeFormat(locale, { ...options, ...same });
    formats.set(key, format);
  }
  return format.format(at);
}

function isTwelveHour(locale: string): boolean {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 === true;
}

/** Whose clock a page goes by, for its foot. @param zone null: not known */
export function timesWords(zone: string | null): string {
  return zone === null ? 'Times in UTC: Withings has not said where you live.' : `Times in ${zone}`;
}
