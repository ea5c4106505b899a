import type { Request } from 'express';

const DAYS = /^\d{1,4}$/;

/** Where a form of the dashboard leads back to: the days that were shown. */
export function wayBack({ body }: Request): string {
  return DAYS.test(body?.days) ? `/dashboard?days=${body.days}` : '/dashboard';
}
