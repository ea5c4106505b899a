import { z } from 'zod';

/** What Withings tells, as far as we need it. Unsigned: a hint to look, never a fact. */
export interface Notification {
  userId: string;
  /** The category. */
  appli: number;
  /** Where the category is the person: what they did. */
  action: 'unlink' | 'delete' | 'update' | null;
}

const form = z.object({
  userid: z.string().regex(/^\d{1,20}$/),
  appli: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number),
  action: z.enum(['unlink', 'delete', 'update']).optional(),
});

/** Null: not in the form that Withings documents ("Notification content"). */
export function readNotification(body: unknown): Notification | null {
  const read = form.safeParse(body);
  if (!read.success) return null;
  const { userid, appli, action } = read.data;
  return { userId: userid, appli, action: action ?? null };
}
