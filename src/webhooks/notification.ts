import { z } from 'zod';

/** What Withings tells, as far as we need it. Unsigned: a hint to look, never a fact. */
export interface Notification {
  userId: string;
  /** The category; null: none that we could know. */
  appli: number | null;
  /** Where the category is the person: what they did; null: something else. */
  action: 'unlink' | 'delete' | 'update' | null;
}

/** Whatever is new about a notification, it is news about a person. */
const form = z.object({
  userid: z.string().regex(/^\d{1,20}$/),
  appli: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .nullable()
    .catch(null),
  action: z.enum(['unlink', 'delete', 'update']).nullable().catch(null),
});

/** Null: it is about nobody. */
export function readNotification(body: unknown): Notification | null {
  const read = form.safeParse(body);
  if (!read.success) return null;
  const { userid, appli, action } = read.data;
  return { userId: userid, appli, action };
}
