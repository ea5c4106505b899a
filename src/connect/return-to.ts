/** Addresses of this site that are not pages to come back to. */
const NOT_A_PAGE =
  /^\/(connect|callback|refresh|disconnect|logout|sandbox|api|assets|events|handoff|partner|webhooks|healthz|readyz)(\/|$)/i;

/**
 * Where to go after connecting: a path of this site, or `usual`. Browsers read `\` as `/`, and drop tabs and
 * line breaks, so anything but plain visible characters is refused before the address is looked at.
 */
export function readReturnTo(value: unknown, usual: string): string {
  if (typeof value !== 'string' || value.length > 512) return usual;
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\')) return usual;
  const { pathname, search } = new URL(value, 'http://this.site');
  return NOT_A_PAGE.test(pathname) || pathname.startsWith('//') ? usual : pathname + search;
}
