import type { Request } from 'express';
import { LRUCache } from 'lru-cache';

/** How somebody writes numbers and dates, as their browser says. */
export interface Locale {
  /** BCP 47, of those that Intl knows: language, script and region, and nothing else. */
  tag: string;
  /** Where they are at home, ISO 3166; null: that does not follow from what it says. */
  region: string | null;
}

const DEFAULT: Locale = { tag: 'en-GB', region: null };
/** Longer than any that people have. */
const MAX_HEADER = 500;
/** The pages are in English, and dates that run from right to left come out scrambled in the midst of it. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Hebr', 'Nkoo', 'Rohg', 'Syrc', 'Thaa']);

const known = new LRUCache<string, Locale>({ max: 500 });

/** By Accept-Language, the most wanted first. */
export function localeOf(req: Request): Locale {
  const header = req.get('Accept-Language') ?? '';
  if (header.length > MAX_HEADER) return DEFAULT;
  const locale = known.get(header) ?? choose(req.acceptsLanguages().flatMap(read));
  known.set(header, locale);
  return locale;
}

function choose(wanted: Intl.Locale[]): Locale {
  const [first] = wanted;
  if (!first) return DEFAULT;
  const named = wanted.find(({ language, region }) => language === first.language && region);
  // English is at home in too many places for a guess.
  const guessed = first.language === 'en' ? undefined : first.maximize().region;
  const tag = wanted.filter(isUsable).map(String)[0] ?? DEFAULT.tag;
  return { tag, region: named?.region ?? guessed ?? null };
}

/** Nothing of what a browser may add (calendars, private words) comes through. */
function read(tag: string): Intl.Locale[] {
  try {
    const { language, script, region } = new Intl.Locale(tag);
    return [new Intl.Locale([language, script, region].filter(Boolean).join('-'))];
  } catch {
    return []; // it is none
  }
}

function isUsable(locale: Intl.Locale): boolean {
  const { script } = locale.maximize();
  const isRightToLeft = script !== undefined && RIGHT_TO_LEFT.has(script);
  return !isRightToLeft && Intl.DateTimeFormat.supportedLocalesOf(locale.toString()).length > 0;
}
