import { mean } from '../panels/groups.ts';

/** Fewer days say nothing of what is usual. */
const LEAST_DAYS = 5;

/** A value of the latest day beside those of the days before it, one each. */
export interface Compared {
  value: number;
  before: number[];
  /** As much is nothing that one would notice. */
  least: number;
  /** A difference without its sign, in words: "0.8 kg". */
  words: (difference: number) => string;
}

/**
 * "0.8 kg below your mean of 28 days". What is no more than those days differ by among each other is no difference.
 *
 * @param compared of the same days
 */
export function usualWords(compared: Compared[], of: 'days' | 'nights'): string {
  const days = Math.min(...compared.map(({ before }) => before.length));
  if (days < LEAST_DAYS) return tooFew(of);
  const differences = compared.flatMap(({ value, before, least, words }) => {
    const difference = value - mean(before);
    if (Math.abs(difference) <= Math.max(least, spreadOf(before))) return [];
    return `${words(Math.abs(difference))} ${difference < 0 ? 'below' : 'above'}`;
  });
  const words = `${differences.join(', ') || 'about'} your mean of ${days} ${of}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Beside a day that is not over, of which nobody knows yet whether it is less or more: "Your mean of 28 days: 8,123". */
export function meanWords(before: number[], words: (mean: number) => string): string {
  return before.length < LEAST_DAYS
    ? tooFew('days')
    : `Your mean of ${before.length} days: ${words(mean(before))}`;
}

function tooFew(of: string): string {
  return `Too few ${of} for a mean`;
}

/** How far the values lie around their mean: the standard deviation. */
function spreadOf(values: number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
