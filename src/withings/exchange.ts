import { createHmac, randomBytes } from 'node:crypto';
import type { Reply, Request } from './http.ts';
import { hide, quotes } from './secrets.ts';

/** A parameter or a field as it may be told to anybody. */
export interface Part {
  name: string;
  /** What may be shown of it, perhaps its beginning; null: nothing. */
  shown: string | null;
  /** How many characters it has. */
  length: number;
}

/** A call to Withings as it may be told: what proves or names somebody is a name and a length. */
export interface Sent {
  path: string;
  fields: Part[];
  /** Names the access token that it was made with, in this process alone; null: none. */
  bearer: string | null;
  /** Whose turn it was made in; null: nobody's. */
  person: string | null;
}

/** What came of it. */
export interface Answered {
  /** Null: there was no answer. */
  httpStatus: number | null;
  /** Why there was none, in a word. */
  silence: 'timeout' | 'unreachable' | 'too-large' | 'unsent' | null;
  /** Withings' verdict, in the body; null: there is none to read. */
  status: number | null;
  /** What Withings says of a refusal. */
  error: string | null;
  /** The fields of a small answer. */
  body: Part[];
  /** Names the access token that it brought, as `bearer` does. */
  brought: string | null;
}

/** What everybody may read. Of everything else: the name, and how long it is. */
const PUBLIC = new Set(
  (
    'response_type client_id redirect_uri scope mode action grant_type timestamp token_type expires_in ' +
    'meastype meastypes category data_fields startdate enddate startdateymd enddateymd lastupdate offset'
  ).split(' '),
);
/** What is a word of a list, or else could be anything (RFC 6749 4.1.2.1). */
const ERROR_WORD = /^[a-z_]{1,40}$/;
/** What may be recognised by its beginning: of no use to anybody. */
const RECOGNISABLE = new Set(['code', 'state']);
const BEGINNING = 4;

const MAX_PARTS = 20;
const MAX_NAME = 40;
const MAX_SHOWN = 200;
/** A pair of tokens is small; no list is read for this. */
const MAX_READ = 8192;

/** Parameters or fields by name, as they may be told. @param secrets what none of them may say */
export function partsOf(fields: Record<string, unknown>, secrets: readonly string[] = []): Part[] {
  return Object.entries(fields)
    .slice(0, MAX_PARTS)
    .map(([name, value]) =>
      partOf(name, typeof value === 'object' ? JSON.stringify(value) : String(value), secrets),
    );
}

function partOf(name: string, text: string, secrets: readonly string[]): Part {
  const isPublic = PUBLIC.has(name) || (name === 'error' && ERROR_WORD.test(text));
  const isShown = isPublic && !quotes(text.slice(0, MAX_READ), secrets);
  const shown = isShown ? copied(text.slice(0, MAX_SHOWN)) : null;
  const beginning = RECOGNISABLE.has(name) && text.length > 4 * BEGINNING ? text.slice(0, BEGINNING) : null;
  return {
    name: copied(hide(name.slice(0, MAX_NAME), secrets)),
    shown: shown ?? (beginning && copied(`${beginning}…`)),
    length: text.length,
  };
}

/** What of a call proves or names somebody. */
export function secretsOf({ fields, accessToken }: Pick<Request, 'fields' | 'accessToken'>): string[] {
  const secrets = Object.entries(fields).filter(([name]) => !PUBLIC.has(name));
  return [...secrets.map(([, value]) => value), ...(accessToken === undefined ? [] : [accessToken])];
}

/** A piece of a text keeps all of it in memory (V8 makes no copy); what this returns does not. */
export function copied(text: string): string {
  return Buffer.from(text).toString();
}

const KEY = randomBytes(32);

/** The same name for the same secret, for as long as this process runs; nothing can be told from it. */
export function nameOf(secret: string): string {
  return createHmac('sha256', KEY).update(secret).digest('base64url').slice(0, 16);
}

/** The call without its secrets. */
export function tellSent({ path, fields, accessToken, person }: Request): Sent {
  const bearer = accessToken === undefined ? null : nameOf(accessToken);
  return { path, fields: partsOf(fields), bearer, person };
}

/** And its answer, without those of either. */
export function tellAnswered(reply: Reply, request: Request): Answered {
  if (reply.kind !== 'answer') {
    const silence = reply.kind === 'unsent' ? reply.kind : reply.why;
    return { httpStatus: null, silence, status: null, error: null, body: [], brought: null };
  }
  const { status, error, body } = readSmall(reply.text);
  const fields = typeof body === 'object' ? { ...body } : {};
  const { access_token: accessToken }: Record<string, unknown> = fields;
  const secrets = secretsOf(request);
  return {
    httpStatus: reply.httpStatus,
    silence: null,
    status: typeof status === 'number' ? status : null,
    error: typeof error === 'string' && !quotes(error, secrets) ? copied(error.slice(0, MAX_SHOWN)) : null,
    body: partsOf(fields, secrets),
    brought: typeof accessToken === 'string' ? nameOf(accessToken) : null,
  };
}

function readSmall(text: string): { status?: unknown; error?: unknown; body?: unknown } {
  try {
    // The verdict stands first, and of a list nothing else is told.
    return (
      JSON.parse(text.length > MAX_READ ? `${/^\s*\{\s*"status"\s*:\s*\d+/.exec(text)?.[0]}}` : text) ?? {}
    );
  } catch {
    return {}; // it is none of Withings' answers
  }
}
