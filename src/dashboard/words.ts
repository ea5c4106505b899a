import { DAY_MS } from '../time/clocks.ts';

/** "2 h 59 min", "3 days", "40 s": as coarse as a person would say it, to the nearest. @param ms a length of time, milliseconds */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(ms / DAY_MS)} days`;
}

/** "in 2 h 59 min" or "40 s ago". Both in milliseconds since 1970. */
export function relative(at: number, now: number): string {
  if (Math.abs(at - now) < 1000) return 'just now';
  return at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

const UNIT = /(?<=\d) (?=(?:h|min|s|kg|lb|st|mmHg|bpm|km|mi|%)(?!\w))|(?<=\d (?:h|st)) (?=\d)/g;

/** A number and its unit stay on one line. */
export function unbroken(words: string): string {
  return words.replace(UNIT, '\u00a0');
}

const SCOPES: Record<string, string> = {
  'user.info': 'Your devices and goals',
  'user.metrics': 'Body measures: weight, blood pressure, temperature',
  'user.activity': 'Activity, workouts and sleep',
  'user.sleepevents': 'When you go to bed and get up',
};

/** What a scope lets us read, in words. */
export function scopeWords(scope: string): string {
  return SCOPES[scope] ?? scope;
}

export function otherBrowsers(n: number): string {
  if (n === 0) return 'no other browser';
  return n === 1 ? 'one other browser' : `${n} other browsers`;
}
