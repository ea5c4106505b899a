/**
 * A moment seen from now, as the server says it (src/dashboard/words.ts): a page reads the same before and after its
 * script has come.
 *
 * @param {number} at milliseconds since 1970
 * @param {number} now the same
 */
export function relative(at, now) {
  if (Math.abs(at - now) < 1000) return 'just now';
  return at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(ms / 86_400_000)} days`;
}
