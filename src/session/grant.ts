import { z } from 'zod';

/**
 * One person's consent with the tokens that came of it; the part of a session that may not be lost.
 * Times are milliseconds since 1970. All of it is sealed at rest.
 */
const content = z.object({
  cloud: z.enum(['eu', 'us']),
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
  /** The refresh token before this one. */
  previousRefreshToken: z.string().nullable(),
  /** `refreshed`, or the code of what went wrong. */
  lastRefresh: z.object({ at: z.number(), outcome: z.string() }).nullable(),
  /** Nobody asks Withings for new tokens before this moment. */
  quietUntil: z.number(),
  /** Set when Withings refused for good: why, and since when. */
  ended: z.object({ code: z.string(), at: z.number() }).nullable(),
});

export type GrantContent = z.infer<typeof content>;

export interface Grant extends Readonly<GrantContent> {
  readonly id: string;
  /** Random, and new on every write. */
  readonly writeId: string;
}

/** Withings revokes and de-duplicates per user: two records of one user would fight each other. */
export function grantId({ cloud, userId }: Pick<GrantContent, 'cloud' | 'userId'>): string {
  return `${cloud}:${userId}`;
}

export function writeGrantContent(grant: GrantContent): string {
  return JSON.stringify(content.parse(grant)); // parse drops what does not belong, an old write-id included
}

export function readGrantContent(text: string): GrantContent {
  return content.parse(JSON.parse(text));
}
