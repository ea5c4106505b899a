/** Addresses of this site that are not pages to come back to. */
const NOT_A_PAGE =
  /^\/(connect|callback|refresh|ask-again|preferences|check|disconnect|dismiss|doctor|operator|logout|sandbox|api|assets|events|handoff|partner|webhooks|healthz|readyz)([/?]|$)/i;

/** Where to go after connecting: the address of a page of this site, or null. */
export function readReturnTo(value: unknown): string | null {
  const path = readPath(value);
  return path === null || NOT_A_PAGE.test(path) ? null : path;
}

/**
 * A path of this site with its query, or null. Browsers read `\` as `/`, and drop tabs and line breaks, so anything
 * but plain visible characters is refused before the address is looked at.
 */
export function readPath(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 512) return null;
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\')) return null;
  const { pathname, search } = new URL(value, 'http://this.site');
  return pathname.startsWith('//') ? null : pathname + search;
}
