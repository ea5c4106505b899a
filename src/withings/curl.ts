import type { Part } from './exchange.ts';

export interface Curl {
  method: 'GET' | 'POST';
  url: string;
  parts?: Part[];
  /** With an access token. */
  hasBearer?: boolean;
  /** `c` keeps the cookies that come, `b` brings them. */
  cookies?: 'c' | 'b';
}

/** A call as a person would type it. What is secret, or was good once, is a variable: `$CLIENT_SECRET`. */
export function curlOf({ method, url, parts = [], hasBearer = false, cookies }: Curl): string {
  const flags = [
    method === 'GET' ? '-si' : '-s',
    ...(cookies ? [`-${cookies} cookies.txt`] : []),
    ...(method === 'GET' && parts.length > 0 ? ['-G'] : []),
  ];
  return [
    `curl ${flags.join(' ')} ${quoted(url)}`,
    ...(hasBearer ? ['-H "Authorization: Bearer $ACCESS_TOKEN"'] : []),
    ...parts.map((part) => `--data-urlencode ${fieldOf(part)}`),
  ].join(' \\\n  ');
}

function fieldOf({ name, shown, length }: Part): string {
  const isWhole = shown !== null && shown.length === length;
  return isWhole
    ? quoted(`${name}=${shown}`)
    : `${quoted(`${name}=`)}"$${name.toUpperCase().replace(/\W/g, '_')}"`;
}

/** Whatever a stranger may have put into an address is text, and no command. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
