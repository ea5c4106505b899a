import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DAY_MS } from '../time/clocks.ts';
import { type RefusalCode, refusalCode } from '../withings/errors.ts';

/** A code as it was written: one of a newer version stays as it is, and is known to nobody here. */
const recordedCode = z.union([refusalCode, z.string().brand('unknown code')]);

export type RecordedCode = z.infer<typeof recordedCode>;

/** What a recorded code says to this version: one that it does not know is a refusal without a reason. */
export function readCode(code: RecordedCode): RefusalCode {
  return refusalCode.catch('withings-refused').parse(code);
}

/**
 * One person's consent with the tokens that came of it; the part of a session that may not be lost.
 * Times are milliseconds since 1970. All of it is sealed at rest.
 */
export const grantContent = z.object({
  /** The version of the record: see sealed-grant.ts. */
  v: z.number(),
  issuer: z.string(),
  userId: z.string(),
  demo: z.boolean(),
  askedScope: z.array(z.string()),
  scope: z.array(z.string()),
  connectedAt: z.number(),
  accessToken: z.string(),
  accessIssuedAt: z.number(),
  accessExpiresAt: z.number(),
  refreshToken: z.string(),
  refreshIssuedAt: z.number(),
  refreshExpiresAt: z.number(),
  /** The refresh token that bought this pair, kept until the pair has proven itself. */
  previousRefreshToken: z.string().nullable(),
  /** Written before a refresh token is sent, so that whoever comes after a crash knows of it. */
  intent: z.object({ token: z.string(), since: z.number() }).nullable(),
  /** Withings has refused this access token: it is not shown there again. */
  accessRefused: z.boolean(),
  /** `refreshed`, or the code of what went wrong. */
  lastRefresh: z
    .object({ at: z.number(), outcome: z.union([z.literal('refreshed'), recordedCode]) })
    .nullable(),
  /** Nobody asks Withings for new tokens before this moment. */
  backoffUntil: z.number(),
  /** The present pair is not tried out again, for the sake of proving it, before this moment. */
  proveAfter: z.number(),
  /** Withings refused for good: why, since when, and when it was last asked whether that still holds. */
  ended: z.object({ code: recordedCode, at: z.number(), probedAt: z.number() }).nullable(),
  /** The person removed us at Withings, which refuses the token: nobody may bring this chain back but the person. */
  unlinked: z.boolean(),
  /**
   * What has happened to it, the oldest first: `connected`, `refreshed`, or a code; the same again is counted. `why`
   * tokens were refreshed is a word of tokens/state.ts: none in old records, and any in those of a newer version.
   */
  history: z.array(
    z.object({
      what: z.union([z.enum(['connected', 'refreshed', 'recovered']), recordedCode]),
      why: z.string().optional(),
      at: z.number(),
      last: z.number(),
      times: z.number(),
    }),
  ),
});

export type GrantContent = z.infer<typeof grantContent>;

export interface Grant extends Readonly<GrantContent> {
  readonly id: string;
  /** Random, and new on every write. */
  readonly writeId: string;
  /** Somebody is at the token endpoint for it, by the clock of the store. */
  readonly leased: boolean;
  /** It came back with a backup, and Withings has neither given nor refused it tokens since: see restored.ts. */
  readonly restored: boolean;
}

/**
 * When a grant is due without a visitor: a refresh was begun, or its pair is not proven yet; null: never. Not before
 * that began, so that of many the oldest come first.
 */
export function dueAt(grant: GrantContent): number | null {
  const isOpen = grant.intent !== null || grant.previousRefreshToken !== null;
  const since = grant.intent?.since ?? 0;
  return isOpen && grant.ended === null ? Math.max(since, grant.backoffUntil, grant.proveAfter) : null;
}

/** No later before its end a refresh token is renewed, though nobody comes: Withings may be away, and so may we. */
const RENEWED_BEFORE_MS = 35 * DAY_MS;
/** Connections that were made on one day are not renewed on one. */
const SPREAD_MS = 30 * DAY_MS;
/** Nothing is to be renewed later than this from now: what is was written by a clock that was ahead, and counts as old. */
export const RENEW_WITHIN_MS = 366 * DAY_MS - RENEWED_BEFORE_MS;

/** From when on the refresh token of a grant is renewed without a visitor; null: it is not. */
export function renewAt(id: string, { refreshExpiresAt, ended, demo }: GrantContent): number | null {
  if (ended || demo) return null;
  const share = createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32;
  return refreshExpiresAt - RENEWED_BEFORE_MS - Math.floor(share * SPREAD_MS);
}

/** Its time has come; or it is so far away that a clock which was ahead has written it. */
export function isOld(id: string, grant: GrantContent, now: number): boolean {
  const at = renewAt(id, grant);
  return at !== null && (at <= now || at > now + RENEW_WITHIN_MS);
}

/** It should have been renewed by now: Withings was away for long, or we were. */
export function isOverdue({ refreshExpiresAt }: GrantContent, now: number): boolean {
  return now > refreshExpiresAt - RENEWED_BEFORE_MS + DAY_MS;
}
