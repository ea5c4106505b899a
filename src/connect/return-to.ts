/** Addresses of this site that are not pages to come back to. */
const NOT_A_PAGE = /^\/(connect|callback|sandbox|api|healthz|readyz)(\/|$)/i;

const DEFAULT = '/dashboard';

/**
 * Where to go after connecting: a path of this site, or the dashboard. Browsers read `\` as `/`, and drop tabs and
 * line breaks, so anything but plain visible characters is refused before the address is looked at.
 */
export function readReturnTo(value: unknown, publicUrl: string): string {
  if (typeof value !== 'string' || value.length > 512) return DEFAULT;
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\')) return DEFAULT;
  const url = new URL(value, publicUrl);
  if (url.origin !== publicUrl || NOT_A_PAGE.test(url.pathname) || url.pathname.startsWith('//'))
    return DEFAULT;
  return url.pathname + url.search;
}
